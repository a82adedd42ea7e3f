"""What a reload is to do: by key in place or not, and what it cannot do at all."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from fixgw.app.dictionary_cache import DictionaryCache
from fixgw.app.plan import FIELD_KEYS, IN_PLACE, PLACES, InForce, differing, restart_needed
from fixgw.directory.broctagon.config import AccountAt, BroctagonConfig
from fixgw.directory.broctagon.execution import Broctagon
from fixgw.model.accounts import DirectoryName
from fixgw.model.errors import SettingsError
from fixgw.model.ids import SessionKey
from fixgw.runtime.secrets import Secret
from fixgw.runtime.session_settings import SessionSettings
from fixgw.runtime.settings import SettingsErrors
from tests.app.bench import settings
from tests.app.paper import VENUE, Paper, PaperConfig

ONE = SessionKey("FIX.4.4:FIXGW->ONE")


def force(directory: Path, **given: str) -> InForce:
    """What is in force after a start with a client ONE and these lines for its .cfg."""
    read = settings(directory, sessions={"ONE": ""} if not given else given)
    shelf, errors = DictionaryCache(), list[SettingsError]()
    dictionaries = shelf.dictionaries(read, errors)
    assert [] == errors
    return InForce(read, dictionaries, {VENUE: Paper(VENUE, PaperConfig())}, shelf)


def test_every_key_of_a_session_is_in_a_table() -> None:
    fields = set(SessionSettings.__struct_fields__) - {"key"}

    assert fields == PLACES | FIELD_KEYS.keys() - {""}
    assert fields >= IN_PLACE


def test_that_a_session_moved_in_its_file_changes_nothing(tmp_path: Path) -> None:
    now = force(tmp_path)
    file = tmp_path / "sessions" / "ONE.cfg"
    file.write_text("# a comment\n\n" + file.read_text())
    file.rename(file.with_name("renamed.cfg"))

    plan = now.plan()

    assert ([], [], [], [], 1) == (
        plan.added, plan.changed, plan.removed, plan.changes, plan.unchanged
    )


@pytest.mark.parametrize(
    ("line", "keys", "in_place"),
    [
        ("PendingReports=Y", ("PendingReports",), True),
        ("MaxMessagesPerSecond=5", ("MaxMessagesPerSecond",), True),
        ("MaxLatency=5", ("MaxLatency",), False),
        ("DefaultExchange=PAPER\nLogoutTimeout=9", ("LogoutTimeout", "DefaultExchange"), False),
        ("ValidateFieldsHaveValues=N", ("ValidateFieldsHaveValues",), False),
    ],
)
def test_what_can_be_changed_in_place(
    tmp_path: Path, line: str, keys: tuple[str, ...], in_place: bool
) -> None:
    now = force(tmp_path)
    settings(tmp_path, sessions={"ONE": line})

    (changed,) = now.plan().changed

    assert (ONE, keys, in_place) == (changed.settings.key, changed.keys, changed.in_place)


def test_a_session_that_needs_what_only_a_restart_brings_is_refused(tmp_path: Path) -> None:
    now = force(tmp_path)
    settings(tmp_path, sessions={"ONE": "Accounts=A2", "TWO": "Venues=other"},
             tables='[venues.other]\nadapter = "paper"\n[limits]\nheartbeat_seconds = 9\n'
             '[listener.tls]\ncertificate = "c"\nkey = "k"\n')

    plan = now.plan()

    directory = tmp_path / "sessions"
    assert [
        ("restart", "[listener] tls"),
        ("restart", "[limits] heartbeat_seconds"),
        ("restart", "[venues.other]"),
    ] == [(change.what, change.name) for change in plan.changes[:3]]
    assert [
        (ONE, f"{directory}/ONE.cfg:8: Accounts: A2 is no account of paper; known: A1"),
        ("FIX.4.4:FIXGW->TWO", "Venues: other needs a restart of the gateway"),
    ] == [(change.name, change.text) for change in plan.changes[3:]]
    assert ([], [], []) == (plan.added, plan.changed, plan.removed)


def test_what_a_venue_is_set_to_needs_a_restart(tmp_path: Path) -> None:
    before = settings(tmp_path)
    after = settings(tmp_path, venue="reachable = false")

    assert ["[venues.paper]"] == list(restart_needed(before, after))
    assert [] == list(restart_needed(after, after))


def test_an_error_anywhere_is_an_error_of_all(tmp_path: Path) -> None:
    now = force(tmp_path)
    (tmp_path / "sessions" / "TWO.cfg").write_text("[SESSION]\nnonsense\n")

    with pytest.raises(SettingsErrors, match="TWO.cfg:2: expected Key=Value"):
        now.plan()


def test_sessions_that_differ_are_told_by_field(tmp_path: Path) -> None:
    (one,) = settings(tmp_path).sessions.values()

    assert () == differing(one, replace(one, file=Path("x"), line=9, lines={}))
    assert ("max_latency",) == differing(one, replace(one, max_latency=9))


def test_a_session_whose_account_a_directory_could_not_find_is_refused(tmp_path: Path) -> None:
    config = BroctagonConfig(
        url="https://crm.example.com", key=Secret("k"), connection_id="c",
        accounts={"B": AccountAt(login=1)}, sessions=("FIX.4.4:FIXGW->TWO",),
    )
    now = force(tmp_path)
    now = InForce(
        now.started_with, {key: each[1] for key, each in now.sessions.items()},
        {VENUE: Paper(VENUE, PaperConfig())}, DictionaryCache(),
        [Broctagon(DirectoryName("crm"), config)],
    )
    settings(tmp_path, sessions={"ONE": "", "TWO": ""})

    (change,) = now.plan().changes

    assert "FIX.4.4:FIXGW->TWO" == change.name
    assert "[directories.crm] does not say which account A1 is" in change.text

"""[directories.NAME]: what is wrong with it, and whom it is asked about."""

from pathlib import Path

import pytest

from fixgw.app.account_directories import asked_about, directory_terms
from fixgw.app.build import Parts
from fixgw.app.plan import restart_needed
from fixgw.model.accounts import DirectoryName
from fixgw.runtime.settings import SettingsErrors, read
from tests.app.bench import settings
from tests.app.paper import VENUE, paper_is_known

CRM = DirectoryName("crm")
KEY = "canary-crm-key"


def table(lines: str = "", accounts: str = "A1 = { login = 1001 }") -> str:
    """`[directories.crm]` with these lines and accounts."""
    return (
        '[directories.crm]\nadapter = "broctagon"\nurl = "https://crm.example.com"\n'
        f'key = {{ file = "key" }}\nconnection_id = "c"\n{lines}\n'
        f"[directories.crm.accounts]\n{accounts}\n"
    )


def parts(directory: Path, tables: str) -> Parts:
    """All that the settings name."""
    (directory / "sessions").mkdir(exist_ok=True)
    (directory / "sessions" / "key").write_text(KEY)
    (directory / "sessions" / "key").chmod(0o600)
    with paper_is_known():
        return Parts(settings(directory, tables=tables))


def errors(directory: Path, tables: str) -> list[str]:
    """What is wrong with them."""
    with pytest.raises(SettingsErrors) as raised:
        parts(directory, tables)
    assert KEY not in str(raised.value)
    return [str(each).replace(f"{directory}/sessions/", "") for each in raised.value.errors]


def test_a_directory_is_asked_about_every_account_of_every_venue(tmp_path: Path) -> None:
    made = parts(tmp_path, table())
    terms = directory_terms(made.directories[CRM], made.venues)

    assert ("crm", {VENUE: {"A1"}}, None, 30_000, 60_000, None, True) == (
        terms.name, terms.accounts, terms.sessions, terms.refresh_ms, terms.believed_ms,
        terms.min_free_margin, terms.refuse_logon,
    )
    assert ("A1",) == asked_about(terms, made.directories[CRM].knows)


def test_what_the_settings_leave_out_it_is_not_asked_about(tmp_path: Path) -> None:
    made = parts(tmp_path, table('except_accounts = ["A1"]', "B = { login = 1 }"))
    terms = directory_terms(made.directories[CRM], made.venues)

    assert {VENUE: frozenset()} == terms.accounts
    assert () == asked_about(terms, made.directories[CRM].knows)


@pytest.mark.parametrize(
    "tables, told",
    [
        (
            '[directories.crm]\nadapter = "acme"',
            "gateway.toml:8: directories.crm.adapter: adapter 'acme' is not one of: broctagon",
        ),
        (
            "[directories.crm]\nurl = 1",
            "gateway.toml:7: directories.crm.adapter: expected the name of an adapter, such as "
            'adapter = "broctagon"',
        ),
        (
            table('venues = ["papper"]'),
            "gateway.toml:12: directories.crm.venues: there is no papper; known: paper",
        ),
        (
            table('sessions = ["ONE"]'),
            "gateway.toml:12: directories.crm.sessions: there is no ONE; "
            "known: FIX.4.4:FIXGW->ONE",
        ),
        (
            table("refresh = 1"),
            "gateway.toml:12: directories.crm.refresh: unknown key; did you mean "
            "refresh_seconds?",
        ),
        (
            table(accounts="B = { login = 1 }"),
            "ONE.cfg:7: Accounts: [directories.crm] does not say which account A1 is: give it an "
            "entry in accounts there, or name it in except_accounts",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, tables: str, told: str) -> None:
    assert [told] == errors(tmp_path, tables)


def test_an_account_of_a_session_that_is_not_asked_about_needs_no_entry(tmp_path: Path) -> None:
    other = 'sessions = ["FIX.4.4:FIXGW->TWO"]'
    (tmp_path / "sessions").mkdir()
    (tmp_path / "sessions" / "key").write_text(KEY)
    (tmp_path / "sessions" / "key").chmod(0o600)
    given = {"ONE": "", "TWO": ""}
    with paper_is_known():
        assert Parts(settings(
            tmp_path, tables=table(other), sessions=given
        )).directories
        with pytest.raises(SettingsErrors, match="TWO.cfg:7: Accounts"):
            Parts(settings(tmp_path, tables=table(other, "B = { login = 1 }"), sessions=given))


def test_a_changed_directory_needs_a_restart(tmp_path: Path) -> None:
    before = parts(tmp_path, table()).settings
    after = parts(tmp_path, table("refresh_seconds = 9")).settings

    assert ["[directories.crm]"] == list(restart_needed(before, after))
    assert [] == list(restart_needed(after, read(tmp_path / "sessions")))

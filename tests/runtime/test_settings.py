"""A sessions directory as a whole: what is read, and every error over more than one file."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixgw.model.errors import SettingsError
from fixgw.model.ids import VenueName
from fixgw.runtime.session_keys import KEYS
from fixgw.runtime.settings import SettingsErrors, read
from tests.runtime.directory import CLIENT, GATEWAY, Directory

ROOT = Path(__file__).parents[2]


def test_a_good_directory_is_read(directory: Directory) -> None:
    found = directory.settings()

    assert ["FIX.4.4:FIXGW->CLIENT"] == list(found.sessions)
    assert ["acme"] == list(found.venues)
    assert "acme" == found.venues[VenueName("acme")].adapter
    assert directory.path.parent / "dictionaries" == found.dictionaries
    assert directory.path.parent / "var" / "journal" == found.journal_path
    assert ("127.0.0.1", 9878) == (found.listener.host, found.listener.port)


@pytest.mark.parametrize("name", ["sessions", "sessions/demo"])
def test_the_directories_that_come_with_the_gateway_are_good(name: str) -> None:
    assert ROOT / "dictionaries" == read(ROOT / name).dictionaries


def test_the_demo_has_every_fix_version() -> None:
    sessions = read(ROOT / "sessions" / "demo").sessions

    assert {
        "FIX.4.2:FIXGW->CLIENT42": "",
        "FIX.4.2:FIXGW->CLIENT42APIFINY": "",
        "FIX.4.4:FIXGW->CLIENT44": "",
        "FIXT.1.1:FIXGW->CLIENT50": "7",
        "FIXT.1.1:FIXGW->CLIENT50SP1": "8",
        "FIXT.1.1:FIXGW->CLIENT50SP2": "9",
    } == {key: session.default_appl_ver_id for key, session in sessions.items()}


def test_a_new_file_is_a_new_session(directory: Directory) -> None:
    directory.write("other.cfg", CLIENT.replace("=CLIENT", "=OTHER"))

    assert ["FIX.4.4:FIXGW->CLIENT", "FIX.4.4:FIXGW->OTHER"] == list(directory.settings().sessions)


def test_an_editor_s_hidden_file_is_no_session(directory: Directory) -> None:
    directory.write(".#client.cfg", "not a session")

    assert [] == directory.errors()


def test_all_errors_of_all_files_are_found(directory: Directory) -> None:
    directory.write("gateway.toml", GATEWAY + "[listener]\nport = 70000\nhots = 'x'\n")
    directory.write("client.cfg", CLIENT + "Venue=acme\nMaxLatency=soon\n")

    assert [
        "gateway.toml:4: listener.port: expected int <= 65535",
        "gateway.toml:5: listener.hots: unknown key; did you mean host?",
        "client.cfg:8: Venue: unknown key; did you mean Venues?",
        "client.cfg:9: MaxLatency=soon: expected whole seconds, 1 to 86400",
    ] == directory.errors()


def test_the_error_has_a_line_of_text_for_each(directory: Directory) -> None:
    directory.client(PendingReports="yes", CheckLatency="no")

    with pytest.raises(SettingsErrors) as caught:
        directory.settings()

    assert [
        f"{directory.path}/client.cfg:8: PendingReports=yes: expected Y or N",
        f"{directory.path}/client.cfg:9: CheckLatency=no: expected Y or N",
    ] == str(caught.value).splitlines()


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsErrors) as caught:
        read(tmp_path / "nowhere")

    assert [
        f"{tmp_path}/nowhere/gateway.toml: cannot be read: No such file or directory",
        f"{tmp_path}/nowhere: no <counterparty>.cfg in it: without a session nobody can log on",
    ] == str(caught.value).splitlines()


def test_the_same_session_twice_names_both_places(directory: Directory) -> None:
    directory.write("other.cfg", "# the same again\n" + CLIENT)

    assert [
        "other.cfg:2: FIX.4.4:FIXGW->CLIENT is a session already, at client.cfg:1: "
        "give one of them other CompIDs, or delete it"
    ] == directory.errors()


def test_a_venue_that_is_not_configured(directory: Directory) -> None:
    directory.client(Venues="acme, emca")

    assert ["client.cfg:6: Venues: no [venues.emca] in gateway.toml"] == directory.errors()


def test_venues_are_not_missed_while_gateway_toml_is_wrong(directory: Directory) -> None:
    directory.write("gateway.toml", "[venues.acme\n")

    assert [
        "gateway.toml:1: not TOML: Expected ']' at the end of a table declaration"
    ] == directory.errors()


def test_a_venue_without_an_adapter(directory: Directory) -> None:
    directory.write("gateway.toml", "[venues.acme]\nkind = 'acme'\n[listener]\nport = -1\n")

    assert [
        "gateway.toml:1: venues.acme.adapter: "
        'expected the name of an adapter, such as adapter = "apifiny"',
        "gateway.toml:4: listener.port: expected int >= 0",
    ] == directory.errors()


def test_a_venue_that_is_no_table(directory: Directory) -> None:
    directory.write("gateway.toml", "[venues]\nacme = 1\n")

    assert ["gateway.toml:2: venues.acme: expected object, got int"] == directory.errors()


def test_a_dialect_that_is_not_there(directory: Directory) -> None:
    directory.client(Dialect="klingon")

    assert [
        f"client.cfg:8: Dialect: no klingon.toml in {directory.path.parent}/dictionaries"
    ] == directory.errors()


def test_dictionaries_are_looked_for_upwards(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    inner = Directory(tmp_path / "deep")
    (tmp_path / "deep" / "dictionaries").rename(tmp_path / "dictionaries")

    assert tmp_path / "dictionaries" == inner.settings().dictionaries


def test_where_none_are_above_those_that_came_with_the_gateway_are_taken(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    shutil.rmtree(tmp_path / "dictionaries")

    assert ROOT / "dictionaries" == directory.settings().dictionaries


def test_dictionaries_may_be_named(directory: Directory) -> None:
    (directory.path / "mine").mkdir()
    (directory.path / "mine" / "fixgw.toml").touch()
    directory.write("gateway.toml", GATEWAY + "[gateway]\ndictionaries = 'mine'\n")

    assert directory.path / "mine" == directory.settings().dictionaries


def test_named_dictionaries_that_are_not_there(directory: Directory) -> None:
    directory.write("gateway.toml", GATEWAY + "[gateway]\ndictionaries = 'mine'\n")

    assert ["gateway.toml:4: gateway.dictionaries: there is no such directory"] == (
        directory.errors()
    )


def test_a_file_that_is_not_utf_8(directory: Directory) -> None:
    (directory.path / "client.cfg").write_bytes(b"[SESSION]\nDescription=\xff\n")

    assert ["client.cfg:2: not UTF-8 text"] == directory.errors()


def test_a_file_that_is_too_long(directory: Directory) -> None:
    directory.write("client.cfg", "#" * 262_145)

    assert ["client.cfg: longer than 262144 bytes"] == directory.errors()


def test_a_directory_in_place_of_a_file(directory: Directory) -> None:
    (directory.path / "other.cfg").mkdir()

    assert ["other.cfg: cannot be read: Is a directory"] == directory.errors()


LINES = st.lists(
    st.one_of(
        st.text(),
        st.sampled_from(
            ["[DEFAULT]", "[venues.acme]", "[[venues.acme.x]]", "x = {a = [1, nan]}"]
        ),
        st.sampled_from(CLIENT.splitlines()),
        st.builds("{}={}".format, st.sampled_from([key.name for key in KEYS]), st.text()),
        st.builds("{} = {}".format, st.sampled_from(["adapter", "port", "a.b"]), st.text()),
    )
).map("\n".join)


@settings(deadline=None)  # the disk decides how long it takes
@given(gateway=st.one_of(LINES, st.binary()), client=st.one_of(LINES, st.binary()))
def test_no_text_raises_anything_else(
    tmp_path_factory: pytest.TempPathFactory, gateway: str | bytes, client: str | bytes
) -> None:
    directory = Directory(tmp_path_factory.mktemp("fuzz"))
    for name, text in (("gateway.toml", gateway), ("client.cfg", client)):
        content = text.encode("utf-8", "replace") if isinstance(text, str) else text
        (directory.path / name).write_bytes(content)

    try:
        directory.settings()
    except SettingsError as error:
        assert str(error).startswith(str(directory.path))


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 100_000,
        "x = " + "9" * 5_000,
        "x = 1e99999999999999999999",
        "[gateway]\ndictionaries = '" + "x" * 5_000 + "'",
        '[gateway]\ndictionaries = "a\\u0000b"',
    ],
    ids=["deep nesting", "a long integer", "a large exponent", "a long path", "a NUL in a path"],
)
def test_texts_that_trip_python(directory: Directory, text: str) -> None:
    directory.write("gateway.toml", text)

    assert 1 == len(directory.errors())

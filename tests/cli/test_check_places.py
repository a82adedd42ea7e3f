"""`fixgw check` finds what would only fail at run: file, line, key and the way out."""

import shutil
import socket
from pathlib import Path

import pytest

from fixgw.cli import main
from fixgw.journal.journal import Journal
from tests.support.ports import free_port
from tests.support.stack import DEMO, DICTIONARIES, keep_secrets

DEMO_VENUES = DEMO.parent / "demo-venues"


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    """A copy of sessions/demo-venues, on a port and in a directory of its own."""
    place = tmp_path / "sessions"
    shutil.copytree(DEMO_VENUES, place)
    keep_secrets(place)
    change(place / "gateway.toml", "port = 9878", f"port = {free_port()}")
    file = place / "gateway.toml"
    file.write_text(f'[gateway]\ndictionaries = "{DICTIONARIES}"\n{file.read_text()}')
    return place


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, f"{file} has no {old!r}"
    file.write_text(text.replace(old, new, 1))


def line_of(file: Path, text: str) -> int:
    return file.read_text().partition(text)[0].count("\n") + 1


def check(sessions: Path) -> int:
    return main.run(["check", "--sessions", str(sessions)])


def test_the_samples_are_good(sessions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == check(sessions)
    assert "" == capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('rest_url = "http://', 'rest_url = "',
         "it must begin with https:// or http://: write it as https://host"),
        ('stream_url = "ws://', 'stream_url = "http://', "it must begin with wss:// or ws://"),
        ('stream_url = "ws://127.0.0.1', 'stream_url = "ws://', "it names no host"),
        ('socket_url = "ws://127', 'socket_url = "ws://12 7', "an address has no spaces"),
        ('socket_url = "ws://127.0.0.1:8720', 'socket_url = "ws://127.0.0.1:99999',
         "no address (Port out of range 0-65535)"),
    ],
)
def test_an_address_that_nobody_could_connect_to(
    sessions: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, told: str
) -> None:
    file = sessions / "gateway.toml"
    change(file, old, new)

    assert 1 == check(sessions)

    error = capsys.readouterr().err
    assert error.startswith(f"{file}:{line_of(file, new)}: venues.")
    assert told in error


@pytest.mark.parametrize("adapter", ["apifiny", "finery", "integral", "asmlink"])
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("rest_workers = 0", "must be above 0"),
        ("request_timeout_seconds = -1.0", "must be above 0"),
        ("connect_timeout_seconds = nan", "expected a finite number"),
        ("queue_seconds = -0.5", "must not be below 0"),
        ("queue_seconds = 60.5", "must be 60 or less"),
    ],
)
def test_a_number_that_would_stop_all_orders(
    sessions: Path, capsys: pytest.CaptureFixture[str], adapter: str, line: str, told: str
) -> None:
    file = sessions / "gateway.toml"
    change(file, f'adapter = "{adapter}"\n', f'adapter = "{adapter}"\n{line}\n')

    assert 1 == check(sessions)

    error = capsys.readouterr().err
    assert f"{file}:{line_of(file, line)}: venues.{adapter}.{line.partition(' ')[0]}: " in error
    assert told in error


def test_a_default_exchange_that_no_venue_of_the_session_has(
    sessions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = min(sessions.glob("*.cfg"))
    file.write_text(file.read_text() + "\nDefaultExchange=NOWHERE\n")

    assert 1 == check(sessions)

    error = capsys.readouterr().err
    assert f"{file}:{line_of(file, 'DefaultExchange')}: " in error
    assert "DefaultExchange: NOWHERE is no exchange of " in error
    assert "known: " in error and "FINERY" in error


def test_directories_that_cannot_be_made(
    sessions: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = sessions / "gateway.toml"
    (tmp_path / "in_the_way").write_text("a file")
    text = file.read_text().splitlines()
    text = [line for line in text if not line.startswith(("path = \"", "record = \""))]
    asmlink = text.index('adapter = "asmlink"')
    text.insert(asmlink + 1, 'record = "/proc/nowhere/asmlink.sqlite"')
    text.insert(text.index("[journal]") + 1, 'path = "../in_the_way/var/journal"')
    file.write_text("\n".join(text))

    assert 1 == check(sessions)

    journal, record = capsys.readouterr().err.splitlines()
    assert journal.startswith(f"{file}:{line_of(file, 'path = ')}: journal.path: ")
    assert "cannot be made or written by this user (Not a directory)" in journal
    assert record.startswith(f"{file}:{line_of(file, 'record = ')}: venues.asmlink.record: ")
    assert not (tmp_path / "var").exists(), "nothing is made"


def journal_of(sessions: Path, path: Path) -> None:
    file = sessions / "gateway.toml"
    lines = [line for line in file.read_text().splitlines() if not line.startswith('path = "')]
    lines.insert(lines.index("[journal]") + 1, f'path = "{path}"')
    file.write_text("\n".join(lines))


def test_a_journal_that_is_none_is_found(
    sessions: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "noise"
    path.write_bytes(bytes(range(256)) * 16)
    journal_of(sessions, path)

    assert 1 == check(sessions)

    assert "this is no journal of fixgw, or no longer one" in capsys.readouterr().err


def test_an_address_of_another_machine(
    sessions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """RFC 5737: 192.0.2.0/24 is nobody's."""
    file = sessions / "gateway.toml"
    change(file, "[listener]\n", '[listener]\nhost = "192.0.2.1"\nplain = true\n')

    assert 1 == check(sessions)

    error = capsys.readouterr().err
    assert f"{file}:{line_of(file, 'host = ')}: listener.host: cannot listen on 192.0.2.1:" in error
    assert "Cannot assign requested address" in error


def test_a_port_that_is_taken_is_a_note_and_none_where_the_gateway_itself_has_it(
    sessions: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "journal"
    journal_of(sessions, path)
    file = sessions / "gateway.toml"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        old = next(each for each in file.read_text().splitlines() if each.startswith("port = "))
        change(file, old, f"port = {port}")

        assert 0 == check(sessions)
        assert "note: cannot listen on 127.0.0.1:" in capsys.readouterr().err

        running = Journal.open(path)  # as a gateway has it
        assert 0 == check(sessions)
        running.close()
    assert "" == capsys.readouterr().err

"""`fixgw check`, and how any command of `fixgw` ends."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import click
import pytest

from fixgw.acceptor.auth import password
from fixgw.acceptor.auth.result import AuthResult
from fixgw.cli import check, main
from fixgw.model.errors import GatewayError, SettingsError
from fixgw.runtime.settings import Settings, SettingsErrors, read
from tests.runtime.directory import Directory

DEMO = Path(__file__).parents[2] / "sessions" / "demo"


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    return Directory(tmp_path)


@pytest.fixture(autouse=True)
def _own_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test may add validators and commands: none outlives it, none is in its way."""
    monkeypatch.setattr(check, "VALIDATORS", [])
    monkeypatch.setattr(main, "COMMANDS", dict(main.COMMANDS))


def test_a_good_directory_is_summed_up(
    directory: Directory, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == main.run(["check", "--sessions", str(directory.path)])

    root = directory.path.parent
    captured = capsys.readouterr()
    assert "" == captured.err
    assert [
        "gateway\tlistener\t127.0.0.1:9878",
        f"gateway\tjournal\t{root}/var/journal, survives the death of the process",
        f"gateway\tdictionaries\t{root}/dictionaries",
        "venue\tacme\tacme",
        "session\tFIX.4.4:FIXGW->CLIENT\tfixgw\tacme\tA1\tnon-stop\tCompIDs only",
    ] == captured.out.splitlines()


def test_a_directory_of_accounts_is_named(
    directory: Directory, capsys: pytest.CaptureFixture[str]
) -> None:
    table = '[venues.acme]\nadapter = "acme"\n[directories.crm]\nadapter = "broctagon"\n'
    directory.write("gateway.toml", table)

    assert 0 == main.run(["check", "--sessions", str(directory.path)])
    assert "directory\tcrm\tbroctagon" in capsys.readouterr().out.splitlines()


def test_each_error_is_a_line_on_stderr(
    directory: Directory, capsys: pytest.CaptureFixture[str]
) -> None:
    directory.client(ResetOnLogon="1", Venues="emca")
    directory.write("other.cfg", "hello\n[SESSION]\n")

    assert 1 == main.run(["check", "--sessions", str(directory.path)])

    captured = capsys.readouterr()
    assert "" == captured.out
    assert (
        f"{directory.path}/client.cfg:8: ResetOnLogon=1: expected Y or N"
        == captured.err.splitlines()[0]
    )
    assert 1 + 1 + 7 == len(captured.err.splitlines())


def test_what_is_passed_over_is_noted_and_no_error(
    directory: Directory, capsys: pytest.CaptureFixture[str]
) -> None:
    directory.client(HeartBtInt="30")

    assert 0 == main.run(["check", "--sessions", str(directory.path)])

    captured = capsys.readouterr()
    assert captured.err.startswith(f"note: {directory.path}/client.cfg:8: HeartBtInt: ignored: ")
    assert captured.err.count("\n") == 1
    assert "session\tFIX.4.4:FIXGW->CLIENT" in captured.out


def test_what_only_a_higher_layer_knows_is_checked_too(
    directory: Directory, capsys: pytest.CaptureFixture[str]
) -> None:
    def accounts(settings: Settings) -> Iterable[SettingsError]:
        return [each.error("accounts", "Accounts: no A1") for each in settings.sessions.values()]

    def venues(settings: Settings) -> Iterable[SettingsError]:
        raise SettingsErrors([SettingsError("g.toml", 1, "a"), SettingsError("g.toml", 2, "b")])

    check.VALIDATORS.extend([accounts, venues])

    assert 1 == main.run(["check", "--sessions", str(directory.path)])

    assert [
        f"{directory.path}/client.cfg:7: Accounts: no A1",
        "g.toml:1: a",
        "g.toml:2: b",
    ] == capsys.readouterr().err.splitlines()


def test_the_demo_is_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main.run(["check", "--sessions", str(DEMO)])

    assert 6 == capsys.readouterr().out.count("session\t")


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({}, "non-stop"),
        (
            {"NonStopSession": None, "StartTime": "08:00:00", "EndTime": "17:30:00"},
            "daily 08:00:00 to 17:30:00",
        ),
        (
            {
                "NonStopSession": None,
                "StartTime": "17:00:00",
                "EndTime": "16:00:00",
                "StartDay": "su",
                "EndDay": "fr",
            },
            "Sunday 17:00:00 to Friday 16:00:00",
        ),
        (
            {
                "NonStopSession": None,
                "StartTime": "09:30:00",
                "EndTime": "16:00:00",
                "Weekdays": "We,Mo",
                "TimeZone": "America/New_York",
            },
            "Monday, Wednesday 09:30:00 to 16:00:00 (America/New_York)",
        ),
        (
            {"LogonTime": "08:00:00", "LogonDay": "Mon", "LogoutDay": "Fri"},
            "non-stop, logon Monday 08:00:00 to Friday",
        ),
        ({"LogoutTime": "18:00:00"}, "non-stop, logon from its start to 18:00:00"),
    ],
)
def test_a_schedule_for_a_person(
    directory: Directory, keys: dict[str, str | None], text: str
) -> None:
    directory.client(**keys)

    assert [text] == [check.schedule_text(each) for each in directory.settings().sessions.values()]


def command_that(monkeypatch: pytest.MonkeyPatch, raises: BaseException | None) -> None:
    """Make `fixgw try` a command that ends so."""

    @click.command()
    def command() -> int:
        if raises is not None:
            raise raises
        return 7

    module = type(sys)("tests.cli.command")
    module.command = command  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    main.COMMANDS["try"] = module.__name__


@pytest.mark.parametrize(
    ("raises", "code", "stderr"),
    [
        (None, 7, ""),
        (GatewayError("the port is taken"), 1, "fixgw: the port is taken\n"),
        (SettingsError("a.cfg", 3, "wrong"), 1, "a.cfg:3: wrong\n"),
        (KeyboardInterrupt(), 130, "\n"),  # behind the ^C of the terminal
        (click.Abort(), 130, ""),
    ],
)
def test_exit_codes(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    raises: BaseException | None,
    code: int,
    stderr: str,
) -> None:
    command_that(monkeypatch, raises)

    assert code == main.run(["try"])
    assert stderr == capsys.readouterr().err


def test_a_bug_shows_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_that(monkeypatch, ZeroDivisionError("oops"))

    assert 3 == main.run(["try"])

    lines = capsys.readouterr().err.splitlines()
    assert "Traceback (most recent call last):" == lines[0]
    assert "ZeroDivisionError: oops" == lines[-2]
    assert "fixgw: this is a bug; please report it with the lines above" == lines[-1]


@pytest.mark.parametrize("arguments", [["chek"], ["check", "--session"], []])
def test_a_wrong_command_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert 2 == main.run(arguments)
    assert "Usage: fixgw" in capsys.readouterr().err


def test_every_command_of_the_table_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main.run(["--help"])

    out = capsys.readouterr().out
    assert [] == [name for name in main.COMMANDS if f"  {name} " not in out]


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main.run(["--version"])
    assert capsys.readouterr().out.startswith("fixgw, version ")


def test_a_hashed_password_goes_into_a_session(
    directory: Directory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    typed = tmp_path / "typed"
    typed.write_text("hunter2\n")
    with typed.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert 0 == main.run(["hash-password", "--stdin"])
    key, _, value = capsys.readouterr().out.strip().partition("=")

    directory.client(Username="jane", **{key: value})

    (session,) = read(directory.path).sessions.values()
    assert AuthResult.ACCEPTED == password.check(
        session.password_hash, b"hunter2", password.Decoy()
    )


def test_no_password_is_not_hashed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "typed").touch()
    with (tmp_path / "typed").open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert 1 == main.run(["hash-password", "--stdin"])

    assert "fixgw: no password was given on stdin; nothing is hashed\n" == capsys.readouterr().err


def test_a_template_is_one_row(
    directory: Directory, capsys: pytest.CaptureFixture[str]
) -> None:
    directory.client(TargetCompID="*", AcceptorTemplate="Y", CounterpartiesFile="clients.csv")
    directory.write("clients.csv", "TargetCompID,Accounts\nALPHA,A1\nBETA,A2\nGAMMA,\n")

    assert 0 == main.run(["check", "--sessions", str(directory.path)])

    assert (
        "template\tFIX.4.4:FIXGW->*\t3\tfixgw\tacme\t2 different ones\tnon-stop\tCompIDs only"
    ) == capsys.readouterr().out.splitlines()[-1]


def test_eighty_columns_do_not_break_a_name(
    directory: Directory,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    directory.client(
        TargetCompID="EXAMPLE1", NonStopSession="N", StartTime="00:00:00", EndTime="00:00:00",
        Accounts="STA-00000001",
    )

    assert 0 == main.run(["check", "--sessions", str(directory.path)])

    output = capsys.readouterr().out
    assert "STA-00000001" in output and "FIX.4.4:FIXGW->EXAMPLE1" in output
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", output).splitlines())) <= 80


def test_where_a_word_had_to_be_broken_each_session_is_a_block(
    directory: Directory,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "60"}.items():
        monkeypatch.setenv(name, value)
    directory.client(TargetCompID="EXAMPLE1", Accounts="STA-00000001")

    assert 0 == main.run(["check", "--sessions", str(directory.path)])

    lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    block = [line.rstrip() for line in lines[lines.index(next(
        line for line in lines if line.startswith("FIX.4.4:FIXGW->EXAMPLE1"))):]]
    assert [
        "FIX.4.4:FIXGW->EXAMPLE1", "dialect   fixgw", "venues    acme",
        "accounts  STA-00000001", "schedule  non-stop", "logon     CompIDs only",
    ] == block[:6]
    assert max(map(len, lines)) <= 60

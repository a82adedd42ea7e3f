"""`fixgw init`: a folder that works as it is, and nothing of what was there is touched."""

from pathlib import Path

import pytest

from fixgw.cli import main
from fixgw.runtime.settings import read


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty folder."""
    monkeypatch.chdir(tmp_path)
    # The sample names it, as a real account's secret would be.
    monkeypatch.setenv("FIXGW_APIFINY_SECRET", "not-a-secret-of-an-example")


@pytest.mark.parametrize("sample", ["demo", "demo-venues", "example"])
def test_what_it_writes_is_good(sample: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main.run(["init", "new", "--sample", sample])

    told = capsys.readouterr().out.split("\n\n")[0].splitlines()
    assert sorted(told) == sorted(str(each) for each in Path("new").rglob("*") if each.is_file())
    assert 0 == main.run(["check", "--sessions", "new"])
    assert "" == capsys.readouterr().err


def test_the_demo_is_a_sandbox_a_session_for_each_version_and_one_of_apifinys_fix() -> None:
    main.run(["init", "demo"])

    assert 6 == len(read(Path("demo")).sessions)
    assert Path("demo/apifiny-sandbox.toml").is_file()
    # All that runs in it stays in it.
    assert Path("demo/var").resolve() == read(Path("demo")).journal_path.parent


def test_its_secrets_are_its_owners_alone_and_open_nothing() -> None:
    main.run(["init", "demo-venues", "--sample", "demo-venues"])

    secrets = list(Path("demo-venues/secrets").iterdir())
    assert secrets
    assert {0o600} == {each.stat().st_mode & 0o777 for each in secrets}
    assert all("not-a-secret" in each.read_text() for each in secrets)


def test_what_is_there_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Path("demo").mkdir()
    Path("demo/gateway.toml").write_text("# mine\n")

    assert 1 == main.run(["init", "demo"])

    assert ["gateway.toml"] == [each.name for each in Path("demo").iterdir()]
    assert "# mine\n" == Path("demo/gateway.toml").read_text()
    assert "demo is not empty: nothing is written; name another folder" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made(capsys: pytest.CaptureFixture[str]) -> None:
    Path("taken").touch()

    assert 1 == main.run(["init", "taken"])
    assert 1 == main.run(["init", "taken/below"])

    assert "fixgw: cannot write taken" in capsys.readouterr().err


def test_in_the_folder_no_command_has_to_be_told_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main.run(["init", "demo"])
    monkeypatch.chdir("demo")
    capsys.readouterr()

    assert 0 == main.run(["check"])
    assert f"gateway\tjournal\t{Path.cwd()}/var/demo-journal, " in capsys.readouterr().out


def test_a_folder_called_sessions_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    main.run(["init", "sessions", "--sample", "demo-venues"])
    Path("gateway.toml").write_text("[nothing]\n")
    capsys.readouterr()

    assert 0 == main.run(["check"])
    assert "venue\tfinery\tfinery\n" in capsys.readouterr().out

"""`fixgw sandbox`: which venues there are, and what is said when one cannot be started."""

import re
from pathlib import Path

import pytest

from fixgw.cli import main

DEMO = Path(__file__).parents[2] / "sessions" / "demo"


def test_every_command_says_in_one_line_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main.run(["--help"])
    assert 0 == main.run(["sandbox", "--help"])

    # click cuts off what is too long, and ends it with dots.
    listed = re.findall(r"^  [a-z-]+ {2,}(.+)$", capsys.readouterr().out, re.MULTILINE)
    assert len(main.COMMANDS) + 1 <= len(listed)
    assert [] == [line for line in listed if not line.endswith(".") or line.endswith("...")]


def test_a_venue_that_there_is_no_sandbox_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == main.run(["sandbox", "acme"])
    assert "No such command 'acme'" in capsys.readouterr().err


def test_a_config_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main.run(["sandbox", "apifiny", "--config", str(tmp_path / "none.toml")])

    captured = capsys.readouterr()
    assert 1 == code, captured.err
    assert "none.toml" in captured.err
    assert 1 == len(captured.err.splitlines())


@pytest.mark.parametrize("port", ["99999", "-1"])
def test_a_port_that_there_cannot_be(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    config = DEMO / "apifiny-sandbox.toml"

    assert 2 == main.run(["sandbox", "apifiny", "--config", str(config), "--port", port])

    assert f"{port} is not in the range 0<=x<=65535" in capsys.readouterr().err

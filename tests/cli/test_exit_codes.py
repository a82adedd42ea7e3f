"""Exit codes: what a script reads at one command it reads at every other one."""

import re
from pathlib import Path

import pytest

from fixgw.cli import main
from fixgw.cli.exit_codes import MEANS, Exit
from tests.app.bench import play, running, settings
from tests.app.operated import fixgw

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"

VERDICT = ("orders", "verdict", "1", "canceled", "--who", "jane", "--why", "their desk", "--yes")


@pytest.mark.parametrize(
    "command",
    [
        ("venues",),
        ("venues", "resume", "paper", "--who", "jane"),
        ("reconcile",),
        ("reload",),
        VERDICT,
    ],
)
def test_where_no_gateway_runs_the_exit_code_is_4(tmp_path: Path, command: tuple[str, ...]) -> None:
    async def scenario() -> None:
        async with running(tmp_path):
            pass  # It has run, and ended.
        assert Exit.NO_GATEWAY == await fixgw(tmp_path, *command)

    play(scenario())


def test_where_no_gateway_has_ever_run_it_is_4_too(tmp_path: Path) -> None:
    settings(tmp_path)

    async def scenario() -> None:
        assert Exit.NO_GATEWAY == await fixgw(tmp_path, "reconcile")

    play(scenario())


def test_the_document_has_the_same_table() -> None:
    section = OPERATING.read_text().partition("## Exit codes\n")[2].partition("\n## ")[0]

    assert list(Exit) == [int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)]


def test_help_names_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main.run(["--help"])

    text = " ".join(capsys.readouterr().out.split())
    assert all(f"{code:d} {MEANS[code]}" in text for code in Exit)

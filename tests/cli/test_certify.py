"""`fixgw certify`: what is asked for, what is printed, and how it ends."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fixgw.certify.sandbox_driver import Situation
from fixgw.certify.scenario import RESTS, Scenario
from fixgw.certify.scenarios import SUITE
from fixgw.certify.stage import ScenarioStage
from fixgw.cli import main

Run = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `fixgw certify …`; its exit code, its lines, and what it said on stderr."""

    def run(*arguments: str) -> tuple[int, list[str], str]:
        code = main.run(["certify", *arguments])
        captured = capsys.readouterr()
        return code, captured.out.splitlines(), captured.err

    return run


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scenario that no adapter passes."""

    async def play(stage: ScenarioStage) -> None:
        await stage.rests("A")
        stage.check(False, "it was to fail")

    broken = Scenario("broken", "It fails.", RESTS, Situation(), play)
    monkeypatch.setitem(SUITE.scenarios, "broken", broken)


def test_without_a_venue_it_lists_them(run: Run) -> None:
    code, lines, _ = run()

    assert 0 == code
    assert {"apifiny", "asmlink", "finery", "integral"} <= {line.split("\t")[0] for line in lines}


def test_the_scenarios_can_be_listed(run: Run) -> None:
    code, lines, _ = run("--list")

    assert 0 == code
    assert list(SUITE.scenarios) == [line.split("\t")[0] for line in lines]


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (("acme",), "'acme' has no counterpart; there are: apifiny"),
        (("finery", "--scenario", "acme"), "no scenario is called acme; `fixgw certify --list`"),
    ],
)
def test_what_there_is_not_is_said_in_a_line(
    run: Run, arguments: tuple[str, ...], reason: str
) -> None:
    code, lines, error = run(*arguments)

    assert (1, []) == (code, lines)
    assert reason in error
    assert 1 == len(error.splitlines())


def test_it_passes_and_says_so(run: Run, tmp_path: Path) -> None:
    junit = tmp_path / "report.xml"
    code, lines, error = run(
        "finery", "--scenario", "sell", "--scenario", "cancel-impossible", "--junit", str(junit)
    )

    assert (0, "") == (code, error)
    assert lines[0].startswith("passed\tsell\t")
    assert lines[1].startswith("not applicable\tcancel-impossible\tthe adapter declares cancels")
    assert lines[3].startswith("finery: 1 passed, 1 not applicable")
    suite = ElementTree.parse(junit).getroot()
    assert ("2", "0", "1") == (suite.get("tests"), suite.get("failures"), suite.get("skipped"))


def test_it_fails_and_shows_what_happened(run: Run, failing: None) -> None:
    code, lines, _ = run("finery", "--scenario", "broken")

    assert 1 == code
    assert "failed\tbroken\tit was to fail" == lines[0]
    text = "\n".join(lines)
    assert "35=8 150=0 39=0 11=A" in text
    assert "what the venue was asked, and has told" in text


def test_json_is_all_that_is_printed(run: Run, failing: None) -> None:
    code, lines, _ = run("finery", "--scenario", "broken", "--scenario", "sell", "--json")

    told = json.loads("\n".join(lines))
    assert (1, False) == (code, told["passed"])
    assert {"broken": "failed", "sell": "passed"} == {
        row["scenario"]: row["verdict"] for row in told["results"]
    }


def test_a_report_that_cannot_be_written_is_said(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "none" / "report.xml"
    code, _, error = run("finery", "--scenario", "cancel-impossible", "--junit", str(file))

    assert (1, f"fixgw: cannot write {file}: No such file or directory\n") == (code, error)


def test_nothing_applicable_is_no_pass(run: Run) -> None:
    code, lines, _ = run("finery", "--scenario", "cancel-impossible")

    assert 1 == code
    assert lines[0].startswith("not applicable")

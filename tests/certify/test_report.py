"""What is printed of the results, for a person, a program and a build server."""

import io
import json
from xml.etree import ElementTree

import pytest
from rich.console import Console

from fixgw.certify.report import Report, as_json, as_junit, show
from fixgw.certify.runner import Result, ScenarioVerdict
from fixgw.certify.trace import Line

PASSED = Result(
    scenario="sell", title="A sell rests and is filled.", verdict=ScenarioVerdict.PASSED,
    seconds=0.4
)
FAILED = Result(
    scenario="restart", title="The gateway dies.", verdict=ScenarioVerdict.FAILED, seconds=1.5,
    reason="the client was told nothing & more",
    trace=(Line(12, "client", "NewOrderSingle \x00 [A]"), Line(15, "told", "35=8 39=A")),
    calls=("POST /orders <200>",),
)
LEFT_OUT = Result(
    scenario="cash", title="By amount.", verdict=ScenarioVerdict.NOT_APPLICABLE,
    reason="the adapter declares no CashOrderQty(152)",
)


def report(*results: Result) -> Report:
    return Report(counterpart="acme", adapter="acme", results=results, seconds=2.25)


@pytest.mark.parametrize(
    "results, passed",
    [
        ([PASSED], True),
        ([PASSED, LEFT_OUT], True),
        ([PASSED, FAILED], False),
        ([LEFT_OUT], False),
        ([], False),
    ],
)
def test_it_has_passed_if_all_that_was_applicable_did_and_something_was(
    results: list[Result], passed: bool
) -> None:
    assert passed is report(*results).passed


def shown(*results: Result, terminal: bool, traces: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=100, color_system=None)
    show(report(*results), console, traces=traces)
    return file.getvalue()


def test_in_a_pipe_each_result_is_a_line_with_tabs() -> None:
    lines = shown(PASSED, FAILED, LEFT_OUT, terminal=False).splitlines()

    assert [
        "passed\tsell\tA sell rests and is filled.",
        "failed\trestart\tthe client was told nothing & more",
        "not applicable\tcash\tthe adapter declares no CashOrderQty(152)",
        "",
        "acme: 1 passed, 1 failed, 1 not applicable, in 2 s",
        "What happened in one: fixgw certify acme --scenario restart",
    ] == lines


def test_on_a_terminal_no_line_is_wider_than_it() -> None:
    text = shown(PASSED, FAILED, LEFT_OUT, terminal=True)

    assert "✗ failed" in text and "– not applicable" in text
    assert all(len(line) <= 100 for line in text.splitlines())


def test_what_happened_is_shown_where_a_scenario_was_asked_for() -> None:
    text = shown(PASSED, FAILED, terminal=True, traces=True)

    assert "35=8 39=A" in text
    # Nothing of what was said is taken for markup.
    assert "[A]" in text
    assert "POST /orders <200>" in text
    assert "35=8 39=A" not in shown(PASSED, FAILED, terminal=True)


def test_json_has_everything() -> None:
    told = json.loads(as_json(report(PASSED, FAILED, LEFT_OUT)))

    assert (False, "acme", 2.25) == (told["passed"], told["counterpart"], told["seconds"])
    assert ["passed", "failed", "not applicable"] == [row["verdict"] for row in told["results"]]
    assert {"ms": 15, "who": "told", "text": "35=8 39=A"} == told["results"][1]["trace"][1]


def test_junit_counts_and_can_be_read_whatever_was_said() -> None:
    suite = ElementTree.fromstring(as_junit(report(PASSED, FAILED, LEFT_OUT)))

    assert ("3", "1", "1") == (suite.get("tests"), suite.get("failures"), suite.get("skipped"))
    failure = suite.find("testcase[@name='restart']/failure")
    assert failure is not None and failure.text is not None
    assert "the client was told nothing & more" == failure.get("message")
    assert "35=8 39=A" in failure.text and "POST /orders <200>" in failure.text
    skipped = suite.find("testcase[@name='cash']/skipped")
    assert skipped is not None and LEFT_OUT.reason == skipped.get("message")

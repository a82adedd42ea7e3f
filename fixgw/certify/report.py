"""The results of certification for a person, a program, or a build server. Decides nothing."""

from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree

import msgspec
from msgspec import Struct
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

import fixgw
from fixgw.certify.runner import Result, ScenarioVerdict

STYLES = {
    ScenarioVerdict.PASSED: ("✓ passed", "green"),
    ScenarioVerdict.FAILED: ("✗ failed", "bold red"),
    ScenarioVerdict.NOT_APPLICABLE: ("– not applicable", "dim"),
}

WHO_STYLES = {"client": "cyan", "told": "bold", "command": "blue", "venue": "magenta",
              "alert": "yellow", "stage": "dim", "log": "dim"}


class Report(Struct, frozen=True, kw_only=True):
    """All results of one sandbox driver."""

    counterpart: str
    adapter: str
    results: tuple[Result, ...]
    seconds: float
    version: str = fixgw.__version__

    @property
    def passed(self) -> bool:
        """True if every applicable scenario passed, and at least one was applicable."""
        verdicts = Counter(result.verdict for result in self.results)
        return verdicts[ScenarioVerdict.PASSED] > 0 and not verdicts[ScenarioVerdict.FAILED]

    @property
    def summary(self) -> str:
        """One line."""
        verdicts = Counter(result.verdict for result in self.results)
        counts = ", ".join(f"{verdicts[each]} {each}" for each in ScenarioVerdict if verdicts[each])
        return f"{self.counterpart}: {counts}, in {self.seconds:.0f} s"


def as_json(report: Report) -> str:
    """For a program; traces of what failed included."""
    body = {"passed": report.passed, **msgspec.to_builtins(report)}
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()


def as_junit(report: Report) -> str:
    """For a build server: what is not applicable counts as skipped, with its reason."""
    verdicts = Counter(result.verdict for result in report.results)
    suite = ElementTree.Element(
        "testsuite", name=f"fixgw certify {report.counterpart}", tests=str(len(report.results)),
        failures=str(verdicts[ScenarioVerdict.FAILED]),
        skipped=str(verdicts[ScenarioVerdict.NOT_APPLICABLE]),
        errors="0", time=f"{report.seconds:.3f}",
    )
    for result in report.results:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"certify.{report.counterpart}", name=result.scenario,
            time=f"{result.seconds:.3f}",
        )
        if result.verdict is ScenarioVerdict.NOT_APPLICABLE:
            ElementTree.SubElement(case, "skipped", message=_xml(result.reason))
        elif result.verdict is ScenarioVerdict.FAILED:
            failure = ElementTree.SubElement(case, "failure", message=_xml(result.reason))
            failure.text = _xml("\n".join(_trace_lines(result)))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _xml(text: str) -> str:
    """*text* without what XML 1.0 has no way to write."""
    return "".join(each if each in "\n\t" or each >= " " else "?" for each in text)


def _trace_lines(result: Result) -> list[str]:
    lines = [f"{line.ms:>7} {line.who:<8}{line.text}" for line in result.trace]
    return [*lines, *(f"   venue's record: {call}" for call in result.calls)]


def show(report: Report, console: Console, *, traces: bool) -> None:
    """For a person: a table, what failed and why, and a summary."""
    if console.is_terminal:
        console.print(_table(report.results))
    else:
        for result in report.results:
            # Not by the console, which would make spaces of the tabs.
            told = result.reason or result.title
            console.file.write(f"{result.verdict}\t{result.scenario}\t{told}\n")
    failed = [result for result in report.results if result.verdict is ScenarioVerdict.FAILED]
    if traces:
        for result in failed:
            console.print()
            console.print(_story(result))
    console.print()
    style = "bold green" if report.passed else "bold red"
    console.print(Text(report.summary, style))
    if failed and not traces:
        console.print(
            f"What happened in one: fixgw certify {report.counterpart} "
            f"--scenario {failed[0].scenario}", highlight=False,
        )


def _table(results: Sequence[Result]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("scenario", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("s", justify="right", no_wrap=True)
    table.add_column("what, or why not")
    for result in results:
        verdict, style = STYLES[result.verdict]
        skipped = result.verdict is ScenarioVerdict.NOT_APPLICABLE
        seconds = "" if skipped else f"{result.seconds:.1f}"
        why: RenderableType = Text(result.title, "" if not result.reason else "dim")
        if result.reason:
            why = Group(why, Text(result.reason, style.removeprefix("bold ")))
        table.add_row(result.scenario, Text(verdict, style), seconds, why)
    return table


def _story(result: Result) -> RenderableType:
    """Return the trace of one scenario, line by line, and the venue's record of it."""
    table = Table(
        box=None, pad_edge=False, show_header=False, title=f"{result.scenario}: what happened",
        title_justify="left", title_style="bold",
    )
    table.add_column("ms", justify="right", style="dim", no_wrap=True)
    table.add_column("who", no_wrap=True)
    table.add_column("what", overflow="fold")
    for line in result.trace:
        style = WHO_STYLES.get(line.who, "")
        table.add_row(str(line.ms), Text(line.who, style), Text(line.text, style))
    if not result.calls:
        return table
    calls = Text("\n".join(("what the venue was asked, and has told", *result.calls)), "dim")
    return Group(table, "", calls)

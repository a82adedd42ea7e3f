"""`fixgw certify <venue>`: plays the scenarios against the adapter's sandbox, and reports.

For the author of an adapter, ours or a package's. Everything runs in this
process, on real sockets of this machine; nothing leaves it.
"""

import sys
import time
from pathlib import Path

import click
import uvloop
from rich.console import Console

from fixgw.certify.drivers.found import SandboxDriverKind, counterpart, counterparts
from fixgw.certify.report import Report, as_json, as_junit, show
from fixgw.certify.runner import Player, Result, ScenarioVerdict
from fixgw.certify.scenario import Scenario
from fixgw.certify.scenarios import SUITE
from fixgw.cli.exit_codes import Exit
from fixgw.cli.show import block
from fixgw.model.errors import GatewayError
from fixgw.venues import registry


@click.command()
@click.argument("venue", required=False)
@click.option("--scenario", "wanted", multiple=True, metavar="NAME",
              help="Only this one; may be given again. What happened is shown if it fails.")
@click.option("--json", "json", is_flag=True, help="Print the report as JSON.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the report as JUnit XML, too.")
@click.option("--list", "listed", is_flag=True, help="List the scenarios, and play none.")
def command(
    venue: str | None, wanted: tuple[str, ...], json: bool, junit: Path | None, listed: bool
) -> int:
    """Test an adapter against its sandbox.

    VENUE is a sandbox driver: a sandbox and the means to make it misbehave. Without it, the
    sandbox drivers are listed. Exit code 0 only if every applicable scenario has passed.
    """
    if listed:
        _list_scenarios()
        return 0
    if venue is None:
        _list_counterparts()
        return 0
    report = _certify(venue, _chosen(wanted), quiet=json)
    if junit is not None:
        _write(junit, as_junit(report))
    if json:
        click.echo(as_json(report))
    else:
        show(report, Console(), traces=bool(wanted))
    return Exit.DONE if report.passed else Exit.FAILED


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text)
    except OSError as error:
        raise GatewayError(f"cannot write {file}: {error.strerror}") from None


def _certify(venue: str, scenarios: list[Scenario], *, quiet: bool) -> Report:
    kind = _counterpart(venue)
    name = kind.make().adapter
    adapter = registry.adapter(name)
    if adapter is None:
        raise GatewayError(f"counterpart {venue} is for adapter {name!r}, which nobody brings")
    began = time.monotonic()
    with _Progress(len(scenarios), quiet) as progress:
        results = uvloop.run(Player(kind.make, adapter).play_all(scenarios, progress.told))
    return Report(
        counterpart=venue, adapter=name, results=tuple(results),
        seconds=time.monotonic() - began,
    )


def _counterpart(venue: str) -> SandboxDriverKind:
    kind = counterpart(venue)
    if kind is None:
        known = ", ".join(counterparts())
        raise GatewayError(f"{venue!r} has no counterpart; there are: {known}")
    return kind


def _chosen(wanted: tuple[str, ...]) -> list[Scenario]:
    unknown = [name for name in wanted if name not in SUITE.scenarios]
    if unknown:
        raise GatewayError(
            f"no scenario is called {', '.join(unknown)}; `fixgw certify --list` lists them"
        )
    return [each for name, each in SUITE.scenarios.items() if not wanted or name in wanted]


def _list_counterparts() -> None:
    kinds = ((name, counterpart(name)) for name in counterparts())
    _list([(name, kind.about if kind is not None else "") for name, kind in kinds])
    click.echo("What one of them proves: fixgw certify NAME", err=True)


def _list_scenarios() -> None:
    _list([(each.name, each.title) for each in SUITE.scenarios.values()])


def _list(rows: list[tuple[str, str]]) -> None:
    """Print on a terminal side by side; in a pipe with a tab between the two."""
    console = Console()
    if console.is_terminal:
        block(console, "", rows)
        return
    for name, text in rows:
        click.echo(f"{name}\t{text}")


class _Progress:
    """One line on a terminal that counts, and is erased at the end."""

    def __init__(self, total: int, quiet: bool) -> None:
        self._total = total
        self._shown = sys.stderr.isatty() and not quiet
        self._done = self._failed = 0

    def __enter__(self) -> "_Progress":
        return self

    def told(self, result: Result) -> None:
        """Count one more result."""
        self._done += 1
        self._failed += result.verdict is ScenarioVerdict.FAILED
        if self._shown:
            text = f"\r{self._done} of {self._total} scenarios, {self._failed} failed"
            click.echo(text, nl=False, err=True)

    def __exit__(self, *_: object) -> None:
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)

"""`fixgw reconcile`: makes the gateway ask its venues now for anything missed."""

from pathlib import Path

import click
import msgspec

from fixgw.cli.asking import ask, made
from fixgw.cli.exit_codes import Exit
from fixgw.cli.options import json_option, sessions_option
from fixgw.cli.show import plain, show
from fixgw.ops.answers import Comparison, Reconciled
from fixgw.ops.requests import Reconcile
from fixgw.runtime.settings import where

COLUMNS = (
    "order_id", "cl_ord_id", "before", "status", "cum_qty", "avg_px", "symbol", "session", "venue",
    "text",
)


@click.command()
@click.argument("venue", default="")
@sessions_option
@json_option
@click.pass_context
def command(context: click.Context, venue: str, directory: Path, as_json: bool) -> None:
    """Ask VENUE, or all venues, for anything missed.

    The gateway asks about every open order and reports missed executions to the clients; the
    command lists the result. Exits with 1 unless all orders were answered for.
    """
    request = made(Reconcile, venue=venue)
    reconciled = ask(where(directory).journal_path, request, Reconciled)
    for each in reconciled.venues:
        if as_json:
            click.echo(msgspec.json.encode(each).decode())
        else:
            _print(each)
    if not all(
        each.reached and not (each.unanswered or each.not_asked) for each in reconciled.venues
    ):
        context.exit(Exit.FAILED)


def _print(found: Comparison) -> None:
    if not found.reached:
        click.echo(f"{found.venue}: it is not compared yet; the log says what the adapter does")
    strangers = len(found.strangers)
    click.echo(
        f"{found.venue}: orders asked about: {found.asked}, changed: {found.changed}, "
        f"without an answer: {found.unanswered}, not ours: {strangers}"
    )
    if found.not_asked:
        click.echo(
            f"{found.venue} cannot be asked about orders; open there: {found.not_asked} "
            "(`fixgw orders --in-doubt`)"
        )
    if found.changes:
        show("changes", COLUMNS, [
            msgspec.structs.asdict(change.after) | {"before": change.before}
            for change in found.changes
        ], as_json=False)
    if len(found.changes) < found.changed:
        click.echo(f"and {found.changed - len(found.changes)} more: fixgw orders")
    for stranger in found.strangers:
        click.echo(f"not ours, and not touched: {plain(stranger)}")

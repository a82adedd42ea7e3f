"""`fixgw orders verdict`: records the outcome of an order in doubt, as somebody has found out."""

from pathlib import Path

import click
import msgspec

from fixgw.cli.asking import ask, made, part_sessions_option, who_option
from fixgw.cli.options import json_option
from fixgw.cli.show import plain, utc
from fixgw.model.enums import Verdict
from fixgw.model.errors import GatewayError
from fixgw.ops.answers import OrderShown, VerdictOnRecord
from fixgw.ops.requests import RecordVerdict, ShowOrder
from fixgw.runtime.settings import where

SHOWN = ("order_id", "venue_order_id", "venue", "exchange", "account", "session", "cl_ord_id",
         "side", "symbol", "order_qty", "price", "status", "in_doubt", "cum_qty", "avg_px", "text")

MEANS = {
    Verdict.REJECTED: "the venue never had it",
    Verdict.CANCELED: "nothing of it works any more",
    Verdict.FILLED: "it was executed, {qty} at {px}, and the venue does not tell",
    Verdict.WORKING: "the venue has it and works it",
}


class NotRecorded(GatewayError):
    """The operator has changed their mind."""


@click.command("verdict")
@click.argument("order_id")
@click.argument("verdict", type=click.Choice([str(each) for each in Verdict]))
@who_option
@click.option("--why", required=True, metavar="TEXT",
              help="How you know; kept in the journal, and told to the client.")
@click.option("--qty", default="", metavar="Q", help="Of filled: the quantity of the execution.")
@click.option("--px", default="", metavar="P", help="Of filled: its price.")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@part_sessions_option
@json_option
def command(
    order_id: str, verdict: str, who: str, why: str, qty: str, px: str, yes: bool,
    directory: Path, as_json: bool,
) -> None:
    """Record the outcome of the order ORDER_ID, which the venue does not report.

    \b
    rejected  the venue never had it
    canceled  no part of it works any more; record its executions first
    filled    it was executed, --qty at --px, and the venue does not report it
    working   the venue has it and works it

    The journal keeps it with your name, and the client gets the same reports as if the
    venue had sent it, with "NAME: TEXT" in Text(58). It cannot be taken back: ask the
    venue first.
    """
    given = {"order_id": order_id, "verdict": Verdict(verdict), "who": who, "why": why,
             "last_qty": qty, "last_px": px}
    made(RecordVerdict, **given)  # report mistakes before asking anyone
    journal = where(directory).journal_path
    shown = ask(journal, made(ShowOrder, order_id=order_id), OrderShown)
    if not as_json:
        _show(shown)
    if not yes:
        means = MEANS[Verdict(verdict)].format(qty=qty, px=px)
        if not click.confirm(f"Record that {means}, and tell the client?", err=True):
            raise NotRecorded("nothing was recorded")
    request = made(RecordVerdict, **given, seen_at=shown.changed_at)
    done = ask(journal, request, VerdictOnRecord)
    if as_json:
        click.echo(msgspec.json.encode(done).decode())
    else:
        _tell(done)


def _show(shown: OrderShown) -> None:
    for name in SHOWN:
        value = plain(getattr(shown.order, name))
        if value:
            click.echo(f"{name:<14} {value}")
    click.echo(f"{'changed':<14} {utc(shown.changed_at, 'milliseconds')}")
    if shown.text:
        click.echo(shown.text)


def _tell(done: VerdictOnRecord) -> None:
    before, after = done.before, done.after
    click.echo(
        f"on record: {after.order_id} was {before.status}, is {after.status}, "
        f"CumQty(14) {after.cum_qty}"
    )
    if after.in_doubt:
        click.echo(f"still in doubt: the {after.in_doubt}")
    if not done.client_is_told:
        click.echo("that is what was known already: the client is told nothing")
        return
    when = "has been told" if done.client_is_here else "is not here: it is told when it is back"
    click.echo(f"the client, {plain(after.session)}, {when}")

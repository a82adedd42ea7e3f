"""`fixgw venues`: lists what each venue can do and, while the gateway runs, its state.

`fixgw venues resume` lets new orders go to a held venue again.
"""

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
from rich.console import Console

from fixgw.app.build import Parts
from fixgw.cli.asking import ask, made, part_sessions_option, who_option
from fixgw.cli.exit_codes import Exit
from fixgw.cli.options import json_option, sessions_option
from fixgw.cli.show import block, plain, utc
from fixgw.model.capabilities import Capabilities
from fixgw.model.enums import OrdType, TimeInForce
from fixgw.model.errors import NoGateway
from fixgw.model.ids import VenueName
from fixgw.model.terms import FIELDS
from fixgw.model.venue import VenueHealth
from fixgw.ops.answers import Resumed, Status, VenueState
from fixgw.ops.requests import AskStatus, ResumeVenue
from fixgw.runtime.settings import Settings, read, where

Facts = Iterator[tuple[str, str]]
"""Facts about a venue: a name and a text each."""

_json = msgspec.json.Encoder(order="deterministic")


@click.group(invoke_without_command=True)
@sessions_option
@json_option
@click.pass_context
def command(context: click.Context, directory: Path, as_json: bool) -> None:
    """Show the venues' capabilities and state.

    A running gateway supplies the state; without one the command shows the settings, and the exit
    code is 4. It is 1 if a venue has a problem.
    """
    if context.invoked_subcommand is not None:
        return
    place = where(directory)
    try:
        status = ask(place.journal_path, AskStatus(), Status)
    except NoGateway:
        states, gateway = _from_settings(read(directory)), ""
    else:
        states = status.venues
        gateway = f"the gateway runs: process {status.pid}, fixgw {status.version}"
    click.echo(gateway or "no gateway is running: this is what the settings say", err=True)
    for state in states:
        adapter = place.adapter(state.venue)
        if as_json:
            _print_json(state, adapter, bool(gateway))
            continue
        facts = [("adapter", adapter)] if adapter else []
        if gateway:
            facts += _health(state)
        _print(state.venue, [*facts, *_capabilities(state)])
    if not gateway:
        context.exit(Exit.NO_GATEWAY)
    if not all([_told_well(state) for state in states]):
        context.exit(Exit.FAILED)


@command.command("resume")
@click.argument("venue")
@who_option
@part_sessions_option
def resume(venue: str, who: str, directory: Path) -> None:
    """Let new orders go to VENUE again, after it was held and somebody has spoken with it."""
    request = made(ResumeVenue, venue=venue, who=who)
    resumed = ask(where(directory).journal_path, request, Resumed)
    click.echo(
        f"{venue}: new orders go there again; it was held since {utc(resumed.held_since)}: "
        f"{plain(resumed.held_text)}"
    )


def _told_well(state: VenueState) -> bool:
    """Return True if a venue has no problem; print each problem on stderr."""
    troubles = []
    if state.held_since:
        troubles.append("it is held")
    if not state.loaded:
        troubles.append("it has not told its instruments")
    troubles += [f"{each.name} is down" for each in state.health.connections if not each.up]
    if troubles:
        click.echo(f"{state.venue} is not well: {plain(', '.join(troubles))}", err=True)
    return not troubles


def _from_settings(settings: Settings) -> tuple[VenueState, ...]:
    return tuple(
        VenueState(
            venue=name,
            capabilities=adapter.capabilities,
            accounts=tuple(sorted(adapter.accounts())),
            health=VenueHealth(),
            loaded=False,
        )
        for name, adapter in Parts(settings).venues.items()
    )


def _health(state: VenueState) -> Facts:
    """Yield the facts of its present state."""
    health = state.health
    if state.held_since:
        yield "new orders", f"HELD since {utc(state.held_since)}: {state.held_text}"
        yield "", f"once it is settled: fixgw venues resume {state.venue} --who NAME"
    elif state.loaded:
        yield "new orders", "go"
    else:
        yield "new orders", "refused: it has not told its instruments yet"
    doubt = "; see fixgw orders --in-doubt" if state.in_doubt else ""
    yield "orders", f"{state.open} open, {state.in_doubt} in doubt{doubt}"
    yield "instruments", str(health.instruments)
    for number, each in enumerate(health.connections):
        since = f" since {utc(each.since)}" if each.since else ""
        why = f": {each.text}" if each.text else ""
        yield "connections" * (not number), f"{each.name} {'up' if each.up else 'DOWN'}{since}{why}"
    skew = health.clock_skew_ms
    yield "clock", "not told" if skew is None else f"{skew:+d} ms from ours"
    for number, limit in enumerate(health.headroom):
        waiting = f", {limit.waiting} waiting" if limit.waiting else ""
        left = f"{limit.left:g} of {limit.maximum:g} left"
        yield "headroom" * (not number), f"{limit.scope}: {left} in {limit.seconds:g} s{waiting}"


def _capabilities(state: VenueState) -> Facts:
    """Yield the facts of its capabilities."""
    can = state.capabilities
    yield "accounts", ", ".join(state.accounts) or "none"
    for number, ord_type in enumerate(sorted(can.ord_types)):
        yield "order types" * (not number), f"{_name(ord_type)}: {_times(can, ord_type)}"
    yield "post only", _yes(can.post_only)
    yield "market orders", _market(can)
    yield "cancel", _yes(can.cancel, can.cancel_text) + (
        "" if can.cancel_before_accepted or not can.cancel else ", once the venue has the order"
    )
    yield "replace", _yes(can.replace, can.replace_text)
    yield "status query", _yes(can.query, "its own words and an operator settle")
    yield "changes", "told by the venue" if can.pushes else "asked for"
    yield "other fields", ", ".join(FIELDS[term] for term in sorted(can.terms)) or "none"
    if can.client_order_id:
        yield "our order ids", can.client_order_id
    yield "absence", f"proven {can.absence_proof_ms / 1000:g} s after an order was sent"
    if can.orders_waiting_max:
        yield "queue", f"{can.orders_waiting_max} orders may wait to be sent"
    for number, limit in enumerate(can.limits):
        yield "limits" * (not number), limit


def _times(can: Capabilities, ord_type: OrdType) -> str:
    times = can.times_in_force_of.get(ord_type, can.times_in_force)
    if ord_type is OrdType.MARKET:
        times |= {TimeInForce.DAY}  # taken everywhere: it never rests (`core.checks`)
    return ", ".join(_name(each) for each in sorted(times)) or "none"


def _market(can: Capabilities) -> str:
    if OrdType.MARKET not in can.ord_types:
        return "none"
    parts = ["a buy names CashOrderQty(152)" if can.cash_order_qty else "OrderQty(38)"]
    if OrdType.MARKET in can.cash_or_quantity:
        parts = ["OrderQty(38) or CashOrderQty(152)"]
    if can.market_needs_price:
        parts.append("with the worst Price(44)")
    return " ".join(parts)


def _name(value: OrdType | TimeInForce) -> str:
    return f"{value.name}({value.value})"


def _yes(it_can: bool, why_not: str = "") -> str:
    if it_can:
        return "yes"
    return f"no: {why_not}" if why_not else "no"


def _print(venue: VenueName, facts: list[tuple[str, str]]) -> None:
    """Print a block per venue on a terminal; in a pipe, lines of venue, name and text."""
    console = Console()
    if not console.is_terminal:
        what = ""
        for about, text in facts:
            what = about or what
            click.echo("\t".join((venue, what, plain(text))))
        return
    console.print()
    block(console, venue, [(about, plain(text)) for about, text in facts])


def _print_json(state: VenueState, adapter: str, running: bool) -> None:
    fields = msgspec.structs.asdict(state) | {"adapter": adapter, "running": running}
    if not running:
        for name in ("health", "loaded", "held_since", "held_text", "open", "in_doubt"):
            del fields[name]
    click.echo(_json.encode(fields).decode())

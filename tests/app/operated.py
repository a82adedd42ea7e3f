"""A gateway of `tests.app.bench` with its control socket, and the commands of an operator.

    async with operated(tmp_path) as gateway:
        code = await fixgw(tmp_path, "venues", "--json")
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fixgw.app.operator import Operator
from fixgw.app.reload import Reloader
from fixgw.cli import main
from fixgw.model.effects import QueryOrder, SubmitOrder, VenueCommand
from fixgw.model.enums import Command
from fixgw.model.venue import CommandOutcome, QueryFailed, Unknown, VenueInput
from fixgw.ops.address import control_path
from fixgw.ops.control import Control
from fixgw.runtime.clock import Clock, SystemClock
from tests.app.bench import Client, Running, running, until
from tests.app.paper import Paper, paper_is_known


@asynccontextmanager
async def operated(directory: Path, **given: Any) -> AsyncIterator[Running]:
    """A gateway with a client ONE and an operator; *given* as for `bench.settings`."""
    async with running(directory, **given) as gateway:
        answer = operator(gateway, SystemClock()).answer
        control = Control(control_path(gateway.journal.path), answer)
        await control.start()
        try:
            yield gateway
        finally:
            await control.stop()


def operator(gateway: Running, clock: Clock) -> Operator:
    """What answers the requests of `gateway`'s operator."""
    reloader = Reloader(gateway.gateway, gateway.parts, gateway.journal, gateway.acceptor)
    return Operator(gateway.gateway, clock, reloader.reload)


async def fixgw(directory: Path, *arguments: str) -> int:
    """The command, beside the gateway that runs in this process; its exit code."""
    with paper_is_known():
        sessions = ["--sessions", str(directory / "sessions")]
        return await asyncio.to_thread(main.run, [*arguments, *sessions])


async def in_doubt(gateway: Running, client: Client, cl_ord_id: str) -> None:
    """Have *client* place an order, and let no answer of the venue arrive."""
    says_nothing(gateway.paper)
    await client.orders(cl_ord_id)
    orders = gateway.gateway.engine.orders
    await until(lambda: any(o.in_doubt for o in orders if o.request.cl_ord_id == cl_ord_id))


def says_nothing(
    paper: Paper, but: type[VenueCommand] | None = None
) -> Callable[[VenueCommand], VenueInput]:
    """Let no answer of the venue arrive, *but* to those; returns what it said before."""
    before = paper.answer
    paper.answer = lambda command: (
        before(command) if but is not None and isinstance(command, but) else _unknown(command)
    )
    return before


def _unknown(command: VenueCommand) -> VenueInput:
    order_id = command.order.order_id
    if isinstance(command, QueryOrder):
        return QueryFailed(order_id, "no answer")
    kind = Command.SUBMIT if isinstance(command, SubmitOrder) else Command.CANCEL
    return CommandOutcome(order_id, kind, Unknown("no answer"))

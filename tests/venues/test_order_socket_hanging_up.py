"""A venue that hangs up in the moment orders leave, and the adapters that send them by socket."""

import asyncio
from types import ModuleType
from typing import Any

import pytest

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import Command
from fixgw.model.venue import Acked, CommandOutcome, Refused, Unknown
from fixgw.venues.outcome import NOT_SENT
from tests.venues.apifiny import venue as apifiny
from tests.venues.finery import venue as finery


@pytest.mark.parametrize("venue, settings", [
    (apifiny, apifiny.SOCKET), (apifiny, apifiny.SOCKET_QUEUED),
    (finery, {}), (finery, {"requests_per_second": 500}),
], ids=["apifiny", "apifiny-queued", "finery", "finery-queued"])
def test_orders_that_leave_as_the_venue_hangs_up_have_each_one_outcome(
    venue: ModuleType, settings: dict[str, Any]
) -> None:
    """One in each turn of the loop, from the moment that all connections end until each has
    been noticed: it goes by REST, is kept back, or is unknown. None of them ends the gateway."""
    orders: list[VenueOrder] = []
    failures: list[object] = []

    async def scene(bench: Any) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: failures.append(context))

        def one_more() -> None:
            if not all(bench.adapter.status().streams.values()):
                return
            orders.append(venue.order(price="1", quantity="1"))
            bench.submit(orders[-1])
            loop.call_soon(one_more)

        bench.sandbox.cut()
        one_more()
        while all(bench.adapter.status().streams.values()) and not failures:
            await asyncio.sleep(0.001)
        assert failures == []
        outcomes = [await bench.outcome(each) for each in orders]
        assert outcomes
        for each in outcomes:
            assert isinstance(each, Acked | Unknown) or (
                isinstance(each, Refused) and each.code == NOT_SENT
            ), each
        told = [m.order_id for m in bench.heard if isinstance(m, CommandOutcome)
                and m.command is Command.SUBMIT]
        assert sorted(told) == sorted(each.order_id for each in orders), "one each"

    venue.play(scene, **settings)

"""Replace by `originalCoId`, as the settings say that the venue does it."""

from decimal import Decimal as D

import pytest

from fixgw.model.effects import ReplaceOrder
from fixgw.model.enums import Command, Side
from fixgw.model.venue import Acked, QueryFailed, Refused, Unknown, VenueStatus
from fixgw.venues.integral.execution import NO_REPLACE
from fixgw.venues.outcome import NOT_SENT
from tests.venues.integral.venue import MAKER, Bench, order, play

ON = {"replace_by_original_co_id": True}


def replace(venue: Bench, old, new) -> None:
    venue.adapter.perform([ReplaceOrder(old, new)])


def test_the_new_order_takes_the_place_of_the_old_one_and_what_that_executed_counts():
    async def scene(venue: Bench) -> None:
        old = await venue.working(order())
        venue.submit(order(MAKER, Side.SELL, "400000"))
        await venue.executed(old, "400000")
        new = order(quantity="1500000", price="1.2")
        replace(venue, old, new)

        taken_on = await venue.outcome(new, Command.REPLACE)
        assert (Acked, VenueStatus.PENDING) == (type(taken_on), taken_on.update.status)
        await venue.status(new, VenueStatus.WORKING)
        assert D(400000) == (await venue.status(old, VenueStatus.CANCELED)).cum_qty
        entry = (await venue.requests("placeOrder"))[-1]["request"]
        assert (old.venue_order_id, new.venue_order_id, 1500000) == (
            entry["originalCoId"], entry["coId"], entry["size"],
        )
        venue.submit(order(MAKER, Side.SELL, "2000000", "1.2"))
        assert D(1100000) == (await venue.status(new, VenueStatus.FILLED)).cum_qty

    play(scene, **ON)


@pytest.mark.parametrize("fault", ["timeout_after_accept", "unreadable_body"])
def test_an_unknown_outcome_is_settled_by_what_is_asked_of_both(fault):
    async def scene(venue: Bench) -> None:
        old, new = await venue.working(order()), order(price="1.05")
        await venue.arm("placeOrder", fault, delay_ms=1500)
        replace(venue, old, new)
        assert isinstance(await venue.outcome(new, Command.REPLACE), Unknown)
        assert not isinstance(await venue.ask(new), QueryFailed)
        await venue.status(new, VenueStatus.WORKING)
        assert VenueStatus.CANCELED is (await venue.ask(old)).status
        assert 2 == len(await venue.requests("placeOrder"))

    play(scene, **ON)


def test_an_order_that_is_over_is_not_replaced():
    async def scene(venue: Bench) -> None:
        old = await venue.working(order())
        venue.submit(order(MAKER, Side.SELL))
        await venue.status(old, VenueStatus.FILLED)
        new = order(quantity="2000000")
        replace(venue, old, new)
        ended = await venue.outcome(new, Command.REPLACE)
        assert Refused is type(ended) and "No active order" in ended.text

    play(scene, **ON)


def test_a_replace_that_waits_too_long_is_refused_as_never_sent():
    async def scene(venue: Bench) -> None:
        old = await venue.working(order())
        await venue.log_out()
        new = order(price="1.05")
        replace(venue, old, new)
        ended = await venue.outcome(new, Command.REPLACE)
        assert (Refused, NOT_SENT) == (type(ended), ended.code)
        assert "s for its turn" in ended.text

    play(scene, queue_seconds=0.5, **ON)


def test_without_the_switch_it_is_refused_and_says_why():
    async def scene(venue: Bench) -> None:
        old, new = await venue.working(order()), order(price="1.05")
        replace(venue, old, new)
        ended = await venue.outcome(new, Command.REPLACE)
        assert (Refused, NOT_SENT) == (type(ended), ended.code)
        assert ended.text.startswith(NO_REPLACE)
        assert (False, NO_REPLACE) == (
            venue.adapter.capabilities.replace, venue.adapter.capabilities.replace_text,
        )
        assert 1 == len(await venue.requests("placeOrder"))

    play(scene)

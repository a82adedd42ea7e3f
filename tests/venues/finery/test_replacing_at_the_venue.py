"""Replaces against the sandbox, over real sockets, whichever way they leave."""

from decimal import Decimal as D

import pytest
from msgspec.structs import replace

from fixgw.model.effects import ReplaceOrder, VenueOrder
from fixgw.model.enums import Command, CxlRejReason, Side, TimeInForce
from fixgw.model.venue import Acked, OrderUpdate, Outcome, Refused, Unknown, VenueStatus
from fixgw.venues.outcome import NOT_SENT
from tests.venues.finery.venue import MAKER, TRADER, Bench, order, play

WAYS = [
    {"order_entry": "websocket"},
    {"order_entry": "websocket", "requests_per_second": 500},
    {"order_entry": "rest"},
]
ALL_WAYS = pytest.mark.parametrize("way", WAYS, ids=str)
IOC = TimeInForce.IMMEDIATE_OR_CANCEL
OLD_IS_GONE = ["timeout_after_accept", "http_500_after_accept", "drop_connection_after_accept",
               "torn_answer_after_accept", "unreadable_body"]
OLD_WORKS = ["timeout_before_accept", "http_502", "drop_connection"]


async def at_work(venue: Bench, **more: object) -> VenueOrder:
    """An order that the venue works, with its number there."""
    mine = await venue.working(order(**more))
    update = await venue.status(mine, VenueStatus.WORKING)
    return replace(mine, native_id=update.native_id)


async def replaced(venue: Bench, old: VenueOrder, new: VenueOrder) -> Outcome:
    venue.adapter.perform([ReplaceOrder(old, new)])
    return await venue.outcome(new, Command.REPLACE)


async def the_rest_is_sold(venue: Bench, quantity: str, price: str = "100") -> None:
    venue.submit(order(MAKER, Side.SELL, quantity, price, time_in_force=IOC))


@ALL_WAYS
@pytest.mark.parametrize("first", ["the reply first", "the feed first"])
def test_a_new_order_takes_the_place_and_what_was_executed_is_taken_off(way, first):
    async def scene(venue: Bench) -> None:
        old = await at_work(venue)
        await the_rest_is_sold(venue, "0.4")
        await venue.first(OrderUpdate, lambda m: m.order_id == old.order_id and m.fill)
        new = order(quantity="2", price="101")
        outcome = await replaced(venue, old, new)

        assert isinstance(outcome, Acked)
        assert (outcome.replaced.order_id, outcome.replaced.status, outcome.replaced.cum_qty) == (
            old.order_id, VenueStatus.CANCELED, D("0.4"),
        )
        update = outcome.update
        assert (update.order_id, update.status, update.cum_qty) == (
            new.order_id, VenueStatus.WORKING, D(0),
        )
        assert update.native_id not in ("", old.native_id)
        assert 1 == len(await venue.requests("mod")) == len(await venue.requests("add")) - 1

        await the_rest_is_sold(venue, "1.6", "101")
        await venue.status(new, VenueStatus.FILLED)
        answer = await venue.ask_until(new, VenueStatus.FILLED)
        assert (answer.cum_qty, [f.last_px for f in answer.fills]) == (D("1.6"), [D(101)])
        answer = await venue.ask_until(old, VenueStatus.CANCELED)
        assert (answer.cum_qty, [f.last_qty for f in answer.fills]) == (D("0.4"), [D("0.4")])

    flag = "true" if first == "the feed first" else "false"
    play(scene, f"feed_before_reply = {flag}", **way)


@ALL_WAYS
def test_a_new_order_that_takes_at_once_is_told_with_its_deals(way):
    async def scene(venue: Bench) -> None:
        await venue.working(order(MAKER, Side.SELL, "0.5", "105"))
        old = await at_work(venue)
        new = order(quantity="0.5", price="105")
        update = (await replaced(venue, old, new)).update

        assert [(f.last_qty, f.last_px) for f in update.fills] == [(D("0.5"), D(105))]
        assert update.fills[0].settlement.counterparty == "2"
        answer = await venue.ask_until(new, VenueStatus.FILLED)
        assert answer.cum_qty == D("0.5")
        assert 1 == len(venue.fills(new))

    play(scene, **way)


@ALL_WAYS
def test_a_replace_of_what_is_over_or_executed_as_far_is_refused(way):
    async def scene(venue: Bench) -> None:
        old = await at_work(venue)
        await the_rest_is_sold(venue, "0.4")
        small = await replaced(venue, old, order(quantity="0.4"))
        assert (small.code, small.cxl_rej_reason) == ("90", CxlRejReason.TOO_LATE)
        assert (await venue.ask(old)).status is VenueStatus.WORKING

        venue.cancel(old)
        await venue.outcome(old, Command.CANCEL)
        late = await replaced(venue, old, order(quantity="2"))
        assert (late.code, late.cxl_rej_reason) == ("80", CxlRejReason.TOO_LATE)

    play(scene, **way)


@ALL_WAYS
def test_a_replace_that_removes_the_order_and_cannot_place_another_ends_it(way):
    async def scene(venue: Bench) -> None:
        # Of our own: to meet it is a self trade.
        await venue.working(order(side=Side.SELL, price="110"))
        old = await at_work(venue, quantity="1")
        await the_rest_is_sold(venue, "0.25")
        new = order(quantity="2", price="110")
        outcome = await replaced(venue, old, new)

        assert (type(outcome), outcome.code) == (Refused, "78")
        ended = await venue.status(old, VenueStatus.CANCELED)
        assert (ended.cum_qty, ended.text) == (D("0.25"), "removed to be replaced")
        answer = await venue.ask_until(new, VenueStatus.ABSENT)
        assert answer.fills == ()

    play(scene, **way)


@ALL_WAYS
@pytest.mark.parametrize("fault", OLD_IS_GONE + OLD_WORKS)
def test_after_a_lost_answer_the_lists_tell_which_of_the_two_works(way, fault):
    async def scene(venue: Bench) -> None:
        old = await at_work(venue)
        await venue.arm("O", "silent_stream", times=10)
        await venue.arm("mod", fault, delay_ms=1500)
        new = order(quantity="2", price="101")
        assert isinstance(await replaced(venue, old, new), Unknown)
        await venue.operate("DELETE", "faults")

        if fault in OLD_IS_GONE:
            gone, works = old, new
            assert (await venue.ask_until(old, VenueStatus.CANCELED)).cum_qty == D(0)
        else:
            gone, works = new, old
            await venue.ask_until(new, VenueStatus.ABSENT)
        answer = await venue.ask_until(works, VenueStatus.WORKING)
        assert (answer.cum_qty, bool(answer.native_id)) == (D(0), True)
        assert gone is not works
        assert 1 == len(await venue.requests("mod"))

    play(scene, **way)


def test_after_a_lost_answer_the_new_order_tells_what_the_old_one_had_executed():
    async def scene(venue: Bench) -> None:
        old = await at_work(venue)
        await venue.arm("O", "silent_stream", times=10)
        await the_rest_is_sold(venue, "0.4")
        await venue.arm("mod", "http_500_after_accept")
        new = order(quantity="2", price="101")
        assert isinstance(await replaced(venue, old, new), Unknown)
        # Filled at once: it is among the deals, and not among the open orders any more.
        await the_rest_is_sold(venue, "1.6", "101")
        answer = await venue.ask_until(old, VenueStatus.CANCELED)

        assert (answer.cum_qty, [f.last_qty for f in answer.fills]) == (D("0.4"), [D("0.4")])
        assert (await venue.ask_until(new, VenueStatus.FILLED)).cum_qty == D("1.6")

    play(scene, order_entry="rest")


def test_the_feed_alone_tells_of_both():
    async def scene(venue: Bench) -> None:
        old = await at_work(venue)
        await the_rest_is_sold(venue, "0.4")
        await venue.arm("mod", "unreadable_body")
        new = order(quantity="2")
        venue.adapter.perform([ReplaceOrder(old, new)])

        ended = await venue.status(old, VenueStatus.CANCELED)
        assert (ended.cum_qty, ended.asked) == (D("0.4"), False)
        begun = await venue.status(new, VenueStatus.WORKING)
        assert (begun.cum_qty, begun.asked) == (D(0), False)

    play(scene)


def test_a_cancel_of_the_new_order_counts_from_what_the_venue_gave_it():
    async def scene(venue: Bench) -> None:
        old = await at_work(venue)
        await venue.arm("O", "silent_stream", times=10)
        await the_rest_is_sold(venue, "0.4")
        new = order(quantity="1")
        await replaced(venue, old, new)
        await venue.operate("DELETE", "faults")
        # The core does not know of the 0.4 yet, and takes 1 for what the new order has to do.
        venue.cancel(new)
        outcome = await venue.outcome(new, Command.CANCEL)
        assert (outcome.update.status, outcome.update.cum_qty) == (VenueStatus.CANCELED, D(0))

    play(scene)


@pytest.mark.parametrize("by_settings", [True, False])
def test_what_goes_with_its_socket_is_not_replaced_without_it(by_settings):
    async def scene(venue: Bench) -> None:
        old = await at_work(venue, cancel_on_disconnect=not by_settings)
        await venue.operator("connected", {"connected": False})
        await venue.down()
        refused = await replaced(venue, old, order(quantity="2"))

        assert (refused.code, "cancelled on disconnect" in refused.text) == (NOT_SENT, True)
        assert [] == await venue.requests("mod")

    play(scene, cancel_on_disconnect=by_settings)


@ALL_WAYS
def test_without_the_venue_s_number_for_it_an_order_is_not_replaced(way):
    async def scene(venue: Bench) -> None:
        old = await venue.working(order())
        refused = await replaced(venue, old, order(quantity="2"))

        assert (refused.code, "own number" in refused.text) == (NOT_SENT, True)
        # Whatever shows it tells that number.
        answer = await venue.ask_until(old, VenueStatus.WORKING)
        known = replace(old, native_id=answer.native_id)
        assert isinstance(await replaced(venue, known, order(quantity="2")), Acked)

    play(scene, **way)


def test_a_replace_that_waited_too_long_for_the_rate_limit_never_leaves():
    async def scene(venue: Bench) -> None:
        old = await at_work(venue)
        news = [order(quantity="2", price=str(100 + number)) for number in range(12)]
        venue.adapter.perform([ReplaceOrder(old, new) for new in news])
        outcomes = [await venue.outcome(new, Command.REPLACE) for new in news]

        late = [one for one in outcomes if isinstance(one, Refused) and one.code == NOT_SENT]
        assert late and all("waited" in one.text for one in late)
        assert len(await venue.requests("mod")) == len(outcomes) - len(late)

    play(scene, requests_per_second=5, queue_seconds=0.2, rest_workers=1, accounts=(TRADER, MAKER))

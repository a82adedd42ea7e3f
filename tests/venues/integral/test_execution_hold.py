"""HTTP 500 holds new orders, and what an operator sees and does of the adapter."""

from fixgw.model.effects import ReplaceOrder
from fixgw.model.enums import Command
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    Refused,
    StreamRestored,
    Unknown,
    UnknownOrderSeen,
    VenueHeld,
    VenueStatus,
)
from fixgw.venues.outcome import NOT_SENT
from tests.venues.integral.venue import MAKER, TRADER, Bench, order, play


def test_http_500_holds_new_orders_until_an_operator_resumes_and_cancels_go_on():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        await venue.arm("placeOrder", "http_500_after_accept")
        hit, held = order(price="1.05"), order(MAKER, price="1.04")
        venue.submit(hit)
        assert isinstance(await venue.outcome(hit), Unknown)
        told = await venue.first(VenueHeld)
        assert "HTTP 500" in told.text and "POST /v2/orders, X-Request-ID " in told.text
        names = (await venue.operate("GET", "requests"))["request_ids"]
        assert told.text.rpartition(" ")[2] in names

        venue.submit(held)
        ended = await venue.outcome(held)
        assert (type(ended), ended.code) == (Refused, NOT_SENT)
        assert ended.text.startswith(told.text)

        # What was booked before the 500 is found; what works can be cancelled.
        await venue.status(hit, VenueStatus.WORKING)
        venue.cancel(mine)
        await venue.status(mine, VenueStatus.CANCELED)

        venue.adapter.resume()
        again = order(price="1.03")
        venue.submit(again)
        assert isinstance(await venue.outcome(again), Acked)
        assert 1 == venue.count(VenueHeld)

    play(scene)


def test_what_waits_when_a_hold_begins_is_refused_as_never_sent():
    async def scene(venue: Bench) -> None:
        first = await venue.working(order(price="1.01"))
        await venue.arm("placeOrder", "http_500_after_accept")
        orders = [order(price=f"1.0{n}") for n in range(2, 10)]
        venue.submit(*orders)
        replacement = order(price="1.02")
        venue.adapter.perform([ReplaceOrder(first, replacement)])
        outcomes = [await venue.outcome(each) for each in orders]
        outcomes.append(await venue.outcome(replacement, Command.REPLACE))
        assert Unknown is type(outcomes[0])
        for each in outcomes[1:]:
            assert (Refused, NOT_SENT) == (type(each), each.code)
        assert 2 == len(await venue.requests("placeOrder"))
        assert len(orders) + 2 == venue.count(CommandOutcome)

    play(scene, replace_by_original_co_id=True, rest_workers=1)


def test_any_call_that_is_answered_with_500_holds_unless_the_settings_say_otherwise():
    async def scene(venue: Bench) -> None:
        await venue.arm("queryOrders", "http_500_after_accept")
        await venue.first(VenueHeld, lambda each: "GET /v2/orders" in each.text)

    async def other(venue: Bench) -> None:
        await venue.arm("placeOrder", "http_500_after_accept")
        hit, after = order(), order(price="1.05")
        venue.submit(hit)
        assert isinstance(await venue.outcome(hit), Unknown)
        venue.submit(after)
        assert isinstance(await venue.outcome(after), Acked)
        assert 0 == venue.count(VenueHeld)

    play(scene, resync_seconds=0.05)
    play(other, hold_on_500=False)


def test_its_health_is_told():
    async def scene(venue: Bench) -> None:
        health = venue.adapter.health()
        assert [(TRADER, True), (MAKER, True)] == [
            (each.name, each.up) for each in health.connections
        ]
        assert all(each.since for each in health.connections)
        assert [(TRADER, 50, True), (MAKER, 50, True)] == [
            (each.scope, each.maximum, 0 <= each.left <= 50) for each in health.headroom
        ]
        assert 2 == health.instruments and abs(health.clock_skew_ms) < 60_000

        await venue.arm("queryOrders", "http_502", times=1_000)
        venue.adapter.reconcile()
        await venue.eventually(lambda: down(venue))
        assert "HTTP 502" in venue.adapter.health().connections[0].text

    async def down(venue: Bench) -> bool:
        return not any(each.up for each in venue.adapter.health().connections)

    play(scene, requests_per_second=50)


def test_a_comparison_asks_about_everything_and_lists_what_is_not_ours():
    async def scene(venue: Bench) -> None:
        await venue.place_by_hand("by-hand")
        before = venue.count(StreamRestored)
        assert 0 == venue.count(UnknownOrderSeen)
        venue.adapter.reconcile()
        assert before + 2 == venue.count(StreamRestored)
        seen = await venue.first(UnknownOrderSeen)
        assert "EUR/USD" in seen.text

    play(scene, resync_seconds=3600.0)

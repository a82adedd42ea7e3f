"""Trades that are amended or cancelled, lists that are behind, and orders that show again.

The adapter says what it sees: nothing here ends an order but the venue's own word.
"""

from decimal import Decimal as D
from typing import Any

from fixgw.model.effects import EndedOrder, VenueOrder
from fixgw.model.enums import Side
from fixgw.model.venue import Fill, OrderUpdate, QueryFailed, VenueStatus
from fixgw.runtime.clock import SystemClock
from fixgw.venues.integral.execution import Integral
from tests.venues.integral.venue import (
    MAKER,
    TRADER,
    USERS,
    VENUE,
    Bench,
    config,
    order,
    play,
)

LONG_MS = 3_600_000
BELIEVED = {"absence": "always"}


async def filled(venue: Bench) -> tuple[VenueOrder, Fill]:
    """An order that is filled, and its execution."""
    mine = await venue.working(order())
    venue.submit(order(MAKER, Side.SELL))
    [fill] = (await venue.executed(mine, "1000000")).fills or ()
    await venue.status(mine, VenueStatus.FILLED)
    return mine, fill


async def told(venue: Bench, mine: VenueOrder, **wanted: Any) -> OrderUpdate:
    """The first update with one execution that is as *wanted*."""
    return await venue.first(
        OrderUpdate,
        lambda m: m.order_id == mine.order_id and bool(m.fills) and all(
            getattr(m.fills[0], name) == value for name, value in wanted.items()
        ),
    )


def test_a_trade_that_is_amended_after_the_end_is_told_as_it_is_now_and_so_is_one_taken_back():
    async def scene(venue: Bench) -> None:
        mine, fill = await filled(venue)
        path = f"trades/{fill.venue_exec_id}"
        await venue.operate("POST", path, {"dealtAmount": 900000, "rate": "1.09"})
        amended = await told(venue, mine, last_qty=D(900000))
        [now] = amended.fills
        assert (now.venue_exec_id, now.last_px, now.busted) == (
            fill.venue_exec_id, D("1.09"), False,
        )
        await venue.operate("DELETE", path)
        busted = await told(venue, mine, busted=True)
        assert (busted.fills[0].venue_exec_id, busted.cum_qty) == (fill.venue_exec_id, D(0))
        assert not amended.asked and not busted.asked

    play(scene)


def test_a_trade_that_is_amended_while_its_order_works_is_told_and_nothing_is_silenced():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        venue.submit(order(MAKER, Side.SELL, "400000"))
        [fill] = (await venue.executed(mine, "400000")).fills
        await venue.operate("DELETE", f"trades/{fill.venue_exec_id}")
        await told(venue, mine, busted=True)
        venue.submit(order(MAKER, Side.SELL, "600000"))
        last = await venue.executed(mine, "600000")
        assert [(each.busted, each.last_qty) for each in last.fills] == [
            (True, D(0)), (False, D(600000)),
        ]

    play(scene)


def test_a_trade_that_is_not_listed_for_a_while_is_not_taken_back_and_silences_nothing():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        venue.submit(order(MAKER, Side.SELL, "400000"))
        await venue.executed(mine, "400000")
        await venue.lists(trades_behind_ms=LONG_MS)
        assert (await venue.ask(mine)).fills == ()
        venue.submit(order(MAKER, Side.SELL, "600000"))
        await venue.status(mine, VenueStatus.FILLED)
        await venue.lists()
        assert 2 == len((await venue.executed(mine, "1000000")).fills)
        assert not any(
            fill.busted for update in venue.updates(mine) for fill in update.fills or ()
        )

    play(scene)


def test_after_a_restart_the_trades_of_orders_that_ended_before_it_are_looked_at_again():
    async def scene(venue: Bench) -> None:
        mine, fill = await filled(venue)
        await venue.adapter.stop()
        await venue.operate("POST", f"trades/{fill.venue_exec_id}", {"rate": "1.08"})
        again = Bench(venue.sandbox, Integral(VENUE, config(venue.sandbox.url)))
        again.adapter.start(again.deliver)
        try:
            again.adapter.recall([EndedOrder(mine, SystemClock().now_ms())])
            amended = await told(again, mine, last_px=D("1.08"))
            assert (amended.fills[0].venue_exec_id, amended.asked) == (fill.venue_exec_id, False)
        finally:
            await again.adapter.stop()

    play(scene)


def test_filled_while_the_trades_are_behind_is_told_as_seen_until_they_are_there():
    async def scene(venue: Bench) -> None:
        await venue.lists(trades_behind_ms=LONG_MS)
        mine = await venue.working(order())
        venue.submit(order(MAKER, Side.SELL))
        assert (await venue.status(mine, VenueStatus.FILLED)).fills == ()
        for _ in range(3):
            answer = await venue.ask(mine)
            assert (answer.status, answer.fills) == (VenueStatus.FILLED, ())
        await venue.lists()
        answer = await venue.ask(mine)
        assert [D(1000000)] == [fill.last_qty for fill in answer.fills]

    play(scene)


def test_an_order_that_no_list_shows_is_looked_at_on_and_its_executions_are_told():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        await venue.lists(orders_hidden=True)
        while isinstance(answer := await venue.ask(mine), QueryFailed):
            pass  # by the venue's name for it, which may have been told wrong
        assert (answer.status, answer.asked) == (VenueStatus.ABSENT, True)
        before = len(venue.heard)
        await venue.lists()
        shown = await venue.until(lambda: next(
            (m for m in venue.heard[before:] if isinstance(m, OrderUpdate)
             and m.order_id == mine.order_id), None,
        ))
        assert (shown.status, shown.asked) == (VenueStatus.WORKING, False)
        venue.submit(order(MAKER, Side.SELL))
        await venue.executed(mine, "1000000")

    play(scene, **BELIEVED)


def test_an_order_that_is_not_found_after_a_restart_is_looked_at_until_it_shows():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        await venue.adapter.stop()
        await venue.lists(orders_hidden=True)
        settings = config(venue.sandbox.url, **BELIEVED)
        again = Bench(venue.sandbox, Integral(VENUE, settings))
        again.adapter.start(again.deliver)
        try:
            assert (await again.ask(mine)).status is VenueStatus.ABSENT
            again.submit(order(MAKER, Side.SELL))
            await venue.eventually(lambda: is_filled(venue, mine))
            await venue.lists()
            assert not (await again.executed(mine, "1000000")).asked
        finally:
            await again.adapter.stop()

    async def is_filled(venue: Bench, mine: VenueOrder) -> bool:
        rows = (await venue.operate("GET", "orders"))["orders"]
        statuses = {row["order"]["coId"]: row["order"]["status"] for row in rows}
        return statuses[mine.venue_order_id] == "FILLED"

    play(scene)


def test_an_order_that_is_active_again_though_nobody_looks_at_it_any_more_is_told():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        await venue.adapter.stop()
        again = Bench(
            venue.sandbox, Integral(VENUE, config(venue.sandbox.url, resync_seconds=0.05))
        )
        again.adapter.start(again.deliver)
        try:
            assert not (await again.status(mine, VenueStatus.WORKING)).asked
        finally:
            await again.adapter.stop()

    play(scene)


def test_ended_orders_are_looked_at_no_more_often_than_the_settings_allow():
    async def scene(venue: Bench) -> None:
        for _ in range(3):
            await filled(venue)
        before = await looks(venue)
        lists = len(await venue.requests("queryOrders"))
        await venue.eventually(lambda: listed(venue, lists + 10))
        assert await looks(venue) <= before + 1

    async def looks(venue: Bench) -> int:
        asked = await venue.requests("queryTrades")
        return sum(entry["account"] == USERS[TRADER] for entry in asked)

    async def listed(venue: Bench, times: int) -> bool:
        return len(await venue.requests("queryOrders")) >= times

    play(scene, corrections_per_minute=1, resync_seconds=0.05, corrections_seconds=0.01)

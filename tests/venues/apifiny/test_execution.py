"""The adapter against the sandbox, over real sockets, whichever way orders leave and are signed."""

from decimal import Decimal as D

import pytest
import uvloop

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder
from fixgw.model.enums import Command, CxlRejReason, Liquidity, OrdRejReason, OrdType, Side
from fixgw.model.ids import OrderID
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    OrderUpdate,
    QueryFailed,
    Refused,
    Unknown,
    VenueStatus,
)
from fixgw.venues.apifiny.execution import Apifiny
from fixgw.venues.outcome import NOT_SENT
from tests.venues.apifiny.venue import (
    ALL_WAYS,
    MAKER,
    REST,
    SOCKET,
    TRADER,
    VENUE,
    Bench,
    bench,
    config,
    order,
    play,
)


@ALL_WAYS
def test_an_order_is_accepted_filled_in_part_asked_about_and_cancelled(way):
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        assert isinstance(await venue.outcome(mine), Acked)

        venue.submit(order(MAKER, Side.SELL, "0.4"))
        filled = await venue.first(OrderUpdate, lambda m: m.order_id == mine.order_id and m.fill)
        assert (filled.status, filled.cum_qty) == (VenueStatus.WORKING, D("0.4"))
        assert (filled.fill.last_qty, filled.fill.last_px, filled.fill.liquidity) == (
            D("0.4"),
            D("100"),
            Liquidity.ADDED,
        )
        venue.submit(order(MAKER, Side.SELL, "0.1"))
        await venue.first(
            OrderUpdate, lambda m: m.order_id == mine.order_id and m.cum_qty == D("0.5")
        )

        answer = await venue.ask(mine)
        assert (answer.status, answer.cum_qty, answer.fills) == (
            VenueStatus.WORKING,
            D("0.5"),
            None,
        )
        answer = await venue.ask(mine, fills=True)
        assert [(fill.cum_qty, fill.last_qty) for fill in answer.fills] == [
            (D("0.4"), D("0.4")),
            (D("0.5"), D("0.1")),
        ]
        assert answer.fills[0] == filled.fill

        venue.cancel(mine)
        assert isinstance(await venue.outcome(mine, Command.CANCEL), Acked)
        ended = await venue.status(mine, VenueStatus.CANCELED)
        assert (ended.cum_qty, ended.fill) == (D("0.5"), None)

    play(scene, **way)


@ALL_WAYS
def test_a_refusal_says_why(way):
    async def scene(venue: Bench) -> None:
        poor = order(quantity="100", price="100000")
        venue.submit(poor)
        ended = await venue.outcome(poor)

        assert isinstance(ended, Refused)
        assert (ended.code, ended.ord_rej_reason) == ("393258", OrdRejReason.EXCEEDS_LIMIT)
        assert "Not enough asset available" in ended.text

    play(scene, **way)


@ALL_WAYS
def test_a_cancel_of_an_order_the_venue_does_not_know(way):
    async def scene(venue: Bench) -> None:
        never = order()
        venue.cancel(never)
        ended = await venue.outcome(never, Command.CANCEL)

        assert isinstance(ended, Refused)
        assert ended.cxl_rej_reason is CxlRejReason.UNKNOWN_ORDER
        answer = await venue.ask(never)
        assert (answer.status, answer.asked) == (VenueStatus.ABSENT, True)

    play(scene, **way)


@ALL_WAYS
def test_a_cancel_of_an_order_that_is_filled_is_too_late(way):
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        venue.submit(order(MAKER, Side.SELL))
        await venue.status(mine, VenueStatus.FILLED)
        venue.cancel(mine)

        ended = await venue.outcome(mine, Command.CANCEL)
        assert (type(ended), ended.cxl_rej_reason) == (Refused, CxlRejReason.TOO_LATE)

    play(scene, **way)


@ALL_WAYS
def test_a_market_buy_spends_an_amount(way):
    async def scene(venue: Bench) -> None:
        await venue.working(order(MAKER, Side.SELL, "2", "100"))
        buy = order(
            ord_type=OrdType.MARKET, quantity=None, price=None, cash_order_qty=D("50")
        )
        venue.submit(buy)
        ended = await venue.status(buy, VenueStatus.FILLED, VenueStatus.CANCELED)
        assert ended.cum_qty == D("0.5")

    play(scene, **way)


@ALL_WAYS
def test_many_orders_at_once_are_each_answered_once(way):
    async def scene(venue: Bench) -> None:
        orders = [order(price=str(price)) for price in range(1, 301)]
        venue.submit(*orders)
        for each in orders:
            assert isinstance(await venue.outcome(each), Acked)
        assert venue.count(CommandOutcome) == len(orders)
        assert len(await venue.requests("order/newOrder")) + len(
            await venue.requests("newOrder")
        ) == len(orders)

    play(scene, **way)


# ------------------------------------------------------------------- faults

REST_FAULTS = [
    "timeout_before_accept",
    "timeout_after_accept",
    "http_500_after_accept",
    "http_502",
    "drop_connection",
    "drop_connection_after_accept",
    "unreadable_body",
]


@ALL_WAYS
@pytest.mark.parametrize("fault", REST_FAULTS)
def test_a_fault_leaves_a_submit_unknown_and_it_is_sent_once(way, fault):
    async def scene(venue: Bench) -> None:
        await venue.arm("newOrder", fault, delay_ms=1500)
        mine = order()
        venue.submit(mine)

        assert isinstance(await venue.outcome(mine), Unknown)
        assert len(await venue.requests("newOrder")) == 1
        await venue.until(lambda: venue.adapter.status().streams[f"{TRADER} VENUE1"] or None)
        answer = await venue.ask(mine)
        reached = "after_accept" in fault or fault == "unreadable_body"
        assert (answer.status is VenueStatus.ABSENT) is not reached

    play(scene, **way)


@ALL_WAYS
@pytest.mark.parametrize("fault", ["http_500_after_accept", "drop_connection", "unreadable_body"])
def test_a_fault_leaves_a_cancel_unknown(way, fault):
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        await venue.arm("cancelOrder", fault)
        venue.cancel(mine)
        assert isinstance(await venue.outcome(mine, Command.CANCEL), Unknown)

    play(scene, **way)


@pytest.mark.parametrize("fault", REST_FAULTS)
@pytest.mark.parametrize("call", ["queryOrderInfo", "listFilledOrder"])
def test_a_fault_fails_a_question_and_never_says_absent(call, fault):
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        venue.submit(order(MAKER, Side.SELL, "0.4"))
        await venue.first(OrderUpdate, lambda m: m.order_id == mine.order_id and m.fill)
        await venue.arm(call, fault, delay_ms=1500)
        assert isinstance(await venue.ask(mine, fills=True), QueryFailed)

    play(scene, **REST)


def test_a_venue_that_is_gone_refuses_a_submit_because_nothing_left():
    async def scene(venue: Bench) -> None:
        await venue.sandbox.close()
        mine = order()
        venue.submit(mine)
        ended = await venue.outcome(mine)

        assert (type(ended), ended.code) == (Refused, NOT_SENT)
        assert isinstance(await venue.ask(mine), QueryFailed)

    async def run() -> None:
        async with bench(**REST) as running:
            # Its keep-alive connections end with the sandbox; a new one is refused.
            await scene(running)

    uvloop.run(run())


@pytest.mark.parametrize("way", [REST, SOCKET], ids=str)
def test_what_is_no_longer_configured_is_answered(way):
    async def scene(venue: Bench) -> None:
        gone = order("STA-00000009")
        elsewhere = order(exchange="VENUE9")
        venue.adapter.perform(
            [SubmitOrder(gone), CancelOrder(elsewhere), QueryOrder(gone, fills=True)]
        )

        assert isinstance(await venue.outcome(gone), Refused)
        assert isinstance(await venue.outcome(elsewhere, Command.CANCEL), Refused)
        assert await venue.first(QueryFailed)

    play(scene, **way)


# ---------------------------------------------------------------- the adapter


def test_what_it_says_of_itself():
    adapter = Apifiny(VENUE, config("http://127.0.0.1:1"))

    assert adapter.accounts() == {TRADER, MAKER}
    assert adapter.venue_order_id(OrderID("1584603011942221"), TRADER) == (
        "000000011584603011942221"
    )
    assert not adapter.capabilities.cancel_before_accepted
    assert adapter.capabilities.absence_proof_ms == 10_000


def test_how_it_is_for_an_operator():
    async def scene(venue: Bench) -> None:
        venue.submit(order())
        await venue.first(CommandOutcome)
        health = venue.adapter.health()

        assert [True] * len(health.connections) == [each.up for each in health.connections]
        assert {TRADER, MAKER} == {limit.scope for limit in health.headroom}
        assert all(0 < limit.left <= limit.maximum for limit in health.headroom)
        assert health.clock_skew_ms is not None and abs(health.clock_skew_ms) < 60_000
        assert 1 == health.instruments

    play(scene, requests_per_second=20)


def test_after_stop_nothing_is_delivered():
    async def scene(venue: Bench) -> None:
        await venue.arm("newOrder", "timeout_after_accept", delay_ms=1500)
        venue.submit(order())
        await venue.arm("newOrder", "http_502")  # the request has reached the sandbox by now
        before = len(venue.heard)
        await venue.adapter.stop()
        assert len(venue.heard) == before

    play(scene, **SOCKET)


# -------------------------------------------------------------- lists that lag


@pytest.mark.parametrize("fault", ["empty_list", "short_list"])
def test_a_filled_order_whose_executions_are_not_listed_yet_is_told_as_filled(fault):
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        for quantity in ("0.4", "0.6"):
            venue.submit(order(MAKER, Side.SELL, quantity))
        await venue.status(mine, VenueStatus.FILLED)
        await venue.arm("listFilledOrder", fault)
        late = await venue.ask(mine, fills=True)
        assert (late.status, late.cum_qty) == (VenueStatus.FILLED, D(1))
        assert [f.cum_qty for f in late.fills] == ([D("0.4")] if fault == "short_list" else [])
        whole = await venue.ask(mine, fills=True)
        assert [f.cum_qty for f in whole.fills] == [D("0.4"), D(1)]

    play(scene, **REST)


def test_a_row_that_the_venue_lists_twice_is_one_execution():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        venue.submit(order(MAKER, Side.SELL, "0.4"))
        await venue.first(OrderUpdate, lambda m: m.order_id == mine.order_id and m.fill)
        await venue.arm("listFilledOrder", "rows_twice")
        answer = await venue.ask(mine, fills=True)
        assert (answer.cum_qty, [f.cum_qty for f in answer.fills]) == (D("0.4"), [D("0.4")])

    play(scene, **REST)


def test_executions_of_an_order_that_the_venue_says_it_has_not_are_told():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        venue.submit(order(MAKER, Side.SELL, "0.4"))
        await venue.first(OrderUpdate, lambda m: m.order_id == mine.order_id and m.fill)
        await venue.arm("queryOrderInfo", "empty_list")
        answer = await venue.ask(mine, fills=True)
        assert (answer.status, [f.cum_qty for f in answer.fills]) == (
            VenueStatus.ABSENT, [D("0.4")],
        )
        news = await venue.status(mine, VenueStatus.UNCLEAR)
        assert (news.asked, news.cum_qty) == (False, D("0.4"))

    play(scene, **REST)

"""Order entry: the rate limit, the queue, questions; against the sandbox."""

import asyncio
from decimal import Decimal as D

import pytest

from fixgw.model.effects import QueryOrder, SubmitOrder
from fixgw.model.enums import Command, OrdRejReason, OrdType, Side
from fixgw.model.venue import Acked, OrderUpdate, Refused, StreamRestored, VenueStatus
from fixgw.venues.apifiny.config import Exchange
from fixgw.venues.apifiny.execution import Apifiny
from fixgw.venues.outcome import NOT_SENT
from tests.venues.apifiny.venue import REST, SOCKET, TRADER, VENUE, Bench, config, order, play


def test_the_rate_limit_is_kept_and_cancels_go_first():
    """20 a second at the sandbox, which refuses the 21st, and here."""

    async def scene(venue: Bench) -> None:
        orders = [order(price=str(price)) for price in range(1, 41)]
        venue.submit(*orders)
        never = order()
        venue.cancel(never)
        await venue.outcome(never, Command.CANCEL)
        waiting = venue.adapter.status().entries[TRADER].waiting
        assert waiting["submit"] > 10

        for each in orders:
            assert isinstance(await venue.outcome(each), Acked)

    play(scene, "requests_per_second = 20", **REST | {"requests_per_second": 20})


def test_a_submit_that_finds_no_room_is_refused_and_does_not_leave():
    async def scene(venue: Bench) -> None:
        orders = [order(price=str(price)) for price in range(1, 31)]
        venue.submit(*orders)
        ended = [await venue.outcome(each) for each in orders]

        refused = [one for one in ended if isinstance(one, Refused)]
        assert len(refused) >= 15
        assert "wait for the rate limit already; nothing was sent" in refused[0].text
        assert len(await venue.requests("newOrder")) == len(orders) - len(refused)

    play(scene, **REST, queue_limit=10)


def test_a_submit_that_waits_too_long_is_refused_and_does_not_leave():
    async def scene(venue: Bench) -> None:
        orders = [order(price=str(price)) for price in range(1, 31)]
        venue.submit(*orders)
        ended = [await venue.outcome(each) for each in orders]

        refused = [one for one in ended if isinstance(one, Refused)]
        assert refused and all(one.code == NOT_SENT for one in refused)
        assert len(await venue.requests("newOrder")) == len(orders) - len(refused)

    play(scene, **REST | {"requests_per_second": 10}, queue_seconds=0.5)


def test_questions_that_wait_together_are_asked_together():
    async def scene(venue: Bench) -> None:
        orders = [await venue.working(order(price=str(price))) for price in range(1, 6)]
        never = order()
        await asyncio.sleep(0)
        venue.adapter.perform([QueryOrder(each) for each in [*orders, never]])

        for each in orders:
            found = await venue.first(
                OrderUpdate, lambda m, e=each: m.asked and m.order_id == e.order_id
            )
            assert found.status is VenueStatus.WORKING
        # A list that lacks it proves nothing: it is asked about alone.
        assert (await venue.status(never, VenueStatus.ABSENT)).asked
        assert len(await venue.requests("listMultipleOrderInfo")) == 1
        assert len(await venue.requests("queryOrderInfo")) == 1

    play(scene, **REST, rest_workers=1)


def test_commission_rates_are_read_once_for_each_symbol():
    async def scene(venue: Bench) -> None:
        await venue.working(order())
        await venue.working(order())
        await venue.ask(order())
        rates = venue.adapter.status().commission_rates[TRADER]
        assert rates["VENUE1:BTCUSDT"].take_fee == D("0.001")
        assert len(await venue.requests("getCommissionRate")) == 1

    play(scene, **REST, rest_workers=1, commission_rates=True)


@pytest.mark.parametrize("way", [REST, SOCKET], ids=str)
def test_a_market_order_is_refused_here_where_the_exchange_takes_none(way):
    async def scene(venue: Bench) -> None:
        url = venue.sandbox.url
        places = {
            "VENUE1": Exchange(
                rest_url=f"{url}/ac/v2/VENUE1",
                orders_url=f"{url.replace('http', 'ws')}/ws/stream",
                market_orders=False,
            )
        }
        other = Apifiny(VENUE, config(url, exchanges=places, accounts=[TRADER], **way))
        restored = venue.count(StreamRestored)
        other.start(venue.deliver)
        if way is SOCKET:
            await venue.until(lambda: venue.count(StreamRestored) > restored or None)
        market = order(ord_type=OrdType.MARKET, side=Side.SELL, price=None)
        other.perform([SubmitOrder(market)])
        ended = await venue.outcome(market)
        await other.stop()

        assert ended.ord_rej_reason is OrdRejReason.UNSUPPORTED_CHARACTERISTIC
        assert await venue.requests("newOrder") == []

    play(scene)

"""Every type of order that the vendor's table has, against the sandbox over real sockets."""

from decimal import Decimal as D

import pytest

from fixgw.model.enums import Command, OrdRejReason, OrdType, Side, TimeInForce
from fixgw.model.terms import Terms
from fixgw.model.venue import Acked, OrderUpdate, Refused, VenueStatus
from fixgw.runtime.clock import SystemClock
from fixgw.runtime.secrets import Secret
from fixgw.venues.integral.config import Account, Customer
from fixgw.venues.integral.execution import Integral
from fixgw.venues.outcome import NOT_SENT
from tests.venues.integral.venue import (
    MAKER,
    PASSWORDS,
    TRADER,
    USERS,
    VENUE,
    Bench,
    config,
    order,
    play,
)

FOK, GTD = TimeInForce.FILL_OR_KILL, TimeInForce.GOOD_TILL_DATE


def stop(price: str, stop_px: str, exec_inst: str, **more):
    terms = Terms(stop_px=D(stop_px), exec_inst=exec_inst)
    return order(ord_type=OrdType.STOP, price=price, terms=terms, **more)


def done(update: OrderUpdate) -> list[tuple[D, D]]:
    return [(fill.last_qty, fill.last_px) for fill in update.fills or ()]


@pytest.mark.parametrize(
    ("exec_inst", "flag"), [("9", "BidTrigger"), ("0", "OfferTrigger"), ("M", "MidTrigger")]
)
def test_a_stop_order_trades_once_the_side_of_the_market_that_it_names_is_there(exec_inst, flag):
    async def scene(venue: Bench) -> None:
        # The bid is 1.10, the offer 1.20, and so the mid is 1.15.
        await venue.working(order(MAKER, price="1.10"))
        await venue.working(order(MAKER, Side.SELL, price="1.20"))
        prices = {"9": "1.10", "0": "1.20", "M": "1.15"}
        price = D(prices[exec_inst])
        # To buy: at the trigger's price or above it.
        waits = await venue.working(stop("1.30", str(price + D("0.01")), exec_inst))
        goes = stop("1.30", str(price), exec_inst, quantity="400000")
        venue.submit(goes)

        assert [(D(400000), D("1.20"))] == done(await venue.status(goes, VenueStatus.FILLED))
        [entry] = [each for each in await venue.requests("placeOrder")
                   if goes.venue_order_id == each["request"]["coId"]]
        assert ([flag], price) == (entry["request"]["execFlags"], entry["request"]["stopPrice"])
        assert "timeInForce" not in entry["request"]

        # The other one has waited, and can be cancelled without having been in the market.
        venue.cancel(waits)
        assert D(0) == (await venue.status(waits, VenueStatus.CANCELED)).cum_qty

    play(scene)


def test_a_good_till_date_order_expires_at_its_time_and_not_later():
    async def scene(venue: Bench) -> None:
        now = SystemClock().now_ms()
        mine = order(time_in_force=GTD, terms=Terms(expire_time=now + 4_500))
        venue.submit(mine)
        await venue.status(mine, VenueStatus.EXPIRED)
        [entry] = await venue.requests("placeOrder")
        assert "GTT" == entry["request"]["timeInForce"]
        assert 1 <= entry["request"]["expiryTime"] <= 4

    play(scene)


def test_an_order_whose_time_ends_while_it_waits_for_its_turn_never_leaves():
    async def scene(venue: Bench) -> None:
        await venue.log_out()
        now = SystemClock().now_ms()
        late = order(time_in_force=GTD, terms=Terms(expire_time=now + 1_200))
        venue.submit(late)
        while SystemClock().now_ms() < now + 1_300:
            await venue.operate("GET", "faults")
        await venue.operate("DELETE", "faults")
        ended = await venue.outcome(late)
        assert (Refused, NOT_SENT) == (type(ended), ended.code)
        assert "s from now" in ended.text
        sent = [each["request"]["coId"] for each in await venue.requests("placeOrder")]
        assert late.venue_order_id not in sent

    play(scene)


def test_at_best_is_a_market_order_with_a_value_date():
    async def scene(venue: Bench) -> None:
        await venue.working(order(MAKER, Side.SELL, price="1.20"))
        mine = order(
            ord_type=OrdType.MARKET, time_in_force=FOK, price=None,
            terms=Terms(settl_date="20230615"),
        )
        venue.submit(mine)
        assert [(D(1000000), D("1.20"))] == done(await venue.status(mine, VenueStatus.FILLED))
        [entry] = [each for each in await venue.requests("placeOrder")
                   if each["request"]["type"] == "AtBest"]
        assert "2023-06-15" == entry["request"]["valueDate"] and "price" not in entry["request"]

    play(scene)


def test_a_quoted_rate_can_be_ordered_at_by_its_id_until_it_is_too_old():
    async def scene(venue: Bench) -> None:
        await venue.working(order(MAKER, Side.SELL, price="1.20"))
        rate = await venue.rate("EUR/USD")
        mine = order(
            ord_type=OrdType.PREVIOUSLY_QUOTED, time_in_force=FOK, price=str(rate["offer"]),
            quantity="100000", terms=Terms(quote_id=rate["rateId"]),
        )
        venue.submit(mine)
        assert [(D(100000), D("1.20"))] == done(await venue.status(mine, VenueStatus.FILLED))

        for price, name, reason in (
            ("1.20", "NOBODY", "InvalidQuoteID"), ("1.21", rate["rateId"], "PriceMismatch"),
        ):
            bad = order(
                ord_type=OrdType.PREVIOUSLY_QUOTED, time_in_force=FOK, price=price,
                terms=Terms(quote_id=name),
            )
            venue.submit(bad)
            ended = await venue.outcome(bad)
            assert Refused is type(ended) and f"RequestValidationError.{reason}" in ended.text

    play(scene)


def test_a_twap_order_trades_part_after_part():
    async def scene(venue: Bench) -> None:
        await venue.working(order(MAKER, Side.SELL, price="1.20"))
        mine = order(
            ord_type=OrdType.MARKET, price=None, quantity="400000",
            terms=Terms(target_strategy="1000"),
        )
        venue.submit(mine)
        filled = await venue.status(mine, VenueStatus.FILLED)
        assert [(D(100000), D("1.20"))] * 4 == done(filled)
        [entry] = [each for each in await venue.requests("placeOrder")
                   if each["request"]["type"] == "Algo"]
        assert ("TWAP", "GTC") == (
            entry["request"]["targetStrategy"], entry["request"]["timeInForce"],
        )

    play(scene)


def test_quantities_count_the_currency_that_the_order_names():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(
            order(quantity="1100000", price="1.1", terms=Terms(currency="USD"))
        )
        venue.submit(order(MAKER, Side.SELL, "400000", "1.1"))
        part = await venue.executed(mine, "440000")
        assert [(D(440000), D("1.1"))] == done(part)
        venue.submit(order(MAKER, Side.SELL, "600000", "1.1"))
        assert D(1100000) == (await venue.status(mine, VenueStatus.FILLED)).cum_qty

    play(scene)


def test_on_behalf_of_is_whom_the_settings_say_and_nobody_else():
    async def scene(venue: Bench) -> None:
        for named, said in (
            ("ACME", ("CustomerOrg", "CustomerOrgle1")), ("", ("FI1", None)),
        ):
            mine = order(terms=Terms(on_behalf_of=named))
            venue.submit(mine)
            assert isinstance(await venue.outcome(mine), Acked)
            entry = (await venue.requests("placeOrder"))[-1]["request"]
            assert said == (entry["org"], entry.get("account"))
        other = order(terms=Terms(on_behalf_of="EMCA"))
        venue.submit(other)
        ended = await venue.outcome(other)
        assert (NOT_SENT, OrdRejReason.UNKNOWN_ACCOUNT) == (ended.code, ended.ord_rej_reason)
        assert 2 == len(await venue.requests("placeOrder"))

    account = Account(
        user=USERS[TRADER], org="FI1", secret=Secret(PASSWORDS[TRADER]), customer_org="FI1",
        on_behalf_of={"ACME": Customer(org="CustomerOrg", account="CustomerOrgle1")},
    )
    play(scene, accounts={TRADER: account})


def test_a_cancel_after_a_restart_needs_no_question_where_the_venues_name_is_on_record():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        name = (await venue.status(mine, VenueStatus.WORKING)).native_id
        [row] = (await venue.operate("GET", "orders"))["orders"]
        assert row["order"]["orderId"] == name

        again = Bench(venue.sandbox, Integral(VENUE, config(venue.sandbox.url)))
        again.adapter.start(again.deliver)
        try:
            again.cancel(order(
                order_id=mine.order_id, venue_order_id=mine.venue_order_id, native_id=name
            ))
            assert await again.outcome(mine, Command.CANCEL) == Acked()
        finally:
            await again.adapter.stop()
        # An order that has ended is asked for by its coId: that comes later, and proves the query.
        entries = (await venue.operate("GET", "requests"))["requests"]
        cancel = [each["call"] for each in entries].index("cancelOrder")
        assert [] == [each["path"] for each in entries[:cancel] if "coId=" in each["path"]]

    play(scene)

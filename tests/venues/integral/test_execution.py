"""The adapter against the sandbox, over real sockets, with tokens and with signatures."""

from decimal import Decimal as D
from itertools import pairwise

import pytest

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder
from fixgw.model.enums import (
    Command,
    CxlRejReason,
    Liquidity,
    OrdRejReason,
    OrdType,
    Side,
    TimeInForce,
)
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    InstrumentsLoaded,
    OrderUpdate,
    QueryFailed,
    Refused,
    StreamRestored,
    Unknown,
    UnknownOrderSeen,
    VenueStatus,
)
from fixgw.runtime.secrets import Secret
from fixgw.venues.integral.config import Account
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

BOTH_WAYS = pytest.mark.parametrize("way", ["token", "hmac"])


@BOTH_WAYS
def test_an_order_is_accepted_filled_in_part_asked_about_and_cancelled(way):
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        accepted = await venue.outcome(mine)
        assert (type(accepted), accepted.update.status) == (Acked, VenueStatus.PENDING)

        venue.submit(order(MAKER, Side.SELL, "400000"))
        filled = await venue.executed(mine, "400000")
        assert filled.status is VenueStatus.WORKING
        (fill,) = filled.fills
        assert (fill.last_qty, fill.last_px, fill.liquidity) == (
            D(400000), D("1.1"), Liquidity.ADDED,
        )
        assert fill.venue_exec_id.startswith("FXI")
        venue.submit(order(MAKER, Side.SELL, "100000"))
        filled = await venue.executed(mine, "500000")
        assert [(one.cum_qty, one.last_qty) for one in filled.fills] == [
            (D(400000), D(400000)), (D(500000), D(100000)),
        ]

        answer = await venue.ask(mine)
        assert (answer.status, answer.fills, answer.asked) == (
            VenueStatus.WORKING, filled.fills, True,
        )
        venue.cancel(mine)
        assert await venue.outcome(mine, Command.CANCEL) == Acked()
        ended = await venue.status(mine, VenueStatus.CANCELED)
        assert (ended.cum_qty, ended.fills) == (D(500000), filled.fills)

    play(scene, authentication=way)


def test_instruments_come_from_the_settings_once_the_venue_answers():
    async def scene(venue: Bench) -> None:
        loaded = await venue.first(InstrumentsLoaded)
        assert [(one.symbol, one.base, one.quote, one.exchange) for one in loaded.instruments] == [
            ("EUR/USD", "EUR", "USD", "INTEGRAL"), ("USD/JPY", "USD", "JPY", "INTEGRAL"),
        ]
        assert venue.heard.index(loaded) == 0 and isinstance(venue.heard[1], StreamRestored)

    play(scene)


@pytest.mark.parametrize(
    "changes, reason, text",
    [
        ({"quantity": "0.001"}, OrdRejReason.INCORRECT_QUANTITY, "InvalidOrderQty"),
        ({"symbol": "USD/JPY"}, OrdRejReason.EXCHANGE_CLOSED, "tradingDisabled"),
    ],
)
def test_a_reason_code_refuses_an_order_and_says_why(changes, reason, text):
    async def scene(venue: Bench) -> None:
        bad = order(**changes)
        venue.submit(bad)
        ended = await venue.outcome(bad)

        assert (type(ended), ended.ord_rej_reason) == (Refused, reason)
        assert f"RequestValidationError.{text}" in ended.text

    play(scene)


def test_what_cannot_be_said_never_leaves():
    async def scene(venue: Bench) -> None:
        at_once = TimeInForce.IMMEDIATE_OR_CANCEL
        bad = order(ord_type=OrdType.MARKET, time_in_force=at_once, price=None)
        venue.submit(bad)
        ended = await venue.outcome(bad)

        assert (ended.code, ended.ord_rej_reason) == (
            NOT_SENT, OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
        )
        assert "without Price(44)" in ended.text
        assert [] == await venue.requests("placeOrder")

    play(scene)


def test_a_market_order_has_a_worst_price_and_expires_with_what_it_could_not_trade():
    async def scene(venue: Bench) -> None:
        await venue.working(order(MAKER, Side.SELL, "300000", "1.09"))
        mine = order(
            ord_type=OrdType.MARKET, time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL, price="1.1"
        )
        venue.submit(mine)
        ended = await venue.status(mine, VenueStatus.EXPIRED)

        assert ended.cum_qty == D(300000)
        assert [(fill.last_px, fill.liquidity) for fill in ended.fills] == [
            (D("1.09"), Liquidity.REMOVED)
        ]

    play(scene)


def test_many_orders_are_each_answered_once_and_polled_by_one_list():
    async def scene(venue: Bench) -> None:
        orders = [order(price=f"1.{price}") for price in range(1, 41)]
        venue.submit(*orders)
        for each in orders:
            assert isinstance(await venue.outcome(each), Acked)
            await venue.status(each, VenueStatus.WORKING)
        assert len(orders) == venue.count(CommandOutcome)
        assert len(orders) == len(await venue.requests("placeOrder"))
        assert len(await venue.requests("queryOrders")) > 1

        venue.submit(order(MAKER, Side.SELL, "40000000", "1.1"))
        for each in orders:
            if each.price >= D("1.1"):
                assert (await venue.status(each, VenueStatus.FILLED)).cum_qty == each.order_qty

    play(scene)


def test_many_questions_are_answered_by_one_list_and_what_it_lacks_alone():
    async def scene(venue: Bench) -> None:
        orders = [await venue.working(order(price=f"1.0{price}")) for price in range(1, 10)]
        gone = orders[0]
        venue.cancel(gone)
        await venue.status(gone, VenueStatus.CANCELED)
        again = Bench(venue.sandbox, Integral(VENUE, config(venue.sandbox.url)))
        again.adapter.start(again.deliver)
        try:
            again.adapter.perform([QueryOrder(each) for each in orders])
            for each in orders:
                answer = await again.first(
                    OrderUpdate, lambda m, mine=each: m.asked and m.order_id == mine.order_id
                )
                wanted = VenueStatus.CANCELED if each is gone else VenueStatus.WORKING
                assert (wanted, D(0)) == (answer.status, answer.cum_qty)
        finally:
            await again.adapter.stop()
        entries = (await venue.operate("GET", "requests"))["requests"]
        by_co_id = [each["path"] for each in entries if "coId=" in each["path"]]
        assert {f"/v2/orders?coId={gone.venue_order_id}"} == set(by_co_id)

    play(scene)


# ------------------------------------------------------------- what goes wrong

LOST_ANSWERS = ["timeout_after_accept", "drop_connection_after_accept", "unreadable_body"]


@pytest.mark.parametrize("fault", LOST_ANSWERS)
def test_an_order_whose_answer_is_lost_is_unknown_and_then_found(fault):
    async def scene(venue: Bench) -> None:
        await venue.arm("placeOrder", fault, delay_ms=1500)
        mine = order()
        venue.submit(mine)

        assert isinstance(await venue.outcome(mine), Unknown)
        found = await venue.status(mine, VenueStatus.WORKING)
        assert found.cum_qty == 0
        assert 1 == len(await venue.requests("placeOrder"))

    play(scene)


def test_no_such_order_is_proof_only_once_a_query_by_co_id_has_found_one_that_ended():
    async def scene(venue: Bench) -> None:
        never = order()
        doubt = await venue.ask(never)
        assert isinstance(doubt, QueryFailed) and "not proven" in doubt.text

        done = await venue.working(order(quantity="100"))
        venue.submit(order(MAKER, Side.SELL, "100"))
        await venue.status(done, VenueStatus.FILLED)
        while isinstance(answer := await venue.ask(never), QueryFailed):
            pass
        assert (answer.status, answer.asked) == (VenueStatus.ABSENT, True)

    play(scene)


def test_a_venue_that_ignores_the_co_id_is_never_believed_to_lack_an_order():
    async def scene(venue: Bench) -> None:
        resting = await venue.working(order(price="1.05"))
        done = await venue.working(order(quantity="100"))
        venue.submit(order(MAKER, Side.SELL, "100"))
        await venue.status(done, VenueStatus.FILLED)
        asked = await venue.ask(order())
        assert isinstance(asked, QueryFailed) and "co_id_parameter" in asked.text
        venue.cancel(resting)
        await venue.status(resting, VenueStatus.CANCELED)
        assert isinstance(await venue.ask(order()), QueryFailed)

    play(scene, "co_id_query = false")


def test_a_cancel_after_a_restart_finds_the_servers_id_first():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        again = Bench(venue.sandbox, Integral(VENUE, config(venue.sandbox.url)))
        again.adapter.start(again.deliver)
        try:
            again.cancel(mine)
            assert await again.outcome(mine, Command.CANCEL) == Acked()
            assert (await again.status(mine, VenueStatus.CANCELED)).cum_qty == 0
        finally:
            await again.adapter.stop()
        await venue.status(mine, VenueStatus.CANCELED)

    play(scene)


def test_a_cancel_of_an_order_that_has_ended_is_refused():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        venue.submit(order(MAKER, Side.SELL))
        await venue.status(mine, VenueStatus.FILLED)
        venue.cancel(mine)
        ended = await venue.outcome(mine, Command.CANCEL)
        assert (type(ended), ended.cxl_rej_reason) == (Refused, CxlRejReason.UNKNOWN_ORDER)

    play(scene)


@pytest.mark.parametrize("fault", ["http_502", "drop_connection", "timeout_before_accept"])
def test_a_cancel_without_an_answer_is_unknown(fault):
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        await venue.arm("cancelOrder", fault, delay_ms=1500, times=2)
        venue.cancel(mine)
        assert isinstance(await venue.outcome(mine, Command.CANCEL), Unknown)

    play(scene)


def test_trades_that_are_booked_after_their_orders_end_are_told_once():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        theirs = order(MAKER, Side.SELL, "400000")
        venue.submit(theirs)
        assert (await venue.status(theirs, VenueStatus.FILLED)).fills == ()
        venue.cancel(mine)
        assert (await venue.status(mine, VenueStatus.CANCELED)).fills == ()
        for each in (mine, theirs):
            assert 1 == len((await venue.executed(each, "400000")).fills)

    play(scene, "trade_delay_ms = 2000", settle_seconds=20.0)


def test_a_lost_token_is_replaced_and_nothing_is_lost():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        await venue.operate("DELETE", "tokens")
        venue.submit(order(MAKER, Side.SELL, "1", "1.2"))  # turned away: it had no good token
        other = order(MAKER, Side.SELL)
        while True:
            venue.submit(other)
            if isinstance(await venue.outcome(other), Acked):
                break
            other = order(MAKER, Side.SELL)
        assert (await venue.status(mine, VenueStatus.FILLED)).cum_qty == mine.order_qty
        assert len(await venue.requests("login")) > 2

    play(scene)


def test_a_token_is_renewed_before_it_ends_and_used():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        while len(await venue.requests("renew")) < 4:
            assert isinstance(await venue.ask(mine), OrderUpdate)
        assert 2 == len(await venue.requests("login"))

    play(scene, "token_ttl_ms = 300")


def test_every_request_has_an_id_of_its_own():
    async def scene(venue: Bench) -> None:
        await venue.working(order())
        names = (await venue.operate("GET", "requests"))["request_ids"]
        assert len(names) == len(set(names)) and all(names)

    play(scene)


def test_an_order_of_somebody_else_is_told_once_and_not_touched():
    async def scene(venue: Bench) -> None:
        venue.submit(order(venue_order_id="by-hand"))
        seen = await venue.first(UnknownOrderSeen)
        assert "EUR/USD" in seen.text
        await venue.working(order(price="1.01"))
        assert 1 == venue.count(UnknownOrderSeen)
        assert [] == await venue.requests("cancelOrder")

    play(scene, resync_seconds=0.05)


def test_a_venue_that_comes_back_is_asked_about_everything():
    async def scene(venue: Bench) -> None:
        await venue.arm("queryOrders", "http_502", times=2)
        before = venue.count(StreamRestored)
        await venue.until(lambda: venue.count(StreamRestored) > before or None)

    play(scene, resync_seconds=0.05)


def test_the_rate_limit_is_ours_to_keep_and_cancels_go_first():
    async def scene(venue: Bench) -> None:
        first = await venue.working(order(price="1.01"))
        orders = [order(price=f"1.0{n}") for n in range(1, 10)]
        venue.submit(*orders)
        venue.cancel(first)
        await venue.outcome(first, Command.CANCEL)
        assert not any(
            m.order_id == orders[-1].order_id
            for m in venue.heard
            if isinstance(m, CommandOutcome)
        )
        for each in orders:
            assert isinstance(await venue.outcome(each), Acked)
        replies = (await venue.operate("GET", "requests"))["requests"]
        assert [] == [one for one in replies if "Too many" in str(one["reply"])]

    play(
        scene, "requests_per_second = 20", requests_per_second=20,
        poll_min_seconds=0.2, poll_max_seconds=1.0, rest_workers=1,
    )


def test_an_account_that_is_not_configured_any_more_is_answered():
    async def scene(venue: Bench) -> None:
        gone = order("Gone")
        venue.adapter.perform([SubmitOrder(gone), CancelOrder(gone), QueryOrder(gone)])
        assert (await venue.outcome(gone)).code == NOT_SENT
        assert (await venue.outcome(gone, Command.CANCEL)).code == NOT_SENT
        await venue.first(QueryFailed, lambda m: "not configured" in m.text)
        assert venue.adapter.accounts() == {TRADER, MAKER}

    play(scene)


def test_orders_on_behalf_of_a_customer_name_its_organisation_and_account():
    async def scene(venue: Bench) -> None:
        mine = order()
        venue.submit(mine)
        assert isinstance(await venue.outcome(mine), Acked)
        (entry,) = await venue.requests("placeOrder")
        assert ("CustomerOrg", "CustomerOrgle1") == (
            entry["request"]["org"], entry["request"]["account"],
        )

    account = Account(
        user=USERS[TRADER], org="FI1", secret=Secret(PASSWORDS[TRADER]),
        customer_org="CustomerOrg", customer_account="CustomerOrgle1",
    )
    play(scene, accounts={TRADER: account})


def test_a_venue_that_wants_to_be_left_alone_is():
    async def scene(venue: Bench) -> None:
        mine = order()
        while not isinstance(await venue.ask(mine), QueryFailed):
            pass
        while not any("Too many" in str(entry["reply"]) for entry in await everything(venue)):
            await venue.ask(mine)
        await venue.ask(mine)
        entries = await everything(venue)
        for before, after in pairwise(entries):
            if "Too many" in str(before["reply"]):
                assert after["at"] - before["at"] >= 900  # Retry-After: 1, by another clock

    async def everything(venue: Bench) -> list[dict]:
        entries = (await venue.operate("GET", "requests"))["requests"]
        return [entry for entry in entries if entry["account"] == USERS[TRADER]]

    play(scene, "requests_per_second = 3", accounts={TRADER: only_one()}, rest_workers=1)


def only_one() -> Account:
    return Account(user=USERS[TRADER], org="FI1", secret=Secret(PASSWORDS[TRADER]))

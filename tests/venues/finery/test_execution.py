"""The adapter against the sandbox, over real sockets, whichever way orders leave."""

import asyncio
import re
from decimal import Decimal as D
from pathlib import Path

import aiohttp
import pytest
import uvloop
from msgspec.structs import replace

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder, VenueOrder
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
from fixgw.runtime.clock import SystemClock
from fixgw.runtime.secrets import Secret
from fixgw.venues.finery import build
from fixgw.venues.finery.credentials import Credentials
from fixgw.venues.finery.execution import Finery
from fixgw.venues.outcome import NOT_SENT
from tests.venues.finery.venue import (
    KEYS,
    MAKER,
    SECRETS,
    TRADER,
    VENUE,
    Bench,
    bench,
    config,
    order,
    play,
)

DOCUMENT = Path(__file__).parents[3] / "docs" / "venues" / "finery.md"
SOCKET = {"order_entry": "websocket"}
SOCKET_QUEUED = {"order_entry": "websocket", "requests_per_second": 500}
REST = {"order_entry": "rest"}
ALL_WAYS = pytest.mark.parametrize("way", [SOCKET, SOCKET_QUEUED, REST], ids=str)
IOC, FOK = TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL


@ALL_WAYS
@pytest.mark.parametrize("first", ["the reply first", "the feed first"])
def test_an_order_is_accepted_filled_in_part_asked_about_and_cancelled(way, first):
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        assert isinstance(await venue.outcome(mine), Acked)

        venue.submit(order(MAKER, Side.SELL, "0.4"))
        filled = await venue.first(OrderUpdate, lambda m: m.order_id == mine.order_id and m.fill)
        assert (filled.status, filled.cum_qty) == (VenueStatus.WORKING, D("0.4"))
        assert (filled.fill.last_qty, filled.fill.last_px, filled.fill.liquidity) == (
            D("0.4"), D("100"), Liquidity.ADDED,
        )
        venue.submit(order(MAKER, Side.SELL, "0.1"))
        await venue.first(
            OrderUpdate, lambda m: m.order_id == mine.order_id and m.cum_qty == D("0.5")
        )

        answer = await venue.ask(mine)
        assert (answer.status, answer.cum_qty, answer.fills) == (
            VenueStatus.WORKING, D("0.5"), None,
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
        assert 2 == len(venue.fills(mine))

    flag = "true" if first == "the feed first" else "false"
    play(scene, f"feed_before_reply = {flag}", **way)


@ALL_WAYS
def test_an_order_that_takes_is_told_whole_and_each_deal_has_one_name(way):
    async def scene(venue: Bench) -> None:
        await venue.working(order(MAKER, Side.SELL, "0.4", "99"))
        await venue.working(order(MAKER, Side.SELL, "0.6", "100"))
        mine = order(quantity="1.5", time_in_force=IOC)
        venue.submit(mine)
        outcome = await venue.outcome(mine)

        update = outcome.update
        assert (update.status, update.cum_qty) == (VenueStatus.CANCELED, D(1))
        assert "does not rest" in update.text
        assert [(f.last_qty, f.last_px, f.cum_qty) for f in update.fills] == [
            (D("0.4"), D(99), D("0.4")),
            (D("0.6"), D(100), D(1)),
        ]
        # The venue lists open orders only: that it has ended it says in its reply alone.
        answer = await venue.ask_until(mine, VenueStatus.ABSENT)
        assert answer.cum_qty == D(1)
        assert [f.venue_exec_id for f in answer.fills] == [f.venue_exec_id for f in update.fills]
        assert {f.liquidity for f in answer.fills} == {Liquidity.REMOVED}
        # Reply, feed and list name the same two executions.
        assert 2 == len(venue.fills(mine))

    play(scene, **way)


@pytest.mark.parametrize(
    ("mine", "code", "reason"),
    [
        (order(time_in_force=IOC), "76", OrdRejReason.OTHER),
        (order(time_in_force=FOK), "77", OrdRejReason.OTHER),
        (order(ord_type=OrdType.MARKET, price=None, time_in_force=IOC), "76", OrdRejReason.OTHER),
        (order(quantity="20", price="50000"), "79", OrdRejReason.EXCEEDS_LIMIT),
        (order(price="0.001"), "71", OrdRejReason.OTHER),
        (order(symbol="ETH-USD"), "34", OrdRejReason.UNKNOWN_SYMBOL),
    ],
    # An order's name is the time: workers would not collect the same tests.
    ids=["nothing to take", "not whole", "no market", "too much", "too low", "unknown symbol"],
)
@ALL_WAYS
def test_a_refusal_says_why(way, mine, code, reason):
    async def scene(venue: Bench) -> None:
        venue.submit(mine)
        ended = await venue.outcome(mine)

        assert isinstance(ended, Refused)
        assert (ended.code, ended.ord_rej_reason) == (code, reason)
        assert f"(Finery {code})" in ended.text

    play(scene, **way)


@ALL_WAYS
def test_post_only_rests_or_is_refused(way):
    async def scene(venue: Bench) -> None:
        await venue.working(order(MAKER, Side.SELL))
        good, bad = order(price="99", post_only=True), order(price="100", post_only=True)
        venue.submit(good, bad)

        assert (await venue.outcome(good)).update.status is VenueStatus.WORKING
        assert (await venue.outcome(bad)).code == "75"

    play(scene, **way)


@ALL_WAYS
def test_a_market_buy_spends_an_amount(way):
    async def scene(venue: Bench) -> None:
        await venue.working(order(MAKER, Side.SELL, "2", "100"))
        buy = order(
            ord_type=OrdType.MARKET, quantity=None, price=None, cash_order_qty=D("50"),
            time_in_force=TimeInForce.DAY,
        )
        venue.submit(buy)
        update = (await venue.outcome(buy)).update

        assert (update.status, update.cum_qty) == (VenueStatus.FILLED, D("0.5"))
        answer = await venue.ask_until(buy, VenueStatus.FILLED)
        assert answer.cum_qty == D("0.5")
        assert {(D("0.5"), D("0.5"))} == {(qty, cum) for _, qty, cum in venue.fills(buy)}

    play(scene, **way)


@ALL_WAYS
@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_a_limit_order_that_takes_may_name_an_amount(way, side):
    async def scene(venue: Bench) -> None:
        other = Side.SELL if side is Side.BUY else Side.BUY
        await venue.working(order(MAKER, other, "2", "100"))
        mine = order(
            side=side, quantity=None, price="100", cash_order_qty=D("50"), time_in_force=FOK
        )
        venue.submit(mine)
        update = (await venue.outcome(mine)).update

        assert (update.status, update.cum_qty) == (VenueStatus.FILLED, D("0.5"))

    play(scene, **way)


@ALL_WAYS
def test_a_cancel_of_an_order_the_venue_does_not_know(way):
    async def scene(venue: Bench) -> None:
        never = order()
        venue.cancel(never)
        ended = await venue.outcome(never, Command.CANCEL)

        assert isinstance(ended, Refused)
        assert (ended.code, ended.cxl_rej_reason) == ("80", CxlRejReason.UNKNOWN_ORDER)
        answer = await venue.ask(never)
        assert (answer.status, answer.asked) == (VenueStatus.ABSENT, True)

    play(scene, **way)


@ALL_WAYS
def test_many_orders_at_once_are_each_answered_once(way):
    async def scene(venue: Bench) -> None:
        orders = [order(price=str(price)) for price in range(1, 301)]
        venue.submit(*orders)
        for each in orders:
            assert isinstance(await venue.outcome(each), Acked)
        assert venue.count(CommandOutcome) == len(orders)
        assert len(await venue.requests("add")) == len(orders)

    play(scene, **way)


def test_one_look_answers_many_questions():
    async def scene(venue: Bench) -> None:
        orders = [order(price=str(price)) for price in range(1, 41)]
        venue.submit(*orders)
        for each in orders:
            await venue.outcome(each)
        venue.heard.clear()
        before = len(await venue.requests("positions"))
        venue.adapter.perform([QueryOrder(each) for each in orders])
        for each in orders:
            answer = await venue.status(each, VenueStatus.WORKING)
            assert answer.asked
        assert 1 == len(await venue.requests("positions")) - before

    play(scene)


def test_all_pages_of_the_deals_are_read():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order(quantity="300"))
        for _ in range(3):
            takers = [order(MAKER, Side.SELL, "0.5") for _ in range(200)]
            venue.submit(*takers)
            for each in takers:
                await venue.outcome(each)
        answer = await venue.ask_until(mine, VenueStatus.FILLED)

        assert (600, D(300)) == (len(answer.fills), answer.cum_qty)
        assert 3 <= len(await venue.requests("dealHistory"))

    play(scene)


# ------------------------------------------------------------------- faults

FAULTS = [
    "timeout_before_accept",
    "timeout_after_accept",
    "http_500_after_accept",
    "http_502",
    "drop_connection",
    "drop_connection_after_accept",
    "unreadable_body",
]


@ALL_WAYS
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_leaves_a_submit_unknown_and_it_is_sent_once(way, fault):
    async def scene(venue: Bench) -> None:
        await venue.arm("add", fault, delay_ms=1500)
        mine = order()
        venue.submit(mine)

        assert isinstance(await venue.outcome(mine), Unknown)
        assert len(await venue.requests("add")) == 1
        reaches = fault in (
            "timeout_after_accept", "http_500_after_accept", "drop_connection_after_accept",
            "unreadable_body",
        )
        expected = VenueStatus.WORKING if reaches else VenueStatus.ABSENT
        answer = await venue.ask_until(mine, VenueStatus.WORKING, VenueStatus.ABSENT)
        assert answer.status is expected
        assert len(await venue.requests("add")) == 1

    play(scene, **way)


@ALL_WAYS
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_leaves_a_cancel_unknown_and_it_is_sent_once(way, fault):
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        await venue.arm("del", fault, delay_ms=1500)
        venue.cancel(mine)

        assert isinstance(await venue.outcome(mine, Command.CANCEL), Unknown)
        assert len(await venue.requests("del")) == 1

    play(scene, **way)


@pytest.mark.parametrize("fault", ["http_502", "drop_connection", "unreadable_body"])
@pytest.mark.parametrize("call", ["positions", "dealHistory"])
def test_a_question_that_is_not_answered_fails_and_proves_nothing(call, fault):
    async def scene(venue: Bench) -> None:
        never = order()
        await venue.arm(call, fault)
        assert isinstance(await venue.ask(never), QueryFailed)
        assert (await venue.ask(never)).status is VenueStatus.ABSENT

    play(scene)


def test_a_slow_answer_does_not_prove_absence():
    async def scene(venue: Bench) -> None:
        await venue.arm("positions", "timeout_after_accept", delay_ms=2200)
        answer = await venue.ask(order())
        assert isinstance(answer, QueryFailed) and "too long" in answer.text

    play(scene, request_timeout_seconds=5.0)


def test_an_order_that_works_and_is_not_listed_once_is_not_told_as_ended():
    """Lists lag: one look at an empty one is no word on an order."""

    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        await venue.arm("positions", "empty_list")
        answer = await venue.ask(mine)
        assert (answer.status, answer.fills) == (VenueStatus.ABSENT, ())
        assert (await venue.ask(mine)).status is VenueStatus.WORKING
        assert {VenueStatus.WORKING, VenueStatus.ABSENT} == told(venue, mine)

    play(scene)


def test_an_order_that_is_filled_and_whose_deals_are_listed_late_is_not_told_as_canceled():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        await venue.arm("O", "silent_stream", times=10)
        venue.submit(order(MAKER, Side.SELL, "0.4", time_in_force=IOC))
        venue.submit(order(MAKER, Side.SELL, "0.6", time_in_force=IOC))
        await venue.eventually(lambda: is_filled(venue, mine))
        await venue.arm("dealHistory", "empty_list")
        assert (await venue.ask(mine)).status is VenueStatus.ABSENT
        answer = await venue.ask(mine)
        assert (answer.status, [f.last_qty for f in answer.fills]) == (
            VenueStatus.FILLED, [D("0.4"), D("0.6")],
        )
        assert VenueStatus.CANCELED not in told(venue, mine)

    play(scene)


def test_deals_that_are_listed_twice_are_told_once():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        venue.submit(order(MAKER, Side.SELL, "0.4", time_in_force=IOC))
        venue.submit(order(MAKER, Side.SELL, "0.1", time_in_force=IOC))
        await venue.first(
            OrderUpdate, lambda m: m.order_id == mine.order_id and m.cum_qty == D("0.5")
        )
        await venue.arm("dealHistory", "rows_twice")
        answer = await venue.ask(mine, fills=True)
        assert (answer.cum_qty, [f.last_qty for f in answer.fills]) == (
            D("0.5"), [D("0.4"), D("0.1")],
        )

    play(scene)


def told(venue: Bench, mine: VenueOrder) -> set[VenueStatus]:
    return {update.status for update in venue.updates(mine)}


async def is_filled(venue: Bench, mine: VenueOrder) -> bool:
    orders = (await venue.operate("GET", "orders"))["orders"]
    (row,) = [one for one in orders if str(one["clientOrderId"]) == mine.venue_order_id]
    return not row["left"]


def test_an_order_that_arrived_between_the_two_lists_is_not_taken_for_over():
    async def scene(venue: Bench) -> None:
        await venue.working(order(MAKER, Side.SELL, "0.4"))
        late = order()
        # The list of open orders is made now, and comes after the order did.
        await venue.arm("positions", "timeout_after_accept", delay_ms=500)
        asking = asyncio.ensure_future(venue.ask(late))
        while not await venue.requests("positions"):
            await asyncio.sleep(0.01)
        await venue.arm("O", "silent_stream", times=10)
        await past_the_adapter(venue, late)
        answer = await asking
        assert (answer.status, answer.cum_qty) == (VenueStatus.ABSENT, D("0.4"))
        # Its deal is news, and is told as such.
        news = await venue.status(late, VenueStatus.UNCLEAR)
        assert ([f.last_qty for f in news.fills], news.asked) == ([D("0.4")], False)
        answer = await venue.ask_until(late, VenueStatus.WORKING)
        assert answer.cum_qty == D("0.4")

    play(scene)


async def past_the_adapter(venue: Bench, late: VenueOrder, *, nonce: int = 1) -> None:
    """*late* reaches the venue by a request that the adapter does not know of any more."""
    credentials = Credentials(account=TRADER, key=KEYS[TRADER], secret=Secret(SECRETS[TRADER]))
    url = f"{venue.sandbox.url}/api"
    request = credentials.sign(build.add(late), url, SystemClock().now_ms(), nonce)
    async with aiohttp.ClientSession() as http:
        async with http.post(request.url, data=request.body, headers=request.headers) as reply:
            assert reply.status == 200, await reply.text()


@pytest.mark.parametrize("native_id", ["", "1245"])
def test_an_order_that_is_not_listed_stays_absent(native_id):
    async def scene(venue: Bench) -> None:
        never = order(native_id=native_id)
        for _ in range(3):
            assert (await venue.ask(never)).status is VenueStatus.ABSENT

    play(scene)


# ------------------------------------------------------------------- sockets


def test_after_a_lost_socket_the_feed_is_bound_again_and_all_is_asked_about():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        restored = StreamRestored(VENUE, TRADER)
        before = venue.heard.count(restored)
        # Both sides of the deal.
        await venue.arm("O", "drop_stream", times=2)
        venue.submit(order(MAKER, Side.SELL, "0.4", time_in_force=IOC))
        await venue.until(lambda: venue.heard.count(restored) > before or None)
        answer = await venue.ask_until(mine, VenueStatus.WORKING)

        assert answer.cum_qty == D("0.4")
        venue.submit(order(MAKER, Side.SELL, "0.6"))
        await venue.status(mine, VenueStatus.FILLED)

    play(scene, accounts=(TRADER, MAKER))


def test_while_the_venue_is_not_connected_orders_leave_by_rest_and_then_by_socket_again():
    async def scene(venue: Bench) -> None:
        await venue.operator("connected", {"connected": False})
        await venue.down()
        mine = order()
        venue.submit(mine)
        assert isinstance(await venue.outcome(mine), Acked)
        assert ["POST"] == [entry["method"] for entry in await venue.requests("add")]

        before = venue.count(StreamRestored)
        await venue.operator("connected", {"connected": True})
        await venue.up()
        assert before < venue.count(StreamRestored)
        venue.cancel(mine)
        assert isinstance(await venue.outcome(mine, Command.CANCEL), Acked)
        assert ["RECV"] == [entry["method"] for entry in await venue.requests("del")]

    play(scene)


def test_while_the_feed_is_down_all_is_asked_about_again_and_again():
    async def scene(venue: Bench) -> None:
        await venue.operator("connected", {"connected": False})
        await venue.down()
        before = venue.count(StreamRestored)
        await venue.until(lambda: venue.count(StreamRestored) >= before + 3 or None)

    play(scene, poll_seconds=0.05)


def test_orders_that_go_with_their_socket_do_not_leave_without_it():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        await venue.operator("connected", {"connected": False})
        await venue.down()
        other = order()
        venue.submit(other)
        refused = await venue.outcome(other)
        assert (refused.code, "cancelled on disconnect" in refused.text) == (NOT_SENT, True)

        await venue.operator("connected", {"connected": True})
        await venue.up()
        # Both sides of the deal.
        await venue.arm("O", "drop_stream", times=2)
        venue.submit(order(MAKER, Side.SELL, "0.4", time_in_force=IOC))
        answer = await venue.ask_until(mine, VenueStatus.ABSENT)
        assert answer.cum_qty == D("0.4")

    play(scene, cancel_on_disconnect=True)


def test_of_some_orders_only_the_venue_is_told_to_cancel_them_when_the_socket_is_lost():
    async def scene(venue: Bench) -> None:
        safe = await venue.working(order(cancel_on_disconnect=True))
        other = await venue.working(order())
        sent = [entry["request"]["cod"] for entry in await venue.requests("add")]
        assert sent == [True, False]
        await venue.arm("limits", "drop_connection")
        before = venue.count(StreamRestored)
        await venue.until(lambda: venue.count(StreamRestored) > before or None)
        await venue.ask_until(safe, VenueStatus.ABSENT)
        assert (await venue.ask(other)).status is VenueStatus.WORKING

        await venue.operator("connected", {"connected": False})
        await venue.down()
        unsafe, plain = order(cancel_on_disconnect=True), order()
        venue.submit(unsafe, plain)
        assert "cancelled on disconnect" in (await venue.outcome(unsafe)).text
        assert isinstance(await venue.outcome(plain), Acked)

    play(scene, heartbeat_seconds=0.3, accounts=(TRADER,))


def test_where_orders_leave_by_rest_only_none_goes_with_a_socket():
    async def scene(venue: Bench) -> None:
        await venue.working(order(cancel_on_disconnect=True))
        assert [entry["request"]["cod"] for entry in await venue.requests("add")] == [False]

    play(scene, order_entry="rest")


def test_a_socket_that_goes_idle_is_kept_open_by_heartbeats():
    async def scene(venue: Bench) -> None:
        before = venue.count(StreamRestored)
        await asyncio.sleep(4.5)
        assert venue.adapter.status().streams == {TRADER: True, MAKER: True}
        assert before == venue.count(StreamRestored)
        assert len(await venue.requests("limits")) >= 2

    play(scene, "idle_seconds = 4.0", heartbeat_seconds=1.5)


def test_a_heartbeat_without_an_answer_ends_the_socket():
    async def scene(venue: Bench) -> None:
        before = venue.count(StreamRestored)
        await venue.arm("limits", "timeout_before_accept", delay_ms=60_000)
        await venue.until(lambda: venue.count(StreamRestored) > before or None)

    play(scene, heartbeat_seconds=0.3, accounts=(TRADER,))


def test_an_order_that_is_not_ours_is_told_once():
    async def scene(venue: Bench) -> None:
        # What a person places has no clientOrderId of 16 digits.
        venue.submit(replace(order(), venue_order_id="77"))
        seen = await venue.first(UnknownOrderSeen)
        assert "clientOrderId 77" in seen.text

    play(scene)


def test_on_demand_the_core_asks_about_all_and_strangers_are_looked_for():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        await venue.arm("O", "silent_stream", times=10)
        await past_the_adapter(venue, replace(order(), venue_order_id="78"))
        forgotten = order(price="99")
        await past_the_adapter(venue, forgotten, nonce=2)
        before = venue.count(StreamRestored)
        venue.adapter.reconcile()
        seen = await venue.first(UnknownOrderSeen)
        assert (seen.venue, seen.text) == (VENUE, "BTC-USD clientOrderId 78")
        # It has a name of our making: the core knows whether it knows it.
        assert (await venue.status(forgotten, VenueStatus.WORKING)).asked is False
        assert venue.count(StreamRestored) == before + 2
        venue.adapter.reconcile()
        await venue.ask_until(mine, VenueStatus.WORKING)
        assert venue.count(UnknownOrderSeen) == 1

    play(scene)


# ------------------------------------------------------------------ the rest


def test_its_health_tells_of_sockets_clock_limits_and_instruments():
    async def scene(venue: Bench) -> None:
        health = venue.adapter.health()
        names = [(one.name, one.up) for one in health.connections]
        assert names == [("finery TRADER", True), ("finery MAKER", True)]
        assert (health.instruments, health.clock_skew_ms) == (1, 0)
        scopes = [(one.scope, one.maximum, one.waiting) for one in health.headroom]
        assert scopes == [("TRADER", 50, 0), ("MAKER", 50, 0)]
        assert all(0 < one.left <= 50 for one in health.headroom)

    play(scene, requests_per_second=50)


@pytest.mark.parametrize("off_ms", [600_000, -600_000])
@ALL_WAYS
def test_a_venue_whose_clock_is_minutes_off_is_traded_with_by_its_own_time(way, off_ms):
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        assert (await venue.ask(mine)).status is VenueStatus.WORKING
        skew = venue.adapter.health().clock_skew_ms
        assert skew is not None and abs(skew - off_ms) < 5_000

    play(scene, venue_clock=lambda: SystemClock().now_ms() + off_ms, **way)


@pytest.mark.parametrize(
    ("changes", "most"),
    [
        ({"requests_per_second": 0, "in_flight_limit": 7}, 7),
        ({"requests_per_second": 50, "queue_limit": 5}, 5),
        ({"requests_per_second": 0, "order_entry": "rest", "queue_limit": 5}, 5),
    ],
)
def test_what_it_declares(changes, most):
    can = Finery(VENUE, config("http://h", **changes)).capabilities

    assert (can.replace, can.query, can.pushes, can.cancel) == (True, True, True, True)
    assert can.cash_or_quantity == {OrdType.LIMIT, OrdType.MARKET}
    assert can.orders_waiting_max == most
    assert can.terms == frozenset()


def test_the_document_says_what_it_can():
    rows = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|$", DOCUMENT.read_text(), re.MULTILINE))
    can = Finery(VENUE, config("http://h")).capabilities

    def values(text: str) -> set[str]:
        return set(re.findall(r"\b(\w) [A-Z]{3,}", text))

    assert values(rows["OrdType(40)"]) == can.ord_types
    limit, market = rows["TimeInForce(59)"].split(". MARKET:")
    assert values(limit) == can.times_in_force_of.get(OrdType.LIMIT, can.times_in_force)
    assert values(market) == can.times_in_force_of[OrdType.MARKET]
    for row, declared in {
        "Post only": can.post_only, "Cancel": can.cancel, "Replace": can.replace,
        "CashOrderQty(152)": bool(can.cash_or_quantity),
    }.items():
        assert rows[row].startswith("no") != declared, row
    assert ("only after the venue has accepted" in rows["Cancel"]) != can.cancel_before_accepted
    assert rows["Other fields"].startswith("none") == (not can.terms)
    assert "16 digits of OrderID(37)" in rows["Order's name at the venue"]
    assert "16 digits of OrderID(37)" in can.client_order_id


def test_after_too_many_requests_nothing_leaves_for_as_long_as_the_venue_says():
    async def scene(venue: Bench) -> None:
        orders = [order(price=str(price)) for price in range(1, 21)]
        venue.submit(*orders)
        outcomes = [await venue.outcome(each) for each in orders]

        # 429 without a code proves nothing by itself, so those orders are asked about.
        unknown = [one for one in outcomes if isinstance(one, Unknown)]
        assert unknown and all("429" in one.text for one in unknown)
        assert len(unknown) < len(orders)
        times = [entry["at"] for entry in await venue.requests("add")]
        assert max(later - at for at, later in zip(times, times[1:], strict=False)) >= 900

    play(scene, "requests_per_second = 6", order_entry="rest", accounts=(TRADER,))


def test_commands_for_an_account_that_is_gone_are_answered():
    async def scene(venue: Bench) -> None:
        lost = order("GONE")
        venue.adapter.perform([SubmitOrder(lost), CancelOrder(lost), QueryOrder(lost)])
        assert (await venue.outcome(lost)).code == NOT_SENT
        assert (await venue.outcome(lost, Command.CANCEL)).code == NOT_SENT
        assert isinstance(await venue.first(QueryFailed), QueryFailed)

    play(scene)


@ALL_WAYS
def test_what_cannot_be_said_never_leaves(way):
    async def scene(venue: Bench) -> None:
        for odd in (
            order(quantity="0.000000001"),
            order(ord_type=OrdType.MARKET, price=None),
            order(ord_type=OrdType.STOP),
            order(time_in_force=FOK, post_only=True),
        ):
            venue.submit(odd)
            assert (await venue.outcome(odd)).code == NOT_SENT
        assert [] == await venue.requests("add")

    play(scene, **way)


def test_without_a_venue_nothing_is_sent_and_that_is_known():
    async def scene() -> None:
        async with bench(accounts=(TRADER,)) as running:
            url = running.sandbox.url
        adapter = Finery(VENUE, config(url))
        lonely = Bench(running.sandbox, adapter)
        adapter.start(lonely.deliver)
        try:
            mine = order()
            lonely.submit(mine)
            outcome = await lonely.outcome(mine)
            assert (type(outcome), outcome.code) == (Refused, NOT_SENT)
            assert isinstance(await lonely.ask(mine), QueryFailed)
        finally:
            await adapter.stop()

    uvloop.run(scene())


@pytest.mark.parametrize("in_order", [False, True])
def test_nonces_rise_where_the_venue_wants_them_to(in_order):
    async def scene(venue: Bench) -> None:
        orders = [order(price=str(price)) for price in range(1, 31)]
        venue.submit(*orders)
        for each in orders:
            assert isinstance(await venue.outcome(each), Acked)
            assert (await venue.ask(each)).status is VenueStatus.WORKING

    rising = "rising_nonces = true" if in_order else ""
    play(scene, rising, order_entry="rest", nonces_in_order=in_order)


def test_instruments_have_the_steps_of_their_currencies():
    async def scene(venue: Bench) -> None:
        loaded = await venue.first(InstrumentsLoaded)
        (one,) = loaded.instruments
        assert (one.symbol, one.base, one.quote, one.exchange) == (
            "BTC-USD", "BTC", "USD", "FINERY",
        )
        assert (one.tick, one.step) == (D("0.01"), D("0.00000001"))

    play(scene)

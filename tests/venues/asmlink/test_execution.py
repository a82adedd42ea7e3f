"""The adapter against the sandbox, over real sockets."""

import asyncio
from decimal import Decimal as D

import pytest

from fixgw.model.effects import SubmitOrder
from fixgw.model.enums import Command, CxlRejReason, OrdRejReason
from fixgw.model.venue import (
    Acked,
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
from fixgw.venues.asmlink.execution import (
    NO_CANCEL,
    NO_STATUS,
    VENDORS_PATIENCE_MS,
)
from fixgw.venues.asmlink.store import Store
from fixgw.venues.outcome import NOT_SENT
from tests.venues.asmlink.venue import Bench, free_port, order, play, webhooks

EXTENDED = {"extended_order_types": True}
EVERYTHING = {
    **EXTENDED, "cancel_path": "/order/cancel", "status_path": "/order/{order_id}",
}
LOSES_THE_ANSWER = [
    "timeout_after_accept", "http_500_after_accept", "drop_connection_after_accept",
    "unreadable_body",
]
LOSES_THE_REQUEST = ["timeout_before_accept", "http_502", "drop_connection"]


def test_a_market_order_is_filled_by_its_answer_and_told_of_once(tmp_path):
    async def scene(venue: Bench) -> None:
        await venue.sell("9000000", "1.08423")
        mine = order()
        outcome = await venue.submitted(mine)

        assert isinstance(outcome, Acked)
        await venue.delivered(mine)
        (fill,) = venue.fills(mine)
        assert (fill.cum_qty, fill.last_qty, fill.last_px) == (D(5000000), D(5000000), D("1.08423"))
        assert {VenueStatus.FILLED} == {update.status for update in venue.updates(mine)}
        (call,) = [
            one for one in await venue.requests("route") if one["account"] == "CORP-ENT-0042"
        ]
        sent = call["request"]
        assert {
            "order_id": mine.venue_order_id, "symbol": "EURUSD", "side": "BUY",
            "quantity": 5000000, "order_type": "MARKET", "routing_tier": "TIER_1",
            "account_id": "CORP-ENT-0042", "timestamp_utc": sent["timestamp_utc"],
        } == sent

    play(tmp_path, scene, webhooks=webhooks(free_port()))


@pytest.mark.parametrize("stream", ["stream", "webhook", "both"])
def test_a_resting_order_fills_in_parts_however_they_are_told(tmp_path, stream):
    changes = dict(EXTENDED)
    if stream != "stream":
        changes["webhooks"] = webhooks(free_port())
    if stream == "webhook":
        changes["stream_url"] = ""

    async def scene(venue: Bench) -> None:
        mine = order("3000000", "1.08")
        assert isinstance(await venue.submitted(mine), Acked)
        for part in ("1000000", "1500000", "500000"):
            await venue.sell(part, "1.08")
        await venue.until(lambda: len(venue.fills(mine)) == 3)
        if stream != "stream":
            await venue.delivered(mine)

        fills = venue.fills(mine)
        assert {D(1000000), D(1500000), D(500000)} == {fill.last_qty for fill in fills}
        assert D(3000000) == fills[-1].cum_qty == sum(fill.last_qty for fill in fills)
        assert 3 == len({fill.venue_exec_id for fill in fills})

    play(tmp_path, scene, **changes)


def test_equal_fills_of_one_moment_are_two(tmp_path):
    async def scene(venue: Bench) -> None:
        mine = order("2000000", "1.08")
        assert isinstance(await venue.submitted(mine), Acked)
        await venue.sell("1000000", "1.08")
        await venue.sell("1000000", "1.08")
        await venue.until(lambda: len(venue.fills(mine)) == 2)
        await venue.delivered(mine)

        assert [D(1000000), D(2000000)] == [fill.cum_qty for fill in venue.fills(mine)]

    play(tmp_path, scene, webhooks=webhooks(free_port()), **EXTENDED)


def test_an_order_that_takes_several_offers_is_counted_as_its_answer_sums_up(tmp_path):
    """The answer is one fill at an average; stream and webhooks tell the same trade by trade."""

    async def scene(venue: Bench) -> None:
        await venue.sell("1000000", "1.08")
        await venue.sell("3000000", "1.0804")
        mine = order("4000000")
        await venue.submitted(mine)
        await venue.delivered(mine)
        await venue.until(lambda: venue.updates(mine)[-1].cum_qty == D(4000000))

        fills = venue.fills(mine)
        assert D(4000000) == sum(fill.last_qty for fill in fills)
        assert D("1.0803") == sum(fill.last_qty * fill.last_px for fill in fills) / 4000000

    play(tmp_path, scene, webhooks=webhooks(free_port()))


@pytest.mark.parametrize("counts", ["fill", "order"])
def test_what_events_count_is_proven_by_the_order_itself(tmp_path, counts):
    """In parts of 2,000,000 and 3,000,000, of which a sum of 5,000,000 would make 7,000,000."""

    async def scene(venue: Bench) -> None:
        mine = order("5000000", "1.09")
        await venue.submitted(mine)
        await venue.sell("2000000", "1.08")
        await venue.sell("3000000", "1.09")
        await venue.until(lambda: sum(fill.last_qty for fill in venue.fills(mine)) == 5000000)
        await venue.delivered(mine)

        assert [D(2000000), D(3000000)] == [fill.last_qty for fill in venue.fills(mine)]
        assert D(5000000) == venue.updates(mine)[-1].cum_qty

    play(
        tmp_path, scene, f'fill_quantity_counts = "{counts}"', webhooks=webhooks(free_port()),
        **EXTENDED,
    )


def test_the_unfilled_rest_of_a_market_order_is_told_to_be_cancelled(tmp_path):
    async def scene(venue: Bench) -> None:
        await venue.sell("2000000", "1.08")
        mine = order("5000000")
        await venue.submitted(mine)
        ended = await venue.first(OrderUpdate, lambda m: m.status is VenueStatus.CANCELED)

        assert D(2000000) == ended.cum_qty
        assert [D(2000000)] == [fill.last_qty for fill in venue.fills(mine)]

    play(tmp_path, scene)


def test_a_reject_says_why(tmp_path):
    async def scene(venue: Bench) -> None:
        outcome = await venue.submitted(order())

        assert outcome == Refused("REJECTED", "NO_LIQUIDITY")

    play(tmp_path, scene)


@pytest.mark.parametrize("fault", LOSES_THE_ANSWER)
def test_an_order_whose_answer_is_lost_is_unknown_until_the_stream_tells(tmp_path, fault):
    async def scene(venue: Bench) -> None:
        await venue.sell("9000000", "1.08423")
        await venue.arm("route", fault)
        mine = order()
        venue.submit(mine)

        assert isinstance(await venue.outcome(mine), Unknown)
        told = await venue.first(OrderUpdate)
        assert (VenueStatus.FILLED, D(5000000)) == (told.status, told.cum_qty)
        assert 1 == len([one for one in await venue.requests("route") if one["fault"]])

    play(tmp_path, scene)


@pytest.mark.parametrize("fault", LOSES_THE_REQUEST)
def test_an_order_that_is_lost_is_unknown_and_never_sent_again(tmp_path, fault):
    async def scene(venue: Bench) -> None:
        await venue.sell("9000000", "1.08423")
        await venue.arm("route", fault)
        mine = order()
        venue.submit(mine)

        assert isinstance(await venue.outcome(mine), Unknown)
        assert QueryFailed(mine.order_id, NO_STATUS) == await venue.ask(mine)
        assert 2 == len(await venue.requests("route"))

    play(tmp_path, scene)


def test_no_connection_is_a_refusal(tmp_path):
    async def scene(venue: Bench) -> None:
        outcome = await venue.submitted(order())

        assert isinstance(outcome, Refused)
        assert NOT_SENT == outcome.code

    play(tmp_path, scene, rest_url=f"http://127.0.0.1:{free_port()}/v2")


def test_a_webhook_tells_what_the_stream_was_silent_about(tmp_path):
    async def scene(venue: Bench) -> None:
        await venue.sell("9000000", "1.08423")
        await venue.arm("route", "drop_connection_after_accept")
        await venue.arm("executions", "silent_stream", times=2)
        mine = order()
        venue.submit(mine)
        told = await venue.first(OrderUpdate)

        assert (VenueStatus.FILLED, D(5000000)) == (told.status, told.fill.cum_qty)

    play(tmp_path, scene, webhooks=webhooks(free_port()))


@pytest.mark.parametrize("way", ["executions", "webhook"])
def test_what_is_told_twice_in_one_way_counts_once(tmp_path, way):
    async def scene(venue: Bench) -> None:
        mine = order("3000000", "1.08")
        await venue.submitted(mine)
        # The offer's own event comes before ours.
        await venue.arm(way, "duplicate_updates", times=4)
        await venue.sell("1000000", "1.08")
        await venue.sell("2000000", "1.08")
        await venue.until(lambda: venue.updates(mine)[-1].status is VenueStatus.FILLED)
        await venue.delivered(mine)

        assert [D(1000000), D(2000000)] == sorted(fill.last_qty for fill in venue.fills(mine))

    play(tmp_path, scene, webhooks=webhooks(free_port()), **EXTENDED)


def test_a_restart_knows_what_was_told_before(tmp_path):
    async def scene(venue: Bench) -> None:
        mine = order("3000000", "1.08")
        await venue.submitted(mine)
        await venue.sell("1000000", "1.08")
        await venue.until(lambda: venue.fills(mine))
        first = venue.fills(mine)
        await venue.delivered(mine)
        await venue.restart()

        told = await venue.first(OrderUpdate)
        assert (VenueStatus.WORKING, tuple(first)) == (told.status, told.fills)
        await venue.sell("2000000", "1.08")
        await venue.until(lambda: len(venue.fills(mine)) == 2)
        assert [D(1000000), D(3000000)] == [fill.cum_qty for fill in venue.fills(mine)]
        # "once": a registration that is on record is not made again.
        assert 1 == len(await venue.requests("register"))

    play(tmp_path, scene, webhooks=webhooks(free_port()), **EXTENDED)


def test_a_fill_while_nobody_listened_comes_by_webhook(tmp_path):
    async def scene(venue: Bench) -> None:
        mine = order("3000000", "1.08")
        await venue.submitted(mine)
        await venue.adapter.stop()
        await venue.sell("3000000", "1.08")
        await venue.eventually(lambda: tried(venue))
        await venue.restart()
        told = await venue.first(OrderUpdate, lambda m: m.fill is not None)

        assert (VenueStatus.FILLED, D(3000000)) == (told.status, told.cum_qty)

    async def tried(venue: Bench) -> bool:
        return any(row["attempts"] for row in await venue.deliveries(status="PENDING"))

    play(
        tmp_path, scene, sandbox="retry_seconds = [0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 5]",
        webhooks=webhooks(free_port()), **EXTENDED,
    )


def test_what_the_core_had_long_ago_is_not_told_again(tmp_path):
    async def scene(venue: Bench) -> None:
        mine = order("3000000", "1.08")
        await venue.submitted(mine)
        record = Store(venue.settings.record)
        record.tells_passed_on(record.mark())
        record.close()
        await venue.restart()

        assert [] == venue.updates(mine)

    play(tmp_path, scene, webhooks=webhooks(free_port()), **EXTENDED)


@pytest.mark.parametrize("silent_ms, missing", [(0, 0), (VENDORS_PATIENCE_MS + 1000, 1)])
def test_a_pause_beyond_the_vendors_patience_is_told_to_the_operator(
    tmp_path, capsys, silent_ms, missing
):
    async def scene(venue: Bench) -> None:
        await venue.adapter.stop()
        record = Store(venue.settings.record)
        record.alive(SystemClock().now_ms() - silent_ms)
        record.close()
        await venue.restart()

    play(tmp_path, scene, webhooks=webhooks(free_port()), **EXTENDED)
    assert missing == capsys.readouterr().out.count("asmlink_webhooks_may_be_missing")


def test_without_a_cancel_or_a_status_path_both_are_refused_here(tmp_path):
    async def scene(venue: Bench) -> None:
        mine = order("3000000", "1.08")
        await venue.submitted(mine)
        venue.cancel(mine)
        outcome = await venue.outcome(mine, Command.CANCEL)

        assert outcome == Refused(NOT_SENT, NO_CANCEL, cxl_rej_reason=CxlRejReason.OTHER)
        assert QueryFailed(mine.order_id, NO_STATUS) == await venue.ask(mine)
        assert [] == await venue.requests("cancel") + await venue.requests("status")

    play(tmp_path, scene, **EXTENDED)


def test_with_the_paths_of_the_settings_an_order_is_asked_about_and_cancelled(tmp_path):
    async def scene(venue: Bench) -> None:
        mine = order("3000000", "1.08")
        await venue.submitted(mine)
        await venue.sell("1000000", "1.08")
        await venue.until(lambda: venue.fills(mine))

        answer = await venue.ask(mine)
        assert (VenueStatus.WORKING, D(1000000)) == (answer.status, answer.cum_qty)
        venue.cancel(mine)
        assert isinstance(await venue.outcome(mine, Command.CANCEL), Acked)
        answer = await venue.ask(mine)
        assert (VenueStatus.CANCELED, D(1000000)) == (answer.status, answer.cum_qty)
        assert 1 == len(venue.fills(mine))

    play(tmp_path, scene, **EVERYTHING)


def test_a_question_finds_what_the_stream_missed(tmp_path):
    async def scene(venue: Bench) -> None:
        mine = order("3000000", "1.08")
        await venue.submitted(mine)
        await venue.arm("executions", "silent_stream")
        await venue.sell("1000000", "1.08")

        answer = await venue.ask(mine)
        assert (VenueStatus.WORKING, D(1000000)) == (answer.status, answer.cum_qty)
        assert [D(1000000)] == [fill.last_qty for fill in answer.fills]

    play(tmp_path, scene, **EVERYTHING)


@pytest.mark.parametrize("changes, again", [
    ({**EVERYTHING, "resync_seconds": 0.01}, True),
    ({**EVERYTHING, "resync_seconds": 0.0}, False),
    ({"resync_seconds": 0.01}, False),
], ids=["on a timer", "never", "nobody to ask"])
def test_open_orders_are_asked_about_on_a_timer_and_on_demand(tmp_path, changes, again):
    async def scene(venue: Bench) -> None:
        if again:
            await venue.until(lambda: venue.count(StreamRestored) > 3)
            return
        await asyncio.sleep(0.1)
        assert 1 == venue.count(StreamRestored)
        venue.adapter.reconcile()
        assert 2 == venue.count(StreamRestored)

    play(tmp_path, scene, **changes)


def test_absence_is_told_only_where_the_settings_say_what_404_means(tmp_path):
    async def scene(venue: Bench) -> None:
        never = order()
        answer = await venue.ask(never)
        if venue.settings.status_404_is_absent:
            assert (VenueStatus.ABSENT, True) == (answer.status, answer.asked)
        else:
            assert isinstance(answer, QueryFailed)

    play(tmp_path / "off", scene, **EVERYTHING)
    play(tmp_path / "on", scene, status_404_is_absent=True, **EVERYTHING)


def test_a_429_is_a_refusal_and_its_retry_after_is_obeyed(tmp_path):
    async def scene(venue: Bench) -> None:
        await venue.sell("9000000", "1.08423")
        first, second, third = order("1000"), order("1000"), order("1000")
        assert isinstance(await venue.submitted(first), Acked)
        refused = await venue.submitted(second)
        assert isinstance(refused, Refused)
        assert "429" == refused.code
        assert isinstance(await venue.submitted(third), Acked)

    play(tmp_path, scene, sandbox="routes_per_second = 1", routes_per_second=0)


def test_the_documents_rate_is_kept(tmp_path):
    async def scene(venue: Bench) -> None:
        await venue.sell("9000000", "1.08423")
        orders = [order("1000") for _ in range(12)]
        venue.submit(*orders)
        outcomes = [await venue.outcome(each) for each in orders]

        assert {Acked} == {type(outcome) for outcome in outcomes}

    play(tmp_path, scene, sandbox="routes_per_second = 5", routes_per_second=5)


def test_an_order_that_waits_too_long_is_refused_and_never_leaves(tmp_path):
    async def scene(venue: Bench) -> None:
        await venue.sell("9000000", "1.08423")
        first, late = order("1000"), order("1000")
        venue.submit(first, late)
        assert isinstance(await venue.outcome(first), Acked)
        outcome = await venue.outcome(late)

        assert isinstance(outcome, Refused)
        assert (NOT_SENT, True) == (outcome.code, "s for the rate limit" in outcome.text)
        assert 2 == len(await venue.requests("route"))

    play(tmp_path, scene, routes_per_second=1, queue_seconds=0.7)


def test_a_full_queue_refuses(tmp_path):
    async def scene(venue: Bench) -> None:
        orders = [order("1000") for _ in range(4)]
        venue.submit(*orders)
        outcome = await venue.outcome(orders[-1])

        assert isinstance(outcome, Refused)
        assert (NOT_SENT, "2 commands wait for the rate limit already; nothing was sent") == (
            outcome.code, outcome.text,
        )

    play(tmp_path, scene, queue_limit=2)


def test_a_key_that_is_not_accepted_refuses(tmp_path):
    async def scene(venue: Bench) -> None:
        outcome = await venue.submitted(order())
        assert isinstance(outcome, Refused)
        assert ("401", OrdRejReason.BROKER_OPTION) == (outcome.code, outcome.ord_rej_reason)

    # Without a stream, which a wrong key could not open.
    play(
        tmp_path, scene, api_key=Secret("cm_test_unknown_key"), stream_url="",
        webhooks=webhooks(free_port(), register="never"),
    )


def test_what_the_settings_do_not_have_is_refused_here(tmp_path):
    async def scene(venue: Bench) -> None:
        for stranger in (order(account="CORP-X"), order(exchange="TIER_1"), order(price="1.08")):
            outcome = await venue.submitted(stranger)
            assert isinstance(outcome, Refused)
        assert [] == await venue.requests("route")

    play(tmp_path, scene)


def test_an_order_of_somebody_else_is_told_once(tmp_path):
    async def scene(venue: Bench) -> None:
        await venue.sell("9000000", "1.08423")
        foreign = order(venue_order_id="ORD-20240815-00421")
        venue.adapter.perform([SubmitOrder(foreign)])
        seen = await venue.first(UnknownOrderSeen)
        await venue.delivered(foreign)

        assert ("ORD-20240815-00421", "order.filled EURUSD FILLED") == (
            seen.venue_order_id, seen.text,
        )
        assert 1 == venue.count(UnknownOrderSeen)

    play(tmp_path, scene, webhooks=webhooks(free_port()))


def test_instruments_stand_under_every_exchange(tmp_path):
    async def scene(venue: Bench) -> None:
        loaded = await venue.first(InstrumentsLoaded)
        assert [("ASMLINK", "EURUSD"), ("TIER_2", "EURUSD")] == [
            (one.exchange, one.symbol) for one in loaded.instruments
        ]

    play(tmp_path, scene, exchanges=("ASMLINK", "TIER_2"))

"""Deliveries: the document's payload, signed, retried by its schedule, and given up."""

import asyncio
from decimal import Decimal as D

import pytest

from fixgw.sandbox.asmlink.config import BehaviourSettings
from tests.sandbox.asmlink_bench import DEADLINE_SECONDS, SECRET, TRADER, Bench, market, offer, play

EVENTS = ("order.filled", "order.rejected", "order.cancelled", "margin.call")


async def filled(venue: Bench, name: str = "A") -> None:
    await venue.route(offer(f"M-{name}", 5_000_000, 1.08423))
    await venue.route(market(name))


async def delivery(venue: Bench) -> dict[str, object]:
    """The only one, once it is decided: the receiver has an event before the sandbox hears so."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            (row,) = (await venue.call("GET", "/sandbox/deliveries"))[1]["deliveries"]
            if row["status"] in ("DELIVERED", "DELIVERY_FAILED"):
                return row
            await asyncio.sleep(0.01)


def test_a_fill_is_delivered_as_in_the_document():
    async def scene(venue: Bench) -> None:
        assert 200 == (await venue.register(*EVENTS))[0]
        await filled(venue)
        await venue.until(lambda: venue.hooks)
        (body,) = venue.hooks

        assert {
            "event_id": body["event_id"], "event_type": "order.filled",
            "timestamp_utc": body["timestamp_utc"], "account_id": TRADER, "order_id": "A",
            "symbol": "EURUSD", "side": "BUY", "execution_status": "FILLED",
            "fill_price": D("1.08423"), "fill_quantity": 5_000_000, "latency_ms": D("0.31"),
            "routing_tier": "TIER_1", "liquidity_provider": "LP-TIER1-02", "delivery_attempt": 1,
            "signature_header": "X-CM-Signature", "idempotent": True,
        } == body

    play(scene)


def test_the_schedule_is_the_documents():
    assert (5, 30, 120, 600, 1800) == BehaviourSettings().retry_seconds


def test_what_is_not_taken_comes_again_under_the_same_name():
    async def scene(venue: Bench) -> None:
        await venue.register(*EVENTS)
        venue.answers = [500, 401]
        await filled(venue)
        await venue.until(lambda: len(venue.hooks) == 3)

        assert [1, 2, 3] == [one["delivery_attempt"] for one in venue.hooks]
        assert 1 == len({one["event_id"] for one in venue.hooks})
        row = await delivery(venue)
        assert ("DELIVERED", 3) == (row["status"], row["attempts"])

    play(scene, "retry_seconds = [0.01, 0.01, 0.01]")


def test_what_nobody_takes_is_given_up_and_can_be_replayed():
    async def scene(venue: Bench) -> None:
        await venue.register(*EVENTS)
        venue.answers = [500, 500]
        await filled(venue)
        await venue.until(lambda: len(venue.hooks) == 2)
        assert "DELIVERY_FAILED" == (await delivery(venue))["status"]

        await venue.call("POST", "/sandbox/replay", {})
        await venue.until(lambda: len(venue.hooks) == 3)

    play(scene, "retry_seconds = [0.01]")


def test_only_what_was_asked_for_is_delivered():
    async def scene(venue: Bench) -> None:
        await venue.register("order.rejected")
        await filled(venue)
        await venue.route(market("B"))
        await venue.until(lambda: venue.hooks)

        assert [("B", "NO_LIQUIDITY")] == [
            (one["order_id"], one["reject_reason"]) for one in venue.hooks
        ]

    play(scene)


def test_an_operator_makes_an_alert():
    async def scene(venue: Bench) -> None:
        await venue.register(*EVENTS)
        alert = {"event_type": "margin.call", "account_id": TRADER, "message": "low"}
        assert 200 == (await venue.call("POST", "/sandbox/alert", alert))[0]
        await venue.until(lambda: venue.hooks)
        assert ("margin.call", "low") == (
            venue.hooks[0]["event_type"], venue.hooks[0]["message"],
        )
        assert "order_id" not in venue.hooks[0]
        assert 400 == (await venue.call("POST", "/sandbox/alert", {"x": 1}))[0]

    play(scene)


@pytest.mark.parametrize("fault, attempts", [
    ("silent_stream", [2]), ("drop_stream", [2]), ("duplicate_updates", [1, 1]),
    ("late_updates", [1]),
])
def test_a_delivery_misbehaves_as_it_is_told(fault, attempts):
    async def scene(venue: Bench) -> None:
        await venue.register(*EVENTS)
        await venue.arm("webhook", fault, delay_ms=10)
        await filled(venue)
        await venue.until(lambda: len(venue.hooks) == len(attempts))

        assert attempts == [one["delivery_attempt"] for one in venue.hooks]

    play(scene, "retry_seconds = [0.01]")


def test_registrations_are_counted_and_their_secret_is_masked():
    async def scene(venue: Bench) -> None:
        assert [200, 429] == [(await venue.register(*EVENTS))[0] for _ in range(2)]
        rows = (await venue.call("GET", "/sandbox/requests"))[1]["requests"]
        assert SECRET not in str(rows)
        assert ["***", "***"] == [row["request"]["secret"] for row in rows]
        assert 400 == (await venue.call("GET", "/sandbox/requests?since=x"))[0]

    play(scene, "registrations_per_hour = 1")

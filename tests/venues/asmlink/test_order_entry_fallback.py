"""An order that tier 1 rejects goes to tier 2, once, and only where the settings say so."""

import asyncio

import pytest
from msgspec.structs import replace

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import Command
from fixgw.model.terms import Terms
from fixgw.model.venue import Acked, CommandOutcome, OrderUpdate, Refused, Unknown, VenueStatus
from fixgw.runtime.clock import SystemClock
from tests.venues.asmlink.venue import Bench, free_port, order, play, webhooks

FALLBACK = {"fallback_tier": "TIER_2"}


def anew(mine: VenueOrder, refused: Refused) -> VenueOrder:
    """*mine* as the core submits it after *refused*."""
    return replace(mine, attempt=mine.attempt + 1, route=refused.reroute)


def fresh(**more: object) -> VenueOrder:
    """An order of this moment."""
    return order(placed_at=SystemClock().now_ms(), **more)


def ends(venue: Bench, mine: VenueOrder) -> list[OrderUpdate]:
    """What was delivered of it that says it is over."""
    return [
        one for one in venue.heard
        if isinstance(one, OrderUpdate) and one.order_id == mine.order_id
        and one.status is VenueStatus.REJECTED
    ]


async def second_outcome(venue: Bench, mine: VenueOrder) -> object:
    return await venue.until(
        lambda: next(iter([
            one.outcome for one in venue.heard
            if isinstance(one, CommandOutcome) and one.order_id == mine.order_id
            and one.command is Command.SUBMIT
        ][1:]), None)
    )


@pytest.mark.parametrize("named", ["", "TIER_1"])
def test_a_rejected_order_is_routed_to_tier_2_under_another_name(tmp_path, named):
    async def scene(venue: Bench) -> None:
        await venue.sell("9000000", "1.08423")
        await venue.reject(TIER_1="LP_REJECT")
        mine = fresh(terms=Terms(ex_destination=named))
        refused = await venue.submitted(mine)
        assert Refused("REJECTED", "LP_REJECT", reroute="TIER_2") == refused
        venue.submit(anew(mine, refused))
        outcome = await second_outcome(venue, mine)

        assert isinstance(outcome, Acked)
        name = mine.venue_order_id
        assert [(name, "TIER_1"), (f"{name}-1", "TIER_2")] == await venue.routed()
        await venue.delivered(mine)
        await venue.delivered(replace(mine, venue_order_id=f"{name}-1"))
        # The reject was told by stream and webhook, too: it never ended the order.
        assert [] == [one for one in ends(venue, mine) if one.attempt != 0]
        (fill,) = venue.fills(mine)
        assert ("5000000", True) == (
            str(fill.last_qty), fill.text.startswith("TIER_2, latency 0.31 ms")
        )
        assert fill.settlement.counterparty.startswith("LP-TIER2-")
        assert 1 == venue.updates(mine)[-1].attempt

    play(tmp_path, scene, webhooks=webhooks(free_port()), **FALLBACK)


def test_what_tier_2_rejects_as_well_is_rejected(tmp_path):
    async def scene(venue: Bench) -> None:
        await venue.reject(TIER_1="LP_REJECT", TIER_2="RISK")
        mine = fresh()
        refused = await venue.submitted(mine)
        venue.submit(anew(mine, refused))

        assert Refused("REJECTED", "RISK (TIER_2, after TIER_1)") == (
            await second_outcome(venue, mine)
        )

    play(tmp_path, scene, **FALLBACK)


@pytest.mark.parametrize("changes, terms, age_seconds", [
    ({}, Terms(), 0),
    (FALLBACK, Terms(ex_destination="TIER_2"), 0),
    (FALLBACK, Terms(), 60),
], ids=["not configured", "of another tier", "too old"])
def test_else_a_reject_is_an_end(tmp_path, changes, terms, age_seconds):
    async def scene(venue: Bench) -> None:
        await venue.reject(TIER_1="LP_REJECT", TIER_2="LP_REJECT")
        mine = order(terms=terms, placed_at=SystemClock().now_ms() - 1000 * age_seconds)

        assert Refused("REJECTED", "LP_REJECT") == await venue.submitted(mine)

    play(tmp_path, scene, **changes)


def test_a_partly_filled_order_does_not_fall_back(tmp_path):
    async def scene(venue: Bench) -> None:
        await venue.sell("1000000", "1.08423")
        mine = fresh()

        assert isinstance(await venue.submitted(mine), Acked)
        ended = await venue.status(mine, VenueStatus.CANCELED)
        assert "1000000" == str(ended.cum_qty)

    play(tmp_path, scene, **FALLBACK)


def test_a_reject_whose_answer_is_lost_is_proven_by_its_event(tmp_path):
    async def scene(venue: Bench) -> None:
        await venue.reject(TIER_1="LP_REJECT")
        await venue.arm("route", "timeout_after_accept")
        mine = fresh()
        venue.submit(mine)
        outcome = await venue.outcome(mine)

        # It was held back until the answer was given up.
        assert [] == ends(venue, mine)
        assert Refused("REJECTED", "LP_REJECT", reroute="TIER_2") == outcome

    play(tmp_path, scene, **FALLBACK)


def test_where_nothing_falls_back_the_event_is_told_at_once(tmp_path):
    async def scene(venue: Bench) -> None:
        await venue.reject(TIER_1="LP_REJECT")
        await venue.arm("route", "timeout_after_accept")
        mine = fresh()
        venue.submit(mine)
        told = await venue.status(mine, VenueStatus.REJECTED)

        assert ("LP_REJECT", 0) == (told.text, told.attempt)
        assert 0 == venue.count(CommandOutcome)

    play(tmp_path, scene)


def test_a_409_of_the_second_name_is_in_doubt_and_not_sent_again(tmp_path):
    async def scene(venue: Bench) -> None:
        mine = fresh()
        taken = replace(mine, venue_order_id=f"{mine.venue_order_id}-1")
        await venue.sell("9000000", "1.08423")
        await venue.submitted(taken)
        again = replace(mine, attempt=1, route="TIER_2")
        venue.submit(again)
        outcome = await second_outcome(venue, mine)

        assert isinstance(outcome, Unknown)
        assert "409" in outcome.text
        await asyncio.sleep(0.05)
        assert 2 == len(await venue.routed())

    play(tmp_path, scene, **FALLBACK)

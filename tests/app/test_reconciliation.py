"""A comparison with a venue, watched: what is missed is found, told to the client, and named."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fixgw.app import reconciliation
from fixgw.app.reconciliation import Reconciliation
from fixgw.model.effects import QueryOrder, VenueCommand
from fixgw.model.venue import (
    Fill,
    OrderUpdate,
    QueryFailed,
    UnknownOrderSeen,
    VenueInput,
    VenueStatus,
)
from fixgw.ops.answers import Comparison
from fixgw.runtime.clock import SystemClock
from tests.app.bench import Client, Running, play, running
from tests.app.paper import VENUE


async def compare(gateway: Running) -> Comparison:
    with Reconciliation(gateway.gateway, VENUE) as one:
        gateway.gateway.before_tick(one.begin)
        await asyncio.sleep(0)
        return await one.result(SystemClock())


async def working(gateway: Running, *cl_ord_ids: str) -> Client:
    """A client whose orders work."""
    client = await gateway.client()
    await client.log_on()
    await client.orders(*cl_ord_ids)
    for each in cl_ord_ids:
        await client.expect(f"35=8|11={each}|39=0")
    return client


def half_done(command: VenueCommand) -> VenueInput:
    """To a question: half of it was executed, and nobody has said so."""
    assert isinstance(command, QueryOrder)
    fill = Fill(
        cum_qty=Decimal("0.5"), last_qty=Decimal("0.5"), last_px=Decimal(99), at=1,
        venue_exec_id="t1",
    )
    return OrderUpdate(
        order_id=command.order.order_id, status=VenueStatus.WORKING, cum_qty=Decimal("0.5"),
        fills=(fill,), asked=True,
    )


def as_known(command: VenueCommand) -> VenueInput:
    """To a question: it is as you know it."""
    return OrderUpdate(
        order_id=command.order.order_id, status=VenueStatus.WORKING, asked=True
    )


def test_nothing_open_is_nothing_asked(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            assert Comparison(
                venue=VENUE, reached=True, asked=0, unanswered=0, changed=0
            ) == await compare(gateway)

    play(scenario())


def test_what_is_as_it_was_has_not_changed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            await working(gateway, "A", "B")
            gateway.paper.answer = as_known

            found = await compare(gateway)

            assert (True, 2, 0, 0, ()) == (
                found.reached, found.asked, found.unanswered, found.changed, found.changes
            )
            assert 2 == sum(isinstance(c, QueryOrder) for c in gateway.paper.commands)

    play(scenario())


def test_a_missed_fill_is_found_and_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await working(gateway, "A")
            gateway.paper.answer = half_done

            found = await compare(gateway)

            await client.expect("35=8|11=A|150=F|39=1|32=0.5|31=99|14=0.5")
            [change] = found.changes
            assert ("NEW 0", "PARTIALLY_FILLED", "0.5", 1, 0) == (
                change.before, change.after.status, change.after.cum_qty, found.changed,
                found.unanswered,
            )

    play(scenario())


def test_an_order_that_cannot_be_asked_about_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "WAIT_SECONDS", 3.0)

    def fails(command: VenueCommand) -> VenueInput:
        return QueryFailed(command.order.order_id, "no answer")

    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            await working(gateway, "A")
            gateway.paper.answer = fails

            found = await compare(gateway)

            assert (True, 1, 1, 0) == (
                found.reached, found.asked, found.unanswered, found.changed
            )

    play(scenario())


def test_an_answer_that_takes_longer_than_the_wait_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "WAIT_SECONDS", 3.0)

    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            await working(gateway, "A")
            said = gateway.paper.say
            gateway.paper.answer = as_known
            gateway.paper.say = lambda *words: said(
                *(each for each in words if not isinstance(each, OrderUpdate))
            )

            found = await compare(gateway)

            assert (True, 1, 1) == (found.reached, found.asked, found.unanswered)

    play(scenario())


def test_a_venue_that_does_not_begin_is_not_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "WAIT_SECONDS", 3.0)

    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            await working(gateway, "A")
            gateway.paper.comparable = False

            found = await compare(gateway)

            assert (False, 1, 1) == (found.reached, found.asked, found.unanswered)

    play(scenario())


def test_strangers_are_named_and_not_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            stranger = UnknownOrderSeen(VENUE, "77", "BUY 3 BTCUSDT, 77")
            gateway.paper.strangers.append(stranger)

            found = await compare(gateway)

            assert ("BUY 3 BTCUSDT, 77",) == found.strangers
            assert [] == gateway.paper.commands

    play(scenario())
    assert "order_not_ours_at_venue" in capsys.readouterr().out


def test_it_listens_no_longer_than_it_compares(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            listeners: list[Any] = list(gateway.gateway.listeners)

            await compare(gateway)

            assert listeners == gateway.gateway.listeners

    play(scenario())

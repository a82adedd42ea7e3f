"""Whatever dies, whenever it dies: no order reaches the venue twice, none is lost, and every
execution is reported exactly once. See `tests.support.truthful` for what goes wrong here."""

from collections import Counter
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixgw.model.enums import CLOSED, ExecType, OrdStatus
from fixgw.model.ids import OrderID
from fixgw.model.reports import ExecutionReport, OrderCancelReject
from fixgw.model.venue import VenueStatus
from tests.support.orders import request
from tests.support.truthful import World

ORDERS = 4
STEPS = 30
HAPPENINGS = (
    "order", "order", "cancel", "cancel", "crash", "doomed", "deaf", "unasked", "gone", "back",
)
QUIET_MS = 400_000
"""Long enough for every question, however late, to have been answered."""

ENDS = {
    VenueStatus.WORKING: (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED),
    VenueStatus.FILLED: (OrdStatus.FILLED,),
    VenueStatus.CANCELED: (OrdStatus.CANCELED,),
}


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_day_of_crashes(seed: int) -> None:
    check_day(seed)


@pytest.mark.parametrize("seed", range(12))
def test_a_crash_at_every_tick(seed: int) -> None:
    for tick in count(1):
        world = World(seed)
        world.dies_at = tick
        world.client(request("35=D|11=A|38=10"))
        world.client(request("35=D|11=B|38=10"))
        world.run(world.now + 1_000)
        world.client(request("35=F|11=C|41=A"))
        check_end(world)
        if not world.crashes:
            return


@pytest.mark.parametrize("seed", range(12))
def test_a_crash_at_every_tick_while_a_client_is_gone(seed: int) -> None:
    """Of its orders none stays open, though nobody after the crash is told that it is gone."""
    for tick in count(1):
        world = World(seed)
        world.dies_at = tick
        world.client(request("35=D|11=A|38=10"))
        world.client(request("35=D|11=B|38=10"))
        world.run(world.now + world.random.choice((1, 1_000)))
        world.client_gone()
        check_end(world)
        assert [] == [order for order in world.engine.orders if order.open]
        if not world.crashes:
            return


def check_day(seed: int) -> None:
    check_end(play(seed))


def check_end(world: World) -> None:
    """When all is quiet, all is right."""
    world.run(world.now + QUIET_MS)

    assert set(world.booked.values()) <= {1}, "an order was booked twice"
    for order in world.engine.orders:
        told = [r for r in world.reports if r.order_id == order.order_id]
        assert not order.unsettled, f"{order.request.cl_ord_id} was never answered"
        assert executions_told(told) == executions(world, order.order_id)
        book = world.books.get(order.order_id)
        expected = ENDS[book.status] if book else (OrdStatus.REJECTED, OrdStatus.CANCELED)
        assert order.status in expected
    assert not len(world.engine.inflight), "something is still asked about"
    assert answered_cancels(world) == asked_cancels(world)


def play(seed: int) -> World:
    """A day, drawn from *seed*: orders, cancels, crashes, and a stream that breaks."""
    world, random = World(seed), Random(seed + 1)
    placed: list[str] = []
    for step in range(STEPS):
        world.run(world.now + random.choice((1, 30, 700, 4_000, 9_000)))
        match random.choice(HAPPENINGS):
            case "order" if len(placed) < ORDERS:
                placed.append(f"X{step}")
                tif = random.choice((1, 1, 3))
                world.client(request(f"35=D|11=X{step}|38=10|59={tif}"))
            case "cancel" if placed:
                world.client(request(f"35=F|11=Y{step}|41={random.choice(placed)}"))
            case "crash":
                world.crash()
            case "doomed":
                world.dies_at = world.busy_ticks + 1
            case "deaf":
                world.lose_stream(random.choice((10, 2_000, 30_000)))
            case "unasked":
                world.cancel_unasked()
            case "gone":
                world.client_gone()
            case "back":
                world.client_back()
    return world


def executions(world: World, order_id: OrderID) -> list[str]:
    book = world.books.get(order_id)
    return [f"{f.last_qty} @ {f.last_px}" for f in book.fills] if book else []


def executions_told(reports: list[ExecutionReport]) -> list[str]:
    trades = [r for r in reports if getattr(r, "exec_type", None) is ExecType.TRADE]
    assert len({trade.exec_id for trade in trades}) == len(trades)
    return [f"{t.last_qty} @ {t.last_px}" for t in trades]


def asked_cancels(world: World) -> Counter[str]:
    """The cancel requests that were taken on."""
    return Counter(
        r.cl_ord_id
        for r in world.reports
        if isinstance(r, ExecutionReport) and r.exec_type is ExecType.PENDING_CANCEL
    )


def answered_cancels(world: World) -> Counter[str]:
    """Those of them that came to an end, one way or the other."""
    taken_on = asked_cancels(world)
    return Counter(
        r.cl_ord_id
        for r in world.reports
        if r.cl_ord_id in taken_on
        and (isinstance(r, OrderCancelReject) or r.ord_status in CLOSED)
        and getattr(r, "exec_type", None) is not ExecType.TRADE
    )

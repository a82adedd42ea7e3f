"""Whatever dies, whenever it dies: no order reaches the venue twice, none is lost, and every
execution is reported exactly once. See `tests.support.truthful` for what goes wrong here."""

from collections import Counter
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixgw.core.orders.client_order import of, standing
from fixgw.model.enums import CLOSED, CxlRejResponseTo, ExecType, OrdStatus
from fixgw.model.ids import OrderID
from fixgw.model.number import ZERO, average
from fixgw.model.reports import ExecutionReport, OrderCancelReject
from fixgw.model.venue import Fill, VenueStatus
from tests.support.orders import request
from tests.support.seeds import seeds
from tests.support.truthful import World

ORDERS = 6
STEPS = 30
HAPPENINGS = (
    "order", "order", "order", "cancel", "replace", "replace", "replace", "replace", "replace",
    "crash", "doomed", "deaf", "unasked", "gone", "back", "mass cancel",
)
QUIET_MS = 400_000
"""Long enough for every question, however late, to have been answered."""

ENDS = {
    VenueStatus.WORKING: (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED),
    VenueStatus.FILLED: (OrdStatus.FILLED,),
    VenueStatus.CANCELED: (OrdStatus.CANCELED, OrdStatus.REPLACED),
    # It never arrived, or had nothing left to do.
    None: (OrdStatus.REJECTED, OrdStatus.CANCELED, OrdStatus.REPLACED, OrdStatus.FILLED),
}


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_day_of_crashes(seed: int) -> None:
    check_day(seed)


@pytest.mark.drawn
@pytest.mark.parametrize("seed", seeds(12))
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


@pytest.mark.drawn
@pytest.mark.parametrize("seed", seeds(24))
@pytest.mark.parametrize("quantity", [12, 7, 1])
def test_a_crash_at_every_tick_of_a_replace(seed: int, quantity: int) -> None:
    for tick in count(1):
        world = World(seed)
        world.dies_at = tick
        world.client(request("35=D|11=A|38=10"))
        world.run(world.now + world.random.choice((1, 1_000, 1_000)))
        world.client(request(f"35=G|11=B|41=A|38={quantity}"))
        world.run(world.now + 2_000)
        world.client(request("35=G|11=C|41=B|38=9"))
        check_end(world)
        if not world.crashes:
            return


@pytest.mark.drawn
@pytest.mark.parametrize("seed", seeds(12))
def test_a_crash_at_every_tick_while_a_client_is_gone(seed: int) -> None:
    """Of its orders none stays open, though nobody after the crash is told that it is gone."""
    for tick in count(1):
        world = World(seed)
        world.dies_at = tick
        world.client(request("35=D|11=A|38=10"))
        world.client(request("35=D|11=B|38=10"))
        world.run(world.now + world.random.choice((1, 1_000)))
        world.client(request("35=G|11=C|41=A|38=12"))
        world.run(world.now + world.random.choice((1, 1_000)))
        world.client_gone()
        check_end(world)
        if not world.crashes:
            return


def check_day(seed: int) -> None:
    check_end(play(seed))


def check_end(world: World) -> None:
    """When all is quiet, all is right."""
    world.run(world.now + QUIET_MS)

    assert set(world.booked.values()) <= {1}, "an order was booked twice"
    assert [] == world.overlaps, "two orders of one chain worked at the same time"
    for order in world.engine.orders:
        assert not order.unsettled, f"{order.request.cl_ord_id} was never answered"
        book = world.books.get(order.order_id)
        assert order.status in ENDS[book.status if book else None]
    assert not len(world.engine.proofs), "something is still asked about"
    for root in {of(order).root_id for order in world.engine.orders if standing(order) is order}:
        check_chain(world, root)
    assert answered_cancels(world) == asked_cancels(world)
    assert answered_replaces(world) == Counter(world.replaces)
    if world.gone:
        assert [] == [order for order in world.engine.orders if order.open]


def check_chain(world: World, root: OrderID) -> None:
    """What the client knows as one order."""
    told = [r for r in world.reports if r.order_id == root]
    orders = [o for o in world.engine.orders if world.root(o.order_id) == root]
    assert executions_told(told) == executions(world, [order.order_id for order in orders])
    in_force = [o.request.order_qty for o in orders if of(o).root_id == root]
    executed = sum((fill.last_qty for o in orders for fill in fills(world, o.order_id)), ZERO)
    assert executed <= max(quantity for quantity in in_force if quantity is not None)
    check_story([r for r in told if isinstance(r, ExecutionReport)])


def check_story(reports: list[ExecutionReport]) -> None:
    """Every report says the sum of the executions before it."""
    executed = notional = ZERO
    for report in reports:
        if report.exec_type is ExecType.TRADE:
            assert report.last_qty is not None and report.last_px is not None
            executed += report.last_qty
            notional += report.last_qty * report.last_px
        assert report.cum_qty == executed
        assert report.avg_px == (average(notional, executed) if executed else ZERO)
        assert report.order_qty is not None
        if report.ord_status in CLOSED:
            assert not report.leaves_qty
        else:
            # An order that fills while a cancel or replace of it is pending has nothing left.
            assert report.leaves_qty == report.order_qty - executed
    ends = Counter(r.exec_type for r in reports)
    assert ends[ExecType.NEW] <= 1
    assert ends[ExecType.CANCELED] + ends[ExecType.REJECTED] <= 1


def play(seed: int) -> World:
    """A day, drawn from *seed*: orders, cancels, replaces, crashes, and a stream that breaks."""
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
            case "replace" if placed:
                quantity, old = random.choice((3, 8, 10, 15, 20)), random.choice(placed[-2:])
                tif = world.order(old).request.time_in_force
                price = random.choice((99, 101))
                world.client(request(
                    f"35=G|11=Z{step}|41={old}|38={quantity}|44={price}|59={tif}"
                ))
            case "mass cancel":
                world.client(request(f"35=q|11=M{step}|530=7"))
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
    if world.gone:
        world.client_gone()  # orders that it sent after it was gone are not to stay either
    return world


def fills(world: World, order_id: OrderID) -> list[Fill]:
    book = world.books.get(order_id)
    return book.fills if book else []


def executions(world: World, order_ids: list[OrderID]) -> Counter[str]:
    return Counter(
        f"{order_id} {fill.last_qty} @ {fill.last_px}"
        for order_id in order_ids for fill in fills(world, order_id)
    )


def executions_told(reports: list[ExecutionReport]) -> Counter[str]:
    trades = [r for r in reports if getattr(r, "exec_type", None) is ExecType.TRADE]
    assert len({trade.exec_id for trade in trades}) == len(trades)
    return Counter(f"{t.exec_id.split('-')[0]} {t.last_qty} @ {t.last_px}" for t in trades)


def answered_replaces(world: World) -> Counter[str]:
    """Each is answered by 150=5, or by 35=9 with 434=2; once."""
    return Counter(
        r.cl_ord_id
        for r in world.reports
        if getattr(r, "exec_type", None) is ExecType.REPLACED
        or getattr(r, "response_to", None) is CxlRejResponseTo.ORDER_CANCEL_REPLACE_REQUEST
    )


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

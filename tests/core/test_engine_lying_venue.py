"""A venue that shows badly what it does: no execution is told that it did not make, none that it
made stays untold when its lists settle, no end comes before the order has ended, and a cancel of
the client always leaves while the venue may work the order. See `tests.support.lying`."""

from random import Random

import pytest

from fixgw.model.enums import OrdStatus
from fixgw.model.venue import StreamRestored, VenueStatus
from tests.support.lying import ABSENT_MS, FOR_LONG_MS, LyingBook, LyingWorld
from tests.support.orders import ACCOUNT, VENUE, request
from tests.support.seeds import seeds

ORDERS = 5
STEPS = 40
HAPPENINGS = (
    "order", "order", "order", "cancel", "cancel", "replace", "replace", "crash", "doomed", "deaf",
    "unasked", "change", "change", "hide", "hide", "hide for long", "restored", "restored",
)
QUIET_MS = 150_000


def play(seed: int, *, lies: bool = True, replaces: bool = False) -> LyingWorld:
    """A day, drawn from *seed*."""
    world, random = LyingWorld(seed, lies=lies), Random(seed + 1)
    placed: list[str] = []
    for step in range(STEPS):
        world.run(world.now + random.choice((1, 30, 700, 4_000, 9_000, 40_000)))
        match random.choice(HAPPENINGS):
            case "order" if len(placed) < ORDERS:
                placed.append(f"X{step}")
                world.client(request(f"35=D|11=X{step}|38={random.choice((1, 10, 40))}"))
            case "cancel" if placed:
                world.client(request(f"35=F|11=Y{step}|41={random.choice(placed)}"))
            case "replace" if placed and replaces:
                old, quantity = random.choice(placed[-2:]), random.choice((3, 10, 20, 50))
                world.client(request(f"35=G|11=Z{step}|41={old}|38={quantity}"))
            case "crash":
                world.crash()
            case "doomed":
                world.dies_at = world.busy_ticks + 1
            case "deaf":
                world.lose_stream(random.choice((10, 2_000, 30_000)))
            case "unasked":
                world.cancel_unasked()
            case "change":
                world.change_an_execution()
            case "hide":
                world.hide_an_order(random.choice(ABSENT_MS))
            case "hide for long" if seed % 4 == 0:
                world.hide_an_order(FOR_LONG_MS)
                world.run(world.now + random.choice((1, 400_000)))
            case "restored":
                world.engine.handle(StreamRestored(VENUE, ACCOUNT), world.moment)
    return world


def settle(world: LyingWorld) -> None:
    """The venue's lists are complete at last, and it is asked."""
    world.settle()
    for _ in range(3):
        world.engine.handle(StreamRestored(VENUE, ACCOUNT), world.moment)
        world.run(world.now + QUIET_MS)


@pytest.mark.drawn
@pytest.mark.parametrize("seed", seeds(10))
def test_nor_of_one_that_shows_everything(seed: int) -> None:
    """What is compared here is right: there is nothing to be misled by."""
    world = play(seed, lies=False)
    settle(world)

    check(world)


@pytest.mark.drawn
@pytest.mark.parametrize("seed", seeds(40))
def test_what_is_told_is_what_the_venue_did(seed: int) -> None:
    world = play(seed)
    settle(world)
    check(world)


@pytest.mark.drawn
@pytest.mark.parametrize("seed", seeds(20))
def test_the_same_with_replaces(seed: int) -> None:
    world = play(seed, replaces=True)
    settle(world)
    check(world)


def check(world: LyingWorld) -> None:
    """The client knows of each execution as it is, and of each end."""
    assert [] == world.wrong
    made = {
        (book.order.order_id, trade.name): known[:2]
        for book in world.lying_books() for trade in book.trades
        if (known := trade.at(world.now)) and not known[2]
    }
    told = {each: what for one in world.told.values() for each, what in one.executions.items()}
    assert made == told
    for book in world.lying_books():
        check_end(world, book)


def check_end(world: LyingWorld, book: LyingBook) -> None:
    order = world.engine.orders.get(book.order.order_id)
    assert order is not None
    if book.status is VenueStatus.WORKING:
        assert order.open or book.for_long
    else:
        assert not order.open, f"{order.request.cl_ord_id} is {order.status.name} for ever"
        if book.status is VenueStatus.FILLED:
            assert order.status in (OrdStatus.FILLED, OrdStatus.REPLACED) or book.for_long

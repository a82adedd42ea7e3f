"""A fold of the journal files orders and reads them again: also one that begins once more."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fixgw.journal.closed import ClosedOrders
from fixgw.journal.snapshot import Fold, Snapshot
from fixgw.journal.tick import JournalEvent, Tick
from fixgw.model.errors import JournalError
from fixgw.model.events import VenueFill
from tests.support.orders import Exchange, accepted, canceled_as_asked, fill, made


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[ClosedOrders]:
    with closing(ClosedOrders(tmp_path / "closed.sqlite")) as opened:
        yield opened


def story() -> list[Tick]:
    """Three orders that are over after tick 3, and late executions of two of them after that."""
    exchange = Exchange()
    made.clear()  # no test of the core
    ticks: list[Tick] = []

    def tick() -> None:
        begun = sum(len(each.events) for each in ticks)
        events: list[JournalEvent] = list(exchange.events[begun:])
        number = len(ticks) + 1
        ticks.append(Tick(number=number, at=exchange.now, durable=number, events=events))
        exchange.now += 1_000

    for name in ("A", "B", "C"):
        exchange.client(f"35=D|11={name}|38=10|")
        exchange.venue(accepted())
        exchange.client(f"35=F|11={name}c|41={name}|")
        exchange.venue(canceled_as_asked())
        tick()
    for name, trade in (("A", "t1"), ("B", "t2"), ("A", "t3")):
        exchange.venue(fill(trade, 2), order=name)
        tick()
    return ticks


def compact(
    closed: ClosedOrders, ticks: list[Tick], snapshot: Snapshot | None = None
) -> Snapshot:
    """Fold *ticks* after *snapshot*, and file what is over at their end."""
    as_of = None if snapshot is None else snapshot.tick
    fold = Fold(lambda order_id: closed.events(order_id, as_of), snapshot)
    for tick in ticks:
        if snapshot is None or tick.number > snapshot.tick:
            fold.take(tick)
    snapshot, filed = fold.result(ticks[-1].at, 0)
    closed.file(filed, snapshot.tick)
    return snapshot


def on_file(closed: ClosedOrders) -> list[list[JournalEvent]]:
    return list(closed.newest(100))


def fills(events: list[JournalEvent]) -> list[str]:
    return [each.venue_exec_id for each in events if isinstance(each, VenueFill)]


def test_an_order_that_executed_after_its_end_is_filed_anew(closed: ClosedOrders) -> None:
    ticks = story()
    first = compact(closed, ticks[:3])
    assert [[], [], []] == [fills(each) for each in on_file(closed)]
    compact(closed, ticks, first)

    assert [[], ["t2"], ["t1", "t3"]] == [fills(each) for each in on_file(closed)]
    assert [each.events for each in ticks[2:3]] == on_file(closed)[:1]


@pytest.mark.parametrize("through", [4, 5, 6])
def test_a_fold_that_begins_again_files_the_same(closed: ClosedOrders, through: int) -> None:
    """The process died when the orders were filed, and the snapshot after that is damaged."""
    ticks = story()
    first = compact(closed, ticks[:3])
    second = compact(closed, ticks[:through], first)
    was = on_file(closed)

    assert second == compact(closed, ticks[:through], first)
    assert was == on_file(closed)
    compact(closed, ticks, first)
    assert [[], ["t2"], ["t1", "t3"]] == [fills(each) for each in on_file(closed)]


def test_without_its_tick_a_fold_would_meet_an_execution_twice(closed: ClosedOrders) -> None:
    """Else the test above would show nothing."""
    ticks = story()
    first = compact(closed, ticks[:3])
    compact(closed, ticks, first)
    fold = Fold(closed.events, first)

    with pytest.raises(JournalError, match="tick 4: "):
        fold.take(ticks[3])

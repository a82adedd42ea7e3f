"""Snapshots: what leaves them, what comes back, and what cannot be one."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from fixgw.core.orders.index import Filed
from fixgw.journal import snapshot as snapshots
from fixgw.journal.snapshot import DAY_MS, Fold, Snapshot
from fixgw.journal.tick import DecidedTick, JournalEvent, SessionRow, Tick
from fixgw.model.enums import OrdRejReason
from fixgw.model.errors import JournalError
from fixgw.model.events import CancelRequested, OrderNotPlaced, VenueAccepted, VenueCanceled
from fixgw.model.ids import ClOrdID, ExecID, OrderID
from fixgw.model.session_events import SessionAdded, TradeDisputed
from fixgw.model.venue_events import VenueNoted
from tests.journal.states import Rows
from tests.support.orders import (
    CAPABILITIES,
    CLIENT,
    START_MS,
    VENUE,
    Exchange,
    accepted,
    canceled_as_asked,
    fill,
    news,
    placed,
    refused,
    replaced,
    request,
)

FIRST, SECOND = OrderID("1700000000000000"), OrderID("1700000000000001")
HOUR_MS = 3_600_000
LATER = START_MS + 2 * HOUR_MS


def tick(number: int, *events: JournalEvent, at: int = START_MS, **more: Any) -> Tick:
    return Tick(number, at, number - 1, events=list(events), **more)


def not_placed(order_id: OrderID, name: str) -> OrderNotPlaced:
    return OrderNotPlaced(
        order_id=order_id, at=START_MS, request=request(f"35=D|11={name}|38=10"),
        reason=OrdRejReason.OTHER, text="no",
    )


def disputed(order_id: OrderID, reason: str = "A") -> TradeDisputed:
    return TradeDisputed(
        session=CLIENT, at=START_MS, order_id="", exec_id=ExecID(f"{order_id}-Ft1"), reason=reason
    )


def noted(key: str, body: bytes, order_id: OrderID = FIRST) -> VenueNoted:
    return VenueNoted(venue=VENUE, at=START_MS, key=key, body=body, order_id=order_id)


PLACED = placed("35=D|11=X|38=10", FIRST)
LIFE = (
    PLACED,
    VenueAccepted(order_id=FIRST, at=START_MS),
    CancelRequested(order_id=FIRST, at=START_MS, cl_ord_id=ClOrdID("Y")),
    VenueCanceled(order_id=FIRST, at=START_MS + 1),
)


def test_an_order_that_is_over_long_enough_leaves_with_all_its_events() -> None:
    fold = Fold(Rows().get)
    fold.take(tick(1, *LIFE, at=LATER))

    snapshot, filed = fold.result(START_MS + HOUR_MS, HOUR_MS)
    assert (list(LIFE), []) == (snapshot.events, filed)
    snapshot, [order] = fold.result(START_MS + 1 + HOUR_MS, HOUR_MS)
    assert [] == snapshot.events
    assert list(LIFE) == order.events
    assert (FIRST, CLIENT, [VENUE]) == (order.root, order.session, order.venues)
    assert (["X", "Y"], []) == (order.names, order.legs)
    assert (START_MS + 1, START_MS // DAY_MS) == (order.ended_at, order.day)
    assert Filed(FIRST, len(LIFE)) == order.filed
    assert int(FIRST) == snapshot.last_order_id, "no other order gets its number"


def test_an_order_that_works_stays_however_old_it_is() -> None:
    fold = Fold(Rows().get)
    fold.take(tick(1, *LIFE[:2]))

    snapshot, filed = fold.result(LATER + 10_000 * DAY_MS, 0)
    assert (list(LIFE[:2]), []) == (snapshot.events, filed)


def test_an_order_that_was_refused_before_it_left_is_filed_too() -> None:
    fold = Fold(Rows().get)
    event = not_placed(FIRST, "X")
    fold.take(tick(1, event))

    snapshot, [order] = fold.result(LATER, HOUR_MS)
    assert [] == snapshot.events
    assert ([event], [], ["X"]) == (order.events, order.venues, order.names)
    assert Filed(FIRST, 1) == order.filed


def test_what_replaced_each_other_leaves_together() -> None:
    """X was replaced by Y; Z was to replace Y, and did not."""
    exchange = Exchange(replace(CAPABILITIES, replace=True))
    exchange.client("35=D|11=X|38=10")
    exchange.venue(accepted())
    exchange.client("35=G|11=Y|41=X|38=12")
    exchange.venue(replaced(), order="Y")
    exchange.client("35=G|11=Z|41=Y|38=14")
    exchange.venue(refused(), order="Z")
    root, second, third = (exchange.order(name).order_id for name in "XYZ")
    fold = Fold(Rows().get)
    fold.take(tick(1, *exchange.events))
    assert [] == fold.result(LATER, 0)[1], "Y works"

    known = len(exchange.events)
    exchange.client("35=F|11=C|41=Y")
    exchange.venue(canceled_as_asked("0"), order="Y")
    fold.take(tick(2, *exchange.events[known:]))
    snapshot, [order] = fold.result(LATER, 0)
    assert [] == snapshot.events
    assert exchange.events == order.events
    assert (root, [second, third]) == (order.root, order.legs)
    assert {"X", "Y", "Z", "C"} == set(order.names)


def test_the_last_event_of_any_of_them_is_the_end_of_all() -> None:
    """Y was to replace X, did not, and was executed an hour after the end of X."""
    exchange = Exchange(replace(CAPABILITIES, replace=True))
    exchange.client("35=D|11=X|38=10")
    exchange.venue(accepted())
    exchange.client("35=G|11=Y|41=X|38=12")
    exchange.venue(refused(), order="Y")
    exchange.venue(news("canceled"), order="X")
    exchange.tick(HOUR_MS)
    exchange.venue(fill("t1", 12, status="filled"), order="Y")
    fold = Fold(Rows().get)
    fold.take(tick(1, *exchange.events))

    assert [] == fold.result(START_MS + HOUR_MS, HOUR_MS)[1]
    _, [order] = fold.result(START_MS + 2 * HOUR_MS, HOUR_MS)
    assert START_MS + HOUR_MS == order.ended_at


def test_one_that_came_back_stands_where_it_stood() -> None:
    """By its age, and not by when the journal was cut."""
    rows = Rows()
    fold = Fold(rows.get)
    fold.take(tick(1, *LIFE))
    rows.put(fold.result(LATER, 0)[1])
    second = placed("35=D|11=Z|38=10", SECOND)
    fold.take(tick(2, second, noted("a", b"1")))

    snapshot, _ = fold.result(START_MS, HOUR_MS)
    assert [*LIFE, noted("a", b"1"), second] == snapshot.events


def test_a_later_event_brings_an_order_back() -> None:
    rows = Rows()
    fold = Fold(rows.get)
    fold.take(tick(1, *LIFE))
    rows.put(fold.result(LATER, 0)[1])

    exchange = Exchange()
    exchange.now = LATER
    exchange.engine.revive(LIFE, exchange.moment)
    exchange.venue(fill("t1", 4))
    fold.take(tick(2, *exchange.events, at=LATER))

    snapshot, filed = fold.result(LATER, HOUR_MS)
    assert ([*LIFE, *exchange.events], []) == (snapshot.events, filed)
    _, [order] = fold.result(LATER + HOUR_MS, HOUR_MS)
    assert [*LIFE, *exchange.events] == order.events


def test_what_is_noted_lives_with_its_order_and_what_is_disputed_stays() -> None:
    rows = Rows()
    fold = Fold(rows.get)
    fold.take(tick(1, *LIFE, noted("a", b"1"), noted("b", b"1"), disputed(FIRST), noted("a", b"")))
    snapshot, filed = fold.result(LATER, 0)
    assert [disputed(FIRST)] == snapshot.events
    assert [[*LIFE, noted("b", b"1")]] == [each.events for each in filed]
    assert Filed(FIRST, len(LIFE)) == filed[0].filed, "of the events of orders"
    rows.put(filed)
    assert {} == fold._about, "it has left, and what was noted has left with it"

    fold.take(tick(2, disputed(FIRST, "Z"), noted("b", b"")))
    snapshot, filed = fold.result(LATER, 0)
    assert [disputed(FIRST, "Z")] == snapshot.events
    assert [[*LIFE]] == [each.events for each in filed]


def test_a_note_about_an_order_that_is_nowhere_is_not_lost() -> None:
    fold = Fold(Rows().get)
    fold.take(tick(1, noted("a", b"1", SECOND), disputed(SECOND)))

    assert [noted("a", b"1", SECOND), disputed(SECOND)] == fold.result(LATER, 0)[0].events


def test_the_sessions_have_their_last_numbers() -> None:
    row = SessionRow(1, 5, 7, 2, 3)
    added = SessionAdded(session=CLIENT, at=1, id=1)
    fold = Fold(Rows().get)
    fold.take(tick(1, added, numbers=[row._replace(next_sender=1)]))
    fold.take(DecidedTick(2, START_MS, 1, [row], [], []))

    snapshot, _ = fold.result(LATER, 0)
    assert (1, 2, START_MS) == (snapshot.version, snapshot.tick, snapshot.at)
    assert ({CLIENT: row}, [added]) == (snapshot.sessions, snapshot.events)
    again = Fold(Rows().get, snapshot)
    again.take(tick(3, numbers=[row._replace(next_sender=6)]))
    assert {CLIENT: row._replace(next_sender=6)} == again.result(LATER, 0)[0].sessions


def test_a_snapshot_is_the_same_wherever_the_journal_was_cut() -> None:
    second = (placed("35=D|11=Z|38=10", SECOND), not_placed(OrderID("1700000000000002"), "N"))
    ticks = [tick(1, *LIFE[:2], second[0]), tick(2, *LIFE[2:]), tick(3, second[1])]
    at_once = Fold(Rows().get)
    snapshot: Snapshot | None = None
    for each in ticks:
        at_once.take(each)
        fold = Fold(Rows().get, snapshot)
        fold.take(each)
        snapshot, _ = fold.result(START_MS, HOUR_MS)

    assert at_once.result(START_MS, HOUR_MS) == (snapshot, [])


def test_a_snapshot_is_read_as_it_was_written() -> None:
    fold = Fold(Rows().get)
    fold.take(tick(1, *LIFE[:2]))
    snapshot, _ = fold.result(LATER, 0)

    assert snapshot == snapshots.decode(snapshots.encode(snapshot))


@pytest.mark.parametrize("data", (b"", b"\xff\xff", msgspec.msgpack.encode([1, 2])))
def test_what_is_no_snapshot_is_refused(data: bytes) -> None:
    with pytest.raises(JournalError, match="the snapshot cannot be read"):
        snapshots.decode(data)


def test_a_snapshot_of_another_version_is_refused() -> None:
    later = Snapshot(snapshots.VERSION + 1, 1, 1, {}, 0, [])

    with pytest.raises(JournalError, match="has version 2"):
        snapshots.decode(snapshots.encode(later))


def test_a_tick_that_is_not_the_next_one_is_refused() -> None:
    fold = Fold(Rows().get)
    fold.take(tick(1, *LIFE))

    for number in (1, 3):
        with pytest.raises(JournalError, match=f"tick {number} follows tick 1"):
            fold.take(tick(number))


def test_an_event_of_an_order_that_is_nowhere_is_an_error() -> None:
    with pytest.raises(JournalError, match=f"order {FIRST} is not in the journal"):
        Fold(Rows().get).take(tick(1, LIFE[1]))


def test_events_that_contradict_each_other_are_an_error() -> None:
    with pytest.raises(JournalError, match="tick 1: IllegalTransition"):
        Fold(Rows().get).take(tick(1, PLACED, LIFE[3], LIFE[2]))


def test_numbers_of_no_session_are_an_error() -> None:
    with pytest.raises(JournalError, match="tick 1: KeyError 9"):
        Fold(Rows().get).take(tick(1, numbers=[SessionRow(9, 1, 1, 0, 0)]))

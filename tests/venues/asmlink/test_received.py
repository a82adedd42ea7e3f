"""What was told is kept before it is passed on, and answered for only where it adds up."""

from decimal import Decimal as D

import pytest

from fixgw.model.ids import OrderID
from fixgw.model.venue import VenueStatus
from fixgw.runtime.clock import ManualClock
from fixgw.venues.asmlink.store import Store, StoreError
from fixgw.venues.asmlink.received import DOUBT_SECONDS, Received
from tests.venues.asmlink.test_executions import HOOK, REPLY, STREAM, tell
from tests.venues.asmlink.venue import order, rules

ONE, TWO = OrderID("1723714264882000"), OrderID("1723714264882001")


@pytest.fixture
def record(tmp_path):
    record = Store(tmp_path / "told.sqlite")
    yield record
    record.close()


def told(record):
    return Received(record, ManualClock(1), rules())


def test_the_same_fill_in_another_way_is_no_news(record):
    one = told(record)
    first, second, third = (one.take(ONE, each) for each in (REPLY, STREAM, STREAM))

    assert D(5) == first.fill.last_qty
    assert (VenueStatus.FILLED, None) == (second.status, second.fill)
    assert third is None
    assert [REPLY, STREAM] == list(record.tells(ONE))


def test_after_a_restart_what_was_told_is_told_already(record):
    told(record).take(ONE, REPLY)
    again = told(record)

    assert again.take(ONE, REPLY) is None
    assert again.take(ONE, HOOK).fill is None


def test_what_cannot_be_kept_is_not_taken_unless_it_will_not_come_again(record):
    one = told(record)
    record.close()
    record._write = lambda *_: (_ for _ in ()).throw(StoreError("disk"))
    with pytest.raises(StoreError):
        one.take(ONE, HOOK)

    assert D(5) == one.take_anyway(ONE, STREAM).fill.last_qty


def test_what_may_not_have_reached_the_core_is_there_again(record):
    one = told(record)
    one.take(ONE, REPLY)
    one.take(TWO, STREAM)
    record.tells_passed_on(record.mark())
    one.take(TWO, HOOK)

    (update,) = told(record).not_passed_on()
    assert (TWO, VenueStatus.FILLED, D(5), 1) == (
        update.order_id, update.status, update.cum_qty, len(update.fills),
    )


def test_it_answers_for_the_venue_only_where_what_was_told_adds_up(record):
    one = told(record)
    mine = order("5", order_id=ONE)
    assert one.known(mine, certain=True) is None

    one.take(ONE, tell("stream", "e2", 3, status=VenueStatus.FILLED))
    assert not one.known(mine, certain=True).asked
    one.take(ONE, tell("webhook", "e1", 2, at=500))
    known = one.known(mine, certain=True)
    assert (True, D(5), 2) == (known.asked, known.cum_qty, len(known.fills))
    assert not one.known(mine, certain=False).asked


def test_what_is_held_is_alerted_after_a_while_and_after_each_start(record):
    clock = ManualClock(1)
    one = Received(record, clock, rules(counts="unproven"))
    one.place(order("5", order_id=ONE))
    one.take(ONE, tell("stream", "e1", 1))
    update = one.take(ONE, tell("stream", "e2", 2, at=2_000))
    assert (None, D(2)) == (update.fill, update.cum_qty)
    assert [] == list(one.doubts())

    clock.advance(int(DOUBT_SECONDS * 1000))
    (doubt,) = one.doubts()
    assert (ONE, True) == (doubt.order_id, "3 or 2 of OrderQty(38) 5" in doubt.text)
    assert [] == list(one.doubts())

    record.tells_passed_on(record.mark())
    again = Received(record, clock, rules(counts="unproven"))
    (update,) = again.not_passed_on()
    assert (1, D(2)) == (len(update.fills), update.cum_qty)
    clock.advance(int(DOUBT_SECONDS * 1000))
    assert [ONE] == [each.order_id for each in again.doubts()]

    proven = again.take(ONE, tell("stream", "e3", 2, at=3_000, status=VenueStatus.FILLED))
    assert [D(1), D(2), D(2)] == [fill.last_qty for fill in proven.fills]
    assert [] == record.doubted()


def test_what_was_ordered_counts_also_where_it_could_not_be_kept(record):
    one = Received(record, ManualClock(1), rules(counts="unproven"))
    record._database.execute("DROP TABLE orders")
    one.place(order("5", order_id=ONE))
    one.take(ONE, tell("stream", "e1", 2))
    update = one.take(ONE, tell("stream", "e2", 5, at=2_000, status=VenueStatus.FILLED))

    assert (D(3), D(5)) == (update.fill.last_qty, update.cum_qty)

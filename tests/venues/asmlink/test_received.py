"""What was told is kept before it is passed on, and answered for only where it adds up."""

from decimal import Decimal as D

import pytest

from fixgw.model.ids import OrderID
from fixgw.model.venue import VenueStatus
from fixgw.runtime.clock import ManualClock
from fixgw.venues.asmlink.store import Store, StoreError
from fixgw.venues.asmlink.received import Received
from tests.venues.asmlink.test_executions import HOOK, REPLY, STREAM, tell
from tests.venues.asmlink.venue import order

ONE, TWO = OrderID("1723714264882000"), OrderID("1723714264882001")


@pytest.fixture
def record(tmp_path):
    record = Store(tmp_path / "told.sqlite")
    yield record
    record.close()


def told(record):
    return Received(record, ManualClock(1), 5.0)


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

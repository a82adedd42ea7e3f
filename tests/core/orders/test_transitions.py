"""The table of states."""

import runpy
from pathlib import Path

import pytest

from fixgw.core.orders.transitions import CHANGES_NOTHING, TABLE, allowed
from fixgw.model.enums import CLOSED, OrdStatus
from fixgw.model.errors import IllegalTransition
from fixgw.model.events import (
    CancelDecided,
    CancelGivenUp,
    CancelRefusedByVenue,
    CancelRequested,
    EndConfirmed,
    FillBusted,
    FillCorrected,
    OrderEventBase,
    OrderNotPlaced,
    OrderPlaced,
    OutcomeUnknown,
    SubmittedAgain,
    VenueAccepted,
    VenueCanceled,
    VenueExpired,
    VenueFill,
    VenueRefused,
    WorkingAfterEnd,
)
from fixgw.model.ids import ClOrdID, OrderID

ORDER_ID = OrderID("1700000000000000")


def test_every_state_can_be_reached_from_none() -> None:
    reached = {None}
    while True:
        more = {s for (start, _), ends in TABLE.items() if start in reached for s in ends.to}
        if more <= reached:
            break
        reached |= more

    assert reached == {None, *OrdStatus}


def test_every_kind_of_event_may_happen_at_some_time() -> None:
    assert set(OrderEventBase.__subclasses__()) == {kind for _, kind in TABLE}


def test_only_an_execution_happens_after_the_end() -> None:
    """And the last word on an order that was replaced: nobody is told of it."""
    ends = {VenueCanceled, VenueExpired, VenueRefused}
    executions = {VenueFill, FillCorrected, FillBusted}
    shown_working = {
        WorkingAfterEnd, EndConfirmed, CancelDecided, CancelRefusedByVenue, CancelGivenUp,
        OutcomeUnknown,
    }
    for state in CLOSED:
        after = {kind for at, kind in TABLE if at is state} - {*CHANGES_NOTHING}
        if state is OrdStatus.REPLACED:
            assert after == executions | ends
        else:
            assert after == executions | shown_working


def test_an_order_begins_once() -> None:
    begins = {kind for state, kind in TABLE if state is None}

    assert begins == {OrderPlaced, OrderNotPlaced}
    assert not {kind for state, kind in TABLE if state is not None} & begins


def test_only_what_the_venue_does_not_have_is_submitted_again() -> None:
    assert {s for s, kind in TABLE if kind is SubmittedAgain} == {
        OrdStatus.PENDING_NEW,
        # To be replaced as soon as the venue has it.
        OrdStatus.PENDING_REPLACE,
    }


def test_a_missing_row_is_an_error_that_names_order_event_and_state() -> None:
    event = CancelRequested(order_id=ORDER_ID, at=0, cl_ord_id=ClOrdID("Y"))

    with pytest.raises(IllegalTransition) as error:
        allowed(OrdStatus.FILLED, event)

    assert "order 1700000000000000: CancelRequested is not allowed in FILLED" == str(error.value)


def test_nothing_but_its_placing_happens_to_no_order() -> None:
    with pytest.raises(IllegalTransition, match="VenueAccepted is not allowed in no order"):
        allowed(None, VenueAccepted(order_id=ORDER_ID, at=0))


def test_the_drawing_is_of_this_table() -> None:
    docs = Path(__file__).parents[3] / "docs"
    draw = runpy.run_path(str(docs / "diagrams.py"))["order_states"]

    assert draw() == (docs / "order-states.svg").read_text(encoding="utf-8"), "make diagrams"

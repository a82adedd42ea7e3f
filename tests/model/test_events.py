"""Events in the journal: what is written is what is read, of every kind."""

from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from fixgw.model.enums import (
    CancelFor,
    Command,
    CxlRejReason,
    ExecRestatementReason,
    Liquidity,
    OrdRejReason,
    Verdict,
)
from fixgw.model.events import (
    CancelDecided,
    CancelGivenUp,
    CancelRefusedByVenue,
    CancelRejected,
    CancelRequested,
    EndConfirmed,
    FillBusted,
    FillCorrected,
    OrderEvent,
    OrderEventBase,
    OrderNotPlaced,
    OrderReplaced,
    OutcomeUnknown,
    ReplacedInFull,
    ReplacementSubmitted,
    ReplaceRejected,
    ReplaceRequested,
    Rerouted,
    SubmittedAgain,
    SubmitTaken,
    VenueAccepted,
    VenueCanceled,
    VenueExpired,
    VenueFill,
    VenueNamed,
    VenueRefused,
    VerdictRecorded,
    WorkingAfterEnd,
)
from fixgw.model.ids import ClOrdID, OrderID
from fixgw.model.settlement import Settlement
from fixgw.model.terms import Terms
from tests.support.orders import placed, request

ID = OrderID("1700000000000000")
PRICE = Decimal("0.000000170")

EVENTS = (
    placed("35=D|11=X|38=10|44=0.000000170|59=3|18=6|97=Y", ID),
    placed("35=D|11=X|40=1|152=1000", ID),
    replace(
        placed("35=D|11=X|38=10", ID),
        request=replace(
            request("35=D|11=X|38=10"),
            terms=Terms(currency="EUR", stop_px=PRICE, expire_time=1, ex_destination="TIER_2"),
        ),
        replaces=OrderID("1"),
        native=True,
        cancel_on_disconnect=True,
        quote="USDT",
    ),
    OrderNotPlaced(
        order_id=ID,
        at=1,
        request=request("35=D|11=X|38=0"),
        reason=OrdRejReason.INCORRECT_QUANTITY,
        text="why",
    ),
    SubmittedAgain(order_id=ID, at=1),
    VenueAccepted(order_id=ID, at=1),
    VenueRefused(order_id=ID, at=1, reason=OrdRejReason.OTHER, text="why"),
    VenueFill(
        order_id=ID,
        at=1,
        venue_exec_id="t1",
        last_qty=Decimal("1E-8"),
        last_px=PRICE,
        trade_at=2,
        commission=Decimal("-0.1"),
        commission_currency="BTC",
        liquidity=Liquidity.REMOVED,
        closes=True,
        last_mkt="XLON",
        text="why",
        settlement=Settlement(
            date="20230615", trade_date="20230613", currency="USD", counterparty="LP"
        ),
    ),
    FillCorrected(
        order_id=ID,
        at=1,
        venue_exec_id="t1",
        count=1,
        last_qty=Decimal("1E-8"),
        last_px=PRICE,
        trade_at=2,
        commission=Decimal("-0.1"),
        commission_currency="BTC",
        liquidity=Liquidity.REMOVED,
        last_mkt="XLON",
        text="why",
        settlement=Settlement(date="20230615"),
    ),
    FillBusted(order_id=ID, at=1, venue_exec_id="t1", count=2, text="why"),
    SubmitTaken(order_id=ID, at=1),
    WorkingAfterEnd(order_id=ID, at=1),
    EndConfirmed(order_id=ID, at=1),
    VenueNamed(order_id=ID, at=1, native_id="7"),
    Rerouted(order_id=ID, at=1, route="TIER_2", text="why"),
    VenueCanceled(
        order_id=ID, at=1, text="why", restated=ExecRestatementReason.MARKET_OPTION
    ),
    ReplaceRequested(order_id=ID, at=1, cl_ord_id=ClOrdID("Y"), replacement=OrderID("2")),
    ReplacementSubmitted(order_id=ID, at=1, order_qty=Decimal("1E-8")),
    ReplacedInFull(order_id=ID, at=1, order_qty=Decimal("1E-8")),
    OrderReplaced(order_id=ID, at=1),
    ReplaceRejected(order_id=ID, at=1, reason=CxlRejReason.TOO_LATE, text="why"),
    VerdictRecorded(order_id=ID, at=1, verdict=Verdict.FILLED, who="ann", why="why"),
    VenueExpired(order_id=ID, at=1),
    CancelRequested(order_id=ID, at=1, cl_ord_id=ClOrdID("Y")),
    CancelRefusedByVenue(order_id=ID, at=1, reason=CxlRejReason.OTHER, text="why"),
    CancelRejected(order_id=ID, at=1, reason=CxlRejReason.TOO_LATE, text="why"),
    CancelDecided(order_id=ID, at=1, text="why"),
    CancelDecided(order_id=ID, at=1, text="why", cause=CancelFor.REQUEST),
    CancelGivenUp(order_id=ID, at=1, text="why"),
    OutcomeUnknown(order_id=ID, at=1, command=Command.CANCEL, text="timeout"),
)


def kind(event: OrderEventBase) -> str:
    return type(event).__name__


@pytest.mark.parametrize("event", EVENTS, ids=kind)
def test_read_as_it_was_written(event: OrderEvent) -> None:
    written = msgspec.json.encode(event)

    assert event == msgspec.json.decode(written, type=OrderEvent)


def test_every_kind_is_tried() -> None:
    assert {kind.__name__ for kind in OrderEventBase.__subclasses__()} == {
        kind(event) for event in EVENTS
    }


def test_a_number_keeps_the_digits_it_came_with() -> None:
    written = msgspec.json.encode(EVENTS[0])

    assert str(PRICE) == str(msgspec.json.decode(written, type=OrderEvent).request.price)


def test_what_is_not_said_is_not_written() -> None:
    written = msgspec.json.decode(msgspec.json.encode(VenueCanceled(order_id=ID, at=1)))

    assert {"type": "VenueCanceled", "order_id": ID, "at": 1} == written

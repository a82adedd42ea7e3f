"""One order at its venue: the fold of its events.

A leg changes only by events, as `core.orders.transitions` defines, and only through
`ClientOrder.apply`. Nothing here decides anything.
"""

from decimal import Decimal
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import (
    CLOSED,
    CancelFor,
    Command,
    CxlRejReason,
    ExecRestatementReason,
    OrdRejReason,
    TimeInForce,
)
from fixgw.model.enums import OrdStatus as S
from fixgw.model.ids import ClOrdID, OrderID, VenueName, VenueOrderID
from fixgw.model.number import ZERO
from fixgw.model.requests import NewOrderSingle


class KnownExecution(NamedTuple):
    """The present values of one execution."""

    last_qty: Decimal
    last_px: Decimal
    changes: int = 0
    """Number of times the venue has corrected it or taken it back."""
    busted: bool = False


class PendingCancel:
    """An accepted OrderCancelRequest(35=F); kept when it is answered."""

    __slots__ = ("cl_ord_id", "refusal")

    def __init__(
        self, cl_ord_id: ClOrdID, refusal: tuple[CxlRejReason, str] | None = None
    ) -> None:
        self.cl_ord_id = cl_ord_id
        self.refusal = refusal
        """The venue's refusal. It is reported to the client once the order's state is known."""


class UnsolicitedCancel(NamedTuple):
    """A cancel that the gateway decided by itself, and that the venue has not carried out yet."""

    text: str
    cause: CancelFor
    refusals: int = 0
    """Number of times the venue has refused it since it was decided."""
    refusal: str | None = None
    """The last refusal."""


_GTC = TimeInForce.GOOD_TILL_CANCEL
_UNSETTLED = frozenset({S.PENDING_NEW, S.PENDING_CANCEL, S.PENDING_REPLACE})


class Leg(Struct, eq=False):
    """The state of one order at a venue. Quantities are exact; `status` is OrdStatus(39).

    `beneath` is the status without a pending cancel or replace: the status that
    OrdStatus(39) falls back to when that is rejected.
    """

    order_id: OrderID
    request: NewOrderSingle
    venue: VenueName
    exchange: str
    venue_symbol: str
    venue_order_id: VenueOrderID
    account: str
    placed_at: int
    updated_at: int
    status: S
    beneath: S
    quantity: Decimal | None
    """The quantity that the venue was given: OrderQty(38) less what was executed before this leg
    took another one's place; None where the order names an amount to spend."""
    venue_cod: bool = False
    quote: str = ""
    expires_at: int = 0
    reject_reason: OrdRejReason | None = None
    text: str = ""
    cum_qty: Decimal = ZERO
    notional: Decimal = ZERO
    fills: dict[str, KnownExecution] = {}
    """Each execution, by the venue's ID of it."""
    cancel: PendingCancel | None = None
    cancel_count: int = 0
    own_cancel: UnsolicitedCancel | None = None
    in_doubt: Command | None = None
    taken: bool = False
    """The venue has confirmed the submit."""
    native_id: str = ""
    route: str = ""
    attempt: int = 0
    replaces: "Leg | None" = None
    """The leg whose place it takes, or is to take."""
    replacement: "Leg | None" = None
    """The leg that takes its place, or was to, the last time a replace was asked for."""
    native: bool = False
    """The venue replaces in one step."""
    waits: bool = False
    """It has not been sent yet."""
    replacing: bool = False
    """A replace of it is pending."""
    replace_count: int = 0
    final: bool = False
    """Of a replaced leg: every execution of it is known."""
    restated: ExecRestatementReason | None = None
    """Its end was concluded: the venue did not report it."""
    works_after_end: bool = False
    """The venue, asked, showed it working though it had ended here."""
    belongs_to: Any = None
    """Its ClientOrder: `client_order.of` returns it."""

    @property
    def accepted(self) -> bool:
        """True if the venue is known to have the order."""
        return self.beneath is not S.PENDING_NEW

    @property
    def open(self) -> bool:
        """True if the venue may still report something about it."""
        if self.status not in CLOSED:
            return True
        return self.reopened or (self.beneath is S.REPLACED and not self.final)

    @property
    def reopened(self) -> bool:
        """True if it has ended here, and the venue is known to work it or was sent a cancel for
        it."""
        return self.beneath in CLOSED and (self.works_after_end or self.own_cancel is not None)

    @property
    def may_work_after_end(self) -> bool:
        """True if it has ended here, and the venue may work it all the same: it was shown working,
        or its end was concluded. Of one that is filled nothing can."""
        return self.beneath in CLOSED and self.beneath is not S.FILLED and (
            self.works_after_end or self.restated is not None
        )

    @property
    def unsettled(self) -> bool:
        """True if a command of ours waits for its proof."""
        if self.status in _UNSETTLED:
            # One that has ended and is to be replaced waits for the other's proof, not its own.
            return not (self.waits or (self.replacing and self.beneath in CLOSED))
        return self.own_cancel is not None or (self.status is S.REPLACED and not self.final)

    @property
    def cancelling(self) -> bool:
        """True if a cancel, the client's or our own, waits for its proof."""
        return self.status is S.PENDING_CANCEL or self.own_cancel is not None

    @property
    def follower(self) -> "Leg | None":
        """The leg that is to take its place and has not been sent yet."""
        after = self.replacement
        return after if self.replacing and after is not None and after.waits else None

    def venue_order(self) -> VenueOrder:
        """The order as an adapter knows it."""
        request = self.request
        order = VenueOrder(
            order_id=self.order_id,
            venue=self.venue,
            venue_order_id=self.venue_order_id,
            account=self.account,
            exchange=self.exchange,
            symbol=self.venue_symbol,
            side=request.side,
            ord_type=request.ord_type,
            time_in_force=_GTC if self.expires_at else request.time_in_force,
            post_only=request.post_only,
            order_qty=self.quantity,
            cash_order_qty=request.cash_order_qty,
            price=request.price,
            placed_at=self.placed_at,
            terms=request.terms,
        )
        if not (self.accepted or self.attempt or self.venue_cod):
            # One that leaves for the first time: more names would take twice the time.
            return order
        return replace(
            order,
            native_id=self.native_id,
            cum_qty=self.cum_qty,
            attempt=self.attempt,
            route=self.route,
            cancel_on_disconnect=self.venue_cod,
        )

"""What a venue tells the gateway of an order, in words that fit every venue.

A command's outcome is one of three (decision 0003): only `Refused` is proof
that the venue did not do it; `Unknown` is what we say when we cannot tell.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from fixgw.model.enums import Command, CxlRejReason, Liquidity, OrdRejReason
from fixgw.model.ids import OrderID, VenueName
from fixgw.model.instrument import Instrument
from fixgw.model.settlement import UNSAID, Settlement


class VenueStatus(StrEnum):
    """Where an order stands at its venue."""

    PENDING = "pending"
    """The venue has the order and has not decided."""
    WORKING = "working"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    ABSENT = "absent"
    """The venue says it knows no such order."""
    UNCLEAR = "unclear"
    """The venue has the order, and calls its state by a name of no table (`OrderUpdate.state`):
    nothing is concluded from it, and what is told beside it counts."""


class Fill(Struct, frozen=True, kw_only=True, gc=False):
    """One execution at the venue."""

    cum_qty: Decimal
    """All that was executed of the order up to and with this execution."""
    last_qty: Decimal
    last_px: Decimal
    at: int
    """The venue's time of it, Unix milliseconds."""
    venue_exec_id: str = ""
    """The venue's own name for it; "" where the venue gives none (then cum_qty is its name)."""
    commission: Decimal | None = None
    commission_currency: str = ""
    liquidity: Liquidity | None = None
    last_mkt: str = ""
    """LastMkt(30): the market where it was executed; whom with is `Settlement.counterparty`."""
    text: str = ""
    """Text(58): what else the venue says of it."""
    settlement: Settlement = UNSAID
    busted: bool = False
    """The venue has taken it back. Counts for one that has a name; `cum_qty` is then without it."""


class OrderUpdate(Struct, frozen=True, kw_only=True, gc=False):
    """The venue's view of one order at one moment, from a reply, a query or a stream.

    Updates may come twice, late, or in any order: what they say is compared
    with what is known (`core.reconcile`), never simply believed.
    """

    order_id: OrderID
    status: VenueStatus
    cum_qty: Decimal | None = None
    """Executed so far; None where the venue did not say."""
    avg_px: Decimal | None = None
    fill: Fill | None = None
    """The execution this update announces, where it announces one."""
    fills: tuple[Fill, ...] | None = None
    """All executions of the order, oldest first, where the venue was asked for them."""
    reason: OrdRejReason = OrdRejReason.BROKER_OPTION
    text: str = ""
    at: int = 0
    """The venue's time, Unix milliseconds; 0 where it did not say."""
    asked: bool = False
    """This answers a QueryOrder: it is the venue's word as of now, not news from a stream."""
    native_id: str = ""
    """The venue's own name for the order, where later commands need it; kept in the journal."""
    attempt: int | None = None
    """Which attempt it is about (`VenueOrder.attempt`), where a venue has one of its orders for
    each: the end of an earlier one ends nothing. None: there is only one."""
    state: str = ""
    """The venue's own name for its state, where that is of no table; else ""."""


class Acked(Struct, frozen=True, gc=False):
    """The venue has done, or has taken on, what it was asked; *update* is what it said of it."""

    update: OrderUpdate | None = None
    replaced: OrderUpdate | None = None
    """To a ReplaceOrder, which has been done: the end of the order that was replaced, with what
    was executed of it. *update* is then the other one's."""


class Refused(Struct, frozen=True, gc=False):
    """The venue has proven that it did not and will not do it."""

    code: str
    text: str
    ord_rej_reason: OrdRejReason = OrdRejReason.BROKER_OPTION
    cxl_rej_reason: CxlRejReason = CxlRejReason.BROKER_OPTION
    reroute: str = ""
    """Of a SubmitOrder: the settings want it submitted again, to there (`VenueOrder.route`)."""


class Unknown(Struct, frozen=True, gc=False):
    """We cannot tell: a timeout, a lost socket, a 5xx, an unreadable body."""

    text: str


Outcome = Acked | Refused | Unknown


class CommandOutcome(Struct, frozen=True, gc=False):
    """How a command to a venue ended."""

    order_id: OrderID
    command: Command
    outcome: Outcome


class QueryFailed(Struct, frozen=True, gc=False):
    """The venue could not be asked about an order; it is asked again later."""

    order_id: OrderID
    text: str


class NewsUnreadable(Struct, frozen=True, gc=False):
    """The venue said something of the order that cannot be used, and that may be an execution: it
    is asked about."""

    order_id: OrderID
    text: str


class StreamRestored(Struct, frozen=True, gc=False):
    """The stream of order updates is up (again): whatever happened meanwhile was not heard."""

    venue: VenueName
    account: str


class InstrumentsLoaded(Struct, frozen=True, gc=False):
    """What the venue trades now; replaces what it said before. Until then it takes no orders."""

    venue: VenueName
    instruments: tuple[Instrument, ...]


class UnknownOrderSeen(Struct, frozen=True, gc=False):
    """The venue has an open order that is not ours: alerted, never touched."""

    venue: VenueName
    venue_order_id: str
    text: str


class VenueNotice(Struct, frozen=True, kw_only=True, gc=False):
    """The venue says something that is about no order: a margin call, a maintenance."""

    venue: VenueName
    kind: str
    """The venue's own word for it."""
    text: str
    accounts: tuple[str, ...] = ()
    """Whom it concerns; none: all that trade there."""
    event_id: str = ""
    """The venue's name for it; told once, across restarts. "": it has none."""


class VenueHeld(Struct, frozen=True, kw_only=True, gc=False):
    """The venue wants no more orders until somebody has spoken with it: new ones are refused
    until an operator resumes. Cancels and questions go on."""

    venue: VenueName
    text: str


class ConnectionHealth(Struct, frozen=True, kw_only=True):
    """One connection to a venue."""

    name: str
    up: bool
    since: int = 0
    """Unix milliseconds."""
    text: str = ""


class Headroom(Struct, frozen=True, kw_only=True):
    """One limit of a venue, and what is left of it."""

    scope: str
    left: float
    maximum: float
    seconds: float
    waiting: int = 0
    """Requests that wait for it."""


class VenueHealth(Struct, frozen=True, kw_only=True):
    """How an adapter is, for an operator."""

    connections: tuple[ConnectionHealth, ...] = ()
    clock_skew_ms: int | None = None
    """The venue's clock less ours, by its last answer that told a time; None: none has."""
    headroom: tuple[Headroom, ...] = ()
    instruments: int = 0


VenueInput = (
    CommandOutcome
    | OrderUpdate
    | QueryFailed
    | NewsUnreadable
    | StreamRestored
    | InstrumentsLoaded
    | UnknownOrderSeen
    | VenueNotice
    | VenueHeld
)

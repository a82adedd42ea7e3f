"""A venue's reports to the gateway about an order, in terms common to every venue.

A command's outcome is one of three (decision 0003): only `Refused` is proof that the venue did not
carry it out; `Unknown` means that we cannot tell.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from fixgw.model.enums import Command, CxlRejReason, Liquidity, OrdRejReason
from fixgw.model.ids import OrderID, VenueName
from fixgw.model.instrument import Instrument
from fixgw.model.settlement import UNSAID, Settlement


class VenueStatus(StrEnum):
    """The state of an order at its venue."""

    PENDING = "pending"
    """The venue has the order and has not decided."""
    WORKING = "working"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    ABSENT = "absent"
    """The venue reports that it knows no such order."""
    UNCLEAR = "unclear"
    """The venue has the order, and gives its state a name that is in no table
    (`OrderUpdate.state`): nothing is concluded from it, and the other values of the update
    count."""


class Fill(Struct, frozen=True, kw_only=True, gc=False):
    """One execution at the venue."""

    cum_qty: Decimal
    """Total executed quantity of the order, up to and including this execution."""
    last_qty: Decimal
    last_px: Decimal
    at: int
    """The venue's time of the execution, Unix milliseconds."""
    venue_exec_id: str = ""
    """The venue's own ID of the execution; "" where the venue gives none (cum_qty then identifies
    it)."""
    commission: Decimal | None = None
    commission_currency: str = ""
    liquidity: Liquidity | None = None
    last_mkt: str = ""
    """LastMkt(30): the market of execution; the other party is `Settlement.counterparty`."""
    text: str = ""
    """Text(58): anything else the venue reports about the execution."""
    settlement: Settlement = UNSAID
    busted: bool = False
    """The venue has taken the execution back. Only valid for one that has an ID; `cum_qty` then
    excludes it."""


class OrderUpdate(Struct, frozen=True, kw_only=True, gc=False):
    """The venue's view of one order at one moment, from a reply, a query or a stream.

    Updates may come twice, late, or in any order: their content is compared with the known state
    (`core.reconcile`), never simply believed.
    """

    order_id: OrderID
    status: VenueStatus
    cum_qty: Decimal | None = None
    """Executed so far; None where the venue did not report it."""
    avg_px: Decimal | None = None
    fill: Fill | None = None
    """The execution announced by this update, if any."""
    fills: tuple[Fill, ...] | None = None
    """All executions of the order, oldest first, where the venue was asked for them."""
    reason: OrdRejReason = OrdRejReason.BROKER_OPTION
    text: str = ""
    at: int = 0
    """The venue's time, Unix milliseconds; 0 where it did not report one."""
    asked: bool = False
    """This answers a QueryOrder: it is the venue's present state, not news from a stream."""
    native_id: str = ""
    """The venue's own ID of the order, where later commands need it; kept in the journal."""
    attempt: int | None = None
    """The attempt it is about (`VenueOrder.attempt`), where the venue has a separate order for each
    attempt: the end of an earlier one ends nothing. None: there is only one."""
    state: str = ""
    """The venue's own name for its state, where that is in no table; otherwise ""."""


class Acked(Struct, frozen=True, gc=False):
    """The venue has carried out, or has accepted, the command; *update* is its report."""

    update: OrderUpdate | None = None
    replaced: OrderUpdate | None = None
    """For a ReplaceOrder that has been carried out: the end of the order that was replaced, with
    its executed quantity. *update* is then about the replacement."""


class Refused(Struct, frozen=True, gc=False):
    """The venue has proven that it did not carry out the command and never will."""

    code: str
    text: str
    ord_rej_reason: OrdRejReason = OrdRejReason.BROKER_OPTION
    cxl_rej_reason: CxlRejReason = CxlRejReason.BROKER_OPTION
    reroute: str = ""
    """For a SubmitOrder: the settings want it submitted again, to this route
    (`VenueOrder.route`)."""


class Unknown(Struct, frozen=True, gc=False):
    """We cannot tell: a timeout, a lost socket, a 5xx, an unreadable body."""

    text: str


Outcome = Acked | Refused | Unknown


class CommandOutcome(Struct, frozen=True, gc=False):
    """The end of a command to a venue."""

    order_id: OrderID
    command: Command
    outcome: Outcome


class CommandLost(Struct, frozen=True, gc=False):
    """The adapter raised while it was given a command: it may have taken it, or not. Never an
    adapter's own word."""

    order_id: OrderID
    command: Command
    text: str


class QueryFailed(Struct, frozen=True, gc=False):
    """The venue could not be asked about an order; it is asked again later."""

    order_id: OrderID
    text: str


class NewsUnreadable(Struct, frozen=True, gc=False):
    """The venue sent something about the order that cannot be used and that may be an execution:
    the venue is asked about the order."""

    order_id: OrderID
    text: str


class StreamRestored(Struct, frozen=True, gc=False):
    """The stream of order updates is up (again): any events in between were missed."""

    venue: VenueName
    account: str


class InstrumentsLoaded(Struct, frozen=True, gc=False):
    """The instruments the venue trades now; replaces its previous list. Until it arrives, the venue
    takes no orders."""

    venue: VenueName
    instruments: tuple[Instrument, ...]


class UnknownOrderSeen(Struct, frozen=True, gc=False):
    """The venue has an open order that is not ours: alerted, never touched."""

    venue: VenueName
    venue_order_id: str
    text: str


class VenueNotice(Struct, frozen=True, kw_only=True, gc=False):
    """A notice from the venue that concerns no single order: a margin call, a maintenance."""

    venue: VenueName
    kind: str
    """The venue's own name for the kind of notice."""
    text: str
    accounts: tuple[str, ...] = ()
    """The accounts concerned; empty: all that trade there."""
    event_id: str = ""
    """The venue's ID of the notice, which is reported once, across restarts. "": it has none."""


class VenueHeld(Struct, frozen=True, kw_only=True, gc=False):
    """The venue accepts no more orders until somebody has spoken with it: new ones are refused
    until an operator resumes. Cancels and queries continue."""

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
    """One limit of a venue, and its remaining capacity."""

    scope: str
    left: float
    maximum: float
    seconds: float
    waiting: int = 0
    """Requests waiting for it."""


class VenueHealth(Struct, frozen=True, kw_only=True):
    """The health of an adapter, for an operator."""

    connections: tuple[ConnectionHealth, ...] = ()
    clock_skew_ms: int | None = None
    """The venue's clock minus ours, by its last answer that carried a time; None: none has yet."""
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

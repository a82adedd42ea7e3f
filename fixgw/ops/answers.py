"""What a running gateway answers an operator: one JSON object. Types only, and no secrets."""

from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec import Struct

from fixgw.core.order import Order
from fixgw.model.capabilities import Capabilities
from fixgw.model.enums import Command, OrdStatus
from fixgw.model.ids import VenueName
from fixgw.model.number import average, text
from fixgw.model.refusals import InputRefused
from fixgw.model.venue import VenueHealth


DOUBT_MS = 30_000
"""A command that has waited so long for its proof is in doubt, though nothing says that its answer
was lost: the gateway may have ended before it came."""

_PENDING = {
    OrdStatus.PENDING_NEW: Command.SUBMIT,
    OrdStatus.PENDING_REPLACE: Command.REPLACE,
    OrdStatus.REPLACED: Command.REPLACE,
}
"""What an order waits for, by its status; else it is a cancel."""


class Base(Struct, frozen=True, kw_only=True, tag_field="answer"):
    """The common part: `answer` says which answer it is."""


class Failed(Base, frozen=True, kw_only=True, tag="failed"):
    """It was not done, and nothing has changed."""

    text: str


class OrderLine(Struct, frozen=True, kw_only=True):
    """An order for a person: everything is text but times, which are Unix milliseconds."""

    order_id: str
    session: str
    cl_ord_id: str
    status: str
    in_doubt: str
    """The command of unknown outcome; "": there is none. See `doubt`."""
    side: str
    symbol: str
    order_qty: str
    price: str
    cum_qty: str
    """CumQty(14): executed of it and of those whose place it took."""
    avg_px: str
    """AvgPx(6) of the same."""
    venue: str
    exchange: str
    account: str
    venue_order_id: str
    """What the venue knows it by."""
    text: str
    placed_at: int
    updated_at: int
    own_qty: str = ""
    """Executed of it alone: what may be summed over orders."""
    own_avg_px: str = ""
    """The average price of that."""
    replaces: str = ""
    """OrderID(37) of the order whose place it took or is to take; "": of none."""


class VenueState(Struct, frozen=True, kw_only=True):
    """One configured venue, as it is now."""

    venue: VenueName
    capabilities: Capabilities
    accounts: tuple[str, ...]
    health: VenueHealth
    loaded: bool
    """Whether it has told its instruments: before, orders for it are refused."""
    held_since: int = 0
    """Unix milliseconds; 0: new orders go."""
    held_text: str = ""
    open: int = 0
    """Orders."""
    in_doubt: int = 0


class Status(Base, frozen=True, kw_only=True, tag="status"):
    """To AskStatus."""

    version: str
    pid: int
    venues: tuple[VenueState, ...]


class OrderShown(Base, frozen=True, kw_only=True, tag="order"):
    """To ShowOrder."""

    order: OrderLine
    """The order that a verdict would be about: where the one that was asked for has been replaced,
    the one that took its place."""
    changed_at: int
    """When anything happened to it, or to an order that it replaced or that is to replace it, the
    last time: `RecordVerdict.seen_at`."""
    text: str = ""
    """Which it is, where the name that was given fits several."""


class Resumed(Base, frozen=True, kw_only=True, tag="resumed"):
    """To ResumeVenue, when it is on record."""

    venue: VenueName
    held_since: int
    held_text: str


class VerdictOnRecord(Base, frozen=True, kw_only=True, tag="verdict"):
    """To RecordVerdict, when it is on record with all that follows."""

    before: OrderLine
    """The order that it is about, as `OrderShown.order`."""
    after: OrderLine
    client_is_told: bool
    """Whether what follows from it was news to the client."""
    client_is_here: bool
    """Whether the client is logged on: else it is told when it is back."""


class OrderChange(Struct, frozen=True, kw_only=True):
    """What a reconciliation has changed of one order."""

    before: str
    """"NEW 0": OrdStatus(39) and CumQty(14), and whether it was in doubt."""
    after: OrderLine


class Comparison(Struct, frozen=True, kw_only=True):
    """What came of comparing with one venue."""

    venue: VenueName
    reached: bool
    """Whether the adapter has begun within the time that was given."""
    asked: int
    """Orders that the venue was asked about: those open there."""
    unanswered: int
    """So many of them have no answer yet, or could not be asked about; they are asked again."""
    not_asked: int = 0
    """Orders open at a venue that cannot be asked about any: its own words, or an operator's
    verdict, settle them."""
    changed: int
    changes: tuple[OrderChange, ...] = ()
    """Of them, the first so many."""
    strangers: tuple[str, ...] = ()
    """Orders open at the venue that are not ours, which nobody touches."""


class Reconciled(Base, frozen=True, kw_only=True, tag="reconciled"):
    """To Reconcile."""

    venues: tuple[Comparison, ...]


class SessionState(Struct, frozen=True, kw_only=True):
    """One session. Times are Unix milliseconds; 0: there is none, or it is not known."""

    session: str
    logged_on: bool = False
    peer: str = ""
    """Where its client is connected from, behind a load balancer too."""
    since: int = 0
    """When it logged on."""
    heard_at: int = 0
    """When the client said anything last."""
    said_at: int = 0
    """When we did."""
    next_sender: int = 1
    next_target: int = 1
    unsent: int = 0
    """Reports that may not have reached the client."""
    cancels_on: str = ""
    resets: int = 0
    numbers_since: int = 0
    is_open: bool | None = None
    """Whether its client may be logged on now; None: it stands in no settings now."""
    opens: int = 0
    """The next time; 0: it is always open."""
    closes: int = 0
    disabled: str = ""
    """Why its client may not log on until an operator enables it; "": it may."""


class Sessions(Base, frozen=True, kw_only=True, tag="sessions"):
    """To AskSessions."""

    version: str
    pid: int
    sessions: tuple[SessionState, ...]


class Enabled(Base, frozen=True, kw_only=True, tag="enabled"):
    """To EnableSession, when it is on record."""

    session: str
    disabled_since: int
    disabled_text: str


class RefusedLine(Struct, frozen=True, kw_only=True):
    """One input that met a bug, for a person."""

    reference: str
    at: int
    """Unix milliseconds."""
    kind: str
    """message, word, report or time (`model.refusals.RefusedKind`)."""
    source: str
    """The session, the venue or the directory."""
    error: str
    content: str
    """The message with | for SOH; of a venue's word or of a report, its fields as JSON."""


class RefusedInputs(Base, frozen=True, kw_only=True, tag="refused"):
    """To AskRefused."""

    version: str
    pid: int
    on_record: int
    """How many the journal holds; `lines` has the newest of them."""
    left_out: int
    """How many came too fast to be kept, since the start."""
    lines: tuple[RefusedLine, ...]


class What(StrEnum):
    """What became of one thing that the settings name."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    REFUSED = "refused"
    """It stays as it was."""
    RESTART = "restart"
    """It stays as it was until the gateway is started again."""


class Change(Struct, frozen=True):
    """One line of what came of a reload."""

    what: What
    name: str
    """A session's key, or a place in gateway.toml."""
    text: str = ""


class Reloaded(Base, frozen=True, kw_only=True, tag="reloaded"):
    """To Reload."""

    error: str = ""
    """Why nothing was changed at all; "": the settings are good."""
    changes: tuple[Change, ...] = ()
    unchanged: int = 0
    """Sessions that are as they were, and have not noticed anything."""

    @property
    def complete(self) -> bool:
        """Whether all that the settings say is in force now."""
        late = (What.REFUSED, What.RESTART)
        return not self.error and not any(change.what in late for change in self.changes)

    def of(self, what: What) -> list[str]:
        """The names of all that this became of."""
        return [change.name for change in self.changes if change.what is what]


Answer = (
    Failed | Status | OrderShown | Resumed | VerdictOnRecord | Reconciled | Reloaded | Sessions
    | Enabled | RefusedInputs
)

SomeAnswer = TypeVar(
    "SomeAnswer", Status, OrderShown, Resumed, VerdictOnRecord, Reconciled, Reloaded, Sessions,
    Enabled, RefusedInputs,
)
"""What is expected, where nothing failed."""

_decode = msgspec.json.Decoder(Answer).decode
_encode = msgspec.json.Encoder().encode


def read(line: bytes) -> Answer:
    """The answer that *line* is. Raises ValueError."""
    try:
        answer: Answer = _decode(line)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None
    return answer


def written(answer: Answer) -> bytes:
    """*answer* as the one line that it is sent as."""
    return _encode(answer) + b"\n"


def doubt(order: Order, now_ms: int) -> Command | None:
    """The command of which nobody knows what became; None: there is none."""
    if order.in_doubt is not None:
        return order.in_doubt
    if order.unsettled and now_ms - order.updated_at >= DOUBT_MS:
        return _PENDING.get(order.status, Command.CANCEL)
    return None


def refused_line(refusal: InputRefused) -> RefusedLine:
    """*refusal*, for a person."""
    return RefusedLine(
        reference=refusal.reference, at=refusal.at, kind=refusal.kind, source=refusal.source,
        error=refusal.error, content=refusal.content.decode("latin-1").replace("\x01", "|"),
    )


def order_line(order: Order, now_ms: int) -> OrderLine:
    """*order*, for a person, at a moment in Unix milliseconds."""
    request = order.request
    quantity = request.order_qty if request.order_qty is not None else request.cash_order_qty
    return OrderLine(
        order_id=order.order_id,
        session=request.session,
        cl_ord_id=request.cl_ord_id,
        status=order.status.name,
        in_doubt=doubt(order, now_ms) or "",
        side=request.side.name,
        symbol=request.symbol,
        order_qty=text(quantity) if quantity is not None else "",
        price=text(request.price) if request.price is not None else "",
        cum_qty=text(order.total_qty),
        avg_px=text(order.avg_px),
        venue=order.venue,
        exchange=order.exchange,
        account=order.account,
        venue_order_id=order.venue_order_id,
        text=order.text,
        placed_at=order.placed_at,
        updated_at=order.updated_at,
        own_qty=text(order.cum_qty),
        own_avg_px=text(average(order.notional, order.cum_qty)) if order.cum_qty else "0",
        replaces=order.replaces.order_id if order.replaces is not None else "",
    )

"""The answers of a running gateway to an operator: one JSON object. Types only, and no secrets."""

from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec import Struct

from fixgw.core.orders.client_order import total_notional, total_qty
from fixgw.core.orders.leg import Leg
from fixgw.model.capabilities import Capabilities
from fixgw.model.enums import Command, OrdStatus
from fixgw.model.ids import VenueName
from fixgw.model.number import average, text
from fixgw.model.refusals import InputRefused
from fixgw.model.venue import VenueHealth


DOUBT_MS = 30_000
"""A command whose proof has been missing for this time is in doubt, even without a sign that its
answer was lost: the gateway may have ended before it came."""

_PENDING = {
    OrdStatus.PENDING_NEW: Command.SUBMIT,
    OrdStatus.PENDING_REPLACE: Command.REPLACE,
    OrdStatus.REPLACED: Command.REPLACE,
}
"""The command that an order waits for, by its status; any other status: a cancel."""


class AnswerBase(Struct, frozen=True, kw_only=True, tag_field="answer"):
    """The common part: `answer` names the kind of answer."""


class Failed(AnswerBase, frozen=True, kw_only=True, tag="failed"):
    """The request was not executed, and nothing has changed."""

    text: str


class OrderLine(Struct, frozen=True, kw_only=True):
    """An order for a person: everything is text except times, which are Unix milliseconds."""

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
    """CumQty(14): executions of this order and of those that it replaced."""
    avg_px: str
    """AvgPx(6) of the same."""
    venue: str
    exchange: str
    account: str
    venue_order_id: str
    """The venue's name for the order."""
    text: str
    placed_at: int
    updated_at: int
    own_qty: str = ""
    """Executions of this order alone: use it for sums over orders."""
    own_avg_px: str = ""
    """The average price of these."""
    replaces: str = ""
    """OrderID(37) of the order that it replaced or is to replace; "": none."""


class VenueState(Struct, frozen=True, kw_only=True):
    """The present state of one configured venue."""

    venue: VenueName
    capabilities: Capabilities
    accounts: tuple[str, ...]
    health: VenueHealth
    loaded: bool
    """True once its instruments are loaded: before, orders for it are refused."""
    held_since: int = 0
    """Unix milliseconds; 0: not held."""
    held_text: str = ""
    open: int = 0
    """Orders."""
    in_doubt: int = 0


class Status(AnswerBase, frozen=True, kw_only=True, tag="status"):
    """The answer to AskStatus."""

    version: str
    pid: int
    venues: tuple[VenueState, ...]


class OrderShown(AnswerBase, frozen=True, kw_only=True, tag="order"):
    """The answer to ShowOrder."""

    order: OrderLine
    """The order that a verdict would settle: if the requested order has been replaced, its
    replacement."""
    changed_at: int
    """Time of the last event of the order, or of an order that it replaced or that is to replace
    it: `RecordVerdict.seen_at`."""
    text: str = ""
    """The order that was taken, if the given name fits several."""


class Resumed(AnswerBase, frozen=True, kw_only=True, tag="resumed"):
    """The answer to ResumeVenue, when it is on record."""

    venue: VenueName
    held_since: int
    held_text: str


class VerdictOnRecord(AnswerBase, frozen=True, kw_only=True, tag="verdict"):
    """The answer to RecordVerdict, when it is on record with its consequences."""

    before: OrderLine
    """The order of the verdict, as in `OrderShown.order`."""
    after: OrderLine
    client_is_told: bool
    """True if the verdict's consequences were news to the client."""
    client_is_here: bool
    """True if the client is logged on: otherwise it gets the reports when it is back."""


class OrderChange(Struct, frozen=True, kw_only=True):
    """The changes that a reconciliation made to one order."""

    before: str
    """"NEW 0": OrdStatus(39) and CumQty(14), and whether the order was in doubt."""
    after: OrderLine


class Comparison(Struct, frozen=True, kw_only=True):
    """The result of a reconciliation with one venue."""

    venue: VenueName
    reached: bool
    """True if the adapter has begun within the given time."""
    asked: int
    """Orders that the venue was asked about: those open there."""
    unanswered: int
    """The number of them without an answer yet, or that could not be asked about; they are asked
    again."""
    not_asked: int = 0
    """Orders open at a venue that cannot be asked about any: its own reports, or an operator's
    verdict, settle them."""
    changed: int
    changes: tuple[OrderChange, ...] = ()
    """The changes of the first of them."""
    strangers: tuple[str, ...] = ()
    """Orders open at the venue that are not ours; nobody touches them."""


class Reconciled(AnswerBase, frozen=True, kw_only=True, tag="reconciled"):
    """The answer to Reconcile."""

    venues: tuple[Comparison, ...]


class SessionState(Struct, frozen=True, kw_only=True):
    """One session. Times are Unix milliseconds; 0: there is none, or it is not known."""

    session: str
    logged_on: bool = False
    peer: str = ""
    """The client's address, behind a load balancer too."""
    since: int = 0
    """Time of its Logon."""
    heard_at: int = 0
    """Time of the client's last message."""
    said_at: int = 0
    """Time of our last message."""
    next_sender: int = 1
    next_target: int = 1
    unsent: int = 0
    """Reports that may not have reached the client."""
    cancels_on: str = ""
    resets: int = 0
    numbers_since: int = 0
    is_open: bool | None = None
    """True if the client may be logged on now; None: the session is not in the settings now."""
    opens: int = 0
    """The next opening; 0: the session is always open."""
    closes: int = 0
    disabled: str = ""
    """The reason why the client may not log on until an operator enables it; "": it may."""


class Sessions(AnswerBase, frozen=True, kw_only=True, tag="sessions"):
    """The answer to AskSessions."""

    version: str
    pid: int
    sessions: tuple[SessionState, ...]


class Enabled(AnswerBase, frozen=True, kw_only=True, tag="enabled"):
    """The answer to EnableSession, when it is on record."""

    session: str
    disabled_since: int
    disabled_text: str


class RefusedLine(Struct, frozen=True, kw_only=True):
    """One input that met a bug, for a person."""

    reference: str
    at: int
    """Unix milliseconds."""
    kind: str
    """message, word, report, time, step or command (`model.refusals.RefusedKind`)."""
    source: str
    """The session, the venue or the directory."""
    error: str
    content: str
    """The message with | for SOH; for all else, its fields as JSON."""


class RefusedInputs(AnswerBase, frozen=True, kw_only=True, tag="refused"):
    """The answer to AskRefused."""

    version: str
    pid: int
    on_record: int
    """The number in the journal; `lines` has the newest of them."""
    left_out: int
    """The number of inputs since the start that came too fast to be kept."""
    lines: tuple[RefusedLine, ...]


class ChangeKind(StrEnum):
    """The result for one thing in the settings."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    REFUSED = "refused"
    """It stays as it was."""
    RESTART = "restart"
    """It stays as it was until the gateway is started again."""


class Change(Struct, frozen=True):
    """One line of a reload's result."""

    what: ChangeKind
    name: str
    """A session's key, or a place in gateway.toml."""
    text: str = ""


class ReloadResult(AnswerBase, frozen=True, kw_only=True, tag="reloaded"):
    """The answer to Reload."""

    error: str = ""
    """The reason why nothing was changed at all; "": the settings are valid."""
    changes: tuple[Change, ...] = ()
    unchanged: int = 0
    """The number of sessions that did not change, and noticed nothing."""

    @property
    def complete(self) -> bool:
        """True if everything in the settings is now in force."""
        late = (ChangeKind.REFUSED, ChangeKind.RESTART)
        return not self.error and not any(change.what in late for change in self.changes)

    def of(self, what: ChangeKind) -> list[str]:
        """Return the names of everything with this result."""
        return [change.name for change in self.changes if change.what is what]


Answer = (
    Failed | Status | OrderShown | Resumed | VerdictOnRecord | Reconciled | ReloadResult | Sessions
    | Enabled | RefusedInputs
)

SomeAnswer = TypeVar(
    "SomeAnswer", Status, OrderShown, Resumed, VerdictOnRecord, Reconciled, ReloadResult, Sessions,
    Enabled, RefusedInputs,
)
"""The expected answer, if nothing failed."""

_decode = msgspec.json.Decoder(Answer).decode
_encode = msgspec.json.Encoder().encode


def read(line: bytes) -> Answer:
    """Return the answer in *line*. Raise ValueError."""
    try:
        answer: Answer = _decode(line)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None
    return answer


def written(answer: Answer) -> bytes:
    """Return *answer* as the one line for the socket."""
    return _encode(answer) + b"\n"


def doubt(order: Leg, now_ms: int) -> Command | None:
    """Return the command of *order* whose outcome is unknown, or None."""
    if order.in_doubt is not None:
        return order.in_doubt
    if order.unsettled and now_ms - order.updated_at >= DOUBT_MS:
        return _PENDING.get(order.status, Command.CANCEL)
    return None


def refused_line(refusal: InputRefused) -> RefusedLine:
    """Return *refusal* for a person."""
    return RefusedLine(
        reference=refusal.reference, at=refusal.at, kind=refusal.kind, source=refusal.source,
        error=refusal.error, content=refusal.content.decode("latin-1").replace("\x01", "|"),
    )


def order_line(order: Leg, now_ms: int) -> OrderLine:
    """Return *order* for a person, at a moment in Unix milliseconds."""
    request, total = order.request, total_qty(order)
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
        cum_qty=text(total),
        avg_px=text(average(total_notional(order), total)) if total else "0",
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

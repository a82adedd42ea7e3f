"""The events that a snapshot keeps: one table, by the type of the event.

Those that are kept, replayed in order, give the state that all of them gave. An event of an order
is kept as long as its order is live, with all others of it; any other until one takes its place,
one ends it, or its time is over. Nothing here knows files; a type without a rule is an error, as
nobody has said how long its events count.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple, get_args

from fixgw.journal.tick import JournalEvent, SessionRow
from fixgw.model.errors import JournalError
from fixgw.model.events import OrderEvent, OrderNotPlaced, OrderPlaced
from fixgw.model.ids import OrderID, SessionKey
from fixgw.model.refusals import InputRefused
from fixgw.model.session_events import (
    CancelOnDisconnectSet,
    ClientGone,
    ClientReset,
    LoggedOnFrom,
    MassCancelBegun,
    MassCancelEnded,
    MassEvent,
    NonceUsed,
    PasswordChanged,
    ReportsCarried,
    SessionAdded,
    SessionDisabled,
    SessionEnabled,
    SessionEventBase,
    TokenUsed,
    TradeDisputed,
)
from fixgw.model.venue_events import OrdersHeld, OrdersResumed, VenueEventBase, VenueNoted

ADDRESSES_MAX = 16
"""Addresses that a session has logged on from: as many as `acceptor.auth.history` remembers."""

DISPUTED_MAX = 1_000
"""Disputed executions, the newest ones. Their orders may be on file: an operator reads both."""

REFUSED_MAX = 1_000
"""Refused inputs. The last one carries on the numbering."""

NO_ORDER = OrderID("")


class Moment(NamedTuple):
    """The time of a snapshot."""

    now_ms: int
    """Unix milliseconds."""
    sessions: Mapping[SessionKey, SessionRow]


def _session(event: SessionEventBase) -> Hashable:
    return event.session


def _venue(event: VenueEventBase) -> Hashable:
    return event.venue


def _report_id(event: MassEvent) -> Hashable:
    return event.report_id


def _nothing(event: Any) -> Hashable:
    return None


def _no_order(event: Any) -> OrderID:
    return NO_ORDER


def _always(*arguments: Any) -> bool:
    return True


def _never(*arguments: Any) -> bool:
    return False


def _of_present_epoch(event: ReportsCarried, moment: Moment) -> bool:
    row = moment.sessions.get(event.session)
    return row is None or event.epoch >= row.epoch


class Rule(NamedTuple):
    """How long an event of one type is kept."""

    slot: Callable[[Any], Hashable]
    """Its place: the next event of the type with an equal one takes it."""
    order: Callable[[Any], OrderID] = _no_order
    """The order it lives with; NO_ORDER: with none."""
    kept: Callable[[Any], bool] = _always
    """False if it only ends others."""
    ends: tuple[type[Any], ...] = ()
    """Types whose event in the same slot it ends."""
    stands: Callable[[Any, Moment], bool] = _always
    """False if its time is over."""
    among: Callable[[Any], Hashable] = _nothing
    """The events among which no more than the newest `most` are kept."""
    most: int | None = None
    keeps_turn: bool = False
    """True if it stands where the one stood whose place it took."""


OF_AN_ORDER = Rule(slot=_nothing, order=lambda event: event.order_id)
"""An event of an order: all of them are kept."""

RULES: Mapping[type[Any], Rule] = {
    **dict.fromkeys(get_args(OrderEvent), OF_AN_ORDER),
    SessionAdded: Rule(_session),
    ReportsCarried: Rule(_session, stands=_of_present_epoch),
    PasswordChanged: Rule(_session),
    TokenUsed: Rule(
        lambda event: (event.session, event.mark),
        stands=lambda event, moment: event.until_ms > moment.now_ms,
    ),
    NonceUsed: Rule(_session),
    LoggedOnFrom: Rule(lambda event: event.address, among=_session, most=ADDRESSES_MAX),
    ClientReset: Rule(_session),
    CancelOnDisconnectSet: Rule(_session, ends=(ClientGone,)),
    ClientGone: Rule(_session),
    TradeDisputed: Rule(lambda event: event.exec_id, most=DISPUTED_MAX),
    MassCancelBegun: Rule(_report_id, keeps_turn=True),
    MassCancelEnded: Rule(_report_id, kept=_never, ends=(MassCancelBegun,)),
    SessionDisabled: Rule(_session),
    SessionEnabled: Rule(_session, kept=_never, ends=(SessionDisabled,)),
    OrdersHeld: Rule(_venue),
    OrdersResumed: Rule(_venue, kept=_never, ends=(OrdersHeld,)),
    VenueNoted: Rule(
        lambda event: (event.venue, event.order_id, event.key),
        order=lambda event: event.order_id, kept=lambda event: bool(event.body),
        ends=(VenueNoted,),
    ),
    InputRefused: Rule(lambda event: event.number, most=REFUSED_MAX),
}
"""Type -> how long its events are kept."""


def rule_of(event: JournalEvent) -> Rule:
    """Return the rule for *event*; raise JournalError if there is none."""
    rule = RULES.get(type(event))
    if rule is None:
        raise JournalError(
            f"nothing says how long the journal keeps a {type(event).__name__}: make no snapshot "
            "with this version of fixgw"
        )
    return rule


def concerned(event: JournalEvent) -> OrderID:
    """Return the order, placed before, that has to be in memory when *event* is applied; NO_ORDER
    if none has to be."""
    if type(event) is OrderPlaced:
        return event.replaces
    return NO_ORDER if type(event) is OrderNotPlaced else rule_of(event).order(event)


_Places = dict[Hashable, tuple[int, JournalEvent]]


class KeptEvents:
    """Events, besides those of orders, that are kept: what RULES leaves of those it was given."""

    def __init__(self) -> None:
        self._places: dict[tuple[type[Any], Hashable], _Places] = {}
        """By type, and by those among which the events are counted; each with its turn."""
        self._turn = 0

    def __bool__(self) -> bool:
        return any(self._places.values())

    def take(self, event: JournalEvent) -> None:
        """Take the next event."""
        rule, kind = rule_of(event), type(event)
        slot, among = rule.slot(event), rule.among(event)
        for ended in rule.ends:
            self._places.get((ended, None), {}).pop(slot, None)
        if not rule.kept(event):
            return
        places = self._places.setdefault((kind, among), {})
        before = places.get(slot)
        self._turn += 1
        if before is not None and rule.keeps_turn:
            places[slot] = before[0], event
            return
        places.pop(slot, None)
        places[slot] = self._turn, event
        if rule.most is not None and len(places) > rule.most:
            del places[next(iter(places))]

    def events(self, moment: Moment) -> list[JournalEvent]:
        """Return those that stand at *moment*, in the order of their turns; forget the others."""
        standing: list[tuple[int, JournalEvent]] = []
        for (kind, _), places in self._places.items():
            stands = RULES[kind].stands
            for slot in [slot for slot, (_, event) in places.items() if not stands(event, moment)]:
                del places[slot]
            standing += places.values()
        standing.sort(key=lambda each: each[0])
        return [event for _, event in standing]

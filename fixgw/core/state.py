"""The state of the engine: orders, outstanding proofs, held venues; and the step that is decided.

Every change goes through here, so that it is applied, journaled and can be undone: `record` and
`place` for orders, `watch`, `submit`, `cancel` and `ask` for proofs. A step that fails is rolled
back as a whole (`roll_back`). It holds and counts; it decides nothing about an order's life.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from heapq import heapify, heappush
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from fixgw.core import reporting
from fixgw.core.accounts import Accounts
from fixgw.core.orders.client_order import COUNTED, ClientOrder, of
from fixgw.core.orders.index import Orders
from fixgw.core.orders.leg import KnownExecution, Leg
from fixgw.core.proof import (
    DOUBT_ALERT_ASKS,
    FIRST_ASK_MS,
    SOON_MS,
    SUBMITTING,
    PendingProof,
    Proofs,
    Unlisted,
)
from fixgw.core.routing import Router
from fixgw.model.accounts import DirectoryTerms, LookUpAccount
from fixgw.model.capabilities import Capabilities
from fixgw.model.effects import (
    CancelOrder,
    QueryOrder,
    RaiseAlert,
    ReplaceOrder,
    SendReport,
    SubmitOrder,
    VenueCommand,
)
from fixgw.model.enums import BusinessRejectReason, CancelFor, ExecType
from fixgw.model.errors import BusinessRefused
from fixgw.model.events import CancelDecided, CancelRequested, OrderEvent, OrderPlaced
from fixgw.model.ids import OrderID, SessionKey, VenueName, VenueOrderID
from fixgw.model.now import Now
from fixgw.model.number import text
from fixgw.model.reports import Report
from fixgw.model.session_events import MassEvent
from fixgw.model.venue_events import OrdersHeld, OrdersResumed, VenueEvent

EngineEvent = OrderEvent | VenueEvent | MassEvent
"""An event that the engine puts on record."""

FILLED_UNLISTED_MS = 60_000
"""See VenueTerms."""


class VenueTerms(NamedTuple):
    """Facts the engine needs about a venue besides its instruments."""

    capabilities: Capabilities
    venue_order_id: Callable[[OrderID, str], VenueOrderID]
    late_submit_ms: int
    """An order proven absent at the venue is submitted (again) up to this age, else rejected."""
    filled_unlisted_ms: int = FILLED_UNLISTED_MS
    """Time after which an order whose executions the venue counts and does not list is in doubt."""


class EngineStep(NamedTuple):
    """The consequences of the engine's inputs since the last step: the events first, to be
    journaled, and then the effects to be performed."""

    events: list[EngineEvent]
    reports: list[SendReport]
    commands: list[VenueCommand]
    lookups: list[LookUpAccount]
    alerts: list[RaiseAlert]


_copy = Struct.__copy__  # type: ignore[attr-defined]
"""`copy.copy` of a Struct, in a third of the time."""

_NOTHING = (0, 0, 0, 0, 0)
"""The lengths of an empty step."""


def _empty() -> EngineStep:
    return EngineStep([], [], [], [], [])


class EngineState:
    """Orders, proofs, held venues, and the step that is being decided."""

    def __init__(
        self,
        router: Router,
        venues: Mapping[VenueName, VenueTerms],
        directories: Iterable[DirectoryTerms] = (),
        accounts_at: Mapping[VenueName, frozenset[str]] | None = None,
    ) -> None:
        self.router = router
        self.venues = venues
        self.orders = Orders()
        self.proofs = Proofs()
        self.accounts = Accounts(directories, accounts_at or {}, self.emit, self.orders.open)
        """Permission to trade, as far as directories of accounts are configured."""
        self.held: dict[VenueName, OrdersHeld] = {}
        """The venues closed to new orders until an operator resumes."""
        self.expiring: list[tuple[int, OrderID]] = []
        """Expiry times of the orders that the gateway has to end (`core.expiry`): a heap."""
        self.submitting: dict[VenueName, int] = dict.fromkeys(venues, 0)
        """Orders that are in an adapter's hands and have no outcome."""
        self.departed: dict[SessionKey, str] = {}
        """The clients none of whose orders is to stay open, and the reasons. Set anew after a
        restart."""
        self.step = _empty()
        self._undo: list[tuple[Any, ...]] = []
        """The undo log: functions and their arguments, the last one first."""
        self._saved: dict[Leg, tuple[Leg, ClientOrder, ClientOrder]] = {}
        """Legs that have changed: a copy of each, its order, and a copy of that."""
        self._sizes: tuple[int, ...] = _NOTHING

    # ------------------------------------------------------------------ the step as a whole

    def take(self) -> EngineStep:
        """Return everything decided since the last call."""
        step, self.step = self.step, _empty()
        self._sizes = _NOTHING
        return step

    def accept(self) -> None:
        """Keep all decisions so far; `roll_back` returns to here."""
        self._undo.clear()
        self._saved.clear()
        self.proofs.before.clear()
        events, reports, commands, lookups, alerts = self.step
        self._sizes = len(events), len(reports), len(commands), len(lookups), len(alerts)

    def roll_back(self) -> None:
        """Put everything back as it was at the last `accept`."""
        for part, size in zip(self.step, self._sizes):
            del part[size:]  # type: ignore[attr-defined]
        self.proofs.roll_back()
        while self._saved:
            leg, (leg_before, order, order_before) = self._saved.popitem()
            _put_back(leg, leg_before)
            _put_back(order, order_before)
            self.orders.keep(leg)
        while self._undo:
            function, *arguments = self._undo.pop()
            function(*arguments)

    def _save(self, leg: Leg, event: OrderEvent) -> None:
        """Keep the values that *event* may change of *leg* and the legs around it."""
        if type(event) in COUNTED:
            fills, name = leg.fills, event.venue_exec_id  # type: ignore[union-attr]
            self._undo.append((_put_back_fill, fills, name, fills.get(name)))
        elif type(event) is CancelRequested:
            session = leg.request.session
            if self.orders.of_client(session, event.cl_ord_id) is None:
                self._undo.append((self.orders.forget_name, leg, event.cl_ord_id))
        saved = self._saved
        if leg not in saved:
            saved[leg] = _copy(leg), leg.belongs_to, _copy(leg.belongs_to)
        if leg.replaces is not None or leg.replacement is not None:
            current = of(leg).current
            for each in (current, leg.replacement, current.replacement):
                if each is not None and each not in saved:
                    saved[each] = _copy(each), each.belongs_to, _copy(each.belongs_to)

    # ------------------------------------------------------------------ venues and instruments

    def venue(self, leg: Leg) -> VenueTerms:
        return self.venues[leg.venue]

    def is_named(self, leg: Leg, symbol: str) -> bool:
        """Return True if Symbol(55) *symbol* names the instrument of *leg*, in any of the ways to
        write it."""
        return symbol == leg.request.symbol or self.router.is_named(
            symbol, leg.venue, leg.exchange, leg.venue_symbol
        )

    def check_open(self, name: VenueName) -> None:
        """Raise BusinessRefused while venue *name* takes no new orders."""
        if self.held and name in self.held:
            raise BusinessRefused(
                BusinessRejectReason.APPLICATION_NOT_AVAILABLE,
                f"venue {name} takes no new orders: {self.held[name].text}",
            )
        most = self.venues[name].capabilities.orders_waiting_max
        if most and self.submitting[name] >= most:
            raise BusinessRefused(
                BusinessRejectReason.APPLICATION_NOT_AVAILABLE,
                f"{self.submitting[name]} orders wait for venue {name}, the most that may; "
                "try again",
            )

    def hold(self, held: OrdersHeld) -> None:
        """Hold new orders to a venue, and record it."""
        self._undo.append((self.held.pop, held.venue, None))
        self.held[held.venue] = held
        self.step.events.append(held)

    def resume(self, resumed: OrdersResumed) -> None:
        """Let new orders go to a venue again, and record it."""
        self._undo.append((self.held.__setitem__, resumed.venue, self.held.pop(resumed.venue)))
        self.step.events.append(resumed)

    def depart(self, session: SessionKey, text: str) -> None:
        """None of the orders of *session* is to stay open; *text* gives the reason."""
        self._undo.append((_put_back_text, self.departed, session, self.departed.get(session)))
        self.departed[session] = text

    def come_back(self, session: SessionKey) -> None:
        """The orders of *session* are its client's own responsibility."""
        text = self.departed.pop(session, None)
        self._undo.append((_put_back_text, self.departed, session, text))

    # ------------------------------------------------------------------------- what happened

    def place(self, placed: OrderPlaced) -> Leg:
        """Record the beginning of an order."""
        last = self.orders.last_order_id
        if placed.replaces:
            before = self.orders.placed(placed.replaces)
            self._save(before, placed)
        leg = self.orders.add(placed)
        self._undo.append((self._forget, leg, last))
        self.step.events.append(placed)
        if placed.expires_at:
            heappush(self.expiring, (placed.expires_at, placed.order_id))
        return leg

    def _forget(self, leg: Leg, last_order_id: int) -> None:
        self.orders.forget(leg, last_order_id)
        if leg.expires_at:
            self.expiring.remove((leg.expires_at, leg.order_id))
            heapify(self.expiring)

    def refuse(self, event: OrderEvent) -> Leg:
        """Record an order that is refused before it leaves the gateway."""
        last = self.orders.last_order_id
        leg = self.orders.apply(event)
        self._undo.append((self.orders.forget, leg, last))
        self.step.events.append(event)
        return leg

    def record(self, event: OrderEvent) -> Leg:
        """Apply *event* to the leg that it is about and have it journaled."""
        leg = self.orders.placed(event.order_id)
        self._save(leg, event)
        self.orders.change(leg, event)
        self.step.events.append(event)
        return leg

    # --------------------------------------------------------------------- what to tell whom

    def tell(self, session: SessionKey, report: Report) -> None:
        self.step.reports.append(SendReport(session, report))

    def report(self, leg: Leg, report: Report) -> None:
        self.step.reports.append(SendReport(leg.request.session, report))

    def report_change(self, leg: Leg, exec_type: ExecType, now: Now, *, suffix: str = "") -> None:
        self.report(leg, reporting.change(leg, exec_type, suffix or exec_type, now.ms, leg.text))

    def alert(self, event: str, leg: Leg, why: str) -> None:
        self.alert_id(event, leg.order_id, why)

    def alert_id(self, event: str, order_id: OrderID, why: str) -> None:
        self.emit(RaiseAlert(event=event, order_id=order_id, text=why))

    def emit(self, effect: RaiseAlert | LookUpAccount) -> None:
        if type(effect) is RaiseAlert:
            self.step.alerts.append(effect)
        else:
            self.step.lookups.append(effect)  # type: ignore[arg-type]

    # ---------------------------------------------------------------- what to ask of venues

    def watch(self, leg: Leg, now: Now) -> PendingProof:
        """Wait for the outcome of a command, for the usual time."""
        return self.proofs.watch(leg.order_id, now.mono_ms + FIRST_ASK_MS, now.mono_ms)

    def submit(self, leg: Leg, now: Now) -> None:
        self._in_hand(leg, now)
        self.step.commands.append(SubmitOrder(leg.venue_order()))

    def replace(self, leg: Leg, after: Leg, quantity: Decimal, now: Now) -> None:
        """Let *after* take the place of *leg*, with *quantity* from the beginning of that."""
        self._in_hand(after, now)
        replacement = replace(after.venue_order(), order_qty=quantity)
        self.step.commands.append(ReplaceOrder(leg.venue_order(), replacement))

    def _in_hand(self, leg: Leg, now: Now) -> None:
        order_id, due = leg.order_id, now.mono_ms + FIRST_ASK_MS
        proof = self.proofs.get(order_id)
        self.proofs.put(
            order_id,
            PendingProof(due, SUBMITTING) if proof is None
            else proof.sooner(due).submitting_again(),
        )
        self.count_submitting(leg.venue, 1)

    def submit_answered(self, leg: Leg, now: Now, *, taken: bool) -> None:
        """The adapter has an outcome of the submit: the venue has the order (*taken*), or not."""
        self.count_submitting(leg.venue, -1)
        proof = self.proofs.get(leg.order_id)
        if proof is not None:
            self.proofs.put(leg.order_id, proof.submit_answered(now.mono_ms, taken=taken))

    def count_submitting(self, venue: VenueName, more: int) -> None:
        """There are so many *more* orders in the hands of the adapter of *venue*."""
        count = self.submitting[venue]
        self._undo.append((self.submitting.__setitem__, venue, count))
        self.submitting[venue] = count + more

    def cancel(self, leg: Leg, now: Now) -> None:
        proof = self.proofs.get(leg.order_id) or self.watch(leg, now)
        self.proofs.put(leg.order_id, proof.cancel_sent(now.mono_ms))
        self.step.commands.append(CancelOrder(leg.venue_order()))

    def begin_cancel(self, leg: Leg, now: Now) -> None:
        """A cancel of *leg* is on record: it leaves now, or as soon as the venue can take it."""
        self.watch(leg, now)
        if leg.accepted or self.venue(leg).capabilities.cancel_before_accepted:
            self.cancel(leg, now)

    def cancel_unasked(self, leg: Leg, why: str, cause: CancelFor, now: Now) -> None:
        """Cancel *leg* without a request of its client that names it."""
        self.record(CancelDecided(order_id=leg.order_id, at=now.ms, text=why, cause=cause))
        self.begin_cancel(leg, now)

    def ask(self, leg: Leg, proof: PendingProof, now: Now) -> None:
        """Ask the venue for the state of *leg*."""
        proof = self.proofs.put(leg.order_id, proof.asked(now.mono_ms))
        if type(proof.lack) is Unlisted:
            proof = self._doubt_unlisted(leg, proof, proof.lack, now)
        elif proof.asks == DOUBT_ALERT_ASKS:
            self.alert("order_in_doubt", leg, f"asked {proof.asks} times without an end")
        if not self.venue(leg).capabilities.query:
            # It cannot be asked about: only the venue's own inputs, or an operator, settle it.
            self.proofs.put(leg.order_id, proof.answered())
            return
        assert proof.question is not None, "it was asked"
        self.step.commands.append(QueryOrder(leg.venue_order(), fills=proof.question.fills))

    def _doubt_unlisted(
        self, leg: Leg, proof: PendingProof, lack: Unlisted, now: Now
    ) -> PendingProof:
        """Call for an operator if the venue has not listed its executions for long."""
        waited = now.mono_ms - lack.since
        if lack.alerted or waited < self.venue(leg).filled_unlisted_ms:
            return proof
        self.alert(
            "order_in_doubt", leg, f"for {waited // 1000} s the venue has counted "
            f"{text(lack.told)} and listed executions of {text(leg.cum_qty)}",
        )
        return self.proofs.put(leg.order_id, proof.lacking(replace(lack, alerted=True)))

    def ask_soon(self, leg: Leg, now: Now) -> None:
        """Ask soon, and less so each time, as what is unknown may be so again and again."""
        proof = self.proofs.get(leg.order_id)
        wait = SOON_MS if proof is None else proof.soon_ms
        self.proofs.watch(leg.order_id, now.mono_ms + wait, now.mono_ms)

    def ask_now(self, leg: Leg, now: Now) -> None:
        """Ask, or ask again after the query under way: that may be older than the latest event."""
        proof = self.proofs.watch(leg.order_id, now.mono_ms, now.mono_ms)
        if proof.asking or proof.submitting:
            self.proofs.put(leg.order_id, proof.ask_again())
        else:
            self.ask(leg, proof, now)


def _put_back(changed: Struct, before: Struct) -> None:
    for name in changed.__struct_fields__:
        setattr(changed, name, getattr(before, name))


def _put_back_fill(
    fills: dict[str, KnownExecution], name: str, before: KnownExecution | None
) -> None:
    if before is not None:
        fills[name] = before
    else:
        fills.pop(name, None)


def _put_back_text(
    departed: dict[SessionKey, str], session: SessionKey, before: str | None
) -> None:
    if before is not None:
        departed[session] = before
    else:
        departed.pop(session, None)

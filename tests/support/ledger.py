"""The events of orders and the commands to venues, added up once more beside the core.

What the core must agree with: executed quantities, names, what is in an
adapter's hands. It knows no status and decides nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from fixgw.core.engine import EngineEvent
from fixgw.model.effects import (
    CancelOrder,
    QueryOrder,
    ReplaceOrder,
    SubmitOrder,
    VenueCommand,
    VenueOrder,
)
from fixgw.model.enums import Command
from fixgw.model.events import (
    FillBusted,
    FillCorrected,
    OrderPlaced,
    OrderReplaced,
    ReplacedInFull,
    ReplaceRejected,
    Rerouted,
    VenueAccepted,
    VenueFill,
    VenueNamed,
)
from fixgw.model.ids import OrderID
from fixgw.model.number import ZERO
from fixgw.model.venue import Fill, OrderUpdate, VenueStatus

Execution = tuple[Decimal, Decimal]
"""LastQty(32) and LastPx(31)."""


class Ledger:
    """By OrderID(37), each order at a venue for itself."""

    def __init__(self) -> None:
        self.placed: dict[OrderID, OrderPlaced] = {}
        self.fills: defaultdict[OrderID, dict[str, Execution]] = defaultdict(dict)
        self.closed_by_fill: set[OrderID] = set()
        """The venue said of an execution that it was the last."""
        self.in_full: set[OrderID] = set()
        """Filled from the beginning, as what they replaced had executed all."""
        self.replacements: set[OrderID] = set()
        """Those that have taken another one's place."""
        self.named: defaultdict[OrderID, list[str]] = defaultdict(lambda: [""])
        """The venue's own names, the last one at the end."""
        self.attempts: defaultdict[OrderID, list[int]] = defaultdict(lambda: [0])
        self.totals: defaultdict[OrderID, list[Decimal]] = defaultdict(lambda: [ZERO])
        """Executed so far, after each event."""
        self.commanded: dict[OrderID, Decimal | None] = {}
        """OrderQty(38) of the last submit or replace that left."""
        self.replaces_sent: dict[OrderID, OrderID] = {}
        """The new order -> the old one, of replaces that the venue does in one step."""
        self.in_hand: dict[tuple[OrderID, Command], VenueCommand] = {}
        """What an adapter was given and has not answered."""
        self.left_at: dict[OrderID, int] = {}
        """When the last submit or replace stopped being in hand, by a clock that never jumps."""
        self.asked_at: dict[OrderID, int] = {}
        """When the last question left."""
        self.questions: dict[OrderID, QueryOrder] = {}
        """Those without an answer."""
        self.counted: defaultdict[OrderID, Decimal] = defaultdict(Decimal)
        """The most that the venue ever said it executed."""
        self.replacing: dict[OrderID, OrderID] = {}
        """Both orders of a replace that is pending -> the one whose place is to be taken."""

    # --------------------------------------------------------------------- what happened

    def read(
        self, events: Iterable[EngineEvent], commands: Iterable[VenueCommand], mono_ms: int
    ) -> None:
        """What one input has led to."""
        for known in (self.named, self.attempts, self.totals):
            for values in known.values():
                del values[:-1]  # type: ignore[attr-defined]
        for event in events:
            self._read_event(event)
        for command in commands:
            self._read_command(command, mono_ms)

    def _read_event(self, event: EngineEvent) -> None:
        match event:
            case OrderPlaced():
                self.placed[event.order_id] = event
                if event.replaces:
                    self.replacing[event.order_id] = self.replacing[event.replaces] = event.replaces
            case VenueFill():
                executions = self.fills[event.order_id]
                assert event.venue_exec_id not in executions, "an execution is told once"
                executions[event.venue_exec_id] = event.last_qty, event.last_px
                self.totals[event.order_id].append(self.executed(event.order_id))
                if event.closes:
                    self.closed_by_fill.add(event.order_id)
            case FillCorrected():
                self.fills[event.order_id][event.venue_exec_id] = event.last_qty, event.last_px
                self.totals[event.order_id].append(self.executed(event.order_id))
            case FillBusted():
                self.fills[event.order_id][event.venue_exec_id] = ZERO, ZERO
                self.totals[event.order_id].append(self.executed(event.order_id))
            case VenueAccepted() | VenueNamed():
                if event.native_id:
                    self.named[event.order_id].append(event.native_id)
            case Rerouted():
                attempts = self.attempts[event.order_id]
                attempts.append(attempts[-1] + 1)
            case ReplacedInFull():
                self.in_full.add(event.order_id)
                self.replacements.add(event.order_id)
            case OrderReplaced() | ReplaceRejected():
                self._end_of_replace(event)

    def _end_of_replace(self, event: OrderReplaced | ReplaceRejected) -> None:
        for order_id, old in list(self.replacing.items()):
            if old == event.order_id:
                del self.replacing[order_id]
                if isinstance(event, OrderReplaced) and order_id != old:
                    self.replacements.add(order_id)

    def _read_command(self, command: VenueCommand, mono_ms: int) -> None:
        self._check(command.order)
        order_id = command.order.order_id
        match command:
            case SubmitOrder():
                self.commanded[order_id] = command.order.order_qty
                self.in_hand[order_id, Command.SUBMIT] = command
            case ReplaceOrder():
                new = command.replacement
                self.commanded[new.order_id] = new.order_qty
                self.replaces_sent[new.order_id] = order_id
                self.in_hand[new.order_id, Command.REPLACE] = command
            case CancelOrder():
                self.in_hand[order_id, Command.CANCEL] = command
            case QueryOrder():
                self.asked_at[order_id] = mono_ms
                self.questions[order_id] = command

    def _check(self, order: VenueOrder) -> None:
        """A command carries what is known by then."""
        order_id = order.order_id
        assert order.native_id in self.named[order_id]
        assert order.attempt in self.attempts[order_id]
        assert order.cum_qty in self.totals[order_id]
        placed = self.placed[order_id]
        assert order.symbol == placed.venue_symbol and order.account == placed.account
        assert order.venue_order_id == placed.venue_order_id

    # ------------------------------------------------------------------ what a venue says

    def said(self, update: OrderUpdate, quantity: Decimal | None) -> None:
        """The venue says *update* of an order of that *quantity*."""
        counted = [update.cum_qty or ZERO, *(fill.cum_qty for fill in update.fills or ())]
        if update.fill is not None:
            counted.append(update.fill.cum_qty)
        if update.status is VenueStatus.FILLED:
            counted.append(quantity or ZERO)
        self.counted[update.order_id] = max(self.counted[update.order_id], *counted)
        if update.asked:
            self.questions.pop(update.order_id, None)

    def answered(self, order_id: OrderID, command: Command, mono_ms: int) -> None:
        """The adapter has an outcome."""
        self.in_hand.pop((order_id, command), None)
        if command is not Command.CANCEL:
            for each in (Command.SUBMIT, Command.REPLACE):
                self.in_hand.pop((order_id, each), None)
            self.left_at[order_id] = mono_ms

    def died(self, mono_ms: int) -> None:
        """The process, and its adapters with it."""
        for order_id, command in self.in_hand:
            if command is not Command.CANCEL:
                self.left_at[order_id] = mono_ms
        self.in_hand.clear()
        self.questions.clear()
        self.asked_at.clear()

    # --------------------------------------------------------------------------- what is so

    def executed(self, order_id: OrderID) -> Decimal:
        return sum((qty for qty, _ in self.fills[order_id].values()), ZERO)

    def is_in_hand(self, order_id: OrderID) -> bool:
        """A submit or replace is, which may still leave."""
        return any((order_id, kind) in self.in_hand for kind in (Command.SUBMIT, Command.REPLACE))

    def absence_may_be_proof(self, order_id: OrderID, proof_ms: int) -> bool:
        """The venue was asked about *order_id* when no command could arrive any more."""
        if self.is_in_hand(order_id) or order_id not in self.asked_at:
            return False
        return self.asked_at[order_id] - self.left_at.get(order_id, 0) >= proof_ms

    def truth(self, order_id: OrderID, *, asked: bool) -> OrderUpdate:
        """The order has ended, and the venue lists as much as it ever counted."""
        fills: list[Fill] = []
        total = ZERO
        for name, (qty, px) in self.fills[order_id].items():
            if qty:
                total += qty
                fills.append(_fill("" if name.startswith("@") else name, total, qty, px))
        missing = self.counted[order_id] - total
        if missing > 0:
            fills.append(_fill(f"last-{missing}", total + missing, missing, Decimal(100)))
            total += missing
        return OrderUpdate(
            order_id=order_id, status=VenueStatus.CANCELED, cum_qty=total, fills=tuple(fills),
            asked=asked,
        )


def _fill(name: str, total: Decimal, qty: Decimal, px: Decimal) -> Fill:
    return Fill(venue_exec_id=name, cum_qty=total, last_qty=qty, last_px=px, at=0)

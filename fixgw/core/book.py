"""What both sides of the engine share: the orders, what happened to them, what is to be done.

Every change of an order goes through `record` or `place`, so that it is both
applied and journaled; every question to a venue through `ask`, so that there
are never more than it can bear.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from heapq import heappush

from msgspec.structs import replace

from fixgw.core import reporting
from fixgw.core.accounts import Accounts
from fixgw.core.inflight import (
    COMMAND_LOST_MS,
    DOUBT_ALERT_ASKS,
    FIRST_ASK_MS,
    SOON_MS,
    Inflight,
    Watch,
)
from fixgw.core.order import Order
from fixgw.core.orders import Orders
from fixgw.core.routing import Router
from fixgw.model.capabilities import Capabilities
from fixgw.model.effects import (
    CancelOrder,
    Effect,
    QueryOrder,
    RaiseAlert,
    ReplaceOrder,
    SendReport,
    SubmitOrder,
)
from fixgw.model.enums import BusinessRejectReason, CancelFor, ExecType
from fixgw.model.errors import BusinessRefused
from fixgw.model.events import CancelDecided, OrderEvent, OrderPlaced
from fixgw.model.ids import OrderID, SessionKey, VenueName, VenueOrderID
from fixgw.model.now import Now
from fixgw.model.reports import Report
from fixgw.model.session_events import MassEvent
from fixgw.model.venue import OrderUpdate
from fixgw.model.venue_events import OrdersHeld, VenueEvent


EngineEvent = OrderEvent | VenueEvent | MassEvent
"""What the engine puts on record."""


class VenueTerms:
    """What the engine must know of a venue beside its instruments."""

    __slots__ = ("capabilities", "venue_order_id", "late_submit_ms", "submitting")

    def __init__(
        self,
        capabilities: Capabilities,
        venue_order_id: Callable[[OrderID, str], VenueOrderID],
        late_submit_ms: int,
    ) -> None:
        self.capabilities = capabilities
        self.venue_order_id = venue_order_id
        self.late_submit_ms = late_submit_ms
        """An order proven absent at the venue is submitted (again) up to this age, else
        rejected."""
        self.submitting = 0
        """Orders that are in the adapter's hands and have no outcome."""


class Book:
    """Orders, the events of this tick, and its effects."""

    def __init__(self, router: Router, venues: Mapping[VenueName, VenueTerms]) -> None:
        self.router = router
        self.venues = venues
        self.orders = Orders()
        self.inflight = Inflight()
        self.accounts: Accounts | None = None
        """Who may trade, where directories of accounts are configured."""
        self.held: dict[VenueName, OrdersHeld] = {}
        """The venues that new orders may not go to until an operator resumes."""
        self.expiring: list[tuple[int, OrderID]] = []
        """When which orders expire that the gateway has to end (`core.expiry`): a heap."""
        self.events: list[EngineEvent] = []
        self.effects: list[Effect] = []

    def venue(self, order: Order) -> VenueTerms:
        return self.venues[order.venue]

    def is_named(self, order: Order, symbol: str) -> bool:
        """Whether Symbol(55) *symbol* is what *order* is for, in any of the ways to write it."""
        return symbol == order.request.symbol or self.router.is_named(
            symbol, order.venue, order.exchange, order.venue_symbol
        )

    def check_open(self, name: VenueName) -> None:
        """Whether venue *name* takes new orders at all at this moment; raises BusinessRefused."""
        if self.held and name in self.held:
            raise BusinessRefused(
                BusinessRejectReason.APPLICATION_NOT_AVAILABLE,
                f"venue {name} takes no new orders: {self.held[name].text}",
            )
        venue = self.venues[name]
        most = venue.capabilities.orders_waiting_max
        if most and venue.submitting >= most:
            raise BusinessRefused(
                BusinessRejectReason.APPLICATION_NOT_AVAILABLE,
                f"{venue.submitting} orders wait for venue {name}, the most that may; try again",
            )

    # ------------------------------------------------------------------ what happened

    def place(self, placed: OrderPlaced) -> Order:
        """Record the beginning of an order."""
        self.events.append(placed)
        order = self.orders.add(placed)
        if placed.expires_at:
            heappush(self.expiring, (placed.expires_at, placed.order_id))
        return order

    def record(self, event: OrderEvent) -> Order:
        """Apply *event* and have it journaled."""
        order = self.orders.apply(event)
        self.events.append(event)
        return order

    # --------------------------------------------------------------- what to tell whom

    def tell(self, session: SessionKey, report: Report) -> None:
        self.effects.append(SendReport(session, report))

    def report(self, order: Order, report: Report) -> None:
        self.effects.append(SendReport(order.request.session, report))

    def report_change(
        self, order: Order, exec_type: ExecType, now: Now, *, suffix: str = ""
    ) -> None:
        self.report(
            order, reporting.change(order, exec_type, suffix or exec_type, now.ms, order.text)
        )

    def alert(self, event: str, order: Order, text: str) -> None:
        self.alert_id(event, order.order_id, text)

    def alert_id(self, event: str, order_id: OrderID, text: str) -> None:
        self.effects.append(RaiseAlert(event=event, order_id=order_id, text=text))

    # ------------------------------------------------------------ what to ask of venues

    def watch(self, order: Order, now: Now) -> Watch:
        """Wait for what the venue makes of a command, as long as it usually may take."""
        return self.inflight.watch(order.order_id, now.mono_ms + FIRST_ASK_MS, now.mono_ms)

    def submit(self, order: Order, now: Now) -> None:
        watch = self.watch(order, now)
        watch.submitting = True
        self.venues[order.venue].submitting += 1
        self.effects.append(SubmitOrder(order.venue_order()))

    def replace(self, order: Order, after: Order, quantity: Decimal, now: Now) -> None:
        """Let *after* take the place of *order*, with *quantity* from the beginning of that."""
        watch = self.watch(after, now)
        watch.submitting = True
        self.venue(after).submitting += 1
        replacement = replace(after.venue_order(), order_qty=quantity)
        self.effects.append(ReplaceOrder(order.venue_order(), replacement))

    def cancel(self, order: Order, watch: Watch, now: Now) -> None:
        watch.cancelling = watch.cancel_sent = True
        watch.cancel_at = now.mono_ms
        self.effects.append(CancelOrder(order.venue_order()))

    def begin_cancel(self, order: Order, now: Now) -> None:
        """A cancel of *order* is on record: it leaves now, or as soon as the venue can take it."""
        watch = self.watch(order, now)
        if order.accepted or self.venue(order).capabilities.cancel_before_accepted:
            self.cancel(order, watch, now)

    def cancel_unasked(self, order: Order, text: str, cause: CancelFor, now: Now) -> None:
        """Cancel *order* without a request of its client that names it."""
        self.record(
            CancelDecided(order_id=order.order_id, at=now.ms, text=text, cause=cause)
        )
        self.begin_cancel(order, now)

    def keep_cancelling(
        self, order: Order, update: OrderUpdate, watch: Watch | None, now: Now
    ) -> None:
        """*update* says that *order*, which is to be cancelled, works: cancel, if it is time."""
        watch = watch or self.watch(order, now)
        # It waited for the venue to accept; or it was sent, the venue was asked, and
        # the order works on. To cancel twice does no harm.
        if self.under_way(watch, now):
            return
        if not watch.cancel_sent or (
            update.asked and watch.asked_at > watch.cancel_answered_at
        ):
            self.cancel(order, watch, now)

    @staticmethod
    def under_way(watch: Watch, now: Now) -> bool:
        """Whether the adapter still owes an answer to a cancel."""
        return watch.cancelling and now.mono_ms - watch.cancel_at < COMMAND_LOST_MS

    def ask(self, order: Order, watch: Watch, now: Now) -> None:
        self.inflight.asked(watch, now.mono_ms)
        if watch.asks == DOUBT_ALERT_ASKS:
            self.alert("order_in_doubt", order, f"asked {watch.asks} times without an end")
        if not self.venue(order).capabilities.query:
            # Nobody can be asked: only its own words, or an operator, settle it.
            watch.asking = False
            return
        self.effects.append(QueryOrder(order.venue_order(), fills=watch.asked_fills))

    def ask_soon(self, order: Order, now: Now) -> None:
        self.inflight.watch(order.order_id, now.mono_ms + SOON_MS, now.mono_ms)

    def ask_now(self, order: Order, now: Now) -> None:
        """Ask, or ask again after what is under way: that may be older than what happened."""
        watch = self.inflight.watch(order.order_id, now.mono_ms, now.mono_ms)
        if watch.asking or watch.submitting:
            watch.again = True
        else:
            self.ask(order, watch, now)

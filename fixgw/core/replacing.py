"""OrderCancelReplaceRequest(35=G): one order takes the place of another.

To a venue these are two orders, each with a name, executions and an outcome of its own; the
client sees one (decision 0011). Where the venue replaces in one step it does, and its word on
the new order decides. Elsewhere, and only for sessions that ask for it, the old order is
cancelled first, and the new one leaves when its end is proven and with what is left: never may
both work, so never is more than OrderQty(38) executed. Whatever stays in doubt is asked about.
"""

from decimal import Decimal

from msgspec.structs import replace

from fixgw.core import reporting
from fixgw.core.book import Book
from fixgw.core.checks import check_order
from fixgw.core.inflight import FIRST_ASK_MS, Watch
from fixgw.core.order import Order
from fixgw.model.enums import (
    CLOSED,
    CancelFor,
    CxlRejReason,
    ExecType,
    OrdRejReason,
    OrdStatus,
    TimeInForce,
)
from fixgw.model.errors import BusinessRefused, CancelRefused, OrderRefused
from fixgw.model.events import (
    CancelGivenUp,
    OrderEvent,
    OrderPlaced,
    OrderReplaced,
    ReplacedInFull,
    ReplacementSubmitted,
    ReplaceRejected,
    ReplaceRequested,
    VenueAccepted,
    VenueCanceled,
    VenueRefused,
)
from fixgw.model.ids import OrderID, next_order_id
from fixgw.model.now import Now
from fixgw.model.number import ZERO, subtract, text, trim
from fixgw.model.requests import NewOrderSingle, OrderCancelReplaceRequest
from fixgw.model.venue import OrderUpdate, VenueStatus

CANCELED_TO_REPLACE = "canceled to be replaced"
"""Text(58) if the client hears of it: that what was to follow did not."""

_KEPT = (
    ("Side(54)", "side"),
    ("OrdType(40)", "ord_type"),
    ("TimeInForce(59)", "time_in_force"),
    ("ExecInst(18) 6 (post only)", "post_only"),
)
"""What the whole order, which the request repeats, may not have otherwise."""


class Replaces:
    """Takes replaces on, and brings them to an end."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._orders = book.orders
        self._inflight = book.inflight
        self._router = book.router

    # ---------------------------------------------------------------- what is asked

    def check(self, request: OrderCancelReplaceRequest, order: Order | None, now: Now) -> Order:
        """The order that is to be replaced; raises CancelRefused."""
        if order is None:
            raise CancelRefused(CxlRejReason.UNKNOWN_ORDER, "unknown order")
        if request.order_id is not None and request.order_id != order.root_id:
            raise CancelRefused(
                CxlRejReason.OTHER,
                f"OrderID(37) '{request.order_id}' is not the order's, '{order.root_id}'",
            )
        new, old = request.order, order.request
        if not order.open:
            raise CancelRefused(CxlRejReason.TOO_LATE, f"the order is {order.ord_status.name}")
        if order.replacing or order.cancelling:
            raise CancelRefused(
                CxlRejReason.ALREADY_PENDING, "a cancel or replace is pending already"
            )
        if self._orders.of_client(request.session, request.cl_ord_id) is not None:
            raise CancelRefused(
                CxlRejReason.DUPLICATE_CL_ORD_ID,
                f"ClOrdID(11) {request.cl_ord_id!r} was used before",
            )
        self._check_kept(new, order)
        if new.order_qty is None or old.order_qty is None:
            raise CancelRefused(
                CxlRejReason.OTHER, "only an order with OrderQty(38) can be replaced"
            )
        self._check_venue(new, order, now)
        return order

    def _check_kept(self, new: NewOrderSingle, order: Order) -> None:
        if not self._book.is_named(order, new.symbol):
            raise _not_replaced("Symbol(55)", order.request.symbol, new.symbol)
        for name, field in _KEPT:
            sent, known = getattr(new, field), getattr(order.request, field)
            if sent != known:
                raise _not_replaced(name, known, sent)
        if new.security_exchange not in ("", order.exchange):
            raise _not_replaced("SecurityExchange(207)", order.exchange, new.security_exchange)
        if new.account not in ("", order.account):
            raise _not_replaced("Account(1)", order.account, new.account)
        # OrderCancelReplaceRequest has no QuoteID(117), and a hub may write what it likes in 115.
        # How it names the instrument has been compared.
        known, who = order.request.terms, new.terms.on_behalf_of
        if "on_behalf_of" in self._book.venue(order).capabilities.terms:
            who = known.on_behalf_of  # there it says whose order it is
        if new.terms != replace(
            known, quote_id="", on_behalf_of=who, security_id=new.terms.security_id,
            security_id_source=new.terms.security_id_source,
            on_behalf_of_sub_id=new.terms.on_behalf_of_sub_id,
            on_behalf_of_location_id=new.terms.on_behalf_of_location_id,
        ):
            raise CancelRefused(
                CxlRejReason.OTHER,
                "only Price(44) and OrderQty(38) can be replaced; the rest has to be repeated",
            )

    def _check_venue(self, new: NewOrderSingle, order: Order, now: Now) -> None:
        capabilities = self._book.venue(order).capabilities
        left = self._left(new, order)
        if capabilities.replace and (left or capabilities.cancel):
            by_cancel = not left
        else:
            # The end of the old order has to be proven, so there has to be somebody to ask.
            by_cancel = capabilities.cancel and capabilities.query
            if not (by_cancel and self._router.terms(new.session).replace_by_cancel):
                raise CancelRefused(CxlRejReason.BROKER_OPTION, capabilities.replace_text)
        try:
            self._book.check_open(order.venue)
            instrument = self._router.route(
                new.session, order.account, order.venue_symbol, order.exchange
            )
            if order.expires_at:
                new = replace(new, time_in_force=TimeInForce.GOOD_TILL_CANCEL)
            own_tif = self._router.terms(new.session).post_only_tif
            check_order(new, instrument, capabilities, now.ms, own_tif)
            if by_cancel and left:
                # This is what the venue will be given.
                check_order(
                    replace(new, order_qty=left), instrument, capabilities, now.ms, own_tif
                )
            if self._book.accounts is not None:
                self._book.accounts.check(new.session, order.venue, order.account, now)
        except (OrderRefused, BusinessRefused) as refused:
            raise CancelRefused(CxlRejReason.OTHER, refused.text) from None

    @staticmethod
    def _left(new: NewOrderSingle, order: Order) -> Decimal:
        """What *new* has left to do, by what is known to be executed; 0 if nothing."""
        assert new.order_qty is not None, "`check` saw to it"
        left = subtract(new.order_qty, order.total_qty)
        return trim(left) if left > ZERO or new.order_qty <= ZERO else ZERO

    def take_on(self, request: OrderCancelReplaceRequest, order: Order, now: Now) -> None:
        """Begin with what `check` has let through."""
        venue = self._book.venue(order)
        new_id = OrderID(str(next_order_id(self._orders.last_order_id, now.ms)))
        # To end with what is executed is a cancel everywhere.
        native = venue.capabilities.replace and self._left(request.order, order) > ZERO
        self._book.record(ReplaceRequested(
            order_id=order.order_id, at=now.ms, cl_ord_id=request.cl_ord_id, replacement=new_id,
        ))
        after = self._book.place(OrderPlaced(
            order_id=new_id, at=now.ms, request=request.order, venue=order.venue,
            exchange=order.exchange, venue_symbol=order.venue_symbol,
            venue_order_id=venue.venue_order_id(new_id, order.account), account=order.account,
            replaces=order.order_id, native=native, cancel_on_disconnect=order.venue_cod,
            quote=order.quote, expires_at=order.expires_at,
        ))
        if self._router.terms(request.session).pending_reports:
            self._book.report(order, reporting.pending_replace(order, after, now.ms))
        if not native:
            self._cancel_first(order, now)
            return
        self._book.watch(order, now)
        if self._may_be_replaced(order):
            self._send(order, after, now)

    @staticmethod
    def _may_be_replaced(order: Order) -> bool:
        """Whether the venue has *order*, and it is known what is left: not while one that *order*
        has replaced in one step may have executed more than it told of."""
        assert order.chain is not None, "it is about to be replaced"
        return order.accepted and not order.chain.unsure

    def _cancel_first(self, order: Order, now: Now) -> None:
        self._book.cancel_unasked(order, CANCELED_TO_REPLACE, CancelFor.REPLACE, now)

    def _send(self, order: Order, after: Order, now: Now) -> None:
        """The venue has *order*: let it replace it."""
        assert after.request.order_qty is not None
        before = subtract(order.total_qty, order.cum_qty)
        left = trim(subtract(after.request.order_qty, order.total_qty))
        self._book.record(
            ReplacementSubmitted(order_id=after.order_id, at=now.ms, order_qty=left)
        )
        self._book.replace(order, after, trim(subtract(after.request.order_qty, before)), now)

    def _kept_back(self, after: Order, now: Now) -> str | None:
        """Why *after* may not leave any more, though its turn has come; None if it may."""
        held = self._book.held.get(after.venue)
        if held is not None:
            return f"venue {after.venue} takes no new orders: {held.text}"
        # Decision 0003: what is too old to be submitted again is too old to be submitted.
        if now.ms - after.placed_at > max(self._book.venue(after).late_submit_ms, FIRST_ASK_MS):
            return "the replacement is too old to be submitted now"
        return None

    # ----------------------------------------------------- what becomes of the old one

    def advance(
        self, order: Order, update: OrderUpdate, watch: Watch | None, now: Now
    ) -> None:
        """The venue has said *update* of *order*, whose replace is pending."""
        after = order.follower
        if after is None:
            return  # it is at the venue: what becomes of it decides
        if order.beneath is OrdStatus.FILLED:
            self.too_late(order, now)
        elif after.native:
            if self._may_be_replaced(order) and order.beneath is not OrdStatus.REJECTED:
                self._send_late(order, after, now)
        elif order.own_cancel is None or update.status is not VenueStatus.WORKING:
            return
        elif order.own_cancel.refusal is None:
            self._book.keep_cancelling(order, update, watch, now)
        elif update.asked and (watch is None or not watch.again):
            refusal = order.own_cancel.refusal
            self._book.record(CancelGivenUp(order_id=order.order_id, at=now.ms, text=refusal))
            self._drop(after, CxlRejReason.BROKER_OPTION, refusal, now)

    def too_late(self, order: Order, now: Now) -> None:
        """*order*, whose replace has not left, is filled."""
        after = order.follower
        if after is not None:
            self._drop(after, CxlRejReason.TOO_LATE, "the order is FILLED", now)

    def go_on(self, order: Order, now: Now) -> None:
        """All is known of one that *order* has replaced, and its own replace may have waited."""
        after = order.follower
        if after is not None and after.native:
            if self._may_be_replaced(order) and order.beneath not in CLOSED:
                self._send_late(order, after, now)

    def _send_late(self, order: Order, after: Order, now: Now) -> None:
        """The venue has accepted *order*, whose replace has waited for that."""
        why = self._kept_back(after, now)
        if why is not None:
            self._drop(after, CxlRejReason.TOO_LATE, why, now)
        elif after.quantity:
            self._send(order, after, now)
        elif self._book.venue(order).capabilities.cancel:
            self._cancel_first(order, now)
        else:
            self._drop(after, CxlRejReason.TOO_LATE, "as much is executed already", now)

    def old_ended(self, order: Order, event: OrderEvent, now: Now) -> None:
        """*order*, whose replace is pending, has ended with *event*, which nobody was told."""
        after = order.follower
        self._inflight.settle(order.order_id)
        if after is None:
            return
        # An end that was concluded proves nothing of what was executed.
        proven = type(event) is VenueCanceled and event.restated is None
        if after.native or not proven:
            self._drop(after, CxlRejReason.TOO_LATE, f"the order is {order.beneath.name}", now)
            return
        assert after.quantity is not None
        if after.quantity:
            why = self._kept_back(after, now)
            if why is not None:
                self._drop(after, CxlRejReason.TOO_LATE, why, now)
                return
            self._book.record(ReplacementSubmitted(
                order_id=after.order_id, at=now.ms, order_qty=after.quantity
            ))
            self._book.submit(after, now)
            return
        executed = order.total_qty
        self._book.record(OrderReplaced(order_id=order.order_id, at=now.ms))
        self._book.record(
            ReplacedInFull(order_id=after.order_id, at=now.ms, order_qty=executed)
        )
        self._book.report(after, reporting.replaced(
            after, now.ms, f"OrderQty(38) is amended to CumQty(14) {text(executed)}"
        ))

    def works_on(self, order: Order, said: str, now: Now) -> None:
        """An operator says *said*: *order*, which was to be canceled first, is not."""
        after = order.follower
        if after is not None and not after.native:
            self._book.record(CancelGivenUp(order_id=order.order_id, at=now.ms, text=said))
            self._drop(after, CxlRejReason.BROKER_OPTION, said, now)

    def drop_waiting(self, order: Order, why: str, now: Now) -> None:
        """Nothing is to follow *order*, unless it has left already."""
        after = order.follower
        if after is not None:
            self._drop(after, CxlRejReason.OTHER, why, now)

    def _drop(self, after: Order, reason: CxlRejReason, why: str, now: Now) -> None:
        """*after* has not left and never will."""
        self._book.record(VenueRefused(
            order_id=after.order_id, at=now.ms, reason=OrdRejReason.OTHER, text=why
        ))
        self.new_refused(after, reason, why, now)

    # ----------------------------------------------------- what becomes of the new one

    def new_accepted(self, after: Order, accepted: VenueAccepted, now: Now) -> None:
        """The venue has *after*: it is the order from now on."""
        order = after.replaces
        assert order is not None
        self._book.record(accepted)
        self._book.record(OrderReplaced(order_id=order.order_id, at=now.ms))
        self._book.report(after, reporting.replaced(after, now.ms))
        if order.final:
            self._inflight.settle(order.order_id)
        else:
            # What it executed until then counts, and may not have been told.
            self._book.ask_now(order, now)

    def new_refused(self, after: Order, reason: CxlRejReason, why: str, now: Now) -> None:
        """*after* is refused, or never arrived, which is on record: the order stays, if it can."""
        order = after.replaces
        assert order is not None
        self._inflight.settle(after.order_id)
        if not order.replacing:
            return
        self._book.record(ReplaceRejected(
            order_id=order.order_id, at=now.ms, reason=reason, text=why
        ))
        # Its end has waited for this.
        if order.status is OrdStatus.CANCELED and order.restated is not None:
            self._book.report(order, reporting.restated(order, now.ms))
        elif order.status in _UNTOLD_ENDS:
            self._book.report_change(order, _UNTOLD_ENDS[order.status], now)
        self._book.report(order, reporting.replace_reject(order, after, reason, why, now.ms))
        if order.open:
            self._book.ask_now(order, now)
        else:
            self._inflight.settle(order.order_id)


def _not_replaced(name: str, known: object, sent: object) -> CancelRefused:
    return CancelRefused(
        CxlRejReason.OTHER, f"{name} cannot be replaced: it is '{known}', the request says '{sent}'"
    )


_UNTOLD_ENDS = {
    OrdStatus.CANCELED: ExecType.CANCELED,
    OrdStatus.EXPIRED: ExecType.EXPIRED,
    OrdStatus.REJECTED: ExecType.REJECTED,
}

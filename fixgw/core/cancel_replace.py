"""OrderCancelReplaceRequest(35=G): one order takes the place of another.

To a venue these are two orders, each with its own ID, executions and outcome; the client sees one
(decision 0011). Where the venue replaces in one step it does, and its answer on the new order
decides. Elsewhere, and only for sessions that ask for it, the old order is canceled first, and the
new one is sent when its end is proven and with the remaining quantity: both may never work at once,
so never is more than OrderQty(38) executed. Whatever stays in doubt is asked about.
"""

from decimal import Decimal

from msgspec.structs import replace

from fixgw.core import reporting, rules
from fixgw.core.checks import check_order
from fixgw.core.orders.client_order import of
from fixgw.core.orders.leg import Leg
from fixgw.core.state import EngineState
from fixgw.model.enums import CancelFor, CxlRejReason, TimeInForce
from fixgw.model.errors import BusinessRefused, CancelRefused, OrderRefused
from fixgw.model.events import OrderPlaced, ReplaceRequested
from fixgw.model.ids import OrderID, next_order_id
from fixgw.model.now import Now
from fixgw.model.number import ZERO, subtract, trim
from fixgw.model.requests import NewOrderSingle, OrderCancelReplaceRequest

_KEPT = (
    ("Side(54)", "side"),
    ("OrdType(40)", "ord_type"),
    ("TimeInForce(59)", "time_in_force"),
    ("ExecInst(18) 6 (post only)", "post_only"),
)
"""Fields of the whole order, which the request repeats, that may not change."""


class CancelReplace:
    """Accepts replaces; `core.rules` brings them to an end."""

    def __init__(self, state: EngineState) -> None:
        self._state = state
        self._orders = state.orders
        self._router = state.router

    def check(self, request: OrderCancelReplaceRequest, leg: Leg | None, now: Now) -> Leg:
        """Return the leg that is to be replaced; raise CancelRefused."""
        if leg is None:
            raise CancelRefused(CxlRejReason.UNKNOWN_ORDER, "unknown order")
        if request.order_id is not None and request.order_id != of(leg).root_id:
            raise CancelRefused(
                CxlRejReason.OTHER,
                f"OrderID(37) '{request.order_id}' is not the order's, '{of(leg).root_id}'",
            )
        new, old = request.order, leg.request
        if not leg.open or leg.reopened:
            raise CancelRefused(CxlRejReason.TOO_LATE, f"the order is {of(leg).ord_status.name}")
        if leg.replacing or leg.cancelling:
            raise CancelRefused(
                CxlRejReason.ALREADY_PENDING, "a cancel or replace is pending already"
            )
        if self._orders.of_client(request.session, request.cl_ord_id) is not None:
            raise CancelRefused(
                CxlRejReason.DUPLICATE_CL_ORD_ID,
                f"ClOrdID(11) {request.cl_ord_id!r} was used before",
            )
        self._check_kept(new, leg)
        if new.order_qty is None or old.order_qty is None:
            raise CancelRefused(
                CxlRejReason.OTHER, "only an order with OrderQty(38) can be replaced"
            )
        self._check_venue(new, leg, now)
        return leg

    def _check_kept(self, new: NewOrderSingle, leg: Leg) -> None:
        if not self._state.is_named(leg, new.symbol):
            raise _not_replaced("Symbol(55)", leg.request.symbol, new.symbol)
        for name, field in _KEPT:
            sent, known = getattr(new, field), getattr(leg.request, field)
            if sent != known:
                raise _not_replaced(name, known, sent)
        if new.security_exchange not in ("", leg.exchange):
            raise _not_replaced("SecurityExchange(207)", leg.exchange, new.security_exchange)
        if new.account not in ("", leg.account):
            raise _not_replaced("Account(1)", leg.account, new.account)
        # OrderCancelReplaceRequest has no QuoteID(117), and a hub may write what it likes in 115.
        # How it names the instrument has been compared.
        known, who = leg.request.terms, new.terms.on_behalf_of
        if "on_behalf_of" in self._state.venue(leg).capabilities.terms:
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

    def _check_venue(self, new: NewOrderSingle, leg: Leg, now: Now) -> None:
        capabilities = self._state.venue(leg).capabilities
        left = self._left(new, leg)
        if capabilities.replace and (left or capabilities.cancel):
            by_cancel = not left
        else:
            # The end of the old order has to be proven, so there has to be somebody to ask.
            by_cancel = capabilities.cancel and capabilities.query
            if not (by_cancel and self._router.terms(new.session).replace_by_cancel):
                raise CancelRefused(CxlRejReason.BROKER_OPTION, capabilities.replace_text)
        try:
            self._state.check_open(leg.venue)
            instrument = self._router.route(
                new.session, leg.account, leg.venue_symbol, leg.exchange
            )
            if leg.expires_at:
                new = replace(new, time_in_force=TimeInForce.GOOD_TILL_CANCEL)
            own_tif = self._router.terms(new.session).post_only_tif
            check_order(new, instrument, capabilities, now.ms, own_tif)
            if by_cancel and left:
                # This is what the venue will be given.
                check_order(
                    replace(new, order_qty=left), instrument, capabilities, now.ms, own_tif
                )
            self._state.accounts.check(new.session, leg.venue, leg.account, now)
        except (OrderRefused, BusinessRefused) as refused:
            raise CancelRefused(CxlRejReason.OTHER, refused.text) from None

    @staticmethod
    def _left(new: NewOrderSingle, leg: Leg) -> Decimal:
        """Return the remaining quantity of *new*, by the known executions; 0 if there is none."""
        assert new.order_qty is not None, "`check` saw to it"
        left = subtract(new.order_qty, of(leg).cum_qty)
        return trim(left) if left > ZERO or new.order_qty <= ZERO else ZERO

    def take_on(self, request: OrderCancelReplaceRequest, leg: Leg, now: Now) -> None:
        """Begin the replace that `check` has accepted."""
        venue = self._state.venue(leg)
        new_id = OrderID(str(next_order_id(self._orders.last_order_id, now.ms)))
        # A replace down to the executed quantity is a cancel everywhere.
        native = venue.capabilities.replace and self._left(request.order, leg) > ZERO
        self._state.record(ReplaceRequested(
            order_id=leg.order_id, at=now.ms, cl_ord_id=request.cl_ord_id, replacement=new_id,
        ))
        after = self._state.place(OrderPlaced(
            order_id=new_id, at=now.ms, request=request.order, venue=leg.venue,
            exchange=leg.exchange, venue_symbol=leg.venue_symbol,
            venue_order_id=venue.venue_order_id(new_id, leg.account), account=leg.account,
            replaces=leg.order_id, native=native, cancel_on_disconnect=leg.venue_cod,
            quote=leg.quote, expires_at=leg.expires_at,
        ))
        if self._router.terms(request.session).pending_reports:
            self._state.report(leg, reporting.pending_replace(leg, after, now.ms))
        if native:
            self._state.watch(leg, now)
            rules.settle(self._state, leg, now)
        else:
            self._state.cancel_unasked(leg, rules.CANCELED_TO_REPLACE, CancelFor.REPLACE, now)


def _not_replaced(name: str, known: object, sent: object) -> CancelRefused:
    return CancelRefused(
        CxlRejReason.OTHER, f"{name} cannot be replaced: it is '{known}', the request says '{sent}'"
    )

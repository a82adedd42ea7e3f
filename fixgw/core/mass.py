"""OrderMassCancelRequest(35=q) and OrderMassStatusRequest(35=AF): a session's own open orders.

A mass cancel is a decision about each order by itself, with the journal's and the retries' help
that the gateway's own cancels have: a venue's call for all orders of an account would take those
of other sessions with it. It is answered at once; each order's end is reported when it is there.
"""

from collections.abc import Callable

from fixgw.core import reporting
from fixgw.core.book import Book
from fixgw.core.order import Order
from fixgw.core.own_cancels import OwnCancels
from fixgw.model.enums import (
    BusinessRejectReason,
    MassCancelRejectReason,
    MassCancelRequestType,
)
from fixgw.model.errors import BusinessRefused
from fixgw.model.ids import next_order_id
from fixgw.model.now import Now
from fixgw.model.reports import OrderMassCancelReport
from fixgw.model.requests import OrderMassCancelRequest, OrderMassStatusRequest

TEXT = "OrderMassCancelRequest(35=q) {cl_ord_id}"
"""Text(58) of the orders' reports."""

_REQUEST_TYPES = frozenset(MassCancelRequestType)
_STATUS_TYPES = frozenset({"1", "7"})
"""MassStatusReqType(585): of a security, and of all orders."""

_Request = OrderMassCancelRequest | OrderMassStatusRequest


class Mass:
    """Handles requests about many orders."""

    def __init__(self, book: Book, own_cancels: OwnCancels) -> None:
        self._book = book
        self._own_cancels = own_cancels
        self._reports = 0

    def on_mass_cancel(self, request: OrderMassCancelRequest, now: Now) -> None:
        self._reports = next_order_id(self._reports, now.ms)
        refusal = self._refusal(request)
        if refusal is not None:
            self._answer(request, now, refusal=refusal)
            return
        orders = self._meant(request)
        stay = [each for each in orders if not self._book.venue(each).capabilities.cancel]
        why = ""
        if stay:
            why = f"{len(stay)} stay open: {self._book.venue(stay[0]).capabilities.cancel_text}"
        if stay and len(stay) == len(orders):
            self._answer(request, now, refusal=(MassCancelRejectReason.OTHER, why))
        else:
            self._answer(request, now, affected=len(orders) - len(stay), text=why)
        text = TEXT.format(cl_ord_id=request.cl_ord_id)
        for order in orders:
            self._own_cancels.cancel(order, text, now)
            if order.replacement is not None:
                self._own_cancels.cancel(order.replacement, text, now)  # it may be there already

    def _refusal(
        self, request: OrderMassCancelRequest
    ) -> tuple[MassCancelRejectReason, str] | None:
        if request.request_type not in _REQUEST_TYPES:
            allowed = ", ".join(sorted(_REQUEST_TYPES))
            return (
                MassCancelRejectReason.NOT_SUPPORTED,
                f"MassCancelRequestType(530) {request.request_type} is not supported; "
                f"allowed: {allowed}",
            )
        if request.request_type == MassCancelRequestType.ALL:
            return None
        if not request.symbol:
            return (
                MassCancelRejectReason.UNKNOWN_SECURITY,
                "Symbol(55) is needed with MassCancelRequestType(530) 1",
            )
        return None

    def _answer(
        self,
        request: OrderMassCancelRequest,
        now: Now,
        *,
        affected: int = 0,
        text: str = "",
        refusal: tuple[MassCancelRejectReason, str] | None = None,
    ) -> None:
        reason, text = refusal or (None, text)
        self._book.tell(request.session, OrderMassCancelReport(
            cl_ord_id=request.cl_ord_id, order_id=str(self._reports),
            request_type=request.request_type, transact_time=now.ms, reject_reason=reason,
            affected=affected, symbol=request.symbol, side=request.side, text=text,
        ))

    def on_mass_status(self, request: OrderMassStatusRequest, now: Now) -> None:
        if request.request_type not in _STATUS_TYPES:
            allowed = ", ".join(sorted(_STATUS_TYPES))
            raise BusinessRefused(
                BusinessRejectReason.OTHER,
                f"MassStatusReqType(585) {request.request_type} is not supported; "
                f"allowed: {allowed}",
            )
        orders = self._meant(request)
        for number, order in enumerate(orders, 1):
            self._book.report(order, reporting.mass_status(
                order, now.ms, request, len(orders), last=number == len(orders)
            ))
        if not orders:
            self._book.tell(
                request.session, reporting.no_orders(request, now.ms)
            )

    def _meant(self, request: _Request) -> list[Order]:
        """The session's open orders that fit all that *request* names: each once, by the one that
        stands, however many replaced each other."""
        wanted: list[Callable[[Order], bool]] = []
        if request.symbol:
            names = self._book.router.meant(request.session, request.symbol)
            wanted.append(lambda order: order.request.symbol == request.symbol
                          or (order.exchange, order.venue_symbol) in names)
        if request.side:
            wanted.append(lambda order: order.request.side == request.side)
        if request.account:
            wanted.append(lambda order: order.account == request.account)
        if request.security_exchange:
            wanted.append(lambda order: order.exchange == request.security_exchange)
        return [
            order for order in self._book.orders.of_session(request.session)
            if order.current is order and all(fits(order) for fits in wanted)
        ]

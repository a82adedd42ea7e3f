"""The private socket of one account at one address: the choice between two kinds, and the frames.

With order_entry = "websocket" it is also the fast path for orders.
"""

from collections.abc import Callable

import structlog

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import Command, OrdType
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.apifiny import build
from fixgw.venues.apifiny.credentials import Credentials
from fixgw.venues.apifiny.place import VenueClock
from fixgw.venues.apifiny.session import OrderSession
from fixgw.venues.order_socket import OrderSocket
from fixgw.venues.stream import Opening

log = structlog.get_logger()


class OrderStream(OrderSocket[OrderSession]):
    """A `stream.Handler`. *login* selects which of the two kinds of socket it is."""

    def __init__(
        self,
        *,
        url: str,
        login: bool,
        credentials: Credentials,
        session: OrderSession,
        clock: Clock,
        venue_clock: VenueClock,
        market_exchanges: frozenset[str],
        deliver: Deliver,
        restored: Callable[[], None],
    ) -> None:
        super().__init__(
            session,
            clock=clock,
            deliver=deliver,
            restored=restored,
            log=log.bind(account=credentials.account, url=url, login=login),
        )
        self._url = url
        self._login = login
        self._credentials = credentials
        self._venue_clock = venue_clock
        self._market_exchanges = market_exchanges

    def opening(self) -> Opening:
        """The address, and for the manual's stream its signature."""
        headers = {}
        if not self._login:
            headers = self._credentials.stream_headers(self._venue_clock.now_ms())
        return Opening(self._url, headers)

    def _opened(self, now: float) -> None:
        """Log in, or be ready."""
        frame = None
        if self._login:
            frame = self._credentials.login_frame(self._venue_clock.now_ms())
        self._session.opened(now, frame)

    def _frame(self, kind: Command, order: VenueOrder, now: float) -> bytes:
        if kind is Command.SUBMIT:
            if order.ord_type is OrdType.MARKET:
                build.check(order, market_orders=order.exchange in self._market_exchanges)
            frame = build.new_order_frame(order)
            self._session.submitted(order.venue_order_id, now)
        else:
            frame = build.cancel_order_frame(order)
            self._session.cancelled(order.venue_order_id, now)
        return frame

"""The private socket of one account: its handshake and its frames.

It is also the fast path for orders.
"""

import asyncio
from collections.abc import Callable

import structlog

from fixgw.model.effects import ReplaceOrder, VenueOrder
from fixgw.model.enums import Command
from fixgw.venues.adapter import Deliver
from fixgw.venues.finery import build
from fixgw.venues.kit.clock import FollowedClock
from fixgw.venues.finery.credentials import Credentials, Nonces
from fixgw.venues.finery.session import OrderSession
from fixgw.venues.order_socket import OrderSocket
from fixgw.venues.stream import Opening

log = structlog.get_logger()


class OrderStream(OrderSocket[OrderSession]):
    """A `stream.Handler`. *cod*: every order is canceled when its socket is lost; without it, only
    the orders that request this themselves.
    """

    def __init__(
        self,
        *,
        url: str,
        cod: bool,
        credentials: Credentials,
        nonces: Nonces,
        session: OrderSession,
        clock: FollowedClock,
        deliver: Deliver,
        restored: Callable[[], None],
    ) -> None:
        super().__init__(
            session,
            clock=clock.ours,
            deliver=deliver,
            restored=restored,
            log=log.bind(account=credentials.account, url=url),
        )
        self._url = url
        self._cod = cod
        self._credentials = credentials
        self._nonces = nonces
        self._venue_clock = clock
        self._goes_on = False

    def opening(self) -> Opening:
        """The address, signed for this attempt."""
        nonce = self._nonces.next(self._clock.now_ms())
        headers = self._credentials.socket_headers(self._venue_clock.now_ms(), nonce)
        return Opening(self._url, headers)

    def _opened(self, now: float) -> None:
        """Wait for the connection status."""
        self._session.opened(now)

    def received(self, messages: list[bytes]) -> None:
        """Hand messages to the session; a long snapshot takes several turns of the loop."""
        super().received(messages)
        self._go_on_soon()

    def _go_on_soon(self) -> None:
        if self._session.more and not self._goes_on:
            self._goes_on = True
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        self._goes_on = False
        before = self._session.state
        self._session.go_on(self._clock.monotonic())
        self._after(before)
        self._go_on_soon()

    def _frame(self, kind: Command, order: VenueOrder, now: float) -> bytes:
        if kind is Command.SUBMIT:
            call = build.add(order, cod=self._cod or order.cancel_on_disconnect)
        else:
            call = build.delete(order)
        return self._session.command(kind, order, call, now)

    def _replace_frame(self, command: ReplaceOrder, now: float) -> bytes:
        call = build.modify(command.order, command.replacement)
        return self._session.replace(command, call, now)

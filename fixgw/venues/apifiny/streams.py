"""The private socket of one account at one address: the I/O shell around `session`.

It writes what the session wants written and tells when the stream is up
again. With order_entry = "websocket" it is also the fast way out for orders:
the commands of one `perform` leave in one write, and nothing is awaited.
"""

from collections.abc import Callable

import structlog

from fixgw.model.effects import CancelOrder, SubmitOrder
from fixgw.model.enums import Command, OrdType
from fixgw.model.errors import OrderRefused
from fixgw.model.venue import CommandOutcome, Refused
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.apifiny import build
from fixgw.venues.apifiny.credentials import Credentials
from fixgw.venues.apifiny.place import VenueClock
from fixgw.venues.apifiny.session import OrderSession
from fixgw.venues.outcome import NOT_SENT, kept_back
from fixgw.venues.stream import Connection, Opening

log = structlog.get_logger()


class OrderStream:
    """A `stream.Handler`. *login* says which of the two kinds of socket it is."""

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
        self._url = url
        self._login = login
        self._credentials = credentials
        self._session = session
        self._clock = clock
        self._venue_clock = venue_clock
        self._market_exchanges = market_exchanges
        self._deliver = deliver
        self._restored = restored
        self._connection: Connection | None = None
        self._pending: list[bytes] = []
        self._log = log.bind(account=credentials.account, url=url)

    @property
    def up(self) -> bool:
        """Whether it is logged in: updates come, and orders may leave."""
        return self._session.state == "ready"

    @property
    def in_flight(self) -> int:
        """Commands that left here and have no answer yet."""
        return self._session.in_flight

    # --------------------------------------------------------------- orders

    def take(self, command: SubmitOrder | CancelOrder, now: float) -> bool:
        """Take *command* on, to leave with the next `flush`; False while the socket is not up.

        What cannot be said, and what is one too many in flight, is refused at once.
        """
        session = self._session
        if session.state != "ready":
            return False
        order = command.order
        submit = type(command) is SubmitOrder
        try:
            if session.full:
                outcome = kept_back(f"{session.in_flight} commands wait for their answers already")
            elif submit:
                if order.ord_type is OrdType.MARKET:
                    build.check(order, market_orders=order.exchange in self._market_exchanges)
                self._pending.append(build.new_order_frame(order))
                session.submitted(order.venue_order_id, now)
                return True
            else:
                self._pending.append(build.cancel_order_frame(order))
                session.cancelled(order.venue_order_id, now)
                return True
        except OrderRefused as refused:
            outcome = Refused(NOT_SENT, refused.text, ord_rej_reason=refused.reason)
        kind = Command.SUBMIT if submit else Command.CANCEL
        self._deliver(CommandOutcome(order.order_id, kind, outcome))
        return True

    def flush(self) -> None:
        """Write what was taken on, in one go."""
        if self._pending:
            assert self._connection is not None, "a session is ready on a socket only"
            frames, self._pending = self._pending, []
            self._connection.send(frames)

    def resync(self) -> None:
        """Have everything asked about again, if the stream is up."""
        if self.up:
            self._restored()

    # -------------------------------------------------------------- handler

    def opening(self) -> Opening:
        """The address, and for the manual's stream its signature."""
        headers = {}
        if not self._login:
            headers = self._credentials.stream_headers(self._venue_clock.now_ms())
        return Opening(self._url, headers)

    def opened(self, connection: Connection) -> None:
        """Log in, or be ready."""
        self._connection = connection
        frame = None
        if self._login:
            frame = self._credentials.login_frame(self._venue_clock.now_ms())
        self._session.opened(self._clock.monotonic(), frame)
        self._after("closed")

    def received(self, messages: list[bytes]) -> None:
        """Hand frames to the session, and do what it wants done."""
        before = self._session.state
        self._session.receive(messages, self._clock.monotonic())
        self._after(before)

    def tick(self) -> str:
        """Why the socket is to be given up, or ""."""
        return self._session.due(self._clock.monotonic())

    def lost(self, reason: str) -> None:
        """What was in flight is unknown now."""
        self._connection = None
        self._pending.clear()
        self._session.lost(reason)

    def _after(self, before: str) -> None:
        session = self._session
        if session.outgoing:
            assert self._connection is not None, "it answers what came on a socket"
            frames, session.outgoing = session.outgoing, []
            self._connection.send(frames)
        if session.notes:
            notes, session.notes = session.notes, []
            for note in notes:
                self._log.warning("stream_note", text=note)
        if session.state == "ready" and before != "ready":
            self._log.info("stream_up", login=self._login)
            self._restored()

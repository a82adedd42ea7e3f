"""The private socket of one account: the I/O shell around `session`.

It writes what the session wants written and tells when the feed is up again.
It is also the fast way out for orders: the commands of one `perform` leave in
one write, and nothing is awaited.
"""

from collections.abc import Callable

import structlog

from fixgw.model.effects import CancelOrder, SubmitOrder
from fixgw.model.enums import Command
from fixgw.model.errors import OrderRefused
from fixgw.model.venue import CommandOutcome, Refused
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.finery import build
from fixgw.venues.finery.credentials import Credentials, Nonces
from fixgw.venues.finery.session import OrderSession
from fixgw.venues.outcome import NOT_SENT, kept_back
from fixgw.venues.stream import Connection, Opening

log = structlog.get_logger()


class OrderStream:
    """A `stream.Handler`. *cod*: each order is to be cancelled when its socket is lost."""

    def __init__(
        self,
        *,
        url: str,
        cod: bool,
        credentials: Credentials,
        nonces: Nonces,
        session: OrderSession,
        clock: Clock,
        deliver: Deliver,
        restored: Callable[[], None],
    ) -> None:
        self._url = url
        self._cod = cod
        self._credentials = credentials
        self._nonces = nonces
        self._session = session
        self._clock = clock
        self._deliver = deliver
        self._restored = restored
        self._connection: Connection | None = None
        self._pending: list[bytes] = []
        self._log = log.bind(account=credentials.account, url=url)

    @property
    def up(self) -> bool:
        """Whether the feed is bound: updates come, and orders may leave."""
        return self._session.state == "ready"

    @property
    def in_flight(self) -> int:
        """Requests that left here and have no reply yet."""
        return self._session.in_flight

    # --------------------------------------------------------------- orders

    def take(self, command: SubmitOrder | CancelOrder, now: float) -> bool:
        """Take *command* on, to leave with the next `flush`; False while the feed is not up.

        What cannot be said, and what is one too many in flight, is refused at once.
        """
        session = self._session
        if session.state != "ready":
            return False
        order = command.order
        kind = Command.SUBMIT if type(command) is SubmitOrder else Command.CANCEL
        try:
            if not session.full:
                if kind is Command.SUBMIT:
                    call = build.add(order, cod=self._cod)
                else:
                    call = build.delete(order)
                self._pending.append(session.command(kind, order, call, now))
                return True
            outcome = kept_back(f"{session.in_flight} commands wait for their answers already")
        except OrderRefused as refused:
            outcome = Refused(NOT_SENT, refused.text, ord_rej_reason=refused.reason)
        self._deliver(CommandOutcome(order.order_id, kind, outcome))
        return True

    def flush(self) -> None:
        """Write what was taken on, in one go."""
        if self._pending:
            assert self._connection is not None, "a session is ready on a socket only"
            frames, self._pending = self._pending, []
            self._connection.send(frames)

    def resync(self) -> None:
        """Have everything asked about again, if the feed is up."""
        if self.up:
            self._restored()

    # -------------------------------------------------------------- handler

    def opening(self) -> Opening:
        """The address, signed for this attempt."""
        now_ms = self._clock.now_ms()
        headers = self._credentials.socket_headers(now_ms, self._nonces.next(now_ms))
        return Opening(self._url, headers)

    def opened(self, connection: Connection) -> None:
        """Wait for the connection status."""
        self._connection = connection
        self._session.opened(self._clock.monotonic())

    def received(self, messages: list[bytes]) -> None:
        """Hand messages to the session, and do what it wants done."""
        before = self._session.state
        self._session.receive(messages, self._clock.monotonic())
        self._write()
        session = self._session
        if session.notes:
            notes, session.notes = session.notes, []
            for note in notes:
                self._log.warning("stream_note", text=note)
        if session.state == "ready" and before != "ready":
            self._log.info("stream_up")
            session.resync_wanted = False
            self._restored()
        elif session.resync_wanted:
            session.resync_wanted = False
            self.resync()

    def tick(self) -> str:
        """Why the socket is to be given up, or ""; heartbeats leave from here."""
        reason = self._session.due(self._clock.monotonic())
        if not reason:
            self._write()
        return reason

    def lost(self, reason: str) -> None:
        """What was in flight is unknown now."""
        self._connection = None
        self._pending.clear()
        self._session.lost(reason)

    def _write(self) -> None:
        session = self._session
        if session.outgoing:
            assert self._connection is not None, "a session speaks on a socket only"
            frames, session.outgoing = session.outgoing, []
            self._connection.send(frames)

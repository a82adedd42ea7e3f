"""The private socket of one account at a venue: the I/O shell around the venue's `session`.

It writes the frames the session produces and reports when the stream is up again. It is also the
fast path for orders: the commands of one `perform` leave in one write, without an await. Only the
session knows the meaning of a frame, and when a socket counts as dead.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

import structlog

from fixgw.model.effects import CancelOrder, ReplaceOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command, OrdRejReason
from fixgw.model.errors import OrderRefused
from fixgw.model.venue import CommandOutcome, Refused
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.outcome import NOT_SENT, kept_back
from fixgw.venues.stream import Opening, StreamConnection

READY = "ready"

RESYNC_SECONDS_MIN = 5.0
"""Between two times that everything is asked about because messages could not be read: a venue
that sends rubbish without end must not use up the rate limit that cancels need."""


class OrderSocketSession(Protocol):
    """One socket after another, sans-IO."""

    outgoing: list[bytes]
    """Frames to be written."""
    notes: list[str]
    """Notes for an operator."""
    resync_wanted: bool
    """Everything is to be asked about as soon as the socket is ready: always after it came up."""
    unreadable: bool
    """A message came of which nobody can say what it told: the same, but not again and again."""

    @property
    def state(self) -> str:
        """`READY` while updates come and orders may leave."""

    @property
    def in_flight(self) -> int:
        """Requests that left and have no answer yet."""

    @property
    def full(self) -> bool:
        """True if the socket cannot take one more command in flight."""

    def receive(self, messages: Sequence[bytes], now: float) -> None:
        """Take messages as they arrived."""

    def due(self, now: float) -> str:
        """Return the reason to give up the socket, or ""."""

    def lost(self, reason: str) -> None:
        """The socket is gone."""


S = TypeVar("S", bound=OrderSocketSession)


class OrderSocket(ABC, Generic[S]):
    """A `stream.Handler`; calls *restored* when every order must be queried."""

    def __init__(
        self,
        session: S,
        *,
        clock: Clock,
        deliver: Deliver,
        restored: Callable[[], None],
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self._session = session
        self._clock = clock
        self._deliver = deliver
        self._restored = restored
        self._log = log
        self._connection: StreamConnection | None = None
        self._pending: list[bytes] = []
        self._next_resync = 0.0

    @property
    def up(self) -> bool:
        """True if it is ready: updates arrive, and orders may leave."""
        return self._session.state == READY

    @property
    def in_flight(self) -> int:
        """Requests that left here and have no answer yet."""
        return self._session.in_flight

    # --------------------------------------------------------------- orders

    def take(self, command: SubmitOrder | CancelOrder | ReplaceOrder, now: float) -> bool:
        """Accept *command*, to leave with the next `flush`; return False while the socket is not
        up.

        A command the venue's API cannot express, or one too many in flight, is refused at once.
        """
        session, connection = self._session, self._connection
        # A server that has just hung up: the session hears of it in a moment.
        if session.state != READY or connection is None or not connection.alive:
            return False
        order = command.order
        kind = Command.SUBMIT if type(command) is SubmitOrder else Command.CANCEL
        try:
            if not session.full:
                if type(command) is ReplaceOrder:
                    frame = self._replace_frame(command, now)
                else:
                    frame = self._frame(kind, order, now)
                self._pending.append(frame)
                return True
            outcome = kept_back(f"{session.in_flight} commands wait for their answers already")
        except OrderRefused as refused:
            outcome = Refused(NOT_SENT, refused.text, ord_rej_reason=refused.reason)
        if type(command) is ReplaceOrder:
            order, kind = command.replacement, Command.REPLACE
        self._deliver(CommandOutcome(order.order_id, kind, outcome))
        return True

    @abstractmethod
    def _frame(self, kind: Command, order: VenueOrder, now: float) -> bytes:
        """Return the frame of the command, which leaves now; raise OrderRefused if it has no form
        here.
        """

    def _replace_frame(self, command: ReplaceOrder, now: float) -> bytes:
        """Return the frame of a replace, for venues that have one; otherwise raise OrderRefused."""
        raise OrderRefused(OrdRejReason.UNSUPPORTED_CHARACTERISTIC, "the venue has no replace")

    def flush(self) -> None:
        """Write what was taken on, in one go."""
        if self._pending:
            assert self._connection is not None, "a session is ready on a socket only"
            frames, self._pending = self._pending, []
            self._connection.send(frames)

    def resync(self) -> None:
        """Have everything asked about again: now, or when the socket is up."""
        self._session.resync_wanted = True
        self._ask()

    # -------------------------------------------------------------- handler

    @abstractmethod
    def opening(self) -> Opening:
        """The next attempt's address and headers."""

    @abstractmethod
    def _opened(self, now: float) -> None:
        """Have the session begin."""

    def opened(self, connection: StreamConnection) -> None:
        """The server agreed: the session begins."""
        self._connection = connection
        self._opened(self._clock.monotonic())
        self._after("closed")

    def received(self, messages: list[bytes]) -> None:
        """Pass messages to the session, and act on its output."""
        before = self._session.state
        self._session.receive(messages, self._clock.monotonic())
        self._after(before)

    def tick(self) -> str:
        """Return the reason to give up the socket, or ""; send the heartbeats that are due."""
        reason = self._session.due(self._clock.monotonic())
        if not reason:
            self._write()
            self._ask()
        return reason

    def lost(self, reason: str) -> None:
        """Mark all commands in flight as unknown."""
        self._connection = None
        self._pending.clear()
        self._session.lost(reason)

    def _after(self, before: str) -> None:
        session = self._session
        self._write()
        if session.notes:
            notes, session.notes = session.notes, []
            for note in notes:
                self._log.warning("stream_note", text=note)
        if before != READY and self.up:
            self._log.info("stream_up")
        self._ask()

    def _ask(self) -> None:
        session = self._session
        if session.state != READY or not (session.resync_wanted or session.unreadable):
            return
        now = self._clock.monotonic()
        if session.resync_wanted or now >= self._next_resync:
            self._next_resync = now + RESYNC_SECONDS_MIN
            session.resync_wanted = session.unreadable = False
            self._restored()

    def _write(self) -> None:
        session = self._session
        if session.outgoing:
            assert self._connection is not None, "a session speaks on a socket only"
            frames, session.outgoing = session.outgoing, []
            self._connection.send(frames)

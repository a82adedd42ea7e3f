"""One private socket of one account, sans-IO: login, heartbeats, updates, commands, replies.

There are two kinds. The manual's user data stream is signed in its handshake and only brings
updates. The socket of 2022 requires a login frame and takes orders as well. The inputs that follow
from a frame go to `deliver`, in order; frames to send back are in `outgoing`; notes for the
operator are in `notes`. Never: an outcome that no frame proves.
"""

from collections.abc import Sequence
from typing import Literal

from fixgw.model.enums import Command
from fixgw.model.ids import VenueOrderID
from fixgw.model.venue import CommandOutcome, NewsUnreadable, Outcome, Unknown
from fixgw.venues.adapter import Deliver
from fixgw.venues.apifiny import codes, parse
from fixgw.venues.apifiny.config import ApifinyConfig
from fixgw.venues.apifiny.flights import Flights
from fixgw.venues.apifiny.parse import as_rows
from fixgw.venues.apifiny.schemas import (
    ErrorBody,
    Frame,
    OrderRow,
    read_error,
    read_frame,
    read_raw_frame,
    read_rows,
)
from fixgw.venues.kit import names
from fixgw.venues.kit.payloads import Damaged, Unreadable, read_number
from fixgw.venues.kit.session import SocketSession
from fixgw.venues.strangers import Strangers

CANCEL_KEY = "cancel "
"""The key of a cancel in flight, before its orderId."""


class OrderSession(SocketSession):
    """The life of one socket after another; `opened` begins one, `lost` ends it."""

    def __init__(
        self,
        *,
        account_digits: str,
        config: ApifinyConfig,
        strangers: Strangers,
        deliver: Deliver,
    ) -> None:
        super().__init__(config, strangers, deliver)
        self.state: Literal["closed", "login", "ready"] = "closed"
        self._digits = account_digits
        self._idle_seconds = config.idle_seconds
        self._errors_in_order = config.websocket_errors_in_order
        self._heard = 0.0
        self._opened = 0.0
        # By orderId, for a cancel behind CANCEL_KEY.
        self._in_flight: Flights[ErrorBody] = Flights()

    def opened(self, now: float, login: bytes | None) -> None:
        """Start on an open socket. *login* is the frame to send first, if the socket requires one.
        """
        self._opened = self._heard = now
        self._dead = ""
        self.outgoing.clear()
        if login is None:
            # The handshake was signed: that it was answered is the log-in.
            self._ready()
        else:
            self.state = "login"
            self.outgoing.append(login)

    def _ready(self) -> None:
        self.state = "ready"
        self.resync_wanted = True  # what happened before was not heard

    def submitted(self, venue_order_id: VenueOrderID, now: float) -> None:
        """A newOrder leaves on this socket now."""
        self._in_flight.leaves(venue_order_id, now)

    def cancelled(self, venue_order_id: VenueOrderID, now: float) -> None:
        """A cancelOrder leaves on this socket now."""
        self._in_flight.leaves(CANCEL_KEY + venue_order_id, now)

    def receive(self, messages: Sequence[bytes], now: float) -> None:
        """Take text frames as they arrived."""
        self._heard = now
        for message in messages:
            try:
                frame = read_frame(message)
            except Unreadable as error:
                self._by_parts(message, str(error))
                continue
            if type(frame.result) is list and frame.error is None and self.state == "ready":
                for row in frame.result:
                    self._reply(row)
            else:
                self._other(frame, message)

    def due(self, now: float) -> str:
        """Return the reason to give up the socket at *now*; "" while it is good.

        A command without an answer ends its socket. Only then is it certain that bytes still on
        their way here will not leave later, and that a late error is not matched to another
        command.
        """
        if self._dead or self.state == "closed":
            return self._dead
        if now - self._heard > self._idle_seconds:
            return f"nothing was heard for {self._idle_seconds:g} s"
        if self.state == "login" and now - self._opened > self._login_seconds:
            return f"the log-in was not answered in {self._login_seconds:g} s"
        return self._unanswered(self._in_flight.oldest(), now, "a command")

    def lost(self, reason: str) -> None:
        """The socket is gone: whatever was in flight on it may have arrived or not."""
        self.state = "closed"
        self._everything_unknown(f"the socket was lost: {reason}")

    def _by_parts(self, message: bytes, why: str) -> None:
        """A frame that does not fit as a whole: what of it can be read counts."""
        try:
            parts = read_raw_frame(message)
        except Unreadable:
            self._note(f"unreadable frame: {why}", message)
            self.unreadable = True
            return
        result, payload = read_rows(parts.result), read_rows(parts.payload)
        damaged = (*result.damaged, *payload.damaged)
        self._note(f"damaged frame: {why}", message)
        for each in result.damaged:
            self._damaged_reply(each)
        for each in payload.damaged:
            self._damaged_update(each)
        frame = Frame(
            result=list(result.rows) or None,
            error=read_error(parts.error),
            payload=list(payload.rows) or None,
            log_timestamp=read_number(parts.log_timestamp),
            ping=read_number(parts.ping),
        )
        if not damaged or frame.result or frame.payload:
            self._other(frame, message)

    def _damaged_reply(self, row: Damaged) -> None:
        """A reply that proves nothing but that it is one: what became of its command is unknown."""
        name = str(row.name)
        for key, command in ((name, Command.SUBMIT), (CANCEL_KEY + name, Command.CANCEL)):
            if self._in_flight.answered(key):
                self._tell(name, command, Unknown(f"the reply cannot be read: {row.text}"))
                self._tell_failed()
                return
        self._damaged_update(row)

    def _damaged_update(self, row: Damaged) -> None:
        """News that may be an execution: its order is asked about. Where no name can be read either
        it may be any order's."""
        if row.name is None:
            self.unreadable = True
            return
        order_id = names.order_id(str(row.name), self._digits)
        if order_id is not None:
            self._deliver(NewsUnreadable(order_id, row.text))

    def _other(self, frame: Frame, message: bytes) -> None:
        """Handle every frame except a list of replies after login, which is the most frequent kind.
        """
        if frame.ping is not None:
            self.outgoing.append(b'{"pong":%d}' % frame.ping)
        elif self.state == "login":
            self._log_in(frame)
        elif frame.payload is not None:
            for row in as_rows(frame.payload):
                self._update(row, frame.log_timestamp or 0)
        elif frame.error is None:
            for row in as_rows(frame.result):
                self._reply(row)
        elif frame.result is None:
            self._error(frame.error)
        else:
            self._note("a result and an error at once", message)

    def _log_in(self, frame: Frame) -> None:
        """The first frame that is no heartbeat answers the log-in.

        ASSUMPTION: nobody documents its form. One that holds an error is a no.
        """
        if frame.error is None:
            self._ready()
        else:
            self._dead = f"the log-in was refused: {codes.describe(frame.error)}"

    def _reply(self, row: OrderRow) -> None:
        """A positive reply: it names its order, and proves that the venue has it.

        With a submit and a cancel of one order in flight the first reply goes
        to the submit. Were it the cancel's, it would still be true of both.
        """
        name = row.order_id
        if self._in_flight.answered(name):
            self._answer(name, Command.SUBMIT, row)
        elif self._in_flight.answered(CANCEL_KEY + name):
            self._answer(name, Command.CANCEL, row)
        elif name:
            # The answer to a command of an earlier socket, or sent twice.
            self._update(row, 0)
        self._tell_failed()

    def _update(self, row: OrderRow, at: int) -> None:
        if not row.order_id:
            # It may be any order's, and may tell of an execution.
            self._note(f"an update that names no order: {parse.stranger(row)}")
            self.unreadable = True
            return
        order_id = names.order_id(row.order_id, self._digits)
        if order_id is None:
            self._strangers.seen(row.order_id, parse.stranger(row))
            return
        news = parse.news(row, order_id, at)
        if isinstance(news, NewsUnreadable):
            self._note(f"unreadable update of {row.order_id}: {news.text}")
        self._deliver(news)

    def _error(self, error: ErrorBody) -> None:
        """Match an error reply, which names no order, to a command by elimination. If that never
        succeeds, `due` ends the socket.
        """
        if not self._in_flight:
            self._note(f"an error that answers nothing: {codes.describe(error)}")
        elif self._errors_in_order:
            self._failed([self._in_flight.oldest_failed()], [error])
        else:
            self._in_flight.failed(error)
            self._tell_failed()

    def _tell_failed(self) -> None:
        for keys, errors in self._in_flight.settled():
            self._failed(keys, errors)

    def _failed(self, keys: Sequence[str], errors: Sequence[ErrorBody]) -> None:
        """The commands *keys* were answered by *errors*; refused if each of these proves it."""
        outcomes = {kind: _outcome(errors, kind) for kind in (Command.SUBMIT, Command.CANCEL)}
        for key in keys:
            name, command = _named(key)
            self._tell(name, command, outcomes[command])

    def _everything_unknown(self, text: str) -> None:
        for key in self._in_flight.lost():
            name, command = _named(key)
            self._tell(name, command, Unknown(text))

    def _answer(self, name: str, command: Command, row: OrderRow) -> None:
        order_id = parse.our_part(name)
        self._deliver(CommandOutcome(order_id, command, parse.reply(row, order_id, command)))

    def _tell(self, name: str, command: Command, outcome: Outcome) -> None:
        self._deliver(CommandOutcome(parse.our_part(name), command, outcome))


def _outcome(errors: Sequence[ErrorBody], command: Command) -> Outcome:
    """Of a *command* that one of *errors* has answered."""
    outcomes = [codes.refusal(error, command) for error in errors]
    return next((one for one in outcomes if isinstance(one, Unknown)), outcomes[0])


def _named(key: str) -> tuple[str, Command]:
    """The orderId and the command that *key* files."""
    if key.startswith(CANCEL_KEY):
        return key.removeprefix(CANCEL_KEY), Command.CANCEL
    return key, Command.SUBMIT

"""The one private socket of one account, sans-IO: status, feed O, requests, replies, heartbeats.

    closed -> connecting -> binding -> ready
                 ^             |         |
                 +-------------+---------+    the venue behind the socket's server is lost

The inputs that follow from a message go to `deliver`, in order; frames to send back are in
`outgoing`; notes for the operator are in `notes`. Replies name their request, so each answers one
command and no other. Never: an outcome that no message proves.
"""

from collections import deque
from collections.abc import Callable, Sequence
from re import compile as pattern
from typing import Literal, TypeVar

from msgspec import Raw, Struct

from fixgw.model.effects import ReplaceOrder, VenueOrder
from fixgw.model.enums import Command
from fixgw.model.ids import OrderID
from fixgw.model.venue import (
    CommandOutcome,
    NewsUnreadable,
    Outcome,
    Unknown,
    VenueStatus,
)
from fixgw.venues.adapter import Deliver
from fixgw.venues.finery import build, codes, parse, replacing
from fixgw.venues.finery.build import Call
from fixgw.venues.finery.config import FineryConfig
from fixgw.venues.finery.memory import Memory
from fixgw.venues.finery.schemas import (
    DEAL,
    FRAME,
    ORDER,
    DealRow,
    ErrorBody,
    Feed,
    Frame,
    OrderRow,
    read_code,
    read_feed,
    rows_of,
)
from fixgw.venues.kit.payloads import Damaged, RowReader, Unreadable, read_list
from fixgw.venues.kit.session import SocketSession
from fixgw.venues.strangers import Strangers

ORDERS, CONNECTION = "O", "X"
ROWS_A_TURN = 500
"""Of a snapshot, in one turn of the loop: some 5 ms. A desk may have 14,000 open orders, and one
message 200,000."""

NEITHER = "a reply without a result or an error"

SNAPSHOT = pattern(rb'\s*\[\s*"O"\s*,[^,]*,\s*"S"')
"""The beginning of a snapshot, by which it is known if no more of it can be read."""

T = TypeVar("T", bound=Struct)


class Flight(Struct, frozen=True, gc=False):
    """A request without its reply; a heartbeat has no order."""

    left: float
    order: VenueOrder | None = None
    """Of a `mod`: the new one."""
    command: Command = Command.SUBMIT
    replace: ReplaceOrder | None = None


class OrderSession(SocketSession):
    """The life of one socket after another; `opened` begins one, `lost` ends it."""

    def __init__(
        self, *, config: FineryConfig, memory: Memory, strangers: Strangers, deliver: Deliver
    ) -> None:
        super().__init__(config, strangers, deliver)
        self.state: Literal["closed", "connecting", "binding", "ready"] = "closed"
        self._heartbeat_seconds = config.heartbeat_seconds
        self._memory = memory
        self._since = 0.0
        """The time since which the socket owes us what its state waits for."""
        self._patient = False
        """The server has said that it is not connected: it owes nothing until it says it is."""
        self._beat = 0.0
        self._req_id = 0
        self._in_flight: dict[int, Flight] = {}
        self._rows: deque[Raw] = deque()
        """The rest of a snapshot."""
        self._behind: list[bytes] = []
        """Messages that came behind it."""

    def opened(self, now: float) -> None:
        """Start on an open socket: its handshake was signed, and its first message is its status.
        """
        self.state = "connecting"
        self.outgoing.clear()
        self._rows.clear()
        self._behind.clear()
        self._dead = ""
        self._patient = False
        self._since = self._beat = now

    def command(self, command: Command, order: VenueOrder, call: Call, now: float) -> bytes:
        """The frame of a command that leaves on this socket now."""
        return self._request(call, Flight(now, order, command))

    def replace(self, command: ReplaceOrder, call: Call, now: float) -> bytes:
        """The frame of a `mod` that leaves on this socket now."""
        self._memory.replacing(command.order.order_id, command.replacement)
        return self._request(call, Flight(now, command.replacement, Command.REPLACE, command))

    def receive(self, messages: Sequence[bytes], now: float) -> None:
        """Take text messages as they arrived. See `more`."""
        for number, message in enumerate(messages):
            if self._rows:
                self._behind += messages[number:]
                return
            try:
                if message[:1] == b"[":
                    self._on_feed(read_feed(message), now)
                else:
                    self._on_frame(FRAME.read(message))
            except Unreadable as error:
                self._lost(str(error), message)
                if SNAPSHOT.match(message):
                    # Questions tell what it would have: the socket is of use without it.
                    self._bound()

    @property
    def more(self) -> bool:
        """True if `go_on` must be called again, after other tasks have had their turn."""
        return bool(self._rows or self._behind)

    def go_on(self, now: float) -> None:
        """Take some more of a snapshot; behind the last of it, what came meanwhile."""
        if self._rows:
            self._some_rows()
        if self._behind and not self._rows:
            behind, self._behind = self._behind, []
            self.receive(behind, now)

    def _some_rows(self) -> None:
        for _ in range(min(ROWS_A_TURN, len(self._rows))):
            self._order(self._rows.popleft(), open_now=True)
        if not self._rows:
            self._bound()

    def _bound(self) -> None:
        """End a snapshot. It lists open orders, not those that ended meanwhile, so a resync is
        needed, even if the socket was lost and found again in the same batch of messages.
        """
        if self.state == "binding":
            self.state, self.resync_wanted = "ready", True

    def due(self, now: float) -> str:
        """Return the reason to give up the socket at *now*; "" while it is good.

        A command without an answer ends its socket. Only then is it certain that bytes still on
        their way here will not leave later.
        """
        if self._dead or self.state == "closed":
            return self._dead
        if self.state != "ready" and not self._patient:
            if now - self._since > self._login_seconds:
                return f"{self.state} for more than {self._login_seconds:g} s"
        oldest = next(iter(self._in_flight.values()), None)
        if why := self._unanswered(oldest.left if oldest else None, now, "a request"):
            return why
        if now - self._beat >= self._heartbeat_seconds:
            # Any request keeps the socket from idling, and its reply proves that it lives.
            self._beat = now
            self.outgoing.append(self._request(build.LIMITS, Flight(now)))
        return ""

    def lost(self, reason: str) -> None:
        """The socket is gone: whatever was in flight on it may have arrived or not."""
        self.state = "closed"
        self._rows.clear()
        self._behind.clear()
        lost, self._in_flight = self._in_flight, {}
        for flight in lost.values():
            if flight.order is not None:
                self._tell(flight, Unknown(f"the socket was lost: {reason}"))

    def _request(self, call: Call, flight: Flight) -> bytes:
        self._req_id += 1
        self._in_flight[self._req_id] = flight
        return build.frame(call, self._req_id)

    # ------------------------------------------------------------------ replies

    def _on_frame(self, frame: Frame | Damaged) -> None:
        if isinstance(frame, Damaged):
            self._damaged_reply(frame)
            return
        flight = self._in_flight.pop(frame.req_id or 0, None)
        if flight is None:
            if frame.error:
                error = codes.describe(ErrorBody(frame.error, frame.param))
                self._note(f"an error that answers nothing: {error}")
            return
        order = flight.order
        if order is None:
            return
        if flight.replace is not None:
            self._replaced(flight.replace, frame)
            return
        if frame.error:
            outcome = codes.refusal(ErrorBody(frame.error, frame.param), flight.command)
        elif frame.reply:
            size = self._memory.size(order.order_id)
            outcome = parse.reply(bytes(frame.reply), order, flight.command, size)
        else:
            outcome = Unknown(NEITHER)
        self._tell(flight, outcome)

    def _damaged_reply(self, frame: Damaged) -> None:
        """A reply that proves nothing but that it is one: what became of its request is unknown."""
        flight = self._in_flight.pop(frame.name, None) if isinstance(frame.name, int) else None
        if flight is None:
            raise Unreadable(frame.text)
        if flight.order is not None:
            self._tell(flight, Unknown(f"the reply cannot be read: {frame.text}"))

    def _replaced(self, command: ReplaceOrder, frame: Frame) -> None:
        if frame.error:
            told = replacing.failure(frame, command)
        elif frame.reply:
            told = replacing.reply(bytes(frame.reply), command)
        else:
            told = replacing.Told(Unknown(NEITHER))
        replacing.settle(told, command, self._memory, self._deliver)

    def _tell(self, flight: Flight, outcome: Outcome) -> None:
        assert flight.order is not None, "a heartbeat interests nobody"
        self._deliver(CommandOutcome(flight.order.order_id, flight.command, outcome))

    # --------------------------------------------------------------------- feed

    def _on_feed(self, message: Feed, now: float) -> None:
        if message.feed == CONNECTION:
            self._connection(read_code(message.payload), now)
        elif message.feed != ORDERS:
            self._lost(f"feed {message.feed!r}, which nobody asked for")
        else:
            self._on_orders(message)

    def _connection(self, code: int, now: float) -> None:
        """`["X",0,"Z",code]`: whether the socket's server reaches the market."""
        if code:
            self._note(f"the venue is not connected: {codes.describe(ErrorBody(code))}")
            self.state, self._patient = "connecting", True
            return
        if self.state != "connecting":
            # It says so again without having been lost, as far as we know: better ask.
            self.resync_wanted = True
            return
        again = self._patient
        self.state, self._patient, self._since = "binding", False, now
        if again:
            # What was bound before may have missed something: only a new snapshot tells.
            self.outgoing.append(build.UNBIND_ORDERS)
        self.outgoing.append(build.BIND_ORDERS)

    def _on_orders(self, message: Feed) -> None:
        match message.action:
            case "S":
                self._rows.extend(read_list(message.payload))
                self._some_rows()
            case "+" | "M":
                for row in rows_of(message.payload):
                    self._order(row, open_now=True)
            case "-":
                for row in rows_of(message.payload):
                    self._order(row, open_now=False)
            case "D":
                for row in rows_of(message.payload):
                    self._row(DEAL, row, self._deal)
            case "Z":
                self._not_bound(read_code(message.payload))
            case "U":
                if self.state == "ready":
                    self._dead = "feed O was unsubscribed"
            case _:
                self._lost(f"feed O, action {message.action!r}")

    def _not_bound(self, code: int) -> None:
        if code != codes.BINDING_NOT_FOUND:
            self._dead = f"feed O is refused: {codes.describe(ErrorBody(code))}"

    def _row(self, reader: RowReader[T], raw: Raw, take: Callable[[T], None]) -> None:
        """One row, which hides no other. Where it cannot be read, the order that it names is asked
        about; if no name can be read either, all are."""
        row = reader.read(raw)
        if isinstance(row, Damaged):
            name, text = row.name, row.text
        else:
            try:
                take(row)
                return
            except Unreadable as error:
                name, text = getattr(row, "client_order_id", None), str(error)
        order_id = parse.our_order(name) if isinstance(name, int) else None
        if order_id is not None:
            self._note(f"cannot be read ({text}):", bytes(raw))
            self._deliver(NewsUnreadable(order_id, text))
        elif name is None:
            self._lost(text, bytes(raw))

    def _order(self, raw: Raw, *, open_now: bool) -> None:
        def take(row: OrderRow) -> None:
            order_id = parse.our_order(row.client_order_id)
            if order_id is None:
                text = f"{row.instrument} clientOrderId {row.client_order_id}"
                self._strangers.seen(str(row.order_id), text)
            elif open_now:
                self._deliver(parse.resting(row, order_id))
            else:
                self._removed(row, order_id)

        self._row(ORDER, raw, take)

    def _removed(self, row: OrderRow, order_id: OrderID) -> None:
        replaced = self._memory.replacement(order_id) is not None
        update = parse.removed(row, order_id, replaced=replaced)
        if update is None:
            self.resync_wanted = True
            self._note(f"order {order_id} was removed, with {row.size_left} left and no reason")
            return
        self._deliver(update)
        if update.status is VenueStatus.UNCLEAR:
            self._deliver(NewsUnreadable(order_id, f"removed for {update.state}"))

    def _deal(self, row: DealRow) -> None:
        order_id = parse.our_order(row.client_order_id)
        update = parse.deal(row, order_id) if order_id is not None else None
        if update is not None:
            self._deliver(update)

    def _lost(self, text: str, message: bytes = b"") -> None:
        """Note an unreadable message, which may have been about any order or none."""
        self._note(f"cannot be read ({text}):", message)
        self.unreadable = True

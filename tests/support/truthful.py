"""A venue that never lies, behind a network that loses, delays and repeats, before a process
that dies: everything that may go wrong without anybody being wrong.

The venue books whatever reaches it, twice if it comes twice, so that the test
sees it; so it does where two orders of one chain work at the same time. One kind
of venue replaces in one step: what the old order executed until then is taken
off the new one. A submit or a replace that is on its way when its sender gives up or dies may still
arrive, but less than ABSENCE_PROOF_MS later: that is what the proof stands on.
Every choice is drawn from one seed.
"""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from heapq import heappop, heappush
from random import Random

from msgspec.structs import replace

from fixgw.core.engine import Engine
from fixgw.core.proof import SWEEP_MS
from fixgw.core.orders.leg import Leg
from fixgw.model.effects import (
    CancelOrder,
    QueryOrder,
    ReplaceOrder,
    SubmitOrder,
    VenueCommand,
    VenueOrder,
)
from fixgw.model.enums import Command, CxlRejReason, TimeInForce
from fixgw.model.events import OrderEvent, OrderPlaced
from fixgw.model.ids import ClOrdID, OrderID
from fixgw.model.number import ZERO
from fixgw.model.reports import Report
from fixgw.model.now import Now
from fixgw.model.requests import OrderCancelReplaceRequest, Request
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    Fill,
    OrderUpdate,
    Outcome,
    QueryFailed,
    Refused,
    StreamRestored,
    Unknown,
    VenueInput,
    VenueStatus,
)
from tests.support.orders import (
    ABSENCE_PROOF_MS,
    ACCOUNT,
    CAPABILITIES,
    CLIENT,
    START_MS,
    VENUE,
    engine,
)

TIMEOUT_MS = 5_000
"""After so long an adapter gives up waiting for an answer: the outcome is unknown."""

GONE = "the client is gone"
"""Text(58) of what is cancelled without being asked for."""

NETWORK_MS = (1, 5, 50, 400, 3_000)
"""How long a message may be on its way."""


class Book:
    """One order at the venue."""

    def __init__(self, order: VenueOrder) -> None:
        self.order = order
        self.status = VenueStatus.WORKING
        self.fills: list[Fill] = []

    @property
    def cum_qty(self) -> Decimal:
        return self.fills[-1].cum_qty if self.fills else ZERO

    def update(self, *, asked: bool = False, fills: bool = False) -> OrderUpdate:
        """The truth."""
        notional = sum((fill.last_qty * fill.last_px for fill in self.fills), ZERO)
        return OrderUpdate(
            order_id=self.order.order_id,
            status=self.status,
            cum_qty=self.cum_qty,
            avg_px=notional / self.cum_qty if self.cum_qty else ZERO,
            fills=tuple(self.fills) if fills else None,
            asked=asked,
        )


class World:
    """Gateway, network and venue, and the one clock they all go by."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.now = START_MS
        self.capabilities = replace(
            CAPABILITIES,
            cancel_before_accepted=self.random.random() < 0.5,
            replace=self.random.random() < 0.5,
        )
        self.by_cancel = self.random.random() < 0.8
        """Whether the clients want replaces where the venue has none."""
        self.pace = self.random.choice((1, 30))
        """How slowly the market trades."""
        self.engine = self._engine()
        self.events: list[OrderEvent] = []
        self.reports: list[Report] = []
        self.replaces: list[ClOrdID] = []
        """The replaces that were asked for."""
        self.gone = False
        """The client's connection is lost, and nothing of it may stay open."""
        self.books: dict[OrderID, Book] = {}
        self.booked: Counter[OrderID] = Counter()
        self.before: dict[OrderID, OrderID] = {}
        """An order -> the one whose place it was to take."""
        self.overlaps: list[str] = []
        """Orders that worked while one did whose place they were to take, or the other way."""
        self.crashes = 0
        self.busy_ticks = 0
        """Ticks so far with something to commit or to do."""
        self.dies_at = 0
        """The busy tick that is committed, and acted upon in part or not at all; 0 for none."""
        self.names_executions = self.random.random() < 0.5
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._deaf_until = 0

    def _engine(self) -> Engine:
        return engine(self.capabilities, replace_by_cancel=self.by_cancel)

    # --------------------------------------------------------------------------- time

    def at(self, time: int, action: Callable[[], None]) -> None:
        self._count += 1
        heappush(self._queue, (time, self._count, action))

    def run(self, until: int) -> None:
        """Let everything happen up to *until*, the gateway's timer running."""
        while self.now < until:
            timer = self.now + SWEEP_MS
            upcoming = self._queue[0][0] if self._queue else timer
            self.now = max(self.now, min(timer, upcoming))
            while self._queue and self._queue[0][0] <= self.now:
                heappop(self._queue)[2]()
            self.engine.tick(self.moment)
            self._end_of_tick()

    @property
    def moment(self) -> Now:
        return Now(self.now, self.now)

    def _delay(self) -> int:
        return self.now + self.random.choice(NETWORK_MS)

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # ------------------------------------------------------------------------ gateway

    def client(self, request: Request) -> None:
        if isinstance(request, OrderCancelReplaceRequest):
            self.replaces.append(request.cl_ord_id)
        self.engine.handle(request, self.moment)
        self._end_of_tick()

    def order(self, cl_ord_id: str) -> Leg:
        """The order that *cl_ord_id* names."""
        order = self.engine.orders.of_client(CLIENT, ClOrdID(cl_ord_id))
        assert order is not None, f"no order {cl_ord_id}"
        return order

    def client_gone(self) -> None:
        """The client's connection is lost, and its orders are not to stay."""
        self.gone = True
        self.engine.cancel_session(CLIENT, GONE, self.moment)
        self._end_of_tick()

    def client_back(self) -> None:
        """It is logged on again."""
        self.gone = False
        self.engine.client_back(CLIENT, self.moment)
        self._end_of_tick()

    def _end_of_tick(self) -> None:
        """What the gateway does with a tick: one commit, and then it acts."""
        step = self.engine.take()
        self.events += step.events
        self.reports += [effect.report for effect in step.reports]
        for event in step.events:
            if isinstance(event, OrderPlaced) and event.replaces:
                self.before[event.order_id] = event.replaces
        commands = step.commands
        self.busy_ticks += any(step)
        dies = self.busy_ticks == self.dies_at
        if dies:
            self.dies_at = 0
            commands = commands[: self.random.randint(0, len(commands))]
        for command in commands:
            self._perform(command)
        if dies:
            self.crash()

    def crash(self) -> None:
        """The process dies at the end of a tick; and another one goes on."""
        self.crashes += 1
        died = self.now
        self.now += self.random.choice((200, 2_000, ABSENCE_PROOF_MS, 60_000))
        self._deaf_until = self.now
        self._fell_silent(died)
        self.engine = self._engine()
        for event in self.events:
            self.engine.replay(event)
        self.engine.recover(self.moment)
        self._restore_stream()

    def _fell_silent(self, died: int) -> None:
        """Nothing is sent any more; what was on its way arrives in time or never."""
        for position, (time, count, action) in enumerate(self._queue):
            latest = died + ABSENCE_PROOF_MS - 1
            if isinstance(action, Arrival) and time > latest:
                self._queue[position] = (latest, count, action)
        self._queue.sort()
        while self._queue and self._queue[0][0] <= self.now:
            heappop(self._queue)[2]()

    def _deliver(self, message: VenueInput, *, at: int) -> None:
        """Hand *message* to this process; another one will not hear it."""
        process = self.crashes

        def deliver() -> None:
            if process == self.crashes:
                self.engine.handle(message, self.moment)

        self.at(at, deliver)

    # ------------------------------------------------------------------------- stream

    def lose_stream(self, milliseconds: int) -> None:
        """What the stream says meanwhile nobody hears."""
        self._deaf_until = max(self._deaf_until, self.now + milliseconds)
        self._restore_stream()

    def _restore_stream(self) -> None:
        process, up = self.crashes, self._deaf_until

        def restored() -> None:
            if process == self.crashes and up == self._deaf_until:
                self.engine.handle(StreamRestored(VENUE, ACCOUNT), self.moment)

        self.at(up, restored)

    def _publish(self, update: OrderUpdate) -> None:
        process = self.crashes

        def heard() -> None:
            if process == self.crashes and self.now > self._deaf_until:
                self.engine.handle(update, self.moment)

        if self.now > self._deaf_until:
            for _ in range(2 if self._chance(0.2) else 1):
                self.at(self._delay(), heard)

    # ----------------------------------------------------------------------- commands

    def _perform(self, command: VenueCommand) -> None:
        match command:
            case SubmitOrder():
                self._send(command.order, Command.SUBMIT, lambda: self._submit(command))
            case CancelOrder():
                self._send(command.order, Command.CANCEL, lambda: self._cancel(command))
            case ReplaceOrder():
                self._send(command.replacement, Command.REPLACE, lambda: self._replace(command))
            case QueryOrder():
                self._query(command)

    def _send(
        self, order: VenueOrder, kind: Command, done: Callable[[], Outcome]
    ) -> None:
        """Send it, once; the answer comes, or the adapter gives up."""
        order_id, process = order.order_id, self.crashes
        fate = self.random.choice(("answered", "answered", "answer lost", "late", "lost"))
        gives_up = self.now + TIMEOUT_MS
        if fate != "answered":
            self._deliver(CommandOutcome(order_id, kind, Unknown("timeout")), at=gives_up)
        if fate == "lost":
            return

        def arrive() -> None:
            outcome = done()
            if fate == "answered" and process == self.crashes:
                answered = min(self._delay(), gives_up)
                self._deliver(CommandOutcome(order_id, kind, outcome), at=answered)

        latest = TIMEOUT_MS if kind is Command.CANCEL else ABSENCE_PROOF_MS - 1
        on_its_way = (
            self.random.randint(TIMEOUT_MS, TIMEOUT_MS + latest)
            if fate == "late"
            else self.random.choice((1, 40, 800))
        )
        self.at(self.now + on_its_way, Arrival(arrive))

    def _query(self, query: QueryOrder) -> None:
        order_id, process = query.order.order_id, self.crashes

        def ask() -> None:
            if process != self.crashes:
                return
            if self._chance(0.2):
                self._deliver(QueryFailed(order_id, "503"), at=self._delay())
                return
            book = self.books.get(order_id)
            if book is None:
                answer = OrderUpdate(order_id=order_id, status=VenueStatus.ABSENT, asked=True)
            else:
                answer = book.update(asked=True, fills=query.fills)
            self._deliver(answer, at=self._delay())

        self.at(self._delay(), ask)

    # -------------------------------------------------------------------------- venue

    def _submit(self, command: SubmitOrder) -> Outcome:
        order_id = command.order.order_id
        if order_id not in self.books and self._chance(0.1):
            return Refused("funds", "insufficient funds")
        book = self._book(command.order)
        return Acked(book.update() if self._chance(0.7) else None)

    def _book(self, order: VenueOrder) -> Book:
        order_id = order.order_id
        self.booked[order_id] += 1
        book = self.books[order_id] = self.book_of(order)
        self._look_for_overlaps(order_id)
        self._match_later(book)
        self._publish(book.update())
        if order.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL:
            self.at(self.now + 5, lambda: self._end(book, VenueStatus.CANCELED))
        return book

    def book_of(self, order: VenueOrder) -> Book:
        """An order that the venue begins to work."""
        return Book(order)

    def _look_for_overlaps(self, order_id: OrderID) -> None:
        root = self.root(order_id)
        for other, book in self.books.items():
            if other != order_id and self.root(other) == root:
                if book.status is VenueStatus.WORKING:
                    self.overlaps.append(f"{other} and {order_id}")

    def root(self, order_id: OrderID) -> OrderID:
        """The first of the orders that were to take each other's place."""
        while order_id in self.before:
            order_id = self.before[order_id]
        return order_id

    def _replace(self, command: ReplaceOrder) -> Outcome:
        """In one step: what the old order has executed by now is taken off the new one."""
        old = self.books.get(command.order.order_id)
        if old is None or old.status is not VenueStatus.WORKING:
            return Refused("gone", "no such open order", cxl_rej_reason=CxlRejReason.TOO_LATE)
        assert command.replacement.order_qty is not None
        left = command.replacement.order_qty - old.cum_qty
        if left <= 0 or self._chance(0.1):
            return Refused("size", "no size left", cxl_rej_reason=CxlRejReason.OTHER)
        old.status = VenueStatus.CANCELED
        self._publish(old.update())
        new = self._book(replace(command.replacement, order_qty=left))
        if self._chance(0.3):
            return Acked()
        return Acked(
            new.update() if self._chance(0.8) else None,
            old.update(fills=self._chance(0.5)) if self._chance(0.7) else None,
        )

    def _match(self, book: Book) -> None:
        """Execute a part of it, and perhaps more later."""
        if book.status is not VenueStatus.WORKING or self._chance(0.2):
            return
        quantity = book.order.order_qty
        assert quantity is not None
        left = quantity - book.cum_qty
        last_qty = min(left, Decimal(self.random.randint(1, 5)))
        fill = Fill(
            cum_qty=book.cum_qty + last_qty,
            last_qty=last_qty,
            last_px=Decimal(self.random.choice((99, 100))),
            at=self.now,
            venue_exec_id=f"t{len(book.fills) + 1}" if self.names_executions else "",
        )
        book.fills.append(fill)
        if last_qty == left:
            book.status = VenueStatus.FILLED
        self._publish(
            OrderUpdate(
                order_id=book.order.order_id,
                status=book.status,
                cum_qty=fill.cum_qty,
                fill=fill,
            )
        )
        self._match_later(book)

    def _match_later(self, book: Book) -> None:
        self.at(self.now + self.pace * self.random.choice(NETWORK_MS), lambda: self._match(book))

    def _end(self, book: Book, status: VenueStatus) -> bool:
        if book.status is not VenueStatus.WORKING:
            return False
        book.status = status
        self._publish(book.update())
        return True

    def cancel_unasked(self) -> None:
        """The venue cancels one of its orders of its own accord."""
        working = [b for b in self.books.values() if b.status is VenueStatus.WORKING]
        if working:
            self._end(self.random.choice(working), VenueStatus.CANCELED)

    def _cancel(self, command: CancelOrder) -> Outcome:
        book = self.books.get(command.order.order_id)
        if book is not None and self._end(book, VenueStatus.CANCELED):
            said = book.update()
            if self._chance(0.3):
                said = replace(said, cum_qty=None, avg_px=None)  # it is gone, and that is all
            return Acked(said if self._chance(0.6) else None)
        return Refused("gone", "no such open order", cxl_rej_reason=CxlRejReason.UNKNOWN_ORDER)


class Arrival:
    """A command reaches the venue."""

    def __init__(self, arrive: Callable[[], None]) -> None:
        self._arrive = arrive

    def __call__(self) -> None:
        self._arrive()

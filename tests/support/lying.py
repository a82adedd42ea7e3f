"""A venue with a truth of its own that shows it badly: lists lag, statuses run ahead of them,
rows come twice or not at all for a while, totals regress, an order is not listed and works,
executions are changed and taken back. Behind the network, and before the dying process, of
`truthful`.

What it says of an end is true, and what it shows is a truth of a little while ago. When it is
`settled` its lists show everything.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from fixgw.model.effects import CancelOrder, QueryOrder, VenueCommand, VenueOrder
from fixgw.model.enums import CLOSED, CxlRejReason, ExecType
from fixgw.model.ids import ClOrdID, OrderID
from fixgw.model.number import ZERO
from fixgw.model.reports import ExecutionReport, OrderCancelReject, Report
from fixgw.model.requests import OrderCancelRequest, Request
from fixgw.model.venue import Fill, OrderUpdate, QueryFailed, VenueStatus
from tests.support.orders import CLIENT
from tests.support.truthful import Book, World

LAGS_MS = (0, 0, 400, 3_000, 20_000, 90_000)
"""How far behind what it shows may be."""

ABSENT_MS = (3_000, 30_000, 100_000)
"""How long it may fail to list an order, or an execution."""

FOR_LONG_MS = 900_000
"""So long that the gateway must take it for ended, though it works."""

ASKED_MS = 60_000
"""When the gateway has had time to ask whether what it was shown is so."""

SWEEP_MS = 20_000
"""How often an adapter looks at all orders, those that have ended too."""


@dataclass
class Trade:
    """One execution, as it was and as it is."""

    name: str
    versions: list[tuple[int, Decimal, Decimal, bool]]
    """Since when (milliseconds): quantity, price, whether it is taken back."""
    hidden: tuple[int, int] = (0, 0)
    """From and until when no list has it."""

    def at(self, time: int) -> tuple[Decimal, Decimal, bool] | None:
        """What it was then; None: it had not been made."""
        so_far = [version for version in self.versions if version[0] <= time]
        return so_far[-1][1:] if so_far else None


class LyingBook(Book):
    """One order at the venue: the truth, and what is shown of it."""

    def __init__(self, order: VenueOrder, world: "LyingWorld") -> None:
        self.order = order
        self.trades: list[Trade] = []
        self.absent = (0, 0)
        """From and until when the order is not listed."""
        self.for_long = False
        """So long that the gateway has good reason to take it for ended."""
        self._world = world
        self._statuses: list[tuple[int, VenueStatus]] = [(world.now, VenueStatus.WORKING)]

    @property
    def status(self) -> VenueStatus:
        return self._statuses[-1][1]

    @status.setter
    def status(self, status: VenueStatus) -> None:
        self._statuses.append((self._world.now, status))

    def executed(self, time: int) -> Decimal:
        then = [trade.at(time) for trade in self.trades]
        return sum((each[0] for each in then if each and not each[2]), ZERO)

    @property
    def cum_qty(self) -> Decimal:
        return self.executed(self._world.now)

    def update(self, *, asked: bool = False, fills: bool = False) -> OrderUpdate:
        """What is shown now: each part of it with a lag of its own."""
        world = self._world
        status = self._status_at(world.shown_at())
        if world.chance(0.5):
            status = self.status  # it runs ahead of the list
        told = world.chance(0.8) or world.clear
        return OrderUpdate(
            order_id=self.order.order_id,
            status=status,
            cum_qty=self.executed(world.shown_at()) if told else None,
            fills=self._list(world.shown_at()) if fills else None,
            asked=asked,
        )

    def _status_at(self, time: int) -> VenueStatus:
        return [status for since, status in self._statuses if since <= time or status is
                VenueStatus.WORKING][-1]

    def _list(self, time: int) -> tuple[Fill, ...]:
        rows: list[Fill] = []
        total = ZERO
        for trade in self.trades:
            then = trade.at(time)
            if then is None or (not self._world.clear and _within(trade.hidden, time)):
                continue
            quantity, price, busted = then
            total += ZERO if busted else quantity
            rows.append(Fill(
                venue_exec_id=trade.name, last_qty=quantity, last_px=price, cum_qty=total,
                at=trade.versions[0][0], busted=busted,
            ))
            if not self._world.clear and self._world.chance(0.1):
                rows.append(rows[-1])
        return tuple(rows)


def _within(window: tuple[int, int], time: int) -> bool:
    return window[0] <= time < window[1]


@dataclass
class Told:
    """What the client of one order makes of its reports."""

    executions: dict[tuple[str, str], tuple[Decimal, Decimal]] = field(default_factory=dict)
    """OrderID(37) of the order at the venue, name of the execution: LastQty(32), LastPx(31)."""

    @property
    def quantity(self) -> Decimal:
        return sum((quantity for quantity, _ in self.executions.values()), ZERO)


class LyingWorld(World):
    """It, the network and the gateway; each report is compared with the truth when it is told."""

    def __init__(self, seed: int, *, lies: bool = True) -> None:
        super().__init__(seed)
        self.lies = lies
        self.settled = False
        self.told: dict[OrderID, Told] = {}
        self.wrong: list[str] = []
        """What a client should not have been told, or has been refused."""
        self._last_ids: dict[tuple[str, str], str] = {}
        """ExecID(17) of the last report of each execution."""
        self._shown: set[OrderID] = set()
        """The orders that this process was shown as working after it had taken them for ended."""
        self._cancels: list[OrderID] = []
        self.at(self.now + SWEEP_MS, self._sweep)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    @property
    def clear(self) -> bool:
        """Whether what it shows is all there is."""
        return self.settled or not self.lies

    def shown_at(self) -> int:
        """Of which moment is what is shown now."""
        return self.now if self.clear else self.now - self.random.choice(LAGS_MS)

    def book_of(self, order: VenueOrder) -> Book:
        return LyingBook(order, self)

    def settle(self) -> None:
        """From now on lists are complete; nothing is executed any more."""
        self.settled = True
        for book in self.lying_books():
            book.absent = (0, 0)

    def lying_books(self) -> list[LyingBook]:
        return [book for book in self.books.values() if isinstance(book, LyingBook)]

    # -------------------------------------------------------------------- the venue's doing

    def _match(self, book: Book) -> None:
        assert isinstance(book, LyingBook) and book.order.order_qty is not None
        if self.settled or book.status is not VenueStatus.WORKING or self.chance(0.2):
            return
        left = book.order.order_qty - book.cum_qty
        quantity = min(left, Decimal(self.random.randint(1, 5)))
        price = Decimal(self.random.choice((99, 100)))
        trade = Trade(f"t{len(book.trades) + 1}", [(self.now, quantity, price, False)])
        book.trades.append(trade)
        if self.chance(0.2):
            trade.hidden = (self.now, self.now + self.random.choice(ABSENT_MS))
        if quantity == left:
            book.status = VenueStatus.FILLED
        if self.chance(0.6):
            self._publish(OrderUpdate(
                order_id=book.order.order_id, status=book.status, cum_qty=book.cum_qty,
                fill=Fill(
                    venue_exec_id=trade.name, last_qty=quantity, last_px=price,
                    cum_qty=book.cum_qty, at=self.now,
                ),
            ))
        elif self.chance(0.5):
            # The status runs ahead of the lists, and no total is told.
            self._publish(OrderUpdate(order_id=book.order.order_id, status=book.status))
        self._match_later(book)

    def change_an_execution(self) -> None:
        """The venue corrects one, or takes it back."""
        made = [(book, trade) for book in self.lying_books() for trade in book.trades]
        if not made or self.clear:
            return
        book, trade = self.random.choice(made)
        _, quantity, price, busted = trade.versions[-1]
        if busted:
            return
        kind = self.random.choice(("price", "quantity", "bust"))
        if kind == "quantity" and quantity > 1 and book.status is VenueStatus.WORKING:
            trade.versions.append((self.now, quantity - 1, price, False))
        elif kind == "bust":
            trade.versions.append((self.now, quantity, price, True))
            if book.status is VenueStatus.FILLED:
                book.status = VenueStatus.CANCELED  # nothing of it works, and not all is executed
        else:
            trade.versions.append((self.now, quantity, price + 1, False))

    def hide_an_order(self, milliseconds: int) -> None:
        """It is not listed, and works: one of which the gateway knows that the venue had it."""
        known = [
            book for book in self.lying_books()
            if not book.absent[1] and self._accepted(book.order.order_id)
        ]
        if not known or self.clear:
            return
        book = self.random.choice(known)
        book.absent = (self.now, self.now + milliseconds)
        book.for_long = milliseconds >= FOR_LONG_MS
        self.at(book.absent[1] + 1, lambda: self._show_again(book))

    def _accepted(self, order_id: OrderID) -> bool:
        order = self.engine.orders.get(order_id)
        return order is not None and order.accepted

    def _show_again(self, book: LyingBook) -> None:
        process, order_id = self.crashes, book.order.order_id

        def shown() -> None:
            if process != self.crashes or book.status is not VenueStatus.WORKING:
                return
            self.engine.handle(OrderUpdate(
                order_id=order_id, status=VenueStatus.WORKING, asked=True
            ), self.moment)
            order = self.engine.orders.get(order_id)
            if order is not None and not order.open:
                self.at(self.now + ASKED_MS, believed)

        def believed() -> None:
            if process == self.crashes:
                self._shown.add(order_id)

        self.at(self.now + 1, shown)

    # ------------------------------------------------------------------------ what it shows

    def _query(self, query: QueryOrder) -> None:
        order_id, process = query.order.order_id, self.crashes

        def ask() -> None:
            if process != self.crashes:
                return
            book = self.books.get(order_id)
            if self.chance(0.2):
                self._deliver(QueryFailed(order_id, "503"), at=self._delay())
            elif book is None or isinstance(book, LyingBook) and _within(book.absent, self.now):
                absent = OrderUpdate(order_id=order_id, status=VenueStatus.ABSENT, asked=True)
                self._deliver(absent, at=self._delay())
            else:
                fills = query.fills or self.chance(0.3)
                self._deliver(book.update(asked=True, fills=fills), at=self._delay())

        self.at(self._delay(), ask)

    def _sweep(self) -> None:
        """An adapter looks at what it knows, whether or not it has ended: a venue changes an
        execution whenever it likes."""
        for book in self.lying_books():
            if self.settled or not _within(book.absent, self.now) and self.chance(0.3):
                self._publish(book.update(fills=True))
        self.at(self.now + SWEEP_MS, self._sweep)

    # --------------------------------------------------------------------- what came of it

    def client(self, request: Request) -> None:
        before, cancels = len(self.reports), len(self._cancels)
        working = self._works(request)
        super().client(request)
        if working is None:
            return
        order_id, was_open = working
        refused = [
            report for report in self.reports[before:]
            if isinstance(report, OrderCancelReject)
            and report.reason in (CxlRejReason.TOO_LATE, CxlRejReason.UNKNOWN_ORDER)
        ]
        if order_id in self._cancels[cancels:]:
            return
        if order_id in self._shown if not was_open else refused:
            self.wrong.append(f"{request.cl_ord_id} of {order_id}, which works, stayed")

    def _works(self, request: Request) -> tuple[OrderID, bool] | None:
        """The order that *request* is to cancel, and whether it is open here, if the venue works
        it."""
        if not isinstance(request, OrderCancelRequest) or request.orig_cl_ord_id is None:
            return None
        order = self.engine.orders.of_client(CLIENT, ClOrdID(request.orig_cl_ord_id))
        book = self.books.get(order.order_id) if order is not None else None
        if order is None or book is None or book.status is not VenueStatus.WORKING:
            return None
        return order.order_id, order.open

    def _perform(self, command: VenueCommand) -> None:
        if isinstance(command, CancelOrder):
            self._cancels.append(command.order.order_id)
        super()._perform(command)

    def crash(self) -> None:
        self._shown.clear()
        super().crash()

    def _end_of_tick(self) -> None:
        before = len(self.reports)
        super()._end_of_tick()
        for report in self.reports[before:]:
            self._compare(report)

    def _compare(self, report: Report) -> None:
        if not isinstance(report, ExecutionReport) or report.exec_type is ExecType.ORDER_STATUS:
            return
        root = OrderID(report.order_id)
        told = self.told.setdefault(root, Told())
        if report.exec_type in _OF_AN_EXECUTION:
            self._take(report, told)
        if report.cum_qty != told.quantity:
            self._complain(report, f"CumQty(14) {report.cum_qty}, not {told.quantity}")
        if report.ord_status in CLOSED:
            self._compare_end(report, root)

    def _take(self, report: ExecutionReport, told: Told) -> None:
        order_id, _, rest = report.exec_id.partition("-")
        name = rest[1:] if report.exec_type is ExecType.TRADE else rest[1:].rpartition(".")[0]
        key = order_id, name
        book = self.books.get(OrderID(order_id))
        trades = book.trades if isinstance(book, LyingBook) else []
        versions = [v[1:] for trade in trades if trade.name == name for v in trade.versions]
        assert report.last_qty is not None and report.last_px is not None
        said = report.last_qty, report.last_px
        busted = report.exec_type is ExecType.TRADE_CANCEL
        if report.exec_type is ExecType.TRADE:
            if key in self._last_ids:
                self._complain(report, "it was told before")
        elif report.exec_ref_id != self._last_ids.get(key):
            self._complain(report, f"ExecRefID(19) {report.exec_ref_id}")
        if busted:
            told.executions.pop(key, None)
            if not any(version[2] for version in versions):
                self._complain(report, "the venue has not taken it back")
        else:
            told.executions[key] = said
            if (*said, False) not in versions:
                self._complain(report, f"the venue has not executed {said}")
        self._last_ids[key] = report.exec_id

    def _compare_end(self, report: ExecutionReport, root: OrderID) -> None:
        if any(
            book.status is VenueStatus.WORKING and not book.for_long
            for book in self.lying_books() if self.root(book.order.order_id) == root
        ):
            self._complain(report, "the venue works it")

    def _complain(self, report: ExecutionReport, text: str) -> None:
        self.wrong.append(
            f"{report.exec_id} 150={report.exec_type} 39={report.ord_status} at {self.now}: {text}"
        )


_OF_AN_EXECUTION = frozenset({ExecType.TRADE, ExecType.TRADE_CORRECT, ExecType.TRADE_CANCEL})

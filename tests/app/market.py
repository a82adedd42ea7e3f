"""The paper venue's own side: it outlives every gateway, books what reaches it, and never lies.

It says at once what a venue must never see: an order or a replace that comes twice, two orders
of one chain at work together, an order while it wants none. What a replace has to do it works
out by itself, as `ReplaceOrder` says. It may refuse, send an order elsewhere, lose its answers or
fall silent for a while, all drawn from one source.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random

from msgspec.structs import replace

from fixgw.core.engine import Engine
from fixgw.model.effects import CancelOrder, QueryOrder, ReplaceOrder, VenueCommand, VenueOrder
from fixgw.model.enums import Command, CxlRejReason
from fixgw.model.ids import OrderID, VenueOrderID
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    Fill,
    OrderUpdate,
    Outcome,
    QueryFailed,
    Refused,
    Unknown,
    VenueInput,
    VenueStatus,
)
from fixgw.model.venue_events import OrdersHeld
from tests.app.paper import VENUE
from tests.support.truthful import Book

ELSEWHERE = "B"
"""Where an order goes that is refused at its first place."""

ROUTES_MAX = 3


class Market:
    """All that is booked."""

    def __init__(self, random: Random, engine: Callable[[], Engine]) -> None:
        """*engine*: the one that sends commands at this moment; only looked at."""
        self.books: dict[VenueOrderID, Book] = {}
        self.silent = False
        """Its answers are lost, and what it says by itself as well."""
        self.kind = False
        """It refuses nothing, and answers everything."""
        self.held: OrdersHeld | None = None
        """Since before this tick it is on record that no orders may come."""
        self._random = random
        self._engine = engine

    def _chance(self, probability: float) -> bool:
        return not self.kind and self._random.random() < probability

    # ----------------------------------------------------------------------- commands

    def answer(self, command: VenueCommand) -> VenueInput:
        if isinstance(command, QueryOrder):
            return self._query(command)
        kind, order, do = self._what(command)
        lost = self.silent or self._chance(0.06)
        outcome = None if lost and self._chance(0.5) else do()
        if lost or outcome is None:
            outcome = Unknown("timeout")
        return CommandOutcome(order.order_id, kind, outcome)

    def _what(
        self, command: VenueCommand
    ) -> tuple[Command, VenueOrder, Callable[[], Outcome]]:
        order = command.order
        if isinstance(command, CancelOrder):
            return Command.CANCEL, order, lambda: self._cancel(order)
        held = self._engine().held.get(VENUE)
        assert held is None or held is not self.held, f"no orders are wanted: {command}"
        if isinstance(command, ReplaceOrder):
            after = command.replacement
            return Command.REPLACE, after, lambda: self._replace(order, after)
        return Command.SUBMIT, order, lambda: self._submit(order)

    def _query(self, query: QueryOrder) -> VenueInput:
        order = query.order
        if self.silent or self._chance(0.05):
            return QueryFailed(order.order_id, "503")
        book = self.books.get(order.venue_order_id)
        if book is None:
            return OrderUpdate(order_id=order.order_id, status=VenueStatus.ABSENT, asked=True)
        return book.update(asked=True, fills=query.fills)

    def _submit(self, order: VenueOrder) -> Outcome:
        if self._chance(0.03):
            return Refused("funds", "insufficient funds")
        if order.attempt < ROUTES_MAX and self._chance(0.08):
            return Refused("route", "not here", reroute=ELSEWHERE)
        for other in self._replaced_by(order.order_id):
            assert other.status is not VenueStatus.WORKING, f"two at work: {other.order} {order}"
        book = self._book(order)
        return Acked(None if self._chance(0.2) else book.update())

    def _replace(self, order: VenueOrder, after: VenueOrder) -> Outcome:
        old = self.books.get(order.venue_order_id)
        assert after.venue_order_id not in self.books, f"it was replaced twice: {after}"
        if old is None or old.status is not VenueStatus.WORKING:
            return Refused("gone", "no such open order", cxl_rej_reason=CxlRejReason.TOO_LATE)
        assert after.order_qty is not None
        left = after.order_qty - old.cum_qty
        if left <= 0 or self._chance(0.1):
            return Refused("size", "no size left", cxl_rej_reason=CxlRejReason.OTHER)
        old.status = VenueStatus.CANCELED
        new = self._book(replace(after, order_qty=left))
        return Acked(
            None if self._chance(0.2) else new.update(),
            None if self._chance(0.3) else old.update(fills=self._chance(0.5)),
        )

    def _cancel(self, order: VenueOrder) -> Outcome:
        book = self.books.get(order.venue_order_id)
        if book is None or book.status is not VenueStatus.WORKING:
            return Refused("gone", "no such open order", cxl_rej_reason=CxlRejReason.UNKNOWN_ORDER)
        if self._chance(0.06):
            return Refused("busy", "not now")
        book.status = VenueStatus.CANCELED
        said = book.update()
        if self._chance(0.3):
            said = replace(said, cum_qty=None, avg_px=None)  # it is gone, and that is all
        return Acked(None if self._chance(0.3) else said)

    def _book(self, order: VenueOrder) -> Book:
        assert order.venue_order_id not in self.books, f"it reached the venue twice: {order}"
        book = self.books[order.venue_order_id] = Book(order)
        return book

    def _replaced_by(self, order_id: OrderID) -> Iterator[Book]:
        """What is booked of those whose place *order_id* takes."""
        order = self._engine().orders.get(order_id)
        assert order is not None
        while order.replaces is not None:
            order = order.replaces
            if order.venue_order_id in self.books:
                yield self.books[order.venue_order_id]

    # ------------------------------------------------------------------------- trades

    @property
    def working(self) -> list[Book]:
        return [book for book in self.books.values() if book.status is VenueStatus.WORKING]

    def trade(self, book: Book) -> OrderUpdate:
        """One of it is executed."""
        done = book.cum_qty + 1
        book.fills.append(Fill(
            cum_qty=done, last_qty=Decimal(1), last_px=Decimal(100), at=1,
            venue_exec_id=f"t{done}",
        ))
        if done == book.order.order_qty:
            book.status = VenueStatus.FILLED
        return OrderUpdate(
            order_id=book.order.order_id, status=book.status, cum_qty=done, fill=book.fills[-1]
        )

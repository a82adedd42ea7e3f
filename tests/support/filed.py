"""Orders that are over, as compaction files them, made by a real engine."""

from fixgw.journal.snapshot import DAY_MS, FiledOrder
from fixgw.journal.tick import JournalEvent
from fixgw.model.events import CancelRequested, OrderPlaced
from fixgw.model.ids import ClOrdID
from tests.support.orders import (
    CLIENT,
    OTHER_CLIENT,
    START_MS,
    Exchange,
    accepted,
    canceled_as_asked,
    fill,
    made,
    refused,
)

START_DAY = START_MS // DAY_MS
KINDS = ("filled", "in two parts", "canceled", "replaced", "refused")


def rows(number: int, *, first: int = 0, apart_ms: int = 1_000) -> list[FiledOrder]:
    """So many orders of two sessions, one after the other, of all KINDS; *first* is a number in
    their names, and their times are *apart_ms* times that."""
    exchange = Exchange(replace_by_cancel=True)
    made.clear()  # no test of the core
    exchange.now += first * apart_ms
    return [_row(exchange, each, apart_ms) for each in range(first, first + number)]


def _row(exchange: Exchange, number: int, apart_ms: int) -> FiledOrder:
    exchange.now = START_MS + (number + 1) * apart_ms
    start, kind = len(exchange.events), KINDS[number % len(KINDS)]
    session = CLIENT if number % 3 else OTHER_CLIENT
    name, px = f"desk-{number:06}", 27_000 + number % 977
    exchange.client(f"35=D|11={name}|38=3|44={px}|", session)
    if kind == "refused":
        exchange.venue(refused("insufficient_funds"))
    else:
        exchange.venue(accepted())
    if kind == "filled":
        exchange.venue(fill(f"t{number}", 3, px))
    elif kind == "in two parts":
        exchange.venue(fill(f"t{number}", 1, px), fill(f"u{number}", 2, px))
    elif kind == "canceled":
        exchange.client(f"35=F|11={name}-c|41={name}|", session)
        exchange.venue(canceled_as_asked())
    elif kind == "replaced":
        exchange.client(f"35=G|11={name}-r|41={name}|38=3|44={px + 1}|", session)
        first = exchange.engine.orders.of_client(session, ClOrdID(name))
        assert first is not None
        exchange.handle(canceled_as_asked()(exchange, first))
        exchange.venue(accepted(), fill(f"t{number}", 3, px + 1))
    return of_events(exchange.events[start:])


def of_events(events: list[JournalEvent]) -> FiledOrder:
    """The row of all *events* of one order."""
    placed = [each for each in events if isinstance(each, OrderPlaced)]
    asked = [each.cl_ord_id for each in events if isinstance(each, CancelRequested)]
    return FiledOrder(
        root=placed[0].order_id,
        session=placed[0].request.session,
        ended_at=max(each.at for each in events),
        venues=sorted({each.venue for each in placed}),
        legs=[each.order_id for each in placed[1:]],
        names=[each.request.cl_ord_id for each in placed] + asked,
        events=events,
    )

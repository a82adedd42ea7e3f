"""Finery's lists in answer to queries: open orders, and the deals of a period.

Pure. Rows are read one by one: an unreadable row concerns the order that it names, and no other.
Deals are identified by the venue's own number, in whichever message they appear.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Generic, TypeVar

from msgspec import Raw, Struct
from msgspec.structs import replace

from fixgw.model.effects import VenueOrder
from fixgw.model.number import ZERO, add
from fixgw.model.venue import Fill, OrderUpdate, VenueStatus
from fixgw.venues.finery import codes, parse
from fixgw.venues.finery.schemas import (
    DEAL,
    ORDER,
    DealRow,
    Head,
    Lost,
    OrderRow,
    lost,
    read_positions,
)
from fixgw.venues.outcome import Answer, Result
from fixgw.venues.kit.payloads import Damaged, RowReader, Unreadable, read_list

H = TypeVar("H", bound=Head)

VOLUME_ROUNDED_BY = 1_000_000
"""Units, at most, that the volume of a deal is off price x size: the coarsest balance step."""


class Listed(Struct, Generic[H], frozen=True):
    """A list of the venue's: the rows that can be read, and those that cannot."""

    rows: Sequence[H] = ()
    lost: Sequence[Lost] = ()

    def by_name(self) -> "ByName[H]":
        """The rows by clientOrderId; those without one by the venue's own number."""
        found: ByName[H] = {}
        for row in self.rows:
            found.setdefault(row.client_order_id or parse.native_id(row.order_id), []).append(row)
        return found

    @property
    def anyones(self) -> str:
        """The error of a row whose order name is unreadable too, so that it may belong to an order
        missing from the list; "" where there is none.
        """
        return next((each.text for each in self.lost if each.anyones), "")

    def missing(self, order: VenueOrder) -> str:
        """Return the error in this list's data about *order*; "" where all of it is readable.

        A row that names no order of ours is not needed.
        """
        name = int(order.venue_order_id)
        for each in self.lost:
            if name == each.client_order_id or (
                each.order_id and str(each.order_id) == order.native_id
            ):
                return each.text
        return ""


ByName = dict[int | str, list[H]]


def of(listed: ByName[H], order: VenueOrder) -> list[H]:
    """The rows of *order*."""
    nameless = listed.get(order.native_id, []) if order.native_id else []
    return listed.get(int(order.venue_order_id), []) + nameless


def open_orders(result: Result) -> Listed[OrderRow] | str:
    """The orders of `positions`, or why there are none to be read."""
    body = body_of(result)
    if isinstance(body, str):
        return f"positions: {body}"
    try:
        return _listed(ORDER, read_positions(body).orders)
    except Unreadable as error:
        return f"positions cannot be read: {error}"


def deals(result: Result) -> Listed[DealRow] | str:
    """One page of `dealHistory`, or why there is none."""
    body = body_of(result)
    if isinstance(body, str):
        return f"dealHistory: {body}"
    try:
        return _listed(DEAL, read_list(body))
    except Unreadable as error:
        return f"dealHistory cannot be read: {error}"


def _listed(reader: RowReader[H], raws: Iterable[Raw]) -> Listed[H]:
    rows: list[H] = []
    damaged: list[Lost] = []
    for raw in raws:
        row = reader.read(raw)
        if isinstance(row, Damaged):
            damaged.append(lost(raw, row))
        else:
            rows.append(row)
    return Listed(rows, damaged)


def body_of(result: Result) -> bytes | str:
    if not isinstance(result, Answer):
        return result.text
    answered = parse.read(result)
    if answered.error is not None:
        return codes.describe(answered.error)
    return answered.text if answered.body is None else answered.body


def answer_open(
    row: OrderRow, order: VenueOrder, its_deals: Sequence[DealRow] | None
) -> OrderUpdate:
    """Return the answer about an order that `positions` lists; *its_deals* where they were read.

    The deals were requested second, so they may be later and count more. If they count less they
    are incomplete; the core will notice.
    """
    update = replace(parse.resting(row, order.order_id), asked=True)
    if its_deals is None:
        return update
    fills = executions(its_deals)
    total = fills[-1].cum_qty if fills else ZERO
    cum_qty = max(total, update.cum_qty or ZERO)
    return replace(update, cum_qty=cum_qty, fills=fills)


def answer_unlisted(
    order: VenueOrder, its_deals: Sequence[DealRow], text: str
) -> OrderUpdate:
    """The answer about an order that `positions` does not list, with all that its deals say.

    A deal that left nothing, or as many as were ordered, is the venue's word that it is filled.
    Of all others it is only known that they are not listed; the lists may lag.
    """
    fills = executions(its_deals)
    total = fills[-1].cum_qty if fills else ZERO
    # What took another order's place was given less than OrderQty(38) if more of that was
    # executed than is known: a deal says itself whether it was the last.
    done = any(not row.size_left for row in its_deals) or (
        order.order_qty is not None and total >= order.order_qty
    )
    filled = done and not _lacks_volume(its_deals)
    return OrderUpdate(
        order_id=order.order_id,
        status=VenueStatus.FILLED if filled else VenueStatus.ABSENT,
        cum_qty=max([total, *_counted(its_deals)]),
        fills=fills,
        text="" if filled else text,
        asked=True,
        native_id=parse.native_id(its_deals[-1].order_id) if its_deals else "",
    )


def answer_replaced(
    order: VenueOrder, its_deals: Sequence[DealRow], new: VenueOrder, row: Head
) -> OrderUpdate:
    """The answer about an order that is not listed, while *row* shows *new*, which `mod` was to
    put in its place: it was removed then. What it had executed is what *new* was not given
    ("size - (old order initial size - old order remaining size)").
    """
    assert new.order_qty is not None, "`build` saw to it"
    return OrderUpdate(
        order_id=order.order_id,
        status=VenueStatus.CANCELED,
        cum_qty=parse.executed(new.order_qty, row.initial_size),
        fills=executions(its_deals),
        text=parse.REMOVED,
        asked=True,
    )


def _counted(rows: Iterable[DealRow]) -> Iterator[Decimal]:
    """Yield the venue's executed quantity at each deal, of an order by size."""
    for row in rows:
        if (counted := parse.row_executed(row)) is not None:
            yield counted


def _lacks_volume(rows: Sequence[DealRow]) -> bool:
    """Return True if an order by volume has spent more than the sum of its deals, so a deal is
    missing.
    """
    if not rows or not rows[0].by_volume or any(row.deal_volume is None for row in rows):
        return False
    by_id = {row.deal_id: row for row in rows}
    listed = sum(row.deal_volume or 0 for row in by_id.values())
    spent = rows[0].initial_size - min(row.size_left for row in rows)
    return spent - listed > len(by_id) * VOLUME_ROUNDED_BY


def executions(rows: Sequence[DealRow]) -> tuple[Fill, ...]:
    """The deals of one order, each once, oldest first, with the sum up to each."""
    by_id = {row.deal_id: row for row in rows}
    cum_qty, fills = ZERO, []
    # ASSUMPTION: later deals have higher numbers, as paging by the smallest one implies.
    for deal_id in sorted(by_id):
        row = by_id[deal_id]
        cum_qty = add(cum_qty, parse.above_zero(row.deal_size, "dealSize"))
        fills.append(parse.fill(row, cum_qty))
    return tuple(fills)

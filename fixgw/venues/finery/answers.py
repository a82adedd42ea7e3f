"""What Finery lists, in answer to questions: its open orders, and the deals of a time.

Pure. Rows are read one by one: a row that cannot be read concerns the order that it names, and no
other. Deals are counted by the venue's own number for them, wherever they are told.
"""

from collections.abc import Iterable, Sequence
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
    read_list,
    read_positions,
)
from fixgw.venues.outcome import Answer, Result
from fixgw.venues.payloads import Damaged, RowReader, Unreadable

H = TypeVar("H", bound=Head)


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
        """Why a row cannot be read whose name cannot be read either, so that it may be that of an
        order which seems not to be listed; "" where there is none."""
        return next((each.text for each in self.lost if each.anyones), "")

    def missing(self, order: VenueOrder) -> str:
        """Why what this list has of *order* cannot be read; "" where nothing of it is missing.

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
    body = _body(result)
    if isinstance(body, str):
        return f"positions: {body}"
    try:
        return _listed(ORDER, read_positions(body).orders)
    except Unreadable as error:
        return f"positions cannot be read: {error}"


def deals(result: Result) -> Listed[DealRow] | str:
    """One page of `dealHistory`, or why there is none."""
    body = _body(result)
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


def _body(result: Result) -> bytes | str:
    if not isinstance(result, Answer):
        return result.text
    answered = parse.read(result)
    if answered.error is not None:
        return codes.describe(answered.error)
    return answered.text if answered.body is None else answered.body


def answer_open(
    row: OrderRow, order: VenueOrder, its_deals: Sequence[DealRow] | None
) -> OrderUpdate:
    """The answer about an order that `positions` lists; *its_deals* where they were read.

    They were asked one after the other, so the deals may tell of a later moment and count
    more. If they count less they are incomplete; that is for the core to see.
    """
    update = replace(parse.resting(row, order.order_id), asked=True)
    if its_deals is None:
        return update
    fills = executions(its_deals)
    total = fills[-1].cum_qty if fills else ZERO
    cum_qty = max(total, update.cum_qty or ZERO)
    return replace(update, cum_qty=cum_qty, fills=fills)


def answer_closed(
    order: VenueOrder, its_deals: Sequence[DealRow], *, was_there: bool, text: str
) -> OrderUpdate:
    """The answer about an order that `positions` does not list, by all its deals.

    What traded was there, and so was what the venue has shown before (*was_there*): it is
    over. Of the rest nothing is known to the venue.
    """
    fills = executions(its_deals)
    if not fills and not was_there:
        return OrderUpdate(
            order_id=order.order_id, status=VenueStatus.ABSENT, text=text, asked=True
        )
    total = fills[-1].cum_qty if fills else ZERO
    # What took another order's place was given less than OrderQty(38) if more of that was
    # executed than is known: a deal says itself whether it was the last.
    done = any(not row.size_left for row in its_deals) or (
        order.order_qty is not None and total >= order.order_qty
    )
    return OrderUpdate(
        order_id=order.order_id,
        status=VenueStatus.FILLED if done else VenueStatus.CANCELED,
        cum_qty=total,
        fills=fills,
        text="" if done else text,
        asked=True,
        native_id=parse.native_id(its_deals[-1].order_id) if its_deals else "",
    )


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

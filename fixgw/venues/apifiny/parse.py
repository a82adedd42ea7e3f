"""Apifiny's payloads translated: a payload in, an Outcome or an OrderUpdate out.

Pure, and it never raises for anything a venue sent: an unreadable payload makes an outcome unknown
or a query failed. A number keeps the digits it is written with.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import Command, Liquidity
from fixgw.model.ids import OrderID
from fixgw.model.number import ZERO, add, without_noise
from fixgw.model.venue import (
    Acked,
    Fill,
    NewsUnreadable,
    OrderUpdate,
    Outcome,
    QueryFailed,
    Refused,
    Unknown,
    VenueStatus,
)
from fixgw.venues.kit import border
from fixgw.venues.apifiny import codes
from fixgw.venues.apifiny.schemas import (
    CommissionRow,
    ErrorBody,
    OrderRow,
    Rows,
    read_commission,
    read_envelope,
    read_error,
    read_rows,
)
from fixgw.venues.outcome import Answer, Result, unanswered, without_code
from fixgw.venues.kit.payloads import Unreadable

OK = 200

PART_FILLED = "PART_FILLED"

STATUS = {
    "PENDING_SUBMIT": VenueStatus.PENDING,
    # Also while it is filled in parts: only filledCumulativeQuantity tells.
    "SUBMITTED": VenueStatus.WORKING,
    # "final status, partially filled order": what was left is cancelled.
    PART_FILLED: VenueStatus.CANCELED,
    "FILLED": VenueStatus.FILLED,
    "CANCELLED": VenueStatus.CANCELED,
    "REJECTED": VenueStatus.REJECTED,
}
"""Manual, "Order Status"."""


class Answered(Struct, frozen=True):
    """The content of an answer about orders: orders, or an error, or neither if it is undocumented.
    """

    rows: Rows | None = None
    error: ErrorBody | None = None

    def of(self, venue_order_id: str) -> OrderRow | str:
        """The row of one order; or why there is none that can be read."""
        rows = self.rows or Rows()
        found = [row for row in rows.rows if row.order_id == venue_order_id]
        if found and all(row == found[0] for row in found):
            return found[0]
        for each in rows.damaged:
            if each.name == venue_order_id:
                return f"cannot be read: {each.text}"
        return "without an error or the order"


def order_update(row: OrderRow, order_id: OrderID, at: int = 0) -> OrderUpdate:
    """*row* of our *order_id*; *at* is the venue's time of it, if the row does not say.

    An execution in it that makes no sense is left out: the core sees that
    cum_qty has moved without one, and asks.
    """
    status = STATUS.get(row.order_status, VenueStatus.UNCLEAR)
    cum_qty = row.filled_cumulative_quantity
    if cum_qty is not None:
        if border.total(cum_qty) is None:
            raise Unreadable(f"filledCumulativeQuantity {_shown(cum_qty)}")
        cum_qty = without_noise(cum_qty)
    if row.order_status == PART_FILLED and not cum_qty:
        raise Unreadable("PART_FILLED with nothing filled")
    return OrderUpdate(
        order_id=order_id,
        status=status,
        cum_qty=cum_qty,
        avg_px=row.filled_average_price,
        fill=_fill(row, cum_qty) if row.last_filled_quantity and cum_qty else None,
        text="orderStatus REJECTED" if status is VenueStatus.REJECTED else "",
        at=row.updated_at or at,
        state=row.order_status if status is VenueStatus.UNCLEAR else "",
    )


def news(row: OrderRow, order_id: OrderID, at: int = 0) -> OrderUpdate | NewsUnreadable:
    """Read *row* as news of its order; *at* as in `order_update`."""
    try:
        return order_update(row, order_id, at)
    except Unreadable as error:
        return NewsUnreadable(order_id, str(error))


def fills(rows: Sequence[OrderRow], counts: Sequence[Decimal]) -> tuple[Fill, ...] | None:
    """Return the rows of listFilledOrder for one order as its executions, oldest first.

    *counts* are the venue's own totals for them; each may lag, as may the list. Return None if the
    list is incomplete: an execution is identified by the running total up to and including it, so
    none of the listed ones can be identified. Raise Unreadable if the list has more than the totals
    allow.

    ASSUMPTION: a row is one execution, and its filledCumulativeQuantity need not be the sum up to
    it (the manual's sample has 0): we add up ourselves. Executions have no number: equal rows are
    one execution listed twice, or two; the venue's own total shows which.
    """
    for row in rows:
        if row.last_filled_quantity is None or border.quantity(row.last_filled_quantity) is None:
            raise Unreadable(f"lastFilledQuantity {_shown(row.last_filled_quantity)}")
    once = _each_once(rows)
    if not counts:
        return _added_up(_oldest_first(once))
    fitting = [each for each in (once, rows) if _total(each) in counts]
    if fitting and _total(fitting[0]) == _total(fitting[-1]):
        return _added_up(_oldest_first(fitting[0]))
    if fitting or _total(once) > max(counts):
        raise Unreadable(f"{_total(rows)} listed of {max(counts)} executed")
    # The oldest of them, as each row says itself that none is missing before it.
    by_sum = _by_sum(once)
    return _added_up(by_sum) if _adds_up(by_sum) else None


def _each_once(rows: Sequence[OrderRow]) -> list[OrderRow]:
    found: dict[tuple[object, ...], OrderRow] = {}
    for row in rows:
        found.setdefault(_execution(row), row)
    return list(found.values())


def _execution(row: OrderRow) -> tuple[object, ...]:
    """Return the fields of a row that describe its execution, without those of the order."""
    return (
        border.quantity(row.last_filled_quantity), border.price(row.last_filled_price),
        border.total(row.filled_cumulative_quantity), border.amount(row.last_commission),
        row.last_commission_currency, row.is_taker, _fill_time(row),
    )


def _total(rows: Sequence[OrderRow]) -> Decimal:
    total = ZERO
    for row in rows:
        total = add(total, _quantity(row))
    return total


def _quantity(row: OrderRow) -> Decimal:
    return without_noise(row.last_filled_quantity or ZERO)


def _added_up(rows: Sequence[OrderRow]) -> tuple[Fill, ...]:
    cum_qty, found = ZERO, []
    for row in rows:
        cum_qty = add(cum_qty, _quantity(row))
        fill = _fill(row, cum_qty)
        if fill is None:
            raise Unreadable(
                f"{row.last_filled_quantity} filled at {_shown(row.last_filled_price)}"
            )
        found.append(fill)
    return tuple(found)


def command_outcome(
    result: Result, order_id: str, command: Command, *, trust_4xx: bool
) -> Outcome:
    """Return the outcome of a newOrder or cancelOrder of *order_id* (the venue's) sent over REST.
    """
    if not isinstance(result, Answer):
        return unanswered(result)
    answered = read_orders(result)
    if answered.error is not None:
        return codes.refusal(answered.error, command)
    row = answered.of(order_id)
    if isinstance(row, OrderRow):
        return reply(row, our_part(order_id), command)
    return without_code(result, f"HTTP {result.status} {row}", trust_4xx=trust_4xx)


def reply(row: OrderRow, order_id: OrderID, command: Command) -> Outcome:
    """Return the outcome that *row*, the answer to *command* for our *order_id*, reports."""
    try:
        update = order_update(row, order_id)
    except Unreadable as error:
        return Unknown(f"cannot be read: {error}")
    if command is Command.SUBMIT and update.status is VenueStatus.REJECTED and not update.cum_qty:
        return Refused(row.order_status, "rejected by the exchange behind Apifiny")
    if update.status is VenueStatus.UNCLEAR and not update.cum_qty:
        return Unknown(f"orderStatus {row.order_status!r} is not known")
    return Acked(update)


def query_result(
    result: Result, order_id: OrderID, venue_order_id: str
) -> OrderUpdate | QueryFailed:
    """The answer to queryOrderInfo about our *order_id*, *venue_order_id* there."""
    if not isinstance(result, Answer):
        return QueryFailed(order_id, result.text)
    answered = read_orders(result)
    if answered.error is not None:
        text = codes.describe(answered.error)
        if codes.says_absent(answered.error):
            return OrderUpdate(
                order_id=order_id, status=VenueStatus.ABSENT, text=text, asked=True
            )
        return QueryFailed(order_id, text)
    row = answered.of(venue_order_id)
    if not isinstance(row, OrderRow):
        return QueryFailed(order_id, f"HTTP {result.status} {row}")
    return asked(row, order_id)


def asked(row: OrderRow, order_id: OrderID) -> OrderUpdate | QueryFailed:
    """*row* as the answer to a question about *order_id*."""
    try:
        return msgspec.structs.replace(order_update(row, order_id), asked=True)
    except Unreadable as unreadable:
        return QueryFailed(order_id, f"cannot be read: {unreadable}")


def with_fills(
    update: OrderUpdate, order: VenueOrder, result: Result
) -> OrderUpdate | QueryFailed:
    """*update* of queryOrderInfo completed by the answer to listFilledOrder for *order*.

    The fills were asked for first, so the venue's count, which came after them, is at least as
    much. Fills that fall short are for the core to see; of a list that has more than was executed
    nothing is taken, so it is asked for again.
    """
    order_id = update.order_id
    if not isinstance(result, Answer):
        return QueryFailed(order_id, result.text)
    answered = read_orders(result)
    if answered.rows is None:
        error = answered.error
        text = codes.describe(error) if error else f"HTTP {result.status}, cannot be read"
        return QueryFailed(order_id, f"fills: {text}")
    counts = [] if update.cum_qty is None else [update.cum_qty]
    if update.status is VenueStatus.FILLED and order.order_qty is not None:
        # "final status, completely filled order": as good a count, where the other one lags.
        counts.append(order.order_qty)
    try:
        rows = [row for row in answered.rows.rows if our_part(row.order_id) == order_id]
        executions = fills(rows, counts)
    except Unreadable as unreadable:
        return QueryFailed(order_id, f"fills cannot be read: {unreadable}")
    total = executions[-1].cum_qty if executions else ZERO
    if total not in counts:
        # An execution is named by the total up to it: with one missing, all behind it would have
        # the wrong names. A row that names another order is none of these.
        for each in answered.rows.damaged:
            if each.name is None or our_part(str(each.name)) == order_id:
                return QueryFailed(order_id, f"fills cannot be read: {each.text}")
    cum_qty = max(total, update.cum_qty or ZERO)
    return msgspec.structs.replace(update, cum_qty=cum_qty, fills=executions)


def as_rows(result: object) -> Sequence[OrderRow]:
    """The orders in *result*, which is an order, a list of them, or something else."""
    if isinstance(result, OrderRow):
        return (result,)
    return result if isinstance(result, list) else ()


def stranger(row: OrderRow) -> str:
    """Return a description of an order that is not ours."""
    return f"{row.venue} {row.symbol} {row.order_status}".strip()


def commission_rate(result: Result) -> CommissionRow | None:
    """The answer to getCommissionRate; None if there is none."""
    if not isinstance(result, Answer) or result.status != OK:
        return None
    try:
        rates = read_commission(result.body).result
    except Unreadable:
        return None
    if isinstance(rates, CommissionRow):
        return rates
    return rates[0] if rates else None


def read_orders(answer: Answer) -> Answered:
    """Return the orders of an answer, or its error; neither, if it is undocumented.

    An empty list is an answer, unlike a list without a readable row. A 5xx proves nothing whatever
    its body holds, and neither does an answer that has both a result and an error.
    """
    if answer.status != OK and not 400 <= answer.status < 500:
        return Answered()
    if answer.body.lstrip().startswith(b"["):
        result, error = msgspec.Raw(answer.body), None
    else:
        try:
            envelope = read_envelope(answer.body)
        except Unreadable:
            return Answered()
        result, error = envelope.result, read_error(envelope.error)
    if bytes(result) == b"null":
        return Answered(error=error)
    if error is not None or answer.status != OK:
        return Answered()
    return Answered(rows=read_rows(result))


def our_part(venue_order_id: str) -> OrderID:
    """The last 16 digits of an id that is known, or about to be proven, to be ours."""
    return OrderID(venue_order_id[-16:])


def _fill(row: OrderRow, cum_qty: Decimal) -> Fill | None:
    """Return the execution that *row* reports, with total *cum_qty*; None if it is impossible."""
    last_qty = border.quantity(row.last_filled_quantity)
    last_px = border.price(row.last_filled_price)
    if last_qty is None or last_px is None:
        return None
    last_qty = without_noise(last_qty)
    if last_qty > cum_qty:
        return None
    return Fill(
        cum_qty=cum_qty,
        last_qty=last_qty,
        last_px=last_px,
        at=_fill_time(row),
        commission=row.last_commission,
        commission_currency=row.last_commission_currency or "",
        liquidity=_LIQUIDITY[row.is_taker],
    )


_LIQUIDITY = {True: Liquidity.REMOVED, False: Liquidity.ADDED, None: None}


def _fill_time(row: OrderRow) -> int:
    times = (row.last_filled_created_at, row.filled_updated_at, row.updated_at, row.created_at)
    return next((time for time in times if time), 0)


def _oldest_first(rows: Sequence[OrderRow]) -> Sequence[OrderRow]:
    """Return *rows* in the order of their executions, by their cumulative quantities if possible.

    A fill is identified by the quantity up to and including it, so the order matters: it must be
    that of the stream, also within one millisecond.
    """
    by_sum = _by_sum(rows)
    if _adds_up(by_sum):
        return by_sum
    newest_first = len(rows) > 1 and _fill_time(rows[0]) > _fill_time(rows[-1])
    return sorted(reversed(rows) if newest_first else rows, key=_fill_time)


def _by_sum(rows: Sequence[OrderRow]) -> list[OrderRow]:
    return sorted(rows, key=lambda row: border.total(row.filled_cumulative_quantity) or ZERO)


def _adds_up(rows: Sequence[OrderRow]) -> bool:
    """Return True if each row's cumulative quantity is the sum up to it."""
    total = ZERO
    for row in rows:
        total = add(total, _quantity(row))
        counted = border.total(row.filled_cumulative_quantity)
        if counted is None or without_noise(counted) != total:
            return False
    return True


def _shown(number: Decimal | None) -> str:
    """*number* for a text: never all of one with a million digits."""
    return str(number)[:border.WORD_CHARS_MAX]

"""Integral's payloads translated: an answer in, an Outcome or an OrderUpdate out.

Pure. For anything a venue sent it raises only `Unreadable`: an unreadable payload makes an outcome
unknown or a query failed. Executions come from trades alone: no page shows how an order reports its
filled quantity.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec
from msgspec import Struct

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import Command, CxlRejReason, Liquidity, OrdRejReason
from fixgw.model.number import ZERO, add, without_noise
from fixgw.model.settlement import Settlement
from fixgw.model.venue import Acked, Fill, OrderUpdate, Outcome, Refused, Unknown, VenueStatus
from fixgw.venues.kit import border
from fixgw.venues.integral import codes
from fixgw.venues.integral.build import SIDE, dealt_currency
from fixgw.venues.integral.schemas import (
    LOGIN,
    ORDER,
    TRADE,
    Listed,
    OrderRow,
    TradeRow,
    Trades,
    read_error,
    rows_of,
)
from fixgw.venues.outcome import Answer, Result, unanswered
from fixgw.venues.kit.payloads import Damaged, Unreadable

OK, ACCEPTED = 200, 202
BAD_REQUEST, UNAUTHORIZED, NOT_FOUND, STOP_TRADING = 400, 401, 404, 500

STATUS = {
    # HTTP 202: "accepted by the system for processing".
    "RECEIVED": VenueStatus.PENDING,
    "NEW": VenueStatus.WORKING,
    "FILLED": VenueStatus.FILLED,
    "EXPIRED": VenueStatus.EXPIRED,
    "REJECTED": VenueStatus.REJECTED,
    # ASSUMPTION, all below: the diagram of states that we have ends before them.
    "PARTIALLYFILLED": VenueStatus.WORKING,
    "PARTIAL": VenueStatus.WORKING,
    "CANCELLED": VenueStatus.CANCELED,
    "CANCELED": VenueStatus.CANCELED,
}
"""`status`, in upper case and without `_`: vendor, tutorial "Place limit order"."""

LIFE_MS_MOST = 24 * 60 * 60 * 1000
"""A token is renewed as if it lived no longer, whatever it is said to."""

ENDED = frozenset(
    {VenueStatus.FILLED, VenueStatus.CANCELED, VenueStatus.EXPIRED, VenueStatus.REJECTED}
)

EXECUTION_TIME = "%Y-%m-%d %H:%M:%S,%f %z"
"""`2023-06-02 18:31:01,301 +0000` (vendor's sample)."""

_LIQUIDITY = {True: Liquidity.ADDED, False: Liquidity.REMOVED, None: None}
"""`maker`: "from working the balance on an outstanding order" or "taking a dealable price"."""


class NotFound(Struct, frozen=True):
    """HTTP 404: "your valid request did not return any results"."""

    text: str


class Login(Struct, frozen=True):
    """A token's life in seconds, and the venue's clock."""

    life_seconds: float
    server_ms: int


# ----------------------------------------------------------------- commands


def submit_outcome(result: Result, order: VenueOrder, *, trust_400: bool) -> tuple[Outcome, str]:
    """Return the outcome of "Place order" for *order*, and the server's id for it, or ""."""
    if not isinstance(result, Answer):
        return unanswered(result), ""
    if result.status not in (OK, ACCEPTED):
        return _refused(result, Command.SUBMIT, trust_400=trust_400), ""
    try:
        rows = _listed(result).of(order.venue_order_id)
        if len(rows) != 1:
            return Unknown(f"HTTP {result.status} without the order"), ""
        update = order_update(rows[0], order, result.body)
    except Unreadable as error:
        return Unknown(f"HTTP {result.status}, cannot be read: {error}"), ""
    if update.status is VenueStatus.UNCLEAR:
        return Unknown(f"status {rows[0].status!r} is not known"), ""
    if update.status is VenueStatus.REJECTED:
        return Refused("REJECTED", update.text, ord_rej_reason=update.reason), rows[0].server_id
    return Acked(update), rows[0].server_id


def cancel_outcome(result: Result, *, trust_400: bool) -> Outcome:
    """Return the outcome of "Cancel individual order".

    Any 2xx means accepted, not done: no page shows the reply, and the vendor's instruction is to
    query the order afterwards.
    """
    if not isinstance(result, Answer):
        return unanswered(result)
    if result.status in (OK, ACCEPTED, 204):
        return Acked()
    if result.status == NOT_FOUND and _is_vendors(result):
        return Refused(
            "HTTP 404",
            _message(result) or "no such active order (Integral HTTP 404)",
            cxl_rej_reason=CxlRejReason.UNKNOWN_ORDER,
        )
    return _refused(result, Command.CANCEL, trust_400=trust_400)


def _refused(result: Answer, command: Command, *, trust_400: bool) -> Outcome:
    """Return the outcome that an answer without success proves.

    Only 400 ("an issue with request parameters") and 401 ("not authorized") say that the request
    was turned away. Both can come from something in front of the venue, so they must look like the
    vendor's as well.
    """
    text = f"HTTP {result.status}"
    if result.status not in (BAD_REQUEST, UNAUTHORIZED):
        return Unknown(f"{text} {_message(result)}".rstrip())
    found, message = codes.found_in(result.body), _message(result)
    if found and result.status == BAD_REQUEST:
        return codes.refusal(found, message, command)
    if message or (trust_400 and result.status == BAD_REQUEST):
        return Refused(text, f"{message or 'no message'} (Integral {text})")
    if result.status == UNAUTHORIZED and _is_vendors(result):
        return Refused(text, f"not authorized (Integral {text})")
    return Unknown(text)


# ------------------------------------------------------------------ queries


def read_orders(result: Result) -> Listed | NotFound:
    """The orders in an answer; Unreadable if it has none and does not say that there are none."""
    answer = _answered(result)
    if answer.status == NOT_FOUND and _is_vendors(answer):
        return NotFound(_message(answer) or "HTTP 404")
    if answer.status != OK:
        raise Unreadable(f"HTTP {answer.status} {_message(answer)}".rstrip())
    return _listed(answer)


def read_trades(result: Result) -> Trades:
    """The trades in an answer. 404 is "did not return any results"."""
    answer = _answered(result)
    if answer.status == NOT_FOUND and _is_vendors(answer):
        return Trades()
    if answer.status != OK:
        raise Unreadable(f"trades: HTTP {answer.status} {_message(answer)}".rstrip())
    try:
        return TRADE.read_all(rows_of(answer.body))
    except Unreadable as error:
        raise Unreadable(f"trades: {error}") from None


def order_update(row: OrderRow, order: VenueOrder, body: bytes = b"") -> OrderUpdate:
    """*row* of our *order*; *body* is the whole answer, where it may say why it was rejected."""
    status = status_of(row)
    if other := _differs(row, order):
        raise Unreadable(other)
    if status is not VenueStatus.REJECTED:
        return OrderUpdate(
            order_id=order.order_id,
            status=status,
            native_id=row.server_id,
            state=row.status if status is VenueStatus.UNCLEAR else "",
        )
    found = codes.found_in(body)
    reason = codes.reason_of(found[0]) if found else None
    text = f"RequestValidationError.{found[0]}: {codes.describe(found[0])}" if found else ""
    return OrderUpdate(
        order_id=order.order_id,
        status=status,
        reason=reason or OrdRejReason.BROKER_OPTION,
        text=text or "status REJECTED",
        native_id=row.server_id,
    )


def status_of(row: OrderRow) -> VenueStatus:
    """Return the order's status; UNCLEAR if the venue's name for it is unknown."""
    return STATUS.get(row.status.upper().replace("_", ""), VenueStatus.UNCLEAR)


class Executed(Struct, frozen=True):
    """The executions of an order, as its trades are now."""

    fills: tuple[Fill, ...]
    problem: str = ""
    """The reason why a trade cannot be read; "" if all can."""
    uncounted: str = ""
    """The first trade whose status is of neither table: it is no execution, and not taken back."""


def executions(
    trades: Trades,
    order: VenueOrder,
    counted: Sequence[str],
    cancelled: Sequence[str],
    server_id: str = "",
) -> Executed:
    """The trades of *order* as its executions, by their time and then by their id.

    Trades with one of the statuses *counted* are executions; those with one of
    *cancelled* were taken back. The core compares each with what it knows by its
    tradeId: nothing is concluded from a trade that is missing.

    *server_id* is the venue's name for the order: a trade that names another order, by either
    name, is not one of it.
    """
    damaged = [each for each in trades.damaged if each.name in (None, "", order.venue_order_id)]
    rows: dict[str, TradeRow] = {}
    twice: set[str] = set()
    uncounted = ""
    for row in trades.rows:
        if not _is_of(row, order, server_id):
            continue
        if not _is_one_of(row.status, (*counted, *cancelled)):
            uncounted = uncounted or f"trade {row.trade_id}: status {row.status!r}"
            continue
        try:
            _check_trade(row, order, busted=_is_one_of(row.status, cancelled))
            if _said(rows.setdefault(row.trade_id, row)) != _said(row):
                twice.add(row.trade_id)
                raise Unreadable(f"trade {row.trade_id} is listed twice and not the same")
        except Unreadable as error:
            damaged.append(Damaged(str(error)))
    cum_qty, fills = ZERO, []
    for row in sorted(rows.values(), key=_rank):
        if row.trade_id in twice:
            continue
        busted = _is_one_of(row.status, cancelled)
        last_qty = ZERO
        if not busted:
            assert row.dealt_amount is not None, "_check_trade saw to it"
            last_qty = without_noise(row.dealt_amount)
        cum_qty = add(cum_qty, last_qty)
        fills.append(Fill(
            cum_qty=cum_qty,
            last_qty=last_qty,
            last_px=ZERO if busted else _trade_price(row),
            at=_time(row),
            venue_exec_id=row.trade_id,
            liquidity=_LIQUIDITY[row.maker],
            settlement=_settlement(row, order),
            busted=busted,
        ))
    return Executed(tuple(fills), damaged[0].text if damaged else "", uncounted)


def _said(row: TradeRow) -> tuple[object, ...]:
    return row.status, row.dealt_amount, row.rate, row.price, row.spot_rate


def _rank(row: TradeRow) -> tuple[int, int, str]:
    return _time(row), len(row.trade_id), row.trade_id


def with_fills(update: OrderUpdate, executed: Executed) -> OrderUpdate:
    """Return *update* with all executions of its order; they were requested after it.

    Where some cannot be read, a final status is withheld: the executed quantity is unknown.
    """
    fills = executed.fills
    cum_qty = fills[-1].cum_qty if fills else ZERO
    status = update.status
    if executed.problem and status in ENDED:
        status = VenueStatus.PENDING
    return msgspec.structs.replace(update, status=status, cum_qty=cum_qty, fills=fills)


def is_halt(result: Result) -> bool:
    """HTTP 500: "Stop trading immediately and contact Integral Business Support"."""
    return isinstance(result, Answer) and result.status == STOP_TRADING


def is_unauthorized(result: Result) -> bool:
    """The token is not good any more."""
    return isinstance(result, Answer) and result.status == UNAUTHORIZED


# -------------------------------------------------------------------- login


def login(result: Result) -> Login:
    """Read the answer to a login or a renewal; raise Unreadable with the reason if it has no token.
    """
    answer = _answered(result)
    if answer.status != OK:
        raise Unreadable(f"HTTP {answer.status} {_message(answer)}".rstrip())
    body = LOGIN.whole(answer.body)
    if body.status != "OK":
        raise Unreadable(f"status {body.status!r}, errorCode {body.error_code!r}")
    if body.expiry_time is None or body.server_utc_time is None:
        raise Unreadable("no expiryTime or no serverUTCTime")
    # Both by the venue's clock: ours does not matter. In whole milliseconds up to here, as a
    # number of any length fits an int, and not a float.
    life_ms = body.expiry_time - body.server_utc_time
    if life_ms <= 0:
        raise Unreadable("a token that has ended already")
    return Login(min(life_ms, LIFE_MS_MOST) / 1000, body.server_utc_time)


# ------------------------------------------------------------------- pieces


def _answered(result: Result) -> Answer:
    if not isinstance(result, Answer):
        raise Unreadable(result.text)
    return result


def _listed(answer: Answer) -> Listed:
    return Listed(*ORDER.read_all(rows_of(answer.body)))


def _message(answer: Answer) -> str:
    """`message` of a 4xx or 5xx, or ""."""
    try:
        return read_error(answer.body).message or ""
    except Unreadable:
        return ""


def _is_vendors(answer: Answer) -> bool:
    """Return True if an error looks like the vendor's: "may return a JSON response body", or none.
    """
    if not answer.body.strip():
        return True
    try:
        read_error(answer.body)
    except Unreadable:
        return False
    return True


def _is_of(row: TradeRow, order: VenueOrder, server_id: str) -> bool:
    """Return True if *row* is a trade of *order*: by our name for it, otherwise by the venue's."""
    if row.co_id:
        return row.co_id == order.venue_order_id
    theirs = str(row.order_id)
    return not (theirs and server_id) or theirs == server_id


def _is_one_of(status: str, statuses: Sequence[str]) -> bool:
    return status.casefold() in {each.casefold() for each in statuses}


def _differs(
    row: OrderRow | TradeRow, order: VenueOrder, *more: tuple[str, str, str]
) -> str:
    """Return what *row* tells, if anything, that is not as in *order*."""
    for name, told, ours in (
        ("symbol", row.symbol, order.symbol),
        ("side", row.side.upper(), SIDE[order.side].upper()),
        *more,
    ):
        if told and told != ours:
            return f"{name} is {told}, the order's is {ours}"
    return ""


def _check_trade(row: TradeRow, order: VenueOrder, *, busted: bool) -> None:
    """Raise Unreadable unless *row* is an execution of *order*, counted in its currency; of one
    that was taken back no amount and no price counts."""
    if other := _differs(row, order, ("currency", row.currency, dealt_currency(order))):
        raise Unreadable(f"trade {row.trade_id}: {other}")
    if not border.is_name(row.trade_id):
        raise Unreadable("a trade without a tradeId that can be one")
    if busted:
        return
    if border.quantity(row.dealt_amount) is None:
        raise Unreadable(f"trade {row.trade_id}: dealtAmount {str(row.dealt_amount)[:40]}")
    _trade_price(row)


def _trade_price(row: TradeRow) -> Decimal:
    """The all-in price. ASSUMPTION: `rate`, as where trades are entered; `spotRate` of a spot."""
    candidates = [row.rate, row.price]
    if row.trade_type.casefold() == "spot":
        candidates.append(row.spot_rate)
    for price in candidates:
        if price is not None:
            if border.price(price) is None:
                raise Unreadable(f"trade {row.trade_id}: a price of {str(price)[:40]}")
            return without_noise(price)
    raise Unreadable(f"trade {row.trade_id}: no rate, price or spotRate")


def _settlement(row: TradeRow, order: VenueOrder) -> Settlement:
    """Return the settlement of a trade.

    ASSUMPTION: one currency of the pair is paid for the other, unless it is a non-deliverable
    forward, for which no page names the settlement currency.
    """
    base, _, term = order.symbol.partition("/")
    paid = "" if "NDF" in row.trade_type.upper() else term
    return Settlement(
        date=_date(row.value_date), trade_date=_date(row.trade_date),
        currency=base if paid and dealt_currency(order) == term else paid,
        counterparty=row.counterparty,
    )


def _date(said: str) -> str:
    """`2023-06-15` as FIX writes it; "" if it is none of this century."""
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return ""
    return f"{day:%Y%m%d}" if day.year >= 2000 else ""


def _time(row: TradeRow) -> int:
    """Unix milliseconds of the execution; 0 if it does not say."""
    try:
        return border.instant_ms(datetime.strptime(row.execution_time, EXECUTION_TIME))
    except ValueError:
        return 0

"""Apifiny's error codes, and the proof each gives about the call it answers.

Source: the vendor's manual, "Apifiny Connect Status/Error Codes", whose texts stand here as
printed. A code proves a refusal only if its text says that the request was turned away before
anything was booked; a timeout, a fault of the server and anything vague prove nothing.
docs/venues/apifiny.md has every code, with the reason for what it proves; here are those that prove
something, and those that share their number with one that does.

The manual prints every code twice, in decimal and in hex, and five pairs do not agree; both numbers
are accepted. Five numbers still have two meanings: there the message decides, and a message that
matches neither proves nothing.
"""

from collections.abc import Iterable

from msgspec import Struct

from fixgw.model.enums import Command, CxlRejReason, OrdRejReason
from fixgw.model.venue import Outcome
from fixgw.venues.apifiny.schemas import ErrorBody
from fixgw.venues.kit.codes import NOTHING, TURNED_AWAY, Proof

NO_ORDER = Proof(cancel=CxlRejReason.UNKNOWN_ORDER, absent=True)
NO_MARKET = Proof(OrdRejReason.UNKNOWN_SYMBOL, CxlRejReason.OTHER)
OVER_LIMIT = Proof(submit=OrdRejReason.EXCEEDS_LIMIT)
BAD_ORDER = Proof(submit=OrdRejReason.OTHER)


class Meaning(Struct, frozen=True):
    """One row of the manual's table."""

    codes: tuple[int, ...]
    text: str
    proof: Proof
    says: str = ""
    """The part of the message that tells this meaning of the number from another."""


def _row(code: int, in_hex: int, text: str, proof: Proof = NOTHING, says: str = "") -> Meaning:
    codes = (code,) if code == in_hex else (code, in_hex)
    return Meaning(codes, text, proof, says)


MEANINGS = (
    _row(
        65562,
        0x01001A,
        "general request error, please check if the parameters in request are correct.",
        Proof(OrdRejReason.OTHER, CxlRejReason.OTHER),
    ),
    _row(65658, 0x01007A, "IP is not in the white list", TURNED_AWAY),
    _row(131098, 0x02001A, "Account Session Stopped", TURNED_AWAY),
    _row(131114, 0x02002A, "Request too often, please try later", TURNED_AWAY),
    _row(
        131115,
        0x02002B,
        "Account doesn't exist, please verify account ID.",
        Proof(OrdRejReason.UNKNOWN_ACCOUNT, CxlRejReason.BROKER_OPTION),
    ),
    _row(
        131130,
        0x02003A,
        "Sorry, the venue does not match the request url, please check the base url.",
        TURNED_AWAY,
    ),
    _row(
        131162,
        0x02005A,
        "Account status doesn't satisfy request, please verify account status.",
        TURNED_AWAY,
    ),
    _row(196634, 0x03001A, "token error", TURNED_AWAY),
    _row(262202, 0x04003A, "Util_Unknown_Symbol", NO_MARKET),
    _row(262218, 0x04004A, "Util_Unknown_Currency", NO_MARKET),
    _row(5243242, 0x050016A, "Order doesn't exist, please change order ID, Execute Fail", NO_ORDER),
    _row(327706, 0x05001A, "Order ID doesn't exist, please recreate order id.", NO_ORDER),
    # Not open is not absent: a filled order is not open either.
    _row(
        327738,
        0x05003B,
        "Order_OpenOrderNotExist",
        Proof(cancel=CxlRejReason.UNKNOWN_ORDER),
        says="openordernotexist",
    ),
    _row(
        327738,
        0x05003A,
        "Order doesn't exist, please change order ID.",
        NO_ORDER,
        says="order doesn't exist",
    ),
    _row(
        327741,
        0x05003D,
        "This exchange is currently under maitenance or not supported yet.",
        Proof(OrdRejReason.EXCHANGE_CLOSED, CxlRejReason.BROKER_OPTION),
    ),
    _row(327754, 0x05004A, "Order_CancelPendingSubmitWait", Proof(cancel=CxlRejReason.OTHER)),
    _row(
        327786,
        0x05005A,
        "timeout for new order or other request, please wait and retry.",
        says="timeout",
    ),
    _row(327786, 0x05006B, "orderSide parameter error", BAD_ORDER, says="orderside"),
    _row(
        327786,
        0x05006A,
        "too many open orders, cannot create new order, need to delete some orders and retry.",
        OVER_LIMIT,
        says="too many open orders",
    ),
    # The order that is there already can only be ours: nobody else makes our ids.
    _row(327802, 0x05007B, "order id repeat", says="order id repeat"),
    _row(
        327802,
        0x05007A,
        "cannot cancel order under current order status, need confirm order status and retry "
        "or abandon request.",
        Proof(cancel=CxlRejReason.TOO_LATE),
        says="cannot cancel",
    ),
    _row(
        327818,
        0x05008A,
        "Order create failed, incorrect timestamp format",
        BAD_ORDER,
        says="timestamp format",
    ),
    _row(
        327818,
        0x05008A,
        "timeout for cancel order operation, need wait and retry.",
        says="timeout",
    ),
    _row(327834, 0x05009A, "Order create failed, timestamp error", BAD_ORDER),
    _row(327836, 0x05009C, "Order_Detail_Not_Exist", NO_ORDER),
    _row(
        327962,
        0x05011A,
        "the number of new order within 24 hours exceed limit, please contact customer service.",
        OVER_LIMIT,
    ),
    _row(327978, 0x05012A, "order id rule error", BAD_ORDER),
    _row(
        328010,
        0x05014A,
        "the order is being cancelled, please verify order status.",
        Proof(cancel=CxlRejReason.ALREADY_PENDING),
    ),
    _row(
        328026,
        0x05015A,
        "order cannot be canceled when in Pending_Submit status,please wait for status "
        "changed to submitted to cancel order.( if order status is still pending submit after "
        "10 minutes, please contact customer service. )",
        Proof(cancel=CxlRejReason.OTHER),
    ),
    _row(328074, 0x05018A, "Your account has reached the trade amount limitation", OVER_LIMIT),
    _row(393242, 0x06001A, "Asset_AvailableNotEnough.", OVER_LIMIT, says="availablenotenough"),
    _row(
        393242,
        0x06001B,
        "withdraw ticket error, please check or create a withdraw ticket first.",
        says="withdraw",
    ),
    _row(
        393258,
        0x06002A,
        "Not enough asset available. Please verify if there is enough asset in account.",
        OVER_LIMIT,
    ),
    _row(393354, 0x06008A, "Assets in this currency are insufficient or non-existent", OVER_LIMIT),
    _row(2097162, 0x20000A, "Signature Error", TURNED_AWAY),
    _row(
        2097163,
        0x20000B,
        "Permission denied. Invalid API key or permissions for action.",
        TURNED_AWAY,
    ),
    _row(2097178, 0x20001A, "No matching market", NO_MARKET),
)

TEXTS = (
    # "Rate Limits": the manual gives this text, and no code with it.
    Meaning((), "rate limit is exceeded", TURNED_AWAY),
    # The scheme of 2022: text without a code.
    Meaning((), "Timestamp for this request is outside of the recvWindow", TURNED_AWAY),
)
"""Meanings known by their text alone, whatever the code beside it."""


def _by_code(meanings: Iterable[Meaning]) -> dict[int, tuple[Meaning, ...]]:
    table: dict[int, tuple[Meaning, ...]] = {}
    for meaning in meanings:
        for code in meaning.codes:
            table[code] = (*table.get(code, ()), meaning)
    return table


_TABLE = _by_code(MEANINGS)


def meaning(error: ErrorBody) -> Meaning | None:
    """The row that *error* stands for; None if there is none, or more than one."""
    message = (error.message or "").casefold()
    for known in TEXTS:
        if known.text.casefold() in message:
            return known
    rows = _TABLE.get(_number(error.code), ())
    said = [row for row in rows if row.says in message]
    if len(said) == 1:
        return said[0]
    # The hex of the manual has one number for each meaning; a message is not needed then.
    return rows[0] if len(rows) == 1 else None


def refusal(error: ErrorBody, command: Command) -> Outcome:
    """Return the outcome that *error* proves for the newOrder or cancelOrder it answers."""
    row = meaning(error)
    return (row.proof if row else NOTHING).outcome(command, str(error.code), describe(error))


def says_absent(error: ErrorBody) -> bool:
    """Return True if *error*, in answer to a query, says that there is no such order."""
    row = meaning(error)
    return row is not None and row.proof.absent


def describe(error: ErrorBody) -> str:
    """*error* for Text(58) and the log."""
    return f"{error.message or 'no message'} (Apifiny {error.code})"


def _number(code: int | str | None) -> int:
    """A code as a number; also from "0x02002B" or "131115". 0 is no code of the manual."""
    if isinstance(code, int):
        return code
    try:
        return int(code or "0", 0)
    except ValueError:
        return 0

"""What each of Integral's reason codes proves about the order it answers.

Source: the vendor's REST API reference, "Reason codes", whose texts stand
here as printed. All of them are errors of validation, so the order was turned
away before it was booked; but one says that there is such an order already.
docs/venues/integral.md has the reason for each row.
"""

import re

from msgspec import Struct

from fixgw.model.enums import Command, CxlRejReason, OrdRejReason
from fixgw.model.venue import Outcome, Refused, Unknown

_CODE = re.compile(r"RequestValidationError\.(\w+)", re.ASCII)


class Meaning(Struct, frozen=True):
    """One row of the vendor's table."""

    code: str
    """Behind `RequestValidationError.`."""
    text: str
    reason: OrdRejReason | None
    """OrdRejReason(103); None where it does not prove that the order is not there."""


MEANINGS = (
    Meaning("amount", "Order size is invalid.", OrdRejReason.INCORRECT_QUANTITY),
    Meaning("CoIdNotSpecified", "Client order ID not specified.", OrdRejReason.OTHER),
    # The order that is there can only be ours: nobody else makes our ids.
    Meaning("DuplicateOrder", "Order already exists for the given client order ID.", None),
    Meaning(
        "TypeNotSpecified", "Order type not specified.", OrdRejReason.UNSUPPORTED_CHARACTERISTIC
    ),
    Meaning(
        "TIFNotSpecified", "Time in force not specified.", OrdRejReason.UNSUPPORTED_CHARACTERISTIC
    ),
    Meaning("SideNotSpecified", "Order side (buy or sell) not specified.", OrdRejReason.OTHER),
    Meaning("CurrencyNotSpecified", "Order dealt currency not specified.", OrdRejReason.OTHER),
    Meaning(
        "InvalidDealtCcy",
        "Dealt currency is neither base currency nor term currency.",
        OrdRejReason.OTHER,
    ),
    Meaning("SymbolNotSpecified", "Symbol not specified.", OrdRejReason.UNKNOWN_SYMBOL),
    Meaning(
        "InvalidCurrencyPair",
        "Symbol not valid or not supported by the system.",
        OrdRejReason.UNKNOWN_SYMBOL,
    ),
    Meaning("SizeNotSpecified", "Order size not specified.", OrdRejReason.INCORRECT_QUANTITY),
    Meaning("InvalidOrderQty", "Order size not valid.", OrdRejReason.INCORRECT_QUANTITY),
    Meaning(
        "InvalidPrice", "Accepted price invalid. Zero is invalid price.", OrdRejReason.OTHER
    ),
    Meaning(
        "BuySellMismatch",
        "Buy/Sell side of the accepted price is incorrect.",
        OrdRejReason.OTHER,
    ),
    Meaning(
        "InvalidQuoteID",
        "The rateId of the previously quoted (PQ) order is invalid.",
        OrdRejReason.OTHER,
    ),
    Meaning("LegalEntitySetIncorrectly", "Account field incorrect.", OrdRejReason.UNKNOWN_ACCOUNT),
    Meaning(
        "OrderTypeNotSupported",
        "Order type not supported.",
        OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
    ),
    Meaning(
        "PriceMismatch",
        "Accepted price not the same as previously quoted price.",
        OrdRejReason.OTHER,
    ),
    Meaning(
        "QuoteExpired",
        "Rate associated with the rateId not found. It has expired. Price is no longer valid.",
        OrdRejReason.TOO_LATE_TO_ENTER,
    ),
    Meaning("tradingDisabled", "Trading is disabled.", OrdRejReason.EXCHANGE_CLOSED),
)

_TABLE = {meaning.code: meaning for meaning in MEANINGS}


def found_in(body: bytes) -> list[str]:
    """The reason codes that *body* has, wherever it has them: no page shows the field."""
    return _CODE.findall(body.decode(errors="replace"))


def refusal(found: list[str], message: str, command: Command) -> Outcome:
    """What the codes *found* in a 400 prove of *command*: refused if every one of them does."""
    name = f"RequestValidationError.{found[0]}"
    text = f"{message or describe(found[0])} (Integral {name})"
    if command is Command.CANCEL:
        return Refused(name, text, cxl_rej_reason=CxlRejReason.OTHER)
    reasons = [reason_of(code) for code in found]
    if reasons[0] is None or None in reasons:
        return Unknown(text)
    return Refused(name, text, ord_rej_reason=reasons[0])


def reason_of(code: str) -> OrdRejReason | None:
    """OrdRejReason(103) of *code*; None if it proves nothing, as a code of no table does."""
    meaning = _TABLE.get(code)
    return meaning.reason if meaning is not None else None


def describe(code: str) -> str:
    """The vendor's text for *code*."""
    meaning = _TABLE.get(code)
    return meaning.text if meaning is not None else "no message"

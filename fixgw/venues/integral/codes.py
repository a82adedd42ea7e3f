"""Integral's reason codes, and the proof each gives about the order it answers.

Source: the vendor's REST API reference, "Reason codes", whose texts stand here as printed. All of
them are errors of validation, so the order was turned away before it was booked, with one
exception: a code that says such an order exists already. docs/venues/integral.md has the reason for
each row.
"""

import re

from fixgw.model.enums import Command, CxlRejReason, OrdRejReason
from fixgw.model.venue import Outcome, Refused
from fixgw.venues.kit.codes import NOTHING, CodeTable, Meaning, Proof

_CODE = re.compile(r"RequestValidationError\.(\w+)", re.ASCII)


def _row(code: str, text: str, submit: OrdRejReason | None) -> Meaning[str]:
    """A row of the vendor's table; *code* is what follows `RequestValidationError.`"""
    return Meaning(code, text, Proof(submit=submit))


_TYPE, _SIZE = OrdRejReason.UNSUPPORTED_CHARACTERISTIC, OrdRejReason.INCORRECT_QUANTITY
_SYMBOL, _OTHER = OrdRejReason.UNKNOWN_SYMBOL, OrdRejReason.OTHER

MEANINGS: CodeTable[str] = CodeTable((
    _row("amount", "Order size is invalid.", _SIZE),
    _row("CoIdNotSpecified", "Client order ID not specified.", _OTHER),
    # The order that is there can only be ours: nobody else makes our ids.
    _row("DuplicateOrder", "Order already exists for the given client order ID.", None),
    _row("TypeNotSpecified", "Order type not specified.", _TYPE),
    _row("TIFNotSpecified", "Time in force not specified.", _TYPE),
    _row("SideNotSpecified", "Order side (buy or sell) not specified.", _OTHER),
    _row("CurrencyNotSpecified", "Order dealt currency not specified.", _OTHER),
    _row("InvalidDealtCcy", "Dealt currency is neither base currency nor term currency.", _OTHER),
    _row("SymbolNotSpecified", "Symbol not specified.", _SYMBOL),
    _row("InvalidCurrencyPair", "Symbol not valid or not supported by the system.", _SYMBOL),
    _row("SizeNotSpecified", "Order size not specified.", _SIZE),
    _row("InvalidOrderQty", "Order size not valid.", _SIZE),
    _row("InvalidPrice", "Accepted price invalid. Zero is invalid price.", _OTHER),
    _row("BuySellMismatch", "Buy/Sell side of the accepted price is incorrect.", _OTHER),
    _row("InvalidQuoteID", "The rateId of the previously quoted (PQ) order is invalid.", _OTHER),
    _row("LegalEntitySetIncorrectly", "Account field incorrect.", OrdRejReason.UNKNOWN_ACCOUNT),
    _row("OrderTypeNotSupported", "Order type not supported.", _TYPE),
    _row("PriceMismatch", "Accepted price not the same as previously quoted price.", _OTHER),
    _row(
        "QuoteExpired",
        "Rate associated with the rateId not found. It has expired. Price is no longer valid.",
        OrdRejReason.TOO_LATE_TO_ENTER,
    ),
    _row("tradingDisabled", "Trading is disabled.", OrdRejReason.EXCHANGE_CLOSED),
))


def found_in(body: bytes) -> list[str]:
    """Return the reason codes that *body* has, wherever: no page shows the field."""
    return _CODE.findall(body.decode(errors="replace"))


def refusal(found: list[str], message: str, command: Command) -> Outcome:
    """Return what the codes *found* in a 400 prove of *command*: of a new order only what every
    one of them proves; a cancel was not done in any case."""
    name = f"RequestValidationError.{found[0]}"
    text = f"{message or describe(found[0])} (Integral {name})"
    if command is Command.CANCEL:
        return Refused(name, text, cxl_rej_reason=CxlRejReason.OTHER)
    proof = MEANINGS.proof(found[0]) if None not in map(reason_of, found) else NOTHING
    return proof.outcome(Command.SUBMIT, name, text)


def reason_of(code: str) -> OrdRejReason | None:
    """Return OrdRejReason(103) of *code*; None if it proves nothing."""
    return MEANINGS.proof(code).submit


def describe(code: str) -> str:
    """Return the vendor's text for *code*."""
    meaning = MEANINGS.get(code)
    return meaning.text if meaning is not None else "no message"

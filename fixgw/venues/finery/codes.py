"""Finery's error codes, and the proof each gives about the call it answers.

Source: the vendor's "List of error codes" (0 to 45 in its newest wording), and for the rest the
texts that working clients carry. A code proves a refusal only if its text says that the request was
turned away before anything was booked; a fault of the server, a lost connection behind it and
anything vague prove nothing. docs/venues/finery.md has the reason for each row.
"""

from fixgw.model.enums import Command, CxlRejReason, OrdRejReason
from fixgw.model.venue import Outcome, Refused, Unknown
from fixgw.venues.finery.schemas import ErrorBody
from fixgw.venues.kit.codes import TURNED_AWAY, WRONG, CodeTable, Meaning, Proof

_BROKER, _OTHER = CxlRejReason.BROKER_OPTION, CxlRejReason.OTHER

NO_MARKET = Proof(submit=OrdRejReason.UNKNOWN_SYMBOL, cancel=_OTHER, replace=_OTHER)
BAD_SIZE = Proof(submit=OrdRejReason.INCORRECT_QUANTITY, replace=_OTHER)
BAD_PRICE = Proof(submit=OrdRejReason.OTHER, replace=_OTHER)
UNSUPPORTED = Proof(submit=OrdRejReason.UNSUPPORTED_CHARACTERISTIC, replace=_OTHER)
NO_MATCH = Proof(submit=OrdRejReason.OTHER, replace=_OTHER)
OVER_LIMIT = Proof(submit=OrdRejReason.EXCEEDS_LIMIT, replace=_OTHER)

TABLE = CodeTable((
    Meaning(1, "Not implemented", TURNED_AWAY),
    # Between the socket's server and the market: it may be cut after the order went through.
    Meaning(2, "Not connected"),
    Meaning(3, "Not authorised", TURNED_AWAY),
    Meaning(4, "Already authorised"),
    Meaning(5, "Invalid password", TURNED_AWAY),
    Meaning(6, "Invalid nonce", TURNED_AWAY),
    Meaning(7, "Invalid timestamp", TURNED_AWAY),
    Meaning(8, "API method not available", TURNED_AWAY),
    Meaning(9, "API method parameter is invalid or missing", WRONG),
    Meaning(10, "Internal error"),
    Meaning(11, "Invalid MFA code", TURNED_AWAY),
    Meaning(12, "MFA not enabled", TURNED_AWAY),
    Meaning(13, "User agreement not signed", TURNED_AWAY),
    Meaning(14, "Invalid signature", TURNED_AWAY),
    Meaning(15, "Link expired"),
    Meaning(26, "Currency not found", NO_MARKET),
    Meaning(31, "Invalid instrument name", NO_MARKET),
    Meaning(34, "Instrument not found", NO_MARKET),
    Meaning(36, "Instrument forbidden", NO_MARKET),
    Meaning(
        45,
        "Client not found",
        Proof(submit=OrdRejReason.UNKNOWN_ACCOUNT, cancel=_BROKER, replace=_BROKER),
    ),
    Meaning(70, "Invalid order size", BAD_SIZE),
    Meaning(71, "Invalid order price", BAD_PRICE),
    Meaning(72, "Invalid order flags", UNSUPPORTED),
    Meaning(73, "Order type not allowed", UNSUPPORTED),
    # The order that is there already can only be ours: nobody else makes our ids.
    Meaning(74, "Client order id already in use"),
    Meaning(75, "Add failed: post-only", NO_MATCH),
    Meaning(76, "Add failed: IOC, no orders to match", NO_MATCH),
    Meaning(77, "Add failed: FOK, not enough liquidity", NO_MATCH),
    Meaning(78, "Add failed: self-match prevention", NO_MATCH),
    Meaning(79, "Add failed: limits", OVER_LIMIT),
    # What is replaced was open once: it is over, and so it is too late.
    Meaning(
        80,
        "Del failed: not found",
        Proof(cancel=CxlRejReason.UNKNOWN_ORDER, replace=CxlRejReason.TOO_LATE),
    ),
    Meaning(81, "Either volume or size should be specified", BAD_SIZE),
    Meaning(82, "Orders by volume not supported for makers", UNSUPPORTED),
    Meaning(83, "Invalid order volume", BAD_SIZE),
    Meaning(84, "Trading not allowed", TURNED_AWAY),
    Meaning(85, "No open positions in order currencies", OVER_LIMIT),
    # As much as it was to be is executed already.
    Meaning(90, "Mod failed: no size after decrement", Proof(replace=CxlRejReason.TOO_LATE)),
    Meaning(91, "Mod failed: side mismatch", Proof(replace=_OTHER)),
    Meaning(100, "Binding already exists"),
    Meaning(101, "Binding not found"),
    Meaning(102, "Invalid feed name"),
    Meaning(103, "Invalid feed id"),
    Meaning(104, "Database out of sync"),
    Meaning(110, "Field required", WRONG),
    Meaning(111, "Field invalid", WRONG),
    Meaning(120, "Maximum number of keys reached"),
    Meaning(121, "Key not found", TURNED_AWAY),
))

NAME_IN_USE = 74
BINDING_EXISTS = 100
BINDING_NOT_FOUND = 101


def refusal(error: ErrorBody, command: Command) -> Outcome:
    """Return the outcome that *error* proves for the `add`, `del` or `mod` it answers."""
    return TABLE.proof(error.error).outcome(command, str(error.error), describe(error))


def not_placed(error: ErrorBody) -> Outcome:
    """Return the outcome for the new order of a `mod` that has removed the old one: refused ("new
    order cannot be placed") whatever the code, unless it refers to an order with our own name.
    """
    outcome = refusal(error, Command.REPLACE)
    if type(outcome) is Unknown and error.error != NAME_IN_USE:
        return Refused(str(error.error), outcome.text, cxl_rej_reason=_OTHER)
    return outcome


def describe(error: ErrorBody) -> str:
    """*error* for Text(58) and the log."""
    row = TABLE.get(error.error)
    text = row.text if row else "no text"
    param = f", parameter {error.param}" if error.param else ""
    return f"{text}{param} (Finery {error.error})"

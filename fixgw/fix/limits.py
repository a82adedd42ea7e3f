"""Limits on the number of fields in a message, and on the length of the texts that we keep or
repeat.

A message within `max_message_bytes` may still be one group of 8,000 entries, or a ClOrdID(11) of 60
KB: the one takes QuickFIX as long as a thousand orders do, the other comes back in each report and
stays in the journal. Neither the standard nor the dictionary limits them. Texts that are not kept
are not checked: a client's Text(58) may be as long as its message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fixgw.fix.errors import IncorrectTagValue, InvalidMsgType, TooManyFields

FIELDS_MAX = 256
"""Maximum number of fields in one message, including its header and all entries of its groups:
QuickFIX and the checks of groups take some 5 us for each."""

IDENTIFIER_CHARS_MAX = 128
"""Characters of an ID or name that a client gives: of an order, a request, an account, an
instrument."""

VALUES_CHARS_MAX = 256
"""Characters of a list of values, such as ExecInst(18)."""

PARAMETERS_CHARS_MAX = 1_024
"""Characters of TargetStrategyParameters(848), which are passed on to a venue unchanged."""

EXEC_ID, EXEC_ID_CHARS_MAX = 17, 512
"""Characters of an ExecID(17), which is ours: none that we write has more (`wire.clean`)."""

MSG_TYPE, MSG_TYPE_CHARS_MAX = 35, 16
"""Characters of a MsgType(35); the standard's have two."""

_IDENTIFIERS = {
    1: "Account", 11: "ClOrdID", 15: "Currency", 22: "SecurityIDSource", 37: "OrderID",
    41: "OrigClOrdID", 48: "SecurityID", 49: "SenderCompID", 50: "SenderSubID", 55: "Symbol",
    56: "TargetCompID", 57: "TargetSubID", 100: "ExDestination", 112: "TestReqID",
    115: "OnBehalfOfCompID", 116: "OnBehalfOfSubID", 117: "QuoteID", 128: "DeliverToCompID",
    129: "DeliverToSubID", 131: "QuoteReqID", 142: "SenderLocationID", 143: "TargetLocationID",
    144: "OnBehalfOfLocationID", 145: "DeliverToLocationID", 207: "SecurityExchange",
    262: "MDReqID", 320: "SecurityReqID", 324: "SecurityStatusReqID", 335: "TradSesReqID",
    526: "SecondaryClOrdID", 568: "TradeRequestID", 583: "ClOrdLinkID",
    584: "MassStatusReqID", 710: "PosReqID", 790: "OrdStatusReqID", 847: "TargetStrategy",
    6136: "ReqID",
}

NAMES = _IDENTIFIERS | {
    17: "ExecID", 18: "ExecInst", 35: "MsgType", 848: "TargetStrategyParameters",
}

CHARS_MAX: Mapping[int, int] = dict.fromkeys(_IDENTIFIERS, IDENTIFIER_CHARS_MAX) | {
    EXEC_ID: EXEC_ID_CHARS_MAX, 18: VALUES_CHARS_MAX, MSG_TYPE: MSG_TYPE_CHARS_MAX,
    848: PARAMETERS_CHARS_MAX,
}
"""By tag: maximum characters of a value that is kept, or repeated in an answer."""


def check_count(fields: int) -> None:
    """Raise TooManyFields if a message of so many *fields* is not examined any further."""
    if fields > FIELDS_MAX:
        raise TooManyFields(text=f"{fields} fields; the most is {FIELDS_MAX}")


def check_lengths(fields: Iterable[tuple[int, str]], chars_max: Mapping[int, int]) -> None:
    """Raise IncorrectTagValue for the first of *fields* that is longer than *chars_max* allows."""
    for tag, value in fields:
        most = chars_max.get(tag)
        if most is not None and len(value) > most:
            name = f"{NAMES[tag]}({tag})" if tag in NAMES else f"Tag {tag}"
            kind = InvalidMsgType if tag == MSG_TYPE else IncorrectTagValue
            raise kind(tag, f"{name} has {len(value)} characters; the most is {most}")

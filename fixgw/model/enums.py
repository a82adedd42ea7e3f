"""FIX enumerations; each value is the value on the wire.

Names are those of the standard (FIX 5.0 SP2 volume 6, and its extension packs); the tag is in the
class docstring. Only values that the gateway uses are listed.
"""

from enum import IntEnum, StrEnum


class OrdStatus(StrEnum):
    """OrdStatus(39)."""

    NEW = "0"
    PARTIALLY_FILLED = "1"
    FILLED = "2"
    CANCELED = "4"
    REPLACED = "5"
    """The state of an order whose place another order has taken. Only FIX 4.2 reports it to
    clients, and there for the other order: see `fix.encode`."""
    PENDING_CANCEL = "6"
    REJECTED = "8"
    PENDING_NEW = "A"
    EXPIRED = "C"
    PENDING_REPLACE = "E"


CLOSED = frozenset({
    OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.REPLACED, OrdStatus.REJECTED,
    OrdStatus.EXPIRED,
})
"""States in which no part of the order works at the venue: LeavesQty(151) is 0."""

ENDED_UNFILLED = frozenset({OrdStatus.CANCELED, OrdStatus.EXPIRED, OrdStatus.REJECTED})
"""The ends of an order that is not filled."""


class ExecType(StrEnum):
    """ExecType(150) as FIX 4.4 and later write it; `fix.encode` handles the differences of 4.2."""

    NEW = "0"
    CANCELED = "4"
    REPLACED = "5"
    PENDING_CANCEL = "6"
    REJECTED = "8"
    PENDING_NEW = "A"
    EXPIRED = "C"
    RESTATED = "D"
    PENDING_REPLACE = "E"
    TRADE = "F"
    TRADE_CORRECT = "G"
    TRADE_CANCEL = "H"
    ORDER_STATUS = "I"


class Side(StrEnum):
    """Side(54). Every value of the standard, so that a refusal can name the value received."""

    BUY = "1"
    SELL = "2"
    BUY_MINUS = "3"
    SELL_PLUS = "4"
    SELL_SHORT = "5"
    SELL_SHORT_EXEMPT = "6"
    UNDISCLOSED = "7"
    CROSS = "8"
    CROSS_SHORT = "9"
    CROSS_SHORT_EXEMPT = "A"
    AS_DEFINED = "B"
    OPPOSITE = "C"
    SUBSCRIBE = "D"
    REDEEM = "E"
    LEND = "F"
    BORROW = "G"
    SELL_UNDISCLOSED = "H"


class OrdType(StrEnum):
    """OrdType(40). Every value of the standard, so that a refusal can name the value received."""

    MARKET = "1"
    LIMIT = "2"
    STOP = "3"
    STOP_LIMIT = "4"
    MARKET_ON_CLOSE = "5"
    WITH_OR_WITHOUT = "6"
    LIMIT_OR_BETTER = "7"
    LIMIT_WITH_OR_WITHOUT = "8"
    ON_BASIS = "9"
    ON_CLOSE = "A"
    LIMIT_ON_CLOSE = "B"
    FOREX_MARKET = "C"
    PREVIOUSLY_QUOTED = "D"
    PREVIOUSLY_INDICATED = "E"
    FOREX_LIMIT = "F"
    FOREX_SWAP = "G"
    FOREX_PREVIOUSLY_QUOTED = "H"
    FUNARI = "I"
    MARKET_IF_TOUCHED = "J"
    MARKET_WITH_LEFT_OVER_AS_LIMIT = "K"
    PREVIOUS_FUND_VALUATION_POINT = "L"
    NEXT_FUND_VALUATION_POINT = "M"
    PEGGED = "P"
    COUNTER_ORDER_SELECTION = "Q"
    STOP_ON_BID_OR_OFFER = "R"
    STOP_LIMIT_ON_BID_OR_OFFER = "S"


class TimeInForce(StrEnum):
    """TimeInForce(59). Every value of the standard; absent means DAY, as in the standard.

    Post only is not a TimeInForce: see `NewOrderSingle.post_only`.
    """

    DAY = "0"
    GOOD_TILL_CANCEL = "1"
    AT_THE_OPENING = "2"
    IMMEDIATE_OR_CANCEL = "3"
    FILL_OR_KILL = "4"
    GOOD_TILL_CROSSING = "5"
    GOOD_TILL_DATE = "6"
    AT_THE_CLOSE = "7"
    GOOD_THROUGH_CROSSING = "8"
    AT_CROSSING = "9"
    GOOD_FOR_TIME = "A"
    GOOD_FOR_AUCTION = "B"
    GOOD_FOR_MONTH = "C"


class OrdRejReason(StrEnum):
    """OrdRejReason(103). A version that lacks a value gets BROKER_OPTION: `fix.encode`."""

    BROKER_OPTION = "0"
    UNKNOWN_SYMBOL = "1"
    EXCHANGE_CLOSED = "2"
    EXCEEDS_LIMIT = "3"
    TOO_LATE_TO_ENTER = "4"
    UNKNOWN_ORDER = "5"
    DUPLICATE_ORDER = "6"
    UNSUPPORTED_CHARACTERISTIC = "11"
    INCORRECT_QUANTITY = "13"
    UNKNOWN_ACCOUNT = "15"
    OTHER = "99"


class CxlRejReason(StrEnum):
    """CxlRejReason(102). A version that lacks a value gets BROKER_OPTION: `fix.encode`."""

    TOO_LATE = "0"
    UNKNOWN_ORDER = "1"
    BROKER_OPTION = "2"
    ALREADY_PENDING = "3"
    DUPLICATE_CL_ORD_ID = "6"
    OTHER = "99"


class CxlRejResponseTo(StrEnum):
    """CxlRejResponseTo(434)."""

    ORDER_CANCEL_REQUEST = "1"
    ORDER_CANCEL_REPLACE_REQUEST = "2"


class ExecRestatementReason(StrEnum):
    """ExecRestatementReason(378). A version that lacks a value gets BROKER_OPTION."""

    BROKER_OPTION = "4"
    MARKET_OPTION = "8"


class MassCancelRequestType(StrEnum):
    """MassCancelRequestType(530), and MassCancelResponse(531) of an accepted request."""

    SECURITY = "1"
    ALL = "7"


class MassCancelRejectReason(StrEnum):
    """MassCancelRejectReason(532)."""

    NOT_SUPPORTED = "0"
    UNKNOWN_SECURITY = "1"
    OTHER = "99"


class CancelFor(IntEnum):
    """The reason for which the gateway cancels an order by itself; a higher value overrides a lower
    one."""

    REPLACE = 1
    """Another order is to take its place."""
    DEPARTURE = 2
    """Its client has left."""
    REQUEST = 3
    """Its client wants all of its orders canceled: neither its return nor its departure stops
    that."""
    EXPIRY = 4
    """Its day is over: it is reported to the client as expired."""


class Verdict(StrEnum):
    """An operator's finding about an order in doubt."""

    REJECTED = "rejected"
    """The venue never had the order."""
    CANCELED = "canceled"
    """No part of the order works any more; its executions have been reported, or are recorded
    first."""
    FILLED = "filled"
    """An execution that the venue does not list."""
    WORKING = "working"
    """The venue has the order and works it."""


class BusinessRejectReason(StrEnum):
    """BusinessRejectReason(380)."""

    OTHER = "0"
    UNKNOWN_ID = "1"
    UNSUPPORTED_MESSAGE_TYPE = "3"
    APPLICATION_NOT_AVAILABLE = "4"
    CONDITIONALLY_REQUIRED_FIELD_MISSING = "5"
    NOT_AUTHORIZED = "6"


class Liquidity(StrEnum):
    """LastLiquidityInd(851)."""

    ADDED = "1"
    REMOVED = "2"


class Command(StrEnum):
    """The request the gateway made to a venue; identifies the part of an order that an Outcome is
    about."""

    SUBMIT = "submit"
    CANCEL = "cancel"
    REPLACE = "replace"

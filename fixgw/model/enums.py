"""FIX enumerations; each value is the value on the wire.

Names are the standard's (FIX 5.0 SP2 volume 6), the tag stands in the class
docstring. Only what the gateway uses is listed.
"""

from enum import StrEnum


class OrdStatus(StrEnum):
    """OrdStatus(39)."""

    NEW = "0"
    PARTIALLY_FILLED = "1"
    FILLED = "2"
    CANCELED = "4"
    PENDING_CANCEL = "6"
    REJECTED = "8"
    PENDING_NEW = "A"
    EXPIRED = "C"


CLOSED = frozenset(
    {OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.REJECTED, OrdStatus.EXPIRED}
)
"""States in which nothing of the order works at the venue: LeavesQty(151) is 0."""


class ExecType(StrEnum):
    """ExecType(150) as FIX 4.4 and later write it; `fix.encode` knows how 4.2 differs."""

    NEW = "0"
    CANCELED = "4"
    PENDING_CANCEL = "6"
    REJECTED = "8"
    PENDING_NEW = "A"
    EXPIRED = "C"
    TRADE = "F"
    ORDER_STATUS = "I"


class Side(StrEnum):
    """Side(54)."""

    BUY = "1"
    SELL = "2"


class OrdType(StrEnum):
    """OrdType(40)."""

    MARKET = "1"
    LIMIT = "2"


class TimeInForce(StrEnum):
    """TimeInForce(59). POST_ONLY stands for 59=7 of some dialects and for ExecInst(18)=6."""

    DAY = "0"
    GOOD_TILL_CANCEL = "1"
    IMMEDIATE_OR_CANCEL = "3"
    FILL_OR_KILL = "4"
    POST_ONLY = "7"


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
    """What the gateway asked a venue to do; the part of an order an Outcome is about."""

    SUBMIT = "submit"
    CANCEL = "cancel"

"""The vendor's error codes, as far as this sandbox says them; the exception that carries one."""

from enum import IntEnum


class Code(IntEnum):
    """Vendor, "List of error codes"."""

    OK = 0
    NOT_CONNECTED = 2
    NOT_AUTHORISED = 3
    INVALID_NONCE = 6
    INVALID_TIMESTAMP = 7
    METHOD_NOT_AVAILABLE = 8
    INVALID_PARAMETER = 9
    INTERNAL_ERROR = 10
    INVALID_SIGNATURE = 14
    INSTRUMENT_NOT_FOUND = 34
    INVALID_SIZE = 70
    INVALID_PRICE = 71
    TYPE_NOT_ALLOWED = 73
    CLIENT_ORDER_ID_IN_USE = 74
    POST_ONLY = 75
    IOC_NO_MATCH = 76
    FOK_NO_LIQUIDITY = 77
    SELF_MATCH = 78
    LIMITS = 79
    NOT_FOUND = 80
    SIZE_OR_VOLUME = 81
    VOLUME_OF_MAKER = 82
    INVALID_VOLUME = 83
    NO_SIZE_LEFT = 90
    BINDING_EXISTS = 100
    BINDING_NOT_FOUND = 101
    INVALID_FEED = 102
    INVALID_FEED_ID = 103
    FIELD_REQUIRED = 110
    FIELD_INVALID = 111


class NotReplaced(Exception):
    """`mod` has removed the old order and cannot place the new one: "error … will be returned
    alongside with origId and origRemainingSize"."""

    def __init__(self, code: Code, orig_id: int, orig_remaining_size: int) -> None:
        super().__init__(f"{code.value} {code.name}")
        self.body = {
            "error": int(code), "origId": orig_id, "origRemainingSize": orig_remaining_size
        }


class Refusal(Exception):
    """The venue says no: a code, and the parameter that is wrong where one is."""

    def __init__(self, code: Code, param: str | None = None) -> None:
        super().__init__(f"{code.value} {code.name} {param or ''}".rstrip())
        self.code = code
        self.param = param

"""Clients' parameters, by the vendor's field names; decoding one is its whole syntax check."""

from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from fixgw.sandbox.finery.codes import Code, Refusal

T = TypeVar("T")

Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
ClientOrderId = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Params(Struct, rename="camel", frozen=True, kw_only=True):
    """A content; `nonce` and `timestamp` of REST stand beside it and are ignored here."""


class Nothing(Params, frozen=True, kw_only=True):
    """A method without parameters."""


class Add(Params, frozen=True, kw_only=True):
    """`add`. ASSUMPTION: letters of `type` and `side` may be of either case."""

    instrument: str
    side: str
    type: str
    client_order_id: ClientOrderId = 0
    price: Int64 | None = None
    size: Int64 | None = None
    volume: Int64 | None = None
    cod: bool = False


class Del(Params, frozen=True, kw_only=True):
    """`del`: exactly one of the two."""

    order_id: int | None = None
    client_order_id: ClientOrderId | None = None


class DelAll(Params, frozen=True, kw_only=True):
    """`delAll`."""

    instrument: str | None = None


class Mod(Params, frozen=True, kw_only=True):
    """`mod`."""

    order_id: int
    price: Int64
    size: Int64
    client_order_id: ClientOrderId | None = None


class DealHistory(Params, frozen=True, kw_only=True):
    """`dealHistory`."""

    instrument: str | None = None
    filter: str = "all"
    till: int | None = None
    from_: int | None = msgspec.field(default=None, name="from")
    to: int | None = None
    limit: Annotated[int, Meta(ge=1, le=250)] = 250


class Book(Params, frozen=True, kw_only=True):
    """`book`."""

    instrument: str
    tradable: bool = True


class Message(Struct, rename="camel", frozen=True):
    """A client's message on a socket."""

    event: Literal["bind", "unbind", "request", "ping"]
    feed: str = ""
    feed_id: int | str | None = None
    req_id: int | None = None
    method: str = ""
    content: Raw = Raw(b"{}")


def read(text: bytes | str, kind: type[T]) -> T:
    """*text* as a *kind*, or the vendor's word for a parameter that is wrong or missing."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        # msgspec names the field behind "$."; ASSUMPTION: 110 and 111 tell the two apart.
        missing = "missing required field" in str(error)
        raise Refusal(Code.FIELD_REQUIRED if missing else Code.FIELD_INVALID, _field(error)) \
            from None
    except (ValueError, RecursionError):
        raise Refusal(Code.INVALID_PARAMETER) from None


def _field(error: msgspec.ValidationError) -> str | None:
    text = str(error)
    if "`$." in text:
        return text.partition("`$.")[2].rstrip("`")
    return text.split("`")[1] if "missing required field" in text else None

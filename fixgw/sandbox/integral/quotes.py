"""Rates that were quoted, and orders that name one: type PQ, "previously quoted"."""

from decimal import Decimal
from itertools import count

from msgspec import Struct

from fixgw.sandbox.integral.orders import PlaceRequest
from fixgw.sandbox.integral.wire import invalid
from fixgw.sandbox.matching import Side


class Quote(Struct, frozen=True, kw_only=True):
    """One rate, as it was when somebody asked for it."""

    rate_id: str
    symbol: str
    bid: Decimal | None
    offer: Decimal | None
    at: int


class Quotes:
    """All that were ever given; each is good for *ttl_ms*."""

    def __init__(self, ttl_ms: int) -> None:
        self._ttl_ms = ttl_ms
        self._quotes: dict[str, Quote] = {}
        self._numbers = count(1)

    def give(self, symbol: str, bid: Decimal | None, offer: Decimal | None, now: int) -> Quote:
        """Return a rate with a name of its own."""
        name = f"SANDBOX-{symbol.replace('/', '')}-SPOT-{next(self._numbers)}"
        quote = self._quotes[name] = Quote(
            rate_id=name, symbol=symbol, bid=bid, offer=offer, at=now
        )
        return quote

    def check(self, request: PlaceRequest, side: Side, now: int) -> None:
        """Raise the vendor's reason code unless *request* names a rate that is good."""
        quote = self._quotes.get(request.rate_id)
        if quote is None or quote.symbol != request.symbol:
            raise invalid("InvalidQuoteID", f"rateId {request.rate_id!r} is invalid")
        if now > quote.at + self._ttl_ms:
            raise invalid("QuoteExpired", "Rate associated with the rateId not found.")
        if request.price != (quote.offer if side is Side.BUY else quote.bid):
            raise invalid("PriceMismatch", "Accepted price not the same as quoted.")

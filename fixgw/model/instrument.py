"""The instruments that can be traded at each venue, and their limits, which are the venue's own."""

from decimal import Decimal

from msgspec import Struct

from fixgw.model.ids import VenueName


class Instrument(Struct, frozen=True, kw_only=True):
    """One symbol at one exchange of one venue. A limit of None is not checked."""

    venue: VenueName
    exchange: str
    """SecurityExchange(207): the destination behind the venue, as the venue writes it."""

    symbol: str
    """The venue's own symbol."""

    base: str
    quote: str
    tick: Decimal | None = None
    step: Decimal | None = None
    min_px: Decimal | None = None
    max_px: Decimal | None = None
    min_qty: Decimal | None = None
    max_qty: Decimal | None = None
    min_notional: Decimal | None = None
    max_notional: Decimal | None = None
    enabled: bool = True

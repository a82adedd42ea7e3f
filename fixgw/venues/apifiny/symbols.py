"""Apifiny's lists as instruments. The symbol stays the vendor's, so nothing is translated back.

Pure. A row that we could not send an order for is left out, not guessed at.
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Raw

from fixgw.model.ids import VenueName
from fixgw.model.instrument import Instrument
from fixgw.venues.apifiny.schemas import SYMBOL, SymbolRow
from fixgw.venues.kit.payloads import Unreadable, read_object, read_text
from fixgw.venues.kit.reference import Tradable, tradable

ENABLED = "enabled"


def instrument(row: SymbolRow, venue: VenueName, exchange: str, open_now: bool) -> Instrument:
    """*row* of listSymbolInfo; *open_now* is whether listVenueInfo has its exchange enabled."""
    return Instrument(
        venue=venue,
        exchange=exchange,
        symbol=row.symbol,
        base=row.base_asset,
        quote=row.quote_asset,
        tick=_limit(row.tick_size),
        step=_limit(row.step_size),
        min_px=_limit(row.min_price),
        max_px=_limit(row.max_price),
        min_qty=_limit(row.min_quantity),
        max_qty=_limit(row.max_quantity),
        min_notional=_limit(row.min_notional),
        max_notional=_limit(row.max_notional),
        enabled=open_now and row.status.strip().lower() == ENABLED,
    )


def instruments(
    rows: Iterable[Raw], venue: VenueName, exchange: str, open_now: bool
) -> Tradable:
    """All of listSymbolInfo that can be traded by name; and why the other rows cannot."""
    def make(row: SymbolRow) -> Instrument:
        return instrument(row, venue, exchange, open_now)

    return tradable(rows, SYMBOL, "symbol", make)


def exchange_enabled(rows: Iterable[Raw], exchange: str) -> bool:
    """Return True if listVenueInfo lists *exchange* as enabled."""
    for raw in rows:
        try:
            row = read_object(raw)
        except Unreadable:
            continue
        named = {key.strip(): read_text(value).strip() for key, value in row.items()}
        if named.get("exchange") == exchange:
            return named.get("status", "").lower() == ENABLED
    return False


def _limit(number: Decimal | None) -> Decimal | None:
    """A limit as the venue gives it; 0 means that there is none. Whether it can be one is judged
    at the border."""
    return None if number is None or number.is_zero() else number

"""What Finery lists, as instruments. The symbol stays the vendor's: `BTC-USD`.

Pure. A row that we could not send an order for is left out, not guessed at.
FIX may write it `BTC-USD` or `BTC/USD`; on the way back it is the client's own.
"""

import msgspec
from msgspec import Raw

from fixgw.model.ids import VenueName
from fixgw.model.instrument import Instrument
from fixgw.venues.finery.build import SAFE_NAME
from fixgw.venues.finery.schemas import (
    UNREADABLE,
    CurrencyRow,
    Instruments,
    decode_currency,
    decode_instrument,
)
from fixgw.venues.finery.units import MAX_UNITS, from_units


def currencies(rows: list[Raw]) -> dict[str, CurrencyRow]:
    """The readable currencies by name."""
    found: dict[str, CurrencyRow] = {}
    for raw in rows:
        try:
            row = decode_currency(raw)
        except UNREADABLE:
            continue
        if row.balance_step > 0:
            found[row.name] = row
    return found


def instruments(
    listed: Instruments, venue: VenueName, exchange: str, *, price_step: bool
) -> tuple[tuple[Instrument, ...], int]:
    """All of `instruments` that can be traded by name; and how many rows cannot.

    OrderQty(38) lies on the asset's balance step; Price(44) on the quote currency's, if
    *price_step* says so.
    """
    known = currencies(listed.currencies)
    found: list[Instrument] = []
    left_out = 0
    for raw in listed.instruments:
        try:
            row = decode_instrument(raw)
        except msgspec.ValidationError:
            left_out += 1
            continue
        asset, balance = known.get(row.asset), known.get(row.balance)
        if asset is None or balance is None or not SAFE_NAME.fullmatch(row.name):
            left_out += 1
            continue
        found.append(
            Instrument(
                venue=venue,
                exchange=exchange,
                symbol=row.name,
                base=row.asset,
                quote=row.balance,
                tick=from_units(balance.balance_step if price_step else 1),
                step=from_units(asset.balance_step),
                max_px=from_units(MAX_UNITS),
                max_qty=from_units(MAX_UNITS),
            )
        )
    return tuple(found), left_out

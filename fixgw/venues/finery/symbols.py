"""Finery's list as instruments. The symbol stays the vendor's: `BTC-USD`.

Pure. A row that we could not send an order for is left out, not guessed at. FIX may write it
`BTC-USD` or `BTC/USD`; reports use the client's own form.
"""

from decimal import Decimal

from msgspec import Raw

from fixgw.model.ids import VenueName
from fixgw.model.instrument import Instrument
from fixgw.venues.finery.schemas import CURRENCY, INSTRUMENT, InstrumentRow, Instruments
from fixgw.venues.finery.units import MAX_UNITS, from_units
from fixgw.venues.kit.payloads import Damaged, Unreadable
from fixgw.venues.kit.reference import Tradable, tradable


def currencies(rows: list[Raw]) -> dict[str, Decimal | str]:
    """The step of each currency, by its name; or why it cannot be read."""
    found: dict[str, Decimal | str] = {}
    for raw in rows:
        row = CURRENCY.read(raw)
        if isinstance(row, Damaged):
            found[str(row.name)] = row.text
            continue
        try:
            step = from_units(row.balance_step)
            found[row.name] = step if step > 0 else "balance_step is not above 0"
        except Unreadable as error:
            found[row.name] = f"balance_step: {error}"
    return found


def instruments(
    listed: Instruments, venue: VenueName, exchange: str, *, price_step: bool
) -> Tradable:
    """Return the instruments that can be traded by name, and the reasons the other rows cannot.

    OrderQty(38) lies on the asset's balance step; Price(44) on the quote currency's, if
    *price_step* is True.
    """
    steps = currencies(listed.currencies)

    def make(row: InstrumentRow) -> Instrument | str:
        asset, balance = steps.get(row.asset), steps.get(row.balance)
        if not (isinstance(asset, Decimal) and isinstance(balance, Decimal)):
            return _why(row, asset, balance)
        return Instrument(
            venue=venue,
            exchange=exchange,
            symbol=row.name,
            base=row.asset,
            quote=row.balance,
            tick=balance if price_step else from_units(1),
            step=asset,
            max_px=from_units(MAX_UNITS),
            max_qty=from_units(MAX_UNITS),
        )

    return tradable(listed.instruments, INSTRUMENT, "name", make)


def _why(row: InstrumentRow, asset: Decimal | str | None, balance: Decimal | str | None) -> str:
    """Return the fault in its currencies."""
    return "; ".join(
        f"currency {name}: {step or 'not listed'}"
        for name, step in ((row.asset, asset), (row.balance, balance))
        if not isinstance(step, Decimal)
    )

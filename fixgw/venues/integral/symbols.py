"""Symbols and instruments: `EUR/USD` is a base and a term currency. Pure.

The API has no list of pairs, so what can be traded stands in the settings.
"""

from fixgw.model.ids import VenueName
from fixgw.model.instrument import Instrument
from fixgw.venues.integral.config import IntegralConfig


def currencies(symbol: str) -> tuple[str, str]:
    """Base and term currency of *symbol*."""
    base, slash, term = symbol.partition("/")
    assert slash, f"{symbol!r} passed the settings"
    return base, term


def symbol(base: str, term: str) -> str:
    """The symbol of two currencies: the way back."""
    return f"{base}/{term}"


def instruments(config: IntegralConfig, venue: VenueName) -> tuple[Instrument, ...]:
    """What the settings say can be traded."""
    found = []
    for name, pair in config.instruments.items():
        base, term = currencies(name)
        found.append(
            Instrument(
                venue=venue,
                exchange=config.exchange,
                symbol=name,
                base=base,
                quote=term,
                tick=pair.tick,
                step=pair.step,
                min_px=pair.min_px,
                max_px=pair.max_px,
                min_qty=pair.min_qty,
                max_qty=pair.max_qty,
                min_notional=pair.min_notional,
                max_notional=pair.max_notional,
                enabled=pair.enabled,
            )
        )
    return tuple(found)

"""Symbols and instruments: `EUR/USD` is a base and a term currency. Pure.

The API has no list of pairs, so the tradable ones are in the settings.
"""

from fixgw.model.ids import VenueName
from fixgw.model.instrument import Instrument
from fixgw.venues.integral.config import IntegralConfig, Pair

LIMITS = tuple(name for name in Pair.__struct_fields__ if name != "price_type")


def currencies(symbol: str) -> tuple[str, str]:
    """Return base and term currency of *symbol*."""
    base, slash, term = symbol.partition("/")
    assert slash, f"{symbol!r} passed the settings"
    return base, term


def instruments(config: IntegralConfig, venue: VenueName) -> tuple[Instrument, ...]:
    """Return what can be traded by the settings."""
    found = []
    for name, pair in config.instruments.items():
        base, term = currencies(name)
        limits = {limit: getattr(pair, limit) for limit in LIMITS}
        found.append(Instrument(
            venue=venue, exchange=config.exchange, symbol=name, base=base, quote=term, **limits
        ))
    return tuple(found)

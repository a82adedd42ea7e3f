"""The instruments of the settings, in the form the router needs. Pure.

A client writes EURUSD, as asmlink does, or EUR/USD: the router knows both. Each is listed under
every exchange of the settings, so that a client may name the routing tier in SecurityExchange(207).
"""

from collections.abc import Iterable

from fixgw.model import instrument
from fixgw.model.ids import VenueName
from fixgw.venues.asmlink.config import Instrument


def instruments(
    given: Iterable[Instrument], exchanges: Iterable[str], venue: VenueName
) -> tuple[instrument.Instrument, ...]:
    """Every instrument at every exchange."""
    listed = tuple(given)
    return tuple(
        instrument.Instrument(
            venue=venue,
            exchange=exchange,
            symbol=one.symbol,
            base=one.base,
            quote=one.quote,
            tick=one.tick,
            step=one.step,
            min_qty=one.min_qty,
            max_qty=one.max_qty,
        )
        for exchange in exchanges
        for one in listed
    )

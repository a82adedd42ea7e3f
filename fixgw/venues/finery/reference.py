"""The venue's instruments: a signed call like any other (the venue has no public ones), made for
the first account.
"""

from fixgw.venues.finery import answers, build, symbols
from fixgw.venues.finery.config import FineryConfig
from fixgw.venues.finery.order_entry import OrderEntry
from fixgw.venues.finery.schemas import read_instruments
from fixgw.venues.kit.payloads import Unreadable
from fixgw.venues.kit.reference import InstrumentList, NotRead


async def load(entry: OrderEntry, config: FineryConfig, listed: InstrumentList) -> None:
    """Read the instruments into *listed*; raise NotRead if they cannot be read."""
    body = answers.body_of(await entry.call(build.INSTRUMENTS))
    if isinstance(body, str):
        raise NotRead(body)
    try:
        rows = read_instruments(body)
    except Unreadable as error:
        raise NotRead(str(error)) from None
    listed.take(symbols.instruments(
        rows, listed.venue, config.exchange, price_step=config.check_price_step
    ))

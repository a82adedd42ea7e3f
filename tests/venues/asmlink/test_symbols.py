"""Instruments of the settings, under each exchange."""

from decimal import Decimal as D

from fixgw.venues.asmlink.config import Instrument
from fixgw.venues.asmlink.symbols import instruments
from tests.venues.asmlink.venue import VENUE


def test_each_stands_under_each_exchange_with_its_limits():
    given = Instrument(
        symbol="XAUUSD", base="XAU", quote="USD", tick=D("0.01"), step=D("0.1"), min_qty=D(1),
        max_qty=D(100),
    )
    found = instruments([given], ["ASMLINK", "TIER_1"], VENUE)

    assert [("ASMLINK", "XAUUSD"), ("TIER_1", "XAUUSD")] == [
        (one.exchange, one.symbol) for one in found
    ]
    assert (D("0.01"), D("0.1"), D(1), D(100), "XAU", "USD", True) == (
        found[0].tick, found[0].step, found[0].min_qty, found[0].max_qty, found[0].base,
        found[0].quote, found[0].enabled,
    )

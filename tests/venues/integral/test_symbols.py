from decimal import Decimal as D

from fixgw.model.ids import VenueName
from fixgw.runtime.secrets import Secret
from fixgw.venues.integral import symbols
from fixgw.venues.integral.config import Account, IntegralConfig, Pair


def test_a_symbol_is_a_base_and_a_term_currency():
    assert ("EUR", "USD") == symbols.currencies("EUR/USD")


def test_instruments_are_what_the_settings_say():
    config = IntegralConfig(
        url="https://h",
        accounts={"A": Account(user="u", org="o", secret=Secret("s"))},
        instruments={"EUR/USD": Pair(tick=D("0.00001"), step=D("1000"), enabled=False)},
        exchange="FXI",
    )
    (found,) = symbols.instruments(config, VenueName("integral"))

    assert ("FXI", "EUR/USD", "EUR", "USD", D("0.00001"), D(1000), None, False) == (
        found.exchange, found.symbol, found.base, found.quote, found.tick, found.step,
        found.max_qty, found.enabled,
    )

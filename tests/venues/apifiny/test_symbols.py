from decimal import Decimal

from fixgw.model.ids import VenueName
from fixgw.model.instrument import Instrument
from fixgw.venues.apifiny.schemas import read_symbols, read_venues
from fixgw.venues.apifiny.symbols import exchange_enabled, instruments
from tests.venues.apifiny.payload import payload

VENUE = VenueName("apifiny")


def test_the_manuals_symbols_as_instruments():
    rows = read_symbols(payload("http_list_symbol_info")).result
    found, left_out = instruments(rows, VENUE, "VENUE1", True)

    assert left_out == []
    assert [one.symbol for one in found] == ["EOSETH", "BCHUSDT"]
    assert found[0] == Instrument(
        venue=VENUE,
        exchange="VENUE1",
        symbol="EOSETH",
        base="EOS",
        quote="ETH",
        tick=Decimal("0.01"),
        step=Decimal("0.0001"),
        min_px=Decimal("0.01"),
        max_px=Decimal("99999"),
        min_qty=Decimal("0.01"),
        max_qty=Decimal("99999"),
        min_notional=Decimal("1"),
        max_notional=Decimal("1000"),
        enabled=True,
    )


def listed(**changes: str) -> bytes:
    row = {
        "symbol": '"A"', "baseAsset": '"B"', "quoteAsset": '"Q"', "status": '"enabled"', **changes
    }
    fields = ",".join(f'"{name}":{value}' for name, value in row.items())
    return f'{{"result":[{{{fields}}}],"error":null}}'.encode()


def one(**changes: str) -> Instrument:
    (found,), _ = instruments(read_symbols(listed(**changes)).result, VENUE, "V", True)
    return found


def test_a_limit_that_is_missing_or_zero_is_none():
    assert (one(minPrice="0").min_px, one(minPrice="null").min_px) == (None, None)
    assert one(tickSize='"0.00000001"').tick == Decimal("0.00000001")


def test_a_disabled_symbol_or_exchange_does_not_trade():
    rows = read_symbols(listed()).result

    assert not one(status='"disabled"').enabled
    assert not instruments(rows, VENUE, "V", False)[0][0].enabled


def test_a_row_that_cannot_be_read_or_named_does_not_hide_the_others():
    good, odd, broken = listed(), listed(symbol='"A\\"B"'), listed(symbol="7")
    rows = [read_symbols(each).result[0] for each in (good, odd, broken)]

    found, left_out = instruments(rows, VENUE, "V", True)

    assert ["A"] == [each.symbol for each in found]
    assert [
        "'A\"B': not a name that can stand in a request",
        "a row without a symbol: symbol: Expected `str`, got `int`",
    ] == left_out


def test_a_venue_row_may_hold_what_is_no_text():
    rows = read_venues(
        b'{"result":[7,null,{"exchange ":5},{"exchange":"V","status":"enabled","since":{"a":1}}]}'
    ).result

    assert exchange_enabled(rows, "V")


def test_the_manuals_venues_with_their_stray_blanks():
    rows = read_venues(payload("http_list_venue_info")).result

    assert exchange_enabled(rows, "VENUE1")
    assert not exchange_enabled(rows, "VENUE24")
    assert not exchange_enabled(rows, "VENUE3")  # not listed: not enabled

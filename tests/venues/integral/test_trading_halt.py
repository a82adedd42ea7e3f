"""A hold begins once, is told to the core, and ends only when somebody says so."""

from fixgw.model.ids import VenueName
from fixgw.model.venue import VenueHeld
from fixgw.venues.integral.trading_halt import TradingHalt

VENUE = VenueName("integral")


def test_it_holds_until_it_is_ended():
    told, dropped = [], []
    halt = TradingHalt(VENUE, told.append)
    halt.when_held(dropped.append)
    assert "" == halt.reason
    halt.hold("POST /v2/orders, X-Request-ID 1-2")
    halt.hold("GET /v2/trades")
    assert "HTTP 500" in halt.reason and "POST /v2/orders, X-Request-ID 1-2" in halt.reason
    assert [VenueHeld(venue=VENUE, text=halt.reason)] == told
    assert [halt.reason] == dropped
    halt.resume()
    assert "" == halt.reason
    halt.hold("GET /v2/trades")
    assert 2 == len(told) == len(dropped)

from fixgw.model.ids import VenueName
from fixgw.venues.integral.halt import Halt


def test_it_holds_until_it_is_ended():
    halt = Halt(VenueName("integral"))
    assert "" == halt.reason
    halt.hold("POST /v2/orders")
    halt.hold("GET /v2/trades")
    assert "HTTP 500" in halt.reason and "operator" in halt.reason
    halt.resume()
    halt.resume()
    assert "" == halt.reason

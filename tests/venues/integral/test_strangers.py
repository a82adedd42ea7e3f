from fixgw.model.ids import OrderID, VenueName
from fixgw.model.venue import OrderUpdate, UnknownOrderSeen, VenueStatus
from fixgw.venues.integral.schemas import OrderRow
from fixgw.venues.integral.strangers import Strangers

ID = OrderID("1795173920087000")


def test_each_is_told_once():
    heard = []
    strangers = Strangers(VenueName("integral"), heard.append)
    row = OrderRow(co_id="by-hand", order_id=17, status="NEW", symbol="EUR/USD")
    ours = OrderRow(co_id=ID, order_id="18", status="NEW")
    for _ in range(2):
        strangers.seen(row)
        strangers.forgotten(ours, ID)
        strangers.forgotten(OrderRow(co_id=ID, order_id="19", status="RECEIVED"), ID)

    assert [
        UnknownOrderSeen(VenueName("integral"), "17", "EUR/USD NEW"),
        OrderUpdate(order_id=ID, status=VenueStatus.WORKING),
    ] == heard

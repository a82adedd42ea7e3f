from fixgw.model.ids import OrderID
from fixgw.venues.integral import ids

ID = OrderID("1795173920087000")


def test_there_and_back():
    for prefix in ("", "GW1x"):
        name = ids.co_id(ID, prefix)
        assert (prefix + ID, ID) == (name, ids.order_id(name, prefix))


def test_others_are_not_ours():
    for name in ("", "8932452311944", ID + "0", "x" + ID, "a" * 16, "١" * 16):
        assert ids.order_id(name, "") is None
    assert ids.order_id(ID, "GW1") is None and ids.order_id("GW2" + ID, "GW1") is None

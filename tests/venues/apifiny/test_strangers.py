from fixgw.model.ids import VenueName
from fixgw.venues.apifiny import strangers
from fixgw.venues.apifiny.schemas import OrderRow
from fixgw.venues.apifiny.strangers import Strangers


def test_a_stranger_is_told_once_and_the_oldest_is_forgotten(monkeypatch):
    monkeypatch.setattr(strangers, "REMEMBERED", 2)
    heard: list[object] = []
    seen = Strangers(VenueName("apifiny"), heard.append)
    for name in "ABABCA":
        seen.seen(OrderRow(order_id=name))

    assert [each.venue_order_id for each in heard] == ["A", "B", "C", "A"]

from fixgw.model.ids import OrderID, VenueName
from fixgw.model.venue import OrderUpdate, UnknownOrderSeen, VenueStatus
from fixgw.venues import strangers
from fixgw.venues.strangers import Strangers

VENUE = VenueName("venue")
ID = OrderID("1795173920087000")


def test_each_is_told_once_and_what_does_not_work_yet_not_at_all():
    heard: list[object] = []
    seen = Strangers(VENUE, heard.append)
    for _ in range(2):
        seen.seen("17", "EUR/USD NEW")
        seen.forgotten("18", ID, VenueStatus.WORKING)
        seen.forgotten("19", ID, VenueStatus.PENDING)

    assert [
        UnknownOrderSeen(VENUE, "17", "EUR/USD NEW"),
        OrderUpdate(order_id=ID, status=VenueStatus.WORKING),
    ] == heard


def test_the_oldest_is_forgotten_when_there_are_many(monkeypatch):
    monkeypatch.setattr(strangers, "REMEMBERED", 2)
    heard: list[UnknownOrderSeen] = []
    seen = Strangers(VENUE, heard.append)
    for name in "ABABCA":
        seen.seen(name, "")

    assert [each.venue_order_id for each in heard] == ["A", "B", "C", "A"]


def test_a_name_that_is_no_name_is_not_kept_whole():
    seen = Strangers(VENUE, lambda said: None)
    seen.seen("9" * 1_000_000, "")

    assert len(next(iter(seen._seen))) < 1_000

"""When an order is looked at: quickly after something happened, then ever more rarely."""

from fixgw.model.venue import OrderUpdate, VenueStatus
from fixgw.venues.integral.watch import Watches
from tests.venues.integral.venue import order

LEAST, MOST, SETTLE = 1.0, 8.0, 10.0


def watches() -> Watches:
    return Watches(least=LEAST, most=MOST, settle=SETTLE)


def update(mine, status=VenueStatus.WORKING) -> OrderUpdate:
    return OrderUpdate(order_id=mine.order_id, status=status)


def pauses(watched, looks, mine, count, now=0.0) -> list[float]:
    """How long it is until each of the next *count* looks, if nothing happens."""
    found = []
    for _ in range(count):
        due = looks.next_due()
        found.append(due - now)
        now = due
        assert [watched] == looks.take_due(now)
        looks.looked(watched, update(mine), now)
    return found


def test_a_quiet_order_is_looked_at_ever_more_rarely():
    looks, mine = watches(), order()
    watched = looks.watch(mine, 0.0)

    # At once; then soon, for the first look was news.
    assert [0.0, 1.0, 2.0, 4.0, 8.0, 8.0] == pauses(watched, looks, mine, 6)


def test_what_happens_makes_it_quick_again():
    looks, mine = watches(), order()
    watched = looks.watch(mine, 0.0)
    pauses(watched, looks, mine, 6)
    now = 23.0
    looks.watch(mine, now)

    assert now + LEAST == looks.next_due()
    assert looks.looked(watched, update(mine, VenueStatus.CANCELED), now)
    assert now + LEAST == looks.next_due()


def test_one_look_at_a_time_and_another_if_something_happened_meanwhile():
    looks, mine = watches(), order()
    watched = looks.watch(mine, 0.0)
    assert [watched] == looks.take_due(0.0)
    assert [] == looks.take_due(5.0) and looks.next_due() is None

    looks.looked(watched, update(mine), 5.0)
    looks.take_due(6.0)
    looks.watch(mine, 6.5)
    assert not looks.looked(watched, update(mine), 7.0)  # no news
    assert 7.0 + LEAST == looks.next_due()


def test_a_look_that_failed_is_repeated_with_patience():
    looks = watches()
    watched = looks.watch(order(), 0.0)
    found = []
    now = 0.0
    for _ in range(5):
        looks.take_due(now)
        looks.failed(watched, now)
        found.append(looks.next_due() - now)
        now = looks.next_due()

    assert [1.0, 2.0, 4.0, 8.0, 8.0] == found


def test_an_order_that_has_ended_is_looked_at_until_its_trades_have_settled():
    looks, mine = watches(), order()
    watched = looks.watch(mine, 0.0)
    now = 0.0
    while len(looks):
        assert now <= SETTLE + MOST
        looks.take_due(now)
        looks.looked(watched, update(mine, VenueStatus.FILLED), now)
        now = looks.next_due() or now
    assert now >= SETTLE


def test_being_asked_is_no_news_and_is_not_told_twice():
    looks, mine = watches(), order()
    watched = looks.new(mine, 0.0)
    looks.keep(watched)
    looks.keep(looks.new(mine, 1.0))

    assert watched is looks.get(mine.order_id)
    assert looks.learned(watched, update(mine), 0.0)
    looks.take_due(0.0)
    assert not looks.looked(watched, update(mine), 0.0)
    looks.forget(mine.order_id)
    assert looks.get(mine.order_id) is None

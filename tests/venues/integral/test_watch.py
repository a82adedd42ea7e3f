"""When an order is looked at: quickly after something happened, then ever more rarely."""

from decimal import Decimal as D

from fixgw.model.venue import Fill, OrderUpdate, VenueStatus
from fixgw.venues.integral import watch
from fixgw.venues.integral.watch import ABSENT_SECONDS, Watches
from tests.venues.integral.venue import order

LEAST, MOST, SETTLE, KEEP, PAUSE = 1.0, 8.0, 10.0, 1000.0, 60.0


def watches(keep: float = KEEP) -> Watches:
    return Watches(least=LEAST, most=MOST, settle=SETTLE, keep_ended=keep, ended_pause=PAUSE)


def update(mine, status=VenueStatus.WORKING, quantity: str = "") -> OrderUpdate:
    if not quantity:
        return OrderUpdate(order_id=mine.order_id, status=status)
    fill = Fill(
        cum_qty=D(quantity), last_qty=D(quantity), last_px=D(1), at=0, venue_exec_id="FXI1"
    )
    return OrderUpdate(
        order_id=mine.order_id, status=status, cum_qty=D(quantity), fills=(fill,)
    )


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


# ------------------------------------------------------------------ those that have ended


def ended(looks: Watches, quantity: str = "400", now: float = 0.0):
    """An order whose end has settled."""
    mine = order()
    watched = looks.watch(mine, now)
    for _ in range(2):
        looks.take_due(now)
        looks.looked(watched, update(mine, VenueStatus.EXPIRED, quantity), now)
        now += SETTLE
    assert 0 == len(looks)
    return watched


def test_an_order_with_executions_is_looked_at_by_turns_for_as_long_as_the_settings_say():
    looks = watches()
    first, second = ended(looks), ended(looks)
    now = SETTLE + PAUSE
    assert [first, second, None] == [looks.take_ended(now) for _ in range(3)]
    assert first is looks.take_ended(now + PAUSE)
    assert None is looks.take_ended(KEEP + 1) and None is looks.get(first.order.order_id)


def test_an_order_that_is_filled_and_listed_whole_has_nothing_to_wait_for():
    looks, mine = watches(), order()
    watched = looks.watch(mine, 0.0)
    looks.take_due(0.0)
    looks.looked(watched, update(mine, VenueStatus.FILLED, "1000000"), 0.0)

    assert 0 == len(looks) and watched is looks.take_ended(PAUSE)


def test_an_order_that_ended_without_an_execution_is_let_go_after_one_more_look():
    looks = watches()
    watched = ended(looks, "")
    looks.take_ended(SETTLE + PAUSE)
    assert not looks.looked_back(watched, update(watched.order, VenueStatus.EXPIRED), 80.0)
    assert None is looks.get(watched.order.order_id)


def test_a_changed_trade_is_news_and_the_order_is_looked_at_on():
    looks = watches()
    watched = ended(looks)
    looks.take_ended(SETTLE + PAUSE)
    amended = update(watched.order, VenueStatus.EXPIRED, "300")
    news = looks.looked_back(watched, amended, 80.0)
    assert (news.status, news.fills) == (VenueStatus.UNCLEAR, amended.fills)
    assert not looks.looked_back(watched, amended, 160.0)
    assert watched is looks.get(watched.order.order_id) and 0 == len(looks)


def test_an_order_that_works_again_is_news_and_is_looked_at_quickly_again():
    looks = watches()
    watched = ended(looks)
    looks.take_ended(SETTLE + PAUSE)
    assert looks.looked_back(watched, update(watched.order, quantity="400"), 80.0)
    assert [watched] == looks.take_due(80.0 + LEAST) and {watched.order.order_id} == looks.working()
    assert None is looks.take_ended(KEEP - 1)


def test_an_order_that_is_not_found_is_looked_at_on_and_is_news_when_it_shows_again():
    looks, mine = watches(), order()
    watched = looks.watch(mine, 0.0)
    looks.take_due(0.0)
    assert looks.looked(watched, update(mine), 0.0)
    now = 0.0
    while len(looks):
        now = looks.next_due()
        looks.take_due(now)
        looks.absent(watched, now)
        looks.failed(watched, now)
    assert ABSENT_SECONDS <= now <= ABSENT_SECONDS + 2 * MOST
    assert watched is looks.take_ended(now + PAUSE)
    assert looks.looked_back(watched, update(mine), now + PAUSE)
    assert 1 == len(looks)


def test_what_an_earlier_process_saw_the_end_of_is_looked_at_for_the_rest_of_its_time():
    looks, mine = watches(), order()
    looks.recall(mine, KEEP - 100.0, 0.0)
    assert mine is looks.take_ended(0.0).order
    assert None is looks.take_ended(100.0)


def test_an_end_that_came_while_the_order_was_not_found_is_told_as_one():
    looks, mine = watches(), order()
    watched = looks.watch(mine, 0.0)
    looks.take_due(0.0)
    looks.absent(watched, 0.0)
    looks.failed(watched, ABSENT_SECONDS)
    assert watched is looks.take_ended(ABSENT_SECONDS + PAUSE)
    filled = update(mine, VenueStatus.FILLED, "1000000")
    assert filled is looks.looked_back(watched, filled, ABSENT_SECONDS + PAUSE)


def test_without_hours_for_corrections_an_order_is_let_go_when_it_has_settled():
    looks = watches(keep=0.0)
    assert None is looks.get(ended(looks).order.order_id)


def test_of_too_many_the_oldest_is_let_go(monkeypatch):
    monkeypatch.setattr(watch, "ENDED_MAX", 2)
    looks = watches()
    first, *others = [ended(looks) for _ in range(3)]
    assert None is looks.get(first.order.order_id)
    assert others == [looks.get(each.order.order_id) for each in others]

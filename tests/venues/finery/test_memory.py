"""What was seen, and how long something has been missing."""

from decimal import Decimal

from fixgw.model.ids import OrderID
from fixgw.venues.finery import memory
from fixgw.venues.finery.memory import Memory

A, B = OrderID("1795174355156000"), OrderID("1795174355156001")


def test_an_order_was_seen_before_a_moment_or_not():
    known = Memory(0.0)
    known.saw(A, 5.0)
    known.saw(A, 9.0)

    assert known.seen_before(A, "", 6.0) and not known.seen_before(A, "", 5.0)
    assert known.seen(A) and not known.seen(B)
    assert not known.seen_before(B, "", 6.0)


def test_one_that_the_venue_has_numbered_was_seen_before_this_began():
    known = Memory(5.0)

    assert known.seen_before(A, "1245", 6.0) and not known.seen_before(A, "1245", 5.0)
    # It is this process that has seen it first: the lists may lag.
    known.saw(A, 7.0)
    assert not known.seen_before(A, "1245", 6.0)


def test_the_oldest_is_forgotten(monkeypatch):
    monkeypatch.setattr(memory, "REMEMBERED", 2)
    known = Memory(10)
    for number, name in enumerate((A, B, OrderID("1795174355156002"))):
        known.saw(name, number)

    assert not known.seen(A) and known.seen(B)


def test_an_order_that_is_to_be_replaced_may_go_without_a_reason():
    known = Memory(10)
    known.replacing(A, 5.0)

    assert known.may_be_replaced(A) and not known.may_be_replaced(B)


def test_what_an_order_was_given_is_known_of_those_that_replaced_one():
    known = Memory(10)
    known.has_size(B, Decimal("0.18"))

    assert (known.size(A), known.size(B)) == (None, Decimal("0.18"))

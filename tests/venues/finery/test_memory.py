"""What was seen, and how long something has been missing."""

from decimal import Decimal

from fixgw.model.ids import OrderID
from fixgw.venues.finery import memory
from fixgw.venues.finery.memory import Memory

A, B = OrderID("1795174355156000"), OrderID("1795174355156001")


def test_an_order_was_seen_before_a_moment_or_not():
    known = Memory(10)
    known.saw(A, 5.0)
    known.saw(A, 9.0)

    assert known.seen_before(A, 6.0) and not known.seen_before(A, 5.0)
    assert known.seen(A) and not known.seen(B)


def test_what_is_missing_for_long_enough_is_gone():
    known = Memory(10)

    assert [known.is_gone(A, now) for now in (0.0, 9.9, 10.0)] == [False, False, True]


def test_a_submit_or_a_sight_begins_anew():
    known = Memory(10)
    for shown in (known.submitted, lambda name: known.saw(name, 9.0)):
        assert not known.is_gone(A, 0.0)
        shown(A)
        assert not known.is_gone(A, 20.0)
        assert known.is_gone(A, 30.0)
        known.submitted(A)


def test_the_oldest_is_forgotten(monkeypatch):
    monkeypatch.setattr(memory, "REMEMBERED", 2)
    known = Memory(10)
    for number, name in enumerate((A, B, OrderID("1795174355156002"))):
        known.saw(name, number)

    assert not known.seen(A) and known.seen(B)


def test_an_order_that_is_to_be_replaced_may_go_without_a_reason():
    known = Memory(10)
    assert not known.is_gone(B, 0.0)
    known.replacing(A, B, 5.0)

    assert known.may_be_replaced(A) and not known.may_be_replaced(B)
    # The other one may arrive now: that it was missing says nothing any more.
    assert not known.is_gone(B, 20.0)


def test_what_an_order_was_given_is_known_of_those_that_replaced_one():
    known = Memory(10)
    known.has_size(B, Decimal("0.18"))

    assert (known.size(A), known.size(B)) == (None, Decimal("0.18"))

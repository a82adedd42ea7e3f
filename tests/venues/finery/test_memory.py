"""What is remembered of orders that replace others."""

from decimal import Decimal

from fixgw.model.ids import OrderID
from fixgw.venues.finery import memory
from fixgw.venues.finery.memory import Memory
from tests.venues.finery.venue import order

NEW = order(quantity="2")
A, B = OrderID("1795174355156000"), OrderID("1795174355156001")


def test_the_oldest_is_forgotten(monkeypatch):
    monkeypatch.setattr(memory, "REMEMBERED", 2)
    known = Memory()
    for name in (A, B, OrderID("1795174355156002")):
        known.replacing(name, NEW)

    assert (known.replacement(A), known.replacement(B)) == (None, NEW)


def test_the_last_order_that_was_to_replace_another_is_known():
    known, first = Memory(), order(quantity="1")
    known.replacing(A, first)
    known.replacing(A, NEW)

    assert (known.replacement(A), known.replacement(B)) == (NEW, None)


def test_what_an_order_was_given_is_known_of_those_that_replaced_one():
    known = Memory()
    known.has_size(B, Decimal("0.18"))

    assert (known.size(A), known.size(B)) == (None, Decimal("0.18"))

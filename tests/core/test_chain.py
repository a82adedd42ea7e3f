"""What orders that replaced each other are together."""

from decimal import Decimal

from fixgw.core.chain import Chain
from fixgw.core.order import Order
from fixgw.model.ids import OrderID
from tests.support.orders import placed


def test_it_begins_with_what_the_first_has_executed() -> None:
    first = Order(placed("35=D|11=X|38=10|", OrderID("1")))
    first.cum_qty, first.notional = Decimal(3), Decimal(300)
    chain = Chain(first)

    assert ("1", first) == (chain.root_id, chain.current)
    assert (Decimal(3), Decimal(300), 0) == (chain.cum_qty, chain.notional, chain.unsure)


def test_an_execution_of_any_of_them_counts() -> None:
    chain = Chain(Order(placed("35=D|11=X|38=10|", OrderID("1"))))
    chain.count(Decimal("0.25"), Decimal("25"))
    chain.count(Decimal("0.75"), Decimal("76.5"))

    assert ("1", "101.5") == (str(chain.cum_qty), str(chain.notional))

"""All orders, and the names they go by."""

from fixgw.core.orders.index import Orders
from fixgw.model.events import CancelRequested, VenueAccepted, VenueCanceled
from fixgw.model.ids import ClOrdID, OrderID, VenueName
from tests.support.orders import ACCOUNT, CLIENT, OTHER_CLIENT, START_MS, VENUE, placed

FIRST, SECOND = OrderID("1700000000000000"), OrderID("1700000000000001")
ACCEPTED = VenueAccepted(order_id=FIRST, at=START_MS)
CANCELED = VenueCanceled(order_id=FIRST, at=START_MS)


def cancel(cl_ord_id: str, of: OrderID = FIRST) -> CancelRequested:
    return CancelRequested(order_id=of, at=START_MS, cl_ord_id=ClOrdID(cl_ord_id))


def two_orders() -> Orders:
    orders = Orders()
    orders.apply(placed("35=D|11=X|38=10", FIRST))
    orders.apply(placed("35=D|11=Z|38=10", SECOND))
    return orders


def test_found_by_order_id() -> None:
    orders = two_orders()

    order = orders.get(SECOND)
    assert order is not None
    assert "Z" == order.request.cl_ord_id
    assert orders.get(OrderID("1")) is None
    assert [FIRST, SECOND] == [order.order_id for order in orders]
    assert 2 == len(orders)


def test_found_by_cl_ord_id_within_its_session() -> None:
    orders = two_orders()

    assert orders.get(FIRST) is orders.of_client(CLIENT, ClOrdID("X"))
    assert orders.of_client(OTHER_CLIENT, ClOrdID("X")) is None


def test_found_by_the_cl_ord_id_of_a_cancel_request() -> None:
    orders = two_orders()
    orders.apply(cancel("Y"))

    assert orders.get(FIRST) is orders.of_client(CLIENT, ClOrdID("Y"))


def test_a_cancel_without_a_name_of_its_own_takes_none() -> None:
    orders = two_orders()
    orders.apply(cancel("X"))
    orders.apply(cancel("X", of=SECOND))

    assert orders.get(FIRST) is orders.of_client(CLIENT, ClOrdID("X"))


def test_what_is_open_where() -> None:
    orders = two_orders()
    orders.apply(ACCEPTED)
    orders.apply(CANCELED)

    assert [SECOND] == [order.order_id for order in orders.open()]
    assert [SECOND] == [order.order_id for order in orders.open_at(VENUE, ACCOUNT)]
    assert [] == orders.open_at(VENUE, "ANOTHER")
    assert [] == orders.open_at(VenueName("another"), ACCOUNT)


def test_the_highest_order_id_is_known_in_whatever_order_they_come() -> None:
    orders = Orders()
    orders.apply(placed("35=D|11=Z|38=10", SECOND))
    orders.apply(placed("35=D|11=X|38=10", FIRST))

    assert int(SECOND) == orders.last_order_id


def test_a_name_is_that_of_the_younger_order_in_whatever_order_they_come() -> None:
    """A snapshot may hold both: the older one came back after its name was forgotten."""
    for first, second in ((FIRST, SECOND), (SECOND, FIRST)):
        orders = Orders()
        orders.apply(placed("35=D|11=X|38=10", first))
        orders.apply(placed("35=D|11=X|38=10", second))

        assert orders.get(SECOND) is orders.of_client(CLIENT, ClOrdID("X"))
        orders.drop(FIRST)
        assert orders.get(SECOND) is orders.of_client(CLIENT, ClOrdID("X"))

"""An order that was refused before it left the gateway: known, and next to nothing in memory."""

import gc
import tracemalloc

import pytest

from tests.support.orders import Exchange

BYTES_MAX = 700
"""Of one order: its names, and the event that says all of it. An order that was placed, and so may
be heard of again, takes twice as much."""

MANY = 3_000
TOLD = ("11", "37", "150", "39", "103", "58")


def refuse(exchange: Exchange, first: int, count: int) -> None:
    for number in range(first, first + count):
        exchange.client(f"35=D|11=O{number:09d}|38=10|55=NO/{number}|")
        exchange.reports()


@pytest.mark.parametrize("restarted", [False, True], ids=["live", "after a restart"])
def test_ten_thousand_of_them_take_some_megabytes(restarted: bool) -> None:
    exchange = Exchange()
    refuse(exchange, 0, 1)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        refuse(exchange, 1, MANY)
        if restarted:
            exchange.restart()
        exchange.events.clear()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (after - before) / MANY < BYTES_MAX


@pytest.mark.parametrize("restarted", [False, True], ids=["live", "after a restart"])
def test_it_is_known_by_each_of_its_names(restarted: bool) -> None:
    exchange = Exchange()
    exchange.client("35=D|11=A|38=10.50|55=NO/SUCH|1=ACCOUNT|")
    [refused] = exchange.raw_reports()
    order_id, text = refused.order_id, refused.text  # type: ignore[union-attr]
    if restarted:
        exchange.restart()
    rest = f"37={order_id}|"
    why = f"|58={text}"

    exchange.client("35=H|11=A|")
    exchange.client(f"35=H|11=X|37={order_id}|")
    exchange.client("35=D|11=A|38=10.50|55=NO/SUCH|1=ACCOUNT|97=Y|")
    exchange.client("35=D|11=A|38=10.50|55=NO/SUCH|1=ACCOUNT|")
    exchange.client("35=F|11=C|41=A|")
    assert [
        f"11=A|{rest}150=I|39=8|103=1{why}",
        f"11=A|{rest}150=I|39=8|103=1{why}",
        f"11=A|{rest}150=I|39=8|103=1{why}",
        f"11=A|{rest}150=8|39=8|103=6|58=ClOrdID(11) 'A' was used before",
        f"35=9|11=C|{rest}39=8|58=the order is REJECTED",
    ] == exchange.reports(*TOLD)
    assert [("A", "10.50")] == [
        (each.request.cl_ord_id, str(each.request.order_qty)) for each in exchange.engine.orders
    ]
    assert 1 == len(exchange.engine.orders)

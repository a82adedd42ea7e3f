"""What a gateway answers: it reads as it was written, and says of an order what is in doubt."""

import pytest

from fixgw.model.capabilities import Capabilities
from fixgw.model.enums import Command, OrdType, TimeInForce
from fixgw.model.ids import VenueName
from fixgw.model.venue import ConnectionHealth, Headroom, VenueHealth
from fixgw.ops.answers import DOUBT_MS, Failed, Status, VenueState, doubt, order_line, read, written
from tests.support.orders import Exchange, accepted, canceled_as_asked, fill, lost

LIMIT, MARKET = OrdType.LIMIT, OrdType.MARKET
GTC, IOC = TimeInForce.GOOD_TILL_CANCEL, TimeInForce.IMMEDIATE_OR_CANCEL

STATUS = Status(version="1", pid=7, venues=(VenueState(
    venue=VenueName("finery"),
    accounts=("A1", "A2"),
    loaded=True,
    held_since=5,
    held_text="HTTP 500",
    open=2,
    in_doubt=1,
    health=VenueHealth(
        connections=(
            ConnectionHealth(name="stream", up=True, since=3), ConnectionHealth(name="b", up=False)
        ),
        clock_skew_ms=-12,
        headroom=(Headroom(scope="orders", left=4, maximum=10, seconds=1, waiting=2),),
        instruments=17,
    ),
    capabilities=Capabilities(
        ord_types=frozenset({LIMIT, MARKET}),
        times_in_force=frozenset({GTC, IOC}),
        times_in_force_of={MARKET: frozenset({IOC})},
        cash_or_quantity=frozenset({MARKET}),
        terms=frozenset({"stop_px"}),
        post_only=True,
        cash_order_qty=False,
        cancel_before_accepted=True,
        absence_proof_ms=1_000,
        limits=("10 a second",),
    ),
),))


@pytest.mark.parametrize("answer", [STATUS, Failed(text="no\nsuch \x1b order")])
def test_an_answer_is_one_line_and_reads_as_it_was_written(answer: Status | Failed) -> None:
    line = written(answer)

    assert line.index(b"\n") == len(line) - 1
    assert answer == read(line)


@pytest.mark.parametrize("line", [b"", b"{}", b'{"answer":"failed"}', b"\xff"])
def test_what_is_no_answer_is_not_taken_for_one(line: bytes) -> None:
    with pytest.raises(ValueError):
        read(line)


# ----------------------------------------------------------------------------- doubt


def test_a_lost_answer_is_a_doubt_at_once_and_a_silent_venue_is_one_soon() -> None:
    exchange = Exchange()
    exchange.client("35=D|11=A|38=10")
    order = exchange.order()

    assert None is doubt(order, exchange.now)
    assert None is doubt(order, exchange.now + DOUBT_MS - 1)
    assert Command.SUBMIT is doubt(order, exchange.now + DOUBT_MS)
    exchange.venue(lost())
    assert Command.SUBMIT is doubt(order, exchange.now)


def test_what_is_settled_is_never_in_doubt() -> None:
    exchange = Exchange()
    exchange.client("35=D|11=A|38=10")
    exchange.venue(accepted())

    assert None is doubt(exchange.order(), exchange.now + 1_000 * DOUBT_MS)


def test_a_cancel_that_is_never_answered_comes_in_doubt() -> None:
    exchange = Exchange()
    exchange.client("35=D|11=A|38=10")
    exchange.venue(accepted())
    exchange.client("35=F|11=X|41=A")

    assert Command.CANCEL is doubt(exchange.order("A"), exchange.now + DOUBT_MS)


def test_an_order_for_a_person_is_exact() -> None:
    exchange = Exchange()
    exchange.client("35=D|11=A|38=10|44=100.10")
    exchange.venue(accepted(), fill("t1", 4, px="100.05"))

    line = order_line(exchange.order(), exchange.now)

    assert ("A", "PARTIALLY_FILLED", "BUY", "10", "100.10", "4", "100.05", "") == (
        line.cl_ord_id, line.status, line.side, line.order_qty, line.price, line.cum_qty,
        line.avg_px, line.in_doubt,
    )


def test_what_a_replacement_executed_itself_is_told_apart_so_that_sums_are_right() -> None:
    exchange = Exchange(replace_by_cancel=True)
    exchange.client("35=D|11=A|38=10|44=100")
    exchange.venue(accepted(), fill("t1", 4, px="100"))
    exchange.client("35=G|11=B|41=A|38=12|44=110")
    exchange.venue(canceled_as_asked("4"), order="A")
    exchange.venue(accepted(), order="B")
    exchange.venue(fill("t2", 3, px="107"), order="B")

    first, second = (order_line(exchange.order(name), exchange.now) for name in "AB")

    assert ("4", "4", "100", "") == (
        first.cum_qty, first.own_qty, first.own_avg_px, first.replaces
    )
    assert ("7", "103", "3", "107", first.order_id) == (
        second.cum_qty, second.avg_px, second.own_qty, second.own_avg_px, second.replaces
    )

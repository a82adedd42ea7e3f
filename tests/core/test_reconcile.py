"""A venue's word against what is known."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fixgw.core.orders.client_order import begin, of
from fixgw.core.orders.leg import KnownExecution, Leg
from fixgw.core.reconcile import bridge, compare, exec_name
from fixgw.model.events import OrderEvent, VenueAccepted, VenueCanceled, VenueFill
from fixgw.model.ids import OrderID
from fixgw.model.venue import OrderUpdate, VenueStatus
from tests.support.orders import START_MS, execution, placed

ORDER_ID = OrderID("1700000000000000")
NOW = START_MS + 1

LIMIT = "35=D|11=X|38=10"
CASH = "35=D|11=X|40=1|152=1000"


def order(message: str = LIMIT, *, accepted: bool = True, executed: int = 0) -> Leg:
    made = begin(placed(message, ORDER_ID))
    if accepted or executed:
        of(made).apply(made, VenueAccepted(order_id=ORDER_ID, at=START_MS))
    if executed:
        update = word("working", fill=execution("first", executed, cum=executed))
        for event in compare(made, update, START_MS)[0]:
            of(made).apply(made, event)
    return made


def word(status: str, **known: object) -> OrderUpdate:
    return OrderUpdate(order_id=ORDER_ID, status=VenueStatus(status), **known)


def found(order: Leg, update: OrderUpdate, told: int = 0, *, final: bool = False) -> str:
    """The missing events, and what is short, as a line."""
    events, short_of = compare(order, update, NOW, Decimal(told), final=final)
    names = [name(event) for event in events]
    return " ".join(names if short_of is None else [*names, f"short of {short_of}"])


def name(event: OrderEvent) -> str:
    if type(event) is VenueFill:
        closes = " closes" if event.closes else ""
        return f"{event.venue_exec_id}:{event.last_qty}@{event.last_px}{closes}"
    return type(event).__name__.removeprefix("Venue")


T1 = execution("t1", 4, cum=4)
T2 = execution("t2", 6, 101, cum=10)
LATER = execution("t3", 2, cum=12)
NAMELESS = execution("", 4, cum="4.00")
NOTHING = execution("t1", 0, cum=4)

FIRST_WORDS = {
    "works": (word("working"), "Accepted"),
    "not decided": (word("pending"), ""),
    "in a state of no table": (word("unclear"), ""),
    "in a state of no table, and an execution": (word("unclear", fill=T1), "Accepted t1:4@100"),
    "not known": (word("absent"), ""),
    "rejected": (word("rejected"), "Refused"),
    "canceled": (word("canceled", cum_qty=Decimal(0)), "Accepted Canceled"),
    "expired": (word("expired", cum_qty=Decimal(0)), "Accepted Expired"),
    "canceled, and not with how much": (word("canceled"), "Accepted short of 0"),
    "expired, and not with how much": (word("expired"), "Accepted short of 0"),
    "canceled, and nothing is listed": (word("canceled", fills=()), "Accepted Canceled"),
    "an execution outruns the acknowledgement": (
        word("working", fill=T1), "Accepted t1:4@100"
    ),
    "an execution of an undecided order": (word("pending", fill=T1), "Accepted t1:4@100"),
    "rejected with an execution": (word("rejected", fill=T1), "Accepted t1:4@100 Canceled"),
}


@pytest.mark.parametrize(("update", "expected"), FIRST_WORDS.values(), ids=FIRST_WORDS)
def test_of_an_order_not_heard_of(update: OrderUpdate, expected: str) -> None:
    assert expected == found(order(accepted=False), update)


LATER_WORDS = {
    "nothing new": (word("working", cum_qty=Decimal(0)), ""),
    "an execution, in a state of no table": (word("unclear", fill=T1), "t1:4@100"),
    "a total, in a state of no table": (word("unclear", cum_qty=Decimal(4)), "short of 4"),
    "two executions": (word("filled", fills=(T1, T2)), "t1:4@100 t2:6@101"),
    "without a name": (word("working", fill=NAMELESS), "@4:4@100"),
    "the same twice": (word("working", fills=(T1, T1)), "t1:4@100"),
    "one name for two": (
        word("working", fills=(T1, execution("t1", 2, cum=6))), "t1:4@100 short of 6"
    ),
    "a gap": (word("filled", fill=T2), "short of 10"),
    "a gap in the list": (word("working", fills=(T1, LATER)), "t1:4@100 short of 12"),
    "an execution of nothing": (word("working", fill=NOTHING), "short of 4"),
    "only a total": (word("working", cum_qty=Decimal(4)), "short of 4"),
    "filled, and no more is said": (word("filled"), "short of 10"),
    "an end that waits": (word("canceled", cum_qty=Decimal(4)), "short of 4"),
    "an end with its executions": (
        word("canceled", cum_qty=Decimal(4), fill=T1), "t1:4@100 Canceled"
    ),
    "canceled, but filled": (word("canceled", fills=(T1, T2)), "t1:4@100 t2:6@101"),
    "expired, but filled": (word("expired", fills=(T1, T2)), "t1:4@100 t2:6@101"),
    "rejected, but filled": (word("rejected", fills=(T1, T2)), "t1:4@100 t2:6@101"),
    "an overfill": (word("filled", fills=(T1, T2, LATER)), "t1:4@100 t2:6@101 t3:2@100"),
    "an execution, and the venue's own name": (
        word("working", fill=T1, native_id="its own"), "Named t1:4@100"
    ),
    "an execution that it has taken back": (
        word("working", fill=replace(T1, busted=True)), "short of 4"
    ),
}


@pytest.mark.parametrize(("update", "expected"), LATER_WORDS.values(), ids=LATER_WORDS)
def test_of_a_working_order(update: OrderUpdate, expected: str) -> None:
    assert expected == found(order(), update)


def test_what_adds_nothing_is_known_under_whatever_name() -> None:
    part_filled = order(executed=4)

    for fill in (execution("first", 4, cum=4), execution("", 4, cum=4), execution("x", 3, cum=3)):
        assert "" == found(part_filled, word("working", fill=fill))


def test_late_words_change_nothing() -> None:
    part_filled = order(executed=4)

    assert "" == found(part_filled, word("working", cum_qty=Decimal(2)))
    assert "" == found(part_filled, word("pending"))


def test_a_part_filled_order_is_not_rejected_any_more() -> None:
    assert "Canceled" == found(order(executed=4), word("rejected"))


def test_an_end_comes_once() -> None:
    ended = order(executed=4)
    of(ended).apply(ended, VenueCanceled(order_id=ORDER_ID, at=NOW))

    for status in ("canceled", "expired", "rejected", "working", "filled"):
        assert "Canceled" not in found(ended, word(status, cum_qty=Decimal(4)))


def test_what_was_told_before_is_not_forgotten() -> None:
    part_filled = order(executed=4)

    assert "short of 6" == found(part_filled, word("canceled", cum_qty=Decimal(4)), told=6)
    assert "Canceled" == found(part_filled, word("canceled", cum_qty=Decimal(4)), told=4)


def test_in_the_end_the_end_does_not_wait() -> None:
    assert "Canceled short of 6" == found(
        order(executed=4), word("canceled"), told=6, final=True
    )
    assert "short of 10" == found(order(executed=9), word("filled"), final=True)


CASH_WORDS = {
    "part filled": (word("working", fill=T1), "t1:4@100"),
    "filled": (word("filled", fill=T1), "t1:4@100 closes"),
    "filled, with its total": (
        word("filled", fill=T1, cum_qty=Decimal(4)), "t1:4@100 closes"
    ),
    "filled, executions missing": (
        word("filled", fill=T1, cum_qty=Decimal(5)), "t1:4@100 short of 5"
    ),
    "filled, and no more is said": (word("filled"), "short of 0"),
    "canceled": (word("canceled", fill=T1), "t1:4@100 Canceled"),
}


@pytest.mark.parametrize(("update", "expected"), CASH_WORDS.values(), ids=CASH_WORDS)
def test_of_an_order_with_cash(update: OrderUpdate, expected: str) -> None:
    assert expected == found(order(CASH), update)


def test_cash_filled_without_the_word_that_it_was_the_last() -> None:
    assert "Canceled" == found(order(CASH, executed=4), word("filled", cum_qty=Decimal(4)))


# ------------------------------------------------------------------------------ bridge


def bridged(order: Leg, **known: object) -> str:
    event = bridge(order, word("working", **known), NOW)
    return name(event) if event is not None else "in doubt"


def test_a_bridge_at_the_price_that_the_average_implies() -> None:
    # 4 at 100 are known: 10 at 103 on average means 6 at 105.
    told = {"cum_qty": Decimal(10), "avg_px": Decimal(103)}

    assert "@10:6@105" == bridged(order("35=D|11=X|38=10|44=106", executed=4), **told)


def test_an_implied_price_lies_between_those_told_and_the_order_s() -> None:
    told = {"cum_qty": Decimal(10), "avg_px": Decimal(103)}

    assert "in doubt" == bridged(order("35=D|11=X|38=10|44=104", executed=4), **told)


def test_the_first_implied_price_is_no_worse_than_the_order_s() -> None:
    told = {"cum_qty": Decimal(10), "avg_px": Decimal(99)}

    assert "@10:10@99" == bridged(order("35=D|11=X|38=10|44=100"), **told)
    assert "in doubt" == bridged(order("35=D|11=X|38=10|44=98"), **told)
    assert "@10:10@99" == bridged(order("35=D|11=X|38=10|44=98|54=2"), **told)


def test_a_sum_of_doubles_implies_no_execution() -> None:
    told = {"cum_qty": Decimal("4.00000000000000004")}
    update = word("working", **told)

    assert [] == compare(order(executed=4), update, NOW, step=Decimal("0.001"))[0]
    assert compare(order(executed=4), update, NOW, step=Decimal("0.001"))[1] is None
    assert compare(order(executed=4), update, NOW)[1] is not None


def test_a_bridge_without_an_average_is_at_the_orders_own_price_or_in_doubt() -> None:
    limit = order("35=D|11=X|38=10|44=99", executed=4)
    cash = order(CASH, executed=4)

    assert "@5:1@99" == bridged(limit, cum_qty=Decimal(5))
    assert "in doubt" == bridged(cash, cum_qty=Decimal(5))


def test_a_bridge_to_the_whole_of_an_order_with_cash_closes_it() -> None:
    counted = {"cum_qty": Decimal(5), "avg_px": Decimal(100)}
    part, whole = word("working", **counted), word("filled", **counted)
    events = [bridge(order(CASH), each, NOW) for each in (part, whole)]
    limit = bridge(order("35=D|11=X|38=5|44=100"), whole, NOW)

    assert ["@5:5@100", "@5:5@100 closes", "@5:5@100"] == [
        name(event) for event in (*events, limit) if event is not None
    ]


@pytest.mark.parametrize("avg_px", [Decimal(0), Decimal(1)])
def test_an_average_that_makes_no_sense_implies_no_price(avg_px: Decimal) -> None:
    limit = order("35=D|11=X|38=10|44=99", executed=4)

    assert "in doubt" == bridged(limit, cum_qty=Decimal(5), avg_px=avg_px)


def test_the_name_of_an_execution() -> None:
    leg = order(executed=0)
    assert "t1" == exec_name(leg, T1)
    assert "@4" == exec_name(leg, NAMELESS)
    assert "@100" == exec_name(leg, execution("", 1, cum="1E+2"))
    leg.fills = dict.fromkeys(("@4", "@40"), KnownExecution(Decimal(4), Decimal(1)))
    assert "@4/2" == exec_name(leg, NAMELESS)
    leg.fills["@4/2"] = leg.fills["@4"]
    assert "@4/3" == exec_name(leg, NAMELESS)

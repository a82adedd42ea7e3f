"""A venue changes an execution that it has told, or takes it back: the client is told once, with
ExecType(150) G or H, the report that it changes in ExecRefID(19), and the order as it is then."""

import pytest
from msgspec.structs import replace

from tests.support.orders import (
    CAPABILITIES,
    Exchange,
    accepted,
    answer,
    canceled_as_asked,
    execution,
    fill,
    news,
    refused,
    replaced,
)
from tests.support.venue_lists import Row, ask_and_hear, fills, listing

STATE = ("150", "39", "14", "151", "6")
TRADE = ("150", "39", "14", "151", "6", "32", "31")


@pytest.fixture
def part(exchange: Exchange) -> Exchange:
    """4 of 10 were executed at 99, and 2 at 100."""
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), listing("working", Row("t1", 4, 99), Row("t2", 2, 100)))
    exchange.reports(), exchange.commands(), exchange.alerts()
    return exchange


def ids(exchange: Exchange) -> list[tuple[str, str]]:
    """ExecID(17) and ExecRefID(19) of each report, behind the order's own OrderID(37)."""
    own = f"{exchange.order('X').order_id}-"
    return [
        (report.exec_id.removeprefix(own), (report.exec_ref_id or "").removeprefix(own))
        for report in exchange.raw_reports()  # type: ignore[union-attr]
    ]


# ------------------------------------------------------------------------- corrections


def test_another_price(part: Exchange) -> None:
    part.venue(listing("working", Row("t1", 4, 98), Row("t2", 2, 100)))

    assert ["150=G|39=1|14=6|151=4|6=98.666666666667|32=4|31=98"] == part.reports(*TRADE)


def test_another_quantity(part: Exchange) -> None:
    part.venue(listing("working", Row("t1", 3, 99), Row("t2", 2, 100)))

    assert ["150=G|39=1|14=5|151=5|6=99.4|32=3|31=99"] == part.reports(*TRADE)


def test_a_larger_quantity_may_fill_the_order(part: Exchange) -> None:
    part.venue(listing("filled", Row("t1", 8, 99), Row("t2", 2, 100)))

    assert ["150=G|39=2|14=10|151=0|6=99.2|32=8|31=99"] == part.reports(*TRADE)


def test_each_names_the_report_before_it(part: Exchange) -> None:
    part.venue(listing("working", Row("t1", 4, 98), Row("t2", 2, 100)))
    part.venue(listing("working", Row("t1", 3, 98), Row("t2", 2, 100)))
    part.venue(listing("working", Row("t1", 3, 98, busted=True), Row("t2", 2, 100)))

    assert [("Gt1.1", "Ft1"), ("Gt1.2", "Gt1.1"), ("Ht1.3", "Gt1.2")] == ids(part)


def test_one_that_a_new_execution_comes_with(part: Exchange) -> None:
    part.venue(listing("working", Row("t1", 4, 98), Row("t2", 2, 100), Row("t3", 1, 100)))

    told = part.reports("150", "32", "31")
    assert ["150=F|32=1|31=100", "150=G|32=4|31=98"] == sorted(told)
    part.venue(answer("working", cum_qty="7"))
    assert [] == part.reports()
    assert "7" == str(part.order("X").cum_qty)


# ------------------------------------------------------------------------------- busts


def test_one_of_two_is_taken_back(part: Exchange) -> None:
    part.venue(listing("working", Row("t1", 4, 99, busted=True), Row("t2", 2, 100)))

    assert ["150=H|39=1|14=2|151=8|6=100|32=4|31=99"] == part.reports(*TRADE)


def test_all_are_taken_back_and_the_order_is_new_again(part: Exchange) -> None:
    part.venue(listing("working", Row("t1", 4, 99, busted=True), Row("t2", 2, 100, busted=True)))

    assert ["150=H|39=1|14=2|151=8|6=100", "150=H|39=0|14=0|151=10|6=0"] == part.reports(*STATE)
    # It works on, and goes on as any order does.
    part.client("35=F|11=C|41=X|")
    assert ["cancel X"] == part.commands()
    part.venue(canceled_as_asked("0"), order="X")
    assert "150=4|39=4|14=0|151=0|6=0" == part.reports(*STATE)[-1]


def test_while_a_cancel_is_pending(part: Exchange) -> None:
    part.client("35=F|11=C|41=X|")
    part.reports()
    part.venue(listing("working", Row("t1", 4, 99, busted=True), Row("t2", 2, 100)), order="X")

    assert ["150=H|39=6|14=2|151=8|6=100"] == part.reports(*STATE)


def test_of_a_filled_order_that_has_ended_there(exchange: Exchange) -> None:
    """Nothing of it works any more: what was taken back will not be executed again."""
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), listing("filled", Row("t1", 4, 99), Row("t2", 6, 100)))
    exchange.reports()
    taken_back = listing("filled", Row("t1", 4, 99), Row("t2", 6, 100, busted=True))
    exchange.venue(taken_back)

    assert ["150=H|39=4|14=4|151=0|6=99|32=6|31=100"] == exchange.reports(*TRADE)
    exchange.restart()
    exchange.venue(taken_back)
    exchange.wait(60)
    assert [] == exchange.reports()


def test_of_a_canceled_order(part: Exchange) -> None:
    """An end stays an end; what was executed until then changes."""
    part.client("35=F|11=C|41=X|")
    part.venue(canceled_as_asked("6"), order="X")
    part.reports()
    part.venue(listing("canceled", Row("t1", 4, 99), Row("t2", 2, 100, busted=True)), order="X")

    assert ["150=H|39=4|14=4|151=0|6=99"] == part.reports(*STATE)


def test_one_that_nobody_was_told_of_is_none(part: Exchange) -> None:
    part.venue(listing(
        "working", Row("t1", 4, 99), Row("t2", 2, 100), Row("t9", 3, 100, busted=True)
    ))

    assert [] == part.reports()


@pytest.mark.parametrize("end", ["canceled", "filled"])
def test_one_that_is_taken_back_before_it_is_listed_is_not_waited_for(
    exchange: Exchange, end: str
) -> None:
    """The venue said that all 10 were executed; when it lists them, 6 are taken back."""
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), news("filled", cum_qty="10"))
    ask_and_hear(exchange, answer("filled", cum_qty="10", fills=()), 20)
    exchange.reports()
    said = listing(end, Row("t1", 4, 99), Row("t2", 6, 100, busted=True))
    ask_and_hear(exchange, said, 120)

    assert ["150=F|39=1|14=4|151=6|6=99", "150=4|39=4|14=4|151=0|6=99"] == (
        exchange.reports(*STATE)
    )


# --------------------------------------------------------------------- once and for ever


def test_the_same_list_again_tells_nothing_new(part: Exchange) -> None:
    changed = listing("working", Row("t1", 4, 98), Row("t2", 2, 100, busted=True))
    part.venue(changed)
    assert 2 == len(part.reports())
    part.venue(changed, changed)
    part.wait(60)
    assert [] == part.reports()


def test_nor_does_it_after_a_restart(part: Exchange) -> None:
    changed = listing("working", Row("t1", 4, 98), Row("t2", 2, 100, busted=True))
    part.venue(changed)
    part.reports()
    part.restart()
    part.venue(changed)
    part.wait(60)
    assert [] == part.reports()

    part.client("35=H|11=X|")
    assert ["150=I|39=1|14=4|151=6|6=98"] == part.reports(*STATE)


def test_the_names_go_on_after_a_restart(part: Exchange) -> None:
    part.venue(listing("working", Row("t1", 4, 98), Row("t2", 2, 100)))
    part.raw_reports()
    part.restart()
    part.venue(listing("working", Row("t1", 4, 97), Row("t2", 2, 100)))

    assert [("Gt1.2", "Gt1.1")] == ids(part)


def test_one_that_is_not_listed_is_not_taken_back(part: Exchange) -> None:
    part.venue(listing("working", Row("t2", 2, 100)))
    part.wait(60)

    assert [] == part.reports()


def test_an_execution_without_a_name_is_not_compared(exchange: Exchange) -> None:
    """The total that is its name says nothing of which it was."""
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), answer("working", fills=(execution("", 4, 99, cum=4),)))
    exchange.reports()
    exchange.venue(answer("working", fills=(execution("", 4, 98, cum=4),)))

    assert [] == exchange.reports()


# ------------------------------------------------------------- of what has been replaced


@pytest.fixture
def chain() -> Exchange:
    """Y, 12, has taken the place of X, of which 4 were executed at 99; 3 of Y at 101."""
    exchange = Exchange(replace(CAPABILITIES, replace=True))
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), fill("t1", 4, 99))
    exchange.client("35=G|11=Y|41=X|38=12|44=101|")
    exchange.venue(replaced(cum_qty="4"), fill("u1", 3, 101))
    exchange.venue(answer("canceled", cum_qty="4", fills=fills(Row("t1", 4, 99))), order="X")
    exchange.reports()
    return exchange


def test_a_bust_of_what_was_replaced_counts_in_the_total(chain: Exchange) -> None:
    chain.venue(listing("canceled", Row("t1", 4, 99, busted=True)), order="X")

    root = chain.order("X").order_id
    assert [f"37={root}|19={root}-Ft1|11=Y|150=H|39=1|14=3|6=101|32=4|31=99"] == (
        chain.reports("37", "19", "11", "150", "39", "14", "6", "32", "31")
    )


def test_a_correction_of_what_was_replaced_does_too(chain: Exchange) -> None:
    chain.venue(listing("canceled", Row("t1", 2, 99)), order="X")

    assert ["11=Y|150=G|39=1|14=5|6=100.2|32=2|31=99"] == (
        chain.reports("11", "150", "39", "14", "6", "32", "31")
    )


def test_a_bust_of_what_took_the_place(chain: Exchange) -> None:
    chain.venue(listing("working", Row("u1", 3, 101, busted=True)), order="Y")

    assert ["11=Y|150=H|39=1|14=4|151=8|6=99"] == chain.reports("11", *STATE)


def test_the_same_after_a_restart(chain: Exchange) -> None:
    chain.venue(listing("canceled", Row("t1", 4, 99, busted=True)), order="X")
    chain.reports()
    chain.restart()
    chain.client("35=H|11=Y|")

    assert ["150=I|39=1|14=3|6=101"] == chain.reports("150", "39", "14", "6")


# ------------------------------------------------------------- sums that never were


def test_two_corrections_of_which_one_alone_would_fill_the_order(part: Exchange) -> None:
    part.venue(listing("working", Row("t1", 8, 99), Row("t2", 1, 100)))

    assert ["150=G|39=1|14=5|151=5", "150=G|39=1|14=9|151=1"] == part.reports(*STATE[:4])
    assert part.order("X").open


def test_the_same_while_its_client_cancels_it(part: Exchange) -> None:
    part.client("35=F|11=Y|41=X|")
    part.reports(), part.commands()
    part.venue(listing("working", Row("t1", 8, 99), Row("t2", 1, 100)))

    assert ["150=G|39=6|14=5|151=5", "150=G|39=6|14=9|151=1"] == part.reports(*STATE[:4])


def test_two_corrections_of_an_order_that_stays_filled(part: Exchange) -> None:
    part.venue(listing("filled", Row("t1", 4, 99), Row("t2", 2), Row("t3", 4)))
    part.reports()
    part.venue(listing("filled", Row("t1", 3, 99), Row("t2", 3), Row("t3", 4)))

    assert {"39=2"} == set(part.reports("39"))


def test_of_an_execution_that_one_list_tells_twice_the_first_word_counts(part: Exchange) -> None:
    """Each change has an ExecID(17) of its own: two of them at once would have the same."""
    told_twice = listing("working", Row("t1", 4, 98), Row("t1", 3, 99), Row("t2", 2))
    part.venue(told_twice, told_twice)

    order_id = part.order("X").order_id
    assert [f"17={order_id}-Gt1.1|150=G|31=98"] == part.reports("17", "150", "31")


def test_a_total_that_is_reached_again_after_a_bust_is_another_execution(
    exchange: Exchange,
) -> None:
    """The venue gives no ID to it, nor to the one that had brought the order there before."""
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), fill("t1", 4, cum=4), fill("", 3, cum=7))
    bust = replace(execution("t1", 4, cum=4), busted=True)
    exchange.venue(news("working", fill=bust), fill("", 4, cum=7))
    exchange.venue(fill("", 4, cum=7))

    order_id = exchange.order("X").order_id
    assert [
        f"17={order_id}-F@7|150=F|14=7", f"17={order_id}-Ht1.1|150=H|14=3",
        f"17={order_id}-F@7/2|150=F|14=7",
    ] == exchange.reports("17", "150", "14")[-3:]


def test_an_execution_comes_back_after_the_order_was_refused(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), listing("working", Row("t1", 4)))
    exchange.venue(listing("working", Row("t1", 4, busted=True)), news("rejected", cum_qty="0"))
    exchange.reports()
    exchange.venue(listing("canceled", Row("t1", 4)))

    assert ["150=G|39=1|14=4|151=6", "150=4|39=4|14=4|151=0"] == exchange.reports(*STATE[:4])


def test_a_bust_of_the_replaced_leg_of_an_order_that_is_filled() -> None:
    exchange = Exchange(replace(CAPABILITIES, replace=True))
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), listing("working", Row("t1", 4)))
    exchange.client("35=G|11=Y|41=X|38=10|44=101|")
    exchange.venue(replaced(cum_qty="4"), fill("u1", 6, status="filled"))
    assert "150=F|39=2|14=10|151=0" == exchange.reports(*STATE[:4])[-1]

    exchange.venue(listing("canceled", Row("t1", 4, busted=True)), order="X")
    exchange.client("35=H|11=Y|")
    assert ["150=H|39=4|14=6|151=0", "150=I|39=4|14=6|151=0"] == exchange.reports(*STATE[:4])

    exchange.venue(listing("canceled", Row("t1", 4)), order="X")
    assert ["150=G|39=2|14=10|151=0"] == exchange.reports(*STATE[:4])


def test_a_count_that_was_taken_back_is_alerted_once_of_an_order_that_has_ended(
    part: Exchange,
) -> None:
    ended = listing("canceled", Row("t1", 4, 99), Row("t2", 2))
    part.venue(ended, news("canceled", cum_qty="7"))
    part.reports()
    ask_and_hear(part, ended, 300)

    assert ["executed_quantity_shrank"] == part.alerts()
    assert [] == ask_and_hear(part, ended, 120)


def test_an_operator_is_alerted_to_each_correction_and_each_bust(part: Exchange) -> None:
    part.venue(listing("working", Row("t1", 4, 98), Row("t2", 2, 100)))
    assert ["execution_changed"] == part.alerts()

    part.venue(listing("working", Row("t1", 4, 98, busted=True), Row("t2", 2, 100)))
    assert ["execution_changed"] == part.alerts()


def test_a_count_that_was_taken_back_counts_for_half_a_minute(part: Exchange) -> None:
    ended = listing("canceled", Row("t1", 4, 99), Row("t2", 2))
    part.venue(news("canceled", cum_qty="7"))
    part.tick(29_999)
    part.venue(ended)
    assert [] == part.alerts()

    part.tick(1)
    part.venue(ended)
    assert ["executed_quantity_shrank"] == part.alerts()


def test_an_order_that_was_refused_and_executed_in_part_ends(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(refused())
    exchange.reports()
    exchange.venue(fill("t1", 4, status="canceled"))

    assert ["150=F|39=1|14=4|151=6", "150=4|39=4|14=4|151=0"] == exchange.reports(*STATE[:4])
    assert not exchange.order().open

"""OrderCancelReplaceRequest(35=G) while something else happens: late executions, answers that say
too little, a venue that is held, a client that goes, an operator who knows more."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from fixgw.core.orders.client_order import of
from fixgw.model.effects import QueryOrder, ReplaceOrder
from fixgw.model.enums import Command, OrdStatus, Verdict
from fixgw.model.errors import VerdictRefused
from fixgw.model.venue import Acked, InstrumentsLoaded, Refused, VenueHeld
from tests.support.orders import (
    BTC_USDT,
    CAPABILITIES,
    LATE_SUBMIT_MS,
    VENUE,
    Exchange,
    accepted,
    answer,
    cancel_refused,
    canceled_as_asked,
    execution,
    fill,
    lost,
    news,
    outcome,
    refused,
    replaced,
)

TOLD = ("11", "41", "150", "39", "38", "14", "151", "102", "434", "378", "58")
NATIVE = replace(CAPABILITIES, replace=True)


def working(exchange: Exchange) -> Exchange:
    """X, 10 at 100, is at the venue."""
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    return quiet(exchange)


def quiet(exchange: Exchange) -> Exchange:
    exchange.reports(), exchange.commands(), exchange.alerts()
    return exchange


@pytest.fixture
def native() -> Exchange:
    """A venue that replaces in one step."""
    return working(Exchange(NATIVE))


@pytest.fixture
def by_cancel() -> Exchange:
    """A venue that cannot, and a client that wants it all the same."""
    return working(Exchange(replace_by_cancel=True))


def replaced_once(native: Exchange, cum_qty: str) -> Exchange:
    """Y has taken the place of X, of which *cum_qty* was executed that nobody told of yet."""
    native.client("35=G|11=Y|41=X|38=12|")
    native.venue(replaced(cum_qty=cum_qty), order="Y")
    return quiet(native)


def all_told(name: str, quantity: int) -> tuple[str, dict[str, object]]:
    """The venue lists one execution of an order that is over."""
    fills = (execution(name, quantity, cum=quantity),)
    return "canceled", {"cum_qty": str(quantity), "fills": fills}


# ------------------------------------------------------ executions that are told late


def test_a_late_execution_of_the_old_order_may_be_the_last_one(native: Exchange) -> None:
    replaced_once(native, "4")
    native.venue(fill("u1", 8), order="Y")
    assert ["11=Y|150=F|39=1|38=12|14=8|151=4"] == native.reports(*TOLD)

    status, known = all_told("t1", 4)
    native.venue(answer(status, **known), order="X")
    assert ["11=Y|150=F|39=2|38=12|14=12|151=0"] == native.reports(*TOLD)
    assert [] == native.alerts()
    assert not len(native.engine.proofs)
    native.restart()
    assert OrdStatus.FILLED is native.order("Y").status
    assert [] == native.engine.orders.open()


def test_a_cancel_that_is_pending_then_is_too_late(native: Exchange) -> None:
    replaced_once(native, "4")
    native.venue(fill("u1", 8), order="Y")
    native.client("35=F|11=C|41=Y|")
    quiet(native)
    status, known = all_told("t1", 4)
    native.venue(answer(status, **known), order="X")

    assert [
        "11=Y|150=F|39=6|38=12|14=12|151=0",
        "35=9|11=C|41=Y|39=2|102=0|434=1|58=the order is FILLED",
    ] == native.reports(*TOLD)


@pytest.mark.parametrize("end", ["filled", "canceled"])
def test_the_end_of_the_new_order_waits_for_what_the_old_one_executed(
    native: Exchange, end: str
) -> None:
    replaced_once(native, "4")
    native.venue(news(end, cum_qty="8", fill=execution("u1", 8, cum=8)), order="Y")
    # 8 of 12: whether that is all of it nobody knows before X has told what it executed.
    assert ["11=Y|150=F|39=1|38=12|14=8|151=4"] == native.reports(*TOLD)

    status, known = all_told("t1", 3)
    native.venue(answer(status, **(known | {"cum_qty": "3"})), order="X")
    # It had said 4.
    assert ["11=Y|150=F|39=1|38=12|14=11|151=1"] == native.reports(*TOLD)
    fills = (execution("t1", 3, cum=3), execution("t2", 1, cum=4))
    native.venue(answer("canceled", cum_qty="4", fills=fills), order="X")
    assert ["11=Y|150=F|39=2|38=12|14=12|151=0"] == native.reports(*TOLD)


def test_an_end_that_has_waited_is_asked_for(native: Exchange) -> None:
    replaced_once(native, "4")
    native.venue(news("canceled", cum_qty="0", text="by the venue"), order="Y")
    assert [] == native.reports()
    status, known = all_told("t1", 4)
    native.venue(answer(status, **known), order="X")
    assert ["11=Y|150=F|39=1|38=12|14=4|151=8"] == native.reports(*TOLD)
    assert ["query Y"] == native.commands()

    native.venue(answer("canceled", cum_qty="0", text="by the venue"), order="Y")
    assert ["11=Y|150=4|39=4|38=12|14=4|151=0|58=by the venue"] == native.reports(*TOLD)
    assert not len(native.engine.proofs)


def test_a_second_replace_leaves_when_it_is_known_what_is_left(native: Exchange) -> None:
    """Or more would be executed than OrderQty(38): the venue takes off only what Y executed."""
    replaced_once(native, "4")
    native.client("35=G|11=Z|41=Y|38=9|")
    assert ["11=Z|41=Y|150=E|39=E|38=12|14=0|151=12"] == native.reports(*TOLD)
    assert [] == native.commands()

    status, known = all_told("t1", 4)
    native.venue(answer(status, **known), order="X")
    # From the beginning of Y: 9 less the 4 of X.
    assert ["replace Y by Z: 5 at 100"] == native.commands()


def test_the_status_of_a_rejected_cancel_counts_those_before(native: Exchange) -> None:
    replaced_once(native, "4")
    status, known = all_told("t1", 4)
    native.venue(answer(status, **known), order="X")
    native.client("35=F|11=C|41=Y|")
    quiet(native)
    native.venue(cancel_refused(), answer("working"), order="Y")

    assert ["35=9|11=C|41=Y|39=1|102=99|434=1|58=no"] == native.reports(*TOLD)


def test_what_is_rejected_and_executes_even_so_is_an_order_of_its_own(native: Exchange) -> None:
    """The venue's proof was wrong; what it did is told, and mixes with nothing else."""
    native.client("35=G|11=Y|41=X|38=12|")
    native.venue(outcome(Command.REPLACE, Refused("90", "no")), order="Y")
    quiet(native)
    native.venue(fill("u1", 3), order="Y")
    native.venue(fill("t1", 2), order="X")

    first, second = native.order("X").order_id, native.order("Y").order_id
    assert [
        f"37={second}|11=Y|150=F|39=1|38=12|14=3|151=9",
        f"37={first}|11=X|150=F|39=1|38=10|14=2|151=8",
    ] == native.reports("37", *TOLD)
    assert "fill_after_the_end" in native.alerts()


def test_what_is_rejected_has_the_quantity_it_was_sent_with(native: Exchange) -> None:
    """The venue was told 12: what the other order executes since then changes nothing in that."""
    native.client("35=G|11=Y|41=X|38=12|")
    native.venue(outcome(Command.REPLACE, Refused("90", "no")), order="Y")
    native.venue(fill("t1", 4), order="X")
    quiet(native)
    native.venue(fill("u1", 12), order="Y")

    assert ["11=Y|150=F|39=2|38=12|14=12|151=0"] == native.reports(*TOLD)
    assert "overfilled" not in native.alerts()


# --------------------------------------------------- answers that say too little, or too much


def test_a_cancel_that_says_nothing_of_executions_is_no_proof(by_cancel: Exchange) -> None:
    by_cancel.client("35=G|11=Y|41=X|38=12|")
    quiet(by_cancel)
    by_cancel.venue(canceled_as_asked(None), order="X")
    assert ["query fills of X"] == by_cancel.commands()

    status, known = all_told("t1", 4)
    by_cancel.venue(answer(status, **known), order="X")
    assert ["submit Y: 8"] == by_cancel.commands()


def test_what_never_left_cannot_be_at_the_venue(by_cancel: Exchange) -> None:
    by_cancel.client("35=G|11=Y|41=X|38=12|")
    quiet(by_cancel)
    by_cancel.venue(news("working"), fill("u1", 3), answer("absent"), order="Y")

    assert [] == by_cancel.reports()
    assert 3 == by_cancel.alerts().count("update_of_order_that_never_left")
    assert OrdStatus.PENDING_REPLACE is by_cancel.order("X").status


def test_a_refused_replace_is_not_sent_elsewhere_as_an_order(native: Exchange) -> None:
    """X works on: both would."""
    native.client("35=G|11=Y|41=X|38=12|")
    quiet(native)
    native.venue(outcome(Command.REPLACE, Refused("T1", "no", reroute="TIER_2")), order="Y")

    assert ["35=9|11=Y|41=X|39=0|102=2|434=2|58=no"] == native.reports(*TOLD)
    assert ["query X"] == native.commands()


def test_an_order_that_the_venue_has_lost_is_not_followed(by_cancel: Exchange) -> None:
    """It may have been executed in full: its end is concluded and proves nothing."""
    by_cancel.client("35=G|11=Y|41=X|38=12|")
    by_cancel.venue(cancel_refused("unknown"), order="X")
    quiet(by_cancel)
    for _ in range(7):
        by_cancel.venue(answer("absent"), order="X")
        by_cancel.wait(60)

    assert [
        "11=X|150=D|39=4|38=10|14=0|151=0|378=8|58=canceled to be replaced: the venue knows no "
        "such order any more",
        "35=9|11=Y|41=X|39=4|102=0|434=2|58=the order is CANCELED",
    ] == by_cancel.reports(*TOLD)
    assert not any(command.startswith("submit") for command in by_cancel.commands())


def test_an_order_that_it_finds_again_stays(by_cancel: Exchange) -> None:
    by_cancel.client("35=G|11=Y|41=X|38=12|")
    by_cancel.venue(cancel_refused("unknown"), answer("absent"), order="X")
    quiet(by_cancel)
    by_cancel.wait(60)
    by_cancel.venue(answer("working"), order="X")

    assert ["35=9|11=Y|41=X|39=0|102=2|434=2|58=unknown"] == by_cancel.reports(*TOLD)


def test_an_order_that_executed_too_much_when_it_is_accepted_is_cancelled() -> None:
    exchange = Exchange(NATIVE)
    exchange.client("35=D|11=X|38=10|")
    exchange.client("35=G|11=Y|41=X|38=3|")
    quiet(exchange)
    exchange.venue(fill("t1", 4), order="X")
    assert ["cancel X"] == exchange.commands()
    exchange.restart()
    exchange.venue(canceled_as_asked("4"), order="X")

    assert ["150=0|39=E|14=0", "150=F|39=E|14=4", "150=5|39=2|14=4"] == (
        exchange.reports("150", "39", "14")
    )


# --------------------------------------------------------------- too late, or not now


@pytest.mark.parametrize("capabilities", [NATIVE, CAPABILITIES])
def test_a_venue_that_is_held_is_given_no_replacement(capabilities: object) -> None:
    exchange = working(Exchange(capabilities, replace_by_cancel=True))  # type: ignore[arg-type]
    exchange.handle(VenueHeld(venue=VENUE, text="call us"))
    exchange.client("35=G|11=Y|41=X|38=12|")

    assert [
        "35=9|11=Y|41=X|39=0|102=99|434=2|58=venue acme takes no new orders: call us"
    ] == exchange.reports(*TOLD)
    assert [] == exchange.commands()


def test_one_that_is_held_meanwhile_is_given_none_either(by_cancel: Exchange) -> None:
    by_cancel.client("35=G|11=Y|41=X|38=12|")
    quiet(by_cancel)
    by_cancel.handle(VenueHeld(venue=VENUE, text="call us"))
    by_cancel.venue(canceled_as_asked("0"), order="X")

    assert [
        "11=X|150=4|39=4|38=10|14=0|151=0|58=canceled to be replaced",
        "35=9|11=Y|41=X|39=4|102=0|434=2|58=venue acme takes no new orders: call us",
    ] == by_cancel.reports(*TOLD)
    assert not any(command.startswith("submit") for command in by_cancel.commands())


def test_an_order_that_never_arrived_is_not_sent_again_to_a_venue_that_is_held(
    exchange: Exchange,
) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(lost())
    exchange.handle(VenueHeld(venue=VENUE, text="call us"))
    quiet(exchange)
    for _ in range(3):
        exchange.wait(10)
        exchange.venue(answer("absent"))

    assert ["11=X|150=8|39=8|38=10|14=0|151=0|58=the order never reached the venue, which takes "
            "no new orders: call us"] == exchange.reports(*TOLD)
    assert 1 == exchange.submits[exchange.order("X").order_id]


def test_a_replacement_whose_turn_comes_too_late_is_not_sent(by_cancel: Exchange) -> None:
    by_cancel.client("35=G|11=Y|41=X|38=12|")
    by_cancel.venue(lost(Command.CANCEL), order="X")
    by_cancel.wait(LATE_SUBMIT_MS / 1000 + 1)
    quiet(by_cancel)
    by_cancel.venue(answer("canceled", cum_qty="0"), order="X")

    assert [
        "11=X|150=4|39=4|38=10|14=0|151=0|58=canceled to be replaced",
        "35=9|11=Y|41=X|39=4|102=0|434=2|58=the replacement is too old to be submitted now",
    ] == by_cancel.reports(*TOLD)
    assert [] == by_cancel.commands()


def test_what_would_be_left_is_checked_before_anything_is_cancelled(by_cancel: Exchange) -> None:
    by_cancel.handle(InstrumentsLoaded(VENUE, (replace(BTC_USDT, min_qty=Decimal(5)),)))
    by_cancel.venue(fill("t1", 8))
    quiet(by_cancel)
    by_cancel.client("35=G|11=Y|41=X|38=11|")

    assert ["35=9|11=Y|41=X|39=1|102=99|434=2|58=OrderQty(38) 3 is below the minimum 5 of BTCUSDT "
            "at ACME"] == by_cancel.reports(*TOLD)
    assert [] == by_cancel.commands()


def test_where_nobody_can_be_asked_nothing_is_cancelled_to_be_replaced() -> None:
    exchange = working(Exchange(replace(CAPABILITIES, query=False), replace_by_cancel=True))
    exchange.client("35=G|11=Y|41=X|38=12|")

    assert ["35=9|11=Y|41=X|39=0|102=2|434=2|58=the venue has no replace"] == (
        exchange.reports(*TOLD)
    )


def test_another_exchange_cannot_be_asked_for(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|207=OTHER|")

    assert ["35=9|11=Y|41=X|39=0|102=99|434=2|58=SecurityExchange(207) cannot be replaced: it is "
            "'ACME', the request says 'OTHER'"] == native.reports(*TOLD)


# ----------------------------------------------------------------- names and numbers


def test_a_name_that_a_replace_has_used_is_no_order_s_any_more(native: Exchange) -> None:
    replaced_once(native, "0")
    native.client("35=D|11=Y|38=10|")
    native.client("35=D|11=Y|38=10|97=Y|")
    native.client("35=F|11=Y|41=Y|")

    used = "11=Y|150=8|39=0|38=12|14=0|151=12|58=ClOrdID(11) 'Y' was used before"
    assert [
        used, used, "35=9|11=Y|41=Y|39=0|102=6|434=1|58=ClOrdID(11) 'Y' was used before",
    ] == native.reports(*TOLD)
    assert [] == native.commands()


def test_an_old_name_still_cancels(native: Exchange) -> None:
    replaced_once(native, "0")
    native.client("35=F|11=C|41=X|")

    assert ["11=C|41=Y|150=6|39=6|38=12|14=0|151=12"] == native.reports(*TOLD)
    assert ["cancel Y"] == native.commands()


def test_an_order_may_be_replaced_thousands_of_times(native: Exchange) -> None:
    native.venue(fill("t1", 1))
    old = "X"
    for number in range(3000):
        new = f"Y{number}"
        native.client(f"35=G|11={new}|41={old}|38={20 + number % 2}|")
        native.venue(replaced(cum_qty="1" if old == "X" else "0"), order=new)
        old = new
    native.reports()
    native.restart()
    native.client("35=H|11=X|")

    assert ["11=Y2999|150=I|39=1|38=21|14=1|151=20"] == native.reports(*TOLD)
    # Those before it are listed with what they and those before them had executed.
    assert Decimal(1) == of(native.order("Y2000")).cum_qty
    assert 1 == len(native.engine.orders.open())


# ------------------------------------------------------------- a client that goes or is back


def test_of_a_client_that_is_gone_only_what_may_work_is_cancelled(by_cancel: Exchange) -> None:
    by_cancel.client("35=G|11=Y|41=X|38=12|")
    by_cancel.venue(canceled_as_asked("0"), order="X")
    quiet(by_cancel)
    by_cancel.client_gone()
    by_cancel.venue(accepted(), order="Y")
    assert ["cancel Y"] == by_cancel.commands()
    by_cancel.venue(canceled_as_asked("0"), order="Y")

    assert [
        "11=Y|41=X|150=5|39=0|38=12|14=0|151=12",
        "11=Y|150=4|39=4|38=12|14=0|151=0|58=the client is gone",
    ] == by_cancel.reports(*TOLD)
    assert not len(by_cancel.engine.proofs)


def test_a_client_that_is_back_still_gets_its_answer(by_cancel: Exchange) -> None:
    by_cancel.client("35=G|11=Y|41=X|38=12|")
    by_cancel.venue(cancel_refused("busy"), order="X")
    quiet(by_cancel)
    by_cancel.client_back()
    by_cancel.venue(answer("working"), order="X")

    assert ["35=9|11=Y|41=X|39=0|102=2|434=2|58=busy"] == by_cancel.reports(*TOLD)


def test_a_mass_cancel_counts_what_replaces_each_other_once(native: Exchange) -> None:
    replaced_once(native, "4")  # X may have more to tell
    native.client("35=G|11=Z|41=Y|38=13|")
    quiet(native)
    native.client("35=q|11=M|")

    assert ["35=r|11=M|531=7|533=1"] == native.reports("11", "531", "533")[:1]
    assert ["cancel Y"] == [c for c in native.commands() if c.startswith("cancel")]


def test_a_mass_cancel_cancels_what_may_be_there_already(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|")
    quiet(native)
    native.client("35=q|11=M|")
    native.venue(replaced(), order="Y")

    assert ["35=r|11=M|533=1", "11=Y|150=5"] == native.reports("11", "533", "150")
    assert ["cancel X", "cancel Y"] == native.commands()


def test_a_mass_cancel_goes_on_when_its_client_logs_on_again(exchange: Exchange) -> None:
    working(exchange)
    exchange.client_gone()
    exchange.client_back()
    exchange.client("35=F|11=C|41=X|")
    exchange.venue(cancel_refused(), answer("working"), order="X")
    quiet(exchange)
    exchange.client("35=q|11=M|")
    exchange.client_gone("the client is gone")
    exchange.venue(cancel_refused(), order="X")
    quiet(exchange)
    exchange.client_back()
    exchange.wait(3)
    exchange.venue(answer("working"), order="X")

    assert "cancel X" in exchange.commands()


# ------------------------------------------------------------------------ an operator


def test_an_operator_may_name_the_order_as_the_client_does(native: Exchange) -> None:
    replaced_once(native, "0")
    native.client("35=F|11=C|41=Y|")
    native.venue(lost(Command.CANCEL), order="Y")
    quiet(native)
    native.operator(Verdict.CANCELED, "ann", "says the desk", order="X")

    assert ["11=C|41=Y|150=4|39=4|38=12|14=0|151=0|58=ann: says the desk"] == (
        native.reports(*TOLD)
    )
    assert not len(native.engine.proofs)


def test_an_operator_may_mean_what_the_old_order_executed(native: Exchange) -> None:
    replaced_once(native, "4")
    with pytest.raises(VerdictRefused, match="was replaced: record what it had executed"):
        native.operator(Verdict.WORKING, "ann", "says the desk", order="X")
    native.operator(
        Verdict.FILLED, "ann", "says the desk", Decimal(4), Decimal(99), order="X"
    )
    native.operator(Verdict.CANCELED, "ann", "says the desk", order="X")

    assert ["11=Y|150=F|39=1|38=12|14=4|151=8|58=ann: says the desk"] == native.reports(*TOLD)
    assert not len(native.engine.proofs)


def test_a_replace_in_doubt_is_decided_by_the_name_of_either(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|")
    native.venue(lost(Command.REPLACE), order="Y")
    native.venue(news("canceled", cum_qty="0"), order="X")
    quiet(native)
    native.operator(Verdict.WORKING, "ann", "says the desk", order="X")

    assert ["11=Y|41=X|150=5|39=0|38=12|14=0|151=12"] == native.reports(*TOLD)
    assert not len(native.engine.proofs)


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (Verdict.CANCELED, [
            "11=X|150=D|39=4|38=10|14=0|151=0|378=4|58=canceled to be replaced: ann: says the desk",
            "35=9|11=Y|41=X|39=4|102=0|434=2|58=the order is CANCELED",
        ]),
        (Verdict.FILLED, [
            "11=X|150=F|39=E|38=10|14=10|151=0|58=ann: says the desk",
            "35=9|11=Y|41=X|39=2|102=0|434=2|58=the order is FILLED",
        ]),
        (Verdict.WORKING, [
            "35=9|11=Y|41=X|39=0|102=2|434=2|58=ann: says the desk",
        ]),
    ],
)
def test_an_operator_s_word_on_the_old_order_ends_its_replace(
    by_cancel: Exchange, verdict: Verdict, told: list[str]
) -> None:
    by_cancel.client("35=G|11=Y|41=X|38=12|")
    by_cancel.venue(lost(Command.CANCEL), order="X")
    quiet(by_cancel)
    execution_ = (Decimal(10), Decimal(100)) if verdict is Verdict.FILLED else (None, None)
    by_cancel.operator(verdict, "ann", "says the desk", *execution_, order="X")

    assert told == by_cancel.reports(*TOLD)
    assert not any(command.startswith("submit") for command in by_cancel.commands())
    by_cancel.restart()
    assert not len(by_cancel.engine.proofs)


@pytest.mark.parametrize(
    ("verdict", "status", "reason"), [(Verdict.FILLED, 2, 0), (Verdict.WORKING, 0, 2)]
)
def test_an_operator_s_word_answers_a_cancel_in_doubt(
    exchange: Exchange, verdict: Verdict, status: int, reason: int
) -> None:
    working(exchange)
    exchange.client("35=F|11=C|41=X|")
    exchange.venue(lost(Command.CANCEL), order="X")
    quiet(exchange)
    execution_ = (Decimal(10), Decimal(100)) if verdict is Verdict.FILLED else (None, None)
    exchange.operator(verdict, "ann", "says the desk", *execution_, order="X")

    rejected = [r for r in exchange.reports("11", "39", "102") if r.startswith("35=9")]
    assert [f"35=9|11=C|39={status}|102={reason}"] == rejected
    assert not len(exchange.engine.proofs)


# ----------------------------------------------------------------- after a death


def test_a_restart_while_a_second_replace_waits(native: Exchange) -> None:
    replaced_once(native, "4")
    native.client("35=G|11=Z|41=Y|38=9|")
    quiet(native)
    native.restart()
    native.wait(0.1)
    assert {"query X", "query Y"} == set(native.commands())
    status, known = all_told("t1", 4)
    native.venue(answer(status, **known), order="X")
    assert ["replace Y by Z: 5 at 100"] == native.commands()

    native.restart()
    native.wait(0.1)
    assert {"query Y", "query Z"} == set(native.commands())


def test_a_restart_after_a_replace_in_full(by_cancel: Exchange) -> None:
    by_cancel.venue(fill("t1", 4))
    by_cancel.client("35=G|11=Y|41=X|38=4|")
    by_cancel.venue(canceled_as_asked("4"), order="X")
    quiet(by_cancel)
    by_cancel.restart()
    by_cancel.client("35=H|11=X|")
    by_cancel.wait(5)

    assert ["11=Y|150=I|39=2|38=4|14=4|151=0"] == by_cancel.reports(*TOLD)
    assert [] == by_cancel.commands()


def test_one_that_was_taken_on_and_not_decided_is_asked_about(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|")
    native.venue(outcome(Command.REPLACE, Acked()), order="Y")
    quiet(native)
    native.wait(3)
    assert {"query X", "query Y"} <= set(native.commands())
    native.venue(refused("no"), order="X")
    native.venue(news("rejected", text="no size"), order="Y")

    assert ["35=9|11=Y|41=X|39=0|102=99|434=2|58=no size"] == native.reports(*TOLD)


def test_while_a_replace_is_in_hand_absence_proves_nothing(native: Exchange) -> None:
    """The adapter has it and has not answered: it may still leave, however long that takes."""
    native.client("35=G|11=Y|41=X|38=12")
    native.wait(120)
    quiet(native)

    native.venue(answer("absent"), order="Y")
    assert [] == native.reports()
    assert native.order("X").replacing

    native.venue(replaced(), order="Y")
    assert ["11=Y|41=X|150=5|39=0|38=12|14=0|151=12"] == native.reports(*TOLD)


def test_only_an_absence_that_was_asked_for_late_enough_proves_one(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12")
    native.venue(lost(Command.REPLACE), order="Y")
    native.wait(1)
    quiet(native)
    native.venue(answer("absent"), order="Y")
    assert [] == native.reports(), "it may still arrive"

    for _ in range(5):  # each answer is to the question before it
        native.wait(5)
        native.venue(answer("absent"), order="Y")
    assert ["35=9|11=Y|41=X|39=0|102=99|434=2|58=the venue has not replaced the order"] == (
        native.reports(*TOLD)
    )


@pytest.mark.parametrize("capabilities", [NATIVE, CAPABILITIES])
def test_a_late_fill_of_what_was_replaced_does_not_fill_what_works(capabilities: Any) -> None:
    """The venue works Y with what it was given: that X executed more than it said ends nothing."""
    exchange = working(Exchange(capabilities, replace_by_cancel=True))
    exchange.client("35=G|11=Y|41=X|38=12")
    if capabilities is NATIVE:
        exchange.venue(replaced(), order="Y")
    else:
        exchange.venue(canceled_as_asked("0"), order="X")
        exchange.venue(accepted(), order="Y")
    exchange.venue(fill("t1", 3), order="Y")
    quiet(exchange)
    given = exchange.order("Y").quantity

    exchange.venue(fill("t2", 9), order="X")

    told = exchange.reports("11", "150", "39", "14", "151")
    if capabilities is NATIVE:  # what X executed was taken off Y, by the venue
        assert ["11=Y|150=F|39=2|14=12|151=0"] == told
    else:
        assert ["11=Y|150=F|39=1|14=12|151=0"] == told
        assert exchange.order("Y").open and exchange.order("Y").quantity == given


def test_each_pending_replace_has_an_exec_id_of_its_own(native: Exchange) -> None:
    for name in ("Y", "Z"):
        native.client(f"35=G|11={name}|41=X|38=12")
        native.venue(outcome(Command.REPLACE, Refused("no", "no")), order=name)
    told = native.reports("150", "17")
    order_id = native.order("X").order_id
    assert [f"150=E|17={order_id}-E.1", f"150=E|17={order_id}-E.2"] == [
        "|".join(sorted(each.split("|"), reverse=True)[::-1]) for each in told if "150=E" in each
    ]


def test_each_command_carries_the_last_name_that_the_venue_gave(native: Exchange) -> None:
    native.venue(news("working", native_id="first"), order="X")
    native.venue(news("working", native_id="second"), order="X")
    native.client("35=G|11=Y|41=X|38=12")
    native.venue(replaced(native_id="third"), order="Y")
    native.client("35=F|11=C|41=Y")

    replace_, cancel = [each for each in native.sent if not isinstance(each, QueryOrder)][-2:]
    assert isinstance(replace_, ReplaceOrder)
    assert ("second", "") == (replace_.order.native_id, replace_.replacement.native_id)
    assert "third" == cancel.order.native_id


def test_the_end_of_an_order_that_had_nothing_left_to_do(native: Exchange) -> None:
    """A venue that replaces an order which has executed all: it ends, whatever it is called."""
    native.client("35=G|11=Y|41=X|38=12")
    native.venue(news("working", cum_qty="12", fills=(execution("t1", 12, cum=12),)), order="X")
    native.reports()
    native.venue(replaced(cum_qty="12"), order="Y")

    assert ["11=Y|41=X|150=5|39=2|38=12|14=12|151=0"] == native.reports(*TOLD)
    native.venue(answer("canceled", cum_qty="0", fills=()), order="Y")
    assert not native.order("Y").open
    assert [] == native.reports(*TOLD)

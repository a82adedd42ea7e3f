"""What venues say beyond the usual: orders that they lost, executions out of order, notices,
holds, refusals that mean another try."""

import pytest
from msgspec.structs import replace

from fixgw.model.effects import CancelOrder
from fixgw.model.enums import Command, CxlRejReason
from fixgw.model.errors import BusinessRefused
from fixgw.model.events import OrderPlaced
from fixgw.model.reports import ExecutionReport
from fixgw.model.settlement import Settlement
from fixgw.model.venue import Acked, Refused, VenueHeld, VenueNotice
from tests.support.orders import (
    CAPABILITIES,
    OTHER_CLIENT,
    VENUE,
    Exchange,
    Word,
    accepted,
    answer,
    cancel_taken,
    execution,
    fill,
    lost,
    news,
    news_unreadable,
    outcome,
    replaced,
    stream_restored,
)
from tests.support.venue_lists import ask_and_hear


@pytest.fixture
def working(exchange: Exchange) -> Exchange:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.reports()
    exchange.commands()
    return exchange


# ----------------------------------------------------------------- what cannot be read


def test_news_that_cannot_be_read_has_the_order_asked_about(working: Exchange) -> None:
    working.venue(news_unreadable())

    assert ["query X"] == working.commands()
    working.venue(answer("working", fills=(execution("t1", 4, cum=4),), cum_qty=4))
    assert ["150=F|14=4"] == working.reports("150", "14")


def test_a_late_execution_that_cannot_be_read_is_found_by_asking(working: Exchange) -> None:
    working.venue(news("canceled", cum_qty=0), news_unreadable())

    assert ["query X"] == working.commands()
    working.venue(answer("canceled", fills=(execution("t1", 4, cum=4),), cum_qty=4))
    assert ["150=4|14=0", "150=F|14=4"] == working.reports("150", "14")


# ----------------------------------------------------------------- a cancel's answer


def test_an_answer_to_a_question_asked_before_the_cancel_sends_no_second_one(
    working: Exchange,
) -> None:
    working.venue(stream_restored())
    working.client("35=F|11=Y|41=X|")
    assert ["query X", "cancel X"] == working.commands()
    working.tick(5)
    working.venue(cancel_taken(), answer("working"))

    assert [] == working.commands()


def test_a_cancel_that_is_on_its_way_already_is_not_refused(working: Exchange) -> None:
    working.client("35=F|11=Y|41=X|")
    working.reports()
    working.venue(outcome(
        Command.CANCEL, Refused("busy", "busy", cxl_rej_reason=CxlRejReason.ALREADY_PENDING)
    ))
    working.wait(3)
    working.venue(answer("working"))
    assert [] == working.reports()

    working.venue(news("canceled"))
    assert ["11=Y|41=X|150=4|39=4"] == working.reports("11", "41", "150", "39")


def test_a_refused_cancel_that_is_sent_again_is_answered_with_the_order_s_state(
    working: Exchange,
) -> None:
    working.client("35=F|11=Y|41=X|")
    working.reports()
    working.venue(outcome(Command.CANCEL, Refused("no", "no")))
    working.wait(1)
    working.venue(answer("working"))
    assert ["35=9|11=Y"] == working.reports("35", "11")
    working.client("35=F|11=Y|41=X|97=Y|")

    # Its own answer comes once; to say "used before" would be a second one.
    assert ["11=X|150=I|39=0"] == working.reports("11", "150", "39")
    working.client("35=F|11=Y|41=X|")
    assert ["35=9|11=Y|102=6"] == working.reports("35", "11", "102")


# ------------------------------------------------------- executions, and their order


def test_an_execution_listed_before_one_that_is_known_is_reported(working: Exchange) -> None:
    working.venue(fill("t2", 3))
    working.reports()
    both = (execution("t1", 2, 99, cum=2), execution("t2", 3, cum=5))
    working.venue(answer("working", cum_qty="5", fills=both))
    working.venue(answer("working", cum_qty="5", fills=both))

    assert ["150=F|14=5|151=5|6=99.6|32=2|31=99"] == (
        working.reports("150", "14", "151", "6", "32", "31")
    )


def test_executions_without_names_are_told_apart_by_their_totals(working: Exchange) -> None:
    working.venue(fill("", 3, cum=3))
    working.reports()
    both = (execution("t1", 3, cum=3), execution("t2", 2, cum=5))
    working.venue(answer("working", cum_qty="5", fills=both))

    assert ["150=F|14=5|32=2"] == working.reports("150", "14", "32")


def test_where_and_with_whom_it_was_executed_is_passed_on(working: Exchange) -> None:
    settled = Settlement(
        date="20230615", trade_date="20230613", currency="USDT", counterparty="LP_1"
    )
    one = replace(
        execution("t1", 3, cum=3), last_mkt="XLON", text="slippage 0.1 pips", settlement=settled
    )
    working.venue(news("working", fill=one))

    assert [
        "150=F|30=XLON|64=20230615|75=20230613|120=USDT|375=LP_1|58=slippage 0.1 pips"
    ] == working.reports("150", "30", "64", "75", "120", "375", "58")


@pytest.mark.parametrize("word", [fill("t1", 11), fill("", 11, cum=11)])
def test_more_than_was_ordered_is_told_and_alerted(working: Exchange, word: Word) -> None:
    working.venue(word)

    assert ["150=F|39=2|14=11|151=0|32=11"] == working.reports("150", "39", "14", "151", "32")
    assert ["overfilled"] == working.alerts()


def test_as_much_as_was_ordered_is_not_alerted(working: Exchange) -> None:
    working.venue(fill("t1", 4), fill("t2", 6))

    assert [] == working.alerts()


def test_more_than_was_ordered_counts_over_all_that_replaced_each_other() -> None:
    exchange = Exchange(replace(CAPABILITIES, replace=True))
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), fill("t1", 4))
    exchange.client("35=G|11=Y|41=X|38=5|")
    exchange.venue(replaced(cum_qty="4"), order="Y")
    assert [] == exchange.alerts()
    exchange.venue(fill("t2", 2), order="Y")

    assert ["overfilled"] == exchange.alerts()


def test_what_prices_are_in_is_known_after_a_restart_and_of_what_replaces(
    working: Exchange
) -> None:
    """The encoder has to tell a fee in it from a fee in something else."""
    working.restart()
    working.reports()
    working.venue(fill("t1", 3))

    assert ["USDT"] == [
        report.quote for report in working.raw_reports() if isinstance(report, ExecutionReport)
    ]


# -------------------------------------------------------------- orders that are gone


def test_an_order_that_the_venue_knows_no_more_is_restated(working: Exchange) -> None:
    working.venue(stream_restored())
    for _ in range(CAPABILITIES.absence_proof_minutes):
        working.tick(10)
        working.venue(answer("absent"))
        assert [] == working.reports()
        working.wait(60)
    # The last question is for its executions as well.
    assert "query fills of X" == working.commands()[-1]
    working.venue(answer("absent"))

    assert [
        "11=X|150=D|39=4|14=0|151=0|378=8|58=the venue knows no such order any more"
    ] == working.reports("11", "41", "150", "39", "14", "151", "378", "58")
    assert ["order_gone_at_venue"] == [a for a in working.alerts() if a != "order_in_doubt"]
    assert not len(working.engine.proofs)


def test_one_that_it_finds_again_is_not(working: Exchange) -> None:
    working.venue(stream_restored())
    for word in (answer("absent"), answer("absent"), answer("working")):
        working.tick(10)
        working.venue(word)
        working.wait(60)

    assert [] == working.reports()
    assert working.order("X").open


# ------------------------------------------------------------------ another try


def test_an_order_is_routed_anew_where_the_settings_want_it(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.reports()
    exchange.venue(outcome(Command.SUBMIT, Refused("T1", "no liquidity", reroute="TIER_2")))
    assert ["submit X", "submit X to TIER_2"] == exchange.commands()
    assert [] == exchange.reports()

    exchange.restart()
    exchange.wait(0.1)
    # Where it went is on record, and what became of it is asked.
    assert ["query X"] == exchange.commands()
    assert "TIER_2" == exchange.order("X").route
    exchange.venue(accepted())
    assert ["150=0|39=0"] == exchange.reports("150", "39")


def test_the_end_of_an_attempt_that_was_refused_ends_nothing(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(outcome(Command.SUBMIT, Refused("T1", "no liquidity", reroute="TIER_2")))
    exchange.reports()
    for status in ("rejected", "canceled"):
        exchange.venue(news(status, attempt=0))
    exchange.venue(answer("absent", attempt=0))
    assert [] == exchange.reports()

    # What it executed all the same counts.
    late = execution("t1", 4, cum=4)
    exchange.venue(news("rejected", fill=late, cum_qty=4, attempt=0))
    assert ["150=0|39=0|14=0", "150=F|39=1|14=4"] == exchange.reports("150", "39", "14")
    exchange.venue(news("canceled", cum_qty=4, attempt=1))
    assert ["150=4|39=4|14=4"] == exchange.reports("150", "39", "14")


def test_a_client_that_cancels_meanwhile_gets_no_other_try(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.client("35=F|11=Y|41=X|")
    exchange.reports()
    exchange.venue(outcome(Command.SUBMIT, Refused("T1", "no liquidity", reroute="TIER_2")),
                   order="X")

    assert ["11=X|150=8|39=8", "35=9|11=Y|41=X|39=8|102=0"] == (
        exchange.reports("11", "41", "150", "39", "102")
    )


# --------------------------------------------------------- what a venue cannot do


def test_an_order_that_works_is_no_doubt_where_nobody_can_be_asked() -> None:
    exchange = Exchange(replace(CAPABILITIES, query=False))
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.commands()
    exchange.venue(stream_restored())
    exchange.wait(120)

    assert ([], []) == (exchange.commands(), exchange.alerts())


def test_an_order_that_cannot_be_asked_about_is_left_to_an_operator() -> None:
    exchange = Exchange(replace(CAPABILITIES, query=False))
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(lost())
    exchange.commands()
    exchange.wait(120)

    assert [] == exchange.commands()
    assert ["order_in_doubt"] == exchange.alerts()


def test_a_cancel_that_the_venue_does_not_have_is_rejected_at_once() -> None:
    exchange = Exchange(replace(CAPABILITIES, cancel=False, cancel_text="no cancel there"))
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.reports()
    exchange.client("35=F|11=Y|41=X|")

    assert ["35=9|11=Y|41=X|39=0|102=2|58=no cancel there"] == (
        exchange.reports("11", "41", "39", "102", "58")
    )


# -------------------------------------------------------------- the venue as a whole


def test_no_more_orders_wait_for_a_venue_than_it_bears() -> None:
    exchange = Exchange(replace(CAPABILITIES, orders_waiting_max=2))
    for cl_ord_id in "AB":
        exchange.client(f"35=D|11={cl_ord_id}|38=10|")
    with pytest.raises(BusinessRefused, match="2 orders wait for venue acme, the most that may"):
        exchange.client("35=D|11=C|38=10|")

    exchange.venue(accepted(), order="A")
    exchange.client("35=D|11=C|38=10|")
    assert ["submit A", "submit B", "submit C"] == exchange.commands()


def test_a_held_venue_takes_no_new_orders_until_an_operator_resumes(working: Exchange) -> None:
    working.handle(VenueHeld(venue=VENUE, text="stop trading"))
    working.handle(VenueHeld(venue=VENUE, text="stop trading"))
    assert ["venue_held"] == working.alerts()
    working.restart()
    for message in ("35=D|11=Z|38=10|", "35=D|11=Z|38=10|"):
        with pytest.raises(BusinessRefused, match="venue acme takes no new orders: stop trading"):
            working.client(message)
    working.client("35=F|11=Y|41=X|")
    assert ["cancel X"] == working.commands()

    assert working.engine.resume_venue(VENUE, "ann", working.moment)
    assert not working.engine.resume_venue(VENUE, "ann", working.moment)
    working.client("35=D|11=Z|38=10|")
    assert isinstance(working.events[-1], OrderPlaced)
    working.restart()
    assert {} == working.engine.held


def test_a_notice_goes_to_the_clients_it_concerns(exchange: Exchange) -> None:
    exchange.handle(VenueNotice(venue=VENUE, kind="margin.call", text="fund the account"))
    assert 2 * ["35=B|148=acme: margin.call|58=fund the account"] == (
        exchange.reports("35", "148", "58")
    )
    assert ["venue_notice"] == exchange.alerts()

    exchange.handle(VenueNotice(venue=VENUE, kind="margin.call", text="x", accounts=("OTHER",)))
    assert [] == exchange.reports()
    assert OTHER_CLIENT in exchange.engine.router.concerned(VENUE, ["ACCOUNT"])


# ----------------------------------------------------------- a venue that nobody can ask


@pytest.fixture
def silent() -> Exchange:
    """4 of 10 are executed."""
    exchange = Exchange(replace(CAPABILITIES, query=False))
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), fill("t1", 4))
    exchange.reports(), exchange.commands(), exchange.alerts()
    return exchange


@pytest.mark.parametrize(("status", "count", "missing"), [
    ("canceled", "6", 2), ("expired", "6", 2), ("filled", "10", 6), ("filled", None, 6),
])
def test_an_end_with_more_than_it_has_told_waits_for_the_executions(
    silent: Exchange, status: str, count: str | None, missing: int
) -> None:
    silent.venue(news(status, cum_qty=count))
    silent.wait(120)

    assert ["order_in_doubt"] == silent.alerts()
    assert [] == silent.reports()
    silent.venue(fill("t2", missing, status=status))
    assert f"150=F|14={4 + missing}" == silent.reports("150", "14")[0]
    assert not silent.order().open


def test_an_amount_to_spend_is_not_canceled_though_it_says_filled_and_no_more() -> None:
    silent = Exchange(replace(CAPABILITIES, query=False))
    silent.client("35=D|11=X|152=1000|40=1|59=3|")
    silent.venue(accepted())
    silent.reports()
    silent.venue(news("filled"))
    silent.wait(120)

    assert [] == silent.reports()
    silent.venue(fill("t1", 10, status="filled"))
    assert ["150=F|39=2|14=10"] == silent.reports("150", "39", "14")


def test_an_end_with_no_more_than_it_has_told_is_taken(silent: Exchange) -> None:
    silent.venue(news("canceled", cum_qty=None))

    assert ["150=4|14=4"] == silent.reports("150", "14")


# --------------------------------------------------------- questions, no faster than needed


def test_a_cancel_without_an_outcome_is_repeated_ever_more_slowly(working: Exchange) -> None:
    working.client("35=F|11=Y|41=X|")
    for _ in range(600):
        for command in working.commands():
            working.venue(
                lost(Command.CANCEL) if command.startswith("cancel") else answer("working")
            )
        working.wait(0.1)

    assert 4 <= sum(isinstance(command, CancelOrder) for command in working.sent) <= 10


def test_an_end_that_waits_for_the_replaced_leg_is_asked_about_ever_more_slowly() -> None:
    exchange = Exchange(replace(CAPABILITIES, replace=True))
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.client("35=G|11=Y|41=X|38=10|44=101|")
    exchange.venue(replaced(cum_qty="4"), news("canceled", cum_qty="0"))
    exchange.commands()
    ended = answer("canceled", cum_qty="0", fills=())
    asked = ask_and_hear(exchange, ended, 60, "Y")
    assert 4 <= len(asked) <= 8

    exchange.venue(answer("canceled", cum_qty="4", fills=(execution("t1", 4, cum=4),)), order="X")
    assert ["query Y"] == [each for each in exchange.commands() if each.endswith("Y")]
    exchange.venue(ended, order="Y")
    assert ["150=F|14=4", "150=4|14=4"] == exchange.reports("150", "14")[-2:]


# -------------------------------------------------------------- ended here, and at the venue


def shown_working(exchange: Exchange) -> None:
    """It is CANCELED here, and the venue says twice that it works."""
    exchange.venue(news("canceled"), news("working", cum_qty="0"))
    exchange.wait(3)
    exchange.venue(answer("working", cum_qty="0"))
    exchange.reports(), exchange.commands(), exchange.alerts()


def test_one_that_worked_after_its_end_and_is_filled_is_not_open(working: Exchange) -> None:
    shown_working(working)
    working.venue(fill("t1", 10))

    assert ["150=F|39=2|14=10"] == working.reports("150", "39", "14")
    assert not working.order().open


def test_one_that_is_cancelled_after_its_end_is_asked_about_until_it_is_gone(
    working: Exchange,
) -> None:
    working.venue(stream_restored())
    ask_and_hear(working, answer("absent"), 400)
    assert ["150=D|39=4"] == working.reports("150", "39")
    working.client("35=F|11=Y|41=X|")
    working.venue(cancel_taken(), news("working"))
    assert working.order().open
    ask_and_hear(working, answer("absent"), 400)

    assert not working.order().open


def test_one_whose_end_was_concluded_and_that_is_filled_is_not_cancelled(
    working: Exchange,
) -> None:
    working.venue(stream_restored())
    ask_and_hear(working, answer("absent"), 400)
    working.venue(fill("t1", 10))
    working.reports(), working.commands()
    working.client("35=F|11=Y|41=X|")

    assert ["35=9|11=Y|39=2"] == working.reports("11", "39")
    assert [] == working.commands()


def test_the_refusal_of_an_earlier_attempt_does_not_show_that_the_next_one_is_there(
    exchange: Exchange,
) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(outcome(Command.SUBMIT, Refused("T1", "no", reroute="TIER_2")), lost())
    exchange.tick(11_000)
    exchange.venue(news("rejected", attempt=0), answer("absent"))

    assert ["submit X", "submit X to TIER_2", "query X", "submit X to TIER_2"] == (
        exchange.commands()
    )


def test_a_cancel_of_a_replacement_that_had_nothing_left_to_do() -> None:
    exchange = Exchange(replace(CAPABILITIES, replace=True))
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.client("35=G|11=Y|41=X|38=12|44=101|")
    exchange.client_gone()
    exchange.venue(fill("t1", 12), order="X")
    exchange.venue(replaced(cum_qty="12"), order="Y")
    exchange.reports()
    exchange.client("35=F|11=Z|41=Y|")

    assert ["35=9|11=Z|39=2"] == exchange.reports("11", "39")


def test_a_submit_that_the_venue_confirmed_is_never_sent_again() -> None:
    """Its lists lag, and the gateway died meanwhile: the order may be there."""
    exchange = Exchange()
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(outcome(Command.SUBMIT, Acked()))
    exchange.restart()
    exchange.commands()
    for _ in range(4):
        exchange.wait(10)
        exchange.venue(answer("absent"))

    assert not any(each.startswith("submit") for each in exchange.commands())
    assert "order_gone_at_venue" in exchange.alerts()

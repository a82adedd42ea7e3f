"""What a venue says, or fails to say, and what follows from it: outcomes, updates, questions."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fixgw.core.proof import SHORT_ANSWERS_MAX
from fixgw.model.enums import Command
from fixgw.model.ids import OrderID
from fixgw.model.venue import (
    Acked,
    OrderUpdate,
    StreamRestored,
    UnknownOrderSeen,
    VenueStatus,
)
from fixgw.model.venue_events import OrdersHeld, VenueNoted
from tests.support.orders import (
    CAPABILITIES,
    VENUE,
    Exchange,
    Word,
    accepted,
    answer,
    cancel_refused,
    cancel_taken,
    canceled_as_asked,
    execution,
    fill,
    lost,
    news,
    no_answer,
    outcome,
    refused,
    stream_restored,
)


@pytest.fixture
def submitted(exchange: Exchange) -> Exchange:
    exchange.client("35=D|11=X|38=10|")
    exchange.reports()
    exchange.commands()
    return exchange


@pytest.fixture
def working(submitted: Exchange) -> Exchange:
    submitted.venue(accepted())
    submitted.reports()
    return submitted


@pytest.fixture
def canceling(working: Exchange) -> Exchange:
    working.client("35=F|11=Y|41=X|")
    working.reports()
    working.commands()
    return working


def settled(exchange: Exchange) -> bool:
    """Nobody is asked about anything any more."""
    exchange.commands()
    exchange.wait(120)
    return exchange.commands() == [] and len(exchange.engine.proofs) == 0


# ------------------------------------------------------------------ the submit's outcome


def test_an_accepted_order_is_not_asked_about(working: Exchange) -> None:
    assert settled(working)


def test_a_submit_without_an_answer_is_asked_about_and_not_rejected(submitted: Exchange) -> None:
    submitted.venue(lost())
    submitted.wait(0.1)
    assert submitted.commands() == []

    submitted.wait(0.1)
    assert submitted.commands() == ["query X"]
    assert submitted.reports() == []
    assert submitted.order().in_doubt is Command.SUBMIT


def test_a_submit_taken_on_without_a_word_of_the_order(submitted: Exchange) -> None:
    submitted.venue(outcome(Command.SUBMIT, Acked()))
    submitted.wait(1.9)
    assert submitted.commands() == []

    submitted.wait(0.1)
    assert submitted.commands() == ["query X"]


def test_questions_come_ever_more_slowly(submitted: Exchange) -> None:
    submitted.venue(lost())
    asked = []
    for second in range(100):
        submitted.wait(1)
        if submitted.commands():
            asked.append(second)
            submitted.venue(no_answer())

    assert asked == [0, 1, 2, 4, 8, 16, 31, 61, 91]
    assert submitted.alerts() == ["order_in_doubt"]


def test_one_question_at_a_time(submitted: Exchange) -> None:
    submitted.venue(lost())
    submitted.wait(30)

    assert submitted.commands() == ["query X"]


def test_a_question_that_is_never_answered_is_asked_again(submitted: Exchange) -> None:
    submitted.venue(lost())
    submitted.wait(61)

    assert submitted.commands() == ["query X", "query X"]


def test_an_execution_that_outruns_the_acknowledgement(submitted: Exchange) -> None:
    submitted.venue(fill("t1", 4), accepted())

    assert submitted.reports("150", "39", "14", "151") == [
        "150=0|39=0|14=0|151=10",
        "150=F|39=1|14=4|151=6",
    ]


def test_a_refusal_of_an_order_that_works(working: Exchange) -> None:
    working.venue(refused())

    assert working.reports() == []
    assert working.alerts() == ["submit_refused_but_live"]
    working.wait(0.2)
    assert working.commands() == ["query X"]


def test_a_late_unknown_does_not_shake_what_is_proven(submitted: Exchange) -> None:
    submitted.venue(news("working"), lost())

    assert submitted.order().in_doubt is None
    assert settled(submitted)


# ----------------------------------------------------------------------------- absence


def ask_after(exchange: Exchange, seconds: float) -> None:
    """Let *seconds* pass with questions failing; then leave one under way."""
    end = exchange.now + seconds * 1000
    while True:
        exchange.wait(0.1)
        if exchange.commands():
            if exchange.now >= end:
                return
            exchange.venue(no_answer())


def test_absence_is_no_proof_while_the_submit_may_still_arrive(submitted: Exchange) -> None:
    submitted.venue(lost())
    ask_after(submitted, 0)
    submitted.venue(answer("absent"))

    assert submitted.commands() == []
    assert submitted.reports() == []


def test_absence_counts_from_the_question_not_from_the_answer(submitted: Exchange) -> None:
    submitted.venue(lost())
    ask_after(submitted, 5)
    submitted.wait(20)
    submitted.venue(answer("absent"))

    assert submitted.commands() == []


def test_a_clock_that_is_set_on_proves_no_absence(submitted: Exchange) -> None:
    submitted.venue(lost())
    submitted.set_clock(3_600_000)
    ask_after(submitted, 2)
    submitted.venue(answer("absent"))

    assert submitted.commands() == []
    assert submitted.reports() == []


def test_a_clock_that_is_set_back_stops_no_question(submitted: Exchange) -> None:
    submitted.venue(lost())
    submitted.set_clock(-3_600_000)
    submitted.wait(2)

    assert "query X" in submitted.commands()


def test_a_proven_absence_submits_again(submitted: Exchange) -> None:
    submitted.venue(lost())
    ask_after(submitted, 10.2)
    submitted.venue(answer("absent"))
    assert submitted.commands() == ["submit X"]

    submitted.venue(accepted())
    assert submitted.reports("11", "150", "39") == ["11=X|150=0|39=0"]
    assert settled(submitted)


def test_absence_is_proven_anew_after_a_second_submit(submitted: Exchange) -> None:
    submitted.venue(lost())
    ask_after(submitted, 10.2)
    submitted.venue(answer("absent"), lost())
    submitted.wait(4)
    submitted.venue(answer("absent"))

    assert "submit X" in submitted.commands()
    assert "submit X" not in submitted.commands()


def test_absence_is_proven_anew_after_a_restart(submitted: Exchange) -> None:
    submitted.venue(lost())
    ask_after(submitted, 10.2)
    submitted.restart()
    submitted.wait(0.1)
    assert submitted.commands() == ["query X"]

    submitted.venue(answer("absent"))
    assert submitted.commands() == []


def test_an_absent_order_too_old_is_rejected(submitted: Exchange) -> None:
    submitted.venue(lost())
    ask_after(submitted, 30)
    submitted.venue(answer("absent"))

    assert submitted.reports("11", "150", "39", "103") == ["11=X|150=8|39=8|103=4"]
    assert settled(submitted)


def test_an_absent_order_with_a_pending_cancel_is_canceled(submitted: Exchange) -> None:
    submitted.venue(lost())
    submitted.client("35=F|11=Y|41=X|")
    submitted.reports()
    ask_after(submitted, 10.2)
    submitted.venue(answer("absent"))

    assert submitted.reports("11", "41", "150", "39") == ["11=Y|41=X|150=4|39=4"]
    assert settled(submitted)


@pytest.mark.parametrize(
    "word", [outcome(Command.SUBMIT, Acked()), news("pending"), answer("pending")]
)
def test_what_the_venue_had_is_never_submitted_again(submitted: Exchange, word: Word) -> None:
    submitted.venue(word, lost())
    ask_after(submitted, 20)
    submitted.venue(answer("absent"))

    assert submitted.commands() == []
    assert submitted.alerts()[-1] == "order_gone_at_venue"


def test_absence_is_no_proof_unasked(submitted: Exchange) -> None:
    submitted.venue(lost())
    ask_after(submitted, 20)
    submitted.venue(news("absent"))

    assert submitted.commands() == []


def test_an_open_order_gone_at_the_venue(working: Exchange) -> None:
    working.venue(stream_restored())
    working.wait(0.1)
    working.venue(answer("absent"))

    assert working.alerts() == ["order_gone_at_venue"]
    assert working.order().open


def test_an_absence_older_than_the_order_says_nothing(submitted: Exchange) -> None:
    submitted.venue(lost())
    submitted.wait(1)
    submitted.venue(news("working"), answer("absent"))

    assert submitted.alerts() == []


# ------------------------------------------------------------------- the cancel's outcome


def test_a_cancel_without_an_answer_is_asked_about_and_sent_again(canceling: Exchange) -> None:
    canceling.venue(lost(Command.CANCEL))
    canceling.wait(0.2)
    assert canceling.commands() == ["query X"]

    canceling.venue(answer("working"))
    assert canceling.commands() == ["cancel X"]
    assert canceling.reports() == []


def test_a_cancel_taken_on_is_not_sent_again_for_news(canceling: Exchange) -> None:
    canceling.venue(cancel_taken(), news("working"), fill("t1", 4))

    assert canceling.commands() == []


def test_a_cancel_under_way_is_not_sent_again(canceling: Exchange) -> None:
    canceling.wait(2)
    canceling.venue(answer("working"))

    assert canceling.commands() == ["query X"]


def test_a_refused_cancel_is_answered_by_the_orders_state(canceling: Exchange) -> None:
    canceling.venue(cancel_refused())
    assert canceling.commands() == ["query X"]
    assert canceling.reports() == []

    canceling.venue(answer("canceled"))
    assert canceling.reports("11", "41", "150", "39") == ["11=Y|41=X|150=4|39=4"]
    assert settled(canceling)


def test_a_refused_cancel_is_not_answered_by_an_older_question(canceling: Exchange) -> None:
    canceling.wait(2)
    canceling.venue(cancel_refused(), answer("working"))
    assert canceling.reports() == []

    canceling.wait(0.5)
    canceling.venue(answer("working"))
    assert canceling.reports("11", "39", "102") == ["35=9|11=Y|39=0|102=99"]
    assert settled(canceling)


def test_a_refused_cancel_of_an_order_that_is_gone_is_answered(canceling: Exchange) -> None:
    canceling.tick(1)
    canceling.venue(cancel_refused(), answer("absent"))

    assert canceling.reports("11", "39", "102") == ["35=9|11=Y|39=0|102=99"]
    assert canceling.alerts() == ["order_gone_at_venue"]


@pytest.mark.parametrize(
    ("status", "end"), [("expired", "150=C|39=C"), ("rejected", "150=8|39=8")]
)
def test_another_end_than_the_one_asked_for(canceling: Exchange, status: str, end: str) -> None:
    canceling.venue(news(status))

    assert canceling.reports("11", "41", "150", "39", "102") == [
        f"11=X|{end}",
        f"35=9|11=Y|41=X|{end[-4:]}|102=0",
    ]
    assert settled(canceling)


def test_a_pending_cancel_is_sent_after_a_restart(canceling: Exchange) -> None:
    canceling.restart()
    canceling.wait(0.1)
    canceling.venue(answer("working"), canceled_as_asked())

    assert canceling.commands() == ["query X", "cancel X"]
    assert canceling.reports("11", "41", "150") == ["11=Y|41=X|150=4"]


def test_a_refused_cancel_is_answered_after_a_restart(canceling: Exchange) -> None:
    canceling.venue(cancel_refused())
    canceling.restart()
    canceling.wait(0.1)
    canceling.venue(answer("working"))

    assert canceling.reports("11", "39", "102") == ["35=9|11=Y|39=0|102=99"]


def test_a_late_outcome_of_a_cancel_tells_of_the_order_all_the_same(working: Exchange) -> None:
    working.venue(canceled_as_asked(), lost(Command.CANCEL), cancel_refused())

    assert working.reports("11", "41", "150", "39") == ["11=X|150=4|39=4"]


# -------------------------------------------------------------------------- executions


def test_an_execution_told_twice_is_reported_once(working: Exchange) -> None:
    working.venue(fill("t1", 4), fill("t1", 4))
    working.venue(answer("working", fills=(execution("t1", 4, cum=4),)))

    assert working.reports("150", "14") == ["150=F|14=4"]


def test_an_execution_with_a_name_here_and_none_there_is_reported_once(working: Exchange) -> None:
    working.venue(fill("", 4), fill("t1", 4, cum=4), fill("4", 2, cum=6))

    assert working.reports("17", "14") == [
        "17=1700000000000000-F@4|14=4",
        "17=1700000000000000-F4|14=6",
    ]


def test_a_gap_is_asked_about_at_once_and_filled_in_order(working: Exchange) -> None:
    working.venue(fill("t2", 3, cum=7))
    assert working.reports() == []
    assert working.commands() == ["query fills of X"]

    told = (execution("t1", 4, cum=4), execution("t2", 3, cum=7))
    working.venue(answer("working", cum_qty=7, fills=told))
    assert working.reports("32", "14", "151") == ["32=4|14=4|151=6", "32=3|14=7|151=3"]
    assert settled(working)


def test_an_end_waits_for_the_executions_before_it(working: Exchange) -> None:
    working.venue(news("canceled", cum_qty=4))
    assert working.reports() == []

    told = (execution("t1", 4, cum=4),)
    working.venue(answer("canceled", cum_qty=4, fills=told))
    assert working.reports("150", "39", "14", "151") == [
        "150=F|39=1|14=4|151=6",
        "150=4|39=4|14=4|151=0",
    ]
    assert settled(working)


def test_an_end_that_waited_is_asked_for_when_news_fills_the_gap(working: Exchange) -> None:
    working.venue(news("canceled", cum_qty=4), no_answer(), fill("t1", 4))
    working.commands()
    working.wait(1)
    assert working.commands() == ["query X"]

    working.venue(answer("canceled", cum_qty=4))
    assert working.reports("150", "39") == ["150=F|39=1", "150=4|39=4"]


def test_an_older_answer_does_not_hide_what_is_missing(working: Exchange) -> None:
    working.venue(stream_restored(), news("working", cum_qty=5))
    working.venue(answer("working", cum_qty=3))
    working.wait(1)

    assert working.commands() == ["query X", "query fills of X"]


def test_filled_and_not_a_word_of_how(working: Exchange) -> None:
    working.venue(news("filled"))

    assert working.commands() == ["query fills of X"]


def test_what_is_missing_is_not_asked_for_in_a_burst(working: Exchange) -> None:
    working.venue(news("working", cum_qty=5))
    for _ in range(3):
        working.venue(answer("working", cum_qty=5, fills=()), news("working", cum_qty=5))

    assert working.commands() == ["query fills of X"]


def short_answers(exchange: Exchange, status: str, **known: object) -> None:
    """As many as it takes to believe that nothing more will be told."""
    for _ in range(SHORT_ANSWERS_MAX):
        while not exchange.commands():
            exchange.wait(0.1)
        exchange.venue(answer(status, **known))


@pytest.fixture
def unlisted() -> Exchange:
    """An order at a venue that counts executions and lists none."""
    exchange = Exchange(replace(CAPABILITIES, lists_executions=False))
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.reports()
    exchange.commands()
    return exchange


def test_executions_that_no_list_tells_are_bridged(unlisted: Exchange) -> None:
    unlisted.venue(fill("t1", 4, 98), news("working", cum_qty=10))
    short_answers(unlisted, "filled", cum_qty=10, avg_px=Decimal("98.6"), fills=())

    assert unlisted.reports("150", "39", "32", "31", "14", "6") == [
        "150=F|39=1|32=4|31=98|14=4|6=98",
        "150=F|39=2|32=6|31=99|14=10|6=98.6",
    ]
    assert unlisted.alerts()[-1] == "executions_not_listed"
    assert settled(unlisted)


def test_a_bridge_at_a_price_that_cannot_be_is_left_to_an_operator(unlisted: Exchange) -> None:
    unlisted.venue(fill("t1", 4), news("working", cum_qty=10))
    short_answers(unlisted, "filled", cum_qty=10, avg_px=Decimal(103), fills=())

    assert unlisted.reports("150", "32", "31") == ["150=F|32=4|31=100"]
    assert unlisted.alerts()[-1] == "order_in_doubt"


def test_a_bridge_that_is_told_later_is_reported_once(unlisted: Exchange) -> None:
    unlisted.venue(news("working", cum_qty=5))
    short_answers(unlisted, "working", cum_qty=5, avg_px=Decimal(100), fills=())
    told = (execution("t1", 3, cum=3), execution("t2", 2, cum=5), execution("t3", 1, cum=6))
    unlisted.venue(fill("t1", 3, cum=3), answer("working", cum_qty=6, fills=told))

    assert unlisted.reports("32", "14") == ["32=5|14=5", "32=1|14=6"]


def test_filled_with_less_than_was_ordered_is_never_told_as_canceled(working: Exchange) -> None:
    working.venue(fill("t1", 9, status="filled"))
    for _ in range(8):
        working.wait(30)
        working.venue(answer("filled", cum_qty=9, fills=(execution("t1", 9, cum=9),)))

    assert working.reports("150", "39", "14", "58") == ["150=F|39=1|14=9"]
    assert working.alerts() == ["order_in_doubt"]
    assert working.order().open


def test_questions_that_fail_do_not_count_as_answers(working: Exchange) -> None:
    working.venue(news("working", cum_qty=5))
    for _ in range(SHORT_ANSWERS_MAX * 2):
        working.wait(10)
        working.venue(no_answer())
    working.venue(answer("working", cum_qty=5, fills=()))

    assert working.reports() == []


def test_an_execution_after_the_end(canceling: Exchange) -> None:
    canceling.venue(canceled_as_asked(), fill("t1", 4), fill("t2", 6))

    assert canceling.reports("11", "41", "150", "39", "14", "151") == [
        "11=Y|41=X|150=4|39=4|14=0|151=0",
        "11=X|150=F|39=4|14=4|151=0",
        "11=X|150=F|39=2|14=10|151=0",
    ]
    assert canceling.alerts() == ["fill_after_the_end", "fill_after_the_end"]
    assert settled(canceling)


def test_a_rejected_order_that_is_executed_can_be_canceled(submitted: Exchange) -> None:
    submitted.client("35=F|11=Y|41=X|")
    submitted.venue(refused(), fill("t1", 4))
    submitted.client("35=F|11=Z|41=X|")
    submitted.venue(canceled_as_asked())

    assert submitted.reports("11", "41", "150", "39", "102", "103") == [
        "11=Y|41=X|150=6|39=6",
        "11=X|150=8|39=8|103=0",
        "35=9|11=Y|41=X|39=8|102=0",
        "11=X|150=F|39=1",
        "11=Z|41=X|150=6|39=6",
        "11=Z|41=X|150=4|39=4",
    ]
    assert "rejected_order_is_live" in submitted.alerts()


def test_executions_missing_after_the_end_of_an_order_the_venue_forgot(
    working: Exchange,
) -> None:
    working.venue(fill("t1", 10), news("filled", cum_qty=11))
    working.wait(1)
    working.venue(answer("absent"))

    assert working.alerts() == ["order_gone_at_venue"]
    assert settled(working)


# ------------------------------------------------------------------------------- stream


def test_what_is_open_is_asked_about_when_the_stream_is_back(exchange: Exchange) -> None:
    for cl_ord_id in "ABC":
        exchange.client(f"35=D|11={cl_ord_id}|38=10|")
        exchange.venue(accepted())
    exchange.venue(fill("t1", 10), order="B")
    exchange.commands()
    exchange.venue(stream_restored())
    assert exchange.commands() == ["query A", "query C"]

    exchange.venue(answer("working"), order="A")
    exchange.venue(answer("working"), order="C")
    assert settled(exchange)


def test_another_accounts_stream(working: Exchange) -> None:
    working.handle(StreamRestored(VENUE, "ANOTHER"))

    assert working.commands() == []


def test_an_answer_from_before_the_stream_was_back_does_not_do(working: Exchange) -> None:
    working.venue(stream_restored(), stream_restored(), answer("working"))
    working.commands()
    working.wait(1)
    assert working.commands() == ["query X"]

    working.venue(answer("working"))
    assert settled(working)


def test_a_submit_from_before_the_stream_was_back_is_asked_about(submitted: Exchange) -> None:
    submitted.venue(stream_restored(), accepted())
    submitted.wait(0.1)

    assert submitted.commands() == ["query X"]


# ------------------------------------------------------------------------------ strangers


def test_an_update_of_an_order_nobody_knows(exchange: Exchange) -> None:
    exchange.handle(OrderUpdate(order_id=OrderID("1"), status=VenueStatus.WORKING))

    assert exchange.alerts() == ["update_of_unknown_order"]
    assert exchange.events == []


def test_an_order_at_the_venue_that_is_not_ours(exchange: Exchange) -> None:
    exchange.handle(UnknownOrderSeen(VENUE, "stranger", "an order of a person"))

    assert exchange.alerts() == ["order_not_ours_at_venue"]
    assert exchange.commands() == []


def test_a_failed_question_about_nothing(working: Exchange) -> None:
    working.venue(no_answer())

    assert settled(working)


def test_the_notes_of_an_adapter_do_not_open_a_venue_that_is_held(exchange: Exchange) -> None:
    held = OrdersHeld(venue=VENUE, at=1, text="margin call")
    exchange.engine.replay_venue(held)
    exchange.engine.replay_venue(VenueNoted(venue=VENUE, at=2, key="a", body=b"1"))

    assert {VENUE: held} == exchange.engine.held

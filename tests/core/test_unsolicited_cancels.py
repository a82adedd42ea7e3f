"""Cancels that the gateway decides by itself: what the venue is asked, what the client hears."""

import pytest

from fixgw.core.rules import CANCEL_AGAIN_MS, REFUSALS_MAX
from fixgw.model.enums import Command, CxlRejReason, OrdStatus
from fixgw.model.events import CancelDecided, CancelGivenUp
from fixgw.model.venue import Refused
from tests.support.orders import (
    ABSENCE_PROOF_MS,
    OTHER_CLIENT,
    Exchange,
    accepted,
    answer,
    cancel_refused,
    cancel_taken,
    canceled_as_asked,
    fill,
    lost,
    news,
    outcome,
    state,
)

TOLD = ("11", "41", "150", "39", "14", "151", "58")


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
def leaving(working: Exchange) -> Exchange:
    """The client is gone, and the cancel of its order is at the venue."""
    working.client_gone()
    assert ["cancel X"] == working.commands()
    return working


def test_the_client_is_told_of_a_cancel_under_the_order_s_own_name(leaving: Exchange) -> None:
    leaving.venue(canceled_as_asked())

    assert ["11=X|150=4|39=4|14=0|151=0|58=the client is gone"] == leaving.reports(*TOLD)
    assert [] == leaving.alerts()
    assert not len(leaving.engine.proofs)


def test_nothing_is_told_before_the_venue_has_done_it(leaving: Exchange) -> None:
    assert [] == leaving.reports()
    assert OrdStatus.NEW is leaving.order().status

    leaving.venue(fill("t1", 4))
    assert ["11=X|150=F|39=1|14=4|151=6"] == leaving.reports(*TOLD)


def test_the_venue_s_own_words_follow_ours(leaving: Exchange) -> None:
    leaving.venue(news("canceled", text="by the user"))

    assert ["58=the client is gone: by the user"] == leaving.reports("58")


def test_every_order_of_the_session_whatever_its_time_in_force_and_no_other(
    exchange: Exchange,
) -> None:
    for session in ("", OTHER_CLIENT):
        for time_in_force in "13":
            message = f"35=D|11=T{time_in_force}|38=1|59={time_in_force}"
            exchange.client(message, *([session] if session else []))
            exchange.venue(accepted())
    exchange.commands()
    exchange.client_gone()

    assert ["cancel T1", "cancel T3"] == exchange.commands()
    decided = [event for event in exchange.events if type(event) is CancelDecided]
    others = {o.order_id for o in exchange.engine.orders if o.request.session == OTHER_CLIENT}
    assert 2 == len(decided) and not others & {event.order_id for event in decided}


def test_an_order_that_the_client_is_cancelling_is_left_alone(working: Exchange) -> None:
    working.client("35=F|11=Y|41=X|")
    working.commands()
    working.client_gone()

    assert [] == working.commands()
    working.reports()
    working.venue(canceled_as_asked())
    assert ["11=Y|41=X|150=4|39=4|14=0|151=0"] == working.reports(*TOLD)


def test_an_order_whose_client_s_cancel_fails_is_cancelled_after_all(working: Exchange) -> None:
    working.client("35=F|11=Y|41=X|")
    working.client_gone()
    working.commands()
    working.venue(cancel_refused(), answer("working"))

    assert ["query X", "cancel X"] == working.commands()
    working.venue(canceled_as_asked())
    assert ["35=9|11=Y|41=X|39=0|58=no", "11=X|150=4|39=4|14=0|151=0|58=the client is gone"] == (
        working.reports(*TOLD)[1:]
    )


def test_a_closed_order_stays_as_it_is(working: Exchange) -> None:
    working.venue(fill("t1", 10, status="filled"))
    working.client_gone()

    assert [] == working.commands()
    assert not [event for event in working.events if type(event) is CancelDecided]


def test_to_be_told_twice_changes_nothing(leaving: Exchange) -> None:
    leaving.client_gone()

    assert [] == leaving.commands()
    assert 1 == sum(type(event) is CancelDecided for event in leaving.events)


# ----------------------------------------------------------- orders the venue may not have yet


def test_an_order_in_doubt_is_cancelled_as_soon_as_the_venue_has_it(submitted: Exchange) -> None:
    submitted.client_gone()
    submitted.venue(lost())
    assert [] == submitted.commands()
    submitted.wait(1)
    assert ["query X"] == submitted.commands()

    submitted.venue(answer("working"), canceled_as_asked())
    assert ["cancel X"] == submitted.commands()
    assert [
        "11=X|150=0|39=0|14=0|151=10",
        "11=X|150=4|39=4|14=0|151=0|58=the client is gone",
    ] == submitted.reports(*TOLD)


def test_an_order_that_never_arrived_is_not_submitted_again(submitted: Exchange) -> None:
    submitted.client_gone()
    submitted.venue(lost())
    submitted.wait(ABSENCE_PROOF_MS / 1000 + 1)
    submitted.commands()
    submitted.venue(answer("absent"))
    submitted.wait(60)
    submitted.venue(answer("absent"))

    assert {1} == set(submitted.submits.values())
    assert ["11=X|150=4|39=4|14=0|151=0|58=the client is gone: never reached the venue"] == (
        submitted.reports(*TOLD)
    )


def test_an_order_that_the_venue_refuses_is_rejected_as_always(submitted: Exchange) -> None:
    submitted.client_gone()
    submitted.venue(outcome(Command.SUBMIT, Refused("no", "no")))

    assert ["11=X|150=8|39=8|14=0|151=0|58=no"] == submitted.reports(*TOLD)
    assert not submitted.order().unsettled


# ------------------------------------------------------------------- what a venue may say to it


def test_too_late_it_is_filled_and_only_the_fill_is_told(leaving: Exchange) -> None:
    leaving.venue(cancel_refused("filled"))
    assert ["query X"] == leaving.commands()
    leaving.venue(fill("t1", 10, status="filled"), answer("filled", cum_qty=10))

    assert ["11=X|150=F|39=2|14=10|151=0"] == leaving.reports(*TOLD)
    assert [] == leaving.alerts()
    assert not leaving.order().in_doubt
    assert not len(leaving.engine.proofs)


def test_a_fill_that_crosses_a_cancel_of_unknown_outcome_leaves_no_doubt(leaving: Exchange) -> None:
    leaving.venue(lost(Command.CANCEL))
    assert leaving.order().in_doubt is Command.CANCEL
    leaving.venue(fill("t1", 10, status="filled"))

    assert leaving.order().in_doubt is None


def test_an_unproven_cancel_is_asked_about_before_it_is_sent_again(leaving: Exchange) -> None:
    leaving.venue(lost(Command.CANCEL))
    assert [] == leaving.commands()
    leaving.wait(1)
    assert ["query X"] == leaving.commands()

    leaving.venue(answer("working"))
    assert ["cancel X"] == leaving.commands()


def test_a_cancel_that_was_taken_on_is_asked_about(leaving: Exchange) -> None:
    leaving.venue(cancel_taken())
    leaving.wait(2.5)
    leaving.venue(answer("canceled"))

    assert ["query X"] == leaving.commands()
    assert ["150=4|39=4"] == leaving.reports("150", "39")


def test_a_refused_cancel_is_repeated_ever_more_slowly_until_an_operator_is_told(
    leaving: Exchange,
) -> None:
    cancels = [leaving.mono_ms]
    leaving.venue(cancel_refused("busy"))
    # Long enough for every repetition, and for more if there were any.
    for _ in range(10 * (sum(CANCEL_AGAIN_MS) + REFUSALS_MAX * CANCEL_AGAIN_MS[-1]) // 1_000):
        leaving.wait(0.1)
        for command in leaving.commands():
            if command == "cancel X":
                cancels.append(leaving.mono_ms)
                leaving.venue(cancel_refused("busy"))
            else:
                leaving.venue(answer("working"))

    assert REFUSALS_MAX == len(cancels)
    waits = [later - earlier for earlier, later in zip(cancels, cancels[1:])]
    assert waits == sorted(waits)
    assert all(wait >= least for wait, least in zip(waits, CANCEL_AGAIN_MS))
    assert ["order_stays_open"] == [a for a in leaving.alerts() if a != "order_in_doubt"]
    assert [] == leaving.reports()
    assert (OrdStatus.NEW, None) == (leaving.order().status, leaving.order().own_cancel)
    assert not len(leaving.engine.proofs)


def test_once_it_works_after_refusals_the_client_hears_of_the_cancel_alone(
    leaving: Exchange,
) -> None:
    leaving.venue(cancel_refused("busy"), answer("working"))
    leaving.commands()
    leaving.wait(1.5)
    leaving.venue(answer("working"), canceled_as_asked())

    assert ["query X", "cancel X"] == leaving.commands()
    assert ["11=X|150=4|39=4|14=0|151=0|58=the client is gone"] == leaving.reports(*TOLD)


def test_an_order_that_the_venue_has_lost_is_not_cancelled_for_ever(leaving: Exchange) -> None:
    leaving.wait(0.1)
    leaving.venue(
        outcome(
            Command.CANCEL, Refused("gone", "gone", cxl_rej_reason=CxlRejReason.UNKNOWN_ORDER)
        ),
        answer("absent"),
    )

    assert ["order_gone_at_venue"] == leaving.alerts()
    assert type(leaving.events[-1]) is CancelGivenUp


# ------------------------------------------------------------------------ the client comes back


def test_a_client_that_is_back_stops_the_repetitions(leaving: Exchange) -> None:
    leaving.venue(cancel_refused("busy"))
    leaving.client_back()
    leaving.commands()
    leaving.venue(answer("working"))
    leaving.wait(120)

    assert [] == leaving.commands()
    assert [] == leaving.reports()
    assert OrdStatus.NEW is leaving.order().status


def test_what_is_under_way_when_the_client_is_back_is_seen_through(leaving: Exchange) -> None:
    leaving.client_back()
    leaving.venue(lost(Command.CANCEL))
    leaving.wait(1)
    leaving.venue(answer("working"))

    assert ["query X", "cancel X"] == leaving.commands()


def test_a_client_that_is_back_may_cancel_by_itself_and_gets_its_answer(leaving: Exchange) -> None:
    leaving.client_back()
    leaving.client("35=F|11=Y|41=X|")
    leaving.venue(canceled_as_asked())

    assert ["11=Y|41=X|150=6|39=6|14=0|151=10", "11=Y|41=X|150=4|39=4|14=0|151=0"] == (
        leaving.reports(*TOLD)
    )


def test_a_failed_cancel_of_a_client_that_is_back_stays_failed(working: Exchange) -> None:
    working.client("35=F|11=Y|41=X|")
    working.client_gone()
    working.client_back()
    working.commands()
    working.venue(cancel_refused(), answer("working"))

    assert ["query X"] == working.commands()


# ------------------------------------------------------------------------------------ a restart


def test_a_decision_on_record_is_carried_out_after_a_restart(working: Exchange) -> None:
    working.engine.cancel_session(
        working.order().request.session, "the client is gone", working.moment
    )
    # On record; and then the process dies, with nothing sent.
    working.events += working.engine.take().events
    before = state(working.order())
    working.restart()
    assert before == state(working.order())

    working.wait(0.1)
    assert ["query X"] == working.commands()
    working.venue(answer("working"), canceled_as_asked())
    assert ["cancel X"] == working.commands()
    assert ["11=X|150=4|39=4|14=0|151=0|58=the client is gone"] == working.reports(*TOLD)


def test_a_refusal_on_record_is_counted_on_after_a_restart(leaving: Exchange) -> None:
    leaving.venue(cancel_refused("busy"))
    leaving.commands()
    leaving.restart()
    leaving.wait(0.1)
    leaving.venue(answer("working"))

    assert ["query X", "cancel X"] == leaving.commands()
    own = leaving.order().own_cancel
    assert own is not None and (1, "busy") == (own.refusals, own.refusal)

"""Requests about many orders are worked through in portions, and end right whatever happens."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from fixgw.core.mass import WAITING_MAX, Mass
from fixgw.core.portions import AGAIN_MS, AT_ONCE_UNITS, CANCEL, REPORT, UNITS_PER_MS
from fixgw.model.errors import BusinessRefused
from fixgw.model.reports import ExecutionReport
from fixgw.model.session_events import MassCancelBegun, MassCancelEnded
from tests.support.orders import (
    CAPABILITIES,
    OTHER_CLIENT,
    Exchange,
    accepted,
    answer,
    canceled_as_asked,
    fill,
    replaced,
)

MANY = 400
REPORTS_AT_ONCE = AT_ONCE_UNITS // REPORT + 1
REPORTS_EACH_TICK = AGAIN_MS * UNITS_PER_MS // REPORT
CANCELS_AT_ONCE = AT_ONCE_UNITS // CANCEL + 1


@pytest.fixture
def exchange() -> Exchange:
    """MANY open orders, O0 and so on, and one of another client."""
    made = Exchange(replace(CAPABILITIES, replace=True))
    for number in range(MANY):
        made.client(f"35=D|11=O{number}|38=10|54={number % 2 + 1}|")
        made.venue(accepted(), order=f"O{number}")
    made.client("35=D|11=OTHER|38=10|", OTHER_CLIENT)
    made.venue(accepted())
    made.reports()
    made.commands()
    return made


def told(exchange: Exchange) -> list[ExecutionReport]:
    return [each for each in exchange.raw_reports() if isinstance(each, ExecutionReport)]


def ticks(exchange: Exchange) -> list[int]:
    """How many reports each tick had, until none has any."""
    counts = []
    while True:
        exchange.tick(AGAIN_MS)
        count = len(told(exchange))
        if not count:
            return counts
        counts.append(count)


# ----------------------------------------------------------------------- statuses


def test_statuses_of_many_orders_come_a_few_each_tick_and_are_all_there(
    exchange: Exchange,
) -> None:
    exchange.client("35=AF|11=S|585=7|")
    reports = told(exchange)
    assert len(reports) <= REPORTS_AT_ONCE
    while not (reports and reports[-1].last_rpt_requested):
        exchange.tick(AGAIN_MS)
        now = told(exchange)
        assert len(now) <= REPORTS_AT_ONCE
        assert len(now) >= REPORTS_EACH_TICK or now[-1].last_rpt_requested
        reports += now

    assert [f"O{number}" for number in range(MANY)] == [each.cl_ord_id for each in reports]
    assert {MANY} == {each.tot_num_reports for each in reports}
    assert [True] == [each.last_rpt_requested for each in reports if each.last_rpt_requested]
    assert [] == ticks(exchange)


def test_few_are_answered_at_once_while_nobody_asks_for_many(exchange: Exchange) -> None:
    exchange.client("35=AF|11=S|585=7|", OTHER_CLIENT)

    [report] = told(exchange)
    assert ("OTHER", 1, True) == (
        report.cl_ord_id, report.tot_num_reports, report.last_rpt_requested
    )


def test_a_second_request_while_the_first_is_answered_is_refused(exchange: Exchange) -> None:
    exchange.client("35=AF|11=S|585=7|")
    with pytest.raises(BusinessRefused, match="OrderMassStatusRequest.35=AF. S is still being"):
        exchange.client("35=AF|11=T|585=7|54=1|")
    exchange.wait(1)
    exchange.reports()

    exchange.client("35=AF|11=T|585=7|54=1|")
    exchange.wait(1)
    assert MANY // 2 == len(exchange.reports())


def test_another_client_s_answer_does_not_wait_for_the_end_of_it(exchange: Exchange) -> None:
    exchange.client("35=AF|11=S|585=7|")
    exchange.client("35=AF|11=S|585=7|", OTHER_CLIENT)

    while not any(each.cl_ord_id == "OTHER" for each in told(exchange)):
        exchange.tick(AGAIN_MS)
    assert ticks(exchange)


def test_what_happens_meanwhile_is_told_as_it_is_and_the_count_stays(exchange: Exchange) -> None:
    exchange.client("35=AF|11=S|585=7|")
    reports = told(exchange)
    exchange.venue(fill("t1", 10), order=f"O{MANY - 1}")
    exchange.client(f"35=G|11=NEW|41=O{MANY - 2}|38=12|")
    exchange.venue(replaced(), order="NEW")
    exchange.client("35=D|11=LATE|38=10|")
    exchange.raw_reports()
    while not (reports and reports[-1].last_rpt_requested):
        exchange.tick(AGAIN_MS)
        reports += told(exchange)

    assert ["NEW", f"O{MANY - 1}"] == [each.cl_ord_id for each in reports[-2:]]
    assert "2" == reports[-1].ord_status
    assert MANY == reports[-1].tot_num_reports


def test_a_restart_forgets_the_answer_and_takes_the_next_request(exchange: Exchange) -> None:
    exchange.client("35=AF|11=S|585=7|")
    exchange.raw_reports()
    exchange.restart()

    assert [] == ticks(exchange)
    exchange.client("35=AF|11=S|585=7|")
    assert told(exchange)


# ------------------------------------------------------------------------ cancels


def cancels(exchange: Exchange) -> list[str]:
    return [each for each in exchange.commands() if each.startswith("cancel ")]


def all_cancels(exchange: Exchange) -> list[str]:
    found: list[str] = []
    for _ in range(MANY):
        exchange.tick(AGAIN_MS)
        found += cancels(exchange)
    return found


EVERY_ONE = [f"cancel O{number}" for number in range(MANY)]


def test_a_mass_cancel_of_many_sends_a_few_each_tick_and_counts_them_all(
    exchange: Exchange,
) -> None:
    exchange.client("35=q|11=M|530=7|")
    found = cancels(exchange)
    assert len(found) <= CANCELS_AT_ONCE
    while len(found) < MANY:
        exchange.tick(AGAIN_MS)
        now = cancels(exchange)
        assert len(now) <= CANCELS_AT_ONCE
        found += now

    assert EVERY_ONE == found
    assert [f"35=r|11=M|531=7|533={MANY}"] == exchange.reports("11", "531", "533", "150")
    exchange.tick(AGAIN_MS)
    on_record = [e for e in exchange.events if isinstance(e, MassCancelBegun | MassCancelEnded)]
    assert [True, None] == [getattr(each, "answered", None) for each in on_record]


@pytest.mark.parametrize("after_ticks", [0, 1, 3])
def test_a_restart_goes_on_with_a_mass_cancel_of_many(
    exchange: Exchange, after_ticks: int
) -> None:
    exchange.client("35=q|11=M|530=7|")
    for _ in range(after_ticks):
        exchange.tick(AGAIN_MS)
    found = cancels(exchange)
    exchange.restart()
    exchange.client("35=D|11=LATER|38=10|")
    found += all_cancels(exchange)

    # Those that had left are asked about, not sent again; an order placed later is not meant.
    assert sorted(EVERY_ONE) == sorted(found)
    answers = [each for each in exchange.reports("11", "531", "533") if each.startswith("35=r")]
    assert [f"35=r|11=M|531=7|533={MANY}"] == answers
    assert isinstance(exchange.events[-1], MassCancelEnded) or any(
        isinstance(each, MassCancelEnded) for each in exchange.events
    )


def test_a_mass_cancel_of_few_leaves_nothing_of_its_own_on_record(exchange: Exchange) -> None:
    exchange.client("35=q|11=M|530=7|", OTHER_CLIENT)

    assert not [e for e in exchange.events if isinstance(e, MassCancelBegun | MassCancelEnded)]
    assert ["cancel OTHER"] == exchange.commands()


def test_an_order_that_is_replaced_meanwhile_is_canceled_under_its_new_name(
    exchange: Exchange,
) -> None:
    exchange.client("35=q|11=M|530=7|")
    found = cancels(exchange)
    last = f"O{MANY - 1}"
    exchange.client(f"35=G|11=NEW|41={last}|38=12|54=2|")
    exchange.venue(replaced(), order="NEW")
    found += cancels(exchange) + all_cancels(exchange)

    assert EVERY_ONE[:-1] + ["cancel NEW"] == found


def test_mass_cancels_wait_for_each_other_and_not_without_end(exchange: Exchange) -> None:
    for number in range(WAITING_MAX + 2):
        exchange.client(f"35=q|11=M{number}|530=7|54=2|")
    refused = [each for each in exchange.reports("11", "531", "58") if "|531=0" in each]
    assert [
        f"35=r|11=M{WAITING_MAX}|531=0|58={WAITING_MAX} requests before it are not done yet",
        f"35=r|11=M{WAITING_MAX + 1}|531=0|58={WAITING_MAX} requests before it are not done yet",
    ] == refused

    assert MANY // 2 == len(all_cancels(exchange))
    assert WAITING_MAX - 0 >= len(exchange.reports("11", "531"))


# ---------------------------------------------------------------------- departures


def test_a_departure_cancels_many_a_few_each_tick(exchange: Exchange) -> None:
    exchange.client_gone()
    found = cancels(exchange)
    assert len(found) <= CANCELS_AT_ONCE

    assert EVERY_ONE == found + all_cancels(exchange)


def test_a_client_that_comes_back_meanwhile_finds_all_of_them_canceled(
    exchange: Exchange,
) -> None:
    exchange.client_gone()
    exchange.client_back()

    assert EVERY_ONE == cancels(exchange)
    exchange.venue(canceled_as_asked(), order="O0")
    exchange.venue(answer("working"), order="O1")
    assert [] == all_cancels(exchange)


# ------------------------------------------------------------------------------ a bug


def test_one_that_fails_takes_nothing_from_who_waited_before_it(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.client("35=q|11=M|")
    found = cancels(exchange)
    while len(found) < MANY - CANCELS_AT_ONCE // 2:
        exchange.tick(AGAIN_MS)
        found += cancels(exchange)

    def fail(self: Mass, task: object) -> Iterator[int]:
        yield CANCEL
        raise ValueError

    with monkeypatch.context() as bug:
        bug.setattr(Mass, "_cancels", fail)
        exchange.mono_ms += 1_000
        exchange.client("35=q|11=N|", OTHER_CLIENT)

    assert [OTHER_CLIENT] == [each.session for each in exchange.engine.take_failed()]
    assert EVERY_ONE == found + all_cancels(exchange)

"""Order entry as every venue has it: lanes, refusals, pauses, questions once."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest
import uvloop
from msgspec.structs import replace

from fixgw.model.effects import CancelOrder, QueryOrder, ReplaceOrder, SubmitOrder
from fixgw.model.enums import Command, OrdRejReason
from fixgw.model.errors import OrderRefused
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    OrderUpdate,
    QueryFailed,
    Refused,
    VenueInput,
    VenueStatus,
)
from fixgw.runtime.clock import ManualClock
from fixgw.venues.kit.config import VenueConfig
from fixgw.venues.kit.order_entry import FRESH_SECONDS, OrderCommand, OrderEntry, fresh, not_listed
from fixgw.venues.outcome import NOT_SENT, Answer, NotSent
from fixgw.venues.work_queue import QueuedJob
from tests.venues.finery.venue import order

SUBMIT, CANCEL = SubmitOrder(order()), CancelOrder(order())
REPLACE = ReplaceOrder(order(), order())
UNSAYABLE = SubmitOrder(order(symbol="NONE"))


class Entry(OrderEntry[QueryOrder]):
    """Does all at once, and remembers it."""

    def __init__(self, **settings: float) -> None:
        self.heard_of: list[VenueInput] = []
        self.done: list[object] = []
        self.time = ManualClock(1)
        super().__init__(
            scope="here", config=VenueConfig(**settings), requests_per_second=0, clock=self.time,
            deliver=self.heard_of.append,
        )

    def _check(self, command: SubmitOrder | ReplaceOrder) -> None:
        if command.order.symbol == "NONE":
            raise OrderRefused(OrdRejReason.UNKNOWN_SYMBOL, "no words for it")

    async def _do(self, job: QueuedJob[OrderCommand | QueryOrder]) -> None:
        self.done.append(job.work)


def play(entry: Entry, scene: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        worker = asyncio.create_task(entry.work())
        async with asyncio.timeout(30):
            await scene()
        worker.cancel()

    uvloop.run(run())


def worked(entry: Entry, number: int) -> None:
    """Let it work until *number* pieces are done."""

    async def scene() -> None:
        while len(entry.done) < number:
            await asyncio.sleep(0)

    play(entry, scene)


def test_cancels_leave_before_orders_and_orders_before_questions():
    entry = Entry()
    for command in (QueryOrder(SUBMIT.order), SUBMIT, CANCEL, REPLACE):
        entry.take(command)
    worked(entry, 4)

    assert [CANCEL, SUBMIT, REPLACE, QueryOrder(SUBMIT.order)] == entry.done
    assert ([], 4) == (entry.heard_of, entry.status().sent)


def test_what_cannot_be_said_is_refused_and_never_leaves():
    entry = Entry()
    entry.take(UNSAYABLE)

    (told,) = entry.heard_of
    refused = Refused(NOT_SENT, "no words for it", ord_rej_reason=OrdRejReason.UNKNOWN_SYMBOL)
    assert CommandOutcome(UNSAYABLE.order.order_id, Command.SUBMIT, refused) == told
    assert 0 == sum(entry.status().waiting.values())


@pytest.mark.parametrize("command, told_of, kind", [
    (SUBMIT, SUBMIT.order, Command.SUBMIT),
    (CANCEL, CANCEL.order, Command.CANCEL),
    (REPLACE, REPLACE.replacement, Command.REPLACE),
])
def test_what_has_no_place_is_refused(command, told_of, kind):
    entry = Entry(queue_limit=1)
    entry.take(command)
    assert [] == entry.heard_of
    entry.take(command)

    (told,) = entry.heard_of
    assert (told_of.order_id, kind) == (told.order_id, told.command)
    assert isinstance(told.outcome, Refused)


def test_the_same_question_waits_once_and_may_be_asked_again_when_it_left():
    entry = Entry(queue_limit=2)
    plain, deep, other = (
        QueryOrder(SUBMIT.order), QueryOrder(SUBMIT.order, fills=True), QueryOrder(CANCEL.order),
    )
    for query in (plain, deep, plain, deep):
        entry.take(query)
    assert (2, []) == (entry.status().waiting["query"], entry.heard_of)
    entry.take(other)
    assert [QueryFailed] == [type(each) for each in entry.heard_of]

    worked(entry, 2)
    entry.take(plain)
    worked(entry, 3)
    assert [plain, deep, plain] == entry.done


@pytest.mark.parametrize("command", [SUBMIT, REPLACE])
def test_what_waited_too_long_does_not_leave(command):
    entry = Entry(queue_seconds=5.0)
    entry.take(command)
    entry.time.advance(6_000)
    entry.take(CANCEL)

    async def scene() -> None:
        while not (entry.done and entry.heard_of):
            await asyncio.sleep(0)

    play(entry, scene)
    (told,) = entry.heard_of
    assert ([CANCEL], True) == (entry.done, "waited 6.0 s" in told.outcome.text)


@pytest.mark.parametrize("command", [SUBMIT, REPLACE])
def test_it_is_refused_even_while_nothing_can_leave(command):
    entry = Entry(queue_seconds=5.0)
    entry.take(command)
    entry.time.advance(6_000)
    entry.drop_late()

    (told,) = entry.heard_of
    assert ("not sent", 0) == (told.outcome.code, entry.status().waiting["submit"])


def test_after_429_nothing_leaves_for_as_long_as_it_says_and_no_longer_than_is_obeyed():
    for said, seconds in (({"retry-after": "7"}, 7), ({}, 1), ({"retry-after": "999"}, 60)):
        entry = Entry()
        for result in (Answer(500, b""), NotSent("dns"), Answer(503, b"", {"retry-after": "9"})):
            entry.heard(result)
        entry.heard(Answer(429, b"", said))

        assert seconds == pytest.approx(entry.queue._held_until - entry.time.monotonic())


def test_an_old_answer_proves_no_absence():
    absent = OrderUpdate(
        order_id=SUBMIT.order.order_id, status=VenueStatus.ABSENT, text="HTTP 404"
    )

    assert absent is fresh(absent, FRESH_SECONDS)
    text = "the answer took 2.5 s, too long to prove absence: HTTP 404"
    assert QueryFailed(absent.order_id, text) == fresh(absent, 2.5)


def test_questions_that_one_list_answers_are_taken_together_but_not_one_that_it_left_open():
    entry = Entry(queue_limit=2)
    entry.take(QueryOrder(SUBMIT.order))
    entry.ask_alone(CANCEL.order)

    assert [] == entry.other_questions(lambda query: query.fills)
    assert [] == entry.other_questions(most=0)
    assert [SUBMIT.order] == entry.other_questions()
    entry.take(QueryOrder(SUBMIT.order))
    assert (2, []) == (entry.status().waiting["query"], entry.heard_of)
    entry.ask_alone(CANCEL.order)
    assert [QueryFailed] == [type(each) for each in entry.heard_of]


def test_its_limit_is_shown_where_it_has_one():
    assert Entry().limit() is None
    entry = Entry()
    entry.tell(SUBMIT, Acked())

    assert [CommandOutcome(SUBMIT.order.order_id, Command.SUBMIT, Acked())] == entry.heard_of


@pytest.mark.parametrize("known", ["0", "0.4"])
def test_executions_of_what_is_not_listed_are_news_unless_they_are_known(known: str) -> None:
    mine = order(cum_qty=Decimal(known))
    absent = OrderUpdate(
        order_id=mine.order_id, status=VenueStatus.ABSENT, cum_qty=Decimal("0.4"), asked=True
    )
    news = replace(absent, status=VenueStatus.UNCLEAR, asked=False)

    assert [*not_listed(absent, mine, 0.1)] == ([absent] if known == "0.4" else [news, absent])
    # The absence is too old; the executions are not.
    late = [type(each) for each in not_listed(absent, mine, FRESH_SECONDS + 1)]
    assert late == [QueryFailed] if known == "0.4" else [OrderUpdate, QueryFailed]

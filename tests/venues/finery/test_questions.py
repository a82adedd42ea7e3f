"""Questions: behind all commands, once about each order, no more than there is room for."""

import asyncio
from collections.abc import Awaitable, Callable

import uvloop

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder
from fixgw.runtime.clock import SystemClock
from fixgw.venues.finery.questions import Questions
from fixgw.venues.kit.order_entry import OrderCommand
from fixgw.venues.ratelimit import Lane, RateLimiter
from fixgw.venues.work_queue import WorkQueue
from tests.venues.finery.venue import order

Commands = WorkQueue[OrderCommand | QueryOrder]


def play(scene: Callable[[Commands, Questions], Awaitable[None]], limit: int = 100) -> None:
    async def run() -> None:
        commands: Commands = WorkQueue(
            limit=limit, submit_seconds=30, limiter=RateLimiter(0), clock=SystemClock(),
            too_late=lambda command, refused: None,
        )
        async with asyncio.timeout(30):
            await scene(commands, Questions(commands, limit))

    uvloop.run(run())


def test_cancels_leave_first_and_questions_wait_for_both():
    async def scene(commands: Commands, questions: Questions) -> None:
        submit, cancel = SubmitOrder(order()), CancelOrder(order())
        questions.ask(QueryOrder(order()))
        commands.put(Lane.SUBMIT, submit)
        commands.put(Lane.CANCEL, cancel)
        asking = asyncio.ensure_future(questions.next(10))
        await asyncio.sleep(0.05)
        assert not asking.done()
        assert [(await commands.next()).work for _ in range(2)] == [cancel, submit]
        assert len(await asking) == 1

    play(scene)


def test_one_question_an_order_and_the_more_curious_wins():
    async def scene(commands: Commands, questions: Questions) -> None:
        one = order()
        for fills in (False, True, False):
            assert questions.ask(QueryOrder(one, fills=fills))
        assert await questions.next(10) == [QueryOrder(one, fills=True)]

    play(scene)


def test_one_question_too_many_is_not_taken():
    async def scene(commands: Commands, questions: Questions) -> None:
        assert [questions.ask(QueryOrder(order())) for _ in range(3)] == [True, True, False]
        assert len(questions) == 2
        assert commands.put(Lane.CANCEL, CancelOrder(order()))

    play(scene, limit=2)


def test_they_leave_oldest_first_and_no_more_than_one_request_takes():
    async def scene(commands: Commands, questions: Questions) -> None:
        asked = [QueryOrder(order()) for _ in range(3)]
        for each in asked:
            questions.ask(each)
        assert [await questions.next(2), await questions.next(2)] == [asked[:2], asked[2:]]

    play(scene)


def test_what_replaced_an_order_is_asked_about_behind_it():
    async def scene(commands: Commands, questions: Questions) -> None:
        old, new = QueryOrder(order()), QueryOrder(order())
        questions.ask(new)
        questions.ask(old)
        assert await questions.next(2) == [old, new]

    play(scene)


def test_a_look_needs_no_question():
    async def scene(commands: Commands, questions: Questions) -> None:
        questions.look()
        assert await questions.next(2) == []
        asking = asyncio.ensure_future(questions.next(2))
        await asyncio.sleep(0.05)
        assert not asking.done()
        questions.look()
        assert await asking == []

    play(scene)

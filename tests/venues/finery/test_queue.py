"""The queue: cancels first, questions last and once each; a limit, a hold, submits too late."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder
from fixgw.runtime.clock import SystemClock
from fixgw.venues.finery.queue import CommandQueue
from tests.venues.finery.venue import config, order


def play(scene: Callable[[CommandQueue, list[Any]], Awaitable[None]], **changes: Any) -> None:
    async def run() -> None:
        late: list[Any] = []
        queue = CommandQueue(
            config("http://nowhere", **changes), SystemClock(), lambda *one: late.append(one)
        )
        async with asyncio.timeout(10):
            await scene(queue, late)

    uvloop.run(run())


def test_cancels_leave_first_and_questions_wait_for_both():
    async def scene(queue: CommandQueue, late: list[Any]) -> None:
        submit, cancel = SubmitOrder(order()), CancelOrder(order())
        queue.ask(QueryOrder(order()))
        queue.put(submit)
        queue.put(cancel)
        asking = asyncio.ensure_future(queue.next_queries(10))
        await asyncio.sleep(0.05)
        assert not asking.done()
        assert [await queue.next_command() for _ in range(2)] == [cancel, submit]
        assert len(await asking) == 1

    play(scene)


def test_one_question_an_order_and_the_more_curious_wins():
    async def scene(queue: CommandQueue, late: list[Any]) -> None:
        one = order()
        for fills in (False, True, False):
            assert queue.ask(QueryOrder(one, fills=fills))
        assert await queue.next_queries(10) == [QueryOrder(one, fills=True)]

    play(scene)


def test_lanes_are_bounded():
    async def scene(queue: CommandQueue, late: list[Any]) -> None:
        assert [queue.put(SubmitOrder(order())) for _ in range(3)] == [True, True, False]
        assert [queue.ask(QueryOrder(order())) for _ in range(3)] == [True, True, False]
        assert queue.put(CancelOrder(order()))
        assert queue.waiting() == {"cancel": 1, "submit": 2, "query": 2}
        assert "nothing was sent" in queue.no_room().text

    play(scene, queue_limit=2)


def test_no_more_leaves_than_the_limit_and_what_waited_too_long_is_refused():
    async def scene(queue: CommandQueue, late: list[Any]) -> None:
        for _ in range(3):
            queue.put(SubmitOrder(order()))
        await queue.next_command()
        assert queue.headroom() == 0
        cancel = CancelOrder(order())
        queue.put(cancel)
        # The second submit would leave after a second; by then it is late.
        assert await queue.next_command() == cancel
        assert [len(late), queue.waiting()["submit"]] == [0, 2]
        waiting = asyncio.ensure_future(queue.next_command())
        while len(late) < 2:
            await asyncio.sleep(0.01)
        waiting.cancel()
        assert all("rate limit" in refused.text for _, refused in late)

    play(scene, requests_per_second=1, queue_seconds=0.1)


def test_a_hold_keeps_everything_back():
    async def scene(queue: CommandQueue, late: list[Any]) -> None:
        queue.hold(0.2)
        queue.put(CancelOrder(order()))
        leaving = asyncio.ensure_future(queue.next_command())
        await asyncio.sleep(0.05)
        assert not leaving.done()
        await leaving

    play(scene)

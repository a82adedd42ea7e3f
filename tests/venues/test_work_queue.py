"""The queue: bounds, the rate limit, holds; with the clock of the machine."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder
from fixgw.runtime.clock import SystemClock
from fixgw.venues.ratelimit import Lane, RateLimiter
from fixgw.venues.work_queue import WorkQueue
from tests.venues.finery.venue import order

Queue = WorkQueue[SubmitOrder | CancelOrder | QueryOrder]


def play(
    scene: Callable[[Queue, list[Any]], Awaitable[None]],
    *,
    limit: int = 100,
    per_second: int = 0,
    submit_seconds: float = 30.0,
) -> None:
    async def run() -> None:
        late: list[Any] = []
        queue: Queue = WorkQueue(
            limit=limit, submit_seconds=submit_seconds, limiter=RateLimiter(per_second),
            clock=SystemClock(), too_late=lambda *one: late.append(one),
        )
        async with asyncio.timeout(30):
            await scene(queue, late)

    uvloop.run(run())


def test_lanes_are_bounded_each_by_itself():
    async def scene(queue: Queue, late: list[Any]) -> None:
        assert [queue.put(Lane.SUBMIT, SubmitOrder(order())) for _ in range(3)] == [
            True, True, False,
        ]
        assert queue.put(Lane.CANCEL, CancelOrder(order()))
        assert queue.waiting() == {"cancel": 1, "submit": 2, "query": 0}
        assert queue.no_room().text == (
            "2 commands wait for the rate limit already; nothing was sent"
        )

    play(scene, limit=2)


def test_no_more_leaves_than_the_limit_and_what_waited_too_long_is_refused():
    async def scene(queue: Queue, late: list[Any]) -> None:
        for _ in range(3):
            queue.put(Lane.SUBMIT, SubmitOrder(order()))
        await queue.next()
        assert queue.headroom() == 0
        cancel = CancelOrder(order())
        queue.put(Lane.CANCEL, cancel)
        # The second submit would leave after a second; by then it is late.
        assert (await queue.next()).work == cancel
        assert [len(late), queue.waiting()["submit"]] == [0, 2]
        waiting = asyncio.ensure_future(queue.next())
        while len(late) < 2:
            await asyncio.sleep(0.01)
        waiting.cancel()
        assert all("rate limit" in refused.text for _, refused in late)
        assert queue.sent == 2

    play(scene, per_second=1, submit_seconds=0.7)


def test_a_hold_keeps_everything_back():
    async def scene(queue: Queue, late: list[Any]) -> None:
        queue.hold(1.5)
        queue.hold(0.0)
        queue.put(Lane.CANCEL, CancelOrder(order()))
        leaving = asyncio.ensure_future(queue.next())
        await asyncio.sleep(0.05)
        assert not leaving.done()
        await leaving

    play(scene)


def test_a_request_behind_all_lets_what_comes_later_go_first():
    async def scene(queue: Queue, late: list[Any]) -> None:
        queue.put(Lane.SUBMIT, SubmitOrder(order()))
        left: list[str] = []

        async def last() -> None:
            await queue.slot(behind_all=True)
            left.append("last")

        async def work() -> None:
            for _ in range(2):
                left.append((await queue.next()).work.order.order_id)

        waiting = asyncio.ensure_future(last())
        await asyncio.sleep(0.02)
        cancel = CancelOrder(order())
        queue.put(Lane.CANCEL, cancel)
        await asyncio.gather(work(), waiting)
        assert (left[0], left[2:]) == (cancel.order.order_id, ["last"])

    play(scene)


def test_a_request_that_is_part_of_a_job_does_not_wait_for_others():
    async def scene(queue: Queue, late: list[Any]) -> None:
        queue.put(Lane.CANCEL, CancelOrder(order()))
        await queue.slot()
        assert (queue.sent, queue.waiting()["cancel"]) == (1, 1)

    play(scene)


def test_what_goes_together_is_taken_out_in_order_and_the_rest_stays():
    async def scene(queue: Queue, late: list[Any]) -> None:
        asked = [QueryOrder(order()) for _ in range(4)]
        for number, each in enumerate(asked):
            queue.put(Lane.QUERY, each, alone=number == 1)
        taken = queue.take(Lane.QUERY, lambda job: not job.alone, 2)
        assert [job.work for job in taken] == [asked[0], asked[2]]
        assert [(await queue.next()).work for _ in range(2)] == [asked[1], asked[3]]

    play(scene)


def test_a_cancel_that_comes_while_the_rate_limit_holds_goes_first():
    async def scene(queue: Queue, late: list[Any]) -> None:
        for _ in range(3):
            queue.put(Lane.SUBMIT, SubmitOrder(order()))
        await queue.next()
        await queue.next()
        third = asyncio.ensure_future(queue.next())
        await asyncio.sleep(0)
        cancel = CancelOrder(order())
        queue.put(Lane.CANCEL, cancel)

        assert (await third).work is cancel
        assert queue.waiting() == {"cancel": 0, "submit": 1, "query": 0}

    play(scene, per_second=2)


def test_workers_that_wait_for_work_do_not_hold_up_one_that_needs_a_slot():
    async def scene(queue: Queue, late: list[Any]) -> None:
        worker = asyncio.ensure_future(queue.next())
        await asyncio.sleep(0)
        await queue.slot()
        question = QueryOrder(order())
        queue.put(Lane.QUERY, question)
        assert (await worker).work is question

    play(scene)

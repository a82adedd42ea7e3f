"""What waits to leave: cancels first, nothing before the login, nothing too late."""

import asyncio

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder
from fixgw.runtime.clock import SystemClock
from fixgw.venues.integral import jobs
from fixgw.venues.ratelimit import Lane
from tests.venues.integral.venue import config, order


class Bench:
    def __init__(self, **settings: object) -> None:
        self.ready = asyncio.Event()
        self.late = []
        self.queue = jobs.queue(
            config("http://h", **settings), SystemClock(), self.ready,
            lambda command, refused: self.late.append((command, refused)),
        )


def test_cancels_leave_first_then_submits_then_questions_and_nothing_before_the_login():
    async def run() -> None:
        bench = Bench()
        submit, cancel, query = SubmitOrder(order()), CancelOrder(order()), QueryOrder(order())
        first = asyncio.ensure_future(bench.queue.next())
        for lane, one in (
            (Lane.QUERY, query), (Lane.SUBMIT, submit), (Lane.CANCEL, cancel),
        ):
            assert bench.queue.put(lane, one)
        await asyncio.sleep(0)
        assert not first.done()
        assert {"cancel": 1, "submit": 1, "query": 1} == bench.queue.waiting()
        bench.ready.set()
        jobs = [await first, await bench.queue.next(), await bench.queue.next()]
        assert [cancel, submit, query] == [job.work for job in jobs]
        assert (3, None) == (bench.queue.sent, bench.queue.headroom())

    asyncio.run(run())


def test_a_full_lane_takes_no_more():
    async def run() -> None:
        bench = Bench(queue_limit=1)
        assert bench.queue.put(Lane.SUBMIT, SubmitOrder(order()))
        assert not bench.queue.put(Lane.SUBMIT, SubmitOrder(order()))
        assert bench.queue.put(Lane.CANCEL, CancelOrder(order()))
        assert "1 commands wait" in bench.queue.no_room().text

    asyncio.run(run())


def test_a_submit_that_waited_too_long_is_refused_though_nothing_can_leave():
    async def run() -> None:
        bench = Bench(queue_seconds=0.0)
        submit = SubmitOrder(order())
        bench.queue.put(Lane.SUBMIT, submit)
        bench.queue.put(Lane.CANCEL, CancelOrder(order()))
        await asyncio.sleep(0.001)
        bench.queue.drop_late()
        ((command, refused),) = bench.late
        assert command is submit and "nothing was sent" in refused.text
        assert {"cancel": 1, "submit": 0, "query": 0} == bench.queue.waiting()

    asyncio.run(run())


def test_a_pause_that_the_venue_asks_for_is_kept():
    async def run() -> None:
        bench = Bench()
        bench.ready.set()
        bench.queue.hold(3600)
        bench.queue.put(Lane.CANCEL, CancelOrder(order()))
        waiting = asyncio.ensure_future(bench.queue.next())
        done, _ = await asyncio.wait({waiting}, timeout=0.05)
        assert not done
        waiting.cancel()

    asyncio.run(run())


def test_questions_are_taken_together_but_for_those_that_must_be_asked_alone():
    async def run() -> None:
        bench = Bench()
        orders = [order() for _ in range(3)]
        for each in orders:
            bench.queue.put(Lane.QUERY, QueryOrder(each), alone=each is orders[1])
        assert [orders[0], orders[2]] == jobs.take_queries(bench.queue)
        assert 1 == bench.queue.waiting()["query"]

    asyncio.run(run())

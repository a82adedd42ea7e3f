"""The queue of an account, with the clock of the machine: what it waits for is real."""

import asyncio

from fixgw.model.effects import CancelOrder, SubmitOrder
from fixgw.model.venue import Refused
from fixgw.runtime.clock import SystemClock
from fixgw.venues.apifiny import work
from fixgw.venues.apifiny.work import ListOpen, Work
from fixgw.venues.ratelimit import Lane
from fixgw.venues.work_queue import WorkQueue
from tests.venues.apifiny.venue import config, order


def queue(refused: list[Refused], **changes: object) -> WorkQueue[Work]:
    return work.queue(
        config("http://127.0.0.1:1", **changes),
        SystemClock(),
        too_late=lambda command, why: refused.append(why),
    )


def test_a_cancel_that_comes_while_the_rate_limit_holds_goes_first():
    async def run() -> None:
        waiting = queue([], requests_per_second=2)
        for _ in range(3):
            waiting.put(Lane.SUBMIT, SubmitOrder(order()))
        await waiting.next()
        await waiting.next()
        assert waiting.headroom() == 0

        third = asyncio.ensure_future(waiting.next())
        await asyncio.sleep(0)
        cancel = CancelOrder(order())
        waiting.put(Lane.CANCEL, cancel)

        assert (await third).work is cancel
        assert waiting.waiting() == {"cancel": 0, "submit": 1, "query": 0}

    asyncio.run(run())


def test_workers_that_wait_for_work_do_not_hold_up_one_that_needs_a_slot():
    async def run() -> None:
        waiting = queue([])
        worker = asyncio.ensure_future(waiting.next())
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await waiting.slot()
        waiting.put(Lane.QUERY, ListOpen("VENUE1"))
        assert (await worker).work == ListOpen("VENUE1")

    asyncio.run(run())


def test_a_submit_that_waited_too_long_never_leaves_and_costs_no_slot():
    async def run() -> None:
        refused: list[Refused] = []
        waiting = queue(refused, queue_seconds=0.0)
        waiting.put(Lane.SUBMIT, SubmitOrder(order()))
        cancel = CancelOrder(order())
        waiting.put(Lane.QUERY, cancel)

        assert (await waiting.next()).work is cancel
        assert waiting.sent == 1
        assert "for the rate limit; nothing was sent" in refused[0].text

    asyncio.run(run())

"""A tick that is decided acts when it is durable, in the order of deciding, or never."""

import asyncio

import pytest

from fixgw.loop.held import NOTHING_WRITTEN, HeldLimits, HeldTick, HeldTicks, Written
from fixgw.model.effects import QueryOrder, SubmitOrder, VenueCommand
from fixgw.model.enums import Command
from fixgw.model.errors import JournalError
from fixgw.model.venue import CommandOutcome, OrderUpdate, Unknown, VenueInput, VenueStatus
from fixgw.runtime.clock import ManualClock
from tests.app.paper import Paper
from tests.loop.test_order_loop import DEADLINE_SECONDS, Owner


class Later(Owner):
    """Its ticks are durable when the test says so."""

    durable = 0

    def __init__(self) -> None:
        self.number = 0
        super().__init__()

    def commit(self, at_ms: int) -> int:
        self.note("commit")
        self.number += 1
        return self.number

    def until_durable(self, number: int) -> None:
        self.durable = number
        assert self.on_durable is not None
        self.on_durable()

    def sync(self) -> None:
        self.note("sync")
        self.durable = self.number


async def started() -> Later:
    owner = Later()
    owner.loop.start()
    await owner.until(lambda: owner.number)
    owner.until_durable(owner.number)
    owner.happened.clear()
    owner.loop.stop_timers()
    return owner


async def decided(owner: Later, *names: str) -> int:
    """Each in a tick of its own; return the number of the last."""
    for name in names:
        number = owner.number
        owner.order(name)
        await owner.until(lambda: owner.number > number)
    return owner.number


def test_nothing_leaves_before_it_is_durable_and_then_in_the_order_of_deciding() -> None:
    async def scenario() -> None:
        owner = await started()
        last = await decided(owner, "A", "B", "C")
        assert [] == owner.paper.commands and "write" not in owner.happened

        owner.until_durable(last - 1)
        assert ["A", "B"] == [each.order.order_id and name for each, name in zip(
            owner.paper.commands, "AB", strict=True)]
        owner.until_durable(last)

        acts = [each for each in owner.happened if each in ("SubmitOrder", "write")]
        assert 3 * ["SubmitOrder", "write"] == acts
        ids = [each.order.order_id for each in owner.paper.commands]
        assert sorted(ids) == ids and 3 == len(ids)
        owner.loop.die()

    asyncio.run(scenario())


def test_above_the_limit_no_input_is_taken_until_there_is_room() -> None:
    async def scenario() -> None:
        owner = await started()
        owner.loop._held = HeldTicks(HeldLimits(ticks=2))
        await decided(owner, "A", "B")
        owner.order("C")
        for _ in range(20):
            await asyncio.sleep(0)
        assert 1 == len(owner.requests), "it waits where it came from"

        owner.until_durable(owner.number)
        await owner.until(lambda: not owner.requests)
        owner.until_durable(owner.number)
        await owner.until(lambda: len(owner.paper.commands) == 3)
        owner.loop.die()

    asyncio.run(scenario())


def test_a_limit_of_bytes_counts_what_waits_to_be_written() -> None:
    held = HeldTicks(HeldLimits(ticks=9, size=10))
    held.hold(HeldTick(1, {}, Written(lambda: None, 9)))
    assert not held.full
    held.hold(HeldTick(2, {}, Written(lambda: None, 1)))
    assert held.full

    assert held.due(0) is None
    assert held.due(1) is not None
    assert not held.full and 1 == len(held)


def test_a_record_that_fails_ends_the_loop_and_nothing_held_leaves() -> None:
    async def scenario() -> None:
        owner = await started()
        await decided(owner, "A", "B")
        owner.failure = JournalError("the disk is gone")
        owner.until_durable(0)

        with pytest.raises(JournalError, match="the disk is gone"):
            async with asyncio.timeout(DEADLINE_SECONDS):
                await owner.loop.failure()
        owner.failure = None
        owner.until_durable(owner.number)
        assert [] == owner.paper.commands and "write" not in owner.happened

    asyncio.run(scenario())


def test_the_end_waits_for_what_is_decided() -> None:
    async def scenario() -> None:
        owner = await started()
        await decided(owner, "A")
        owner.loop.finish()

        assert 1 == len(owner.paper.commands)
        assert owner.happened.index("sync") < owner.happened.index("SubmitOrder")
        assert owner.loop.error is None

    asyncio.run(scenario())


def test_a_tick_that_records_nothing_acts_behind_those_that_are_held() -> None:
    async def scenario() -> None:
        owner = await started()
        last = await decided(owner, "A")
        owner.commit = lambda at_ms: 0  # type: ignore[method-assign]
        owner.loop.look_at_time()
        for _ in range(10):
            await asyncio.sleep(0)
        assert "write" not in owner.happened

        owner.until_durable(last)
        assert ["SubmitOrder", "write", "write"] == [
            each for each in owner.happened if each in ("SubmitOrder", "write")
        ]
        owner.loop.die()

    asyncio.run(scenario())


def test_turns_of_the_timer_without_anything_due_take_no_place() -> None:
    async def scenario() -> None:
        owner = await started()
        owner.loop._held = HeldTicks(HeldLimits(ticks=2))
        last = await decided(owner, "A")
        owner.commit = lambda at_ms: owner.note("nothing") or 0  # type: ignore[assignment]
        owner.written = lambda: NOTHING_WRITTEN  # type: ignore[method-assign]
        for count in range(1, 9):
            owner.loop.look_at_time()
            await owner.until(lambda: owner.happened.count("nothing") == count)
        assert 1 == len(owner.loop._held) and "write" not in owner.happened

        owner.until_durable(last)
        assert 1 == owner.happened.count("write")
        owner.loop.die()

    asyncio.run(scenario())


def test_absence_is_proven_from_the_moment_at_which_the_order_left() -> None:
    """It is decided, and leaves ten seconds later: the venue may see it as late as ever."""
    async def scenario() -> None:
        owner = await started()
        owner.loop._clock = clock = ManualClock(1_800_000_000_000)
        owner.paper.answer = _knows_nothing
        last = await decided(owner, "A")
        clock.advance(10 * Paper.capabilities.absence_proof_ms)
        owner.loop.look_at_time()
        await owner.until(lambda: not owner.loop.scheduled)
        assert [] == owner.paper.commands

        owner.until_durable(last)
        await until_all_is_done(owner)
        assert [SubmitOrder] == [type(each) for each in owner.paper.commands]
        clock.advance(Paper.capabilities.absence_proof_ms - 1)
        await at_another_time(owner)
        assert [SubmitOrder, QueryOrder] == [type(each) for each in owner.paper.commands]
        clock.advance(1_000)
        await at_another_time(owner)
        # Asked again, it is proven never to have arrived, and is submitted once more.
        assert [SubmitOrder, QueryOrder, QueryOrder, SubmitOrder] == [
            type(each) for each in owner.paper.commands
        ]
        owner.loop.die()

    asyncio.run(scenario())


async def at_another_time(owner: Later) -> None:
    owner.loop.look_at_time()
    await until_all_is_done(owner)


async def until_all_is_done(owner: Later) -> None:
    """What is decided acts, and what follows from that."""
    while owner.loop.scheduled or owner.durable < owner.number:
        await owner.until(lambda: not owner.loop.scheduled)
        owner.until_durable(owner.number)


def _knows_nothing(command: VenueCommand) -> VenueInput:
    order_id = command.order.order_id
    if isinstance(command, QueryOrder):
        return OrderUpdate(order_id=order_id, status=VenueStatus.ABSENT, asked=True)
    return CommandOutcome(order_id, Command.SUBMIT, Unknown("no answer"))

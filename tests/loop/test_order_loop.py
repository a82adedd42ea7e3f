"""The loop that trades: nothing reaches a venue before it is on record, and what fails ends it."""

import asyncio
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from fixgw.app import gateway
from fixgw.certify import harness
from fixgw.core.engine import Engine, VenueTerms
from fixgw.core.engine import EngineEvent
from fixgw.core.routing import ClientTerms, Router
from fixgw.core.state import EngineState
from fixgw.loop.held import Commands, Written
from fixgw.loop.order_loop import VENUE_WORDS_A_TICK, OrderLoop, RecordAtOnce, Word
from fixgw.loop.refusals import TOO_MANY, Refusal, Refusals
from fixgw.model.effects import QueryOrder, RaiseAlert, SendReport, SubmitOrder, VenueCommand
from fixgw.model.enums import ExecType, OrdType, Side, TimeInForce
from fixgw.model.ids import ClOrdID, SessionKey
from fixgw.model.now import Now
from fixgw.model.requests import NewOrderSingle
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    Fill,
    OrderUpdate,
    UnknownOrderSeen,
    VenueStatus,
)
from fixgw.runtime.clock import SystemClock
from fixgw.venues.kit.border import Border
from tests.app.paper import VENUE, Paper, PaperConfig

SESSION = SessionKey("FIX.4.4:FIXGW->ONE")
DEADLINE_SECONDS = 30.0


class Owner(RecordAtOnce):
    """The hooks and the record of a loop with one venue: everything is written down in order."""

    def __init__(self) -> None:
        self.happened: list[str] = []
        self.fails = ""
        """The hook that raises."""
        self.requests: list[NewOrderSingle] = []
        self.paper = Paper(VENUE, PaperConfig())
        self.paper.on_perform = lambda commands: self.note(
            *(type(command).__name__ for command in commands)
        )
        terms = ClientTerms(session=SESSION, venues=(VENUE,), accounts=("A1",))
        venue = VenueTerms(self.paper.capabilities, self.paper.venue_order_id, 30_000)
        engine = Engine(Router([terms], {VENUE: frozenset({"A1"})}), {VENUE: venue})
        venues: Any = {VENUE: self.paper}
        self.refusals = Refusals()
        self.loop = OrderLoop(SystemClock(), engine, self, venues, self, self.refusals)

    def note(self, *what: str) -> None:
        self.happened += what
        if self.fails in what:
            raise RuntimeError(self.fails)

    def order(self, cl_ord_id: str) -> None:
        self.requests.append(NewOrderSingle(
            session=SESSION, cl_ord_id=ClOrdID(cl_ord_id), symbol="BTCUSDT", side=Side.BUY,
            ord_type=OrdType.LIMIT, time_in_force=TimeInForce.GOOD_TILL_CANCEL,
            order_qty=Decimal(1), price=Decimal(100), account="A1",
        ))
        self.loop.wake()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not condition():
                await asyncio.sleep(0)

    # ------------------------------------------------------- the record, and the hooks

    def add_events(self, events: Sequence[EngineEvent]) -> None:
        self.note(*(type(event).__name__ for event in events))

    def commit(self, at_ms: int) -> int:
        self.note("commit")
        return 0

    def recover(self, now: Now) -> None:
        self.note("recover")

    def take(self, now: Now) -> None:
        requests, self.requests = self.requests, []
        for request in requests:
            self.loop.engine.handle(request, now)

    def awaits(self, word: Word) -> bool:
        return False

    def ended_on_file(self, venue: str, since_ms: int) -> list[Any]:
        return []

    def overhear(self, word: Word) -> None:
        if isinstance(word, UnknownOrderSeen):
            self.note("word")

    def look_at_time(self, now: Now) -> None:
        """Nothing is due."""

    def send_report(self, effect: SendReport, now: Now) -> None:
        report: Any = effect.report
        self.note(f"report {report.exec_type.name}")

    def alert(self, alert: RaiseAlert) -> None:
        self.note("alert")

    def refused(self, refused: Refusal) -> None:
        self.note(f"refused {refused.record.source}: {refused.record.error}")

    def look_up(self, directory: str) -> None:
        raise AssertionError("no directory is configured")

    def before_commit(self, now: Now) -> None:
        """The events are all."""

    def on_record(self, commands: Commands) -> None:
        """Nobody waits for it."""

    def written(self) -> Written:
        return Written(self.write, 0)

    def write(self) -> None:
        self.note("write")


async def started() -> Owner:
    owner = Owner()
    owner.loop.start()
    await owner.until(lambda: "write" in owner.happened)
    owner.happened.clear()
    return owner


def test_the_gateway_and_certification_run_the_same_loop() -> None:
    assert gateway.OrderLoop is harness.OrderLoop is OrderLoop


def test_an_order_is_recorded_then_sent_and_then_the_client_is_written_to() -> None:
    async def scenario() -> None:
        owner = await started()
        owner.order("A")
        await owner.until(lambda: f"report {ExecType.NEW.name}" in owner.happened)
        owner.loop.die()

        order = ["OrderPlaced", "commit", SubmitOrder.__name__, "write"]
        assert order == [each for each in owner.happened if each in order][:4]

    asyncio.run(scenario())


@pytest.mark.parametrize("fails", ["OrderPlaced", "commit"])
def test_of_a_tick_that_cannot_be_recorded_nothing_leaves(fails: str) -> None:
    async def scenario() -> None:
        owner = await started()
        owner.fails = fails
        owner.order("A")
        with pytest.raises(RuntimeError, match=fails):
            async with asyncio.timeout(DEADLINE_SECONDS):
                await owner.loop.failure()

        assert [] == owner.paper.commands
        assert "write" not in owner.happened
        assert owner.loop.over
        with pytest.raises(RuntimeError, match=fails):
            owner.loop.finish()

    asyncio.run(scenario())


def test_what_a_venue_says_very_much_of_is_decided_tick_by_tick() -> None:
    async def scenario() -> None:
        owner = await started()
        owner.paper.say(*3 * VENUE_WORDS_A_TICK * [UnknownOrderSeen(VENUE, "X", "not ours")])
        await owner.until(lambda: owner.happened.count("word") == 3 * VENUE_WORDS_A_TICK)
        owner.loop.die()

        commits = [at for at, what in enumerate(owner.happened) if what == "commit"]
        assert VENUE_WORDS_A_TICK == owner.happened[:commits[0]].count("word")

    asyncio.run(scenario())


def test_what_venues_said_last_is_recorded_at_the_end() -> None:
    async def scenario() -> None:
        owner = await started()
        owner.loop.stop_timers()
        owner.paper.say(*2 * VENUE_WORDS_A_TICK * [UnknownOrderSeen(VENUE, "X", "not ours")])
        owner.loop.finish()

        assert 2 * VENUE_WORDS_A_TICK == owner.happened.count("word")
        assert "commit" == [each for each in owner.happened if each != "write"][-1]
        assert owner.loop.over and owner.loop.error is None

    asyncio.run(scenario())


def test_what_is_not_on_record_when_the_loop_dies_never_happened() -> None:
    async def scenario() -> None:
        owner = await started()
        owner.order("A")
        owner.loop.die()
        for _ in range(10):
            await asyncio.sleep(0)

        assert [] == owner.paper.commands == owner.happened

    asyncio.run(scenario())


def test_a_venue_that_looks_for_corrections_is_given_what_ended_before_the_start() -> None:
    async def scenario() -> None:
        owner = await started()
        owner.order("A")
        await owner.until(lambda: f"report {ExecType.NEW.name}" in owner.happened)
        [order] = owner.loop.engine.orders
        one = Decimal(1)
        owner.paper.say(OrderUpdate(
            order_id=order.order_id, status=VenueStatus.FILLED, cum_qty=one,
            fills=(Fill(cum_qty=one, last_qty=one, last_px=one, at=0, venue_exec_id="T1"),),
        ))
        await owner.until(lambda: f"report {ExecType.TRADE.name}" in owner.happened)
        owner.loop.die()
        assert [] == owner.paper.recalled

        venues: Any = {VENUE: owner.paper}
        again = OrderLoop(
            SystemClock(), owner.loop.engine, owner, venues, owner, owner.refusals
        )
        again.start()
        assert [order.order_id] == [each.order.order_id for each in owner.paper.recalled]
        again.die()

    asyncio.run(scenario())


# ------------------------------------------------------------- words that meet a bug


def plant(owner: Owner, meets: Callable[[Any], bool]) -> None:
    """From now on the engine has a bug: it raises where a word *meets* it."""
    handle = owner.loop.engine.handle

    def faulty(word: Any, now: Now) -> None:
        if meets(word):
            raise ZeroDivisionError("planted")
        handle(word, now)

    owner.loop.engine.handle = faulty  # type: ignore[method-assign]


def working(owner: Owner, **more: Any) -> OrderUpdate:
    (order,) = owner.loop.engine.orders
    return OrderUpdate(order_id=order.order_id, status=VenueStatus.WORKING, **more)


def test_of_a_word_that_meets_a_bug_the_order_is_asked_about() -> None:
    async def scenario() -> None:
        owner = await started()
        owner.order("A")
        await owner.until(lambda: f"report {ExecType.NEW.name}" in owner.happened)
        plant(owner, lambda word: isinstance(word, OrderUpdate) and not word.asked)
        owner.paper.say(working(owner))
        await owner.until(lambda: QueryOrder.__name__ in owner.happened)

        assert "refused paper: ZeroDivisionError: planted" in owner.happened
        (refusal,) = owner.refusals.kept
        assert refusal.content.startswith(b"OrderUpdate {")
        assert not owner.loop.over
        owner.loop.die()

    asyncio.run(scenario())


def test_an_answer_to_a_command_that_meets_a_bug_leaves_the_outcome_unknown() -> None:
    """And no outcome is guessed: the venue is asked, as after an answer that was lost."""

    async def scenario() -> None:
        owner = await started()
        plant(owner, lambda word: isinstance(word, CommandOutcome) and isinstance(
            word.outcome, Acked
        ))
        owner.order("A")
        await owner.until(lambda: QueryOrder.__name__ in owner.happened)
        await owner.until(lambda: f"report {ExecType.NEW.name}" in owner.happened)

        assert 1 == owner.happened.count(SubmitOrder.__name__) == len(owner.refusals.kept)
        owner.loop.die()

    asyncio.run(scenario())


def test_a_border_with_a_bug_ends_no_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        owner = await started()
        monkeypatch.setattr(Border, "__call__", planted)
        owner.paper.say(UnknownOrderSeen(VENUE, "X", "not ours"))
        await owner.until(lambda: owner.refusals.kept)

        assert "refused paper: ZeroDivisionError: planted" in owner.happened
        assert not owner.loop.over
        owner.loop.die()

    asyncio.run(scenario())


def planted(*_: object) -> None:
    raise ZeroDivisionError("planted")


def test_a_venue_of_whose_words_too_many_meet_bugs_is_held() -> None:
    async def scenario() -> None:
        owner = await started()
        plant(owner, lambda word: isinstance(word, UnknownOrderSeen))
        stranger = UnknownOrderSeen(VENUE, "X", "not ours")
        owner.paper.say(*(TOO_MANY - 1) * [stranger])
        await owner.until(lambda: len(owner.refusals.kept) == TOO_MANY - 1)
        assert {} == owner.loop.engine.held
        owner.paper.say(stranger)
        await owner.until(lambda: owner.loop.engine.held)

        assert "OrdersHeld" in owner.happened
        assert "internal error, reference R-" in owner.loop.engine.held[VENUE].text
        owner.loop.die()

    asyncio.run(scenario())


def test_an_engine_that_fails_at_everything_is_not_asked_without_end() -> None:
    async def scenario() -> None:
        owner = await started()
        owner.order("A")
        await owner.until(lambda: f"report {ExecType.NEW.name}" in owner.happened)
        plant(owner, lambda word: True)
        owner.paper.say(working(owner))
        await owner.until(lambda: len(owner.refusals.kept) == 2)

        # The word, and what was to have it asked about.
        first, second = owner.refusals.kept
        assert first.content.startswith(b"OrderUpdate {")
        assert second.content.startswith(b"NewsUnreadable {")
        owner.loop.die()

    asyncio.run(scenario())


# ------------------------------------------------------- an adapter that raises at a command


def raises_once(owner: Owner, kind: type, *, taken: bool = False) -> None:
    """The adapter raises when it is first given a command of *kind*; *taken*: it has taken it."""
    take = owner.paper.perform
    left = [kind]

    def faulty(commands: Sequence[VenueCommand]) -> None:
        if left and any(type(command) is left[0] for command in commands):
            left.clear()
            if taken:
                take(commands)
            raise ZeroDivisionError("planted")
        take(commands)

    owner.paper.perform = faulty  # type: ignore[method-assign]


@pytest.mark.parametrize("taken", [False, True])
def test_an_adapter_that_raises_at_a_submit_leaves_its_outcome_unknown(taken: bool) -> None:
    async def scenario() -> None:
        owner = await started()
        raises_once(owner, SubmitOrder, taken=taken)
        owner.order("A")
        await owner.until(lambda: f"report {ExecType.NEW.name}" in owner.happened)
        if not taken:
            assert QueryOrder.__name__ in owner.happened
            assert "OutcomeUnknown" in owner.happened
        await owner.until(lambda: not len(owner.loop.engine.proofs))
        owner.order("B")
        await owner.until(lambda: 2 == owner.happened.count(f"report {ExecType.NEW.name}"))

        (refusal,) = owner.refusals.kept
        assert (VENUE, "command") == (refusal.source, refusal.kind)
        assert refusal.content.startswith(b"SubmitOrder {")
        assert (2 if taken else 1) == owner.happened.count(SubmitOrder.__name__)
        assert {VENUE: 0} == owner.loop.engine._state.submitting
        assert not owner.loop.over
        owner.loop.die()

    asyncio.run(scenario())


def test_commands_for_the_other_venues_and_clients_writes_follow() -> None:
    async def scenario() -> None:
        owner = await started()
        raises_once(owner, SubmitOrder)
        owner.order("A")
        await owner.until(lambda: owner.refusals.kept)
        at = owner.happened.index("refused paper: ZeroDivisionError: planted")
        assert "write" == owner.happened[at + 1]
        owner.loop.die()

    asyncio.run(scenario())


def test_a_venue_whose_adapter_raises_ten_times_a_minute_is_held() -> None:
    async def scenario() -> None:
        owner = await started()

        def faulty(commands: Sequence[VenueCommand]) -> None:
            raise ZeroDivisionError("planted")

        owner.paper.perform = faulty  # type: ignore[method-assign]
        for number in range(TOO_MANY):
            before = len(owner.refusals.kept)
            owner.order(f"A{number}")
            await owner.until(
                lambda: len(owner.refusals.kept) > before or owner.loop.engine.held
            )
        await owner.until(lambda: owner.loop.engine.held)
        assert "internal error, reference R-" in owner.loop.engine.held[VENUE].text
        assert "OrdersHeld" in owner.happened
        owner.loop.die()

    asyncio.run(scenario())


# ----------------------------------------------------------- steps that no input causes


def test_a_step_that_raises_is_kept_and_its_order_alerted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario() -> None:
        owner = await started()
        owner.order("A")
        await owner.until(lambda: f"report {ExecType.NEW.name}" in owner.happened)
        monkeypatch.setattr(EngineState, "ask", planted)
        (order,) = owner.loop.engine.orders
        owner.loop.engine.proofs.watch(order.order_id, 0, 0)
        await owner.until(lambda: owner.refusals.kept)
        await owner.until(lambda: "alert" in owner.happened)

        (refusal,) = owner.refusals.kept
        assert (SESSION, "step") == (refusal.source, refusal.kind)
        known = json.loads(refusal.content)
        assert ("ask the venue about the order", order.order_id, "A", VENUE) == (
            known["step"], known["order_id"], known["cl_ord_id"], known["venue"]
        )
        assert "in planted" in known["trace"]
        assert not owner.loop.over and not owner.loop.engine.held
        owner.loop.die()

    asyncio.run(scenario())

"""Whatever dies, and in whatever order things happen: no order and no replace reaches the venue
twice, none is lost, never is more than OrderQty(38) executed of an order and those that took its
place, every execution is told, once, or once more with PossResend(97)=Y, every request is
answered, and once; the journal says at every moment what the gateway knows; and each client logs
on again with the numbers that it has.

The gateway, its sockets and its journal are real; the venue is of paper and outlives the gateway
(`tests.app.market`), and an operator knows what it has booked. The clock is by hand. Each day is
drawn from one seed.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from msgspec.structs import replace

from fixgw.app.build import Parts
from fixgw.app.operator import Operator
from fixgw.app.reload import Reloader
from fixgw.core.orders.client_order import of, standing
from fixgw.core.orders.index import Orders
from fixgw.core.orders.leg import Leg
from fixgw.journal.replay import replay
from fixgw.model.effects import VenueCommand
from fixgw.model.enums import CLOSED, OrdStatus, Verdict
from fixgw.model.errors import SettingsError
from fixgw.model.now import Now
from fixgw.model.refusals import InputRefused
from fixgw.model.venue import (
    CommandOutcome,
    OrderUpdate,
    StreamRestored,
    Unknown,
    VenueHeld,
    VenueNotice,
    VenueStatus,
)
from fixgw.model.venue_events import OrdersHeld
from fixgw.ops.control import Peer
from fixgw.ops.requests import RecordVerdict, ResumeVenue
from fixgw.runtime.clock import ManualClock
from fixgw.runtime.errors import SettingsErrors
from tests.app.bench import Running, play, settings
from tests.app.market import Market
from tests.app.oms import REFUSED, Oms, any_of
from tests.app.oms import Order as TheirOrder
from tests.app.paper import VENUE, paper_is_known
from tests.support.orders import state
from tests.support.seeds import seeds
from tests.support.truthful import Book

DAYS, STEPS = 32, 300
BUGGY_DAYS = 8
MORNING = datetime(2026, 1, 5, 10, tzinfo=UTC)
DAY_MS = 86_400_000
WINDOW_SECONDS = 5
STEP_MS = 20_000
"""Less than HeartBtInt(108): a client says something so often."""

CLIENTS: dict[str, dict[str, Any]] = {
    "ONE": {},
    "TWO": {},
    "THREE": {"resets": "logon"},
    "FOUR": {"resets": "disconnected"},
    "FIVE": {"daily": True},
    "SIX": {"tells_next": True},
}
TERMS_TAKEN = frozenset({"max_floor", "min_qty", "on_behalf_of"})
RARER = ("", "", "", "", "|111=1", "|110=1", "|110=1|111=1", "|99=90")
"""Fields of orders; the venue takes no StopPx(99)."""

PEER = Peer(pid=1, uid=0)

SCHEDULE = "NonStopSession=N\nStartTime=08:00:00\nEndTime=18:00:00\n"
SETTINGS = {
    "ONE": "ReplaceByCancel=Y\nMaxMessagesPerSecond=20\nMaxMessagesDelaySeconds=60\n",
    "TWO": "ReplaceByCancel=Y\nCancelOnDisconnect=both\n"
           f"CancelOnDisconnectSeconds={WINDOW_SECONDS}\n",
    "THREE": SCHEDULE + "ReplaceByCancel=Y\nResetOnLogon=Y\n",
    "FOUR": "ReplaceByCancel=Y\nResetOnDisconnect=Y\nPendingReports=Y\n",
    "FIVE": SCHEDULE + "ReplaceByCancel=Y\nEnableLastMsgSeqNumProcessed=Y\n",
    "SIX": "SendNextExpectedMsgSeqNum=Y\n",
}


class Died(BaseException):
    """What `kill -9` looks like from within: nothing contains it."""


class World:
    """Clients, the gateway and the market, by one clock."""

    def __init__(self, directory: Path, seed: int, bugs: float = 0.0) -> None:
        """*bugs*: the part of what the venue says of orders that meets a bug of the engine."""
        self.random = Random(seed)
        self._bugs, self._bug_random = bugs, Random(seed)
        self._meets_bugs = bugs > 0
        self.clock = ManualClock(int(MORNING.timestamp() * 1_000))
        self.notices = 0
        self.market = Market(self.random, lambda: self._one.gateway.engine)
        self.clients = [Oms(name, self.clock, **given) for name, given in CLIENTS.items()]
        self.happened: list[str] = []
        self._directory = directory
        self._lines = dict(SETTINGS)
        self._reloads = 0
        self._reload: asyncio.Task[Any] | None = None
        self._late: list[OrderUpdate] = []
        """What the venue has said and nobody heard yet."""
        self._operators: list[asyncio.Task[None]] = []
        self._removed: set[str] = set()
        """The clients that a reload has removed at times."""
        with paper_is_known():
            parts = Parts(self._settings())
        paper: Any = parts.venues[VENUE]
        paper.answer = self.market.answer
        paper.capabilities = replace(
            paper.capabilities, replace=self.random.random() < 0.5,
            cancel_before_accepted=self.random.random() < 0.5, terms=TERMS_TAKEN,
        )
        self._one = Running(parts.settings, self.clock, parts)

    def _settings(self) -> Any:
        return settings(self._directory, sessions=self._lines)

    # ------------------------------------------------------------- the gateway's life

    async def start(self) -> None:
        one = self._one
        await one.start()
        self._reloader = Reloader(one.gateway, one.parts, one.journal, one.acceptor)
        self._operator = Operator(one.gateway, self.clock, self._reloader.reload)
        self._late.clear()  # what another process was to hear
        self.market.held = None
        if self._bugs:
            self._plant()
        self._one.paper.say(StreamRestored(VENUE, "A1"))

    def _plant(self) -> None:
        engine: Any = self._one.gateway.engine
        handle = engine.handle

        def faulty(word: Any, now: Now) -> None:
            # What we say in the place of a word meets none: a bug has a cause, and is not chance.
            ours = isinstance(word, CommandOutcome) and isinstance(word.outcome, Unknown)
            if isinstance(word, CommandOutcome | OrderUpdate) and not ours:
                if self._bug_random.random() < self._bugs:
                    raise ZeroDivisionError("planted")
            handle(word, now)

        engine.handle = faulty

    async def restart(self) -> None:
        """Dead, if it was not, and started again on what is on record."""
        one = self._one
        await self._die()
        try:
            self._one = self._made(one.parts)
        except SettingsErrors:
            # Who was removed had open orders: a reload leaves it be, a start does not.
            self._lines = {**SETTINGS, **self._lines}
            self._one = self._made(one.parts)
        await self.start()

    def _made(self, parts: Parts) -> Running:
        parts.settings = self._settings()
        errors: list[SettingsError] = []
        parts.dictionaries = parts.shelf.dictionaries(parts.settings, errors)
        return Running(parts.settings, self.clock, parts)

    async def _die(self) -> None:
        one, gateway = self._one, self._one.gateway
        if not self.dead:
            gateway.order_loop._failure.set_exception(Died("killed"))
        error = gateway.order_loop.error
        assert isinstance(error, Died), repr(error)
        vars(one.paper).pop("perform", None)
        if self._reload is not None:
            self._reload.cancel()
            await asyncio.gather(self._reload, return_exceptions=True)
            self._reload = None
        for task in self._operators:
            task.cancel()
        for said in await asyncio.gather(*self._operators, return_exceptions=True):
            assert said is None or isinstance(said, asyncio.CancelledError), repr(said)
        self._operators.clear()
        one.acceptor.stop_accepting()
        one.acceptor.abort_all()
        gateway.order_loop.stop_timers()
        await gateway._tasks.stop()
        gateway._door.close()
        one.journal.close()
        await asyncio.sleep(0)

    def _doom(self, where: str) -> None:
        """Let the gateway die in the next tick that commits something."""
        journal, gateway = self._one.journal, self._one.gateway
        commit = journal.commit

        def dies(*_: object) -> None:
            raise Died(where)

        def commits_and_dies(at_ms: int) -> int:
            number = commit(at_ms)
            if number:
                dies()
            return number

        if where == "before the commit":
            journal.commit = dies  # type: ignore[method-assign]
        elif where == "behind the commit":
            journal.commit = commits_and_dies  # type: ignore[method-assign]
        elif where == "amid the venue's turn":
            paper = self._one.paper

            def some(commands: Sequence[VenueCommand]) -> None:
                type(paper).perform(paper, commands[:self.random.randint(0, len(commands))])
                dies()

            paper.perform = some
        else:
            gateway._write = dies  # type: ignore[method-assign]

    @property
    def dead(self) -> bool:
        return self._one.gateway.order_loop.over

    async def stop(self) -> None:
        for client in self.clients:
            await client.stop()
        await self._die()

    # -------------------------------------------------------------------------- time

    async def settle(self) -> None:
        """Let the loop turn until nobody has anything more to say."""
        quiet = 0
        while quiet < 4:
            before = sum(client.activity for client in self.clients)
            await asyncio.sleep(0)
            gateway = self._one.gateway
            busy = not self.dead and (gateway.order_loop.scheduled or gateway._intake._ready)
            same = before == sum(client.activity for client in self.clients)
            quiet = quiet + 1 if same and not busy else 0
        wrong = [text for client in self.clients for text in client.wrong]
        assert not wrong, wrong
        if not self._meets_bugs:
            assert [] == self._one.refused
        self.market.held = None if self.dead else self._one.gateway.engine.held.get(VENUE)
        if self.dead:
            self.happened.append(f"died {self._one.gateway.order_loop.error}")
            await self.restart()

    async def look(self) -> None:
        """The gateway's timer goes round; a few times, as who is idle is looked at in turn."""
        gateway = self._one.gateway
        for client in gateway.roster.connected:
            # Who is held back by its limit waits for a clock that is not ours.
            assert client.connection is not None
            gateway.arrived(client.connection)
        gateway.order_loop.look_at_time()
        await self.settle()

    async def wait(self, ms: int) -> None:
        """Let time pass; who is logged on says so now and then."""
        # Who lives reads what it has within a second: that is what the gateway counts on.
        for client in self.clients:
            client.hears.set()
        await self.settle()
        while ms > 0:
            step = min(ms, STEP_MS)
            ms -= step
            self.clock.advance(step)
            for client in self.clients:
                if client.logged_on:
                    client.say("35=0")
            await self.settle()
            await self.look()
            await self.look()

    async def night(self) -> None:
        """The session's hours are over, and begin again."""
        await self.wait(0)
        now = self.clock.now_ms()
        self.clock.advance(DAY_MS - now % DAY_MS - 6 * 3_600_000 + 1_000)
        await self.look()
        if self.random.random() < 0.5:
            await self.happens_to_market()
        await self.look()
        if self.random.random() < 0.3:
            await self.restart()
        self.clock.advance(14 * 3_600_000)
        await self.look()
        self.clock.advance(2 * 3_600_000)

    # ----------------------------------------------------------------- what happens

    async def step(self) -> None:
        """Something."""
        kinds: list[tuple[Callable[[], Any], int]] = [
            (self.happens_to_client, 120), (self.happens_to_market, 20), (self.passes, 16),
            (self.dies, 3), (self.stops, 2), (self.is_doomed, 6), (self.reloads, 3),
            (self.night, 1), (self.falls_silent, 2), (self.speaks_again, 8),
            (self.is_held, 1), (self.is_resumed, 6), (self.is_judged, 6), (self.gives_notice, 2),
            (self.is_replayed, 2),
        ]
        [kind] = self.random.choices([k for k, _ in kinds], [weight for _, weight in kinds])
        self.happened.append(kind.__name__)
        await kind()
        if self.random.random() < 0.7:
            await self.settle()

    async def passes(self) -> None:
        if self.random.random() < 0.1:
            self.clock.set_wall(self.clock.now_ms() + self.random.choice((-40_000, 40_000)))
        if not self.dead:
            # Late, and some of it told already.
            self._one.paper.say(*self._late)
            self._late.clear()
        await self.wait(self.random.choice((100, 1_000, 1_500, 3_000, 6_000, 45_000)))

    async def dies(self) -> None:
        await self.restart()

    async def stops(self) -> None:
        """In good order, or nearly: it says goodbye, and does not wait for all."""
        if self._reload is not None and self.random.random() < 0.5:
            await asyncio.wait([self._reload], timeout=0.2)
        self._one.gateway.log_out_all("the gateway stops")
        for _ in range(self.random.choice((0, 1, 3, 20))):
            await asyncio.sleep(0)
        await self.restart()

    async def is_doomed(self) -> None:
        places = (
            "before the commit", "behind the commit", "amid the venue's turn",
            "behind the venue's turn",
        )
        self._doom(self.random.choice(places))

    async def reloads(self) -> None:
        """One session changes; the settings are read while the others go on."""
        if self._reload is not None and not self._reload.done():
            return
        self._reloads += 1
        name = self.random.choice(list(CLIENTS))
        key = self.random.choice(("Description", "MaxLatency", "ReplaceByCancel", ""))
        if name not in self._lines:
            self._lines[name] = SETTINGS[name]
        elif not key:
            self._removed.add(name)
            del self._lines[name]
        else:
            kept = [line for line in self._lines[name].splitlines() if not line.startswith(key)]
            value = str(120 + self._reloads)
            if key == "ReplaceByCancel":
                value = "YN"["ReplaceByCancel=Y" in self._lines[name]]
            self._lines[name] = "\n".join([*kept, f"{key}={value}", ""])
        self._settings()
        self._reload = asyncio.get_running_loop().create_task(self._reloader.reload())
        if self.random.random() < 0.5:
            await asyncio.wait([self._reload], timeout=0.2)

    async def happens_to_market(self) -> None:
        for _ in range(self.random.choice((1, 1, 2, 6))):
            if not self.market.working or self.dead:
                return
            book = self.random.choice(self.market.working)
            if self.random.random() < 0.9:
                update = self.market.trade(book)
            else:
                book.status = VenueStatus.CANCELED
                update = book.update()
            if self.market.silent:
                continue
            when = self.random.choice(("now", "now", "now", "late", "twice"))
            if when != "now":
                self._late.append(update)
            if when != "late":
                self._one.paper.say(update)

    async def falls_silent(self) -> None:
        """Nothing of the venue arrives any more."""
        self.market.silent = True

    async def speaks_again(self) -> None:
        self.market.silent = False
        if not self.dead:
            self._one.paper.say(StreamRestored(VENUE, "A1"))

    async def is_held(self) -> None:
        if not self.dead:
            self._one.paper.say(VenueHeld(venue=VENUE, text="stop"))

    async def gives_notice(self) -> None:
        if not self.dead:
            self.notices += 1
            self._one.paper.say(VenueNotice(venue=VENUE, kind="bell", text=f"n{self.notices}"))

    async def is_resumed(self) -> None:
        self._operates(self._resumes())

    async def _resumes(self) -> None:
        answer = await self._operator.answer(ResumeVenue(venue=VENUE, who="ann"), PEER)
        self.happened.append(f"resumed: {answer}")

    async def is_judged(self) -> None:
        """An operator has looked at the venue's screen."""
        engine = self._one.gateway.engine
        orders = [order for order in engine.orders.open() if order.in_doubt or order.unsettled]
        if orders:
            self._operates(self._judges(self.random.choice(orders)))

    async def _judges(self, order: Leg) -> None:
        if order.replacing and order.beneath in CLOSED and order.replacement is not None:
            order = order.replacement
        book = self.market.books.get(order.venue_order_id)
        last_qty = last_px = ""
        if book is None:
            verdict = Verdict.REJECTED
        elif book.cum_qty > order.cum_qty:
            verdict = Verdict.FILLED
            last_qty, last_px = str(book.cum_qty - order.cum_qty), "100"
        elif book.status is VenueStatus.CANCELED:
            verdict = Verdict.CANCELED
        else:
            verdict = Verdict.WORKING
        answer = await self._operator.answer(RecordVerdict(
            order_id=order.order_id, verdict=verdict, who="ann", why="on the screen",
            last_qty=last_qty, last_px=last_px,
        ), PEER)
        self.happened.append(f"{verdict} {type(answer).__name__}")

    def _operates(self, does: Coroutine[Any, Any, None]) -> None:
        self._operators.append(asyncio.get_running_loop().create_task(does))

    async def is_replayed(self) -> None:
        """The journal says what the gateway knows."""
        await self.settle()
        gateway = self._one.gateway
        orders, held = Orders(), dict[Any, Any]()
        replay(
            self._one.journal.path, orders.apply,
            on_venue_event=lambda event: held.update({
                event.venue: event if isinstance(event, OrdersHeld) else None
            }),
        )
        known = {order.order_id: state(order) for order in gateway.engine.orders}
        assert known == {order.order_id: state(order) for order in orders}
        assert dict(gateway.engine.held) == {k: v for k, v in held.items() if v is not None}

    async def happens_to_client(self) -> None:
        client, random = self.random.choice(self.clients), self.random
        if not client.online:
            if random.random() < 0.8 and not self.dead:
                reset = random.random() < (0.15 if client.name in "ONE TWO" else 0)
                await client.log_on(self._one.acceptor.port, reset=reset)
            return
        if not client.logged_on:
            if random.random() < 0.1:
                client.drop()
            return
        if not client.hears.is_set():
            kind = random.choice(("order", "cancel", "test", "hear", "drop"))
        else:
            kind = random.choices(
                ("order", "cancel", "test", "ask", "reset", "log out", "finish", "drop", "deaf",
                 "dies", "replace", "cancel all", "ask for all", "status"),
                (24, 9, 5, 8, 4 if client.name != "FOUR" else 0, 5, 5, 9, 5, 6, 50, 2, 4, 3),
            )[0]
        if kind == "order":
            for _ in range(random.choice((1, 1, 2, 5))):
                client.order(random.choice(RARER))
        elif kind == "replace":
            # Mostly one that was replaced before.
            again = {name: o for name, o in client.orders.items() if o.current != name}
            order = (random.random() < 0.7 and any_of(random, again)) or any_of(
                random, client.orders
            )
            for _ in range(random.choice((1, 1, 1, 2))):
                if order is not None:
                    client.replace(order, random.randint(3, 12), random.choice((100, 101)))
        elif kind == "cancel all":
            client.cancel_all()
        elif kind == "ask for all":
            client.ask_for_all()
        elif kind == "status":
            order = any_of(random, client.orders)
            if order is not None:
                client.status(order)
        elif kind == "cancel":
            order = any_of(random, client.orders)
            if order is not None:
                client.cancel(order)
        elif kind == "test":
            client.say("35=1|112=HELLO")
        elif kind == "ask":
            client.say(f"35=2|7={random.randint(1, client.next_in)}|16={random.choice((0, 3))}")
        elif kind == "reset":
            client.log_on_again(reset=True)
        elif kind == "log out":
            client.log_out()
        elif kind == "finish":
            client.finish()
        elif kind == "hear":
            client.hears.set()
        elif kind == "deaf":
            client.hears.clear()
        elif kind == "dies":
            # What it was told last is in its machine, and it never reads it.
            client.hears.clear()
            await self.happens_to_market()
            await self.settle()
            if client.online:
                client.drop()
        else:
            client.drop()

    # ------------------------------------------------------------------------ the end

    async def calm(self) -> None:
        """Nothing more goes wrong, and everybody logs on; until all is said."""
        await self.settle()
        if self._reload is not None:
            await asyncio.wait([self._reload], timeout=10)
        self._lines = dict(SETTINGS)
        self.market.silent, self.market.kind = False, True
        self._bugs = 0.0
        await self.restart()
        await self.night()
        self._one.paper.say(*self._late)
        await self.is_resumed()
        await self.protected()
        for _ in range(40):
            for client in self.clients:
                if not client.online:
                    await client.log_on(self._one.acceptor.port)
            await self.settle()
            await self.wait(2_000)
            if all(map(self._in_step, self.clients)) and not self._in_doubt():
                return
        raise AssertionError(
            [(c, self._one.numbers(c.name), *untold(c)) for c in self.clients], self._in_doubt()
        )

    @property
    def refused(self) -> list[InputRefused]:
        return self._one.refused

    def _in_doubt(self) -> list[dict[str, object]]:
        orders = self._one.gateway.engine.orders
        return [state(order) for order in orders.open() if order.unsettled]

    def _in_step(self, client: Oms) -> bool:
        ours, theirs = self._one.numbers(client.name)
        same = (ours, theirs) == (client.next_in, client.next_out)
        return client.logged_on and same and not untold(client)

    async def protected(self) -> None:
        """Who is gone for longer than agreed on has no open order."""
        two = self.clients[1]
        if two.online:
            two.drop()
        await self.settle()
        for _ in range(3):
            await self.wait(WINDOW_SECONDS * 1_000)
        open_ = {order.order_id for order in self._one.gateway.engine.orders.open()
                 if order.request.session.endswith("->TWO")}
        working = [book for book in self.market.working if book.order.order_id in open_]
        assert not open_ and not working, (open_, working)

    def check(self) -> None:
        """The promise."""
        known = {str(o.request.cl_ord_id): o for o in self._one.gateway.engine.orders}
        for client in self.clients:
            for told in client.orders.values():
                self._check_order(told, known.get(told.cl_ord_id))
            for asked in client.asked.values():
                for order in asked.ends:
                    assert order.closed or not asked.answers[0].startswith("r 7"), asked.text
        heard = {frozenset(c.news) for c in self.clients if c.name not in self._removed}
        assert len(heard) <= 1, heard

    def _check_order(self, told: TheirOrder, first: Leg | None) -> None:
        if first is None:
            assert told.statuses == {REFUSED}, told.cl_ord_id
            return
        order, executed = standing(first), sum(told.executed.values())
        assert of(order).ord_status in told.statuses, (told.cl_ord_id, of(order).ord_status)
        assert order.request.cl_ord_id == told.current
        assert order.request.order_qty == told.quantity
        assert executed == of(order).cum_qty <= told.quantity
        booked = Decimal(0)
        leg: Leg | None = order
        while leg is not None:
            book = self.market.books.get(leg.venue_order_id)
            if book is not None:
                booked += book.cum_qty
                self._check_book(book, leg)
                assert ("111=1" in told.terms) == (book.order.terms.max_floor == 1)
                assert ("110=1" in told.terms) == (book.order.terms.min_qty == 1)
            leg = leg.replaces
        assert booked == executed, told.cl_ord_id

    def _check_book(self, book: Book, order: Leg) -> None:
        assert (book.status is VenueStatus.WORKING) == order.open, (book.order, order.status)
        assert (book.status is VenueStatus.FILLED) <= (
            order.beneath in (OrdStatus.FILLED, OrdStatus.REPLACED)
        ), book.order


def untold(client: Oms) -> list[str]:
    """The orders and requests that nobody has spoken of."""
    orders = [name for name, order in client.orders.items() if not order.statuses]
    asked = [each.text for each in client.asked.values() if not (each.answered or each.lost)]
    return orders + asked


async def day(directory: Path, seed: int, steps: int = STEPS, bugs: float = 0.0) -> None:
    world = World(directory, seed, bugs)
    await world.start()
    try:
        for _ in range(steps):
            await world.step()
        await world.calm()
        await world.is_replayed()
        world.check()
        assert bool(bugs) == bool(world.refused)
    except BaseException:
        print(*world.happened[-20:], sep="\n")
        for client in world.clients:
            print(client, *client.happened[-60:], sep="\n  ")
        raise
    finally:
        await world.stop()


@pytest.mark.drawn
@pytest.mark.parametrize("seed", seeds(DAYS))
def test_a_day_of_everything(tmp_path: Path, seed: int) -> None:
    play(day(tmp_path, seed))


@pytest.mark.drawn
@pytest.mark.parametrize("seed", seeds(BUGGY_DAYS))
def test_a_day_of_everything_and_of_bugs(tmp_path: Path, seed: int) -> None:
    """A tenth of what the venue says of orders is refused, and the promise holds."""
    play(day(tmp_path, seed, bugs=0.1))

"""Whatever dies, and in whatever order things happen: no order reaches the venue twice, none is
lost, every execution is told, once, or once more with PossResend(97)=Y; and each client logs on
again with the numbers that it has.

The gateway, its sockets and its journal are real; the venue is of paper and outlives the gateway.
The clock is by hand. Each day is drawn from one seed.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fixgw.app.build import Parts
from fixgw.app.reload import Reloader
from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder, VenueCommand
from fixgw.model.enums import Command
from fixgw.model.errors import GatewayError, SettingsError
from fixgw.model.ids import VenueOrderID
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    Fill,
    OrderUpdate,
    Refused,
    StreamRestored,
    VenueInput,
    VenueStatus,
)
from fixgw.runtime.clock import ManualClock
from fixgw.runtime.errors import SettingsErrors
from tests.app.bench import Running, play, settings
from tests.app.oms import Oms, any_of
from tests.app.paper import VENUE
from tests.support.truthful import Book

DAYS, STEPS = 24, 200
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
SCHEDULE = "NonStopSession=N\nStartTime=08:00:00\nEndTime=18:00:00\n"
SETTINGS = {
    "ONE": "MaxMessagesPerSecond=20\nMaxMessagesDelaySeconds=60\n",
    "TWO": f"CancelOnDisconnect=both\nCancelOnDisconnectSeconds={WINDOW_SECONDS}\n",
    "THREE": SCHEDULE + "ResetOnLogon=Y\n",
    "FOUR": "ResetOnDisconnect=Y\nPendingReports=Y\n",
    "FIVE": SCHEDULE + "EnableLastMsgSeqNumProcessed=Y\n",
    "SIX": "SendNextExpectedMsgSeqNum=Y\n",
}


class Died(GatewayError):
    """What `kill -9` looks like from within."""


class Market:
    """The venue's own side: it outlives every gateway, and books what reaches it."""

    def __init__(self) -> None:
        self.books: dict[VenueOrderID, Book] = {}

    def answer(self, command: VenueCommand) -> VenueInput:
        order = command.order
        book = self.books.get(order.venue_order_id)
        match command:
            case SubmitOrder():
                assert book is None, f"an order reached the venue twice: {order}"
                book = self.books[order.venue_order_id] = Book(command.order)
                return CommandOutcome(order.order_id, Command.SUBMIT, Acked(book.update()))
            case CancelOrder():
                if book is None or book.status is VenueStatus.FILLED:
                    refused = Refused("gone", "no such open order")
                    return CommandOutcome(order.order_id, Command.CANCEL, refused)
                book.status = VenueStatus.CANCELED
                return CommandOutcome(order.order_id, Command.CANCEL, Acked(book.update()))
            case QueryOrder():
                if book is None:
                    absent = VenueStatus.ABSENT
                    return OrderUpdate(order_id=order.order_id, status=absent, asked=True)
                return book.update(asked=True, fills=command.fills)

    @property
    def working(self) -> list[Book]:
        return [book for book in self.books.values() if book.status is VenueStatus.WORKING]

    def trade(self, book: Book) -> OrderUpdate:
        """One of it is executed."""
        done = book.cum_qty + 1
        book.fills.append(Fill(
            cum_qty=done, last_qty=Decimal(1), last_px=Decimal(100), at=1,
            venue_exec_id=f"t{done}",
        ))
        if done == book.order.order_qty:
            book.status = VenueStatus.FILLED
        return OrderUpdate(
            order_id=book.order.order_id, status=book.status, cum_qty=done, fill=book.fills[-1]
        )


class World:
    """Clients, the gateway and the market, by one clock."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.random = Random(seed)
        self.clock = ManualClock(int(MORNING.timestamp() * 1_000))
        self.market = Market()
        self.clients = [Oms(name, self.clock, **given) for name, given in CLIENTS.items()]
        self.happened: list[str] = []
        self._directory = directory
        self._lines = dict(SETTINGS)
        self._reloads = 0
        self._reload: asyncio.Task[Any] | None = None
        self._one = Running(self._settings(), self.clock)
        self._one.paper.answer = self.market.answer

    def _settings(self) -> Any:
        return settings(self._directory, sessions=self._lines)

    # ------------------------------------------------------------- the gateway's life

    async def start(self) -> None:
        one = self._one
        await one.start()
        self._reloader = Reloader(one.gateway, one.parts, one.journal, one.acceptor)
        self._one.paper.say(StreamRestored(VENUE, "A1"))

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
        if not gateway._failure.done():
            gateway._failure.set_exception(Died("killed"))
        error = gateway._failure.exception()
        assert isinstance(error, Died), repr(error)
        if self._reload is not None:
            self._reload.cancel()
            await asyncio.gather(self._reload, return_exceptions=True)
            self._reload = None
        one.acceptor.stop_accepting()
        one.acceptor.abort_all()
        if gateway._timer is not None:
            gateway._timer.cancel()
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

        def commits_and_dies() -> None:
            busy = bool(journal._numbers or journal._events or journal._sent)
            commit()
            if busy:
                dies()

        if where == "before the commit":
            journal.commit = dies  # type: ignore[method-assign]
        elif where == "behind the commit":
            journal.commit = commits_and_dies  # type: ignore[method-assign]
        else:
            gateway._write = dies  # type: ignore[method-assign]

    @property
    def dead(self) -> bool:
        return self._one.gateway._failure.done()

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
            busy = not self.dead and (gateway._scheduled or gateway._intake._ready)
            same = before == sum(client.activity for client in self.clients)
            quiet = quiet + 1 if same and not busy else 0
        wrong = [text for client in self.clients for text in client.wrong]
        assert not wrong, wrong
        if self.dead:
            self.happened.append(f"died {self._one.gateway._failure.exception()}")
            await self.restart()

    async def look(self) -> None:
        """The gateway's timer goes round; a few times, as who is idle is looked at in turn."""
        gateway = self._one.gateway
        gateway._timer_due = True
        for client in gateway.roster.connected:
            # Who is held back by its limit waits for a clock that is not ours.
            assert client.connection is not None
            gateway.arrived(client.connection)
        gateway.wake()
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
            (self.happens_to_client, 60), (self.happens_to_market, 16), (self.passes, 12),
            (self.dies, 3), (self.stops, 2), (self.is_doomed, 6), (self.reloads, 3),
            (self.night, 1),
        ]
        [kind] = self.random.choices([k for k, _ in kinds], [weight for _, weight in kinds])
        self.happened.append(kind.__name__)
        await kind()
        if self.random.random() < 0.7:
            await self.settle()

    async def passes(self) -> None:
        if self.random.random() < 0.1:
            self.clock.set_wall(self.clock.now_ms() + self.random.choice((-40_000, 40_000)))
        await self.wait(self.random.choice((100, 1_500, 6_000, 15_000, 45_000)))

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
        places = ("before the commit", "behind the commit", "behind the venue's turn")
        self._doom(self.random.choice(places))

    async def reloads(self) -> None:
        """One session changes; the settings are read while the others go on."""
        if self._reload is not None and not self._reload.done():
            return
        self._reloads += 1
        name = self.random.choice(list(CLIENTS))
        key = self.random.choice(("Description", "MaxLatency", ""))
        if name not in self._lines:
            self._lines[name] = SETTINGS[name]
        elif not key:
            del self._lines[name]
        else:
            kept = [line for line in self._lines[name].splitlines() if not line.startswith(key)]
            value = 120 + self._reloads
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
                self._one.paper.say(self.market.trade(book))
            else:
                book.status = VenueStatus.CANCELED
                self._one.paper.say(book.update())

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
                 "dies"),
                (50, 12, 5, 8, 4 if client.name != "FOUR" else 0, 5, 5, 9, 5, 6),
            )[0]
        if kind == "order":
            for _ in range(random.choice((1, 1, 2, 5))):
                client.order()
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
        await self.restart()
        await self.night()
        await self.protected()
        for _ in range(40):
            for client in self.clients:
                if not client.online:
                    await client.log_on(self._one.acceptor.port)
            await self.settle()
            await self.wait(2_000)
            if all(map(self._in_step, self.clients)):
                return
        raise AssertionError([(c, self._one.numbers(c.name)) for c in self.clients])

    def _in_step(self, client: Oms) -> bool:
        ours, theirs = self._one.numbers(client.name)
        told = all(order.statuses for order in client.orders.values())
        return client.logged_on and (ours, theirs) == (client.next_in, client.next_out) and told

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
        books = {book.order.order_id: book for book in self.market.books.values()}
        known = {str(o.request.cl_ord_id): o for o in self._one.gateway.engine.orders}
        for client in self.clients:
            for order in client.orders.values():
                book = books.get(known[order.cl_ord_id].order_id)
                executed = sum(order.executed.values())
                if book is None:
                    assert order.statuses & {"4", "8"}, (order.cl_ord_id, order.statuses)
                    assert not executed
                    continue
                assert book.cum_qty == executed, order.cl_ord_id
                end = {VenueStatus.FILLED: "2", VenueStatus.CANCELED: "4"}.get(book.status)
                assert end is None or end in order.statuses, (order.cl_ord_id, book.status)


async def day(directory: Path, seed: int, steps: int = STEPS) -> None:
    world = World(directory, seed)
    await world.start()
    try:
        for _ in range(steps):
            await world.step()
        await world.calm()
        world.check()
    except BaseException:
        print(*world.happened[-20:], sep="\n")
        for client in world.clients:
            print(client, *client.happened[-60:], sep="\n  ")
        raise
    finally:
        await world.stop()


@pytest.mark.parametrize("seed", range(DAYS))
def test_a_day_of_everything(tmp_path: Path, seed: int) -> None:
    play(day(tmp_path, seed))

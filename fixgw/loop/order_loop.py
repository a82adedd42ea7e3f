"""The loop that trades: venues' inputs -> the engine -> one commit -> commands to venues.

A tick takes the inputs that have arrived, lets the engine decide, records everything in one commit,
and only when that is durable has the venues' adapters act (`loop.held`). The gateway and
certification both run this loop; the other parts of a tick (clients, sessions, an operator's
changes) are in `LoopHooks`. Nothing is sent before the commit. If the record fails, the loop ends
with nothing of that tick sent. An input that the engine, or the border before it, cannot decide
without an exception is refused (`loop.refusals`, decision 0016): it ends nothing, and its order is
asked about. So are a step that no input caused, and commands whose adapter raises: their outcomes
are unknown.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import structlog

from fixgw.core.engine import Engine, EngineEvent
from fixgw.core.orders.leg import Leg
from fixgw.core.portions import AGAIN_MS
from fixgw.loop.held import NOTHING_WRITTEN, Commands, HeldLimits, HeldTick, HeldTicks, Written
from fixgw.loop.recall import recently_ended
from fixgw.loop.refusals import TOO_MANY, Refusal, Refusals, in_words, written
from fixgw.model.accounts import AccountsLoaded, DirectoryName
from fixgw.model.effects import (
    CancelOrder,
    QueryOrder,
    RaiseAlert,
    ReplaceOrder,
    SendReport,
    SubmitOrder,
    VenueCommand,
)
from fixgw.model.enums import Command
from fixgw.model.errors import GatewayError
from fixgw.model.ids import OrderID, VenueName
from fixgw.model.now import Now
from fixgw.model.refusals import RefusedKind
from fixgw.model.venue import (
    CommandLost,
    CommandOutcome,
    NewsUnreadable,
    OrderUpdate,
    QueryFailed,
    Unknown,
    VenueHeld,
    VenueInput,
)
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver, VenueAdapter
from fixgw.venues.kit.border import Border

TIMER_SECONDS = 0.1
"""Interval at which sessions and orders are checked for due work."""

VENUE_WORDS_A_TICK = 500
"""Maximum number of venue inputs decided in one tick. A venue may send very many at once (a socket
is lost with 10,000 commands in flight, all open orders are asked about): clients have their turn in
between."""

Word = VenueInput | CommandLost | AccountsLoaded
"""An input from a venue, or a directory of accounts; or that an adapter has not taken a command."""


class LoopRecord(Protocol):
    """Stores ticks; an exception of it ends the loop."""

    @property
    def durable(self) -> int:
        """Number of the last tick that may act: it survives what it has to."""

    @property
    def failure(self) -> GatewayError | None:
        """The reason why no more ticks will be durable."""

    on_durable: Callable[[], None] | None
    """Called in the loop's thread when `durable` has risen or `failure` was set, never from within
    `commit`."""

    def add_events(self, events: Sequence[EngineEvent]) -> None:
        """Keep the events of this tick, in order."""

    def commit(self, at_ms: int) -> int:
        """Record this tick, of Unix millisecond *at_ms*: all of it, or nothing. Return its number,
        0 if there was nothing to record."""

    def sync(self) -> None:
        """Return when every tick is durable."""


class RecordAtOnce:
    """The part of a LoopRecord in which every tick is durable when it is committed."""

    durable = 0
    failure: GatewayError | None = None
    on_durable: Callable[[], None] | None = None

    def sync(self) -> None:
        """Nothing is waited for."""


class LoopHooks(Protocol):
    """The loop owner's work in each tick, in the order of a tick."""

    def recover(self, now: Now) -> None:
        """Continue where the record ends: before the first tick, after the engine."""

    def take(self, now: Now) -> None:
        """Decide about clients' messages and operators' requests."""

    def awaits(self, word: Word) -> bool:
        """Return True if *word* has to wait for an order that has left memory: it is delivered
        again when that is back."""

    def ended_on_file(self, venue: VenueName, since_ms: int) -> list[Leg]:
        """Return the orders of *venue* that have left memory and ended at *since_ms* (Unix
        milliseconds) or later."""

    def overhear(self, word: Word) -> None:
        """Note *word*, which is decided about next."""

    def look_at_time(self, now: Now) -> None:
        """Do due work besides orders: the timer has fired."""

    def send_report(self, effect: SendReport, now: Now) -> None:
        """Number and store a report for a client."""

    def alert(self, alert: RaiseAlert) -> None:
        """Alert an operator."""

    def refused(self, refused: Refusal) -> None:
        """Keep what was refused, and alert an operator."""

    def look_up(self, directory: DirectoryName) -> None:
        """Have *directory* queried soon, in a later turn of the event loop."""

    def before_commit(self, now: Now) -> None:
        """Add this tick's work, besides the engine's events, to the record."""

    def on_record(self, commands: Commands) -> None:
        """Note that the tick is durable, and *commands* go to their venues next."""

    def written(self) -> Written:
        """Take what this tick says to clients; it is written when the tick is durable, after the
        venues have their commands."""


class OrderLoop:
    """The engine, the venues and the record, tick by tick."""

    def __init__(
        self,
        clock: Clock,
        engine: Engine,
        record: LoopRecord,
        venues: Mapping[VenueName, VenueAdapter],
        hooks: LoopHooks,
        refusals: Refusals,
        limits: HeldLimits = HeldLimits(),
    ) -> None:
        self.engine = engine
        self.venues = venues
        self._clock = clock
        self._record = record
        self._hooks = hooks
        self._refusals = refusals
        self._spoiled: list[tuple[VenueName, Any, Exception]] = []
        """Values that the border could not check, by venue, with the reasons."""
        self._loop = asyncio.get_running_loop()
        self._failure: asyncio.Future[None] = self._loop.create_future()
        self._inbox: list[Word] = []
        self._commands: dict[VenueName, list[VenueCommand]] = {}
        """Commands for venues, once this tick is recorded."""
        self._scheduled = False
        self._timer_due = False
        self._timer: asyncio.TimerHandle | None = None
        self._going_on: asyncio.TimerHandle | None = None
        """Set while the engine has more to do than a tick had room for."""
        self._held = HeldTicks(limits)
        self._pushed_back = False
        """True if a tick was due and too many are held."""
        record.on_durable = self._act_held

    # -------------------------------------------------------------- start and stop

    def start(self) -> None:
        """Continue where the record ends, and connect the venues."""
        now = self._clock.now()
        self.engine.recover(now)
        self._hooks.recover(now)
        for name, adapter in self.venues.items():
            adapter.start(self._entrance(name))
            hours = adapter.capabilities.corrections_hours
            if hours:
                since_ms = now.ms - int(hours * 3_600_000)
                orders = (*self._hooks.ended_on_file(name, since_ms), *self.engine.orders)
                adapter.recall(recently_ended(orders, name, hours, now.ms))
        self._set_timer()

    async def failure(self) -> None:
        """Return never, or raise the failure that ended the loop."""
        # A waiter that is cancelled must not cancel the failure.
        await asyncio.shield(self._failure)

    @property
    def error(self) -> BaseException | None:
        """The failure that ended the loop; None while it runs, and after an end in good order."""
        failure = self._failure
        return failure.exception() if failure.done() and not failure.cancelled() else None

    @property
    def over(self) -> bool:
        """True when no tick follows any more."""
        return self._failure.done()

    @property
    def scheduled(self) -> bool:
        """True if a tick comes with the next turn of the event loop."""
        return self._scheduled

    def stop_timers(self) -> None:
        """Stop the timer; inputs are still decided and recorded."""
        for timer in (self._timer, self._going_on):
            if timer is not None:
                timer.cancel()

    def finish(self) -> None:
        """Decide and record the venues' last inputs, and end. Raises the failure that ended the
        loop before."""
        self.settle()
        self._tick()
        while self._inbox and not self._failure.done():
            self.settle()
            self._tick()
        self.settle()
        if self._failure.done():
            self._failure.result()
        self._failure.cancel()

    def settle(self) -> None:
        """Have all that is decided durable, and act on it."""
        if len(self._held) and not self._failure.done():
            try:
                self._record.sync()
            except Exception as error:
                self._fail(error)
            self._act_held()

    def die(self) -> None:
        """End at once: anything that is not recorded never happened."""
        self.stop_timers()
        self._failure.cancel()

    # ------------------------------------------------------------------ arrivals

    def _entrance(self, venue: VenueName) -> Deliver:
        """Return the border through which *venue* reports. A bug of its own ends no adapter."""
        border = Border(venue, self.deliver, self._clock)

        def enter(word: VenueInput) -> None:
            try:
                border(word)
            except Exception as error:
                self._spoiled.append((venue, word, error))
                self.wake()

        return enter

    def deliver(self, word: Word) -> None:
        """Queue an input from a venue, or a directory of accounts."""
        self._inbox.append(word)
        self.wake()

    def wake(self) -> None:
        """Schedule a tick, as soon as the event loop turns."""
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._tick)

    def look_at_time(self) -> None:
        """Do due work in the next tick, which comes at once."""
        self._timer_due = True
        self.wake()

    def _set_timer(self) -> None:
        self._timer = self._loop.call_later(TIMER_SECONDS, self._on_timer)

    def _on_timer(self) -> None:
        self._set_timer()
        self.look_at_time()

    def _go_on(self) -> None:
        self._going_on = None
        self.wake()

    # ------------------------------------------------------------------------ a tick

    def _tick(self) -> None:
        self._scheduled = False
        if self._failure.done():
            return
        if self._held.full:
            self._pushed_back = True
            return
        try:
            self._run_tick(self._clock.now())
        except BaseException as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """End the loop: nothing of this tick was sent, and nothing more will be."""
        if self._failure.done():
            return
        # First of all, as the log may be the part that failed.
        self._failure.set_exception(error)
        if not isinstance(error, GatewayError):
            structlog.get_logger().error("tick_failed", exc_info=error)

    def _run_tick(self, now: Now) -> None:
        engine, hooks = self.engine, self._hooks
        hooks.take(now)
        if self._spoiled:
            self._refuse_spoiled(now)
        for word in self._some_words():
            if hooks.awaits(word):
                continue
            try:
                hooks.overhear(word)
                engine.handle(word, now)
            except Exception as error:
                self._refuse(self._source(word), word, error, now)
        if self._timer_due:
            self._timer_due = False
            hooks.look_at_time(now)
            engine.tick(now)
        if engine.go_on(now) and self._going_on is None:
            self._going_on = self._loop.call_later(AGAIN_MS / 1_000, self._go_on)
        if engine.has_failed:
            self._refuse_steps(now)
        self.take_effects(now)
        hooks.before_commit(now)
        # After this line, and not before, the tick is committed.
        number = self._record.commit(now.ms)
        commands, self._commands = self._commands, {}
        written, held = hooks.written(), self._held
        if len(held) or number > self._record.durable:
            # A turn of the timer in which nothing was due takes no place.
            if number or commands or written is not NOTHING_WRITTEN:
                held.hold(HeldTick(number or held.last, commands, written))
        else:
            self._act(commands, written, now)

    def _act(self, commands: Commands, written: Written, now: Now) -> None:
        """Do what a durable tick has decided."""
        self._hooks.on_record(commands)
        for venue, of_venue in commands.items():
            try:
                self.venues[venue].perform(of_venue)
            except Exception as error:
                self._lose(venue, of_venue, error, now)
        written.act()

    def _act_held(self) -> None:
        """Act on the held ticks that are durable now."""
        if self._failure.done():
            return
        record, now = self._record, self._clock.now()
        try:
            if record.failure is not None:
                raise record.failure
            while (held := self._held.due(record.durable)) is not None:
                self._act(held.commands, held.written, now)
        except BaseException as error:
            self._fail(error)
        if self._pushed_back and not self._held.full:
            self._pushed_back = False
            self.wake()

    def _some_words(self) -> list[Word]:
        """Take the venues' inputs, as many as one tick takes; the next one follows for the rest."""
        words = self._inbox[:VENUE_WORDS_A_TICK]
        self._inbox = self._inbox[VENUE_WORDS_A_TICK:]
        if self._inbox:
            self.wake()
        return words

    # --------------------------------------------------------------- refused inputs

    def _refuse_spoiled(self, now: Now) -> None:
        spoiled, self._spoiled = self._spoiled, []
        for venue, word, error in spoiled:
            self._refuse(venue, word, error, now)

    def _refuse(self, source: str, word: Any, error: Exception, now: Now) -> None:
        """Handle a bug met by *word*: keep it, and have its order asked about."""
        text = in_words(self._keep(source, word, error, now))
        instead = _instead(word, text)
        if instead is not None:
            self._handle(source, instead, now)
        held = self._held_if_too_many(source, text)
        if held is not None:
            self._handle(source, held, now)

    def _held_if_too_many(self, source: str, text: str) -> VenueHeld | None:
        """Return the hold of the venue *source*, if too much that it said or was given met a
        bug."""
        venue = VenueName(source)
        if (
            not self._refusals.too_many(source)
            or venue not in self.venues
            or venue in self.engine.held
        ):
            return None
        why = f"{TOO_MANY} of its words or commands met a bug within a minute, the last: {text}"
        return VenueHeld(venue=venue, text=why)

    def _refuse_steps(self, now: Now) -> None:
        """Keep the steps of this tick that met a bug, and alert an operator to their orders."""
        for failed in self.engine.take_failed():
            leg = self.engine.orders.get(failed.order_id) if failed.order_id else None
            refused = self._refusals.refuse_step(failed, leg, now)
            if refused is not None:
                self._hooks.refused(refused)
            if leg is not None and failed.step.alert:
                self._hooks.alert(RaiseAlert(
                    event=failed.step.alert, order_id=leg.order_id,
                    text=f"{failed.step.name}: {in_words(refused)}",
                ))

    def _lose(
        self, venue: VenueName, commands: Sequence[VenueCommand], error: Exception, now: Now
    ) -> None:
        """Handle a bug that the adapter of *venue* met while it was given *commands*: it may have
        taken any of them. The next tick decides that, as this one is on record."""
        content = b"\n".join(map(written, commands))
        refused = self._refusals.refuse(RefusedKind.COMMAND, venue, content, error, now)
        if refused is not None:
            self._hooks.refused(refused)
        text = in_words(refused)
        for command in commands:
            self.deliver(_lost(command, text))
        held = self._held_if_too_many(venue, text)
        if held is not None:
            self.deliver(held)

    def _handle(self, source: str, word: VenueInput, now: Now) -> None:
        """Have the engine decide about *word*, the substitute for another input."""
        try:
            self.engine.handle(word, now)
        except Exception as error:
            self._keep(source, word, error, now)

    def _keep(self, source: str, word: object, error: Exception, now: Now) -> Refusal | None:
        refused = self._refusals.refuse(RefusedKind.WORD, source, written(word), error, now)
        if refused is not None:
            self._hooks.refused(refused)
        return refused

    def _source(self, word: Any) -> str:
        """Return the venue, or the directory, that sent *word*; "" if it cannot be determined."""
        order_id = getattr(word, "order_id", None)
        if isinstance(order_id, str):
            order = self.engine.orders.get(OrderID(order_id))
            return "" if order is None else order.venue
        if isinstance(word, AccountsLoaded):
            return word.directory
        venue = getattr(word, "venue", "")
        return venue if venue in self.venues else ""

    # -------------------------------------------------------------- consequences

    def take_effects(self, now: Now) -> None:
        """Record the events decided so far, number the reports, and sort the commands by venue.

        Within a tick: reports on later events are numbered after these.
        """
        step, hooks = self.engine.take(), self._hooks
        if step.events:
            self._record.add_events(step.events)
        for report in step.reports:
            hooks.send_report(report, now)
        for command in step.commands:
            self._commands.setdefault(command.order.venue, []).append(command)
        for alert in step.alerts:
            hooks.alert(alert)
        for look_up in step.lookups:
            # It reads, and in a later turn of the loop: nothing is sent before the commit.
            hooks.look_up(look_up.directory)


def _lost(command: VenueCommand, text: str) -> CommandLost | QueryFailed:
    """Return the word for the engine that no adapter is known to have *command*."""
    match command:
        case SubmitOrder(order):
            return CommandLost(order.order_id, Command.SUBMIT, text)
        case CancelOrder(order):
            return CommandLost(order.order_id, Command.CANCEL, text)
        case ReplaceOrder(_, replacement):
            return CommandLost(replacement.order_id, Command.REPLACE, text)
        case QueryOrder(order):
            return QueryFailed(order.order_id, text)


def _instead(word: Any, text: str) -> VenueInput | None:
    """Return the substitute that makes the engine ask about *word*; None: it concerns no order."""
    match word:
        case CommandOutcome():
            return CommandOutcome(word.order_id, word.command, Unknown(text))
        case OrderUpdate(asked=True):
            # It is asked again, with pauses: the answer may be the same.
            return QueryFailed(word.order_id, text)
        case OrderUpdate():
            return NewsUnreadable(word.order_id, text)
    return None

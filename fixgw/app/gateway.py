"""The one loop: inputs -> decisions -> one commit -> effects.

A tick takes what arrived from clients and venues, lets the session layer and
the order engine decide, commits all of it in one transaction, and only then
writes to sockets and calls venues. Nothing else writes, nothing else calls.
If the journal fails, or we have a bug, nothing leaves and the gateway stops.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack

import structlog

from fixgw.acceptor.auth.memory import Memories
from fixgw.acceptor.connection import Connection
from fixgw.app.client import Client
from fixgw.app.door import STOPPING, Door
from fixgw.app.intake import Intake
from fixgw.app.lookups import LookUps
from fixgw.app.presence import Presence
from fixgw.app.roster import Roster
from fixgw.core.engine import Engine
from fixgw.core.portions import AGAIN_MS
from fixgw.fix.states import State
from fixgw.journal.index import SentIndex
from fixgw.journal.journal import Journal, SessionRow
from fixgw.model.accounts import AccountsLoaded, DirectoryName, LookUpAccount
from fixgw.model.effects import RaiseAlert, SendReport, VenueCommand
from fixgw.model.errors import GatewayError
from fixgw.model.ids import SessionKey, VenueName
from fixgw.model.now import Now
from fixgw.model.venue import (
    InstrumentsLoaded,
    QueryFailed,
    StreamRestored,
    UnknownOrderSeen,
    VenueInput,
)
from fixgw.runtime.clock import Clock
from fixgw.runtime.session_settings import SessionSettings
from fixgw.runtime.tasks import Tasks
from fixgw.venues.adapter import VenueAdapter
from fixgw.venues.border import Border

TIMER_SECONDS = 0.1
"""How often sessions and orders are looked at for what is due."""

VENUE_WORDS_A_TICK = 500
"""How much of what venues say is decided in one tick. A venue may say very much at once (a socket
is lost with 10,000 commands in flight, all open orders are asked about): clients have their turn
in between."""

OVERHEARD = frozenset({InstrumentsLoaded, QueryFailed, StreamRestored, UnknownOrderSeen})
"""What venues say that is no news of an order: `Gateway.listeners` are told."""

ENDED = {
    State.DISCONNECTED: "connection_lost",
    State.CONNECTED: "logon_refused",
    State.LOGGED_ON: "connection_lost",
    State.LOGGING_OUT: "logged_out",
}
"""The one line of the log on the end of a connection, by how far its session was."""


class Gateway:
    """All clients, all venues, the engine and the journal. `app.build` puts it together."""

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        engine: Engine,
        presence: Presence,
        clients: dict[SessionKey, Client],
        venues: Mapping[VenueName, VenueAdapter],
        former: dict[SessionKey, SessionRow] | None = None,
        memories: Memories | None = None,
    ) -> None:
        self.clients = clients
        self.venues = venues
        self.stopping = False
        self.loaded: set[VenueName] = set()
        """The venues whose instruments are known."""
        self.look_ups: Mapping[DirectoryName, LookUps] = {}
        """What asks the directories of accounts."""
        self._clock = clock
        self._journal = journal
        self._engine = engine
        self._presence = presence
        self._log = structlog.get_logger().bind()
        self._loop = asyncio.get_running_loop()
        self._tasks = Tasks()
        self._door = Door(
            clients, memories or Memories(), clock, self._tasks, self.wake, self.touch
        )
        self._scheduled = False
        self._failure: asyncio.Future[None] = self._loop.create_future()
        self._venue_inbox: list[VenueInput | AccountsLoaded] = []
        self._lost: list[tuple[Client, Connection, str]] = []
        self.roster = Roster(clients, self._door.identities, former or {})
        self._intake = Intake(self, engine, self._door, self.roster, presence, journal)
        self._changes: list[Callable[[Now], None]] = []
        self._afterwards: list[Callable[[], None]] = []
        self.listeners: list[Callable[[object], None]] = []
        """They are told what is OVERHEARD, before it is decided about."""
        self._touched: list[Client] = []
        self._commands: dict[VenueName, list[VenueCommand]] = {}
        """What venues are to do, once this tick is on record."""
        self._timer_due = False
        self._timer: asyncio.TimerHandle | None = None
        self._going_on: asyncio.TimerHandle | None = None
        """Set while the engine has more to do than a tick had room for."""

    # -------------------------------------------------------------- start and stop

    def start(self) -> None:
        """Go on where the journal ended, and let the venues in."""
        now = self._clock.now()
        self._engine.recover(now)
        self._presence.recover(now)
        for client in self.clients.values():
            if client.starts(now):
                self.touch(client)
                self.wake()
        for name, adapter in self.venues.items():
            adapter.start(Border(name, self.deliver, self._clock))
        for look_ups in self.look_ups.values():
            look_ups.start()
        self._set_timer()

    async def failure(self) -> None:
        """Return never, or raise what stopped the gateway."""
        # Whoever gives up waiting must not give up the failure.
        await asyncio.shield(self._failure)

    async def door_failure(self) -> None:
        """Return never, or raise the bug that a Logon has met."""
        await self._tasks.failure()

    def log_out_all(self, text: str) -> None:
        """Say goodbye to every client; they answer, or are cut off after LogoutTimeout."""
        self.stopping = self._door.closed = True
        now = self._clock.now()
        for client in self.roster.connected:
            client.session.logout(text, now)
            self.touch(client)
        self.wake()

    @property
    def index(self) -> SentIndex:
        """Which messages are stored; to be looked at only."""
        return self._journal.index

    def agreed(self, session: SessionKey) -> str:
        """Cancel on disconnect as it is in force for *session*, in words."""
        return self._presence.agreed(session)

    @property
    def silent(self) -> list[str]:
        """The venues that have not told their instruments since the start, and the directories of
        accounts that have not been asked."""
        venues = sorted(set(self.venues) - self.loaded)
        return [*venues, *(name for name, one in self.look_ups.items() if not one.asked)]

    @property
    def engine(self) -> Engine:
        """What decides about orders; to be changed between ticks only."""
        return self._engine

    @property
    def connected(self) -> int:
        """How many clients have a connection."""
        return len(self.roster.connected)

    async def stop(self) -> None:
        """End the venues, commit what they said last, and close the journal.

        Raises what stopped the gateway, if that was not its end in good order.
        """
        self.stopping = self._door.closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._going_on is not None:
            self._going_on.cancel()
        async with AsyncExitStack() as ending:
            # From the last to the first, each of them whatever became of the one before.
            ending.callback(self._journal.close)
            ending.callback(self._last_tick)
            ending.callback(self._door.close)
            ending.push_async_callback(self._tasks.stop)
            for adapter in self.venues.values():
                ending.push_async_callback(adapter.stop)
            for look_ups in self.look_ups.values():
                ending.push_async_callback(look_ups.stop)

    def _last_tick(self) -> None:
        for client in self.clients.values():
            if client.changed:
                self.touch(client)
        self._tick()
        while self._venue_inbox and not self._failure.done():
            self._tick()
        if self._failure.done():
            self._failure.result()
        self._failure.cancel()

    # ------------------------------------------------------------------ what arrives

    def deliver(self, message: VenueInput | AccountsLoaded) -> None:
        """A venue says something, or a directory of accounts."""
        self._venue_inbox.append(message)
        self.wake()

    def arrived(self, connection: Connection) -> None:
        """A connection has messages, or can be written to again."""
        self._intake.arrived(connection)

    def opened(self, connection: Connection) -> str:
        self._log.debug("connected", peer=connection.peer)
        return STOPPING if self.stopping else ""

    def lost(self, connection: Connection, reason: str) -> None:
        """A connection is gone."""
        self._intake.gone(connection)
        client: Client | None = connection.owner
        if client is not None:
            self._release(client, connection, reason)

    def _release(self, client: Client, connection: Connection, reason: str) -> None:
        """The client has this connection no longer, and may come back with another."""
        if client.connection is connection:
            client.connection = None
            del self.roster.connected[client]
            self._lost.append((client, connection, reason))
            self.wake()

    def wake(self) -> None:
        """There is something to do: a tick, as soon as the loop turns."""
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._tick)

    def _set_timer(self) -> None:
        self._timer = self._loop.call_later(TIMER_SECONDS, self._on_timer)

    def _on_timer(self) -> None:
        self._timer_due = True
        self._set_timer()
        self.wake()

    # ----------------------------------------------------------------------- changes

    def before_tick(self, change: Callable[[Now], None]) -> None:
        """Let *change* be the first thing of the next tick: what it does is committed with it."""
        self._changes.append(change)
        self.wake()

    def after_commit(self, act: Callable[[], None]) -> None:
        """Let *act* be the last thing of this tick, whose change it follows from. Within a change
        (`before_tick`) only."""
        self._afterwards.append(act)

    def log_out(self, client: Client, text: str, now: Now) -> None:
        """Say goodbye to one client, if it is there; all of it is on record then. Before a tick
        only."""
        client.session.logout(text, now)
        if client.connection is not None and client.session.state is not State.LOGGING_OUT:
            client.connection.closing_reason = text
        self.touch(client)

    def expect(self, sessions: Iterable[SessionSettings]) -> None:
        """These sessions may be logged on to from now on."""
        self._door.expect(sessions)

    # ------------------------------------------------------------------------ a tick

    def _tick(self) -> None:
        self._scheduled = False
        if self._failure.done():
            return
        try:
            self._run_tick(self._clock.now())
        except BaseException as error:
            # Nothing of this tick has left, and nothing more will; said first, as the log may
            # be what failed.
            self._failure.set_exception(error)
            if not isinstance(error, GatewayError):
                self._log.error("tick_failed", exc_info=error)

    def _run_tick(self, now: Now) -> None:
        changes, self._changes = self._changes, []
        for change in changes:
            change(now)
        self._take_lost(now)
        self._intake.take(now)
        for message in self._some_words():
            if type(message) in OVERHEARD:
                self._overhear(message)
            self._engine.handle(message, now)
        if self._timer_due:
            self._timer_due = False
            self._take_time(now)
        if self._engine.go_on(now) and self._going_on is None:
            self._going_on = self._loop.call_later(AGAIN_MS / 1_000, self._go_on)
        self.take_effects(now)
        self._commit(now)
        if self.roster.unsettled:
            self.roster.settle()
        commands, self._commands = self._commands, {}
        for venue, of_venue in commands.items():
            self.venues[venue].perform(of_venue)
        self._write()
        if self._afterwards:
            afterwards, self._afterwards = self._afterwards, []
            for act in afterwards:
                act()

    def _some_words(self) -> list[VenueInput | AccountsLoaded]:
        """What venues have said, as much as one tick takes; the next one follows for the rest."""
        words = self._venue_inbox[:VENUE_WORDS_A_TICK]
        self._venue_inbox = self._venue_inbox[VENUE_WORDS_A_TICK:]
        if self._venue_inbox:
            self.wake()
        return words

    def _go_on(self) -> None:
        self._going_on = None
        self.wake()

    def _overhear(self, message: object) -> None:
        if type(message) is InstrumentsLoaded:
            self.loaded.add(message.venue)
        for listener in self.listeners:
            listener(message)

    def _take_lost(self, now: Now) -> None:
        lost, self._lost = self._lost, []
        for client, connection, reason in lost:
            event, peer = ENDED[client.session.state], connection.peer
            lines = self._intake.comings_and_goings.of(client.key)
            lines.info(event, peer=peer, session=client.key, reason=reason)
            client.session.disconnected(now)
            self.touch(client)
            self._intake.take_facts(client, None, now)

    def _take_time(self, now: Now) -> None:
        for client in (*self.roster.connected, *self.roster.some_idle()):
            session = client.session
            session.tick(now)
            if session.facts or client.changed:
                self.touch(client)
                self._intake.take_facts(client, client.connection, now)
        if not self.stopping:
            self._presence.due(now)
        self._engine.tick(now)

    def take_effects(self, now: Now) -> None:
        """Number and store reports; sort the commands by venue."""
        events, effects = self._engine.take()
        if events:
            self._journal.add_events(events)
        for effect in effects:
            kind = type(effect)
            if kind is SendReport:
                client = self.clients.get(effect.session)  # type: ignore[union-attr]
                if client is None:
                    self._log.warning("report_for_removed_session", effect=effect)
                    continue
                client.report(effect.report, now)  # type: ignore[union-attr]
                if not client.touched:
                    self.touch(client)
            elif kind is RaiseAlert:
                self._alert(effect)  # type: ignore[arg-type]
            elif kind is LookUpAccount:
                # It reads, and in a later turn of the loop: nothing leaves before the commit.
                self.look_ups[effect.directory].soon()  # type: ignore[union-attr]
            else:
                venue = effect.order.venue  # type: ignore[union-attr]
                self._commands.setdefault(venue, []).append(effect)  # type: ignore[arg-type]

    def _commit(self, now: Now) -> None:
        """Put the tick on record; after this line, and not before, it has happened."""
        for client in self._touched:
            if client.session.outbox.catch_up is not None and client.catch_up(self._journal, now):
                assert client.connection is not None
                self.arrived(client.connection)
            client.persist(self._journal, now)
        self._journal.commit()

    def _write(self) -> None:
        touched, self._touched = self._touched, []
        for client in touched:
            client.touched = False
            client.flush()
            connection = client.connection
            if connection is not None and connection.closing_reason:
                connection.close(connection.closing_reason)
                self._release(client, connection, connection.closing_reason)

    def touch(self, client: Client) -> None:
        """This tick does something to *client*: its numbers and messages are put on record."""
        if not client.touched:
            client.touched = True
            self._touched.append(client)

    def _alert(self, alert: RaiseAlert) -> None:
        self._log.warning(alert.event, order_id=alert.order_id, text=alert.text)

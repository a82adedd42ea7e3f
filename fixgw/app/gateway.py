"""All clients, all venues, the engine and the journal: the clients' part of a tick.

`loop.OrderLoop` makes the ticks. In each of them this takes the input of clients and operators,
lets the session layer decide, and, once the tick is recorded, writes to the sockets. No other
module writes or calls. If the journal fails, nothing is sent and the gateway stops.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from functools import partial

import structlog

from fixgw.acceptor.auth.history import LogonHistories
from fixgw.acceptor.connection import Connection
from fixgw.app.account_poller import AccountPoller
from fixgw.app.client_session import ClientSession, ToWrite
from fixgw.app.closed_on_file import ClosedOnFile, Name
from fixgw.app.containment import Containment
from fixgw.app.disconnect_cancels import DisconnectCancels
from fixgw.app.inbound import Inbound
from fixgw.app.logons import STOPPING, LogonGate
from fixgw.app.session_registry import SessionRegistry
from fixgw.core.engine import Engine
from fixgw.core.orders.leg import Leg
from fixgw.fix.states import State
from fixgw.journal.index import SentIndex
from fixgw.journal.journal import Journal
from fixgw.journal.tick import SessionRow
from fixgw.loop.held import NOTHING_WRITTEN, Commands, HeldLimits, Written
from fixgw.loop.order_loop import OrderLoop, Word
from fixgw.loop.refusals import Refusal
from fixgw.model.accounts import DirectoryName
from fixgw.model.effects import RaiseAlert, SendReport
from fixgw.model.ids import OrderID, SessionKey, VenueName
from fixgw.model.now import Now
from fixgw.model.venue import InstrumentsLoaded, QueryFailed, StreamRestored, UnknownOrderSeen
from fixgw.runtime.clock import Clock
from fixgw.runtime.session_settings import SessionSettings
from fixgw.runtime.tasks import Tasks
from fixgw.venues.adapter import VenueAdapter

OVERHEARD = frozenset({InstrumentsLoaded, QueryFailed, StreamRestored, UnknownOrderSeen})
"""Venue inputs that are no news of an order, for which `Gateway.listeners` are called."""

ENDED = {
    State.DISCONNECTED: "connection_lost",
    State.CONNECTED: "logon_refused",
    State.LOGGED_ON: "connection_lost",
    State.LOGGING_OUT: "logged_out",
}
"""The log line on the end of a connection, by the state its session had reached."""


class Gateway:
    """All clients, all venues, the engine and the journal. `app.build` puts it together."""

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        engine: Engine,
        presence: DisconnectCancels,
        clients: dict[SessionKey, ClientSession],
        venues: Mapping[VenueName, VenueAdapter],
        former: dict[SessionKey, SessionRow] | None = None,
        memories: LogonHistories | None = None,
        look_ups: Mapping[DirectoryName, AccountPoller] | None = None,
        containment: Containment | None = None,
        held: HeldLimits = HeldLimits(),
        on_file: ClosedOnFile | None = None,
    ) -> None:
        self.clients = clients
        self.venues = venues
        self.stopping = False
        self.loaded: set[VenueName] = set()
        """The venues whose instruments are known."""
        self.look_ups = look_ups or {}
        """Polls the directories of accounts."""
        self.engine = engine
        """The engine that decides about orders; to be changed between ticks only."""
        self.containment = containment or Containment()
        """Inputs that met a bug of ours."""
        self.order_loop = OrderLoop(
            clock, engine, journal, venues, self, self.containment.refusals, held
        )
        self._clock = clock
        self._journal = journal
        self._presence = presence
        self._log = structlog.get_logger().bind()
        self._tasks = Tasks()
        self._door = LogonGate(
            clients, memories or LogonHistories(), clock, self._tasks, self.wake, self.touch,
            self.containment,
        )
        self._lost: list[tuple[ClientSession, Connection, str]] = []
        self.roster = SessionRegistry(clients, self._door.identities, former or {})
        self._intake = Inbound(
            self, engine, self._door, self.roster, presence, journal, self.containment, on_file
        )
        self.on_file = on_file
        """The closed orders that have left memory; None: all stay."""
        self._words: dict[OrderID, list[Word]] = {}
        """Words of venues about orders that are being looked up."""
        if on_file is not None:
            on_file.wake = self.wake  # type: ignore[method-assign]
        self._changes: list[Callable[[Now], None]] = []
        self._afterwards: list[Callable[[], None]] = []
        self.listeners: list[Callable[[object], None]] = []
        """Called for each input in OVERHEARD, before it is decided about."""
        self._touched: list[ClientSession] = []

    # -------------------------------------------------------------- start and stop

    def start(self) -> None:
        """Continue where the journal ended, and connect the venues."""
        self.order_loop.start()
        for look_ups in self.look_ups.values():
            look_ups.start(self.order_loop.deliver)

    def recover(self, now: Now) -> None:
        """After the engine, before the first tick: continue with the clients that left."""
        self._presence.recover(now)
        for client in self.clients.values():
            if client.starts(now):
                self.touch(client)
                self.wake()

    async def failure(self) -> None:
        """Return never, or raise what stopped the gateway."""
        await self.order_loop.failure()

    async def door_failure(self) -> None:
        """Return never, or raise the bug that a Logon has met."""
        await self._tasks.failure()

    def log_out_all(self, text: str) -> None:
        """Log out every client; they answer, or are disconnected after LogoutTimeout."""
        self.stopping = self._door.closed = True
        now = self._clock.now()
        for client in self.roster.connected:
            client.session.logout(text, now)
            self.touch(client)
        self.wake()

    @property
    def index(self) -> SentIndex:
        """The stored messages; read-only."""
        return self._journal.index

    def agreed(self, session: SessionKey) -> str:
        """Return cancel on disconnect as it is in force for *session*, in words."""
        return self._presence.agreed(session)

    @property
    def silent(self) -> list[str]:
        """The venues that have not sent their instruments since the start, and the directories of
        accounts that have not been queried."""
        venues = sorted(set(self.venues) - self.loaded)
        return [*venues, *(name for name, one in self.look_ups.items() if not one.asked)]

    @property
    def connected(self) -> int:
        """Number of clients with a connection."""
        return len(self.roster.connected)

    async def stop(self) -> None:
        """Disconnect the venues, commit their last inputs, and close the journal.

        Raises the failure that stopped the gateway, unless it ended in good order.
        """
        self.stopping = self._door.closed = True
        self.order_loop.stop_timers()
        self.order_loop.settle()  # while the adapters still take commands
        async with AsyncExitStack() as ending:
            # From the last to the first, each of them whatever became of the one before.
            if self.on_file is not None:
                ending.callback(self.on_file.close)
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
        self.order_loop.finish()

    # ------------------------------------------------------------------ arrivals

    def arrived(self, connection: Connection) -> None:
        """Note that a connection has messages, or can be written to again."""
        self._intake.arrived(connection)

    def opened(self, connection: Connection) -> str:
        self._log.debug("connected", peer=connection.peer)
        return STOPPING if self.stopping else ""

    def lost(self, connection: Connection, reason: str) -> None:
        """Note that a connection is gone."""
        self._intake.gone(connection)
        client: ClientSession | None = connection.owner
        if client is not None:
            self._release(client, connection, reason)

    def _release(self, client: ClientSession, connection: Connection, reason: str) -> None:
        """Detach this connection from its client, which may return with another."""
        if client.connection is connection:
            client.connection = None
            del self.roster.connected[client]
            self._lost.append((client, connection, reason))
            self.wake()

    def wake(self) -> None:
        """Schedule a tick, as soon as the loop turns."""
        self.order_loop.wake()

    # ----------------------------------------------------------------------- changes

    def before_tick(self, change: Callable[[Now], None]) -> None:
        """Make *change* the first step of the next tick: its effects are committed with it."""
        self._changes.append(change)
        self.wake()

    def after_commit(self, act: Callable[[], None]) -> None:
        """Make *act* the last step of this tick, whose change it follows from. Within a change
        (`before_tick`) only."""
        self._afterwards.append(act)

    def log_out(self, client: ClientSession, text: str, now: Now) -> None:
        """Log out one client, if it is connected; its events are then recorded. Before a tick
        only."""
        client.session.logout(text, now)
        if client.connection is not None and client.session.state is not State.LOGGING_OUT:
            client.connection.closing_reason = text
        self.touch(client)

    def expect(self, sessions: Iterable[SessionSettings]) -> None:
        """Admit Logons for these sessions from now on."""
        self._door.expect(sessions)

    # ------------------------------------------------------------------------ a tick

    def take(self, now: Now) -> None:
        """Carry out operators' requests, and take this tick's share of the clients' messages."""
        if self.on_file is not None:
            self.on_file.take(now)
        changes, self._changes = self._changes, []
        for change in changes:
            change(now)
        self._take_lost(now)
        self._intake.take(now)

    def overhear(self, word: Word) -> None:
        """Pass on inputs about a venue's condition."""
        if type(word) not in OVERHEARD:
            return
        if type(word) is InstrumentsLoaded:
            self.loaded.add(word.venue)
        for listener in self.listeners:
            listener(word)

    def awaits(self, word: Word) -> bool:
        """Return True if *word* is about an order that has left memory: it is looked up, and the
        words about it wait."""
        order_id = getattr(word, "order_id", None)
        if order_id is None or self.on_file is None or self.engine.orders.has(order_id):
            return False
        waiting = self._words.get(order_id)
        if waiting is None:
            if not self.on_file.has_left(order_id):
                return False
            waiting = self._words[order_id] = []
            self.on_file.look_up([Name(None, order_id)], partial(self._found, order_id))
        waiting.append(word)
        return True

    def _found(self, order_id: OrderID) -> None:
        for word in self._words.pop(order_id):
            self.order_loop.deliver(word)

    def ended_on_file(self, venue: VenueName, since_ms: int) -> list[Leg]:
        """Return the orders of *venue* outside memory that ended at *since_ms* or later."""
        return [] if self.on_file is None else self.on_file.ended_since(venue, since_ms)

    def _take_lost(self, now: Now) -> None:
        lost, self._lost = self._lost, []
        for client, connection, reason in lost:
            event, peer = ENDED[client.session.state], connection.peer
            lines = self._intake.comings_and_goings.of(client.key)
            lines.info(event, peer=peer, session=client.key, reason=reason)
            client.session.disconnected(now)
            self.touch(client)
            self._intake.take_facts(client, None, now)

    def look_at_time(self, now: Now) -> None:
        """Let sessions do their due work, and let departures take effect."""
        for client in (*self.roster.connected, *self.roster.some_idle()):
            session = client.session
            if client.connection is None and session.settings.key in self.containment.disabled:
                continue  # until it is enabled nothing is due, and the failure would only repeat
            try:
                session.tick(now)
            except Exception as error:
                self.touch(client)
                self._intake.cut_off(client, self.containment.refuse_time(client, error, now), now)
            if session.facts or client.changed:
                self.touch(client)
                self._intake.take_facts(client, client.connection, now)
        if not self.stopping:
            self._presence.due(now)
        if self.on_file is not None:
            self.on_file.drop_some(now)

    def take_effects(self, now: Now) -> None:
        """Number the reports on everything decided so far: later messages come after them."""
        self.order_loop.take_effects(now)

    def send_report(self, effect: SendReport, now: Now) -> None:
        """Number and store a report for a client."""
        client = self.clients.get(effect.session)
        if client is None:
            self._log.warning("report_for_removed_session", effect=effect)
            return
        self.containment.tell(client, effect.report, now)
        if not client.touched:
            self.touch(client)

    def alert(self, alert: RaiseAlert) -> None:
        """Alert an operator: in the log, for now."""
        self._log.warning(alert.event, order_id=alert.order_id, text=alert.text)

    def refused(self, refused: Refusal) -> None:
        """Handle the refusal of a venue's input."""
        self.containment.refused(refused)

    def look_up(self, directory: DirectoryName) -> None:
        """Have *directory* queried ahead of schedule."""
        self.look_ups[directory].soon()

    def before_commit(self, now: Now) -> None:
        """Record the sessions' numbers at the end of this tick."""
        for client in self._touched:
            if client.session.outbox.catch_up is not None and client.catch_up(self._journal, now):
                assert client.connection is not None
                self.arrived(client.connection)
            client.persist(self._journal, now)
        self.containment.persist(self._journal)

    def on_record(self, commands: Commands) -> None:
        """Note that the tick is durable: departed clients make room for their successors."""
        if self.roster.unsettled:
            self.roster.settle()

    def written(self) -> Written:
        """Take what this tick says to clients, and does besides."""
        touched, self._touched = self._touched, []
        to_write, size = [], 0
        for client in touched:
            client.touched = False
            each = client.take_written()
            if each is not None:
                to_write.append(each)
                size += len(each.data)
        afterwards, self._afterwards = self._afterwards, []
        if not (to_write or afterwards):
            return NOTHING_WRITTEN
        return Written(partial(self._write, to_write, afterwards), size)

    def _write(self, to_write: list[ToWrite], afterwards: list[Callable[[], None]]) -> None:
        """Write to clients, one write per connection, and close the connections that are to end."""
        for each in to_write:
            client, connection, reason = each.client, each.connection, each.closing_reason
            client.write(each)
            if reason and client.connection is connection:
                connection.close(reason)
                self._release(client, connection, reason)
        for act in afterwards:
            act()

    def touch(self, client: ClientSession) -> None:
        """Note that this tick affects *client*: its numbers and messages are recorded."""
        if not client.touched:
            client.touched = True
            self._touched.append(client)

"""The one loop: inputs -> decisions -> one commit -> effects.

A tick takes what arrived from clients and venues, lets the session layer and
the order engine decide, commits all of it in one transaction, and only then
writes to sockets and calls venues. Nothing else writes, nothing else calls.
If the journal fails, or we have a bug, nothing leaves and the gateway stops.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

import structlog

from fixgw.acceptor.auth.memory import Memories
from fixgw.acceptor.connection import Connection
from fixgw.app.client import Client
from fixgw.app.door import STOPPING, Admission, Door
from fixgw.app.presence import Presence
from fixgw.app.roster import Roster
from fixgw.app.throttle import Throttle
from fixgw.core.engine import Engine
from fixgw.fix.errors import GarbledMessage, IncorrectBeginString, InvalidMessage
from fixgw.fix.facts import Application, ClientReset, Disconnect, Left, LoggedOn, LoggedOut
from fixgw.fix.message import Message
from fixgw.fix.session import ADMIN
from fixgw.fix.states import State
from fixgw.journal.journal import Journal, SessionRow
from fixgw.model.effects import RaiseAlert, SendReport, VenueCommand
from fixgw.model.errors import BusinessRefused, GatewayError
from fixgw.model.ids import SessionKey, VenueName
from fixgw.model.now import Now
from fixgw.model.reports import BusinessMessageReject
from fixgw.model.venue import InstrumentsLoaded, VenueInput
from fixgw.runtime.clock import Clock
from fixgw.runtime.tasks import Tasks
from fixgw.venues.adapter import VenueAdapter

MESSAGES_ALONE = 100
"""Messages taken in one tick where one client only has a connection: the more, the cheaper."""

MESSAGES_SHARED = 32
"""The same, of all together, where there are several: about as long as one of them may wait for
another, some 1 ms."""

TIMER_SECONDS = 0.1
"""How often sessions and orders are looked at for what is due."""

LIMIT_QUERY, REQ_ID = "XLQ", 6136
"""LimitQuery(35=XLQ) and its ReqID: a client asks how much of its limits it has used."""


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
        self._clock = clock
        self._journal = journal
        self._engine = engine
        self._presence = presence
        self._log = structlog.get_logger().bind()
        self._loop = asyncio.get_running_loop()
        self._tasks = Tasks()
        self._door = Door(
            clients, memories or Memories(), clock, self._tasks, self._wake, self._touch
        )
        self._scheduled = False
        self._failure: asyncio.Future[None] = self._loop.create_future()
        self._ready: dict[Connection, None] = {}
        self._venue_inbox: list[VenueInput] = []
        self._lost: list[tuple[Client, str]] = []
        self.roster = Roster(clients, self._door.identities, former or {})
        self._changes: list[Callable[[Now], None]] = []
        self._touched: list[Client] = []
        self._commands: dict[VenueName, list[VenueCommand]] = {}
        """What venues are to do, once this tick is on record."""
        self._timer_due = False
        self._timer: asyncio.TimerHandle | None = None

    # -------------------------------------------------------------- start and stop

    def start(self) -> None:
        """Go on where the journal ended, and let the venues in."""
        now = self._clock.now()
        self._engine.recover(now)
        self._presence.recover(now)
        for adapter in self.venues.values():
            adapter.start(self.deliver)
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
            self._touch(client)
        self._wake()

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
        async with AsyncExitStack() as ending:
            # From the last to the first, each of them whatever became of the one before.
            ending.callback(self._journal.close)
            ending.callback(self._last_tick)
            ending.callback(self._door.close)
            ending.push_async_callback(self._tasks.stop)
            for adapter in self.venues.values():
                ending.push_async_callback(adapter.stop)

    def _last_tick(self) -> None:
        for client in self.clients.values():
            if client.changed:
                self._touch(client)
        self._tick()
        if self._failure.done():
            self._failure.result()
        self._failure.cancel()

    # ------------------------------------------------------------------ what arrives

    def deliver(self, message: VenueInput) -> None:
        """A venue says something."""
        self._venue_inbox.append(message)
        self._wake()

    def arrived(self, connection: Connection) -> None:
        """A connection has messages, or can be written to again."""
        self._ready[connection] = None
        self._wake()

    def opened(self, connection: Connection) -> str:
        self._log.debug("connected", peer=connection.peer)
        return STOPPING if self.stopping else ""

    def lost(self, connection: Connection, reason: str) -> None:
        """A connection is gone."""
        self._ready.pop(connection, None)
        client: Client | None = connection.owner
        if client is not None:
            client.gone(connection)
            self._release(client, connection, reason)

    def _release(self, client: Client, connection: Connection, reason: str) -> None:
        """The client has this connection no longer, and may come back with another."""
        if client.connection is connection:
            client.connection = None
            del self.roster.connected[client]
            self._lost.append((client, reason))
            self._wake()

    def _wake(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._tick)

    def _set_timer(self) -> None:
        self._timer = self._loop.call_later(TIMER_SECONDS, self._on_timer)

    def _on_timer(self) -> None:
        self._timer_due = True
        self._set_timer()
        self._wake()

    # ----------------------------------------------------------------------- changes

    def before_tick(self, change: Callable[[Now], None]) -> None:
        """Let *change* be the first thing of the next tick: what it does is committed with it."""
        self._changes.append(change)
        self._wake()

    def log_out(self, client: Client, text: str, now: Now) -> None:
        """Say goodbye to one client, if it is there; all of it is on record then. Before a tick
        only."""
        client.has_read()
        client.session.logout(text, now)
        if client.connection is not None and client.session.state is not State.LOGGING_OUT:
            client.connection.closing_reason = text
        self._touch(client)

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
        self._take_messages(now)
        for admission in self._door.take():
            self._admit(admission, now)
        inbox, self._venue_inbox = self._venue_inbox, []
        for message in inbox:
            if type(message) is InstrumentsLoaded:
                self.loaded.add(message.venue)
            self._engine.handle(message, now)
        if self._timer_due:
            self._timer_due = False
            self._take_time(now)
        self._take_effects(now)
        self._commit(now)
        if self.roster.unsettled:
            self.roster.settle()
        commands, self._commands = self._commands, {}
        for venue, of_venue in commands.items():
            self.venues[venue].perform(of_venue)
        self._write()

    def _take_lost(self, now: Now) -> None:
        lost, self._lost = self._lost, []
        for client, reason in lost:
            client.session.disconnected(now)
            self._touch(client)
            self._log.info("connection_lost", session=client.key, reason=reason)
            self._take_facts(client, None, now)

    def _take_time(self, now: Now) -> None:
        for client in (*self.roster.connected, *self.roster.some_idle()):
            session = client.session
            client.observe(now)
            session.tick(now)
            if session.facts or client.changed:
                self._touch(client)
                self._take_facts(client, client.connection, now)
        if not self.stopping:
            self._presence.due(now)
        self._engine.tick(now)

    def _take_effects(self, now: Now) -> None:
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
                    self._touch(client)
            elif kind is RaiseAlert:
                self._alert(effect)  # type: ignore[arg-type]
            else:
                venue = effect.order.venue  # type: ignore[union-attr]
                self._commands.setdefault(venue, []).append(effect)  # type: ignore[arg-type]

    def _commit(self, now: Now) -> None:
        """Put the tick on record; after this line, and not before, it has happened."""
        for client in self._touched:
            if client.session.outbox.catch_up is not None and client.catch_up(self._journal, now):
                assert client.connection is not None
                self.arrived(client.connection)
            client.persist(self._journal)
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

    def _touch(self, client: Client) -> None:
        if not client.touched:
            client.touched = True
            self._touched.append(client)

    def _alert(self, alert: RaiseAlert) -> None:
        self._log.warning(alert.event, order_id=alert.order_id, text=alert.text)

    # ---------------------------------------------------------------------- messages

    def _take_messages(self, now: Now) -> None:
        """Take this tick's share of what waits, connection by connection, in turn."""
        share = MESSAGES_ALONE if self.connected == 1 else MESSAGES_SHARED
        ready = self._ready
        while ready and share > 0:
            connection = next(iter(ready))
            # Whoever has more than its share goes behind those who wait.
            del ready[connection]
            share -= self._read(connection, share, now)
        if ready:
            self._wake()

    def _read(self, connection: Connection, share: int, now: Now) -> int:
        """Take what waits in one connection's inbox, *share* messages at most; how many it were."""
        inbox = connection.inbox
        if connection.closing:
            return 0
        client: Client | None = connection.owner
        if client is None:
            self._door.knock(connection)
            return 1
        taken = 0
        self._touch(client)
        session, parse = client.session, client.dictionary.parse
        throttle, throttled = client.throttle, False
        while inbox and taken < share and not connection.closing_reason:
            if throttle is not None and session.logged_on:
                throttled = self._hold_back(client, connection, now)
                if throttled:
                    break
            raw = inbox.popleft()
            taken += 1
            # What the session answers itself comes behind the reports on what came before.
            try:
                message = parse(raw)
            except InvalidMessage as error:
                self._take_effects(now)
                session.receive_invalid(error, raw, now)
            except IncorrectBeginString as error:
                self._take_effects(now)
                session.receive_wrong_version(error, now)
            except GarbledMessage as error:
                self._log.warning("garbled_message", session=client.key, error=str(error))
                continue
            else:
                if message.msg_type in ADMIN:
                    self._take_effects(now)
                    if message.msg_type in "A5":
                        # What has left is not sent again when the numbers start again.
                        client.has_read()
                session.receive(message, now)
            if session.facts:
                self._take_facts(client, connection, now)
        connection.processed()
        if not inbox and connection.unreadable and not connection.closing_reason:
            self._log.warning("unreadable", session=client.key, reason=connection.unreadable)
            connection.closing_reason = connection.unreadable
        if inbox and not throttled and not connection.closing_reason:
            self.arrived(connection)
        return taken

    def _hold_back(self, client: Client, connection: Connection, now: Now) -> bool:
        """Whether the next message must wait, or never comes: MaxMessagesPerSecond."""
        throttle = client.throttle
        assert throttle is not None
        wait = throttle.take(now.mono_ms, len(connection.inbox))
        if throttle.exhausted:
            self._take_effects(now)
            client.session.end(throttle.text, now)
            self._take_facts(client, connection, now)
            return True
        if wait and not throttle.alarm:
            throttle.alarm = True
            self._loop.call_later(wait / 1_000, self._look_again, throttle, connection)
        return wait > 0

    def _look_again(self, throttle: Throttle, connection: Connection) -> None:
        throttle.alarm = False
        self.arrived(connection)

    def _admit(self, admission: Admission, now: Now) -> None:
        """Give a connection to the session that it may log on to, beginning with its Logon."""
        client, connection, terms = admission
        if not self.roster.may_connect(client):
            self._log.info("logon_refused", session=client.key, reason="being changed")
            connection.close("the session is being changed")
            return
        connection.owner = client
        client.take(connection)
        self.roster.connected[client] = None
        if client.throttle is not None:
            client.throttle.begin()
        client.session.connect(now, terms)
        self._read(connection, MESSAGES_SHARED, now)

    def _take_facts(self, client: Client, connection: Connection | None, now: Now) -> None:
        facts = client.session.facts
        # What follows from one fact may add others; they are at the end of the same list.
        for fact in facts:
            if type(fact) is Application:
                self._on_application(client, fact.message, now)
            elif type(fact) is LoggedOn:
                assert connection is not None
                connection.admitted()
                self._door.logged_on(client, now)
                self._log.info("logged_on", session=client.key, peer=connection.peer)
                self._presence.logged_on(client, now)
            elif type(fact) is Left:
                if not self.stopping:
                    # An end of the gateway's own is no departure: see `Presence.recover`.
                    self._presence.left(client, fact, now)
            elif type(fact) is ClientReset:
                self._door.client_reset(client, now)
            elif type(fact) is LoggedOut:
                self._log.info("logged_out", session=client.key)
            elif connection is not None and not connection.closing_reason:
                assert type(fact) is Disconnect
                connection.closing_reason = fact.reason
                self._log.info("disconnecting", session=client.key, reason=fact.reason)
        facts.clear()

    def _on_application(self, client: Client, message: Message, now: Now) -> None:
        try:
            if client.throttle is not None:
                client.throttle.check(message.msg_type)
            if message.msg_type == LIMIT_QUERY:
                client.report(client.limits(message.fields[REQ_ID], now), now)
                return
            self._engine.handle(client.decoder.decode(message), now)
        except InvalidMessage as error:
            self._take_effects(now)
            reason, tag = error.session_reject_reason, error.ref_tag
            client.session.refuse(message, reason, tag, error.text, now)
        except BusinessRefused as refused:
            self._take_effects(now)
            client.report(
                BusinessMessageReject(
                    ref_seq_num=message.seq_num,
                    ref_msg_type=message.msg_type,
                    reason=refused.reason,
                    ref_id=message.fields.get(11, ""),
                    text=refused.text,
                ),
                now,
            )

"""Logon authentication: a connection's first message, examined before it reaches any session.

A refused connection changes nothing and takes nothing: no number, no stored message, no place of a
connected client. It is closed without a message, whatever the reason; only the log tells the
reasons apart. A dialect may want a Logout: it is sent only to clients whose credentials were right.
A refusal is delayed further with each failure (`acceptor.auth.backoff`), and a password is checked
when its turn comes (`acceptor.auth.fair_queue`).
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from fixgw.acceptor.auth.backoff import WAIT_SECONDS_MAX, FailureBackoff, Source, source
from fixgw.acceptor.auth.credentials import PresentedCredentials
from fixgw.acceptor.auth.fair_queue import FairQueue
from fixgw.acceptor.auth.history import GOOD_AGAIN_MS, LogonHistories, LogonHistory, fingerprint
from fixgw.acceptor.auth.password import Decoy
from fixgw.acceptor.auth.result import AuthResult
from fixgw.acceptor.auth.workers import PASSWORD_CHECKS_AT_ONCE, password_workers
from fixgw.acceptor.connection import Connection
from fixgw.acceptor.logon import NO_PASSWORD_TO_CHANGE, Decision, Look, decide, look, use
from fixgw.app.client_session import ClientSession
from fixgw.app.containment import Containment
from fixgw.app.session_lookup import SessionLookup
from fixgw.fix.logon import AS_USUAL, LogonTerms
from fixgw.fix.wire import clean, first_fields, header_fields, needles_of
from fixgw.model.ids import SessionKey
from fixgw.model.now import Now
from fixgw.model.session_events import ClientReset, LoggedOnFrom, PasswordChanged, SessionEvent
from fixgw.runtime.admission import Standing, network
from fixgw.runtime.clock import Clock
from fixgw.runtime.few_lines import FewLines
from fixgw.runtime.session_settings import SessionSettings
from fixgw.runtime.tasks import Tasks

STOPPING = "the gateway stops"

TEXTS: Mapping[str, str] = {
    AuthResult.TOKEN_USED: "the token was used before",
    AuthResult.TOO_MANY_TOKENS: "too many tokens are good at a time",
    AuthResult.NONCE_USED: "the nonce is not above the last",
}
"""Reasons that a client with the right credentials may be given."""

LOOKED_AT = needles_of(
    # Whose session: BeginString, MsgType, CompIDs, SubIDs, LocationIDs.
    8, 35, 49, 56, 50, 57, 142, 143,
    # What it asks for: RawData with its length, Username, Password, NewPassword.
    95, 96, 553, 554, 925,
)
"""The only fields read from an unauthenticated first message, whatever its size."""

WAITING_MAX = 200
"""Logons waiting for their password check: the work of two threads in some seconds."""

RESTS = 2.0
"""Idle time after a failed password check, as a multiple of the check's own duration: guessing gets
a third of the processor time that hashing may take, and orders have the rest."""

VISITS_MAX = 2_000
"""Logons waiting for anything, including those whose refusal is still to be sent."""

NEW_PASSWORD_REFUSED = 3
"""SessionStatus(1409): New session password does not comply with policy."""

PASSWORD_CHANGED = 1
"""SessionStatus(1409): Session password changed."""


class PendingLogon:
    """A Logon that was not decided at once."""

    __slots__ = (
        "client", "settings", "connection", "key", "offer", "look", "source", "turn",
        "begun", "gone",
    )

    def __init__(
        self, client: ClientSession | None, connection: Connection, key: str,
        offer: PresentedCredentials, look: Look
    ) -> None:
        self.client = client
        self.settings = client.settings if client is not None else None
        self.connection = connection
        self.key = key
        self.offer = offer
        self.look = look
        self.source: Source = None
        self.turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.begun = 0.0
        """Time when its turn came, seconds of the loop's clock."""
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when its connection is gone."""

    async def waits(self, seconds: float) -> bool:
        """Wait for this time; return True if the connection is still there."""
        if seconds > 0:
            await asyncio.wait([self.gone], timeout=seconds)
        return not self.gone.done()


class Authenticated(NamedTuple):
    """A client that has presented all the required credentials."""

    client: ClientSession
    settings: SessionSettings
    """The sessions that required them."""
    connection: Connection
    look: Look
    decision: Decision


class AdmittedClient(NamedTuple):
    """An admitted client, and the terms for the answer to its Logon."""

    client: ClientSession
    connection: Connection
    terms: LogonTerms


class LogonGate:
    """All connections that have sent a message and are not yet admitted."""

    def __init__(
        self,
        clients: Mapping[SessionKey, ClientSession],
        memories: LogonHistories,
        clock: Clock,
        tasks: Tasks,
        wake: Callable[[], None],
        touch: Callable[[ClientSession], None],
        containment: Containment,
    ) -> None:
        """*wake* is called when `take` has something to give; *touch* when a client's events are to
        be recorded with this tick."""
        self.closed = False
        """True if no Logon is admitted any more: the gateway stops."""
        self.identities = SessionLookup(client.settings for client in clients.values())
        """The owner of each Logon; code that adds or removes a client must also do so here."""
        self._clients = clients
        self._memories = memories
        self._clock = clock
        self._tasks = tasks
        self._wake = wake
        self._touch = touch
        self._containment = containment
        self._log = FewLines()
        self._loop = asyncio.get_running_loop()
        self._penalties = FailureBackoff()
        self._turns: FairQueue[PendingLogon] = FairQueue(WAITING_MAX)
        self._workers = password_workers()
        self._working = 0
        self._longest_check = 0.0
        """Seconds, up to WAIT_SECONDS_MAX."""
        self._decoy = Decoy()
        self.expect(client.settings for client in clients.values())
        self._visits: dict[Connection, PendingLogon | None] = {}
        """Pending logons that are connected, and neither admitted nor refused; None: for this tick
        only."""
        self._entries: list[Authenticated] = []
        self._new_passwords: dict[SessionKey, str] = {}
        """Hashes that take effect as soon as the session has accepted the Logon."""

    def expect(self, sessions: Iterable[SessionSettings]) -> None:
        """Sessions that may require a password: a Logon that names none of them waits as long."""
        if self._decoy.expect(each.password_hash for each in sessions if each.password_hash):
            self._workers.submit(self._decoy.made)

    def close(self) -> None:
        """Stop the threads; admit no further Logons."""
        self.closed = True
        self._workers.shutdown(wait=False, cancel_futures=True)

    # ---------------------------------------------------------------- arrivals

    def first_message(self, connection: Connection) -> None:
        """Examine the first message of a connection; `take` gives the result."""
        try:
            self._knock(connection)
        except Exception as error:
            self._contain(connection, error)

    def _contain(self, connection: Connection, error: Exception) -> None:
        """Refuse a Logon that met a bug of ours, without affecting any other."""
        visit = self._visits.pop(connection, None)
        if visit is not None and not visit.turn.done():
            self._turns.discard(visit, visit.source, connection.standing)
            visit.turn.set_result(False)
        raw = connection.inbox[0] if connection.inbox else b""
        text = self._containment.refuse_first_message(raw, error, self._clock.now())
        connection.told = True
        connection.close(text)
        self._wake()

    def _knock(self, connection: Connection) -> None:
        if connection in self._visits or connection.closing:
            return
        if not connection.inbox:
            if connection.unreadable:
                connection.close(connection.unreadable)
            return
        fields = first_fields(connection.inbox[0], LOOKED_AT)
        found = self.identities.find(fields)
        key = found or f"{fields.get(8)}:{fields.get(56)}->{fields.get(49)}"
        client = self._clients.get(found) if found else None
        if fields.get(35) != "A":
            self._refuse(connection, key, "the first message is no Logon")
            return
        offer = PresentedCredentials(fields, connection.address, connection.certificate_names)
        settings = client.settings if client is not None else None
        looked = look(settings, self._memory(client), offer, self._clock.now_ms())
        if client is not None and looked.verdict is AuthResult.ACCEPTED:
            if not client.settings.username:
                # Nothing to guess, nothing to compute: not slowed down by anybody's failures.
                problem = NO_PASSWORD_TO_CHANGE if offer.new_password else ""
                decision = Decision(looked.verdict, objection=problem)
                entry = Authenticated(client, client.settings, connection, looked, decision)
                self._visits[connection] = None
                self._entries.append(entry)
                self._wake()
                return
        visit = PendingLogon(client, connection, key, offer, looked)
        self._place(visit, self._loop.time())
        if len(self._visits) >= VISITS_MAX and connection.standing is not Standing.KNOWN:
            self._refuse(connection, key, AuthResult.TOO_MANY_WAITING)
            return
        self._visits[connection] = visit
        self._tasks.start(self._attend(visit), name="logon")

    def gone(self, connection: Connection) -> None:
        """Drop a logon whose connection is gone: no place is kept for it."""
        visit = self._visits.pop(connection, None)
        if visit is None:
            return
        visit.gone.set_result(None)
        if not visit.turn.done():
            self._turns.discard(visit, visit.source, visit.connection.standing)
            visit.turn.set_result(False)

    async def _attend(self, visit: PendingLogon) -> None:
        try:
            decision = await self._decision(visit)
        except Exception as error:
            self._contain(visit.connection, error)
            return
        if decision is None:
            return
        now = self._loop.time()
        if decision.verdict is not AuthResult.ACCEPTED and visit.begun:
            wait = self._penalties.failed(visit.source, visit.key, now)
            if visit.connection.standing is not Standing.KNOWN:
                visit.connection.standing = Standing.REFUSED
            # From the beginning of the check, and later than any check has taken: the duration of
            # this one reveals nothing.
            await visit.waits(visit.begun + max(wait, self._longest_check) - now)
        if decision.verdict is not AuthResult.ACCEPTED:
            self._visits.pop(visit.connection, None)
            client = visit.client if _was_good(visit, decision) else None
            self._refuse(visit.connection, visit.key, decision.verdict, client)
        else:
            assert visit.client is not None and visit.settings is not None, "nobody was let in"
            self._entries.append(
                Authenticated(visit.client, visit.settings, visit.connection, visit.look, decision)
            )
            self._wake()

    async def _decision(self, visit: PendingLogon) -> Decision | None:
        """Return the result of the check, in this logon's turn; None: its connection is gone."""
        penalties = self._penalties
        while True:
            now = self._loop.time()
            self._place(visit, now)
            if penalties.blocked(visit.source, now):
                return Decision(AuthResult.TOO_MANY_FAILURES)
            wait = penalties.wait_seconds(visit.source, now)
            if not await visit.waits(wait):
                return None
            if not wait:
                break
        turned_away = self._turns.add(visit, visit.source, visit.connection.standing)
        if turned_away is not None and not turned_away.turn.done():
            turned_away.turn.set_result(False)
        self._give_turns()
        if not await visit.turn:
            return None if visit.gone.done() else Decision(AuthResult.TOO_MANY_WAITING)
        rest = 0.0
        try:
            if visit.connection.closing:
                return None  # it stopped waiting; others still wait
            now = self._loop.time()
            if penalties.blocked(visit.source, now):
                return Decision(AuthResult.TOO_MANY_FAILURES)
            visit.begun = now
            decision = await self._checked(visit)
            took = self._loop.time() - now
            self._longest_check = min(max(self._longest_check, took), WAIT_SECONDS_MAX)
            if decision.verdict is not AuthResult.ACCEPTED:
                rest = RESTS * took
            return decision
        finally:
            # Its own answer does not wait for the rest: that would reveal the duration.
            self._loop.call_later(rest, self._worked)

    def _place(self, visit: PendingLogon, now: float) -> None:
        """Find the candidate sessions of *visit*, and with them how soon it makes room for
        others."""
        address = visit.connection.address
        known = self._memory(visit.client).knows(network(address), self._clock.now_ms())
        visit.source = source(address, visit.key, known=known)
        visit.connection.standing = (
            Standing.KNOWN if known else self._penalties.standing(visit.source, now)
        )

    async def _checked(self, visit: PendingLogon) -> Decision:
        settings = visit.settings
        username, password_hash = "", None
        if settings is not None and settings.username:
            username = settings.username
            password_hash = self._memory(visit.client).password_hash(settings.password_hash)
        return await self._loop.run_in_executor(
            self._workers, decide, visit.look.verdict, username, password_hash, visit.offer,
            self._decoy,
        )

    def _worked(self) -> None:
        self._working -= 1
        self._give_turns()

    def _give_turns(self) -> None:
        while self._working < PASSWORD_CHECKS_AT_ONCE:
            visit = self._turns.next()
            if visit is None:
                return
            if not visit.turn.done():
                self._working += 1
                visit.turn.set_result(True)

    # ------------------------------------------------------------------ admission

    def take(self) -> Iterator[AdmittedClient]:
        """Return the clients admitted since the last call; the others are closed on the way."""
        entries, self._entries = self._entries, []
        for entry in entries:
            self._visits.pop(entry.connection, None)
            # One by one: of two logons for one session, the first has it by now.
            if self._may_enter(entry):
                yield self._admitted(entry)

    def _may_enter(self, entry: Authenticated) -> bool:
        client, connection = entry.client, entry.connection
        if connection.closing:
            return False
        refusal = ""
        if self.closed:
            refusal = STOPPING
        elif self._clients.get(client.settings.key) is not client or (
            client.settings is not entry.settings
        ):
            refusal = "the session's settings have changed meanwhile"
        elif entry.look.used is not None:
            verdict = use(client.settings, self._memory(client), entry.look.used)
            if verdict is AuthResult.ACCEPTED:
                self._record(client, entry.look.used)
            else:
                refusal = verdict
        if not refusal and client.connection is not None:
            # Test case 1S.b: the running session is not harmed, the second gets no answer.
            refusal = "already connected"
        if refusal:
            self._refuse(connection, client.key, refusal, client)
        return not refusal

    def _admitted(self, entry: Authenticated) -> AdmittedClient:
        client, decision = entry.client, entry.decision
        key = client.settings.key
        self._is_good_at(client, network(entry.connection.address))
        client.session.resets.last_ms = self._memory(client).reset_ms
        self._new_passwords.pop(key, None)
        terms = AS_USUAL
        if decision.objection:
            terms = LogonTerms(decision.objection, NEW_PASSWORD_REFUSED)
        elif decision.new_hash:
            self._new_passwords[key] = decision.new_hash
            terms = LogonTerms("", PASSWORD_CHANGED)
        return AdmittedClient(client, entry.connection, terms)

    def _is_good_at(self, client: ClientSession, address: str) -> None:
        """Note that *client* has presented all required credentials: its address is known from now
        on."""
        key, memory, now_ms = client.settings.key, self._memory(client), self._clock.now_ms()
        self._penalties.succeeded(source(address, key, known=True))
        # A client without a password check never waits for others' checks.
        if client.settings.username and not memory.knows(address, now_ms, GOOD_AGAIN_MS):
            noted = LoggedOnFrom(session=key, at=now_ms, address=address)
            memory.apply(noted)
            self._record(client, noted)

    def logged_on(self, client: ClientSession, now: Now) -> None:
        """Record the changes besides numbers, now that the session has accepted the Logon."""
        key, memory = client.settings.key, self._memory(client)
        new_hash = self._new_passwords.pop(key, None)
        if new_hash is not None:
            replaced = fingerprint(client.settings.password_hash)
            changed = PasswordChanged(
                session=key, at=now.ms, password_hash=new_hash, replaced=replaced
            )
            memory.apply(changed)
            self._record(client, changed)

    def client_reset(self, client: ClientSession, now: Now) -> None:
        """Note that the client has made its numbers start again, which it cannot do without
        limit."""
        reset = ClientReset(session=client.settings.key, at=now.ms)
        self._memory(client).apply(reset)
        self._record(client, reset)

    def _record(self, client: ClientSession, event: SessionEvent) -> None:
        client.events.append(event)
        self._touch(client)

    def _memory(self, client: ClientSession | None) -> LogonHistory:
        # Unknown names get a new one each time: names that peers make up must not be remembered.
        return LogonHistory() if client is None else self._memories.of(client.settings.key)

    def _refuse(
        self, connection: Connection, key: str, reason: str, client: ClientSession | None = None
    ) -> None:
        """*client*: its credentials were right; where its dialect wants it, it is given the
        reason."""
        # Text that anybody may send enters the log as plain text only.
        self._log.warning(
            "logon_refused", peer=connection.peer, session=clean(key), reason=str(reason)
        )
        connection.told = True
        connection.standing = Standing.REFUSED
        if client is not None and client.session.answers_refused_logon and connection.inbox:
            anew = header_fields(connection.inbox[0]).get(141) == "Y"
            text, now_ms = TEXTS.get(reason, reason), self._clock.now_ms()
            connection.write(client.session.outbox.farewell(text, now_ms, anew=anew))
        connection.close(reason)


def _was_good(visit: PendingLogon, decision: Decision) -> bool:
    """Return True if the credentials are right, and were used before: a token of the session's
    own."""
    asks_more = visit.settings is not None and visit.settings.username
    return visit.look.used is not None and decision.verdict in TEXTS and not asks_more

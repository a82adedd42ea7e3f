"""Inbound messages of clients: taken from their connections in turn, judged, counted, and passed
on.

It makes no tick and commits nothing: `app.gateway` calls it in each tick, and writes the results.
No client's connection is read beyond its share of a tick, so that no client waits long for another.
"""

import asyncio
from typing import Protocol

from fixgw.acceptor.connection import Connection
from fixgw.app.client_session import ClientSession
from fixgw.app.closed_on_file import ClosedOnFile
from fixgw.app.containment import Containment
from fixgw.app.disconnect_cancels import DisconnectCancels
from fixgw.app.disputes import DONT_KNOW_TRADE, Disputes
from fixgw.app.logons import AdmittedClient, LogonGate
from fixgw.app.objections import Objections
from fixgw.app.session_registry import SessionRegistry
from fixgw.app.throttle import Throttle, weight
from fixgw.core.engine import Engine
from fixgw.fix.errors import GarbledMessage, IncorrectBeginString, InvalidMessage
from fixgw.fix.logon import LogonTerms
from fixgw.fix.message import Message
from fixgw.fix.request_ids import request_id
from fixgw.fix.session import ADMIN
from fixgw.fix.session_events import (
    Agreed,
    Application,
    Disconnect,
    Left,
    LoggedOn,
    LoggedOut,
    Noted,
    Objection,
    ResetByClient,
)
from fixgw.fix.terms import on_behalf
from fixgw.fix.wire import first_fields, needles_of
from fixgw.journal.journal import Journal
from fixgw.model.enums import BusinessRejectReason
from fixgw.model.errors import BusinessRefused
from fixgw.model.now import Now
from fixgw.model.reports import BusinessMessageReject, LimitResponse
from fixgw.runtime.few_lines import FewLines, FewLinesOfEach

MESSAGES_PER_TICK = 100
"""Messages taken in one tick, for all clients together: the more, the less each costs."""

MESSAGES_PER_CLIENT = 16
"""Messages of one client among them where others have a connection too: about as long as each of
these may have to wait for a busy client, less than 1 ms."""

FIELDS_BITS = 4
"""A message that has no known shape counts once more for each 2**4 of its fields, as these take as
long as an order, and (`throttle.weight`) for its bytes."""

ACCOUNT_LOCKED = 6
"""SessionStatus(1409): Account locked."""

MSG_SEQ_NUM = needles_of(34)

LIMIT_QUERY, REQ_ID = "XLQ", 6136
"""LimitQuery(35=XLQ) and its ReqID: a client asks for its use of its limits."""


class SurroundingTick(Protocol):
    """Operations of the surrounding tick that this module calls."""

    stopping: bool

    def take_effects(self, now: Now) -> None:
        """Number the reports on everything handled so far: later messages come after them."""

    def touch(self, client: ClientSession) -> None:
        """Note that this tick affects *client*."""

    def wake(self) -> None:
        """Note that there is more to do: another tick."""


class Inbound:
    """Every client's inbox, and its contents."""

    def __init__(
        self, tick: SurroundingTick, engine: Engine, door: LogonGate, roster: SessionRegistry,
        presence: DisconnectCancels,
        journal: Journal, containment: Containment, on_file: ClosedOnFile | None = None,
    ) -> None:
        self._tick = tick
        self._engine = engine
        self._door = door
        self._roster = roster
        self._presence = presence
        self._containment = containment
        self._few_lines = FewLines()
        self._objections = Objections(journal, self._few_lines)
        self._disputes = Disputes(engine, self._few_lines)
        self.comings_and_goings = FewLinesOfEach()
        """For the log lines that a client causes by reconnecting again and again."""
        self._loop = asyncio.get_running_loop()
        self._ready: dict[Connection, None] = {}
        self._on_file = on_file
        self._waiting: set[Connection] = set()
        """The connections whose next message names an order that is being looked up."""
        self._examined: Message | None = None
        """The message whose names were looked at when it was taken from the inbox."""

    def arrived(self, connection: Connection) -> None:
        """Note that a connection has messages, or can be written to again."""
        self._ready[connection] = None
        self._tick.wake()

    def gone(self, connection: Connection) -> None:
        """Take nothing more from it."""
        self._ready.pop(connection, None)
        self._waiting.discard(connection)
        self._door.gone(connection)

    def take(self, now: Now) -> None:
        """Take this tick's share of the waiting messages, connection by connection, in turn."""
        alone = len(self._roster.connected) == 1
        share = MESSAGES_PER_TICK if alone else MESSAGES_PER_CLIENT
        left, ready = MESSAGES_PER_TICK, self._ready
        # A client with more than its share waits for the next tick, behind those that wait already.
        for connection in list(ready):
            if left <= 0:
                break
            del ready[connection]
            left -= self._read(connection, min(share, left), now)
        for admission in self._door.take():
            self._admit(admission, now)
        if ready:
            self._tick.wake()

    def _admit(self, admission: AdmittedClient, now: Now) -> None:
        """Attach a connection to the session that it may log on to, beginning with its Logon."""
        client, connection, terms = admission
        if not self._roster.may_connect(client):
            reason = "the session is being changed"
            self.comings_and_goings.of(client.key).info(
                "logon_refused", peer=connection.peer, session=client.key, reason=reason
            )
            connection.told = True
            connection.close(reason)
            return
        connection.owner = client
        client.take(connection)
        self._roster.connected[client] = None
        if client.throttle is not None:
            client.throttle.begin()
        if not terms.problem:
            problem = self._bars(client, connection, now)
            terms = LogonTerms(problem, ACCOUNT_LOCKED) if problem else terms
        client.session.connect(now, terms)
        self._read(connection, MESSAGES_PER_CLIENT, now)

    def _bars(self, client: ClientSession, connection: Connection, now: Now) -> str:
        """Return the reason why *client* may not log on; "" if it may."""
        key = client.settings.key
        try:
            return self._containment.bars_logon(key) or self._engine.bars_logon(key, now)
        except Exception as error:
            raw = connection.inbox[0] if connection.inbox else b""
            return self._containment.refuse_message(client, raw, error, now)

    # ------------------------------------------------------------------- one inbox

    def _read(self, connection: Connection, share: int, now: Now) -> int:
        """Take the messages in one connection's inbox, *share* at most; return their number.

        A long one counts as several, and is taken whatever remains of the share.
        """
        if connection.closing or connection in self._waiting:
            return 0
        client: ClientSession | None = connection.owner
        if client is None:
            self._door.first_message(connection)
            return 1
        self._tick.touch(client)
        inbox, throttle, taken, held_back = connection.inbox, client.throttle, 0, False
        while inbox and taken < share and not connection.closing_reason:
            if throttle is not None and client.session.logged_on:
                held_back = self._hold_back(client, throttle, connection, now)
                if held_back:
                    break
            raw = inbox.popleft()
            taken += weight(len(raw))
            asked = client.dictionary.fields_asked
            if not self._receive(client, connection, raw, now):
                inbox.appendleft(raw)
                held_back = True
                break
            taken += (client.dictionary.fields_asked - asked) >> FIELDS_BITS
            if client.session.facts:
                self.take_facts(client, connection, now)
        connection.processed()
        garbled = connection.take_garbled()
        if garbled:
            # FIX volume 2: ignored without an answer; the gap that they leave is asked for.
            self._few_lines.warning("garbled", session=client.key, count=garbled)
        if not inbox and connection.unreadable and not connection.closing_reason:
            lines = self.comings_and_goings.of(client.key)
            lines.warning("unreadable", session=client.key, reason=connection.unreadable)
            self._tick.take_effects(now)
            client.session.end(connection.unreadable, now)
            self.take_facts(client, connection, now)
        if inbox and not held_back and not connection.closing_reason:
            self.arrived(connection)
        return taken

    def _receive(
        self, client: ClientSession, connection: Connection, raw: bytes, now: Now
    ) -> bool:
        """Take one message; return False if it has to wait for an order that it names."""
        session = client.session
        try:
            message = client.dictionary.parse(raw)
        except InvalidMessage as error:
            self._receive_invalid(client, error, raw, now)
            return True
        except IncorrectBeginString as error:
            self._tick.take_effects(now)
            session.receive_wrong_version(error, now)
            return True
        except GarbledMessage as error:
            self._few_lines.warning("garbled", session=client.key, error=str(error))
            return True
        except Exception as error:
            # A bug of ours: the message counts, and is rejected, like one that is wrong.
            text = self._containment.refuse_message(client, raw, error, now)
            self._receive_invalid(client, InvalidMessage(text=text), raw, now)
            self._containment.disable_if_too_many(client, now)
            return True
        if self._on_file is not None and self._awaits(self._on_file, client, connection, message):
            return False
        if message.msg_type in ADMIN:
            self._tick.take_effects(now)
            if message.msg_type == "5":
                client.says_goodbye()
        try:
            session.receive(message, now)
        except Exception as error:
            self._refuse_and_cut_off(client, raw, error, now)
        return True

    def _awaits(
        self, on_file: ClosedOnFile, client: ClientSession, connection: Connection, message: Message
    ) -> bool:
        """Return True if *message* may name an order that has left memory: it is looked up, and the
        inbox waits."""
        self._examined = message
        names = on_file.named_by(client.settings.key, message.msg_type, message.fields)
        if not names:
            return False

        def found() -> None:
            if connection in self._waiting:
                self._waiting.discard(connection)
                self.arrived(connection)

        self._waiting.add(connection)
        on_file.look_up(names, found)
        return True

    def _receive_invalid(
        self, client: ClientSession, invalid: InvalidMessage, raw: bytes, now: Now
    ) -> None:
        # The session's own answers come after the reports on earlier messages.
        self._tick.take_effects(now)
        try:
            client.session.receive_invalid(invalid, raw, now)
        except Exception as error:
            self._refuse_and_cut_off(client, raw, error, now)

    def _refuse_and_cut_off(
        self, client: ClientSession, raw: bytes, error: Exception, now: Now
    ) -> None:
        """Handle a message at which the session itself failed: count it, so that it is not
        requested again, and end the connection. The session continues with the next one."""
        text = self._containment.refuse_message(client, raw, error, now)
        numbers = client.session.numbers
        if first_fields(raw, MSG_SEQ_NUM).get(34) == str(numbers.next_target):
            numbers.next_target += 1
        self.cut_off(client, text, now)

    def cut_off(self, client: ClientSession, text: str, now: Now) -> None:
        """Close the client's connection, if it has one, and disable a session that keeps
        failing."""
        if client.connection is not None and not client.connection.closing_reason:
            client.connection.closing_reason = text
        self._containment.disable_if_too_many(client, now)

    def _hold_back(
        self, client: ClientSession, throttle: Throttle, connection: Connection, now: Now
    ) -> bool:
        """Return True if the next message must wait, or never comes: MaxMessagesPerSecond."""
        inbox = connection.inbox
        wait = throttle.take(now.mono_ms, len(inbox), len(inbox[0]))
        if throttle.exhausted:
            self._tick.take_effects(now)
            client.session.end(throttle.text, now)
            self.take_facts(client, connection, now)
            return True
        if wait and not throttle.alarm:
            throttle.alarm = True
            self._loop.call_later(wait / 1_000, self._look_again, throttle, client)
        return wait > 0

    def _look_again(self, throttle: Throttle, client: ClientSession) -> None:
        throttle.alarm = False
        # It may have returned on another connection meanwhile, and be held back there.
        if client.connection is not None:
            self.arrived(client.connection)

    # ----------------------------------------------------------------- consequences

    def take_facts(self, client: ClientSession, connection: Connection | None, now: Now) -> None:
        """Act on the session's facts."""
        facts = client.session.facts
        # The consequences of one fact may add others; they are at the end of the same list.
        for fact in facts:
            if type(fact) is Application:
                self._on_application(client, fact.message, now)
            elif type(fact) is LoggedOn:
                assert connection is not None
                connection.admitted()
                self._door.logged_on(client, now)
                client.since_ms = now.ms
                lines = self.comings_and_goings.of(client.key)
                lines.info("logged_on", session=client.key, peer=connection.peer)
            elif type(fact) is Agreed:
                self._presence.logged_on(client, now)
            elif type(fact) is Left:
                if not self._tick.stopping:
                    # An end of the gateway's own is no departure: see `DisconnectCancels.recover`.
                    self._presence.left(client, fact, now)
            elif type(fact) is Objection:
                if fact.message.msg_type == DONT_KNOW_TRADE and not fact.problem:
                    self._on_application(client, fact.message, now)
                else:
                    self._objections.raised(client, fact)
            elif type(fact) is Noted:
                if self._tick.stopping:
                    continue  # all clients are logged out, for the one reason that the log has
                self._few_lines.warning(fact.event, session=client.key, reason=fact.text)
            elif type(fact) is ResetByClient:
                self._door.client_reset(client, now)
            elif type(fact) is Disconnect:
                if connection is not None and not connection.closing_reason:
                    connection.closing_reason = fact.reason
            else:
                # The gateway's log gives the end and its reason when the connection is gone.
                assert type(fact) is LoggedOut
        facts.clear()

    def _on_application(self, client: ClientSession, message: Message, now: Now) -> None:
        answer: LimitResponse | None = None
        if self._on_file is not None and message is not self._examined:
            # It came too early, and was kept until the messages before it were there.
            key, on_file = client.settings.key, self._on_file
            on_file.bring(on_file.named_by(key, message.msg_type, message.fields), now)
        try:
            if client.throttle is not None:
                client.throttle.check(message.msg_type)
            client.quota.check(message.msg_type, now.ms)
            client.received(len(message.raw))
            if message.msg_type == LIMIT_QUERY:
                answer = client.limits(message.fields[REQ_ID], now)
            elif message.msg_type == DONT_KNOW_TRADE:
                self._disputes.take(client, client.decoder.decode_dispute(message), now)
            else:
                self._engine.handle(client.decoder.decode(message), now)
        except InvalidMessage as error:
            self._tick.take_effects(now)
            reason, tag = error.session_reject_reason, error.ref_tag
            client.session.refuse(message, reason, tag, error.text, now)
        except BusinessRefused as refused:
            self._reject(client, message, refused.reason, refused.text, now)
            if client.quota.exhausted:
                self._tick.take_effects(now)
                client.session.end(client.quota.text, now)
        except Exception as error:
            # A bug of ours: the engine is as it was, and nothing was done. No ExecutionReport
            # says so, as it would end an order that may exist.
            text = self._containment.refuse_message(client, message.raw, error, now)
            self._reject(client, message, BusinessRejectReason.OTHER, text, now)
            self._containment.disable_if_too_many(client, now)
        if answer is not None:
            self._containment.tell(client, answer, now)

    def _reject(
        self, client: ClientSession, message: Message, reason: BusinessRejectReason, text: str,
        now: Now
    ) -> None:
        """Send BusinessMessageReject(35=j), after the reports on earlier messages."""
        self._tick.take_effects(now)
        reject = BusinessMessageReject(
            ref_seq_num=message.seq_num,
            ref_msg_type=message.msg_type,
            reason=reason,
            ref_id=request_id(message.msg_type, message.fields),
            text=text,
            terms=on_behalf(message.fields),
        )
        self._containment.tell(client, reject, now)

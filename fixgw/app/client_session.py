"""One client: its FIX session, its dictionary, its coders, and its place in the journal."""

from typing import NamedTuple

from fixgw.acceptor.connection import Connection
from fixgw.app.quota import EVENT_LENGTHS, ROW_BYTES, Quota
from fixgw.app.throttle import throttle
from fixgw.fix.carried_over import CarriedOver
from fixgw.fix.decode import Decoder
from fixgw.fix.dictionary import Dictionary
from fixgw.fix.encode import Encoder
from fixgw.fix.session import Session
from fixgw.journal.index import SentIndex
from fixgw.journal.journal import Journal
from fixgw.journal.tick import SessionRow
from fixgw.model.now import Now
from fixgw.model.reports import LimitResponse, Report
from fixgw.model.session_events import ReportsCarried, SessionEvent
from fixgw.runtime.session_settings import SessionSettings

CATCH_UP_MESSAGES = 100
"""Stored messages read and resent in one tick, so that others are not kept waiting."""


class ClientSession:
    """The gateway's state for one configured session, connected or not."""

    __slots__ = (
        "settings", "session", "dictionary", "decoder", "encoder", "connection", "saved", "touched",
        "throttle", "events", "objections", "quota", "since_ms", "_journaled",
    )

    def __init__(
        self,
        settings: SessionSettings,
        session: Session,
        dictionary: Dictionary,
        decoder: Decoder,
        encoder: Encoder,
        saved: SessionRow,
    ) -> None:
        self.settings = settings
        self.session = session
        self.dictionary = dictionary
        self.decoder = decoder
        self.encoder = encoder
        self.connection: Connection | None = None
        self.saved = saved
        """The session's numbers as recorded in the journal."""
        self.touched = False
        """True if this tick did anything to it."""
        self.throttle = throttle(settings)
        self.quota = Quota(settings.max_journal_megabytes, saved.quota_day, saved.quota_bytes)
        self._journaled = 0
        """Approximate bytes of this tick that count for the quota."""
        self.since_ms = 0
        """Time of its last logon in this process, Unix milliseconds; 0: never."""
        self.events: list[SessionEvent] = []
        """Events of the session in this tick, in order, besides numbers and messages."""
        self.objections = 0
        """Number of our messages that it has refused since the start."""

    @property
    def key(self) -> str:
        return self.settings.key

    def recover(self, index: SentIndex) -> None:
        """Continue where the journal ended: with the messages the client may not have received."""
        row = self.saved
        carried = index.carried(row.id, row.epoch)
        self.session.outbox.recover(
            index.numbers_from(row.id, row.epoch, row.unsent_since),
            CarriedOver(carried.first, carried.origins) if carried else CarriedOver(),
        )

    def starts(self, now: Now) -> bool:
        """Note that the gateway starts, or has this client again: any earlier connection is gone.
        Return True if that changed anything."""
        numbers = self.session.numbers
        # It has started again already, and may not ask for that with ResetSeqNumFlag(141).
        resets = self.settings.reset_on_disconnect and numbers.next_target > 1
        if resets:
            self.session.outbox.start_again(now.ms)
        return resets

    def take(self, connection: Connection) -> None:
        """Attach *connection* to the client."""
        self.connection = connection

    def says_goodbye(self) -> None:
        """Note its logout: it has read everything that its TCP has acknowledged."""
        connection = self.connection
        if connection is not None and connection.arrived >= connection.written:
            self.session.outbox.unsent.said_goodbye()

    def report(self, report: Report, now: Now) -> Exception | None:
        """Send a report to the client: numbered and stored, and written if it is connected.

        Returns the bug that kept *report* from being written as FIX: then nothing was sent.
        """
        try:
            msg_type, body = self.encoder.encode(report)
        except Exception as error:
            return error
        self.session.send(msg_type, body, now)
        return None

    def limits(self, req_id: str, now: Now) -> LimitResponse:
        """Return the client's limits, and its present use of them."""
        throttle = self.throttle
        limits = () if throttle is None else (throttle.limit(now.mono_ms),)
        return LimitResponse(req_id=req_id, limits=limits)

    def catch_up(self, journal: Journal, now: Now) -> bool:
        """Write stored messages that were requested; return True if there is more to write."""
        connection, outbox = self.connection, self.session.outbox
        if connection is None or not connection.writable:
            return False
        share = CATCH_UP_MESSAGES
        while outbox.catch_up is not None:
            self._stage(journal)
            epoch, begin, end, shift = outbox.source()
            rows = journal.stored(self.saved.id, epoch, begin, end, share)
            if shift:
                rows = [(seq_num + shift, message) for seq_num, message in rows]
            share -= len(rows)
            outbox.caught_up(rows, end + shift if share else rows[-1][0], now.ms)
            if not share:
                return outbox.catch_up is not None
        return False

    def _stage(self, journal: Journal) -> None:
        to_store = self.session.outbox.to_store
        if to_store:
            for _, _, message in to_store:
                self._journaled += len(message)
            journal.add_messages(self.saved.id, to_store)
            to_store.clear()

    def received(self, size: int) -> None:
        """Count an application message of *size* bytes: events may follow from it."""
        self._journaled += EVENT_LENGTHS * size

    def persist(self, journal: Journal, now: Now) -> None:
        """Give this tick's messages, numbers and events to the journal."""
        self._stage(journal)
        if self.events:
            journal.add_events(self.events)
            self.events.clear()
        if self.changed:
            outbox, numbers = self.session.outbox, self.session.numbers
            if outbox.newly_carried is not None:
                self._carry(journal, outbox.newly_carried)
                outbox.newly_carried = None
            quota = self.quota
            quota.add(self._journaled + ROW_BYTES, now.ms, self.settings.key)
            self._journaled = 0
            self.saved = SessionRow(
                self.saved.id, numbers.next_sender, numbers.next_target, numbers.epoch,
                numbers.since_ms, outbox.unsent.first, quota.day, quota.used,
            )
            journal.set_numbers(self.saved)

    def _carry(self, journal: Journal, carried: CarriedOver) -> None:
        numbers = self.session.numbers
        journal.carry(self.saved.id, ReportsCarried(
            session=self.settings.key, at=numbers.since_ms, epoch=numbers.epoch,
            first=carried.first, origins=carried.origins,
        ))

    @property
    def changed(self) -> bool:
        """True if the session's numbers differ from those in the journal.

        Messages that have been sent are worth a row of their own only when the client has gone.
        """
        numbers, saved = self.session.numbers, self.saved
        return (
            numbers.next_sender != saved.next_sender
            or numbers.next_target != saved.next_target
            or numbers.epoch != saved.epoch
            or (
                self.connection is None
                and self.session.outbox.unsent.first != saved.unsent_since
            )
        )

    def take_written(self) -> "ToWrite | None":
        """Take what this tick says to the client, for `write` when it is durable; None: nothing."""
        connection, to_write = self.connection, self.session.outbox.to_write
        if connection is None:
            to_write.clear()
            return None
        if not (to_write or connection.closing_reason):
            return None
        numbers = self.session.numbers
        data = to_write[0] if len(to_write) == 1 else b"".join(to_write)
        to_write.clear()
        return ToWrite(
            self, connection, data, numbers.epoch, numbers.next_sender, connection.closing_reason
        )

    def write(self, written: "ToWrite") -> None:
        """Write what a durable tick says, in one go, to the connection that it was meant for."""
        connection = written.connection
        if not written.data or connection is not self.connection or connection.closing:
            return
        outbox, numbers = self.session.outbox, self.session.numbers
        if written.epoch == numbers.epoch:  # else the numbers have started again meanwhile
            outbox.unsent.flushed = written.next_sender
        connection.write(written.data)
        if not connection.writable:
            # The client does not read: later messages wait in the journal.
            outbox.hold()


class ToWrite(NamedTuple):
    """What one tick says to one client."""

    client: ClientSession
    connection: Connection
    data: bytes
    epoch: int
    next_sender: int
    """Our next number when it was decided: all messages before it are given to the connection."""
    closing_reason: str
    """The reason why the connection ends behind it; "": it does not."""

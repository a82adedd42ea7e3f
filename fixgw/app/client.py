"""One client: its FIX session, its dictionary, its coders, and its place in the journal."""

from fixgw.acceptor.connection import Connection
from fixgw.app.throttle import throttle
from fixgw.fix.decode import Decoder
from fixgw.fix.dictionary import Dictionary
from fixgw.fix.encode import Encoder
from fixgw.fix.session import Session
from fixgw.journal.journal import Journal, SessionRow
from fixgw.model.now import Now
from fixgw.model.reports import LimitResponse, Report
from fixgw.runtime.session_settings import SessionSettings

CATCH_UP_MESSAGES = 500
"""Stored messages read and written again in one tick, so that others are not kept waiting."""


class Client:
    """What the gateway keeps for one configured session, connected or not."""

    __slots__ = (
        "settings", "session", "dictionary", "decoder", "encoder", "connection", "saved", "touched",
        "throttle",
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
        """What the journal has of the session's numbers."""
        self.touched = False
        """Whether this tick did anything to it."""
        self.throttle = throttle(settings)

    @property
    def key(self) -> str:
        return self.settings.key

    def report(self, report: Report, now: Now) -> None:
        """Tell the client: numbered and stored, written if it is there."""
        msg_type, body = self.encoder.encode(report)
        self.session.send(msg_type, body, now)

    def limits(self, req_id: str, now: Now) -> LimitResponse:
        """What the client may send, and how much of it is used."""
        throttle = self.throttle
        limits = () if throttle is None else (throttle.limit(now.mono_ms),)
        return LimitResponse(req_id=req_id, limits=limits)

    def catch_up(self, journal: Journal, now: Now) -> bool:
        """Write stored messages that were asked for; whether there is more to write."""
        connection, outbox = self.connection, self.session.outbox
        if connection is None or not connection.writable:
            return False
        while outbox.catch_up is not None:
            self._stage(journal)
            begin, end = outbox.wanted()
            rows = journal.stored(
                self.saved.id, self.session.numbers.epoch, begin, end, CATCH_UP_MESSAGES
            )
            full = len(rows) == CATCH_UP_MESSAGES
            outbox.caught_up(rows, rows[-1][0] if full else end, now.ms)
            if full:
                return outbox.catch_up is not None
        return False

    def _stage(self, journal: Journal) -> None:
        to_store = self.session.outbox.to_store
        if to_store:
            journal.add_messages(self.saved.id, to_store)
            to_store.clear()

    def persist(self, journal: Journal) -> None:
        """Hand this tick's messages and numbers to the journal."""
        self._stage(journal)
        if self.changed:
            numbers = self.session.numbers
            self.saved = SessionRow(
                self.saved.id, numbers.next_sender, numbers.next_target, numbers.epoch,
                numbers.since_ms,
            )
            journal.set_numbers(self.saved)

    @property
    def changed(self) -> bool:
        """Whether the session's numbers are not those that the journal has."""
        numbers, saved = self.session.numbers, self.saved
        return (
            numbers.next_sender != saved.next_sender
            or numbers.next_target != saved.next_target
            or numbers.epoch != saved.epoch
        )

    def flush(self) -> None:
        """Write what the journal has by now, in one go."""
        to_write = self.session.outbox.to_write
        if not to_write:
            return
        if self.connection is not None:
            self.connection.write(to_write[0] if len(to_write) == 1 else b"".join(to_write))
            if not self.connection.writable:
                # The client does not read: what comes next waits in the journal.
                self.session.outbox.hold()
        to_write.clear()

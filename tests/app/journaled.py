"""An Exchange whose store is a real journal and whose gateway can be killed.

The session, `app.client_session` and the journal are the real ones; by hand are the clock, the
socket and
the ticks. What the client's end has acknowledged is what `acknowledge` says it has.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fixgw.app.client_session import ClientSession
from fixgw.fix.decode import Decoder
from fixgw.fix.encode import Encoder
from fixgw.fix.outbox import Numbers
from fixgw.fix.session import Session
from fixgw.journal.journal import Journal
from tests.support.session import Exchange


class Line:
    """A connection: what `app.client_session` needs of `acceptor.connection`."""

    def __init__(self, deliver: Callable[[bytes], None], writable: Callable[[], bool]) -> None:
        self.written = self.arrived = 0
        self.closing, self.closing_reason = False, ""
        self._deliver = deliver
        self._writable = writable

    @property
    def writable(self) -> bool:
        return self._writable()

    def write(self, data: bytes) -> None:
        self.written += len(data)
        self._deliver(data)


class JournaledExchange(Exchange):
    """*path* is the journal's."""

    def __init__(self, path: Path, **given: Any) -> None:
        super().__init__(**given)
        self.journal = Journal.open(path)
        row = self.journal.add_session(self.settings.key, self.clock.now_ms())
        self.state = self._made(row)

    def _made(self, row: Any) -> ClientSession:
        self.session = Session(
            self.settings, self.session._schedule,
            Numbers(row.next_sender, row.next_target, row.epoch, row.since_ms),
            self.stamps, heartbeat_seconds_max=60,
        )
        encoder = Encoder(self.settings.begin_string, self.stamps)
        decoder = Decoder(self.settings.key)
        state = ClientSession(self.settings, self.session, self.dictionary, decoder, encoder, row)
        state.recover(self.journal.index)
        return state

    def kill(self) -> None:
        """`kill -9`, and a start on what is on record."""
        path = self.journal.path
        self.journal.close()
        self.journal = Journal.open(path)
        rows = self.journal.replay(lambda event: None)
        self.closed = self.closed or "killed"
        self.state = self._made(rows[self.settings.key])

    def connect(self) -> Exchange:
        """The client opens a connection."""
        line: Any = Line(self._arrives, lambda: self.reads)
        self.state.take(line)
        return super().connect()

    def says_goodbye(self) -> None:
        """The client logs out."""
        self.state.says_goodbye()

    def hang_up(self) -> None:
        """The connection is gone; nobody said goodbye."""
        self.state.connection = None
        super().hang_up()

    def acknowledge(self) -> None:
        """The client's end of the line has everything that was written."""
        line: Any = self.state.connection
        if line is not None:
            line.arrived = line.written

    def turn(self) -> None:
        """Commit, and then write what was committed: the end of every tick."""
        state, now = self.state, self.clock.now()
        if self.session.outbox.catch_up is not None:
            state.catch_up(self.journal, now)
        state.persist(self.journal, now)
        self.journal.commit(0)
        written = state.take_written()
        if written is not None:
            state.write(written)
        if self.closed and state.connection is not None:
            self.hang_up()

    def _arrives(self, data: bytes) -> None:
        self._write(self._framer.feed(data))

"""A journal is looked through: every record, every number, every event against the rules.

Read-only, also beside a running gateway. It finds what a start would trip over, and what it would
not: numbers that fall, messages that are missing, an event that an order could not have had, a
snapshot that is not what its ticks give.
"""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from msgspec import Struct

from fixgw.journal import snapshot_files
from fixgw.journal.closed import ClosedOrders
from fixgw.journal.follow import Follower, readable
from fixgw.journal.manifest import check_digests, read_manifest
from fixgw.journal.places import CLOSED
from fixgw.journal.replay import check_complete
from fixgw.journal.snapshot import Fold, Snapshot
from fixgw.journal.tick import JournalEvent, SessionRow, Tick, decode
from fixgw.model.errors import JournalError
from fixgw.model.ids import OrderID


class Verified(Struct, frozen=True, kw_only=True):
    """What a journal holds."""

    first: int
    """Number of the first tick in its segments; 0: there is none."""
    last: int
    messages: int
    events: int
    closed_orders: int
    """Orders on file."""
    snapshot: int
    """The tick of the newest snapshot that counts; 0: there is none."""


def verify(directory: Path) -> Verified:
    """Look the journal in *directory* through. Raise JournalError at the first thing wrong."""
    manifest = read_manifest(directory)
    if manifest is not None:
        check_digests(directory, manifest)
    with ExitStack() as files:
        closed = None
        snapshot = None
        if (directory / CLOSED).exists():
            closed = files.enter_context(
                closing(ClosedOrders(directory / CLOSED, read_only=True))
            )
            snapshot = snapshot_files.newest(directory, closed.filed_through)
        check_complete(directory, snapshot)
        follower = files.enter_context(closing(Follower(directory)))
        looking = _Looking(directory, snapshot, closed)
        for record in follower.records():
            looking.take(readable(directory, record.number, decode, record.tick))
        if follower.skipped and looking.first == 1:
            raise JournalError(f"journal {directory}: {follower.skipped} ticks are missing")
        return Verified(
            first=looking.first, last=looking.last, messages=looking.messages,
            events=looking.events, closed_orders=0 if closed is None else len(closed),
            snapshot=0 if snapshot is None else snapshot.tick,
        )


class _Looking:
    """The ticks that were looked at."""

    def __init__(
        self, directory: Path, snapshot: Snapshot | None, closed: ClosedOrders | None
    ) -> None:
        self._directory = directory
        self._after = snapshot.tick if snapshot is not None else 0
        as_of = self._after

        def filed(order_id: OrderID) -> Sequence[JournalEvent] | None:
            return None if closed is None else closed.events(order_id, as_of)

        self._fold = Fold(filed, snapshot)
        self.first = self.last = self.messages = self.events = 0
        self._rows: dict[int, SessionRow] = {}
        self._sent: dict[tuple[int, int], int] = {}
        """The last MsgSeqNum(34) of each session and epoch."""

    def take(self, tick: Tick) -> None:
        if self.last and tick.number != self.last + 1:
            raise self._wrong(tick, f"it follows tick {self.last}")
        if len(tick.sent) != len(tick.messages):
            raise self._wrong(tick, f"{len(tick.sent)} numbers for {len(tick.messages)} messages")
        self._look_at_messages(tick)
        self._look_at_numbers(tick)
        if tick.number > self._after:
            self._fold.take(tick)
        self.first = self.first or tick.number
        self.last = tick.number
        self.messages += len(tick.messages)
        self.events += len(tick.events)

    def _look_at_messages(self, tick: Tick) -> None:
        for (session, epoch, seq_num), message in zip(tick.sent, tick.messages):
            before = self._sent.get((session, epoch), 0)
            if seq_num <= before:
                raise self._wrong(tick, f"MsgSeqNum(34) {seq_num} of session {session}, epoch "
                                        f"{epoch}, follows {before}")
            if b"\x0134=%d\x01" % seq_num not in message[:200]:
                raise self._wrong(tick, f"a message of session {session} is not number {seq_num}")
            self._sent[session, epoch] = seq_num

    def _look_at_numbers(self, tick: Tick) -> None:
        for row in tick.numbers:
            before = self._rows.get(row.id)
            if before is not None and (
                row.epoch < before.epoch or (
                    row.epoch == before.epoch
                    and (row.next_sender, row.next_target) < (before.next_sender, 0)
                )
            ):
                raise self._wrong(tick, f"the numbers of session {row.id} fall")
            self._rows[row.id] = row

    def _wrong(self, tick: Tick, text: str) -> JournalError:
        return JournalError(
            f"journal {self._directory}: tick {tick.number}: {text}. Keep the whole directory, and "
            "put the last backup in its place"
        )

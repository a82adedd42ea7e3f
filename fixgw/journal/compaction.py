"""Compaction: the journal's ticks become a snapshot, closed orders go on file, old segments go.

Runs beside the gateway, in a process of low priority, and never touches the loop: it reads durable
ticks, and writes files that are derived from them. It may be killed at any moment; the next one
begins again with the last snapshot that counts. Never deletes a segment that a start, or a client,
may still need.
"""

import os
import sys
from contextlib import closing, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from fixgw.journal import archive, names, sealed_index, snapshot_files
from fixgw.journal.closed import ClosedOrders
from fixgw.journal.durable import telling, whole_file, write_all
from fixgw.journal.follow import Follower, readable
from fixgw.journal.places import ARCHIVE, CLOSED
from fixgw.journal.replay import check_complete
from fixgw.journal.sealed_index import SealedIndex
from fixgw.journal.segments import segments, sync
from fixgw.journal.snapshot import DAY_MS, Fold, Snapshot
from fixgw.journal.tick import decode_decided
from fixgw.model.errors import JournalError
from fixgw.model.session_events import ReportsCarried

BATCH_TICKS = 200_000
"""Ticks between two snapshots of one compaction: the orders of so many are in memory at once."""

LOWEST_PRIORITY = 19


class Keeping(Struct, frozen=True, kw_only=True):
    """How long things are kept; see `[journal]`."""

    keep_days: int = 7
    closed_minutes: int = 10
    cl_ord_id_days: int = 0
    keep_received_days: int = 0


class Compacted(Struct, frozen=True, kw_only=True):
    """The outcome of one compaction."""

    tick: int
    """The tick of the last snapshot."""
    filed: int = 0
    """Orders that were put on file."""
    archived: int = 0
    """Segments that were archived and deleted."""


def compact(directory: Path, keeping: Keeping) -> Compacted:
    """Bring the derived files of the journal in *directory* up to date. Raise JournalError."""
    with closing(ClosedOrders(directory / CLOSED)) as closed:
        snapshot = snapshot_files.newest(directory, closed.filed_through)
        check_complete(directory, snapshot)
        base, filed = snapshot, 0
        follower = Follower(directory, snapshot.tick if snapshot else 0)
        with closing(follower):
            while True:
                as_of = base.tick if base is not None else 0
                fold = Fold(lambda order_id: closed.events(order_id, as_of), base)
                last = _take(directory, follower, fold)
                if not last:
                    break
                base, some = _file(directory, closed, fold, as_of, last, keeping)
                filed += some
        if base is None:
            return Compacted(tick=0)
        names.merge(directory, keeping.cl_ord_id_days, base.at // DAY_MS)
        snapshot_files.drop_old(directory)
        return Compacted(
            tick=base.tick, filed=filed, archived=_archive(directory, closed, base, keeping)
        )


def _take(directory: Path, follower: Follower, fold: Fold) -> int:
    """Give the next ticks to *fold*; return the time of the last one, 0 if there are none."""
    last_ms = count = 0
    for record in follower.records():
        tick = readable(directory, record.number, decode_decided, record.tick)
        fold.take(tick)
        last_ms, count = max(tick.at, 1), count + 1
        if count >= BATCH_TICKS:
            break
    return last_ms


def _file(
    directory: Path, closed: ClosedOrders, fold: Fold, before: int, now_ms: int, keeping: Keeping
) -> tuple[Snapshot, int]:
    """Write the snapshot, and put on file what leaves it; return it, and the number of orders."""
    snapshot, leaving = fold.result(now_ms, keeping.closed_minutes * 60_000)
    _sync_segments(directory, before)
    # In this order: it counts from the moment that its orders are on file.
    snapshot_files.write(directory, snapshot)
    names.write_names(directory, before + 1, snapshot.tick, leaving)
    closed.file(leaving, snapshot.tick)
    if leaving:
        path = directory / f"filed-{snapshot.tick:020d}.ids"
        data = msgspec.msgpack.encode([each.filed for each in leaving])
        with telling(path), whole_file(path) as descriptor:
            write_all(descriptor, data)
    return snapshot, len(leaving)


def _sync_segments(directory: Path, after: int) -> None:
    """Have the ticks after number *after* on the disk: what is made of them never outlives them."""
    found = segments(directory)
    with telling(directory):
        for one, following in zip(found, [*found[1:], None]):
            if following is None or following.first > after + 1:
                sync(one.path)
        sync(directory)


def _archive(
    directory: Path, closed: ClosedOrders, snapshot: Snapshot, keeping: Keeping
) -> int:
    """Index the sealed segments, and archive those that nobody needs; return their number."""
    sealed = [sealed_index.opened_or_made(one) for one in segments(directory)[:-1]]
    usable = [tick for tick in snapshot_files.ticks_of(directory) if tick <= closed.filed_through]
    needed = needed_ticks(snapshot, sealed)
    gone = 0
    for index in sealed:
        one = archive.SealedSegment(index.segment, index.last, index.last_ms)
        if archive.may_go(
            one, now_ms=snapshot.at, keep_days=keeping.keep_days, snapshots=usable, needed=needed
        ):
            archive.retire(index.segment, directory / ARCHIVE)
            gone += 1
    archive.prune(directory / ARCHIVE, keeping.keep_received_days, snapshot.at)
    return gone


def needed_ticks(snapshot: Snapshot, sealed: list[SealedIndex]) -> set[int]:
    """Return a tick of each of the *sealed* segments that holds a message which a client may not
    have: unconfirmed, or carried into the present run of its numbers."""
    wanted = [
        ((row.id, row.epoch), row.unsent_since, row.next_sender - 1)
        for row in snapshot.sessions.values()
    ]
    for event in snapshot.events:
        if isinstance(event, ReportsCarried):
            row = snapshot.sessions[event.session]
            wanted += [((row.id, epoch), first, last) for epoch, first, last in event.origins]
    return {
        index.segment.first
        for index in sealed
        if any(index.overlaps(run, first, last) for run, first, last in wanted if first <= last)
    }


def main(arguments: list[str]) -> int:
    """Compact the journal that *arguments* name, with the Keeping that follows as JSON; print the
    outcome as JSON. For a process of its own."""
    directory = Path(arguments[0])
    keeping = msgspec.json.decode(arguments[1], type=Keeping)
    os.nice(LOWEST_PRIORITY)
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    try:
        compacted = compact(directory, keeping)
    except JournalError as error:
        print(error, file=sys.stderr)
        return 1
    print(msgspec.json.encode(compacted).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

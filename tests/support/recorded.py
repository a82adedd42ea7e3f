"""The journal's content, for tests: as anybody reads it beside the gateway."""

import os
from pathlib import Path

from fixgw.journal.follow import Follower, follow
from fixgw.journal.segments import head, record, segment_path
from fixgw.journal.tick import JournalEvent, Tick


def ticks(path: Path) -> list[Tick]:
    """Return all ticks of the journal at *path*."""
    return list(follow(path))


def events(path: Path) -> list[JournalEvent]:
    """Return all of its events, in order."""
    return [event for tick in follow(path) for event in tick.events]


def content(path: Path) -> bytes:
    """Return the bytes of all its files: what must not hold a secret."""
    return b"".join(each.read_bytes() for each in sorted(path.rglob("*")) if each.is_file())


def sent(path: Path) -> int:
    """Return the number of stored messages."""
    return sum(len(tick.sent) for tick in follow(path))


def copy_until(path: Path, to: Path, last: int) -> None:
    """Make a journal *to* of the ticks of *path* up to number *last*."""
    to.mkdir()
    follower = Follower(path)
    data = head(1, 0, 0)
    for each in follower.records():
        if each.number <= last:
            data += record(each.number, 0, bytes(each.tick))
    follower.close()
    segment_path(to, 1).write_bytes(data)


def break_journal(path: Path) -> None:
    """Make every write of this process to the journal fail, as on a disk that was lost."""
    held = [
        int(fd.name) for fd in Path("/proc/self/fd").iterdir()
        if os.path.realpath(fd).startswith(f"{path}/") and fd.exists()
    ]
    for fd in held:
        read_only = os.open("/dev/null", os.O_RDONLY)
        os.dup2(read_only, fd)
        os.close(read_only)

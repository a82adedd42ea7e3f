"""The embedded engine: a directory of segments, written by this process alone.

With durability "process" a tick is durable when it is written: the kernel has it. With "power" a
thread syncs while the loop goes on; one sync at a time, and what gathers meanwhile goes with the
next. It appends and syncs; it never reads what it decides by, and never writes to a sealed segment.
"""

import asyncio
import errno
import mmap
import os
from bisect import bisect_right
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Literal, NamedTuple

from fixgw.journal import segments
from fixgw.journal.files import reporting
from fixgw.journal.follow import ALL_DURABLE, DURABLE, NUMBER
from fixgw.journal.segments import End, Segment
from fixgw.journal.tick import StoredMessages, Tick, decode_messages, encode
from fixgw.model.errors import JournalError
from fixgw.runtime.files import PRIVATE, make_private

Durability = Literal["process", "power"]

SEGMENT_BYTES = 64 * 1024 * 1024
"""Size from which a segment is sealed: some 30,000 orders."""

DAY_MS = 86_400_000
"""Age from which it is sealed, by the time of its ticks."""


class Syncing(NamedTuple):
    """What one sync has to do, in any thread."""

    through: int
    """Number of the last tick that is on the disk afterwards."""
    sealed: list[int]
    """Descriptors of segments that were sealed since, to be closed."""
    fd: int
    directory: Path | None
    """Set if it has a new file."""

    def run(self) -> None:
        """Wait for the disk. Raises OSError."""
        for fd in self.sealed:
            os.fsync(fd)
            os.close(fd)
        os.fdatasync(self.fd)
        if self.directory is not None:
            segments.sync(self.directory)


class EmbeddedEngine:
    """The open segments. See `engine.JournalEngine`."""

    def __init__(
        self, directory: Path, durability: Durability, end: End, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self.last = end.last
        self.durable = end.last
        self.failure: JournalError | None = None
        self.on_durable: Callable[[], None] | None = None
        self._directory = directory
        self._bytes_max = segment_bytes
        self._waits = durability == "power"
        self._on_disk = end.durable
        """The highest number known to be on the disk."""
        self._segments = segments.segments(directory)
        self._size = end.size
        self._fd = -1
        self._sealed: list[int] = []
        self._is_new = False
        self._syncing: Future[None] | None = None
        """The sync under way in the thread, until the loop has noted its end."""
        self._thread = ThreadPoolExecutor(1, "journal")
        with reporting(directory):
            if end.segment is not None:
                self._fd = os.open(end.segment.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            self._shown = _shown(directory)
        self._show(self.last if self._waits else ALL_DURABLE)
        if end.durable < end.last:
            self._sync_here()

    # --------------------------------------------------------------------- writing

    def put(self, tick: Tick) -> int:
        """Write *tick*. Raises JournalError: then nothing of it is written."""
        assert tick.number == self.last + 1
        tick.durable = self._on_disk
        data = segments.record(tick.number, tick.durable, encode(tick))
        with reporting(self._directory):
            segment = self._segment_for(tick)
            if os.write(self._fd, data) != len(data):
                # What is there of it must not stand.
                os.ftruncate(self._fd, self._size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        position = segment.position + self._size
        self._size += len(data)
        self.last = tick.number
        if self._waits:
            self.sync_soon()
        else:
            self.durable = tick.number
        return position

    def _segment_for(self, tick: Tick) -> Segment:
        """Return the segment that *tick* goes to; a new one if the last is full or a day old."""
        if self._segments:
            last = self._segments[-1]
            if self._size < self._bytes_max and tick.at - last.begun_ms < DAY_MS:
                return last
        return self._begin(tick.number, tick.at)

    def _begin(self, first: int, now_ms: int) -> Segment:
        position = self._segments[-1].position + self._size if self._segments else 0
        path = segments.segment_path(self._directory, first)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        fd = os.open(path, flags, PRIVATE)
        head = segments.head(first, position, now_ms)
        if os.write(fd, head) != len(head):
            os.close(fd)
            path.unlink()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self._fd >= 0:
            self._sealed.append(self._fd)
        self._fd, self._size, self._is_new = fd, len(head), True
        segment = Segment(path, first, position, now_ms)
        self._segments.append(segment)
        return segment

    # --------------------------------------------------------------------- syncing

    def sync_soon(self) -> None:
        """Have what is written on the disk soon, without waiting for it."""
        if self._syncing is not None or self._on_disk == self.last:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._sync_here()
            return
        job = self._job()
        self._syncing = self._thread.submit(job.run)
        ended = asyncio.wrap_future(self._syncing, loop=loop)
        ended.add_done_callback(lambda done: self._synced(job, done.exception()))

    def sync(self) -> None:
        """Return when all ticks are durable. Raises JournalError."""
        if self.failure is not None:
            raise self.failure
        if self._syncing is not None:
            # If it fails, a second one proves nothing: the kernel may have given the data up.
            with reporting(self._directory):
                self._syncing.result()
        self._sync_here()

    def _job(self) -> Syncing:
        sealed, self._sealed = self._sealed, []
        is_new, self._is_new = self._is_new, False
        return Syncing(self.last, sealed, self._fd, self._directory if is_new else None)

    def _sync_here(self) -> None:
        if self._fd < 0:
            return
        job = self._job()
        with reporting(self._directory):
            job.run()
        self._note(job.through)

    def _synced(self, job: Syncing, error: BaseException | None) -> None:
        """Go on after a sync, in the loop's thread."""
        self._syncing = None
        if error is not None:
            try:
                with reporting(self._directory):
                    raise error
            except JournalError as failure:
                self.failure = failure
        else:
            self._note(job.through)
            if self._waits:
                self.sync_soon()
        if self.on_durable is not None and (self._waits or self.failure is not None):
            self.on_durable()

    def _note(self, through: int) -> None:
        """Note that the ticks up to *through* are on the disk."""
        if through <= self._on_disk:
            return
        self._on_disk = through
        if self._waits:
            self.durable = through
            self._show(through)

    def _show(self, number: int) -> None:
        """Tell readers in other processes which ticks are durable."""
        self._shown[:NUMBER.size] = NUMBER.pack(number)

    # --------------------------------------------------------------------- the rest

    def read(self, position: int) -> StoredMessages | None:
        """Return the messages of the tick at *position*; None if its segment was dropped."""
        index = bisect_right(self._segments, position, key=lambda each: each.position) - 1
        if index < 0:
            return None
        segment = self._segments[index]
        try:
            found = segments.at(segment.path, position - segment.position)
        except FileNotFoundError:
            return None
        return decode_messages(found.tick)

    def check_in_place(self) -> None:
        """Raise JournalError if another file, or none, is in the place of the one we write."""
        if self._fd < 0:
            return
        with reporting(self._directory):
            there, ours = os.stat(self._segments[-1].path), os.fstat(self._fd)
        if (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino):
            raise JournalError(
                f"journal {self._directory}: the file {self._segments[-1].path.name} was replaced "
                "while the gateway ran, which does not run without its record. Put the one with "
                "the record back, then start again"
            )

    def close(self) -> None:
        """Give the files up. What was not put never happened."""
        self._thread.shutdown()
        for fd in (*self._sealed, self._fd):
            if fd >= 0:
                os.close(fd)
        self._fd = -1
        self._sealed.clear()
        self._shown.close()


def _shown(directory: Path) -> mmap.mmap:
    path = directory / DURABLE
    make_private(path)
    with open(path, "r+b") as file:
        file.truncate(NUMBER.size)
        return mmap.mmap(file.fileno(), NUMBER.size)

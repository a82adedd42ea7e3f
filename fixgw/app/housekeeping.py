"""Housekeeping of the journal beside the loop: syncs, and compactions in a process of their own.

A compaction that fails, hangs or is killed costs nothing: closed orders stay in memory, segments
stay on the disk, and the next one begins again. Never blocks the loop.
"""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from fixgw.app.closed_on_file import ClosedOnFile
from fixgw.core.orders.index import Filed
from fixgw.journal.compaction import Compacted, Keeping
from fixgw.journal.journal import Journal
from fixgw.journal.sealed_index import SealedIndex
from fixgw.journal.segments import segments
from fixgw.model.errors import JournalError
from fixgw.runtime.gateway_toml import JournalTable

COMPACTION_SECONDS_MAX = 3_600
"""Time after which a compaction is ended: the next one begins again."""


class Housekeeping:
    """The journal's own work."""

    def __init__(self, journal: Journal, table: JournalTable, on_file: ClosedOnFile | None) -> None:
        self._journal = journal
        self._table = table
        self._on_file = on_file
        self._done = 0
        """Number of the last tick when a compaction last began."""

    async def sync(self) -> None:
        """Sync what is written again and again."""
        while True:
            await asyncio.sleep(self._table.checkpoint_seconds)
            self._journal.check_in_place()
            self._journal.sync_soon()

    async def run(self) -> None:
        """Compact the journal again and again."""
        seconds = self._table.compact_seconds
        while seconds:
            await asyncio.sleep(seconds)
            await self.compact()

    async def compact(self) -> Compacted | None:
        """Compact the journal, unless nothing was recorded since; return None if it was not."""
        journal, log = self._journal, structlog.get_logger()
        if journal.last == self._done:
            return None
        begun = journal.last
        try:
            compacted = await _compact(journal.path, keeping(self._table))
            leaving, indexes = await asyncio.to_thread(self._refresh)
        except JournalError as error:
            log.error("compaction_failed", reason=str(error))
            return None
        self._done = begun
        journal.index.use(indexes)
        if self._on_file is not None:
            self._on_file.may_leave(leaving)
        log.info(
            "compacted", tick=compacted.tick, filed=compacted.filed, archived=compacted.archived
        )
        return compacted

    def _refresh(self) -> tuple[list[Filed], list[SealedIndex]]:
        """Read what the compaction has written. In a thread."""
        leaving = [] if self._on_file is None else self._on_file.refresh()
        indexes = []
        for segment in segments(self._journal.path)[:-1]:
            with suppress(FileNotFoundError):
                indexes.append(SealedIndex(segment))
        return leaving, indexes


def keeping(table: JournalTable) -> Keeping:
    """Return how long `[journal]` keeps things."""
    return Keeping(
        keep_days=table.keep_days, closed_minutes=table.closed_minutes,
        cl_ord_id_days=table.cl_ord_id_days, keep_received_days=table.keep_received_days,
    )


async def _compact(directory: Path, kept: Keeping) -> Compacted:
    """Run a compaction in a process of its own. Raise JournalError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fixgw.journal.compaction", str(directory),
        msgspec.json.encode(kept).decode(),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(COMPACTION_SECONDS_MAX):
            out, error = await process.communicate()
    except TimeoutError:
        raise JournalError(f"it took longer than {COMPACTION_SECONDS_MAX} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = error.decode(errors="replace").strip().splitlines()
        raise JournalError(lines[-1] if lines else f"it ended with {process.returncode}")
    return msgspec.json.decode(out, type=Compacted)

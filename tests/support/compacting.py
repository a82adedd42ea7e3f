"""Compaction's work, for processes that do not survive it (`tests.support.dying`).

By name: from a directory comes the attempt, which may be made again.
"""

from collections.abc import Callable
from pathlib import Path

from fixgw.journal.archive import DIRECTORY, prune, retire
from fixgw.journal.closed import ClosedOrders
from fixgw.journal.names import merge, write_names
from fixgw.journal.segments import segments
from fixgw.model.events import FillBusted
from tests.support.filed import DAY_MS, START_MS, FiledOrder, of_events, rows

FILED_AT, THEN_AT = 20, 40
"""The ticks of the first filing, and of the one that dies."""

KEEP_RECEIVED_DAYS = 30
PRUNED_AT = START_MS + 100 * DAY_MS


def first_rows() -> list[FiledOrder]:
    """The orders that are on file before."""
    return rows(20)


def next_rows() -> list[FiledOrder]:
    """Those that are filed then; one of them is on file already, and has one more event."""
    before = first_rows()[5]
    busted = FillBusted(
        order_id=before.root, at=before.ended_at + 1, venue_exec_id="t5", count=1
    )
    again = of_events([*before.events, busted])
    return [again, *rows(30, first=20)]


def file_orders(directory: Path) -> Callable[[], object]:
    closed = ClosedOrders(directory / "closed.sqlite")
    filed = next_rows()
    return lambda: closed.file(filed, THEN_AT)


def write_more_names(directory: Path) -> Callable[[], object]:
    filed = next_rows()
    return lambda: write_names(directory, FILED_AT + 1, THEN_AT, filed)


def merge_names(directory: Path) -> Callable[[], object]:
    return lambda: merge(directory)


def retire_segments(directory: Path) -> Callable[[], object]:
    def attempt() -> None:
        for segment in segments(directory)[:-1]:
            retire(segment, directory / DIRECTORY)

    return attempt


def prune_archive(directory: Path) -> Callable[[], object]:
    return lambda: prune(directory / DIRECTORY, KEEP_RECEIVED_DAYS, PRUNED_AT)


JOBS: dict[str, Callable[[Path], Callable[[], object]]] = {
    "file": file_orders,
    "names": write_more_names,
    "merge": merge_names,
    "retire": retire_segments,
    "prune": prune_archive,
}

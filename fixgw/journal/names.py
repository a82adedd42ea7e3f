"""The names of closed orders, 8 bytes each: the gateway knows from memory that a ClOrdID(11) is
new.

A name is a hash in one of a few sorted files, which are mapped and searched in place. A hash that
is absent proves that the name is new; one that is present proves nothing, and the name is looked up
in the file of closed orders. Compaction writes and merges the files; the loop only reads. No hash
is lost while files are merged: the merged file is whole on the disk before the first of the others
is deleted.
"""

import fnmatch
import os
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from fixgw.journal.closed import ClosedOrders
from fixgw.journal.durable import PARTIAL, remove, telling
from fixgw.journal.names_file import (
    HASH_BYTES,
    PATTERN,
    READ_AGAIN,
    NamesHeader,
    NamesFile,
    listed,
    write_file,
)
from fixgw.journal.snapshot import FiledOrder
from fixgw.model.errors import JournalError
from fixgw.model.ids import ClOrdID, SessionKey

HASH_MAX = (1 << 64) - 1
_KEYED = blake2b(key=b"fixgw names 1", digest_size=HASH_BYTES)

MERGED_MAX = 32
"""Files merged into one at a time: the header has room for so many names."""

TIER = 30
"""A file is merged with the younger ones once these have a thirtieth as many names: a year of
100,000 a day is then three or four files."""

BLOCK = 1 << 14
"""Hashes of each file that are merged in one go, as Python's numbers: some 600 KB."""

PARTS = 4
"""With cl_ord_id_days, a file covers at most a quarter of them: names are kept a little longer."""

LISTINGS_MAX = 100
"""Attempts to read a directory in which files are being merged."""


def name_hash(session: SessionKey, name: ClOrdID) -> int:
    """Return the hash of one name."""
    made = _KEYED.copy()
    made.update(f"{session}\0{name}".encode())
    return int.from_bytes(made.digest(), "little")


# ------------------------------------------------------------------------------- reading


class Names:
    """All names of a directory, for the loop. Another thread may change it, one at a time."""

    def __init__(self, directory: Path) -> None:
        """Read every file. Raise JournalError."""
        self._directory = directory
        self._files: list[NamesFile] = []
        self.refresh()

    def may_have(self, session: SessionKey, name: ClOrdID) -> bool:
        """Return False if no order that *session* named so is filed; True: look it up."""
        wanted = name_hash(session, name)
        for file in self._files:
            if file.has(wanted):
                return True
        return False

    def __len__(self) -> int:
        """The number of hashes."""
        return sum(file.header.count for file in self._files)

    @property
    def files(self) -> list[Path]:
        """The files that are searched, in the order of their ticks."""
        return [file.path for file in self._files]

    def add_file(self, path: Path) -> None:
        """Search in the new file at *path* too. Raise JournalError."""
        try:
            added = NamesFile(path)
        except FileNotFoundError:  # it is part of another one already
            self.refresh()
            return
        self._files = [*(file for file in self._files if file.path != path), added]

    def refresh(self) -> None:
        """Search in the files that are in the directory now, as after a merge. For a thread: it
        reads every new one. Raise JournalError."""
        for _ in range(LISTINGS_MAX):
            with suppress(FileNotFoundError):  # one was merged, or dropped, before it was open
                known = {file.path: file for file in self._files}
                self._files = [
                    known[path] if path in known and known[path].header == header
                    else NamesFile(path)
                    for path, header in listed(self._directory).items()
                ]
                return
        raise JournalError(
            f"{self._directory}: files of names vanish there all the time; {READ_AGAIN}"
        )

    def missing(self, through: int) -> list[tuple[int, int]]:
        """Return the ranges of ticks, after the earliest file and up to *through*, whose names are
        in no file. There is none unless a file was lost."""
        found: list[tuple[int, int]] = []
        headers = sorted((file.header for file in self._files), key=lambda each: each.first)
        reached = headers[0].first - 1 if headers else 0
        for header in headers:
            if header.first > reached + 1:
                found.append((reached + 1, header.first - 1))
            reached = max(reached, header.last)
        if reached < through:
            found.append((reached + 1, through))
        return found


# ------------------------------------------------------------------------------- writing


def write_names(directory: Path, first: int, last: int, rows: Iterable[FiledOrder]) -> Path:
    """Write the names of *rows*, filed from tick *first* to *last*; return their file. For
    compaction. Raise JournalError.

    *first* is the tick after the last one of the file before, and a file without a name is a file:
    so it shows if one is lost.
    """
    hashes: set[int] = set()
    days: set[int] = set()
    for row in rows:
        hashes.update(name_hash(row.session, name) for name in row.names)
        days.add(row.day)
    header = NamesHeader(
        first=first, last=last, first_day=min(days, default=0), last_day=max(days, default=0)
    )
    return write_file(directory, header, [array("Q", sorted(hashes))])


def rebuild_names(directory: Path, closed: ClosedOrders) -> Path:
    """Write one file with the names of all *closed* orders; return it. Raise JournalError."""
    hashes = closed.sorted_names(name_hash)
    first_day, last_day = closed.days()
    header = NamesHeader(
        first=1, last=closed.filed_through, first_day=first_day, last_day=last_day
    )
    blocks = iter(lambda: array("Q", islice(hashes, BLOCK)), array("Q"))
    return write_file(directory, header, blocks)


def merge(directory: Path, cl_ord_id_days: int = 0, today: int = 0) -> bool:
    """Merge files until they are few, and delete those whose orders all ended more than
    *cl_ord_id_days* before *today* (days since 1970, UTC); 0 keeps all. For compaction. Return True
    if the files have changed: then `Names.refresh`. Raise JournalError."""
    changed = _delete_parts(directory)
    if cl_ord_id_days:
        # Only from the beginning, and never the last one: else it looks as if one were lost.
        for path, header in list(listed(directory).items())[:-1]:
            if header.count and header.last_day >= today - cl_ord_id_days:
                break
            _delete([path])
            changed = True
    while chosen := _to_merge(listed(directory), cl_ord_id_days):
        files = [NamesFile(path) for path in chosen]
        write_file(directory, _joint(files), _merged([file.hashes for file in files]))
        _delete_parts(directory)
        changed = True
    return changed


def _to_merge(headers: Mapping[Path, NamesHeader], cl_ord_id_days: int) -> list[Path]:
    """Return the files that are to become one, the youngest ones; [] if they are few."""
    chosen: list[Path] = []
    names = 0
    days_max = max(1, cl_ord_id_days // PARTS)
    days: list[int] = []
    for path, header in reversed(list(headers.items())):
        if header.count:
            days += header.first_day, header.last_day
        too_long = cl_ord_id_days and days and max(days) - min(days) >= days_max
        if chosen and (header.count > TIER * names or too_long):
            break
        chosen.append(path)
        names += header.count
        if len(chosen) == MERGED_MAX:
            break
    return chosen[::-1] if len(chosen) > 1 else []


def _joint(files: Sequence[NamesFile]) -> NamesHeader:
    """Return the header of the file that *files* become."""
    headers = [file.header for file in files]
    of_names = [header for header in headers if header.count]
    return NamesHeader(
        first=min(header.first for header in headers),
        last=max(header.last for header in headers),
        first_day=min((header.first_day for header in of_names), default=0),
        last_day=max((header.last_day for header in of_names), default=0),
        merged=[(file.path.name, file.header.checksum) for file in files],
    )


def _merged(files: Sequence[memoryview]) -> Iterator["array[int]"]:
    """Return all hashes of *files*, rising, each once, block by block."""
    places = [0] * len(files)
    while True:
        ends = [min(place + BLOCK, len(file)) for place, file in zip(places, files)]
        # Up to here every file has shown what it has.
        limit = min(
            (file[end - 1] for file, end in zip(files, ends) if end < len(file)),
            default=HASH_MAX,
        )
        block: list[int] = []
        for number, file in enumerate(files):
            end = bisect_right(file, limit, places[number], ends[number])
            block += file[places[number]:end].tolist()
            places[number] = end
        if not block:
            return
        block.sort()  # runs that rise: it merges them
        yield array("Q", dict.fromkeys(block))


def _delete_parts(directory: Path) -> bool:
    """Delete what is part of another file, or was never whole; return True if there was such."""
    with telling(directory):
        found = fnmatch.filter(os.listdir(directory), PATTERN)
        unfinished = fnmatch.filter(os.listdir(directory), PATTERN + PARTIAL)
    parts = {directory / name for name in found} - listed(directory).keys()
    _delete([*parts, *(directory / name for name in unfinished)])
    return bool(parts)


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        with telling(path):
            remove(path)

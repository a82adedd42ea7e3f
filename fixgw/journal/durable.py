"""Files that appear whole or not at all, whatever is killed meanwhile, and that are on the disk
when the caller continues.

A file is written beside its place, synced, and renamed. What an interrupted writer leaves is a
`.partial`, which nobody reads and the next attempt overwrites. Nothing here knows what a file
holds.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fixgw.journal.segments import sync
from fixgw.model.errors import JournalError
from fixgw.runtime.files import PRIVATE

PARTIAL = ".partial"
"""Suffix of a file until it is whole."""

RETRIED = (
    "check that disk (space, permissions). Nothing on record is lost, and the next attempt begins "
    "again"
)
"""The remedy for a failure to write a derived file."""


@contextmanager
def telling(path: Path, way_out: str = RETRIED) -> Iterator[None]:
    """Turn an error of the file system into one clear sentence."""
    try:
        yield
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror or error}; {way_out}") from error


@contextmanager
def whole_file(path: Path) -> Iterator[int]:
    """Return a descriptor to write the file at *path* with: in place when all is written and
    synced. Replaces what was there. Raise OSError; then what was there is unchanged."""
    partial = path.with_name(path.name + PARTIAL)
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE)
    try:
        try:
            yield descriptor
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(partial, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)  # a full disk gets its space back
        raise
    sync(path.parent)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write *data*, all of it. Raise OSError."""
    left = memoryview(data).cast("B")
    while left:
        left = left[os.write(descriptor, left):]


def remove(path: Path) -> None:
    """Remove the file at *path*, if there is one, for good. Raise OSError."""
    with suppress(FileNotFoundError):
        os.unlink(path)
    sync(path.parent)

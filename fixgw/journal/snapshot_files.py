"""Snapshots as files: written whole, the last two kept, and one that is damaged is passed over.

A snapshot counts when the orders that left it are on file (`ClosedOrders.filed_through`). Derived:
the one before it, and the segments, give it again.
"""

import zlib
from collections.abc import Iterable
from pathlib import Path

import structlog
import zstandard

from fixgw.journal.durable import remove, telling, whole_file, write_all
from fixgw.journal.snapshot import Snapshot, decode, encode
from fixgw.model.errors import JournalError

PATTERN = "snapshot-*.fxs"

KEPT = 2
"""Snapshots that are kept: the last one, and the one before should that be damaged."""

CRC_BYTES = 4


def snapshot_path(directory: Path, tick: int) -> Path:
    """Return the file of the snapshot as of *tick*."""
    return directory / f"snapshot-{tick:020d}.fxs"


def ticks_of(directory: Path) -> list[int]:
    """Return the ticks of the snapshots in *directory*, the newest first."""
    found = (path.stem.removeprefix("snapshot-") for path in directory.glob(PATTERN))
    return sorted((int(text) for text in found if text.isdecimal()), reverse=True)


def write(directory: Path, snapshot: Snapshot) -> Path:
    """Write *snapshot*; return its file, which is on the disk. Raise JournalError."""
    path = snapshot_path(directory, snapshot.tick)
    body = zstandard.ZstdCompressor(level=3).compress(encode(snapshot))
    with telling(path), whole_file(path) as descriptor:
        write_all(descriptor, zlib.crc32(body).to_bytes(CRC_BYTES, "little") + body)
    return path


def newest(directory: Path, through: int) -> Snapshot | None:
    """Return the newest whole snapshot up to tick *through*; None if there is none."""
    for tick in ticks_of(directory):
        if tick <= through:
            try:
                return _read(snapshot_path(directory, tick))
            except JournalError as error:
                structlog.get_logger().error(
                    "snapshot_unreadable", file=f"snapshot of tick {tick}", reason=str(error)
                )
    return None


def _read(path: Path) -> Snapshot:
    with telling(path):
        data = path.read_bytes()
    checksum, body = data[:CRC_BYTES], data[CRC_BYTES:]
    if zlib.crc32(body).to_bytes(CRC_BYTES, "little") != checksum:
        raise JournalError(f"{path}: the checksum is wrong")
    try:
        return decode(zstandard.ZstdDecompressor().decompress(body))
    except zstandard.ZstdError as error:
        raise JournalError(f"{path}: {error}") from error


def drop_old(directory: Path, but: Iterable[int] = ()) -> None:
    """Delete all but the last KEPT, and those of the ticks *but*. Raise JournalError."""
    kept = {*ticks_of(directory)[:KEPT], *but}
    for tick in ticks_of(directory):
        if tick not in kept:
            path = snapshot_path(directory, tick)
            with telling(path):
                remove(path)

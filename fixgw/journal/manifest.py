"""The manifest of a backup: of which moment it is, and the digests of its files.

A journal's directory that holds one was restored: it knows less than its clients and its venues, so
a gateway runs on it only when an operator says so.
"""

import hashlib
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from fixgw.journal.durable import telling, whole_file, write_all
from fixgw.journal.segments import VERSION
from fixgw.model.errors import JournalError

MANIFEST = "backup.json"

RESTORED = "restored-from.json"
"""Its name once an operator has said so."""


class Manifest(Struct, frozen=True, kw_only=True):
    """A backup."""

    version: int
    """Of the journal."""
    tick: int
    """The last tick in it."""
    at: int
    """The time of that tick, Unix milliseconds."""
    made_at: int
    """Unix milliseconds."""
    sha256: dict[str, str]
    """By the name of the file."""


def write_manifest(directory: Path, tick: int, at: int) -> None:
    """Write the manifest of the copy in *directory*, whose last tick is *tick*. Raise OSError."""
    manifest = Manifest(
        version=VERSION, tick=tick, at=at, made_at=time.time_ns() // 1_000_000,
        sha256={path.name: _digest(path) for path in sorted(directory.iterdir())},
    )
    with whole_file(directory / MANIFEST) as descriptor:
        write_all(descriptor, msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")


def read_manifest(directory: Path) -> Manifest | None:
    """Return the manifest in *directory*; None if it is no backup. Raise JournalError."""
    path = directory / MANIFEST
    if not path.exists():
        return None
    with telling(path):
        try:
            return msgspec.json.decode(path.read_bytes(), type=Manifest)
        except msgspec.MsgspecError as error:
            raise JournalError(f"{path}: {error}; take another backup") from None


def check_digests(directory: Path, manifest: Manifest) -> None:
    """Raise JournalError unless the files are those that *manifest* names."""
    for name, digest in manifest.sha256.items():
        path = directory / name
        if not path.exists():
            raise JournalError(f"{path} is missing: take another backup")
        if _digest(path) != digest:
            raise JournalError(f"{path} is not what it was when it was made: take another backup")


def accept_restored(directory: Path, *, after_restore: bool) -> Manifest | None:
    """Return the manifest if the journal was restored and an operator says so; None if it was not.

    Raises JournalError for a restored journal if nobody says so.
    """
    manifest = read_manifest(directory)
    if manifest is None:
        return None
    if not after_restore:
        at = datetime.fromtimestamp(manifest.at / 1_000, UTC)
        raise JournalError(
            f"journal {directory}: this is a backup, and it ends at {at:%Y-%m-%d %H:%M:%S} UTC. It "
            "knows nothing of what clients and venues did since. Read docs/operating.md, "
            '"From a backup", then start with `fixgw run --after-restore`'
        )
    with telling(directory / MANIFEST):
        (directory / MANIFEST).rename(directory / RESTORED)
    return manifest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

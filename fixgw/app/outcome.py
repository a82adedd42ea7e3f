"""What became of a reload: made by the gateway, read by `fixgw reload` from a file.

A signal brings nothing back, so the gateway leaves a small file beside its
journal, whole or not at all. Whoever asked knows the answer to be his by the
time at which it was begun: after his signal, by the one clock of the machine
that never jumps.
"""

import os
from enum import StrEnum
from pathlib import Path

import msgspec
from msgspec import Struct


class What(StrEnum):
    """What became of one thing that the settings name."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    REFUSED = "refused"
    """It stays as it was."""
    RESTART = "restart"
    """It stays as it was until the gateway is started again."""


class Change(Struct, frozen=True):
    """One line of the outcome."""

    what: What
    name: str
    """A session's key, or a place in gateway.toml."""
    text: str = ""


class Outcome(Struct, frozen=True, kw_only=True):
    """Of one reload."""

    began_ns: int
    """When it was begun, `time.monotonic_ns`."""
    error: str = ""
    """Why nothing was changed at all; "": the settings are good."""
    changes: tuple[Change, ...] = ()
    unchanged: int = 0
    """Sessions that are as they were, and have not noticed anything."""

    @property
    def complete(self) -> bool:
        """Whether all that the settings say is in force now."""
        late = (What.REFUSED, What.RESTART)
        return not self.error and not any(change.what in late for change in self.changes)

    def of(self, what: What) -> list[str]:
        """The names of all that this became of."""
        return [change.name for change in self.changes if change.what is what]


def outcome_path(journal: Path) -> Path:
    """Where the gateway on *journal* leaves its outcomes."""
    return journal.with_name(journal.name + ".reload")


def write(path: Path, outcome: Outcome) -> None:
    """Put *outcome* in the place of the one before. Raises OSError."""
    new = path.with_name(path.name + ".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(outcome))
    new.replace(path)


def read(path: Path) -> Outcome | None:
    """The last outcome; None: there is none that this fixgw can read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Outcome)
    except (OSError, msgspec.MsgspecError):
        return None

"""Refused inputs: the handling of each raised an exception, and each is kept so that it is never
met again. So are steps that no input caused, and commands that an adapter did not take.

Journaled like an order's events, and read by people only: nothing is decided by them. The tag of an
event is its name in the journal: renaming one is a schema change.
"""

from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct


class RefusedKind(StrEnum):
    """The kind of input that met a bug of ours."""

    MESSAGE = "message"
    """A client's message."""
    WORD = "word"
    """A message of a venue, or of a directory of accounts."""
    REPORT = "report"
    """A report for a client that could not be written as FIX."""
    TIME = "time"
    """A timer tick of a session."""
    STEP = "step"
    """A step about one order that no message caused: it was due, expired, or one of many."""
    COMMAND = "command"
    """Commands that a venue's adapter was given, and raised."""


class InputRefused(Struct, frozen=True, kw_only=True, gc=False, tag=True, omit_defaults=True):
    """One refused input. `content` never holds a password, a token or a key."""

    at: int
    """Unix milliseconds."""
    number: int
    """Numbered through the whole journal."""
    kind: RefusedKind
    source: str
    """The session (of a message, a report, a timer tick, a step), or the name of the venue (of a
    message, of commands) or directory."""
    content: bytes
    """The message as it came; or as JSON the venue's message, the report, the commands, or what is
    known of the step, the traceback included."""
    error: str
    """The exception."""

    @property
    def reference(self) -> str:
        """The reference that clients and the log use for it: R-20261130-000012."""
        return f"R-{datetime.fromtimestamp(self.at / 1_000, UTC):%Y%m%d}-{self.number:06d}"

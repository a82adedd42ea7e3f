"""Inputs whose handling raised: numbered, kept, and counted by where they came from.

An exception while deciding is a bug of ours, and what it met is refused: it changes nothing, it is
on record with its bytes, and it never ends the gateway. Whoever brings too many of them within a
minute is to be stopped; this only says so.
"""

import traceback
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from fixgw.model.now import Now
from fixgw.model.refusals import InputRefused, RefusedKind
from fixgw.venues.border import text_of

TOO_MANY = 10
"""Refusals of one source within MINUTE_MS after which it is stopped: a client's session is
disabled, a venue held."""

MINUTE_MS = 60_000

KEPT_A_MINUTE = 60
"""Refusals of one source that are put on record within MINUTE_MS; more are counted only. A venue
that is held still says things, and must not fill the disk."""

KEPT_IN_MEMORY = 500
"""The newest refusals, for an operator who asks; the journal has all."""

CONTENT_BYTES_MAX = 65_536
"""Of one refused input; what is longer is cut."""

MASK = "***"


class Refusal(NamedTuple):
    """A refusal, and the traceback of the exception for the log."""

    record: InputRefused
    trace: str


class Refusals:
    """All that were refused."""

    def __init__(self) -> None:
        self.kept: deque[InputRefused] = deque(maxlen=KEPT_IN_MEMORY)
        self.number = 0
        """That of the latest one, and so how many there are on record."""
        self.left_out = 0
        """How many were too many to be kept, since the start."""
        self._recent: dict[str, deque[int]] = {}
        """By source: when, of the clock that never jumps."""

    def replay(self, refusal: InputRefused) -> None:
        """Take *refusal* from the journal."""
        self.number = refusal.number
        self.kept.append(refusal)

    def refuse(
        self, kind: RefusedKind, source: str, content: bytes, error: Exception, now: Now,
        secrets: Sequence[str] = (),
    ) -> Refusal | None:
        """Refuse *content*, which met *error*; None if it is not kept, as too many came before.

        *secrets* are values that the error may repeat, and nobody may read.
        """
        recent = self._recent.setdefault(source, deque())
        while recent and now.mono_ms - recent[0] >= MINUTE_MS:
            recent.popleft()
        if len(recent) >= KEPT_A_MINUTE:
            self.left_out += 1
            return None
        recent.append(now.mono_ms)
        self.number += 1
        name = "".join(traceback.format_exception_only(error)).strip()
        record = InputRefused(
            at=now.ms, number=self.number, kind=kind, source=source,
            content=content[:CONTENT_BYTES_MAX], error=text_of(_without(secrets, name)),
        )
        self.kept.append(record)
        return Refusal(record, _without(secrets, "".join(traceback.format_exception(error))))

    def too_many(self, source: str) -> bool:
        """True if *source* is to be stopped, by what was refused of it until now."""
        return len(self._recent.get(source, ())) >= TOO_MANY

    def forget(self, source: str) -> None:
        """An operator lets *source* go on: the count begins anew."""
        self._recent.pop(source, None)


def in_words(refused: Refusal | None) -> str:
    """Text(58) for whoever is affected."""
    if refused is None:
        return "internal error"
    return f"internal error, reference {refused.record.reference}"


def written(said: object) -> bytes:
    """A word or a report as one line for people: its type, and its fields as JSON."""
    try:
        body = msgspec.json.encode(said)
    except Exception:
        # What broke us may be broken itself, in any way: then as much as Python can tell of it.
        body = object.__repr__(said).encode()
    return type(said).__name__.encode() + b" " + body


def _without(secrets: Sequence[str], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text

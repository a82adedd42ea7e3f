"""Inputs whose handling raised an exception: numbered, kept, and counted by source.

An exception while deciding is a bug of ours, and its input is refused: it changes nothing, is
recorded with its bytes, and never ends the gateway. A source that causes too many of them within a
minute is to be stopped; this module only reports it. A step that no input caused is kept alike, and
stops nobody.
"""

import traceback
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from fixgw.core.orders.leg import Leg
from fixgw.core.set_aside import FailedStep
from fixgw.model.now import Now
from fixgw.model.refusals import InputRefused, RefusedKind
from fixgw.venues.kit.border import text_of

TOO_MANY = 10
"""Refusals of one source within MINUTE_MS after which it is stopped: a client's session is
disabled, a venue held."""

MINUTE_MS = 60_000

KEPT_A_MINUTE = 60
"""Refusals of one source that are recorded within MINUTE_MS; more are only counted. A venue that is
held still sends inputs, and must not fill the disk."""

KEPT_IN_MEMORY = 500
"""Number of newest refusals kept for an operator's queries; the journal has all."""

CONTENT_BYTES_MAX = 65_536
"""Maximum length of a refused input; a longer one is cut."""

MASK = "***"


class Refusal(NamedTuple):
    """A refusal, and the traceback of the exception for the log."""

    record: InputRefused
    trace: str


class Refusals:
    """All refused inputs."""

    def __init__(self) -> None:
        self.kept: deque[InputRefused] = deque(maxlen=KEPT_IN_MEMORY)
        self.number = 0
        """Number of the latest one, and thus the count of recorded ones."""
        self.left_out = 0
        """Number of refusals since the start that were not kept, as there were too many."""
        self._recent: dict[str, deque[int]] = {}
        """By source: the times, of the clock that never jumps."""

    def replay(self, refusal: InputRefused) -> None:
        """Apply *refusal* from the journal."""
        self.number = refusal.number
        self.kept.append(refusal)

    def refuse(
        self, kind: RefusedKind, source: str, content: bytes, error: Exception, now: Now,
        secrets: Sequence[str] = (),
    ) -> Refusal | None:
        """Refuse *content*, which met *error*; return None if it is not kept, as too many came
        before.

        *secrets* are values that the error may repeat, and nobody may read.
        """
        key = f"{kind} {source}" if kind is RefusedKind.STEP else source
        recent = self._recent.setdefault(key, deque())
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

    def refuse_step(self, failed: FailedStep, leg: Leg | None, now: Now) -> Refusal | None:
        """Refuse a step about *leg*, or about none; return None if too many came before."""
        trace = "".join(traceback.format_exception(failed.error))
        known = {"step": failed.step.name, "session": failed.session}
        if leg is not None:
            known |= {
                "order_id": leg.order_id, "cl_ord_id": leg.request.cl_ord_id, "venue": leg.venue,
            }
        content = msgspec.json.encode(known | {"trace": trace})
        return self.refuse(RefusedKind.STEP, failed.session, content, failed.error, now)

    def too_many(self, source: str) -> bool:
        """True if *source* is to be stopped, by what was refused of it until now."""
        return len(self._recent.get(source, ())) >= TOO_MANY

    def forget(self, source: str) -> None:
        """Let *source* go on, by an operator's decision: the count begins anew."""
        self._recent.pop(source, None)


def in_words(refused: Refusal | None) -> str:
    """Return Text(58) for the affected client."""
    if refused is None:
        return "internal error"
    return f"internal error, reference {refused.record.reference}"


def written(said: object) -> bytes:
    """Return an input or a report as one line for people: its type, and its fields as JSON."""
    try:
        body = msgspec.json.encode(said)
    except Exception:
        # The object that broke us may itself be broken, in any way: then as much as can be shown.
        body = object.__repr__(said).encode()
    return type(said).__name__.encode() + b" " + body


def _without(secrets: Sequence[str], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text

"""What failed Logons cost: a wait, for an address more each time, and in the end all its Logons.

Sans-IO: times are arguments, seconds of a clock that never jumps.

A *source* is what failures are counted for: an address, or, for an address from which a
session has logged on lately (`auth.memory`), that address and session together, so that whoever
shares an address with a client (a proxy, an office) and guesses does not shut it out.

A session's failures make every failure of it cost more, wherever it comes from. They never cost
anything where there was no failure: whoever hammers a CompID from elsewhere must not keep its
client out, and so nothing here ever locks a session.
"""

from collections import OrderedDict, deque
from collections.abc import Hashable

from fixgw.model.ids import SessionKey
from fixgw.runtime.admission import Standing, network

WINDOW_SECONDS = 60.0
"""Failures that are older count no more."""

FAILURES_MAX = 10
"""Failures of one source in the window; its Logons are then refused, and not looked at."""

FIRST_WAIT_SECONDS = 0.25
"""From the look at a Logon to its refusal; longer than any check takes, so that the time tells
nothing. Doubled by each failure before it."""

WAIT_SECONDS_MAX = 3.0
"""Below what a client is given to log on: a wait that is over in time lets it try again."""

SOURCES_MAX = 10_000
"""Sources whose failures are remembered; of more, those that failed longest ago are forgotten."""

BUCKETS = 1_024
"""Sessions' failures are counted in so many places, known and unknown sessions alike."""

Source = Hashable


class Penalties:
    """Failures by source and by session."""

    def __init__(self) -> None:
        self._of_source: OrderedDict[Source, deque[float]] = OrderedDict()
        self._not_before: dict[Source, float] = {}
        self._of_bucket: dict[int, deque[float]] = {}

    def standing(self, source: Source, now: float) -> Standing:
        """How soon somebody from *source*, where nobody is known, makes room for others."""
        failures = self._of_source.get(source)
        failed = failures is not None and _recent(failures, now) > 0
        return Standing.REFUSED if failed else Standing.STRANGER

    def blocked(self, source: Source, now: float) -> bool:
        """Whether *source* has failed too often to be looked at."""
        failures = self._of_source.get(source)
        return failures is not None and _recent(failures, now) >= FAILURES_MAX

    def wait_seconds(self, source: Source, now: float) -> float:
        """How long the next Logon of *source* has to wait before it is looked at."""
        return max(0.0, self._not_before.get(source, 0.0) - now)

    def failed(self, source: Source, session: SessionKey | str, now: float) -> float:
        """Count a failure; returns how many seconds from *now* it is told, by closing."""
        failures = self._of_source.setdefault(source, deque(maxlen=FAILURES_MAX))
        self._of_source.move_to_end(source)
        bucket = self._of_bucket.setdefault(hash(session) % BUCKETS, deque(maxlen=FAILURES_MAX))
        before = max(_recent(failures, now), _recent(bucket, now))
        failures.append(now)
        bucket.append(now)
        if len(self._of_source) > SOURCES_MAX:
            forgotten, _ = self._of_source.popitem(last=False)
            self._not_before.pop(forgotten, None)
        wait = min(FIRST_WAIT_SECONDS * 2.0**before, WAIT_SECONDS_MAX)
        self._not_before[source] = now + wait
        return wait

    def succeeded(self, source: Source) -> None:
        """A client that is known there has logged on: its own failures are forgiven."""
        self._of_source.pop(source, None)
        self._not_before.pop(source, None)


def source(address: str, session: SessionKey | str, *, known: bool) -> Source:
    """What to count a Logon's failure for; *known*: `auth.memory` knows the session there."""
    return (network(address), session) if known else network(address)


def _recent(failures: deque[float], now: float) -> int:
    """How many of *failures* are in the window; the others are dropped."""
    while failures and now - failures[0] >= WINDOW_SECONDS:
        failures.popleft()
    return len(failures)

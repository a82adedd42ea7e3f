"""Delays for failed Logons: growing for each address, and in the end a refusal of all its Logons.

Sans-IO: times are arguments, seconds of a monotonic clock.

Failures are counted per *source*: an address, or, if a session has logged on from that address
lately (`auth.memory`), the address and the session together. Somebody who shares an address with a
client (a proxy, an office) and guesses therefore does not shut the client out.

A session's failures delay every further failure of that session, from any address. They never
affect a source without a failure: somebody who hammers a CompID from elsewhere must not keep its
client out. So nothing here ever locks a session.
"""

from collections import OrderedDict, deque
from collections.abc import Hashable

from fixgw.model.ids import SessionKey
from fixgw.runtime.admission import Standing, network

WINDOW_SECONDS = 60.0
"""Older failures no longer count."""

FAILURES_MAX = 10
"""Failures of one source in the window; above it the source's Logons are refused unchecked."""

FIRST_WAIT_SECONDS = 0.25
"""From the start of a Logon's check to its refusal; longer than any check takes, so that the time
reveals nothing. Doubled by each failure before it."""

WAIT_SECONDS_MAX = 3.0
"""Shorter than a client's time to log on: after a wait in time the client can try again."""

SOURCES_MAX = 10_000
"""Sources whose failures are remembered; above the limit the oldest failures are forgotten."""

BUCKETS = 1_024
"""Number of places in which failures of sessions, known and unknown alike, are counted."""

Source = Hashable


class FailureBackoff:
    """The failures by source and by session."""

    def __init__(self) -> None:
        self._of_source: OrderedDict[Source, deque[float]] = OrderedDict()
        self._not_before: dict[Source, float] = {}
        self._of_bucket: dict[int, deque[float]] = {}

    def standing(self, source: Source, now: float) -> Standing:
        """Return how soon a connection from *source*, where no session is known, makes room for
        others."""
        failures = self._of_source.get(source)
        failed = failures is not None and _recent(failures, now) > 0
        return Standing.REFUSED if failed else Standing.STRANGER

    def blocked(self, source: Source, now: float) -> bool:
        """Return True if *source* has failed too often to be checked."""
        failures = self._of_source.get(source)
        return failures is not None and _recent(failures, now) >= FAILURES_MAX

    def wait_seconds(self, source: Source, now: float) -> float:
        """Return how long the next Logon of *source* must wait before its check."""
        return max(0.0, self._not_before.get(source, 0.0) - now)

    def failed(self, source: Source, session: SessionKey | str, now: float) -> float:
        """Count a failure; return in how many seconds from *now* its connection is closed."""
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
        """Forgive the source's own failures: a client that is known there has logged on."""
        self._of_source.pop(source, None)
        self._not_before.pop(source, None)


def source(address: str, session: SessionKey | str, *, known: bool) -> Source:
    """Return the source of a Logon's failure; *known*: `auth.memory` knows the session at the
    address."""
    return (network(address), session) if known else network(address)


def _recent(failures: deque[float], now: float) -> int:
    """Return how many of *failures* are in the window, and drop the others."""
    while failures and now - failures[0] >= WINDOW_SECONDS:
        failures.popleft()
    return len(failures)

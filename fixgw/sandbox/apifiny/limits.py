"""The venue's own throttle: so many requests in any second, by account.

Pure: the time comes in. A refused request does not count against the next ones.
"""

from collections import defaultdict, deque

from fixgw.sandbox.apifiny.codes import Code, Refusal

WINDOW_MS = 1_000


class RateLimit:
    """A sliding window for each account; a limit of 0 is none."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._seen: defaultdict[str, deque[int]] = defaultdict(deque)

    def count(self, account_id: str, now: int) -> None:
        """Count one request, or refuse it.

        The text is that of "Rate Limits". ASSUMPTION: the code, which is not stated there.
        """
        if not self._per_second:
            return
        seen = self._seen[account_id]
        while seen and seen[0] <= now - WINDOW_MS:
            seen.popleft()
        if len(seen) >= self._per_second:
            raise Refusal(Code.REQUEST_TOO_OFTEN, "rate limit is exceeded")
        seen.append(now)

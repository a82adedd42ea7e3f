"""Work on many orders, done in portions: no other client waits longer than for one portion.

One message may ask about ten thousand orders, or have them all canceled. Its cost is counted in
units, about a microsecond each; a maximum may be spent at once, and a fixed number is added each
millisecond. A small request is answered at once; a large one takes its time, and the sessions take
turns. This module never journals anything: a job that must survive a restart records that itself.
"""

from collections import deque
from collections.abc import Callable, Generator

from fixgw.model.ids import SessionKey
from fixgw.model.now import Now

LOOK, REPORT, CANCEL = 1, 25, 20
"""Costs in units: to examine an order, to report it, to have it canceled."""

AT_ONCE_UNITS = 2_500
"""Budget of one tick: 100 reports, 125 cancels."""

UNITS_PER_MS = 50
"""Units added per millisecond: 2,000 reports or 2,500 cancels a second, about a twentieth of the
process."""

TURN_UNITS = 500
"""Units that one session spends before the next one's turn."""

AGAIN_MS = 10
"""Time until the budget is enough to continue."""

Work = Generator[int, Now, None]
"""It yields the cost of its next step, and is sent the time when it may take it."""


class Job:
    """Work that was begun."""

    __slots__ = ("_work", "cost", "done")

    def __init__(self, work: Work) -> None:
        self._work = work
        self.cost = 0
        """Of its next step."""
        self.done = False
        try:
            self.cost = next(work)
        except StopIteration:
            self.done = True

    def step(self, now: Now) -> None:
        """Take the next step."""
        try:
            self.cost = self._work.send(now)
        except StopIteration:
            self.done = True

    def finish(self, now: Now) -> None:
        """Do all the remaining work at once: it must not come later than the events that follow."""
        while not self.done:
            self.step(now)


class Portions:
    """The jobs of all sessions, those of one in sequence."""

    def __init__(self, accept: Callable[[], None]) -> None:
        """*accept* has all stay that was decided until then."""
        self._accept = accept
        self._jobs: dict[SessionKey, deque[Job]] = {}
        """The first is the one whose turn it is."""
        self._units = AT_ONCE_UNITS
        self._counted_at = 0

    def begin(self, session: SessionKey, work: Work, now: Now) -> Job:
        """Do *work* of *session*, as far as permitted now; `go_on` does the rest."""
        job = Job(work)
        if not job.done:
            if self._jobs:
                # Theirs stays done, though this input may come to be rolled back.
                self.go_on(now)
                self._accept()
            self._jobs.setdefault(session, deque()).append(job)
            self.go_on(now)
        return job

    def waiting(self, session: SessionKey) -> int:
        """Return the number of unfinished jobs of *session*."""
        return len(self._jobs.get(session, ()))

    def go_on(self, now: Now) -> bool:
        """Do the work permitted now; return True if there is more to do AGAIN_MS later."""
        if not self._jobs:
            return False
        back = max(0, now.mono_ms - self._counted_at) * UNITS_PER_MS
        self._units = min(AT_ONCE_UNITS, self._units + back)
        self._counted_at = now.mono_ms
        while self._jobs and self._units > 0:
            session = next(iter(self._jobs))
            jobs = self._jobs.pop(session)
            try:
                self._turn(jobs, now)
            finally:
                if jobs:
                    self._jobs[session] = jobs
        return bool(self._jobs)

    def _turn(self, jobs: deque[Job], now: Now) -> None:
        least = max(0, self._units - TURN_UNITS)
        while jobs and self._units > least:
            job = jobs[0]
            jobs.popleft()  # a job that fails is done: it must not fail again
            while not job.done and self._units > least:
                self._units -= job.cost
                job.step(now)
            if not job.done:
                jobs.appendleft(job)

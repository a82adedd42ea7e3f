"""Work on many orders, done in portions: no other client waits longer than for one portion.

One message may ask about ten thousand orders, or have them all canceled. Its cost is counted in
units, about a microsecond each; a maximum may be spent at once, and a fixed number is added each
millisecond. A small request is answered at once; a large one takes its time, and the sessions take
turns. A job meets no bug that ends the others: each of its orders is a step of its own
(`core.set_aside`), and one that fails as a whole says itself what becomes of it. This module never
journals anything: a job that must survive a restart records that itself.
"""

from collections import deque
from collections.abc import Callable, Generator

from fixgw.core.set_aside import NO_ORDER, SetAside, StepKind
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

    __slots__ = ("_work", "abandon", "cost", "done", "name", "session")

    def __init__(
        self, name: StepKind, session: SessionKey, work: Work, abandon: Callable[[Now], None] | None
    ) -> None:
        self._work = work
        self.name = name
        self.session = session
        self.abandon = abandon
        """Called when it has failed as a whole, and ends."""
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


class Portions:
    """The jobs of all sessions, those of one in sequence."""

    def __init__(self, aside: SetAside) -> None:
        """*aside* notes the jobs that fail."""
        self._aside = aside
        self._jobs: dict[SessionKey, deque[Job]] = {}
        """The first is the one whose turn it is."""
        self._units = AT_ONCE_UNITS
        self._counted_at = 0

    def begin(
        self, name: StepKind, session: SessionKey, work: Work, now: Now,
        abandon: Callable[[Now], None] | None = None,
    ) -> Job:
        """Do *work* of *session*, as far as permitted now; `go_on` does the rest. What was decided
        until now stays. If the work fails as a whole, *abandon* is its end."""
        job = Job(name, session, work, abandon)
        if not job.done:
            self._jobs.setdefault(session, deque()).append(job)
            self.go_on(now)
        return job

    def finish(self, job: Job, now: Now) -> None:
        """Do all the remaining work at once: it must not come later than the events that follow."""
        while not job.done:
            self._step(job, now)

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
            while not job.done and self._units > least:
                self._units -= job.cost
                self._step(job, now)
            if job.done:
                jobs.popleft()

    def _step(self, job: Job, now: Now) -> None:
        """Take the next step of *job*; one that fails is done: it must not fail again."""
        try:
            job.step(now)
        except Exception as error:
            job.done = True
            self._aside.note(job.name, job.session, NO_ORDER, error)
            if job.abandon is not None:
                self._aside.attempt(job.name, job.session, NO_ORDER, job.abandon, now)

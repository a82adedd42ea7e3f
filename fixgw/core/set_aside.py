"""Steps that no input causes, each about one order: due questions, expiry, portions of long work.

A step that raises has met a bug of ours (decision 0016). It changes nothing and is noted with what
is known of it; all other orders go on in the same tick. Where it has to be done all the same, it is
set aside and done again after a growing pause. Never raises for a step, and never journals: after a
restart every order that needs a step gets it again.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from fixgw.core.orders.leg import Leg
from fixgw.core.state import EngineState
from fixgw.model.ids import OrderID, SessionKey
from fixgw.model.now import Now

PAUSES_MS = (1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 300_000, 900_000)
"""Times from a step that raised to its repetition; the last one repeats."""

NO_ORDER = OrderID("")


class StepKind(NamedTuple):
    """A kind of step."""

    name: str
    """For an operator."""
    alert: str = ""
    """The alert about an order for which it fails; "": the refusal is enough."""


ASK = StepKind("ask the venue about the order", "order_in_doubt")
EXPIRE = StepKind("end the order, whose day is over", "order_stays_open")
DEPART = StepKind("cancel for a client that has left", "order_stays_open")
RETURN = StepKind("leave its orders to a client that is back")
MASS_CANCEL = StepKind("mass cancel", "order_stays_open")
MASS_STATUS = StepKind("mass status")


class FailedStep(NamedTuple):
    """A step that raised."""

    step: StepKind
    session: SessionKey
    """The client's."""
    order_id: OrderID
    """NO_ORDER: it is about all orders of the session."""
    error: Exception


class _Waiting(NamedTuple):
    failures: int
    due: int
    session: SessionKey
    decide: Callable[[Now], Any]


class SetAside:
    """The steps that raised, and those of them that are to be done again."""

    def __init__(self, state: EngineState) -> None:
        self._state = state
        self._waiting: dict[tuple[StepKind, str], _Waiting] = {}
        """By its kind, and its order or session."""
        self.failed: list[FailedStep] = []
        """To be recorded and alerted."""

    def __len__(self) -> int:
        return len(self._waiting)

    def holds(self, order_id: OrderID) -> bool:
        """Return True if a step of *order_id* is to be done again."""
        return bool(self._waiting) and any(name == order_id for _, name in self._waiting)

    # ------------------------------------------------------------------------- once

    def attempt(
        self, step: StepKind, session: SessionKey, order_id: OrderID,
        decide: Callable[..., Any], *arguments: Any,
    ) -> bool:
        """Let *decide* happen; return False if it raised, and has changed nothing. All that was
        decided before stays."""
        self._state.accept()
        try:
            decide(*arguments)
        except BaseException as error:
            self._state.roll_back()
            if not isinstance(error, Exception):
                raise
            self.note(step, session, order_id, error)
            return False
        self._state.accept()
        return True

    def note(
        self, step: StepKind, session: SessionKey, order_id: OrderID, error: Exception
    ) -> None:
        """Keep a step that raised and changed nothing."""
        self.failed.append(FailedStep(step, session, order_id, error))

    # ------------------------------------------------------------------ until it is done

    def do(self, step: StepKind, leg: Leg, decide: Callable[[Leg, Now], Any], now: Now) -> None:
        """Do *step* of *leg*, now or when its turn comes. *decide* must look whether it is still
        to be done."""
        self._do(step, leg.request.session, leg.order_id, partial(decide, leg), now)

    def do_for(
        self, step: StepKind, session: SessionKey, decide: Callable[[Now], Any], now: Now
    ) -> None:
        """Do *step* of the client of *session*, now or when its turn comes."""
        self._do(step, session, NO_ORDER, decide, now)

    def again(self, now: Now) -> None:
        """Repeat the steps whose pauses are over."""
        over = [each for each in self._waiting.items() if each[1].due <= now.mono_ms]
        for (step, name), waiting in over:
            order_id = NO_ORDER if name == waiting.session else OrderID(name)
            self._do(step, waiting.session, order_id, waiting.decide, now)

    def drop(self, step: StepKind, session: SessionKey) -> None:
        """Do not repeat *step* of *session*."""
        self._waiting.pop((step, session), None)

    def _do(
        self, step: StepKind, session: SessionKey, order_id: OrderID,
        decide: Callable[[Now], Any], now: Now,
    ) -> None:
        key = step, order_id or session
        waiting = self._waiting.get(key)
        failures = 0
        if waiting is not None:
            if now.mono_ms < waiting.due:
                return
            failures = waiting.failures
        if self.attempt(step, session, order_id, decide, now):
            self._waiting.pop(key, None)
            return
        pause = PAUSES_MS[min(failures, len(PAUSES_MS) - 1)]
        self._waiting[key] = _Waiting(failures + 1, now.mono_ms + pause, session, decide)

    # ------------------------------------------------------------------------- what failed

    def take_failed(self) -> list[FailedStep]:
        """Return the steps that raised since the last call."""
        failed, self.failed = self.failed, []
        return failed

"""OrderMassCancelRequest(35=q) and OrderMassStatusRequest(35=AF): a session's own open orders.

A mass cancel is a separate decision about each order, journaled and retried like the gateway's own
cancels: a venue's call for all orders of an account would take those of other sessions with it.
Each order's end is reported when it occurs.

Thousands of orders are worked through in portions (`core.portions`). A mass cancel that takes more
than one is recorded from its beginning, and a restart continues it; the answer to a mass status is
not recorded: the client asks again.

An order that meets a bug of ours (decision 0016) is left out, the client is told, and the others
follow.
"""

from collections.abc import Callable, Generator
from functools import partial

from msgspec.structs import replace

from fixgw.core import reporting
from fixgw.core.orders.client_order import of, standing
from fixgw.core.orders.leg import Leg
from fixgw.core.portions import CANCEL, LOOK, REPORT, Job, Portions, Work
from fixgw.core.set_aside import MASS_CANCEL, MASS_STATUS, NO_ORDER, SetAside, StepKind
from fixgw.core.state import EngineState
from fixgw.core.unsolicited_cancels import UnsolicitedCancels
from fixgw.model.enums import (
    BusinessRejectReason,
    CxlRejReason,
    MassCancelRejectReason,
    MassCancelRequestType,
)
from fixgw.model.errors import BusinessRefused
from fixgw.model.ids import OrderID, SessionKey, next_order_id
from fixgw.model.now import Now
from fixgw.model.reports import OrderCancelReject, OrderMassCancelReport
from fixgw.model.requests import OrderMassCancelRequest, OrderMassStatusRequest
from fixgw.model.session_events import MassCancelBegun, MassCancelEnded, MassEvent

TEXT = "OrderMassCancelRequest(35=q) {cl_ord_id}"
"""Text(58) of the orders' reports."""

LEFT_OUT = "internal error: the order is left out"
"""Text(58) about an order that met a bug of ours."""

_REQUEST_TYPES = frozenset(MassCancelRequestType)
_STATUS_TYPES = frozenset({"1", "7"})
"""MassStatusReqType(585): of a security, and of all orders."""

WAITING_MAX = 8
"""Requests about many orders of one session that may wait for each other."""

_Request = OrderMassCancelRequest | OrderMassStatusRequest


class _Cancel:
    """A mass cancel under way."""

    __slots__ = ("begun", "recorded")

    def __init__(self, begun: MassCancelBegun, *, recorded: bool = False) -> None:
        self.begun = begun
        self.recorded = recorded
        """True if it is recorded: then its end is to be recorded too."""


class Mass:
    """Handles requests about many orders."""

    def __init__(
        self, state: EngineState, own_cancels: UnsolicitedCancels, portions: Portions,
        aside: SetAside,
    ) -> None:
        self._state = state
        self._aside = aside
        self._own_cancels = own_cancels
        self._portions = portions
        self._reports = 0
        self._answers: dict[SessionKey, tuple[str, Job]] = {}
        """The latest OrderMassStatusRequest of a session that was not answered at once."""
        self._left: dict[str, MassCancelBegun] = {}
        """The journal's mass cancels that have not ended, by their OrderID(37)."""

    # ----------------------------------------------------------------------- cancel

    def on_mass_cancel(self, request: OrderMassCancelRequest, now: Now) -> None:
        number = next_order_id(self._reports, now.ms)
        self._begin(request, str(number), now)
        self._reports = number

    def _begin(self, request: OrderMassCancelRequest, report_id: str, now: Now) -> None:
        begun = MassCancelBegun(
            session=request.session, at=now.ms, request=request, report_id=report_id,
            last_order_id=self._state.orders.last_order_id,
        )
        refusal = self._refusal(request)
        if refusal is not None:
            self._answer(begun, now, refusal=refusal)
            return
        task = _Cancel(begun)
        job = self._begin_work(task, now)
        if not job.done:
            # Its number is counted with this tick: the rest of it must be recorded too.
            task.recorded = True
            self._state.step.events.append(task.begun)

    def replay(self, event: MassEvent) -> None:
        """Take *event* from the journal."""
        if type(event) is MassCancelBegun:
            self._left[event.report_id] = event
        else:
            self._left.pop(event.report_id, None)

    def recover(self, now: Now) -> None:
        """After the last replay: continue the mass cancels that had not ended."""
        left, self._left = self._left, {}
        for begun in left.values():
            task = _Cancel(begun, recorded=True)
            begins = partial(self._begin_work, task, now)
            if not self._aside.attempt(MASS_CANCEL, begun.session, NO_ORDER, begins):
                self._aside.attempt(MASS_CANCEL, begun.session, NO_ORDER, self._abandon, task, now)

    def _begin_work(self, task: _Cancel, now: Now) -> Job:
        return self._portions.begin(
            MASS_CANCEL, task.begun.session, self._cancels(task), now,
            partial(self._abandon, task),
        )

    def _cancels(self, task: _Cancel) -> Work:
        begun = task.begun
        meant, left_out = yield from self._select(begun.request, begun.last_order_id, MASS_CANCEL)
        now = yield REPORT
        if not begun.answered:
            self._aside.attempt(
                MASS_CANCEL, begun.session, NO_ORDER, self._say_begun, begun, meant, left_out, now
            )
            task.begun = replace(task.begun, answered=True)
            if task.recorded:
                self._state.step.events.append(task.begun)
        for leg in meant:
            if leg.order_id in begun.left_out:
                continue
            now = yield CANCEL
            if not self._attempt(MASS_CANCEL, leg, self._cancel, begun, leg, now):
                self._leave_out(task, leg, now)
        self._end(task, now)

    def _leave_out(self, task: _Cancel, leg: Leg, now: Now) -> None:
        """Leave *leg* out, also after a restart, and say so."""
        left_out = *task.begun.left_out, leg.order_id
        task.begun = replace(task.begun, left_out=left_out)
        if task.recorded:
            self._state.step.events.append(task.begun)
        self._attempt(MASS_CANCEL, leg, self._say_left_out, task.begun, leg, now)

    def _attempt(
        self, step: StepKind, leg: Leg, decide: Callable[..., None], *arguments: object
    ) -> bool:
        return self._aside.attempt(
            step, leg.request.session, leg.order_id, decide, *arguments
        )

    def _cancel(self, begun: MassCancelBegun, leg: Leg, now: Now) -> None:
        text = TEXT.format(cl_ord_id=begun.request.cl_ord_id)
        current = standing(leg)
        self._own_cancels.cancel(current, text, now)
        if current.replacement is not None:
            self._own_cancels.cancel(current.replacement, text, now)  # it may be there already

    def _end(self, task: _Cancel, now: Now) -> None:
        begun = task.begun
        if task.recorded:
            self._state.step.events.append(
                MassCancelEnded(session=begun.session, at=now.ms, report_id=begun.report_id)
            )

    def _abandon(self, task: _Cancel, now: Now) -> None:
        """End a mass cancel that failed as a whole: a restart must not meet its bug again."""
        self._end(task, now)
        if not task.begun.answered:
            self._answer(
                task.begun, now, refusal=(MassCancelRejectReason.OTHER, "internal error")
            )

    def _say_left_out(self, begun: MassCancelBegun, leg: Leg, now: Now) -> None:
        """FIX 4.4, OrderMassCancelReport: each order is acknowledged with a separate report or
        OrderCancelReject(35=9)."""
        current = standing(leg)
        self._state.tell(begun.session, OrderCancelReject(
            order_id=of(current).root_id, cl_ord_id=begun.request.cl_ord_id,
            orig_cl_ord_id=current.request.cl_ord_id, ord_status=of(current).ord_status,
            reason=CxlRejReason.OTHER, transact_time=now.ms, account=current.account,
            text=LEFT_OUT, terms=current.request.terms,
        ))

    def _say_begun(
        self, begun: MassCancelBegun, meant: list[Leg], left_out: int, now: Now
    ) -> None:
        stay = [each for each in meant if not self._state.venue(each).capabilities.cancel]
        why = ""
        if stay:
            why = f"{len(stay)} stay open: {self._state.venue(stay[0]).capabilities.cancel_text}"
        if left_out:
            why += f"{'; ' if why else ''}{_left_out(left_out)}"
        if stay and len(stay) == len(meant):
            self._answer(begun, now, refusal=(MassCancelRejectReason.OTHER, why))
        else:
            self._answer(begun, now, affected=len(meant) - len(stay), text=why)

    def _refusal(
        self, request: OrderMassCancelRequest
    ) -> tuple[MassCancelRejectReason, str] | None:
        if request.request_type not in _REQUEST_TYPES:
            allowed = ", ".join(sorted(_REQUEST_TYPES))
            return (
                MassCancelRejectReason.NOT_SUPPORTED,
                f"MassCancelRequestType(530) {request.request_type} is not supported; "
                f"allowed: {allowed}",
            )
        waiting = self._portions.waiting(request.session)
        if waiting >= WAITING_MAX:
            return MassCancelRejectReason.OTHER, f"{waiting} requests before it are not done yet"
        if request.request_type == MassCancelRequestType.ALL:
            return None
        if not request.symbol:
            return (
                MassCancelRejectReason.UNKNOWN_SECURITY,
                "Symbol(55) is needed with MassCancelRequestType(530) 1",
            )
        return None

    def _answer(
        self,
        begun: MassCancelBegun,
        now: Now,
        *,
        affected: int = 0,
        text: str = "",
        refusal: tuple[MassCancelRejectReason, str] | None = None,
    ) -> None:
        reason, text = refusal or (None, text)
        request = begun.request
        self._state.tell(request.session, OrderMassCancelReport(
            cl_ord_id=request.cl_ord_id, order_id=begun.report_id,
            request_type=request.request_type, transact_time=now.ms, reject_reason=reason,
            affected=affected, symbol=request.symbol, side=request.side, text=text,
        ))

    # ----------------------------------------------------------------------- status

    def on_mass_status(self, request: OrderMassStatusRequest, now: Now) -> None:
        if request.request_type not in _STATUS_TYPES:
            allowed = ", ".join(sorted(_STATUS_TYPES))
            raise BusinessRefused(
                BusinessRejectReason.OTHER,
                f"MassStatusReqType(585) {request.request_type} is not supported; "
                f"allowed: {allowed}",
            )
        name, job = self._answers.get(request.session, ("", None))
        if job is not None and not job.done:
            raise BusinessRefused(
                BusinessRejectReason.APPLICATION_NOT_AVAILABLE,
                f"OrderMassStatusRequest(35=AF) {name} is still being answered: ask again behind "
                "its LastRptRequested(912)=Y",
            )
        job = self._portions.begin(MASS_STATUS, request.session, self._statuses(request), now)
        if job.done:
            self._answers.pop(request.session, None)
        else:
            self._answers[request.session] = request.mass_status_req_id, job

    def _statuses(self, request: OrderMassStatusRequest) -> Work:
        meant, left_out = yield from self._select(
            request, self._state.orders.last_order_id, MASS_STATUS
        )
        for number, leg in enumerate(meant, 1):
            now = yield REPORT
            last = number == len(meant) and not left_out
            left_out += not self._attempt(
                MASS_STATUS, leg, self._report, leg, request, len(meant), last, now
            )
        if left_out or not meant:
            now = yield REPORT
            report = reporting.no_orders(request, now.ms)
            self._state.tell(
                request.session, replace(report, text=_left_out(left_out)) if left_out else report
            )

    def _report(
        self, leg: Leg, request: OrderMassStatusRequest, count: int, last: bool, now: Now
    ) -> None:
        # In its present state: it may have been filled, or replaced, since the first of them.
        self._state.report(
            leg, reporting.mass_status(standing(leg), now.ms, request, count, last=last)
        )

    # ----------------------------------------------------------------- which orders

    def _select(
        self, request: _Request, last_order_id: int, step: StepKind
    ) -> Generator[int, Now, tuple[list[Leg], int]]:
        """Return, for each of the session's open orders that fits every field that *request* names
        and is no younger than *last_order_id*, the leg that stands for it, however many replaced
        each other; and the number of those that are left out, as they meet a bug."""
        wanted = self._wanted(request)
        meant: dict[OrderID, Leg] = {}
        left_out = 0
        for leg in self._state.orders.of_session(request.session):
            yield LOOK
            try:
                current = standing(leg)
                fits = (
                    current.open
                    and current.order_id not in meant
                    and int(of(current).root_id) <= last_order_id
                    and all(fits(current) for fits in wanted)
                )
            except Exception as error:
                # Only looked at: there is nothing to undo.
                self._aside.note(step, request.session, leg.order_id, error)
                left_out += 1
            else:
                if fits:
                    meant[current.order_id] = current
        return list(meant.values()), left_out

    def _wanted(self, request: _Request) -> list[Callable[[Leg], bool]]:
        wanted: list[Callable[[Leg], bool]] = []
        if request.symbol:
            wanted.append(lambda leg: self._state.is_named(leg, request.symbol))
        if request.side:
            wanted.append(lambda leg: leg.request.side == request.side)
        if request.account:
            wanted.append(lambda leg: leg.account == request.account)
        if request.security_exchange:
            wanted.append(lambda leg: leg.exchange == request.security_exchange)
        return wanted


def _left_out(count: int) -> str:
    return f"internal error: {count} {'order is' if count == 1 else 'orders are'} left out"

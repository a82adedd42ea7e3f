"""OrderMassCancelRequest(35=q) and OrderMassStatusRequest(35=AF): a session's own open orders.

A mass cancel is a separate decision about each order, journaled and retried like the gateway's own
cancels: a venue's call for all orders of an account would take those of other sessions with it.
Each order's end is reported when it occurs.

Thousands of orders are worked through in portions (`core.portions`). A mass cancel that takes more
than one is recorded from its beginning, and a restart continues it; the answer to a mass status is
not recorded: the client asks again.
"""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from fixgw.core import reporting
from fixgw.core.orders.client_order import of, standing
from fixgw.core.orders.leg import Leg
from fixgw.core.portions import CANCEL, LOOK, REPORT, Job, Portions, Work
from fixgw.core.state import EngineState
from fixgw.core.unsolicited_cancels import UnsolicitedCancels
from fixgw.model.enums import (
    BusinessRejectReason,
    MassCancelRejectReason,
    MassCancelRequestType,
)
from fixgw.model.errors import BusinessRefused
from fixgw.model.ids import OrderID, SessionKey, next_order_id
from fixgw.model.now import Now
from fixgw.model.reports import OrderMassCancelReport
from fixgw.model.requests import OrderMassCancelRequest, OrderMassStatusRequest
from fixgw.model.session_events import MassCancelBegun, MassCancelEnded, MassEvent

TEXT = "OrderMassCancelRequest(35=q) {cl_ord_id}"
"""Text(58) of the orders' reports."""

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
        self, state: EngineState, own_cancels: UnsolicitedCancels, portions: Portions
    ) -> None:
        self._state = state
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
        job = self._portions.begin(request.session, self._cancels(task), now)
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
            self._portions.begin(begun.session, self._cancels(task), now)

    def _cancels(self, task: _Cancel) -> Work:
        begun = task.begun
        meant: list[Leg] = []
        for leg in self._looks(begun.request, begun.last_order_id):
            yield LOOK
            if leg is not None:
                meant.append(leg)
        now = yield REPORT
        if not begun.answered:
            self._say_begun(begun, meant, now)
            task.begun = replace(begun, answered=True)
            if task.recorded:
                self._state.step.events.append(task.begun)
        text = TEXT.format(cl_ord_id=begun.request.cl_ord_id)
        for leg in meant:
            now = yield CANCEL
            current = standing(leg)
            self._own_cancels.cancel(current, text, now)
            if current.replacement is not None:
                self._own_cancels.cancel(current.replacement, text, now)  # it may be there already
        if task.recorded:
            self._state.step.events.append(
                MassCancelEnded(session=begun.session, at=now.ms, report_id=begun.report_id)
            )

    def _say_begun(self, begun: MassCancelBegun, meant: list[Leg], now: Now) -> None:
        stay = [each for each in meant if not self._state.venue(each).capabilities.cancel]
        why = ""
        if stay:
            why = f"{len(stay)} stay open: {self._state.venue(stay[0]).capabilities.cancel_text}"
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
        job = self._portions.begin(request.session, self._statuses(request), now)
        if job.done:
            self._answers.pop(request.session, None)
        else:
            self._answers[request.session] = request.mass_status_req_id, job

    def _statuses(self, request: OrderMassStatusRequest) -> Work:
        meant: list[Leg] = []
        for leg in self._looks(request, self._state.orders.last_order_id):
            yield LOOK
            if leg is not None:
                meant.append(leg)
        for number, leg in enumerate(meant, 1):
            now = yield REPORT
            # In its present state: it may have been filled, or replaced, since the first of them.
            self._state.report(leg, reporting.mass_status(
                standing(leg), now.ms, request, len(meant), last=number == len(meant)
            ))
        if not meant:
            now = yield REPORT
            self._state.tell(request.session, reporting.no_orders(request, now.ms))

    # ----------------------------------------------------------------- which orders

    def _looks(self, request: _Request, last_order_id: int) -> Iterator[Leg | None]:
        """Yield, for each of the session's open orders, the leg that stands for it, however many
        replaced each other, or None: it does not fit every field that *request* names, was there
        already, or is younger than *last_order_id*."""
        wanted: list[Callable[[Leg], bool]] = []
        if request.symbol:
            wanted.append(lambda leg: self._state.is_named(leg, request.symbol))
        if request.side:
            wanted.append(lambda leg: leg.request.side == request.side)
        if request.account:
            wanted.append(lambda leg: leg.account == request.account)
        if request.security_exchange:
            wanted.append(lambda leg: leg.exchange == request.security_exchange)
        seen: set[OrderID] = set()
        for leg in self._state.orders.of_session(request.session):
            current = standing(leg)
            if (
                current.open
                and current.order_id not in seen
                and int(of(current).root_id) <= last_order_id
                and all(fits(current) for fits in wanted)
            ):
                seen.add(current.order_id)
                yield current
            else:
                yield None

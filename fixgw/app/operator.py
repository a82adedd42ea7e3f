"""Operator commands: joins the control socket to the engine and the venues.

A command that changes state is decided at the beginning of a tick and committed with it, and is
answered after that. A query is answered between two ticks. This module decides nothing itself.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog

import fixgw
from fixgw.app.attendance import attending
from fixgw.app.closed_on_file import Name
from fixgw.app.gateway import Gateway
from fixgw.app.reconciliation import Reconciliation
from fixgw.core.orders.client_order import of, standing, total_qty
from fixgw.core.orders.leg import Leg
from fixgw.core.verdicts import concerned
from fixgw.model.enums import OrdStatus
from fixgw.model.errors import GatewayError, VerdictRefused
from fixgw.model.ids import OrderID, VenueName
from fixgw.model.now import Now
from fixgw.model.number import text
from fixgw.model.session_events import SessionDisabled
from fixgw.ops.answers import (
    Answer,
    Comparison,
    Enabled,
    Failed,
    OrderShown,
    Reconciled,
    RefusedInputs,
    ReloadResult,
    Resumed,
    Sessions,
    Status,
    VenueState,
    VerdictOnRecord,
    doubt,
    order_line,
    refused_line,
)
from fixgw.ops.control import Peer
from fixgw.ops.requests import (
    AskRefused,
    AskSessions,
    AskStatus,
    EnableSession,
    Reconcile,
    RecordVerdict,
    Reload,
    Request,
    ResumeVenue,
    ShowOrder,
)
from fixgw.runtime.clock import Clock

T = TypeVar("T")

STOPPING = "the gateway is stopping; ask when it runs again"


class NotPossible(GatewayError):
    """The request cannot be carried out, and nothing has changed."""


class Operator:
    """Answers the requests of `ops.requests` for one gateway."""

    def __init__(
        self, gateway: Gateway, clock: Clock, reload: Callable[[], Awaitable[ReloadResult]]
    ) -> None:
        self._gateway = gateway
        self._do_reload = reload
        self._clock = clock
        self._engine = gateway.engine
        self._log = structlog.get_logger()
        self._answers: dict[type[Any], Callable[[Any, Peer], Awaitable[Answer]]] = {
            AskStatus: self._status,
            ShowOrder: self._show,
            ResumeVenue: self._resume,
            RecordVerdict: self._verdict,
            Reconcile: self._reconcile,
            Reload: self._reload,
            AskSessions: self._sessions,
            EnableSession: self._enable,
            AskRefused: self._refused,
        }

    async def answer(self, request: Request, peer: Peer) -> Answer:
        """Carry out *request*; return when it is done, and recorded."""
        try:
            return await self._answers[type(request)](request, peer)
        except (NotPossible, VerdictRefused) as error:
            return Failed(text=str(error))

    async def _in_a_tick(self, change: Callable[[Now], T]) -> T:
        """Make *change* first in the next tick; return its result when that is recorded.

        It is carried out even if the requester has given up.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def settle(settled: Callable[[], None]) -> None:
            self._gateway.after_commit(lambda: None if done.done() else settled())

        def do(now: Now) -> None:
            try:
                if self._gateway.stopping:
                    raise NotPossible(STOPPING)
                result = change(now)
            except (NotPossible, VerdictRefused) as error:
                refusal = error
                settle(lambda: done.set_exception(refusal))
            else:
                settle(lambda: done.set_result(result))

        self._gateway.before_tick(do)
        return await done

    # --------------------------------------------------------------------- queries

    async def _status(self, request: AskStatus, peer: Peer) -> Status:
        now_ms = self._clock.now_ms()
        orders: Counter[VenueName] = Counter()
        in_doubt: Counter[VenueName] = Counter()
        for order in self._engine.orders.open():
            orders[order.venue] += 1
            in_doubt[order.venue] += doubt(order, now_ms) is not None
        return Status(
            version=fixgw.__version__,
            pid=os.getpid(),
            venues=tuple(
                self._state(name, orders[name], in_doubt[name]) for name in self._gateway.venues
            ),
        )

    def _state(self, name: VenueName, orders: int, in_doubt: int) -> VenueState:
        adapter = self._gateway.venues[name]
        held = self._engine.held.get(name)
        return VenueState(
            venue=name,
            capabilities=adapter.capabilities,
            accounts=tuple(sorted(adapter.accounts())),
            health=adapter.health(),
            loaded=name in self._gateway.loaded,
            held_since=held.at if held is not None else 0,
            held_text=held.text if held is not None else "",
            open=orders,
            in_doubt=in_doubt,
        )

    async def _sessions(self, request: AskSessions, peer: Peer) -> Sessions:
        gateway, now = self._gateway, self._clock.now()
        return Sessions(
            version=fixgw.__version__,
            pid=os.getpid(),
            sessions=tuple(
                attending(
                    client, gateway.agreed(client.settings.key), gateway.index, now,
                    gateway.containment.bars_logon(client.settings.key),
                )
                for client in gateway.clients.values()
            ),
        )

    async def _refused(self, request: AskRefused, peer: Peer) -> RefusedInputs:
        refusals = self._gateway.containment.refusals
        return RefusedInputs(
            version=fixgw.__version__, pid=os.getpid(), on_record=refusals.number,
            left_out=refusals.left_out, lines=tuple(map(refused_line, refusals.kept)),
        )

    def _order(self, order_id: OrderID) -> Leg | None:
        """Return the leg *order_id*, which may have left memory."""
        found, on_file = self._engine.orders.get(order_id), self._gateway.on_file
        if found is None and on_file is not None and on_file.has_left(order_id):
            on_file.bring([Name(None, order_id)], self._clock.now())
            found = self._engine.orders.get(order_id)
        return found

    async def _show(self, request: ShowOrder, peer: Peer) -> OrderShown:
        named = self._order(request.order_id)
        if named is None:
            raise NotPossible(f"there is no order {request.order_id}: `fixgw orders` lists them")
        order = concerned(named)
        return OrderShown(
            order=order_line(order, self._clock.now_ms()),
            changed_at=changed_at(order),
            text=which(named, order),
        )

    # -------------------------------------------------------------------- changes

    async def _resume(self, request: ResumeVenue, peer: Peer) -> Resumed:
        adapter = self._gateway.venues[self._known(request.venue)]

        def change(now: Now) -> Resumed:
            held = self._engine.held.get(request.venue)
            if not self._engine.resume_venue(request.venue, request.who, now):
                raise NotPossible(f"{request.venue} is not held: new orders go there")
            assert held is not None, "what is resumed was held"
            self._gateway.containment.refusals.forget(request.venue)
            self._gateway.after_commit(adapter.resume)
            return Resumed(venue=request.venue, held_since=held.at, held_text=held.text)

        resumed = await self._in_a_tick(change)
        self._log.warning(
            "venue_resumed", venue=request.venue, who=request.who, uid=peer.uid,
            was_held_for=resumed.held_text,
        )
        return resumed

    async def _enable(self, request: EnableSession, peer: Peer) -> Enabled:
        def change(now: Now) -> SessionDisabled:
            was = self._gateway.containment.enable(request.session, request.who, now)
            if was is None:
                raise NotPossible(f"{request.session} is not disabled: `fixgw sessions` lists them")
            return was

        was = await self._in_a_tick(change)
        self._log.warning(
            "session_enabled", session=request.session, who=request.who, uid=peer.uid
        )
        return Enabled(
            session=request.session, disabled_since=was.at, disabled_text=was.text
        )

    async def _verdict(self, request: RecordVerdict, peer: Peer) -> VerdictOnRecord:
        def change(now: Now) -> VerdictOnRecord:
            return self._record(request, now)

        on_record = await self._in_a_tick(change)
        self._log.warning(
            "verdict_recorded", order_id=request.order_id, verdict=str(request.verdict),
            who=request.who, why=request.why, uid=peer.uid,
            before=on_record.before.status, after=on_record.after.status,
        )
        return on_record

    def _record(self, request: RecordVerdict, now: Now) -> VerdictOnRecord:
        named = self._order(request.order_id)
        if named is None:
            raise VerdictRefused(f"there is no order {request.order_id}: `fixgw orders` lists them")
        order = concerned(named)
        if request.seen_at is not None and request.seen_at != changed_at(order):
            raise VerdictRefused(
                f"order {order.order_id} has changed since you looked: it is {order.status.name} "
                f"now, CumQty(14) {text(total_qty(order))}. Look again"
            )
        before, client_saw = order_line(order, now.ms), as_its_client_sees(order)
        last_qty, last_px = request.execution
        self._engine.record_verdict(
            order.order_id, request.verdict, request.who, request.why, now,
            last_qty=last_qty, last_px=last_px,
        )
        client = self._gateway.clients.get(order.request.session)
        return VerdictOnRecord(
            before=before,
            after=order_line(order, now.ms),
            client_is_told=as_its_client_sees(order) != client_saw,
            client_is_here=client is not None and client.connection is not None,
        )

    async def _reconcile(self, request: Reconcile, peer: Peer) -> Reconciled:
        names = [self._known(request.venue)] if request.venue else list(self._gateway.venues)
        self._log.info("reconciling", venues=names, uid=peer.uid)
        several = await asyncio.gather(*(self._compare(name) for name in names))
        return Reconciled(venues=tuple(several))

    async def _compare(self, name: VenueName) -> Comparison:
        with Reconciliation(self._gateway, name) as comparing:
            await self._in_a_tick(comparing.begin)
            return await comparing.result(self._clock)

    async def _reload(self, request: Reload, peer: Peer) -> ReloadResult:
        if self._gateway.stopping:
            raise NotPossible(STOPPING)
        # It continues even if nobody waits for it any more: half read would be half changed.
        return await asyncio.shield(asyncio.ensure_future(self._do_reload()))

    def _known(self, name: VenueName) -> VenueName:
        if name not in self._gateway.venues:
            known = ", ".join(self._gateway.venues) or "none"
            raise NotPossible(f"{name!r} is no venue of this gateway; its venues: {known}")
        return name


def changed_at(leg: Leg) -> int:
    """Return the time of the latest event of the order of *leg*, Unix milliseconds: an event of a
    replaced leg changes the one that took its place."""
    return of(standing(leg)).changed_at


def as_its_client_sees(leg: Leg) -> tuple[object, ...]:
    """Return the contents of a report made now."""
    order = of(standing(leg))
    return (
        order.current.order_id, order.ord_status, order.cum_qty,
        of(leg).as_seen(leg.status), total_qty(leg),
    )


def which(named: Leg, leg: Leg) -> str:
    """Return the reason why a verdict about *named* is about *leg*, in words; "" if nothing else
    could be meant."""
    if leg.beneath is OrdStatus.REPLACED:
        return (
            f"{leg.order_id} was replaced, and not all that it executed until then is known: "
            f"this is about that. The order that stands now is {standing(named).order_id}"
        )
    if leg is not named:
        return f"{named.order_id} is {named.status.name}: this is about {leg.order_id}"
    return ""


async def reconcile_by_turns(gateway: Gateway, seconds: float) -> None:
    """Have every venue reconciled once in *seconds*, at moments spread over the venues.

    Returns when the gateway stops, or at once for 0, or without a venue.
    """
    while seconds and gateway.venues:
        for adapter in gateway.venues.values():
            await asyncio.sleep(seconds / len(gateway.venues))
            if gateway.stopping:
                return
            adapter.reconcile()

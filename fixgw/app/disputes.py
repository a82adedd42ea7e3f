"""Disputed trades: a DontKnowTrade(35=Q) is kept, and reported to an operator.

A client sends one for an execution that it does not know, or does not accept: its books and ours
differ by a trade. It changes no order, and is answered only if it names no execution that was
reported to the client. This module never decides which side is right.
"""

import structlog

from fixgw.app.client_session import ClientSession
from fixgw.core.engine import Engine
from fixgw.fix.wire import clean
from fixgw.model.enums import BusinessRejectReason
from fixgw.model.errors import BusinessRefused
from fixgw.model.ids import SessionKey, execution_of
from fixgw.model.now import Now
from fixgw.model.number import text
from fixgw.model.requests import DontKnowTrade
from fixgw.model.session_events import TradeDisputed
from fixgw.runtime.few_lines import FewLines

DONT_KNOW_TRADE = "Q"
"""MsgType(35)."""


class Disputes:
    """Disputes of clients about executions that were reported to them."""

    def __init__(self, engine: Engine, few_lines: FewLines) -> None:
        self._engine = engine
        self._few_lines = few_lines
        self._kept: dict[tuple[SessionKey, str], DontKnowTrade] = {}
        """The latest dispute of each execution, since the start: one that is sent again is kept
        once. No more than there are executions reported to clients."""

    def take(self, client: ClientSession, dispute: DontKnowTrade, now: Now) -> None:
        """Record the dispute; raise BusinessRefused if no such execution was reported to the
        client."""
        client.objections += 1
        told = self._was_told(dispute)
        if self._few_lines.has_room("trade_disputed"):
            self._alert(dispute, told)
        if not told:
            raise BusinessRefused(
                BusinessRejectReason.UNKNOWN_ID,
                "ExecID(17) names no execution that was reported to this session",
            )
        if self._kept.get((dispute.session, dispute.exec_id)) == dispute:
            return
        self._kept[dispute.session, dispute.exec_id] = dispute
        client.events.append(TradeDisputed(
            session=dispute.session, at=now.ms, order_id=dispute.order_id,
            exec_id=dispute.exec_id, reason=dispute.reason, symbol=dispute.symbol,
            side=dispute.side, last_qty=dispute.last_qty, last_px=dispute.last_px,
            text=dispute.text,
        ))

    def _was_told(self, dispute: DontKnowTrade) -> bool:
        """True for the ExecID(17) of an execution of an order of this session, or of a correction
        or bust of it."""
        order_id, name = execution_of(dispute.exec_id)
        order = self._engine.orders.get(order_id)
        return (
            order is not None and order.request.session == dispute.session
            and name in order.fills
        )

    def _alert(self, dispute: DontKnowTrade, told: bool) -> None:
        details = {
            "order_id": dispute.order_id, "exec_id": dispute.exec_id, "reason": dispute.reason,
            "symbol": dispute.symbol, "side": dispute.side,
            "last_qty": "" if dispute.last_qty is None else text(dispute.last_qty),
            "last_px": "" if dispute.last_px is None else text(dispute.last_px),
            "text": dispute.text,
            "problem": "" if told else "no such execution was reported to it",
        }
        structlog.get_logger().warning(
            "trade_disputed", session=dispute.session,
            **{name: clean(value) for name, value in details.items() if value},
        )

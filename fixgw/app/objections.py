"""Clients' refusals of our messages: reported to an operator, and never answered.

A report that its client could not use is a trade that its books lack (`app.disputes` has those that
it understood and does not accept). A Reject(3) names it only by its MsgSeqNum(34), so the journal
is asked for the message. Two peers that answered such messages with such messages would go on for
ever.
"""

import structlog

from fixgw.app.client_session import ClientSession
from fixgw.fix.session_events import Objection
from fixgw.fix.wire import clean, header_fields, is_seq_num
from fixgw.journal.journal import Journal
from fixgw.runtime.few_lines import FewLines

REASONS = {"3": 373, "j": 380, "Q": 127}
"""MsgType(35) -> the field with the reason: SessionRejectReason, BusinessRejectReason, DKReason."""

NAMES = {37: "order_id", 11: "cl_ord_id", 17: "exec_id"}
"""The fields that identify the order and the execution."""


class Objections:
    """Logs each of them, within its limits, and counts them."""

    def __init__(self, journal: Journal, few_lines: FewLines) -> None:
        self._journal = journal
        self._few_lines = few_lines

    def raised(self, client: ClientSession, objection: Objection) -> None:
        """Handle a refusal by the client."""
        client.objections += 1
        if not self._few_lines.has_room("client_objects"):
            return
        said = objection.message.fields
        ours = self._told(client, said.get(45, ""))
        details = {
            "msg_type": objection.message.msg_type,
            "ref_seq_num": said.get(45, ""),
            "ref_msg_type": said.get(372, "") or ours.get(35, ""),
            "reason": said.get(REASONS[objection.message.msg_type], ""),
            **{name: said.get(tag, "") or ours.get(tag, "") for tag, name in NAMES.items()},
            "text": said.get(58, ""),
            "problem": objection.problem,
        }
        shown = {name: clean(value) for name, value in details.items() if value}
        structlog.get_logger().warning(
            "client_objects", session=client.key, count=client.objections, **shown
        )

    def _told(self, client: ClientSession, seq_num: str) -> dict[int, str]:
        """Return the fields of our message of that number, if it is one that is kept."""
        if not is_seq_num(seq_num) or not 0 < int(seq_num) < client.session.numbers.next_sender:
            return {}
        number, outbox = int(seq_num), client.session.outbox
        epoch, begin, end, _ = outbox.carried.source(client.session.numbers.epoch, number, number)
        rows = self._journal.stored(client.saved.id, epoch, begin, end, 1)
        return header_fields(rows[0][1]) if rows else {}

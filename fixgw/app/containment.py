"""Containment of our own bugs: none ends the gateway or another client's trading.

An input that could not be handled is refused (`loop.refusals`): recorded with its bytes, logged
with the traceback, never met again. A client that causes too many is logged out, and its session is
disabled until an operator enables it. An exception while the journal commits belongs to no input,
and is not contained.
"""

from collections.abc import Sequence
from typing import Any

import structlog
from msgspec.structs import replace

from fixgw.app.client_session import ClientSession
from fixgw.fix.masking import masked, secrets_in
from fixgw.journal.journal import Journal
from fixgw.loop.refusals import Refusal, Refusals, in_words, written
from fixgw.model.ids import SessionKey
from fixgw.model.now import Now
from fixgw.model.refusals import InputRefused, RefusedKind
from fixgw.model.reports import (
    BusinessMessageReject,
    ExecutionReport,
    OrderCancelReject,
    OrderMassCancelReport,
    Report,
)
from fixgw.model.session_events import SessionDisabled, SessionEnabled, SessionEvent
from fixgw.model.settlement import UNSAID
from fixgw.model.terms import PLAIN

NO_SESSION = "not logged on"
"""The source of all first messages: their sender is not yet authenticated."""

LOGGED_AS = {
    RefusedKind.MESSAGE: "client_message_refused",
    RefusedKind.WORD: "venue_word_refused",
    RefusedKind.REPORT: "report_not_written",
    RefusedKind.TIME: "session_time_refused",
    RefusedKind.STEP: "order_step_refused",
    RefusedKind.COMMAND: "venue_commands_lost",
}
"""The log line for each kind."""


class DisabledSessions(dict[SessionKey, SessionDisabled]):
    """The sessions whose clients may not log on, as recorded in the journal."""

    def replay(self, event: SessionEvent) -> None:
        """Apply *event* from the journal."""
        if type(event) is SessionDisabled:
            self[event.session] = event
        elif type(event) is SessionEnabled:
            self.pop(event.session, None)


class Containment:
    """The refused inputs, and the clients that may not log on because of them."""

    def __init__(self) -> None:
        self.refusals = Refusals()
        self.disabled = DisabledSessions()
        self._events: list[InputRefused | SessionEvent] = []
        """Events that are not recorded yet."""
        self._log = structlog.get_logger().bind()

    def persist(self, journal: Journal) -> None:
        """Give the journal the events of this tick, or since the last one."""
        if self._events:
            journal.add_events(self._events)
            self._events.clear()

    def refused(self, refused: Refusal) -> None:
        """Record a refusal with this tick, and report it to an operator."""
        record = refused.record
        self._events.append(record)
        self._log.error(
            LOGGED_AS[record.kind], reference=record.reference, source=record.source,
            error=record.error, exception=refused.trace,
        )

    def refuse_message(self, client: ClientSession, raw: bytes, error: Exception, now: Now) -> str:
        """Handle a bug met by a message of *client*; return Text(58) of the answer."""
        return self._refuse_bytes(client.settings.key, raw, error, now)

    def refuse_first_message(self, raw: bytes, error: Exception, now: Now) -> str:
        """Handle a bug met by the first message of a connection; return the reason for closing
        it."""
        return self._refuse_bytes(NO_SESSION, raw, error, now)

    def _refuse_bytes(self, source: str, raw: bytes, error: Exception, now: Now) -> str:
        return self._refuse(RefusedKind.MESSAGE, source, masked(raw), error, now, secrets_in(raw))

    def refuse_time(self, client: ClientSession, error: Exception, now: Now) -> str:
        """Handle a bug met by a timer tick in the session of *client*."""
        return self._refuse(RefusedKind.TIME, client.settings.key, b"", error, now)

    def _refuse(
        self, kind: RefusedKind, source: str, content: bytes, error: Exception, now: Now,
        secrets: Sequence[str] = (),
    ) -> str:
        refused = self.refusals.refuse(kind, source, content, error, now, secrets)
        if refused is not None:
            self.refused(refused)
        return in_words(refused)

    # --------------------------------------------------------------------- reports

    def tell(self, client: ClientSession, report: Report, now: Now) -> None:
        """Number and store *report*. One that cannot be written is recorded, and sent with the
        essential fields only."""
        error = client.report(report, now)
        if error is None:
            return
        text = self._refuse(
            RefusedKind.REPORT, client.settings.key, written(report), error, now
        )
        bare = _bare(report, f"{text}: incomplete")
        if bare is None or client.report(bare, now) is not None:
            self._log.error("report_not_told", session=client.key, text=text)

    # ------------------------------------------------------------ disabled sessions

    def disable_if_too_many(self, client: ClientSession, now: Now) -> None:
        """Log *client* out for good, if too many of its messages meet a bug of ours."""
        key = client.settings.key
        if key in self.disabled or not self.refusals.too_many(key):
            return
        newest = next(each for each in reversed(self.refusals.kept) if each.source == key)
        text = (
            f"the session is disabled after internal errors, reference {newest.reference}: ask "
            "the gateway's operator"
        )
        event = SessionDisabled(session=key, at=now.ms, text=text)
        self.disabled.replay(event)
        self._events.append(event)
        self._log.error("session_disabled", session=key, reason=text)
        client.session.end(text, now)

    def enable(self, session: SessionKey, who: str, now: Now) -> SessionDisabled | None:
        """Let the client of *session* log on again; return None if it was never disabled."""
        was = self.disabled.get(session)
        if was is not None:
            event = SessionEnabled(session=session, at=now.ms, who=who)
            self.disabled.replay(event)
            self._events.append(event)
            self.refusals.forget(session)
        return was

    def bars_logon(self, session: SessionKey) -> str:
        """Return the reason why the client of *session* may not log on; "" if it may."""
        was = self.disabled.get(session)
        return "" if was is None else was.text

    # ----------------------------------------------------------------------- replay

    def replay(self, refusal: InputRefused) -> None:
        """Apply *refusal* from the journal."""
        self.refusals.replay(refusal)


_DECORATION: dict[str, Any] = {
    "account": "", "security_exchange": "", "secondary_order_id": "", "ord_type": None,
    "terms": PLAIN, "commission": None, "commission_currency": "", "liquidity": None,
    "last_mkt": "", "settlement": UNSAID, "quote": "",
}
"""Optional fields: without them an ExecutionReport(35=8) is still true."""


def _bare(report: Report, text: str) -> Report | None:
    """Return *report* with its essential fields only; None if all of its fields are."""
    match report:
        case ExecutionReport():
            return replace(report, text=text, **_DECORATION)
        case OrderCancelReject():
            return replace(report, text=text, account="", terms=PLAIN)
        case BusinessMessageReject():
            return replace(report, text=text, terms=PLAIN)
        case OrderMassCancelReport():
            return replace(report, text=text)
    return None

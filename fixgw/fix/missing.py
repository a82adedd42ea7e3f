"""Gaps in a client's messages: the early messages, and the requests for the missing ones.

A gap holds back every order after it. A client that is asked (FIXT 1.1, "Message recovery") and
resends nothing, or rejects the ResendRequest(35=2), or knows of the gap from
NextExpectedMsgSeqNum(789) of our Logon and does nothing about it, is therefore asked again, and
finally given up with the reason. This module judges no message, and sends only by the function it
was given.
"""

from collections.abc import Callable

from fixgw.fix.early import EarlyMessages
from fixgw.fix.gap import Gap
from fixgw.fix.message import Message
from fixgw.fix.outbox import Numbers
from fixgw.fix.session_events import Fact, Noted
from fixgw.fix.wire import clean
from fixgw.model.now import Now
from fixgw.runtime.session_settings import SessionSettings

UNASKED_MS = 10_000
"""Time that a client which already knows of the gap has to fill some of it."""

ASK_AGAIN_MS = 30_000
"""Time that a client which was asked has to fill some of it."""

ASKS_MAX = 5
"""ResendRequests without any progress before the session ends with a Logout."""


class Missing:
    """Early messages, the gap before them, and the limit of our patience."""

    __slots__ = (
        "early", "_gap", "_settings", "_numbers", "_send", "_facts", "_asks", "_wait_ms", "_since",
        "_at", "_asked_as", "_rejected", "_rejection",
    )

    def __init__(
        self,
        settings: SessionSettings,
        numbers: Numbers,
        send: Callable[[str, str, Now], None],
        facts: list[Fact],
    ) -> None:
        """*send*: sends an administrative message, MsgType(35) and body. Information for an
        operator becomes one of *facts*."""
        self.early = EarlyMessages()
        self._gap = Gap(settings.max_messages_in_resend_request)
        self._settings = settings
        self._numbers = numbers
        self._send = send
        self._facts = facts
        self._asks = 0
        """ResendRequests since a part of the gap last arrived."""
        self._wait_ms = ASK_AGAIN_MS
        self._since = 0
        """Time when a part last arrived, or was requested since."""
        self._at = 0
        """The number expected then."""
        self._asked_as = 0
        """MsgSeqNum(34) of the last ResendRequest."""
        self._rejected = False
        """True if the client has rejected that one."""
        self._rejection = ""
        """Text of its rejection."""

    def __bool__(self) -> bool:
        return bool(self.early) or self._gap.end > 0

    def too_high(self, seq_num: int, message: Message, now: Now) -> None:
        """Keep the message, and ask for the gap (test case 2b)."""
        self.early.keep(seq_num, message)
        redundant = self._settings.send_redundant_resend_requests
        if not self._gap or redundant or seq_num < self._gap.begin:
            self._asks = 0
            self._ask(seq_num - 1, now)

    def told(self, seq_num: int, message: Message, now: Now) -> None:
        """Do as for an early message, for a Logon that already knows of the gap: ours states the
        number we expect, and a client that sends NextExpectedMsgSeqNum(789) heeds it."""
        self.early.keep(seq_num, message)
        self._gap.told(self._numbers.next_target, seq_num - 1)
        self._asks, self._wait_ms = 0, UNASKED_MS
        self._since, self._at = now.mono_ms, self._numbers.next_target

    def took(self, seq_num: int) -> None:
        """Note that the message of this number has had its turn."""
        if 0 < self._gap.end <= seq_num:
            self._gap.close()

    def skipped(self, new_seq_no: int) -> None:
        """Note that the client goes on with NewSeqNo(36)."""
        self.early.forget_before(new_seq_no)
        self._gap.reached(new_seq_no)

    def ask_on(self, now: Now) -> None:
        """Request the next portion, if it is due."""
        if self._gap.portion_due(self._numbers.next_target):
            self._asks = 0
            self._ask(self._gap.end, now)

    def clear(self) -> None:
        """Note that there is no client to ask any more."""
        self.early.clear()
        self._gap.close()

    def _ask(self, end: int, now: Now) -> None:
        # A client that rejects EndSeqNo(16)=0 may accept the number, and the other way round.
        closed = self._settings.closed_resend_interval is (self._asks % 2 == 0)
        self._asks, self._wait_ms, self._rejected = self._asks + 1, ASK_AGAIN_MS, False
        self._since, self._at = now.mono_ms, self._numbers.next_target
        body = self._gap.ask(self._at, end, closed=closed)
        self._asked_as = self._numbers.next_sender
        self._send("2", body, now)

    # ---------------------------------------------------------- if nothing arrives

    def rejected(self, fields: dict[int, str]) -> None:
        """Note that the client rejects a message of ours, with Reject(3) or
        BusinessMessageReject(j)."""
        ours = fields.get(45) == str(self._asked_as) and fields.get(372, "2") == "2"
        if ours and self._gap:
            self._rejected, self._rejection = True, clean(fields.get(58, ""))

    def insist(self, now: Now) -> str:
        """Ask again for messages that do not arrive. Return the reason why the session must end,
        after enough requests; "": it need not."""
        gap, expected = self._gap, self._numbers.next_target
        if not gap:
            return ""
        gap.reached(expected)
        if expected != self._at:
            self._at, self._since = expected, now.mono_ms
            self._asks, self._wait_ms = 0, ASK_AGAIN_MS
        if not gap or not self._rejected and now.mono_ms - self._since < self._wait_ms:
            return ""
        text = f"MsgSeqNum(34) {expected} to {gap.end} were not resent"
        if self._asks:
            text += f", asked for {self._asks} times"
        if self._rejected:
            text += f", ResendRequest(2) rejected: {self._rejection}"
        self._facts.append(Noted("gap_not_filled", text))
        if self._asks >= ASKS_MAX:
            return text
        self._ask(gap.end, now)
        return ""

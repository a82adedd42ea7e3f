"""What a session lacks of its client's messages, what came too early, and how it is asked for.

A gap holds back every order behind it. So who is asked (FIXT 1.1, "Message recovery") and resends
nothing, or rejects the ResendRequest(35=2), or knows of the gap from NextExpectedMsgSeqNum(789) of
our Logon and does nothing about it, is asked again, and in the end given up with the reason. It
judges no message, and sends only by the function that it was given.
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
"""So long a client that knows of the gap by itself may take to fill some of it."""

ASK_AGAIN_MS = 30_000
"""So long one that was asked may."""

ASKS_MAX = 5
"""ResendRequests without any of it coming; then the session ends with a Logout."""


class Missing:
    """Early messages, the gap before them, and our patience."""

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
        """*send*: of an administrative message, MsgType(35) and body. What an operator should know
        becomes one of *facts*."""
        self.early = EarlyMessages()
        self._gap = Gap(settings.max_messages_in_resend_request)
        self._settings = settings
        self._numbers = numbers
        self._send = send
        self._facts = facts
        self._asks = 0
        """ResendRequests since something of the gap came last."""
        self._wait_ms = ASK_AGAIN_MS
        self._since = 0
        """When it did, or when it was asked for since."""
        self._at = 0
        """The number expected then."""
        self._asked_as = 0
        """MsgSeqNum(34) of the last ResendRequest."""
        self._rejected = False
        """Whether the client has rejected that one."""
        self._rejection = ""
        """What it said."""

    def __bool__(self) -> bool:
        return bool(self.early) or self._gap.end > 0

    def too_high(self, seq_num: int, message: Message, now: Now) -> None:
        """Keep it, and ask for the gap (test case 2b)."""
        self.early.keep(seq_num, message)
        redundant = self._settings.send_redundant_resend_requests
        if not self._gap or redundant or seq_num < self._gap.begin:
            self._asks = 0
            self._ask(seq_num - 1, now)

    def told(self, seq_num: int, message: Message, now: Now) -> None:
        """The same, of a Logon that the gap was known to: ours says what we expect, and who sends
        NextExpectedMsgSeqNum(789) heeds it."""
        self.early.keep(seq_num, message)
        self._gap.told(self._numbers.next_target, seq_num - 1)
        self._asks, self._wait_ms = 0, UNASKED_MS
        self._since, self._at = now.mono_ms, self._numbers.next_target

    def took(self, seq_num: int) -> None:
        """The message of this number had its turn."""
        if 0 < self._gap.end <= seq_num:
            self._gap.close()

    def skipped(self, new_seq_no: int) -> None:
        """The client goes on with NewSeqNo(36)."""
        self.early.forget_before(new_seq_no)
        self._gap.reached(new_seq_no)

    def ask_on(self, now: Now) -> None:
        """Ask for the next portion, if it is due."""
        if self._gap.portion_due(self._numbers.next_target):
            self._asks = 0
            self._ask(self._gap.end, now)

    def clear(self) -> None:
        """There is nobody to ask any more."""
        self.early.clear()
        self._gap.close()

    def _ask(self, end: int, now: Now) -> None:
        # Who rejects EndSeqNo(16)=0 may take the number, and the other way round.
        closed = self._settings.closed_resend_interval is (self._asks % 2 == 0)
        self._asks, self._wait_ms, self._rejected = self._asks + 1, ASK_AGAIN_MS, False
        self._since, self._at = now.mono_ms, self._numbers.next_target
        body = self._gap.ask(self._at, end, closed=closed)
        self._asked_as = self._numbers.next_sender
        self._send("2", body, now)

    # ------------------------------------------------------------- if nothing comes of it

    def rejected(self, fields: dict[int, str]) -> None:
        """The client rejects a message of ours, with Reject(3) or BusinessMessageReject(j)."""
        ours = fields.get(45) == str(self._asked_as) and fields.get(372, "2") == "2"
        if ours and self._gap:
            self._rejected, self._rejection = True, clean(fields.get(58, ""))

    def insist(self, now: Now) -> str:
        """Ask again for what does not come. Why the session must end: it was asked for often
        enough; "": it need not."""
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

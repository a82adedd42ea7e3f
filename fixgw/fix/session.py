"""One FIX session, acceptor side, sans-IO: messages and the time in, messages and facts out.

It knows the session protocol (FIX 4.2, 4.4, FIXT 1.1) and nothing else: not
who may log on, not what an order is, not where bytes come from. Whoever may
not log on never reaches it: `connect` is for somebody who was let in.

What it wants comes out in three lists that the caller empties: `facts`,
`outbox.to_store` (commit first) and `outbox.to_write` (then write).
Where the standard leaves room it does what QuickFIX does: clients know that.
"""

from collections.abc import Callable

from fixgw.fix import logon
from fixgw.fix.early import EarlyMessages
from fixgw.fix.errors import IncorrectBeginString, InvalidMessage
from fixgw.fix.facts import Application, Disconnect, Fact, LoggedOn, LoggedOut
from fixgw.fix.liveness import Due, Liveness
from fixgw.fix.message import Message
from fixgw.fix.outbox import LARGEST_SEQ_NUM, Numbers, Outbox
from fixgw.fix.rejects import business_reject_body, reject_body
from fixgw.fix.schedule import NonStop, Schedule
from fixgw.fix.states import State, check
from fixgw.fix.timestamp import UtcTimestamps, moment
from fixgw.fix.wire import clean, header_fields, is_seq_num
from fixgw.model.now import Now
from fixgw.runtime.session_settings import SessionSettings

ADMIN = frozenset("0A12345")
"""MsgType(35) of the session's own messages."""


class Session:
    """The state of one session. It outlives its connections."""

    def __init__(
        self,
        settings: SessionSettings,
        schedule: Schedule | NonStop,
        numbers: Numbers,
        stamps: UtcTimestamps,
        heartbeat_seconds_max: int,
    ) -> None:
        self.settings = settings
        self.numbers = numbers
        self.state = State.DISCONNECTED
        self.facts: list[Fact] = []
        self.outbox = Outbox(
            settings.begin_string, settings.sender_comp_id, settings.target_comp_id,
            numbers, stamps,
        )
        self._schedule = schedule
        self._stamps = stamps
        self._heartbeat_seconds_max = settings.heart_bt_int or heartbeat_seconds_max
        self._live = Liveness()
        self._logout_sent_at = 0
        self._early = EarlyMessages()
        self._early_turn = False
        """An early message is being processed: its SendingTime(52) was good when it came."""
        self._asked_for: tuple[int, int] | None = None
        """The gap that our last ResendRequest covers, inclusive."""
        self._max_latency_ms = settings.max_latency * 1000 if settings.check_latency else None
        self._comp_ids = (settings.target_comp_id, settings.sender_comp_id)
        self._admin: dict[str, Callable[[Message, Now], None]] = {
            "0": self._on_heartbeat,
            "1": self._on_test_request,
            "2": self._on_resend_request,
            "3": self._on_reject,
            "4": self._on_sequence_reset,
            "5": self._on_logout,
            "A": self._on_logon,
        }

    @property
    def logged_on(self) -> bool:
        return self.state is State.LOGGED_ON

    # ------------------------------------------------------------------ connection

    def connect(self, now: Now) -> None:
        """Somebody who may log on to this session is there; the Logon comes next."""
        self.state = check(self.state, State.CONNECTED)
        self._live.heard_at = now.mono_ms

    def disconnected(self, now: Now) -> None:
        """The connection is gone, whoever ended it. What was not written stays in the store."""
        if self.state is State.DISCONNECTED:
            return
        was_on = self.state in (State.LOGGED_ON, State.LOGGING_OUT)
        self.state = check(self.state, State.DISCONNECTED)
        self._early.clear()
        self._asked_for = None
        self.outbox.writing = False
        self.outbox.catch_up = None
        self.outbox.to_write.clear()
        if was_on:
            self.facts.append(LoggedOut())
            if self.settings.reset_on_disconnect:
                self.numbers.reset(now.ms)

    def _disconnect(self, reason: str, now: Now) -> None:
        self.facts.append(Disconnect(reason))

    # --------------------------------------------------------------------- messages

    def receive(self, message: Message, now: Now) -> None:
        """Take one message that the dictionary has found valid."""
        if message.msg_type in ADMIN:
            self._admin[message.msg_type](message, now)
        elif self.state is State.CONNECTED:
            self._disconnect("the first message was no Logon", now)
        elif self._verify(message, now):
            self.numbers.next_target += 1
            self.facts.append(Application(message))
        if self._early:
            self._take_early(now)

    def receive_invalid(self, error: InvalidMessage, raw: bytes, now: Now) -> None:
        """Take one message that the dictionary refuses, for the reason *error* gives."""
        fields = header_fields(raw)
        msg_type = fields.get(35, "")
        if self.state is State.CONNECTED or not is_seq_num(fields.get(34, "")):
            # Before the Logon there is nobody to answer; without a MsgSeqNum(34) there is
            # no message to refer to (FIX 4.4 volume 2: Logout, then disconnect).
            if self.state is not State.CONNECTED:
                self.logout(f"{error.text}: MsgSeqNum(34)", now)
            self._disconnect(f"invalid message: {error}", now)
            return
        if error.business:
            message = Message(msg_type, fields, raw)
            if self._verify(message, now):
                self.numbers.next_target += 1
                body = business_reject_body(fields, msg_type, 3, error.text)
                self._send_application("j", body, now)
        else:
            reason = error.session_reject_reason
            self._reject(fields, msg_type, reason, error.ref_tag, error.text, now)
        if self._early:
            self._take_early(now)

    def receive_wrong_version(self, error: IncorrectBeginString, now: Now) -> None:
        """BeginString(8) differs from the session's (test case 2i: Logout, disconnect)."""
        if self.state is State.LOGGED_ON:
            self.logout("Incorrect BeginString", now)
            self.numbers.next_target += 1
        self._disconnect(f"incorrect BeginString(8): {error}", now)

    def send(self, msg_type: str, body: str, now: Now) -> None:
        """Send an application message: kept for the client whether it is there or not."""
        if not self.outbox.writing and self.state is not State.LOGGING_OUT:
            # What is reported after the end belongs to the session to come; see fix.schedule.
            self._new_day(now)
        self._send_application(msg_type, body, now)

    def _send_application(self, msg_type: str, body: str, now: Now) -> None:
        self.outbox.application(msg_type, body, now.ms)
        self._live.said_at = now.mono_ms

    def _send_admin(self, msg_type: str, body: str, now: Now) -> None:
        self.outbox.admin(msg_type, body, now.ms)
        self._live.said_at = now.mono_ms

    def refuse(
        self, message: Message, reason: int, ref_tag: int | None, text: str, now: Now
    ) -> None:
        """Reject(35=3) an application message that was already counted."""
        body = reject_body(
            self.settings.begin_string, message.fields, message.msg_type, reason, ref_tag, text
        )
        self._send_admin("3", body, now)

    # ----------------------------------------------------------------- verification

    def _verify(
        self, message: Message, now: Now, *, too_high: bool = True, too_low: bool = True
    ) -> bool:
        """Whether *message* may be processed now; otherwise what must follow has been done.

        The order of the checks is QuickFIX's: state, SendingTime(52), CompIDs, MsgSeqNum(34).
        """
        if self.state is not State.LOGGED_ON and self.state is not State.LOGGING_OUT:
            self._disconnect(f"MsgType(35) {message.msg_type} before the Logon", now)
            return False
        fields = message.fields
        if not self._good_time(fields, now):
            self._reject(fields, message.msg_type, 10, 52, "SendingTime accuracy problem", now)
            self.logout("", now)
            return False
        if not self._good_comp_ids(fields):
            self._reject(fields, message.msg_type, 9, None, "CompID problem", now)
            self.logout("", now)
            return False
        seq_num, expected = int(fields[34]), self.numbers.next_target
        if seq_num != expected:
            if too_high and seq_num > expected:
                self._on_too_high(seq_num, message, now)
                return False
            if too_low and seq_num < expected:
                self._on_too_low(seq_num, message, now)
                return False
        elif self._asked_for is not None and seq_num >= self._asked_for[1]:
            self._asked_for = None
        self._live.heard_at, self._live.tests_sent = now.mono_ms, 0
        return True

    def _good_time(self, fields: dict[int, str], now: Now) -> bool:
        limit = self._max_latency_ms
        if limit is None or self._early_turn:
            return True
        sent = self._stamps.parse(fields.get(52, ""))
        return sent is not None and -limit <= now.ms - sent <= limit

    def _good_comp_ids(self, fields: dict[int, str]) -> bool:
        return (fields.get(49), fields.get(56)) == self._comp_ids or not (
            self.settings.check_comp_id
        )

    def _on_too_high(self, seq_num: int, message: Message, now: Now) -> None:
        """Keep it, and ask for the gap (FIXT 1.1, "Message recovery"; test case 2b)."""
        self._early.keep(seq_num, message)
        # Early, and a sign of life all the same; QuickFIX would give such a client up.
        self._live.heard_at, self._live.tests_sent = now.mono_ms, 0
        asked = self._asked_for
        redundant = self.settings.send_redundant_resend_requests
        if asked is not None and not redundant and seq_num >= asked[0]:
            return
        begin = self.numbers.next_target
        self._send_admin("2", f"7={begin}\x0116=0\x01", now)
        self._asked_for = (begin, seq_num - 1)

    def _on_too_low(self, seq_num: int, message: Message, now: Now) -> None:
        """A duplicate is ignored; without PossDupFlag(43) it is an error to stop at (2c)."""
        fields = message.fields
        if fields.get(43) != "Y":
            text = f"MsgSeqNum too low, expecting {self.numbers.next_target} but received {seq_num}"
            self.logout(text, now)
            self._disconnect(text, now)
            return
        self._live.heard_at = now.mono_ms
        if message.msg_type == "4":
            return
        original = fields.get(122)
        if original is None:
            self._reject(fields, message.msg_type, 1, 122, "Required tag missing", now)
            return
        first, again = self._stamps.parse(original), self._stamps.parse(fields.get(52, ""))
        if first is None or again is None or first > again:
            self._reject(fields, message.msg_type, 10, 122, "SendingTime accuracy problem", now)
            self.logout("", now)

    def _take_early(self, now: Now) -> None:
        """Process what came before its turn and is next now."""
        self._early_turn = True
        while self.state in (State.LOGGED_ON, State.LOGGING_OUT):
            message = self._early.take(self.numbers.next_target)
            if message is None:
                break
            if message.msg_type == "A":
                # A Logon was answered when it came; only its number is still to be counted.
                self.numbers.next_target += 1
            elif message.msg_type in ADMIN:
                self._admin[message.msg_type](message, now)
            elif self._verify(message, now):
                self.numbers.next_target += 1
                self.facts.append(Application(message))
        self._early_turn = False

    def _reject(
        self,
        fields: dict[int, str],
        msg_type: str,
        reason: int,
        ref_tag: int | None,
        text: str,
        now: Now,
    ) -> None:
        """Reject(35=3); counts the message if it is the one expected, as QuickFIX does."""
        begin_string = self.settings.begin_string
        body = reject_body(begin_string, fields, msg_type, reason, ref_tag, text)
        if msg_type not in ("A", "4") and int(fields[34]) == self.numbers.next_target:
            self.numbers.next_target += 1
        self._send_admin("3", body, now)

    # ------------------------------------------------------------------------ logon

    def _on_logon(self, message: Message, now: Now) -> None:
        if self.state is State.CONNECTED:
            if not self._good_comp_ids(message.fields):
                self._disconnect("CompIDs of another session", now)
                return
            self._log_on(message, now)
        else:
            self._disconnect("a second Logon in a running session", now)

    def _log_on(self, message: Message, now: Now) -> None:
        fields, numbers = message.fields, self.numbers
        if not self._schedule.is_open(moment(now.ms)):
            self._disconnect("Logon outside StartTime and EndTime", now)
            return
        self._new_day(now)
        reset = fields.get(141) == "Y"
        anew = reset or self.settings.reset_on_logon
        refusal = logon.refusal(
            fields, self.settings, numbers, anew=anew, good_time=self._good_time(fields, now),
            heartbeat_seconds_max=self._heartbeat_seconds_max,
        )
        if refusal:
            self._logout_at_logon(refusal, now)
            return
        if anew:
            numbers.reset(now.ms)
        self.state = check(self.state, State.LOGGED_ON)
        heart_bt_int = int(fields[108])
        self._live.begin(heart_bt_int, now.mono_ms)
        expected_by_peer = fields.get(789)
        sent_so_far = numbers.next_sender
        seq_num = int(fields[34])
        if seq_num == numbers.next_target or reset:
            numbers.next_target += 1
        tell_next = self.settings.send_next_expected_msg_seq_num or expected_by_peer is not None
        answer = logon.answer(
            heart_bt_int, self.settings.default_appl_ver_id, reset=reset,
            next_expected=numbers.next_target if tell_next else None,
        )
        self._send_admin("A", answer, now)
        self.outbox.writing = True
        self.facts.append(LoggedOn())
        if seq_num > numbers.next_target and not reset:
            if expected_by_peer is None:
                self._on_too_high(seq_num, message, now)
            else:
                # Who sends NextExpectedMsgSeqNum(789) heeds ours, which has asked already.
                self._early.keep(seq_num, message)
                self._asked_for = (numbers.next_target, seq_num - 1)
        if expected_by_peer is not None and int(expected_by_peer) < sent_so_far:
            # NextExpectedMsgSeqNum(789): the peer says what it lacks instead of asking.
            self.outbox.resend(int(expected_by_peer), numbers.next_sender - 1)

    def _logout_at_logon(self, text: str, now: Now) -> None:
        self._send_admin("5", f"58={clean(text)}\x01", now)
        self._disconnect(text, now)

    # --------------------------------------------------------------- administrative

    def _on_heartbeat(self, message: Message, now: Now) -> None:
        if self._verify(message, now):
            self.numbers.next_target += 1

    def _on_test_request(self, message: Message, now: Now) -> None:
        if self._verify(message, now):
            self.numbers.next_target += 1
            self._send_admin("0", f"112={message.fields[112]}\x01", now)

    def _on_reject(self, message: Message, now: Now) -> None:
        if self._verify(message, now, too_high=False):
            self._count(message)

    def _on_resend_request(self, message: Message, now: Now) -> None:
        if not self._verify(message, now, too_high=False, too_low=False):
            return
        fields = message.fields
        begin, end = int(fields[7]), int(fields[16])
        last = self.numbers.next_sender - 1
        # 0 and, up to FIX 4.2, 999999 mean "all there is" (EndSeqNo(16)).
        if end == 0 or end > last:
            end = last
        if begin < 1:
            self._reject(
                fields, message.msg_type, 5, 7, "Value is incorrect (out of range) for this tag",
                now,
            )
            return
        self._count(message)
        if begin <= end:
            self.outbox.resend(begin, end)

    def _on_sequence_reset(self, message: Message, now: Now) -> None:
        gap_fill = message.fields.get(123) == "Y"
        if not self._verify(message, now, too_high=gap_fill, too_low=gap_fill):
            return
        new_seq_no = int(message.fields[36])
        expected = self.numbers.next_target
        if expected < new_seq_no <= LARGEST_SEQ_NUM:
            self.numbers.next_target = new_seq_no
            self._early.forget_before(new_seq_no)
            if self._asked_for is not None and new_seq_no > self._asked_for[1]:
                self._asked_for = None
        elif new_seq_no != expected:
            self._reject(
                message.fields, "4", 5, 36, "Value is incorrect (out of range) for this tag", now
            )

    def _on_logout(self, message: Message, now: Now) -> None:
        if not self._verify(message, now, too_high=False, too_low=False):
            return
        self.logout("", now)
        self._count(message)
        if self.settings.reset_on_logout:
            self.outbox.catch_up = None
            self.numbers.reset(now.ms)
        self._disconnect("Logout", now)

    def _count(self, message: Message) -> None:
        if int(message.fields[34]) == self.numbers.next_target:
            self.numbers.next_target += 1

    def logout(self, text: str, now: Now) -> None:
        """Send a Logout, once, and wait for the client's; application messages are kept."""
        if self.state is not State.LOGGED_ON:
            return
        self._send_admin("5", f"58={clean(text)}\x01" if text else "", now)
        self.state = check(self.state, State.LOGGING_OUT)
        self.outbox.writing = False
        self._logout_sent_at = now.mono_ms

    def end(self, text: str, now: Now) -> None:
        """Send a Logout with the reason and close, without waiting for the client's."""
        self.logout(text, now)
        self._disconnect(text, now)

    # ------------------------------------------------------------------------- time

    def tick(self, now: Now) -> None:
        """Do what is due: heartbeats, test requests, time-outs, the end of the session's day."""
        if self.state is State.LOGGING_OUT:
            if now.mono_ms - self._logout_sent_at >= self.settings.logout_timeout * 1000:
                self._disconnect("no answer to our Logout", now)
            return
        if self.state is State.DISCONNECTED:
            self._new_day(now)
            return
        if self.state is not State.LOGGED_ON:
            return
        if not self._schedule.is_open(moment(now.ms)):
            self.logout("the session's EndTime is reached", now)
            return
        due = self._live.due(now.mono_ms)
        if due is Due.GIVE_UP:
            self._disconnect("Timed out waiting for heartbeat", now)
        elif due is Due.TEST_REQUEST:
            self._send_admin("1", "112=TEST\x01", now)
        elif due is Due.HEARTBEAT:
            self._send_admin("0", "", now)

    def _new_day(self, now: Now) -> None:
        """Start the numbers again if a session of the schedule has ended since they began."""
        if not self.numbers.since_ms:
            self.numbers.since_ms = now.ms
        then = moment(self.numbers.since_ms)
        if not self._schedule.same_session(then, moment(now.ms)):
            self.numbers.reset(now.ms)

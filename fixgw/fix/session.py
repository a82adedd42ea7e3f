"""One FIX session, acceptor side, sans-IO: messages and the time in, messages and facts out.

It knows the session protocol (FIX 4.2, 4.4, FIXT 1.1) and nothing else: not who may log on, not
what an order is, not where bytes come from. A peer that may not log on never reaches it: `connect`
is for an admitted client.

Its results come out in three lists that the caller empties: `facts`, `outbox.to_store` (commit
first) and `outbox.to_write` (then write). Where the standard leaves a choice it does what QuickFIX
does: clients know that.
"""

from collections.abc import Callable

from fixgw.fix import logon, session_events
from fixgw.fix.cancel_on_disconnect import CancelOnDisconnect
from fixgw.fix.errors import IncorrectBeginString, InvalidMessage
from fixgw.fix.header import HeaderChecks, HeaderFault
from fixgw.fix.liveness import Due, Liveness
from fixgw.fix.message import Message
from fixgw.fix.missing import Missing
from fixgw.fix.outbox import LARGEST_SEQ_NUM, Numbers, outbox
from fixgw.fix.rejects import TEXTS, business_reject_body, reject_body
from fixgw.fix.request_ids import request_id
from fixgw.fix.resets import Resets
from fixgw.fix.schedule import Hours
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
        schedule: Hours,
        numbers: Numbers,
        stamps: UtcTimestamps,
        heartbeat_seconds_max: int,
        answers_refused_logon: bool = False,
    ) -> None:
        self.answers_refused_logon = answers_refused_logon  # of who has shown more than CompIDs
        self.settings = settings
        self.numbers = numbers
        self.state = State.DISCONNECTED
        self.facts: list[session_events.Fact] = []
        self.outbox = outbox(settings, numbers, stamps)
        self.resets = Resets(settings.reset_seq_num_flag, schedule)
        self._terms = logon.AS_USUAL
        self._schedule = schedule
        self._heartbeat_seconds_max = settings.max_heart_bt_int or heartbeat_seconds_max
        self.live = Liveness(
            settings.test_request_delay_multiplier, settings.heart_beat_timeout_multiplier
        )
        self.departure = CancelOnDisconnect(settings, self.facts)
        self._logout_sent_at = 0
        self._missing = Missing(settings, numbers, self._send_admin, self.facts)
        self._early_turn = False
        """True while an early message is processed: its SendingTime(52) was good when it came."""
        self._header = HeaderChecks(settings, stamps)
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

    def connect(self, now: Now, terms: logon.LogonTerms = logon.AS_USUAL) -> None:
        """Attach a client that may log on to this session; its Logon comes next."""
        self._terms = terms
        self.state = check(self.state, State.CONNECTED)
        self.outbox.unsent.connected()
        self.live.heard_at = now.mono_ms

    def disconnected(self, now: Now) -> None:
        """Note that the connection is gone, whichever side ended it. Unwritten messages stay in the
        store."""
        if self.state is State.DISCONNECTED:
            return
        was_on = self.state in (State.LOGGED_ON, State.LOGGING_OUT)
        self.state = check(self.state, State.DISCONNECTED)
        self._forget_line()
        self.outbox.shut()
        if was_on:
            self.departure.gone()
            self.facts.append(session_events.LoggedOut())
            if self.settings.reset_on_disconnect:
                self.outbox.start_again(now.ms)

    def _forget_line(self) -> None:
        self._missing.clear()
        self.outbox.catch_up = None
        self.outbox.to_write.clear()

    def _disconnect(self, reason: str, now: Now) -> None:
        self.facts.append(session_events.Disconnect(reason))

    # --------------------------------------------------------------------- messages

    def receive(self, message: Message, now: Now) -> None:
        """Take one message that the dictionary has found valid."""
        if message.msg_type in ADMIN:
            self._admin[message.msg_type](message, now)
        elif self.state is State.CONNECTED:
            self._disconnect("the first message was no Logon", now)
        else:
            self._on_application(message, now)
        if self._missing:
            self._go_on(now)

    def _on_application(self, message: Message, now: Now) -> None:
        if message.msg_type in session_events.OBJECTIONS:
            # After the gap that it is about, its turn would never come.
            self._missing.rejected(message.fields)
        if self._verify(message, now):
            self.numbers.next_target += 1
            if message.msg_type in session_events.OBJECTIONS:
                self.facts.append(session_events.Objection(message))
            else:
                self.facts.append(session_events.Application(message))

    def receive_invalid(self, error: InvalidMessage, raw: bytes, now: Now) -> None:
        """Take one message that the dictionary refuses, for the reason given by *error*."""
        fields = header_fields(raw)
        msg_type = fields.get(35, "")
        if self.state is State.CONNECTED:
            self._turn_away(f"invalid message: {error}", now)
            return
        if not is_seq_num(fields.get(34, "")):  # nothing to refer to (FIX 4.4 volume 2: Logout)
            self.logout(f"{error.text}: MsgSeqNum(34)", now)
            self._disconnect(f"invalid message: {error}", now)
            return
        self.live.heard_at, self.live.tests_sent = now.mono_ms, 0
        message = Message(msg_type, fields, raw)
        if msg_type in session_events.OBJECTIONS:
            self._count(message)
            self.facts.append(session_events.Objection(message, str(error)))
        elif not error.business:
            reason = error.session_reject_reason
            self._reject(fields, msg_type, reason, error.ref_tag, now, error.text)
        elif self._verify(message, now):
            self.numbers.next_target += 1
            ref_id = request_id(msg_type, fields)
            body = business_reject_body(fields, msg_type, 3, error.text, ref_id)
            self._send_application("j", body, now)
        if self._missing:
            self._go_on(now)

    def receive_wrong_version(self, error: IncorrectBeginString, now: Now) -> None:
        """BeginString(8) differs from the session's (test case 2i: Logout, disconnect)."""
        if self.state is State.LOGGED_ON:
            self.logout("Incorrect BeginString", now)
            self.numbers.next_target += 1
        self._disconnect(f"incorrect BeginString(8): {error}", now)

    def send(self, msg_type: str, body: str, now: Now) -> None:
        """Send an application message: kept for the client whether or not it is connected."""
        if not self.outbox.writing and self.state is not State.LOGGING_OUT:
            # A report after the end belongs to the next session; see fix.schedule.
            self._new_day(now)
        self._send_application(msg_type, body, now)

    def _send_application(self, msg_type: str, body: str, now: Now) -> None:
        self.outbox.application(msg_type, body, now.ms)
        self.live.said_at = now.mono_ms

    def _send_admin(self, msg_type: str, body: str, now: Now) -> None:
        self.outbox.admin(msg_type, body, now.ms)
        self.live.said_at = now.mono_ms

    def refuse(
        self, message: Message, reason: int, ref_tag: int | None, text: str, now: Now
    ) -> None:
        """Reject(35=3) an application message that was already counted."""
        version, fields = self.settings.begin_string, message.fields
        body = reject_body(version, fields, message.msg_type, reason, ref_tag, text)
        self._send_admin("3", body, now)

    # ----------------------------------------------------------------- verification

    def _verify(
        self, message: Message, now: Now, *, too_high: bool = True, too_low: bool = True
    ) -> bool:
        """Return True if *message* may be processed now; otherwise the necessary reaction is done.

        The order of the checks is QuickFIX's: state, SendingTime(52), CompIDs, MsgSeqNum(34).
        """
        if self.state is not State.LOGGED_ON and self.state is not State.LOGGING_OUT:
            self._disconnect(f"MsgType(35) {message.msg_type} before the Logon", now)
            return False
        fields = message.fields
        fault = self._header.fault(fields, now.ms, early=self._early_turn)
        if fault is not None:
            self._reject_faulty(message, fault, now)
            return False
        seq_num, expected = int(fields[34]), self.numbers.next_target
        if seq_num != expected:
            if too_high and seq_num > expected:
                self._on_too_high(seq_num, message, now)
                return False
            if too_low and seq_num < expected:
                self._on_too_low(seq_num, message, now)
                return False
        else:
            if 43 in fields and not self._good_duplicate(message, now):
                return False
            self._missing.took(seq_num)
        self.live.heard_at, self.live.tests_sent = now.mono_ms, 0
        return True

    def _on_too_high(self, seq_num: int, message: Message, now: Now) -> None:
        """Keep an early message, and ask for the gap (FIXT 1.1, "Message recovery"; test case
        2b)."""
        # Early, and nevertheless a sign of life; QuickFIX would give such a client up.
        self.live.heard_at, self.live.tests_sent = now.mono_ms, 0
        self._missing.too_high(seq_num, message, now)

    def _on_too_low(self, seq_num: int, message: Message, now: Now) -> None:
        """Ignore a duplicate; without PossDupFlag(43) it is an error that ends the session (2c)."""
        fields = message.fields
        if fields.get(43) != "Y":
            text = f"MsgSeqNum too low, expecting {self.numbers.next_target} but received {seq_num}"
            self.logout(text, now)
            self._disconnect(text, now)
            return
        self.live.heard_at, self.live.tests_sent = now.mono_ms, 0
        self._good_duplicate(message, now)

    def _good_duplicate(self, message: Message, now: Now) -> bool:
        """Return True if OrigSendingTime(122) is as PossDupFlag(43)=Y requires; otherwise
        reject."""
        fault = self._header.fault_of_duplicate(message.fields, message.msg_type)
        if fault is not None:
            self._reject_faulty(message, fault, now)
        return fault is None

    def _go_on(self, now: Now) -> None:
        """Process early messages whose turn has come; ask for those still missing."""
        self._early_turn = True
        while self.state in (State.LOGGED_ON, State.LOGGING_OUT):
            message = self._missing.early.take(self.numbers.next_target)
            if message is None:
                break
            if message.msg_type in "A2":
                # It was answered when it came; only its number is still to be counted.
                self.numbers.next_target += 1
            elif message.msg_type in ADMIN:
                self._admin[message.msg_type](message, now)
            else:
                self._on_application(message, now)
        self._early_turn = False
        self._missing.ask_on(now)

    def _reject(
        self, fields: dict[int, str], msg_type: str, reason: int, ref_tag: int | None, now: Now,
        text: str = "",
    ) -> None:
        """Reject(35=3); counts the message if it is the one expected, as QuickFIX does."""
        version, text = self.settings.begin_string, text or TEXTS[reason]
        body = reject_body(version, fields, msg_type, reason, ref_tag, text)
        if msg_type not in ("A", "4") and int(fields[34]) == self.numbers.next_target:
            self.numbers.next_target += 1
        self._send_admin("3", body, now)

    def _reject_faulty(self, message: Message, fault: HeaderFault, now: Now) -> None:
        fields, msg_type = message.fields, message.msg_type
        self._reject(fields, msg_type, fault.reason, fault.ref_tag, now, fault.text)
        if fault.ends:
            self.logout(fault.text or TEXTS[fault.reason], now)

    # ------------------------------------------------------------------------ logon

    def _on_logon(self, message: Message, now: Now) -> None:
        again = self.state is State.LOGGED_ON and message.fields.get(141) == "Y"
        if self.state is not State.CONNECTED and not again:
            self._disconnect("a second Logon in a running session", now)
        elif not self._header.good_comp_ids(message.fields):
            self._turn_away("CompIDs of another session", now)
        else:
            self._log_on(message, now)

    def _log_on(self, message: Message, now: Now) -> None:
        fields, numbers = message.fields, self.numbers
        outside = self._schedule.outside(moment(now.ms))
        if outside:
            self._turn_away(f"Logon outside {outside.opens} and {outside.closes}", now)
            return
        self._new_day(now)
        reset = fields.get(141) == "Y"
        anew = reset or self.settings.reset_on_logon
        terms, self._terms = self._terms, logon.AS_USUAL
        barred = terms.problem or (reset and self.resets.refusal(numbers, now.ms))
        refusal = barred or logon.refusal(
            fields, self.settings, numbers, anew=anew,
            bad_time=self._header.bad_time(fields, now.ms),
            heartbeat_seconds_max=self._heartbeat_seconds_max,
        )
        if refusal:
            self._send_admin("5", logon.farewell(refusal, terms, self.settings), now)
            self._disconnect(refusal, now)
            return
        if reset and self.resets.take(numbers, now.ms):
            self.facts.append(session_events.ResetByClient())
        if anew:
            # In a running session nothing more of the old numbers is processed.
            self._forget_line()
            self.outbox.restart(now.ms)
        if self.state is State.CONNECTED:
            self.state = check(self.state, State.LOGGED_ON)
            self.facts.append(session_events.LoggedOn())
        sent_so_far = numbers.next_sender
        self._answer_logon(fields, terms, now, reset=reset)
        self._close_gaps_of_logon(message, sent_so_far, now, reset=reset, anew=anew)

    def _turn_away(self, text: str, now: Now) -> None:
        """Refuse a Logon that is not examined any further; most dialects want no message about
        it."""
        if self.answers_refused_logon:
            self._send_admin("5", f"58={clean(text)}\x01", now)
        self._disconnect(text, now)

    def _answer_logon(
        self, fields: dict[int, str], terms: logon.LogonTerms, now: Now, *, reset: bool
    ) -> None:
        """Count the Logon, answer it, and let the messages kept for the client follow."""
        heart_bt_int, numbers = int(fields[108]), self.numbers
        self.live.begin(heart_bt_int, now.mono_ms)
        if reset or int(fields[34]) == numbers.next_target:
            numbers.next_target += 1
        tell_next = self.settings.send_next_expected_msg_seq_num or 789 in fields
        answer = logon.answer(
            heart_bt_int, self.settings.default_appl_ver_id, reset=reset,
            next_expected=numbers.next_target if tell_next else None,
            session_status=terms.session_status,
        )
        self._send_admin("A", answer + self.departure.logged_on(fields), now)
        self.outbox.open(now.mono_ms)
        self.outbox.carry()

    def _close_gaps_of_logon(
        self, message: Message, sent_so_far: int, now: Now, *, reset: bool, anew: bool
    ) -> None:
        """Ask for the messages we lack, and send those that NextExpectedMsgSeqNum(789) asks for."""
        seq_num = int(message.fields[34])
        expected_by_peer = message.fields.get(789)
        if seq_num > self.numbers.next_target and not reset:
            if expected_by_peer is None:
                self._on_too_high(seq_num, message, now)
            else:
                self._missing.told(seq_num, message, now)
        if expected_by_peer is not None and not anew:
            self.outbox.next_expected(int(expected_by_peer), sent_so_far, now.mono_ms)

    # --------------------------------------------------------------- administrative

    def _on_heartbeat(self, message: Message, now: Now) -> None:
        if self._verify(message, now):
            self.numbers.next_target += 1
            self.outbox.heard(message.fields.get(112))

    def _on_test_request(self, message: Message, now: Now) -> None:
        if self._verify(message, now):
            self.numbers.next_target += 1
            self._send_admin("0", f"112={message.fields[112]}\x01", now)

    def _on_reject(self, message: Message, now: Now) -> None:
        if self._verify(message, now, too_high=False):
            self._count(message)
            self._missing.rejected(message.fields)
            self.facts.append(session_events.Objection(message))

    def _on_resend_request(self, message: Message, now: Now) -> None:
        if not self._verify(message, now, too_high=False, too_low=False):
            return
        fields = message.fields
        begin, end = int(fields[7]), int(fields[16])
        if begin < 1:
            self._reject(fields, message.msg_type, 5, 7, now)
            return
        self._count(message)
        if fields.get(43) != "Y" or not self.settings.ignore_poss_dup_resend_requests:
            self.outbox.asked(begin, end, now.mono_ms)
        if int(fields[34]) > self.numbers.next_target:
            # First the client's request, then our own gap (FIX 4.4 volume 2; test case 20).
            self._on_too_high(int(fields[34]), message, now)

    def _on_sequence_reset(self, message: Message, now: Now) -> None:
        gap_fill = message.fields.get(123) == "Y"
        if not self._verify(message, now, too_high=gap_fill, too_low=gap_fill):
            return
        new_seq_no = int(message.fields[36])
        expected = self.numbers.next_target
        if expected < new_seq_no <= LARGEST_SEQ_NUM:
            self.numbers.next_target = new_seq_no
            self._missing.skipped(new_seq_no)
        elif gap_fill or new_seq_no != expected:
            text = ""
            if gap_fill and new_seq_no <= expected:
                text = f"attempt to lower sequence number, invalid value NewSeqNo(36)={new_seq_no}"
            self._reject(message.fields, "4", 5, 36, now, text)

    def _on_logout(self, message: Message, now: Now) -> None:
        if not self._verify(message, now, too_high=False, too_low=False):
            return
        self._count(message)
        self._missing.early.clear()
        self.outbox.hurry()
        self.logout(self.departure.logged_out(message.fields) if self.logged_on else "", now)
        if self.settings.reset_on_logout:
            self.outbox.start_again(now.ms)
        self._disconnect("Logout", now)

    def _count(self, message: Message) -> None:
        if int(message.fields[34]) == self.numbers.next_target:
            self.numbers.next_target += 1

    def logout(self, text: str, now: Now) -> None:
        """Send a Logout, once, and wait for the client's; application messages are kept."""
        if self.state is not State.LOGGED_ON:
            return
        self._send_admin("5", f"58={clean(text)}\x01" if text else "", now)
        if text:
            self.facts.append(session_events.Noted("logout_sent", text))
        self.state = check(self.state, State.LOGGING_OUT)
        self.outbox.shut()
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
        if self.state is not State.LOGGED_ON:
            if self.state is State.DISCONNECTED:
                self._new_day(now)
            return
        outside = self._schedule.outside(moment(now.ms), moment(self.numbers.began(now.ms)))
        if outside:
            self.departure.hours_ended()
            self.logout(f"the session's {outside.closes} is reached", now)
            return
        complaint = self._missing.insist(now)
        if complaint:
            self.logout(complaint, now)
            return
        due = self.live.due(now.mono_ms, doubt=self.outbox.worth_asking(now.mono_ms))
        if due is Due.GIVE_UP:
            if self.settings.send_logout_before_disconnect_from_timeout:
                self.logout("Timed out waiting for heartbeat", now)
            self._disconnect("Timed out waiting for heartbeat", now)
        elif due is Due.TEST_REQUEST:
            self.outbox.test_request(now.ms)
            self.live.said_at = now.mono_ms
        elif due is Due.HEARTBEAT:
            self._send_admin("0", "", now)

    def _new_day(self, now: Now) -> None:
        """Start the numbers again if a session of the schedule has ended since they began."""
        began = moment(self.numbers.began(now.ms))
        if not self._schedule.same_session(began, moment(now.ms)):
            self.outbox.start_again(now.ms)

"""The outgoing messages of one session: numbered, framed, and either written now or kept for later.

Every application message is stored before it is written (the caller commits `to_store` before it
writes `to_write`), so no unwritten message is lost: it is caught up from the store. Administrative
messages are not stored; a SequenceReset-GapFill(35=4, 123=Y) takes the place of their numbers (FIXT
1.1, "Message recovery"). When the numbers start again, the messages that the client may not have
continue under new ones (`fix.carried_over`).
"""

from collections.abc import Iterable, Sequence

from fixgw.fix.carried_over import CarriedOver, Origin, StoredAt
from fixgw.fix.framing import CHECKSUMS, checksum
from fixgw.fix.timestamp import UtcTimestamps
from fixgw.fix.unconfirmed import Unconfirmed
from fixgw.fix.wire import as_carried, as_resent, clean, sub_ids
from fixgw.model.ranges import Range
from fixgw.runtime.session_settings import SessionSettings

LARGEST_SEQ_NUM = 2**31 - 1
"""The highest number: beyond it QuickFIX peers, which keep MsgSeqNum(34) in an int, lose count."""

ADMIN_MESSAGES_MAX = 1_000
"""Administrative messages that wait for a catch-up to end; any more are gap-filled."""

ADMIN_BYTES_MAX = 1024 * 1024
"""The same limit in bytes: a client that does not read chooses the length of our Heartbeats, by
TestReqID(112)."""

CLOCK_WRONG_MS = 86_400_000
"""Numbers whose start lies this far in the future were started by a wrong clock."""


class Numbers:
    """Both sequence numbers of a session, and the run of numbers to which they belong."""

    __slots__ = ("next_sender", "next_target", "epoch", "since_ms")

    def __init__(
        self, next_sender: int = 1, next_target: int = 1, epoch: int = 0, since_ms: int = 0
    ) -> None:
        self.next_sender = next_sender
        """MsgSeqNum(34) of the next message we send."""
        self.next_target = next_target
        """MsgSeqNum(34) of the next message we expect."""
        self.epoch = epoch
        """Number of times the numbers have started again; keeps stored messages apart."""
        self.since_ms = since_ms
        """Time when they last started, Unix milliseconds."""

    def began(self, now_ms: int) -> int:
        """Time when they last started; now, if it is unknown."""
        if not self.since_ms or self.since_ms - now_ms > CLOCK_WRONG_MS:
            self.since_ms = now_ms
        return self.since_ms

    def reset(self, now_ms: int) -> None:
        """Start both again at 1."""
        self.next_sender = self.next_target = 1
        self.epoch += 1
        self.since_ms = now_ms


class CatchUp:
    """Numbers that are written from the store before anything new is written.

    First, with PossDupFlag(43)=Y, those that were requested again; then, unchanged, those that were
    added meanwhile and never written.
    """

    __slots__ = ("next", "resend_end", "unwritten", "admin", "_admin_bytes")

    def __init__(self, next_: int, resend_end: int, unwritten: int) -> None:
        self.next = next_
        """The next number to write."""
        self.resend_end = resend_end
        """The last number that was written before and is written again."""
        self.unwritten = unwritten
        """The first number that was never written."""
        self.admin: dict[int, bytes] = {}
        """Administrative messages among them: a Reject(35=3) or Logout must not be lost."""
        self._admin_bytes = 0

    def keep(self, seq_num: int, message: bytes) -> None:
        """Keep an administrative message, within the limits."""
        if len(self.admin) < ADMIN_MESSAGES_MAX and self._admin_bytes < ADMIN_BYTES_MAX:
            self.admin[seq_num] = message
            self._admin_bytes += len(message)

    def admin_through(self, through: int) -> list[tuple[int, bytes]]:
        """Remove and return the administrative messages up to *through*."""
        due = [seq_num for seq_num in self.admin if seq_num <= through]
        taken = [(seq_num, self.admin.pop(seq_num)) for seq_num in due]
        self._admin_bytes = sum(map(len, self.admin.values()))
        return taken


class Outbox:
    """One session's outgoing side."""

    def __init__(
        self,
        begin_string: str,
        sender_comp_id: str,
        target_comp_id: str,
        numbers: Numbers,
        stamps: UtcTimestamps,
        *,
        ours_more: str = "",
        theirs_more: str = "",
        tells_processed: bool = False,
    ) -> None:
        """*ours_more* and *theirs_more* are header fields that follow the CompIDs;
        *tells_processed*: LastMsgSeqNumProcessed(369) follows them."""
        self.numbers = numbers
        self.to_store: list[tuple[int, int, bytes]] = []
        """(epoch, MsgSeqNum, message) of application messages, to be committed first."""
        self.to_write: list[bytes] = []
        self.writing = False
        """True if application messages may be written: the client is logged on."""
        self.catch_up: CatchUp | None = None
        self.unsent = Unconfirmed(numbers.next_sender)
        self.carried = CarriedOver()
        """The numbers of this run that refer to messages of earlier ones."""
        self.newly_carried: CarriedOver | None = None
        """The same numbers, until they are journaled: with the tick in which the numbers started
        again."""
        self._to_carry: list[Origin] = []
        self._test = 0
        """The number of the last TestRequest, whose answer would prove receipt; otherwise 0."""
        self._stamps = stamps
        self._begin_string = begin_string.encode("ascii")
        self._ours = f"\x0149={sender_comp_id}\x01{ours_more}52="
        self._theirs = f"\x0156={target_comp_id}\x01{theirs_more}"
        self._tells_processed = tells_processed

    def application(self, msg_type: str, body: str, now_ms: int) -> None:
        """Number and keep an application message; write it if the client is connected."""
        numbers = self.numbers
        seq_num = numbers.next_sender
        numbers.next_sender = seq_num + 1
        message = self._frame(msg_type, seq_num, body, now_ms)
        self.to_store.append((numbers.epoch, seq_num, message))
        if self.writing and self.catch_up is None:
            self.to_write.append(message)

    def admin(self, msg_type: str, body: str, now_ms: int) -> None:
        """Number an administrative message and write it; earlier numbers that wait come first."""
        seq_num = self.numbers.next_sender
        self.numbers.next_sender = seq_num + 1
        self.unsent.skip(seq_num)
        message = self._frame(msg_type, seq_num, body, now_ms)
        if self.catch_up is None:
            self.to_write.append(message)
        else:
            self.catch_up.keep(seq_num, message)

    def test_request(self, now_ms: int) -> None:
        """Ask for a Heartbeat; its TestReqID(112) is unique, across all runs of numbers."""
        self._test = self.numbers.next_sender
        self.admin("1", f"112={self._test_req_id()}\x01", now_ms)

    def _test_req_id(self) -> str:
        return f"TEST-{self.numbers.epoch}-{self._test}"

    def farewell(self, text: str, now_ms: int, *, anew: bool) -> bytes:
        """Send a Logout for a Logon that never reaches the session: it takes no number. *anew*: the
        client counts from 1."""
        seq_num = 1 if anew else self.numbers.next_sender
        return self._frame("5", seq_num, f"58={clean(text)}\x01", now_ms)

    def _frame(self, msg_type: str, seq_num: int, body: str, now_ms: int) -> bytes:
        if self._tells_processed:
            body = self._processed() + body
        rest = (
            f"35={msg_type}\x0134={seq_num}{self._ours}{self._stamps.text(now_ms)}"
            f"{self._theirs}{body}"
        ).encode("latin-1")
        message = b"8=%b\x019=%d\x01%b" % (self._begin_string, len(rest), rest)
        return message + CHECKSUMS[checksum(message)]

    def _processed(self) -> str:
        return f"369={self.numbers.next_target - 1}\x01"

    # ----------------------------------------------------------- whether to write

    def open(self, mono_ms: int) -> None:
        """Note that our Logon is the last message: from now on application messages may be
        written."""
        self.unsent.logged_on(self.numbers.next_sender - 1, mono_ms)
        self._test = 0
        self.writing = True
        self._turn()

    def shut(self) -> None:
        """Note that our Logout was sent, or the connection is gone: application messages are
        kept."""
        self.writing = False
        self._turn()

    def _turn(self) -> None:
        live = self.writing and self.catch_up is None
        self.unsent.turn(self.numbers.next_sender, live=live)

    # ---------------------------------------------------- when the numbers start again

    def recover(self, unsent: Iterable[Range], carried: CarriedOver) -> None:
        """Continue where the journal ended: with the unconfirmed and the carried messages."""
        self.unsent = Unconfirmed(self.numbers.next_sender, unsent)
        self.carried = carried

    def restart(self, now_ms: int) -> None:
        """Start both numbers again; the messages that the client may not have wait for `carry`."""
        numbers = self.numbers
        waiting = self.unsent.all(numbers.next_sender)
        self._to_carry = self.carried.originals(numbers.epoch, waiting)
        numbers.reset(now_ms)
        self.catch_up = None
        self._test = 0
        self.carried, self.newly_carried = CarriedOver(), None
        self.unsent.restart()
        self._turn()

    def start_again(self, now_ms: int) -> None:
        """Start both numbers again, and give the first ones to the messages that the client may not
        have."""
        self.restart(now_ms)
        self.carry()

    def carry(self) -> None:
        """Give the messages that the last run of numbers left behind the next numbers of this
        one."""
        origins, self._to_carry = self._to_carry, []
        if not origins:
            return
        if self.writing:
            self.hold()
        self.carried = self.newly_carried = CarriedOver(self.numbers.next_sender, origins)
        self.unsent.carry(self.carried.first, self.carried.end)
        self.numbers.next_sender = self.carried.end

    # ------------------------------------------------------------- from the store

    def asked(self, begin: int, end: int, mono_ms: int) -> None:
        """Answer the client's request for BeginSeqNo(7) to EndSeqNo(16); more than there are means
        all."""
        last = self.numbers.next_sender - 1
        # 0 and, up to FIX 4.2, 999999 mean "all there is" (EndSeqNo(16)).
        if end == 0 or end > last:
            end = last
        if begin <= end:
            self.resend(begin, end)
        if begin <= last + 1:
            self.unsent.asked(begin, last + 1, mono_ms)
        self._test = 0

    def worth_asking(self, mono_ms: int) -> bool:
        """Return True if a TestRequest now may prove that the client has received our messages."""
        return self.writing and self.catch_up is None and self.unsent.worth_asking(mono_ms)

    def heard(self, test_req_id: str | None) -> None:
        """Send a Heartbeat; *test_req_id*: the TestReqID(112) that it answers."""
        if self._test and test_req_id == self._test_req_id():
            self.unsent.answered(self._test)
            self._test = 0

    def next_expected(self, seq_num: int, logon: int, mono_ms: int) -> None:
        """Resend from the number that the client states it lacks, in NextExpectedMsgSeqNum(789),
        instead of a request.

        *logon*: the number of our Logon, which is written.
        """
        if seq_num < logon:
            self.resend(seq_num, self.numbers.next_sender - 1)
        self.unsent.asked(seq_num, self.numbers.next_sender, mono_ms)

    def resend(self, begin: int, end: int) -> None:
        """Write the numbers *begin* to *end* (inclusive) again, from the store."""
        job = self.catch_up
        if job is None:
            self.catch_up = CatchUp(begin, end, self.numbers.next_sender)
            self._turn()
        elif begin < job.unwritten:
            # Asked again while one request is served, or while the client reads slowly.
            job.next = min(job.next, begin)
            job.resend_end = max(job.resend_end, min(end, job.unwritten - 1))

    def hurry(self) -> None:
        """Note the client's Logout: it requests the rest of the catch-up another day; our Logout,
        or any other message of our own that waits for it, is written now."""
        job = self.catch_up
        if job is not None:
            self.to_write += [message for _, message in sorted(job.admin.items())]
            self.catch_up = None
            self._turn()

    def hold(self) -> None:
        """Write nothing more for now; later messages are caught up from the store."""
        if self.catch_up is None:
            next_sender = self.numbers.next_sender
            self.catch_up = CatchUp(next_sender, 0, next_sender)
            self._turn()

    def wanted(self) -> tuple[int, int]:
        """The numbers, inclusive, that `caught_up` waits for."""
        job = self.catch_up
        assert job is not None
        last = job.resend_end if job.next <= job.resend_end else self.numbers.next_sender - 1
        return job.next, last

    def source(self) -> StoredAt:
        """Return where the first of them are stored: under their own or their earlier numbers."""
        return self.carried.source(self.numbers.epoch, *self.wanted())

    def caught_up(
        self, rows: Sequence[tuple[int, bytes]], through: int, now_ms: int
    ) -> None:
        """Write stored *rows* (MsgSeqNum, message), which are all there are up to *through*.

        A carried message does not yet contain its new number, which is given here. Numbers without
        a row were administrative; those that cannot be written now are gap-filled. Ends the
        catch-up when everything requested has been written.
        """
        job = self.catch_up
        assert job is not None and through <= self.wanted()[1]
        at = job.next
        again = at <= job.resend_end
        self.unsent.hand_over(at, through, self.numbers.next_sender)
        if not again and job.admin:
            rows = sorted([*rows, *job.admin_through(through)])
        for seq_num, message in rows:
            if at < seq_num:
                self._gap_fill(at, seq_num, now_ms)
            if seq_num in self.carried:
                message = as_carried(
                    message, seq_num, self._stamps.text(now_ms), again=again,
                    processed=self.numbers.next_target - 1 if self._tells_processed else None,
                )
            elif again:
                message = as_resent(message, self._stamps.text(now_ms))
            self.to_write.append(message)
            at = seq_num + 1
        if at <= through:
            self._gap_fill(at, through + 1, now_ms)
        job.next = through + 1
        if not again:
            job.unwritten = job.next
        elif job.next > job.resend_end:
            job.next, job.resend_end = job.unwritten, 0
        if job.next >= self.numbers.next_sender:
            self.catch_up = None
            self._turn()

    def _gap_fill(self, seq_num: int, new_seq_no: int, now_ms: int) -> None:
        stamp = self._stamps.text(now_ms)
        body = f"122={stamp}\x01123=Y\x0136={new_seq_no}\x01"
        if self._tells_processed:
            body = self._processed() + body
        rest = (
            f"35=4\x0134={seq_num}\x0143=Y{self._ours}{stamp}{self._theirs}{body}"
        ).encode("latin-1")
        message = b"8=%b\x019=%d\x01%b" % (self._begin_string, len(rest), rest)
        self.to_write.append(message + CHECKSUMS[checksum(message)])


def outbox(settings: SessionSettings, numbers: Numbers, stamps: UtcTimestamps) -> Outbox:
    """Return the outgoing side of the session of these settings."""
    return Outbox(
        settings.begin_string, settings.sender_comp_id, settings.target_comp_id, numbers, stamps,
        ours_more=sub_ids(settings.sender_sub_id, settings.sender_location_id, 50, 142),
        theirs_more=sub_ids(settings.target_sub_id, settings.target_location_id, 57, 143),
        tells_processed=settings.enable_last_msg_seq_num_processed,
    )

"""Application messages of a run of numbers that are not known to have reached the client.

Delivery is not proven by handing them to a socket, by an acknowledgement of the client's TCP, or by
a connection that ends in good order: a client that is killed loses what its kernel had taken, and
its kernel closes the connection for it. Only the client's own messages prove it: a number
(NextExpectedMsgSeqNum(789), BeginSeqNo(7) of a ResendRequest), the Heartbeat that answers a
TestRequest, or its Logout. Messages that are not proven when the numbers start again are carried
into the new run (`fix.carried_over`). Doubt keeps a message here: one too many is a repetition that
is marked as one, one too few is a fill that the client never learns of. A message after a gap
counts as doubtful too: a client processes it only in turn.

A message costs nothing: those handed over, or kept back, are one open run of numbers until
something else happens.
"""

from collections.abc import Iterable

from fixgw.model.ranges import Range, Ranges

ASKS_WITHIN_MS = 10_000
"""A client that lacks a message asks for it when it sees our Logon. One that answers a TestRequest
sent this long after that, or after it last asked, lacks none of the messages sent by then."""

RUNS_MAX = 10_000
"""Runs of numbers kept apart. Above that, the administrative numbers between them are included:
when carried, they are gap-filled."""


class Unconfirmed:
    """MsgSeqNum(34) ranges of application messages that the client may not have received."""

    __slots__ = (
        "kept", "handed", "since", "flushed", "_live", "unsettled", "_asks_below", "_asked_at",
    )

    def __init__(self, next_sender: int, kept: Iterable[Range] = ()) -> None:
        self.kept = Ranges(kept)
        """Application messages that were not given to a connection."""
        self.handed = Ranges()
        """Given to this connection, or to the last one."""
        self.since = next_sender
        """From this number on, all are in the open run: `handed` while live, otherwise `kept`."""
        self.flushed = next_sender
        """Our next number when a message was last given to the connection."""
        self._live = False
        self.unsettled = False
        """True if the client may still find that it lacks a message below our Logon."""
        self._asks_below = 0
        self._asked_at = 0

    # ----------------------------------------------------- reported by the outbox

    def turn(self, next_sender: int, *, live: bool) -> None:
        """Give messages from *next_sender* on to the connection at once, or keep them back."""
        if live is not self._live:
            self._close_run(next_sender)
            self._live = live

    def skip(self, seq_num: int) -> None:
        """Note that *seq_num* is an administrative message's; it is never carried."""
        if len(self.kept) + len(self.handed) < RUNS_MAX:
            self._close_run(seq_num)
            self.since = seq_num + 1

    def hand_over(self, first: int, last: int, next_sender: int) -> None:
        """Note that the stored messages among these numbers are given to the connection."""
        self.turn(next_sender, live=False)
        self._close_run(next_sender)
        moved = self.kept.within(first, last)
        if moved:
            self.handed.update(moved)
            self.kept.remove(first, last)

    def connected(self) -> None:
        """Note that there is another connection: messages the last one did not deliver, it never
        will."""
        self._keep_all()

    def _keep_all(self) -> None:
        if self.handed:
            self.kept.update(self.handed)
            self.handed.clear()

    def restart(self) -> None:
        """Start the numbers again at 1."""
        self.kept.clear()
        self.handed.clear()
        self.since = self.flushed = 1
        self._live = self.unsettled = False

    def carry(self, first: int, end: int) -> None:
        """Note that the numbers from *first*, our next one, to before *end* refer to earlier
        messages."""
        self._close_run(first)
        self.kept.add(first, end - 1)
        self.since = end

    def _close_run(self, next_sender: int) -> None:
        if self.since < next_sender:
            (self.handed if self._live else self.kept).add(self.since, next_sender - 1)
            self.since = next_sender

    # -------------------------------------------------------------- what is found out

    @property
    def in_doubt(self) -> bool:
        """True if a message was given to the connection and may not have been read."""
        return bool(self.handed or (self._live and self.since < self.flushed))

    def worth_asking(self, now_ms: int) -> bool:
        """Return True if the answer to a TestRequest that is sent now would prove receipt."""
        if self.unsettled or self.kept:
            return now_ms - self._asked_at >= ASKS_WITHIN_MS and (self.in_doubt or bool(self.kept))
        return self.in_doubt

    def said_goodbye(self) -> None:
        """Note that the client logs out, and its TCP has acknowledged all that was given to it."""
        in_turn = self._in_turn()
        self.handed.remove_below(in_turn)
        if self._live:
            self.since = max(self.since, in_turn)

    def _in_turn(self) -> int:
        """Return the number below which all messages were given to the connection, none of them
        waiting for an earlier one."""
        limit = min(self.flushed, self.kept.first) if self.kept else self.flushed
        return min(limit, self._asks_below) if self.unsettled else limit

    def logged_on(self, logon: int, now_ms: int) -> None:
        """Note that our Logon, number *logon*, now shows the client the messages it lacks below
        that."""
        self._asks_below, self._asked_at = logon, now_ms
        self.unsettled = logon > 1

    def asked(self, begin: int, next_sender: int, now_ms: int) -> None:
        """Note that the client lacks the messages from *begin* on, whatever has reached it
        meanwhile."""
        self._asks_below, self._asked_at = next_sender, now_ms
        self.unsettled = False
        self.has_below(begin)
        self._keep_all()

    def answered(self, seq_num: int) -> None:
        """Note that the client answers the TestRequest of this number, since which it has asked for
        nothing: it has processed all messages before it, in turn."""
        self.unsettled = False
        self.has_below(seq_num)

    def has_below(self, seq_num: int) -> None:
        """Note that the client has every message below *seq_num*."""
        self.kept.remove_below(seq_num)
        self.handed.remove_below(seq_num)
        self.since = max(self.since, seq_num)

    # ------------------------------------------------------------ the open numbers

    @property
    def first(self) -> int:
        """The first number that is not certainly delivered; our next one if there is none."""
        if self.kept or self.handed:
            return min(each.first for each in (self.kept, self.handed) if each)
        return self.since

    def all(self, next_sender: int) -> Ranges:
        """Return every number that is not certainly delivered; *next_sender* is our next one."""
        everything = Ranges(self.kept)
        everything.update(self.handed)
        everything.add(self.since, next_sender - 1)
        return everything

"""Which application messages of a run of numbers are not known to have reached the client.

That they were handed to a socket proves nothing, nor that the client's TCP has acknowledged
them, nor that the connection ends in good order: a client that is killed takes with it what its
kernel had taken, and its kernel says goodbye for it. What proves is what the client said itself:
a number (NextExpectedMsgSeqNum(789), BeginSeqNo(7) of a ResendRequest), the Heartbeat that
answers a TestRequest, or its Logout. What is not proven when the numbers start again is carried
into the new run (`fix.carried_over`). Doubt keeps a message here: too many are a repetition that
says that it is one, too few are a fill that nobody hears of. What comes
behind a gap counts as doubtful too: a client takes it only in turn.

A message costs nothing: what is handed over, or kept back, is one open run
of numbers until something else happens.
"""

from collections.abc import Iterable

from fixgw.model.ranges import Range, Ranges

ASKS_WITHIN_MS = 10_000
"""A client that lacks something asks for it when it sees our Logon. One that answers a TestRequest
sent so long after it, or after it last asked, lacks nothing of what was there by then."""

RUNS_MAX = 10_000
"""Runs of numbers kept apart. Above that the administrative ones between them are taken into them:
carried, they are gap-filled."""


class Unconfirmed:
    """The numbers of application messages that a session has not got rid of for certain."""

    __slots__ = (
        "kept", "handed", "since", "flushed", "_live", "unsettled", "_asks_below", "_asked_at",
    )

    def __init__(self, next_sender: int, kept: Iterable[Range] = ()) -> None:
        self.kept = Ranges(kept)
        """Application messages that were not given to a connection."""
        self.handed = Ranges()
        """Given to this connection, or to the last one."""
        self.since = next_sender
        """From here on all is in the open run: `handed` while live, else `kept`."""
        self.flushed = next_sender
        """Where our numbers stood when something was last given to the connection."""
        self._live = False
        self.unsettled = False
        """Whether the client may still find that it lacks something below our Logon."""
        self._asks_below = 0
        self._asked_at = 0

    # ------------------------------------------------------------ what the outbox says

    def turn(self, next_sender: int, *, live: bool) -> None:
        """From *next_sender* on messages are given to the connection at once, or kept back."""
        if live is not self._live:
            self._close_run(next_sender)
            self._live = live

    def skip(self, seq_num: int) -> None:
        """*seq_num* is an administrative message's; it is never carried."""
        if len(self.kept) + len(self.handed) < RUNS_MAX:
            self._close_run(seq_num)
            self.since = seq_num + 1

    def hand_over(self, first: int, last: int, next_sender: int) -> None:
        """The stored messages among these numbers are given to the connection."""
        self.turn(next_sender, live=False)
        self._close_run(next_sender)
        moved = self.kept.within(first, last)
        if moved:
            self.handed.update(moved)
            self.kept.remove(first, last)

    def connected(self) -> None:
        """There is another connection: what the last one did not get rid of, it never will."""
        self._keep_all()

    def _keep_all(self) -> None:
        if self.handed:
            self.kept.update(self.handed)
            self.handed.clear()

    def restart(self) -> None:
        """The numbers start again at 1."""
        self.kept.clear()
        self.handed.clear()
        self.since = self.flushed = 1
        self._live = self.unsettled = False

    def carry(self, first: int, end: int) -> None:
        """The numbers from *first*, our next one, to before *end* stand for earlier messages."""
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
        """Whether something was given to the connection and may not have been read."""
        return bool(self.handed or (self._live and self.since < self.flushed))

    def worth_asking(self, now_ms: int) -> bool:
        """Whether the answer to a TestRequest that is sent now would prove something."""
        if self.unsettled or self.kept:
            return now_ms - self._asked_at >= ASKS_WITHIN_MS and (self.in_doubt or bool(self.kept))
        return self.in_doubt

    def said_goodbye(self) -> None:
        """The client logs out, and its TCP has acknowledged all that was given to it."""
        in_turn = self._in_turn()
        self.handed.remove_below(in_turn)
        if self._live:
            self.since = max(self.since, in_turn)

    def _in_turn(self) -> int:
        """What was given to the connection below this number, nothing below it waits for."""
        limit = min(self.flushed, self.kept.first) if self.kept else self.flushed
        return min(limit, self._asks_below) if self.unsettled else limit

    def logged_on(self, logon: int, now_ms: int) -> None:
        """Our Logon, number *logon*, tells the client now what it lacks below that."""
        self._asks_below, self._asked_at = logon, now_ms
        self.unsettled = logon > 1

    def asked(self, begin: int, next_sender: int, now_ms: int) -> None:
        """The client lacks what there is from *begin* on, whatever has reached it meanwhile."""
        self._asks_below, self._asked_at = next_sender, now_ms
        self.unsettled = False
        self.has_below(begin)
        self._keep_all()

    def answered(self, seq_num: int) -> None:
        """The client answers the TestRequest of this number, since which it has asked for nothing:
        it has processed all before it, in turn."""
        self.unsettled = False
        self.has_below(seq_num)

    def has_below(self, seq_num: int) -> None:
        """The client has everything below *seq_num*."""
        self.kept.remove_below(seq_num)
        self.handed.remove_below(seq_num)
        self.since = max(self.since, seq_num)

    # ------------------------------------------------------------------ what there is

    @property
    def first(self) -> int:
        """The first number that has not left for certain; our next one if there is none."""
        if self.kept or self.handed:
            return min(each.first for each in (self.kept, self.handed) if each)
        return self.since

    def all(self, next_sender: int) -> Ranges:
        """Every number that has not left for certain; *next_sender* is our next one."""
        everything = Ranges(self.kept)
        everything.update(self.handed)
        everything.add(self.since, next_sender - 1)
        return everything

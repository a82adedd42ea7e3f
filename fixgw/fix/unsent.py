"""Which application messages of a run of numbers are not known to have left us.

A message has left when the client's end of the connection has acknowledged
its bytes: that they were handed to a socket proves nothing, as the line may
be dead already. What has not left when the numbers start again is carried
into the new run (`fix.carried`). Doubt keeps a message here: too many are a
repetition that says that it is one, too few are a fill that nobody hears of.
What comes behind a gap counts as doubtful too: a client takes it only in turn.

A message costs nothing: what is handed over, or kept back, is one open run
of numbers until something else happens.
"""

from collections.abc import Iterable

ASKS_WITHIN_MS = 10_000
"""A client that lacks something asks for it when it sees our Logon. One that says something else
so long after it, or after it last asked, lacks nothing below that Logon."""

Range = tuple[int, int]
"""MsgSeqNum(34), first and last; all between them are application messages."""


class Unsent:
    """The numbers of application messages that a session has not got rid of for certain."""

    __slots__ = ("kept", "handed", "marked", "since", "flushed", "_live", "_mark", "_logon", "_asked_at")

    def __init__(self, next_sender: int, kept: Iterable[Range] = ()) -> None:
        self.kept: list[Range] = list(kept)
        """Not given to a connection."""
        self.handed: list[Range] = []
        """Given to this connection, or to the last one."""
        self.marked: list[Range] = []
        """Given to it before so many bytes as `seen` last marked."""
        self.since = next_sender
        """From here on all is in the open run: `handed` while live, else `kept`."""
        self.flushed = next_sender
        """Where our numbers stood when something was last given to the connection."""
        self._live = False
        self._mark = 0
        self._logon = 0
        self._asked_at = 0

    # ------------------------------------------------------------ what the outbox says

    def turn(self, next_sender: int, *, live: bool) -> None:
        """From *next_sender* on messages are given to the connection at once, or kept back."""
        if live is not self._live:
            self._close_run(next_sender)
            self._live = live

    def skip(self, seq_num: int) -> None:
        """*seq_num* is an administrative message's; it is never carried."""
        self._close_run(seq_num)
        self.since = seq_num + 1

    def hand_over(self, first: int, last: int, next_sender: int) -> None:
        """The stored messages among these numbers are given to the connection."""
        self.turn(next_sender, live=False)
        self._close_run(next_sender)
        moved = _within(self.kept, first, last)
        if moved:
            self.handed += moved
            self.kept = [*_within(self.kept, 0, first - 1), *_behind(self.kept, last + 1)]

    def connected(self) -> None:
        """There is another connection: what the last one did not get rid of, it never will."""
        if self.handed or self.marked:
            self.kept = joined([*self.kept, *self.marked, *self.handed])
            self.handed.clear()
            self.marked.clear()
        self._mark = 0

    def restart(self) -> None:
        """The numbers start again at 1."""
        self.kept.clear()
        self.handed.clear()
        self.marked.clear()
        self.since = self.flushed = 1
        self._live = False

    def carry(self, first: int, end: int) -> None:
        """The numbers from *first*, our next one, to before *end* stand for earlier messages."""
        self._close_run(first)
        self.kept.append((first, end - 1))
        self.since = end

    def _close_run(self, next_sender: int) -> None:
        if self.since < next_sender:
            (self.handed if self._live else self.kept).append((self.since, next_sender - 1))
            self.since = next_sender

    # -------------------------------------------------------------- what is found out

    @property
    def in_doubt(self) -> bool:
        """Whether something was given to the connection and may not have left."""
        return bool(self.handed or self.marked or (self._live and self.since < self.flushed))

    def seen(self, written: int, left: int) -> None:
        """Of *written* bytes given to the connection so far, the first *left* have left."""
        if left < min(written, self._mark):
            return
        flushed = self.flushed
        in_turn = min(flushed, self.kept[0][0]) if self.kept else flushed
        self.marked = _behind(self.marked, in_turn)
        if left >= written:
            self.handed = _behind(self.handed, in_turn)
            if self._live:
                self.since = max(self.since, in_turn)
        else:
            self.marked += _within(self.handed, 0, flushed - 1)
            self.handed = _behind(self.handed, flushed)
            if self._live and self.since < flushed:
                self.marked.append((self.since, flushed - 1))
                self.since = flushed
            self._mark = written

    def logged_on(self, logon: int, now_ms: int) -> None:
        """Our Logon, number *logon*, tells the client now what it lacks below that."""
        self._logon, self._asked_at = logon, now_ms

    def asked(self, begin: int, now_ms: int) -> None:
        """The client has asked for what there is from *begin* on."""
        self._asked_at = now_ms
        self.has_below(begin)

    def heard(self, at_ms: int) -> None:
        """The client said something at *at_ms*, and nothing of it waits to be sent again."""
        if at_ms - self._asked_at >= ASKS_WITHIN_MS:
            self.has_below(self._logon)

    def has_below(self, seq_num: int) -> None:
        """The client has everything below *seq_num*."""
        self.kept = _behind(self.kept, seq_num)
        self.handed = _behind(self.handed, seq_num)
        self.marked = _behind(self.marked, seq_num)
        self.since = max(self.since, seq_num)

    # ------------------------------------------------------------------ what there is

    @property
    def first(self) -> int:
        """The first number that has not left for certain; our next one if there is none."""
        if self.kept or self.handed or self.marked:
            return min(each[0][0] for each in (self.kept, self.handed, self.marked) if each)
        return self.since

    def all(self, next_sender: int) -> list[Range]:
        """Every number that has not left for certain, rising; *next_sender* is our next one."""
        open_run = [(self.since, next_sender - 1)] if self.since < next_sender else []
        return joined([*self.kept, *self.marked, *self.handed, *open_run])


def joined(ranges: Iterable[Range]) -> list[Range]:
    """*ranges*, which do not overlap, rising, neighbours made one."""
    result: list[Range] = []
    for first, last in sorted(ranges):
        if result and result[-1][1] + 1 == first:
            result[-1] = result[-1][0], last
        else:
            result.append((first, last))
    return result


def _within(ranges: list[Range], begin: int, end: int) -> list[Range]:
    """What *ranges* have of *begin* to *end*."""
    return [
        (max(first, begin), min(last, end)) for first, last in ranges
        if first <= end and last >= begin
    ]


def _behind(ranges: list[Range], begin: int) -> list[Range]:
    """What *ranges* have from *begin* on."""
    return [(max(first, begin), last) for first, last in ranges if last >= begin]

"""Which application messages of a run of numbers are not known to have left us.

A message has left when the client's end of the connection has acknowledged
its bytes and then went on for a while, or said goodbye: that they were handed
to a socket proves nothing, as the line may be dead already, and a client that
dies takes with it what its TCP had acknowledged and it had not read. What has
not left when the numbers start again is carried into the new run
(`fix.carried`). Doubt keeps a message here: too many are a repetition that
says that it is one, too few are a fill that nobody hears of. What comes
behind a gap counts as doubtful too: a client takes it only in turn.

A message costs nothing: what is handed over, or kept back, is one open run
of numbers until something else happens.
"""

from collections.abc import Iterable

ASKS_WITHIN_MS = 10_000
"""A client that lacks something asks for it when it sees our Logon. One that says something else
so long after it, or after it last asked, lacks nothing of what was there by then."""

READ_WITHIN_MS = 1_000
"""So long after its TCP has acknowledged something a client that lives has read it."""

Range = tuple[int, int]
"""MsgSeqNum(34), first and last; all between them are application messages."""


class Unsent:
    """The numbers of application messages that a session has not got rid of for certain."""

    __slots__ = (
        "kept", "handed", "marked", "since", "flushed", "_live", "_mark", "_marked_at",
        "unsettled", "_asks_below", "_asked_at",
    )

    def __init__(self, next_sender: int, kept: Iterable[Range] = ()) -> None:
        self.kept: list[Range] = list(kept)
        """Not given to a connection."""
        self.handed: list[Range] = []
        """Given to this connection, or to the last one."""
        self.marked: list[Range] = []
        """Given to it before the last mark: a number of bytes, and a time."""
        self.since = next_sender
        """From here on all is in the open run: `handed` while live, else `kept`."""
        self.flushed = next_sender
        """Where our numbers stood when something was last given to the connection."""
        self._live = False
        self._mark = 0
        self._marked_at = 0
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
        self._mark = 0
        self._keep_all()

    def _keep_all(self) -> None:
        if self.handed or self.marked:
            self.kept = joined([*self.kept, *self.marked, *self.handed])
            self.handed.clear()
            self.marked.clear()

    def restart(self) -> None:
        """The numbers start again at 1."""
        self.kept.clear()
        self.handed.clear()
        self.marked.clear()
        self.since = self.flushed = 1
        self._live = self.unsettled = False

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

    def asks_what_arrived(self, now_ms: int) -> bool:
        """Whether it is time for `acknowledged`: to find out costs a system call a client."""
        return now_ms - self._marked_at >= READ_WITHIN_MS and self.in_doubt

    def acknowledged(self, written: int, arrived: int, now_ms: int) -> None:
        """Of *written* bytes given to a connection that lives, the first *arrived* are there."""
        if arrived < self._mark or now_ms - self._marked_at < READ_WITHIN_MS:
            return
        flushed = self.flushed
        self.marked = _behind(self.marked, self._in_turn())
        self.marked += _within(self.handed, 0, flushed - 1)
        self.handed = _behind(self.handed, flushed)
        if self._live and self.since < flushed:
            self.marked.append((self.since, flushed - 1))
            self.since = flushed
        self._mark, self._marked_at = written, now_ms

    def read(self, written: int, arrived: int) -> None:
        """The same, and the client has read what is there: it ends the connection in order."""
        in_turn = self._in_turn()
        if arrived >= self._mark:
            self.marked = _behind(self.marked, in_turn)
        if arrived >= written:
            self.handed = _behind(self.handed, in_turn)
            if self._live:
                self.since = max(self.since, in_turn)

    def _in_turn(self) -> int:
        """What was given to the connection below this number, nothing below it waits for."""
        limit = min(self.flushed, self.kept[0][0]) if self.kept else self.flushed
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

    def heard(self, at_ms: int) -> None:
        """The client said something at *at_ms*, and nothing that it asked for waits."""
        if at_ms - self._asked_at >= ASKS_WITHIN_MS:
            self.unsettled = False
            self.has_below(self._asks_below)

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

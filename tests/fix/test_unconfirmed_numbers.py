"""`Unconfirmed`, whatever happens in whatever order, beside a plain set of numbers: what it holds
is
what nobody has proven to have reached the client, with every hole between."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fixgw.fix.unconfirmed import ASKS_WITHIN_MS, Unconfirmed

FEW = st.integers(1, 4)
BACK = st.integers(0, 12)
"""How far behind our next number."""


class Numbers(RuleBasedStateMachine):
    """One session's outgoing numbers, one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.next = 1
        self.unsent = Unconfirmed(1)
        self.kept: set[int] = set()
        self.handed: set[int] = set()
        self.live = False
        self.flushed = 1
        self.asks_below: int | None = None
        self.now_ms = 0

    # ------------------------------------------------------------------- what is sent

    @rule(count=FEW)
    def reports(self, count: int) -> None:
        numbers = range(self.next, self.next + count)
        (self.handed if self.live else self.kept).update(numbers)
        self.next += count

    @rule()
    def administrative(self) -> None:
        self.unsent.skip(self.next)
        self.next += 1

    @rule(live=st.booleans())
    def turn(self, live: bool) -> None:
        self.unsent.turn(self.next, live=live)
        self.live = live

    @rule()
    def flush(self) -> None:
        self.unsent.flushed = self.flushed = self.next

    @rule(back=BACK, count=FEW)
    def catch_up(self, back: int, count: int) -> None:
        first = max(1, self.next - back)
        last = min(first + count - 1, self.next - 1)
        self.unsent.hand_over(first, last, self.next)
        self.live = False
        moved = {number for number in self.kept if first <= number <= last}
        self.handed |= moved
        self.kept -= moved

    @rule(count=FEW)
    def carry(self, count: int) -> None:
        self.unsent.carry(self.next, self.next + count)
        self.kept.update(range(self.next, self.next + count))
        self.next += count

    @rule()
    def restart(self) -> None:
        self.unsent.restart()
        self.next = self.flushed = 1
        self.kept, self.handed, self.live, self.asks_below = set(), set(), False, None

    # --------------------------------------------------------------- what is found out

    @rule()
    def connected(self) -> None:
        self.turn(False)
        self.unsent.connected()
        self.kept |= self.handed
        self.handed = set()

    @rule()
    def logged_on(self) -> None:
        self.administrative()
        logon = self.next - 1
        self.unsent.logged_on(logon, self.now_ms)
        self.asks_below = logon if logon > 1 else None

    @rule(back=BACK)
    def asks(self, back: int) -> None:
        begin = max(1, self.next - back)
        self.turn(False)
        self.unsent.asked(begin, self.next, self.now_ms)
        self._has_below(begin)
        self.kept |= self.handed
        self.handed, self.asks_below = set(), None

    @rule(back=BACK)
    def answers(self, back: int) -> None:
        number = max(1, self.next - back)
        self.unsent.answered(number)
        self._has_below(number)
        self.asks_below = None

    def _has_below(self, number: int) -> None:
        self.kept = {each for each in self.kept if each >= number}
        self.handed = {each for each in self.handed if each >= number}

    @rule()
    def says_goodbye(self) -> None:
        self.unsent.said_goodbye()
        in_turn = min([self.flushed, *self.kept])
        if self.asks_below is not None:
            in_turn = min(in_turn, self.asks_below)
        self.handed = {each for each in self.handed if each >= in_turn}

    @rule(ms=st.sampled_from((1, ASKS_WITHIN_MS)))
    def time_passes(self, ms: int) -> None:
        self.now_ms += ms

    # ------------------------------------------------------------------------ the laws

    @invariant()
    def every_number_is_there_and_no_other(self) -> None:
        ranges = list(self.unsent.all(self.next))
        numbers = [each for first, last in ranges for each in range(first, last + 1)]
        assert numbers == sorted(self.kept | self.handed)
        assert all(behind[0] > before[1] + 1 for before, behind in zip(ranges, ranges[1:]))

    @invariant()
    def the_first_is_the_lowest(self) -> None:
        assert self.unsent.first == min(self.kept | self.handed, default=self.next)

    @invariant()
    def what_was_given_to_the_connection_is_in_doubt(self) -> None:
        assert self.unsent.in_doubt == bool(
            any(each < self.flushed for each in self.handed)
            or any(each < self.unsent.since for each in self.handed)
        )


TestNumbers = Numbers.TestCase
TestNumbers.settings = settings(max_examples=200, stateful_step_count=30)

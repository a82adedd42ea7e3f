"""The commands in flight on one socket, and the matching of error replies to them. Sans-IO.

An error reply names no order: only elimination shows the command it answers. Each command has one
reply. Once there are as many errors as commands without a reply, and all of these commands left
before the last error came, the errors belong to them: all of them failed. Until then nothing is
reported.

It never searches the commands in flight: a reply and an error each cost the same few steps, however
many commands are in flight (a venue that refuses a whole mass cancel sends as many errors as there
were cancels).
"""

from bisect import bisect_left
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

E = TypeVar("E")


class Flights(Generic[E]):
    """Commands by their keys, the oldest first, and errors of the kind E without a command."""

    def __init__(self) -> None:
        # key -> when it left, and its number: commands are counted as they leave.
        self._open: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._last = 0
        # The number of the last command that had left when the error came, and the error.
        self._errors: deque[tuple[int, E]] = deque()
        # Two lists of one length, by rising number. Of the commands up to _until[i] there are
        # sum(_more[: i + 1]) more without a reply than errors that came by then. A number that
        # has as many more as a later one is left out: the later comes to 0 as soon.
        self._until: list[int] = []
        self._more: list[int] = []
        self._more_in_all = 0
        """The sum of `_more`."""

    def __len__(self) -> int:
        return len(self._open)

    def oldest(self) -> float | None:
        """The time at which the oldest of them left."""
        return next(iter(self._open.values()))[0] if self._open else None

    def leaves(self, key: str, now: float) -> None:
        """A command leaves."""
        self._last += 1
        self._open.setdefault(key, (now, self._last))

    def answered(self, key: str) -> bool:
        """A reply names the command *key*; False if it is not in flight. Ask `settled` then."""
        flight = self._open.pop(key, None)
        if flight is None:
            return False
        at = bisect_left(self._until, flight[1])
        if at < len(self._until):
            self._one_less(at)
        return True

    def oldest_failed(self) -> str:
        """The oldest command: an error has answered it, and it is in flight no more."""
        return self._open.popitem(last=False)[0]

    def failed(self, error: E) -> None:
        """Some command in flight is answered by *error*. Ask `settled` then."""
        self._errors.append((self._last, error))
        if self._until and self._until[-1] == self._last:
            self._one_less(len(self._until) - 1)
            return
        more = len(self._open) - len(self._errors)
        while self._until and more <= self._more_in_all:
            self._until.pop()
            self._more_in_all -= self._more.pop()
        self._until.append(self._last)
        self._more.append(more - self._more_in_all)
        self._more_in_all = more

    def settled(self) -> Iterator[tuple[Sequence[str], Sequence[E]]]:
        """Commands that have failed, and the errors that answer them, in which order is not known.

        They are in flight no more.
        """
        while self._more and self._more[0] <= 0:
            until = self._until.pop(0)
            self._more.pop(0)
            keys: list[str] = []
            errors: list[E] = []
            while self._errors and self._errors[0][0] <= until:
                came, error = self._errors.popleft()
                errors.append(error)
                while self._open and next(iter(self._open.values()))[1] <= came:
                    keys.append(self.oldest_failed())
                if len(keys) <= len(errors):
                    yield keys, errors
                    keys, errors = [], []

    def lost(self) -> Sequence[str]:
        """The socket is gone: all that was in flight, the oldest first."""
        keys = list(self._open)
        for each in (self._open, self._errors, self._until, self._more):
            each.clear()
        self._more_in_all = 0
        return keys

    def _one_less(self, at: int) -> None:
        self._more[at] -= 1
        self._more_in_all -= 1
        if at and not self._more[at]:
            # The one before has as many more by now.
            del self._more[at], self._until[at - 1]

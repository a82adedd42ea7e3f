"""The faults that a sandbox can make on command, as three tables: for calls, lists and streams.

A fault is armed for a number of times and used up by the calls or messages that meet it; with none
armed the server behaves. A fault decides only how an answer travels, or what a list shows, never
what the venue books: "after_accept" faults book first and fail then, as a real outage does.
"""

from collections.abc import Set
from enum import Enum, auto
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")

ANY_CALL = "*"
# Longer than a patient client waits for an answer.
DEFAULT_DELAY_MS = 30_000
# The body that a proxy in front of a broken server sends with HTTP 200.
UNREADABLE_BODY = b"<html><body>upstream returned an invalid response</body></html>"


class Answer(Enum):
    """The way the answer to a call travels."""

    LATE = auto()
    LATE_DROP = auto()
    HTTP_500 = auto()
    HTTP_502 = auto()
    DROP = auto()
    UNREADABLE = auto()
    TORN = auto()
    TOO_OFTEN = auto()


class CallFault(Struct, frozen=True):
    """The fate of a call at the venue, and the client's view of it."""

    reaches_venue: bool
    answer: Answer


CALL_FAULTS = {
    "timeout_before_accept": CallFault(reaches_venue=False, answer=Answer.LATE_DROP),
    "timeout_after_accept": CallFault(reaches_venue=True, answer=Answer.LATE),
    "http_500_after_accept": CallFault(reaches_venue=True, answer=Answer.HTTP_500),
    "http_502": CallFault(reaches_venue=False, answer=Answer.HTTP_502),
    "drop_connection": CallFault(reaches_venue=False, answer=Answer.DROP),
    "drop_connection_after_accept": CallFault(reaches_venue=True, answer=Answer.DROP),
    "unreadable_body": CallFault(reaches_venue=True, answer=Answer.UNREADABLE),
    "torn_answer_after_accept": CallFault(reaches_venue=True, answer=Answer.TORN),
    "http_429": CallFault(reaches_venue=False, answer=Answer.TOO_OFTEN),
}


class ListFault(Enum):
    """A list that lags or repeats itself. The values are the names to arm it by."""

    EMPTY = "empty_list"  # nothing of what it has to show
    SHORT = "short_list"  # all but the newest
    TWICE = "rows_twice"  # each row, and once more

    def rows(self, rows: list[T], *, newest_first: bool = False) -> list[T]:
        """Return the visible ones of *rows*."""
        match self:
            case ListFault.EMPTY:
                return []
            case ListFault.SHORT:
                return rows[1:] if newest_first else rows[:-1]
            case ListFault.TWICE:
                return [row for row in rows for _ in range(2)]


LIST_FAULTS = {fault.value: fault for fault in ListFault}


class StreamFault(Enum):
    """A fault of one message of a stream. The values are the names to arm it by."""

    SILENT = "silent_stream"  # the message is lost, the socket stays and still pings
    DUPLICATE = "duplicate_updates"  # it is sent twice
    DROP = "drop_stream"  # it is lost, and the connection with it
    LATE = "late_updates"  # it and all behind it wait for delay_ms
    SWAP = "swapped_updates"  # it is sent right after the one that follows it


STREAM_FAULTS = {fault.value: fault for fault in StreamFault}


class ArmRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The operator's request."""

    call: str
    fault: str
    times: int = 1
    delay_ms: int = DEFAULT_DELAY_MS

    def __post_init__(self) -> None:
        if self.times < 1:
            raise ValueError("times must be at least 1")
        if self.delay_ms < 0:
            raise ValueError("delay_ms must not be negative")


class Armed(Struct):
    """A fault that waits for its call; *times* counts down."""

    call: str
    fault: str
    times: int
    delay_ms: int


class UnknownFault(ValueError):
    """The name of the fault, or of what it is armed for, is in no table."""


class Faults:
    """The armed faults, oldest first."""

    def __init__(
        self,
        calls: frozenset[str],
        streams: frozenset[str],
        lists: frozenset[str] = frozenset(),
    ) -> None:
        self._calls = calls | {ANY_CALL}
        self._streams = streams | {ANY_CALL}
        self._lists = lists
        """Those of the calls whose answers show what there is."""
        self._armed: list[Armed] = []

    @property
    def armed(self) -> list[Armed]:
        """The faults that are still armed."""
        return list(self._armed)

    def arm(self, request: ArmRequest) -> None:
        """Add a fault to the end of the list."""
        if request.fault in CALL_FAULTS:
            targets = self._calls
        elif request.fault in STREAM_FAULTS:
            targets = self._streams
        elif request.fault in LIST_FAULTS:
            targets = self._lists
        else:
            known = ", ".join([*CALL_FAULTS, *LIST_FAULTS, *STREAM_FAULTS])
            raise UnknownFault(f"fault {request.fault!r} is none of: {known}")
        if request.call not in targets:
            known = ", ".join(sorted(targets))
            raise UnknownFault(f"{request.fault} can be armed for: {known}")
        self._armed.append(
            Armed(request.call, request.fault, request.times, request.delay_ms)
        )

    def clear(self) -> None:
        """Behave from now on."""
        self._armed.clear()

    def for_call(self, call: str) -> Armed | None:
        """Use up one turn of the oldest fault armed for *call*."""
        return self._take(call, CALL_FAULTS.keys())

    def for_list(self, call: str) -> ListFault | None:
        """Use up one turn of the oldest fault armed for the list that *call* shows."""
        armed = self._take(call, LIST_FAULTS.keys())
        return None if armed is None else LIST_FAULTS[armed.fault]

    def for_message(self, stream: str) -> Armed | None:
        """Use up one turn of the oldest fault armed for a message of *stream*."""
        return self._take(stream, STREAM_FAULTS.keys())

    def _take(self, target: str, kinds: Set[str]) -> Armed | None:
        for armed in self._armed:
            if armed.fault in kinds and armed.call in (target, ANY_CALL):
                armed.times -= 1
                if not armed.times:
                    self._armed.remove(armed)
                return armed
        return None

"""The interface certification needs of a stand-in for a venue: the control of its sandbox.

A sandbox driver starts the venue's sandbox, trades there as another participant, makes the next
answer go wrong, and reads the venue's own record of orders. It never touches the adapter. It
declares each feature its sandbox lacks, with the reason (`cannot`), and must provide every feature
it does not declare.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from fixgw.model.enums import Side


class Step(StrEnum):
    """The exchange with the venue that a fault applies to."""

    SUBMIT = "submit"
    CANCEL = "cancel"
    REPLACE = "replace"
    ASK = "ask"
    """Any question about orders."""
    EXECUTIONS = "executions"
    """The question for the executions of an order, where that is another one."""
    NEWS = "news"
    """Updates the venue sends unasked."""


class Fault(StrEnum):
    """The kind of fault, by its name in the sandboxes: for answers, for news, and for lists."""

    HTTP_500_AFTER = "http_500_after_accept"
    TIMEOUT_AFTER = "timeout_after_accept"
    LOST_AFTER = "drop_connection_after_accept"
    TORN_AFTER = "torn_answer_after_accept"
    UNREADABLE_AFTER = "unreadable_body"
    HTTP_502_BEFORE = "http_502"
    LOST_BEFORE = "drop_connection"
    TIMEOUT_BEFORE = "timeout_before_accept"
    TOO_OFTEN = "http_429"
    """429 with Retry-After: 1, before the venue looked at it."""

    SILENT = "silent_stream"
    TWICE = "duplicate_updates"
    LATE = "late_updates"
    SWAPPED = "swapped_updates"
    """It comes right after the one that followed it."""
    CUT = "drop_stream"
    """It is lost, and the connection with it."""

    NOT_LISTED = "empty_list"
    """It answers, and shows nothing of what it has: a list that is behind."""
    LAST_MISSING = "short_list"
    """It shows all but the newest."""
    ROWS_TWICE = "rows_twice"
    """Each row, and once more."""

    @property
    def words(self) -> str:
        """The fault as a scenario's title names it, after "an order is answered"."""
        return _WORDS[self]


_WORDS = {
    Fault.HTTP_500_AFTER: "with HTTP 500",
    Fault.TIMEOUT_AFTER: "too late",
    Fault.LOST_AFTER: "with a lost connection",
    Fault.TORN_AFTER: "with half an answer",
    Fault.UNREADABLE_AFTER: "with what cannot be read",
    Fault.HTTP_502_BEFORE: "with HTTP 502",
    Fault.LOST_BEFORE: "with a lost connection",
    Fault.TIMEOUT_BEFORE: "not at all",
}

ARRIVED = (
    Fault.HTTP_500_AFTER, Fault.TIMEOUT_AFTER, Fault.LOST_AFTER, Fault.TORN_AFTER,
    Fault.UNREADABLE_AFTER,
)
NOT_ARRIVED = (Fault.HTTP_502_BEFORE, Fault.LOST_BEFORE, Fault.TIMEOUT_BEFORE)


class SandboxFeature(Enum):
    """A feature that a scenario may need of a sandbox beyond the declared Capabilities."""

    NEWS_FAULTS = "make its news go wrong"
    LOSE_NEWS = "lose a piece of news and say nothing of it later"
    CUT = "cut the connections that it tells its news by"
    TOO_OFTEN = "answer 429 with Retry-After"
    STRANGER = "have an order on the account that is not ours, and list it"
    RESTING = "take an order that rests"
    RACE = "execute an order before the gateway hears of it"
    REFUSE = "refuse an order that the gateway lets pass"
    PROVE_ABSENCE = "say for certain that it has no such order"
    FAIL_ASKING = "make answers to questions go wrong"
    HIDE_ORDERS = "not show an order for a while that works"
    LIST_BADLY = "list executions late, in part and twice"
    EACH_EXECUTION = "tell each execution by itself"
    CLOCK = "have another time than the gateway"


class Situation(Struct, frozen=True, kw_only=True):
    """The special conditions before the first order."""

    clock_ahead_ms: int = 0
    """The venue's clock against ours."""
    longest_names: bool = False
    """Settings that make the orders' names at the venue as long as they may be."""


class SampleOrder(Struct, frozen=True, kw_only=True):
    """A buy that the gateway lets pass and the venue refuses."""

    quantity: Decimal
    price: Decimal
    symbol: str = ""
    """"" is the market's own."""


class Market(Struct, frozen=True, kw_only=True):
    """The market that orders are for. Scenarios give sizes in lots, prices in ticks from *price*.
    """

    account: str
    symbol: str
    """Symbol(55)."""
    exchange: str
    lot: Decimal
    price: Decimal
    """A market without offers until the sandbox driver trades."""
    tick: Decimal
    exact: tuple[tuple[Decimal, Decimal], ...]
    """Quantities and prices with as many digits as the venue takes: the least, and a long one."""
    refused: SampleOrder | None = None
    """None with `SandboxFeature.REFUSE` declared as what it cannot."""


class Execution(Struct, frozen=True, order=True):
    """One execution of one order."""

    quantity: Decimal
    price: Decimal


class Booked(Struct, frozen=True, kw_only=True):
    """The venue's record of one order of the account, and of the calls that named it."""

    name: str
    """The name that the gateway gave it; the venue's own for an order without one."""
    submitted_at: tuple[int, ...]
    """The venue's time of each request to submit it, Unix milliseconds; whatever became of it."""
    cancels: int
    """Requests to cancel it."""
    found: bool = True
    """False: it was asked for, and never became an order."""
    works: bool = False
    executions: tuple[Execution, ...] = ()
    status: str = ""
    """The venue's own word, for the reader of a trace."""
    replaces: int = 0
    """Requests to replace it."""


class SandboxDriver(Protocol):
    """One venue's sandbox, as certification uses it. One is made for each scenario.

    Methods may take their time, and return when what they do has happened at
    the venue. A bug in here fails the scenario with its traceback.
    """

    @property
    def adapter(self) -> str:
        """The name of the adapter that it is for: `adapter` of `[venues.NAME]`."""

    @property
    def cannot(self) -> Mapping[SandboxFeature, str]:
        """The features the sandbox lacks -> the reason."""

    @property
    def market(self) -> Market:
        """The market that orders are for; known before `open`."""

    async def open(self, directory: Path, situation: Situation) -> None:
        """Start the sandbox; *directory* is for files, and empty."""

    def settings(self) -> str:
        """The keys of `[venues.NAME]`, without `adapter`, as TOML; tables as `[accounts.X]`.

        Paths are from the directory of `open`. Waits should be short: a request
        gives up after a second or so, and reconnects begin at once.
        """

    async def close(self) -> None:
        """End it; nothing of it may be left."""

    async def trade(self, side: Side, quantity: Decimal, price: Decimal) -> None:
        """Place a limit order of somebody else: it trades with what is there, the rest rests."""

    async def stranger(self) -> str:
        """Let an order rest on our account that the gateway knows nothing of; its name."""

    async def fail(self, step: Step, way: Fault, times: int = 1) -> None:
        """Let the next *times* answers, or news, go wrong."""

    async def unmet(self) -> Sequence[str]:
        """Return the faults requested with `fail` that have not happened yet."""

    async def behave(self) -> None:
        """Forget what has not happened yet."""

    async def cut(self) -> None:
        """Lose all connections, without a word."""

    async def orders(self) -> Sequence[Booked]:
        """The account's orders on the venue's own record, oldest first."""

    async def calls(self) -> Sequence[str]:
        """Return the calls the venue received and its replies, a line each, for a trace; no
        secrets.
        """

"""The common base of the adapters: each starts once, delivers until it is stopped, and then ends.

A venue's adapter inherits it, opens its connections in `_begin`, and reports the outcome of each
command it gets in `perform`. Nothing here looks into an order.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, NoReturn, Protocol

import structlog

from fixgw.model.effects import (
    CancelOrder,
    EndedOrder,
    QueryOrder,
    ReplaceOrder,
    SubmitOrder,
    VenueCommand,
)
from fixgw.model.enums import Command
from fixgw.model.ids import VenueName
from fixgw.model.venue import (
    CommandOutcome,
    ConnectionHealth,
    InstrumentsLoaded,
    QueryFailed,
    StreamRestored,
    VenueHealth,
    VenueInput,
)
from fixgw.runtime.clock import Clock, SystemClock
from fixgw.runtime.tasks import Tasks
from fixgw.venues.adapter import Deliver
from fixgw.venues.http import HttpClient
from fixgw.venues.kit.order_entry import OrderEntry
from fixgw.venues.kit.reference import keep_reading
from fixgw.venues.outcome import kept_back
from fixgw.venues.stream import Backoff, Handler, Random, Stream


class HttpSettings(Protocol):
    """A venue's settings for HTTP requests, in seconds."""

    @property
    def connect_timeout_seconds(self) -> float: ...

    @property
    def request_timeout_seconds(self) -> float: ...


class StreamSettings(HttpSettings, Protocol):
    """A venue's settings for sockets, in seconds."""

    @property
    def backoff_min_seconds(self) -> float: ...

    @property
    def backoff_max_seconds(self) -> float: ...


class BaseAdapter(ABC):
    """The life of one configured venue: its tasks, the resources to close, and the receiver of its
    inputs.
    """

    def __init__(
        self,
        name: VenueName,
        *,
        accounts: Iterable[str],
        clock: Clock | None,
        random: Random,
    ) -> None:
        self.name = name
        self._accounts = frozenset(accounts)
        self._clock = clock or SystemClock()
        self._random = random
        self._tasks = Tasks()
        self._closing = AsyncExitStack()
        """The things that `stop` closes, the last first, when no task runs any more."""
        self._stopped = False
        self._deliver: Deliver | None = None
        self._opened: list[Stream] = []
        self._working: list[OrderEntry[Any]] = []
        self._instruments_told = 0

    def accounts(self) -> frozenset[str]:
        """The values of Account(1) that it has credentials for."""
        return self._accounts

    # -------------------------------------------------------- its operator

    def health(self) -> VenueHealth:
        """The state of its connections, its limits, and the clock of the venue that is most off."""
        return VenueHealth(
            connections=tuple(self._connections()),
            clock_skew_ms=max(self._skews(), key=abs, default=None),
            headroom=tuple(
                left for entry in self._working if (left := entry.limit()) is not None
            ),
            instruments=self._instruments_told,
        )

    def _connections(self) -> Iterator[ConnectionHealth]:
        """Yield the state of its sockets."""
        for each in self._opened:
            yield ConnectionHealth(
                name=each.name, up=each.up, since=each.since_ms, text=each.trouble
            )

    def _skews(self) -> Iterable[int]:
        """Return how far each known clock of the venue is ahead of ours, in milliseconds."""
        return ()

    def reconcile(self) -> None:
        """Have the core ask about every open order, as after a reconnect.

        A venue's adapter that can list what is open there adds the orders that are not ours.
        """
        for account in sorted(self._accounts):
            self._tell(StreamRestored(self.name, account))

    def resume(self) -> None:
        """Nothing is held back, where a venue's adapter does not say otherwise."""

    # ----------------------------------------------------------- its life

    def start(self, deliver: Deliver) -> None:
        """Begin: load instruments, open streams, keep both up until `stop`."""
        assert self._deliver is None, "an adapter starts once"
        self._deliver = deliver
        self._begin()

    def recall(self, ended: Sequence[EndedOrder]) -> None:
        """Nothing is looked for, where a venue's adapter does not say otherwise."""

    @abstractmethod
    def _begin(self) -> None:
        """Open what the venue needs and start its tasks; `_tell` works from now on."""

    async def failure(self) -> None:
        """Wait until a task dies of a bug, then raise its exception; else wait for ever."""
        await self._tasks.failure()

    async def stop(self) -> None:
        """End all tasks and close all sockets; what was not answered stays unanswered."""
        self._stopped = True
        try:
            await self._tasks.stop()
        finally:
            await self._closing.aclose()

    def _tell(self, message: VenueInput) -> None:
        """Deliver, until the end: what becomes unknown by stopping is found out after a start."""
        assert self._deliver is not None, "nothing happens before `start`"
        if type(message) is InstrumentsLoaded:
            self._instruments_told = len(message.instruments)
        if not self._stopped:
            self._deliver(message)

    def _refuse(self, command: VenueCommand, text: str) -> None:
        """Report that *command* never left, with the reason *text*."""
        match command:
            case QueryOrder(order):
                self._tell(QueryFailed(order.order_id, text))
            case SubmitOrder(order):
                self._tell(CommandOutcome(order.order_id, Command.SUBMIT, kept_back(text)))
            case CancelOrder(order):
                self._tell(CommandOutcome(order.order_id, Command.CANCEL, kept_back(text)))
            case ReplaceOrder(_, replacement):
                outcome = kept_back(text)
                self._tell(CommandOutcome(replacement.order_id, Command.REPLACE, outcome))

    def _no_such_place(self, command: VenueCommand, place: str) -> None:
        """Answer *command*: the settings changed since its order was placed."""
        self._refuse(command, f"{place} is not configured at {self.name}")

    # ------------------------------------------------------ what it is made of

    def _run(self, work: Coroutine[Any, Any, Any], what: str) -> None:
        """Do *work* until `stop`; *what* is its name in the log, behind the venue's."""
        self._tasks.start(work, name=f"{self.name} {what}")

    def _start_workers(self, entry: OrderEntry[Any], count: int, name: str = "") -> None:
        """Have *count* workers do the work of *entry*, whose rate limit operators see."""
        self._working.append(entry)
        for number in range(count):
            self._run(entry.work(), f"{name} worker {number}".lstrip())

    def _open_http(self, config: HttpSettings, headers: Sequence[str] = ()) -> HttpClient:
        """A client for REST, closed by `stop`; *headers* of answers are kept."""
        http = HttpClient(
            connect_seconds=config.connect_timeout_seconds,
            answer_seconds=config.request_timeout_seconds,
            headers=headers,
        )
        self._closing.push_async_callback(http.close)
        return http

    def _keep_reading(
        self, read: Callable[[], Awaitable[None]], config: StreamSettings, seconds: float,
        what: str, **which: str,
    ) -> None:
        """Call *read* now and every *seconds*; *what* and *which* name the data in the log."""
        reading = keep_reading(
            read, seconds=seconds, backoff=self._backoff(config),
            log=structlog.get_logger().bind(venue=self.name), what=what, **which,
        )
        self._run(reading, " ".join((*which.values(), what)))

    def _backoff(self, config: StreamSettings) -> Backoff:
        """Return a new Backoff for connection attempts."""
        return Backoff(config.backoff_min_seconds, config.backoff_max_seconds, self._random)

    def _stream(
        self, handler: Handler, what: str, config: StreamSettings, *, ping_seconds: float = 0.0
    ) -> Stream:
        """A socket of *handler* that will be kept open; *what* is its name in the log."""
        stream = Stream(
            handler,
            name=f"{self.name} {what}",
            clock=self._clock,
            backoff=self._backoff(config),
            connect_seconds=config.connect_timeout_seconds,
            stall_seconds=config.request_timeout_seconds,
            ping_seconds=ping_seconds,
        )
        self._opened.append(stream)
        return stream


async def every(seconds: float, do: Callable[[], None]) -> NoReturn:
    """Call *do* again and again, the first time after *seconds*."""
    while True:
        await asyncio.sleep(seconds)
        do()

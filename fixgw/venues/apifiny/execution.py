"""Apifiny Connect as a VenueAdapter: joins the parts of this folder and hands out the work.

It decides which way a command leaves, and nothing else. A command that names
an account or an exchange that is no longer configured is answered, not lost.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence

from msgspec import Struct

from fixgw.model.capabilities import Capabilities
from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder, VenueCommand, VenueOrder
from fixgw.model.enums import Command, OrdType, TimeInForce
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.venue import CommandOutcome, QueryFailed, StreamRestored, VenueInput
from fixgw.runtime.clock import Clock, SystemClock
from fixgw.runtime.tasks import Tasks
from fixgw.venues.adapter import Deliver
from fixgw.venues.apifiny import ids
from fixgw.venues.apifiny.config import ApifinyConfig, endpoints
from fixgw.venues.apifiny.credentials import Credentials
from fixgw.venues.apifiny.place import Place, VenueClock
from fixgw.venues.apifiny.reference import Reference
from fixgw.venues.apifiny.rest_orders import Desk, DeskStatus
from fixgw.venues.apifiny.session import OrderSession, SessionLimits
from fixgw.venues.apifiny.strangers import Strangers
from fixgw.venues.apifiny.streams import OrderStream
from fixgw.venues.http import HttpClient
from fixgw.venues.outcome import kept_back
from fixgw.venues.stream import Backoff, Random, Stream

Route = tuple[str, str]
"""An account and an exchange."""


class ApifinyStatus(Struct, frozen=True, kw_only=True):
    """What an operator may want to see."""

    desks: dict[str, DeskStatus]
    """accountId -> its queue, its rate limit, its fees."""
    streams: dict[str, bool]
    """ACCOUNT EXCHANGE -> whether its updates arrive."""
    in_flight: int
    """Commands on sockets that wait for their answers."""
    clocks_ms: dict[str, int]
    """Exchange -> how far its clock is ahead of ours."""


class Apifiny:
    """One configured Apifiny Connect venue."""

    def __init__(
        self,
        name: VenueName,
        config: ApifinyConfig,
        *,
        clock: Clock | None = None,
        random: Random = random.random,
    ) -> None:
        self.name = name
        self.capabilities = Capabilities(
            ord_types=frozenset({OrdType.LIMIT, OrdType.MARKET}),
            times_in_force=frozenset(
                {TimeInForce.GOOD_TILL_CANCEL, TimeInForce.IMMEDIATE_OR_CANCEL}
            ),
            post_only=True,
            cash_order_qty=True,
            # "Any order that has a status of PENDING_SUBMIT … cannot be canceled."
            cancel_before_accepted=False,
            absence_proof_ms=int(config.absence_proof * 1000),
        )
        self._config = config
        self._clock = clock or SystemClock()
        self._random = random
        self._tasks = Tasks()
        self._stopped = False
        self._places = {
            exchange: Place(exchange, endpoints(exchange, given), VenueClock(self._clock))
            for exchange, given in config.exchanges.items()
        }
        self._strangers = Strangers(name, self._tell)
        self._streams: dict[Route, OrderStream] = {}
        self._desks: dict[str, Desk] = {}
        # Where orders leave by socket at once, without the rate limit's queue.
        self._fast: Mapping[Route, OrderStream] = {}
        self._sockets: tuple[OrderStream, ...] = ()
        self._http: HttpClient | None = None
        self._deliver: Deliver | None = None

    def accounts(self) -> frozenset[str]:
        """The values of Account(1) that it has credentials for."""
        return frozenset(self._config.accounts)

    def venue_order_id(self, order_id: OrderID, account: str) -> VenueOrderID:
        """The order's name at the venue: a pure function, so a restart finds it again."""
        return ids.venue_order_id(order_id, account)

    def status(self) -> ApifinyStatus:
        """How it stands."""
        return ApifinyStatus(
            desks={account: desk.status() for account, desk in self._desks.items()},
            streams={" ".join(route): stream.up for route, stream in self._streams.items()},
            in_flight=sum(socket.in_flight for socket in self._sockets),
            clocks_ms={
                exchange: place.clock.skew_ms() for exchange, place in self._places.items()
            },
        )

    # ----------------------------------------------------------- its life

    def start(self, deliver: Deliver) -> None:
        """Begin: load instruments, open streams, keep both up until `stop`."""
        assert self._deliver is None, "an adapter starts once"
        self._deliver = deliver
        config = self._config
        self._http = HttpClient(
            connect_seconds=config.connect_timeout_seconds,
            answer_seconds=config.request_timeout_seconds,
        )
        reference = Reference(
            venue=self.name,
            places=self._places,
            config=config,
            http=self._http,
            clock=self._clock,
            random=self._random,
            deliver=self._tell,
        )
        for exchange in self._places:
            self._tasks.start(reference.keep_clock(exchange), name=f"{self.name} {exchange} clock")
            self._tasks.start(
                reference.keep_instruments(exchange), name=f"{self.name} {exchange} instruments"
            )
        for account in config.accounts:
            self._start_account(account, self._http, reference)
        self._sockets = tuple({id(one): one for one in self._streams.values()}.values())
        if config.order_entry == "websocket" and not config.requests_per_second:
            self._fast = self._streams

    async def failure(self) -> None:
        """Wait until a task dies of a bug, then raise its exception; else wait for ever."""
        await self._tasks.failure()

    async def stop(self) -> None:
        """End all tasks and close all sockets; what was not answered stays unanswered."""
        self._stopped = True
        try:
            await self._tasks.stop()
        finally:
            if self._http is not None:
                await self._http.close()

    def _tell(self, message: VenueInput) -> None:
        """Deliver, until the end: what becomes unknown by stopping is found out after a start."""
        assert self._deliver is not None, "nothing happens before `start`"
        if not self._stopped:
            self._deliver(message)

    def _start_account(self, account: str, http: HttpClient, reference: Reference) -> None:
        config = self._config
        given = config.accounts[account]
        credentials = Credentials(
            account=account,
            key_id=given.key_id,
            secret=given.secret,
            scheme=config.authentication,
            ttl_seconds=config.signature_ttl_seconds,
        )
        desk = self._desks[account] = Desk(
            credentials=credentials,
            places=self._places,
            config=config,
            http=http,
            clock=self._clock,
            strangers=self._strangers,
            deliver=self._tell,
            divert=self._divert,
        )
        for number in range(config.rest_workers):
            self._tasks.start(desk.work(), name=f"{self.name} {account} worker {number}")
        for url, exchanges in self._addresses().items():
            self._start_stream(url, exchanges, credentials, reference)

    def _addresses(self) -> dict[str, list[str]]:
        """Where streams are opened, and the exchanges that each serves."""
        login = self._config.uses_login_socket
        addresses: dict[str, list[str]] = {}
        for exchange, place in self._places.items():
            url = place.endpoints.orders_url if login else place.endpoints.stream_url
            addresses.setdefault(url, []).append(exchange)
        return addresses

    def _start_stream(
        self, url: str, exchanges: list[str], credentials: Credentials, reference: Reference
    ) -> None:
        config, account = self._config, credentials.account
        handler = OrderStream(
            url=url,
            login=config.uses_login_socket,
            credentials=credentials,
            session=self._session(account),
            clock=self._clock,
            venue_clock=self._places[exchanges[0]].clock,
            market_exchanges=frozenset(
                each for each in exchanges if self._places[each].endpoints.market_orders
            ),
            deliver=self._tell,
            restored=lambda: self._restored(account, exchanges),
        )
        for exchange in exchanges:
            self._streams[account, exchange] = handler
        stream = Stream(
            handler,
            name=f"{self.name} {account} {'+'.join(exchanges)}",
            clock=self._clock,
            backoff=Backoff(config.backoff_min_seconds, config.backoff_max_seconds, self._random),
            connect_seconds=config.connect_timeout_seconds,
            stall_seconds=config.request_timeout_seconds,
        )

        async def run() -> None:
            # Signing by a clock that is minutes off would only be refused.
            await reference.clock_asked[exchanges[0]].wait()
            await stream.run()

        async def resync() -> None:
            while True:
                await asyncio.sleep(config.resync_seconds)
                handler.resync()

        self._tasks.start(run(), name=f"{self.name} {account} stream {url}")
        self._tasks.start(resync(), name=f"{self.name} {account} resync {url}")

    def _session(self, account: str) -> OrderSession:
        config = self._config
        return OrderSession(
            account_digits=ids.account_digits(account),
            limits=SessionLimits(
                idle_seconds=config.idle_seconds,
                login_seconds=config.login_seconds,
                answer_seconds=config.request_timeout_seconds,
                in_flight=config.in_flight_limit,
            ),
            errors_in_order=config.websocket_errors_in_order,
            strangers=self._strangers,
            deliver=self._tell,
        )

    def _restored(self, account: str, exchanges: Sequence[str]) -> None:
        """What happened while nobody listened is asked for: by the core, and by looking."""
        self._tell(StreamRestored(self.name, account))
        for exchange in exchanges:
            self._desks[account].list_open(exchange)

    # --------------------------------------------------------------- work

    def perform(self, commands: Sequence[VenueCommand]) -> None:
        """Take commands on, in order; each is answered through `deliver`, now or later."""
        fast, now = self._fast, self._clock.monotonic()
        for command in commands:
            if fast and not isinstance(command, QueryOrder):
                order = command.order
                socket = fast.get((order.account, order.exchange))
                if socket is not None and socket.take(command, now):
                    continue
            self._queue(command)
        for socket in self._sockets:
            socket.flush()

    def _queue(self, command: VenueCommand) -> None:
        """Give *command* to its account's desk."""
        order = command.order
        desk = self._desks.get(order.account)
        if desk is None or order.exchange not in self._places:
            self._no_such_place(command, order)
            return
        match command:
            case SubmitOrder():
                desk.submit(command)
            case CancelOrder():
                desk.cancel(command)
            case QueryOrder():
                desk.query(command)

    def _no_such_place(self, command: VenueCommand, order: VenueOrder) -> None:
        """The settings changed since the order was placed."""
        text = f"{order.account} at {order.exchange} is not configured at {self.name}"
        match command:
            case QueryOrder():
                self._tell(QueryFailed(order.order_id, text))
            case SubmitOrder():
                self._tell(CommandOutcome(order.order_id, Command.SUBMIT, kept_back(text)))
            case CancelOrder():
                self._tell(CommandOutcome(order.order_id, Command.CANCEL, kept_back(text)))

    def _divert(self, command: SubmitOrder | CancelOrder) -> bool:
        """Let a command that the rate limit has let go leave by socket, if that is the way."""
        if self._config.order_entry != "websocket":
            return False
        socket = self._streams[command.order.account, command.order.exchange]
        taken = socket.take(command, self._clock.monotonic())
        socket.flush()
        return taken

"""Finery Markets as a VenueAdapter: joins the parts of this folder and distributes the work.

It decides by which way a command leaves, and nothing else. A command for an account that is no
longer configured is answered, not lost.
"""

import random
from collections.abc import Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from fixgw.model.capabilities import Capabilities
from fixgw.model.effects import CancelOrder, QueryOrder, ReplaceOrder, SubmitOrder, VenueCommand
from fixgw.model.enums import OrdType, TimeInForce
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.venue import StreamRestored, VenueHealth
from fixgw.runtime.clock import Clock
from fixgw.venues.base import BaseAdapter, every
from fixgw.venues.finery import reference
from fixgw.venues.finery.config import FineryConfig
from fixgw.venues.finery.credentials import Credentials, Nonces
from fixgw.venues.finery.memory import Memory
from fixgw.venues.finery.order_entry import OrderEntry
from fixgw.venues.finery.session import OrderSession, SessionLimits
from fixgw.venues.finery.socket import OrderStream
from fixgw.venues.http import HttpClient
from fixgw.venues.kit import names
from fixgw.venues.kit.order_entry import EntryStatus
from fixgw.venues.outcome import RETRY_AFTER
from fixgw.venues.kit.clock import DATE, FollowedClock
from fixgw.venues.kit.reference import InstrumentList
from fixgw.venues.strangers import Strangers
from fixgw.venues.stream import Random


class FineryStatus(Struct, frozen=True, kw_only=True):
    """The adapter's state, for operators."""

    entries: dict[str, EntryStatus]
    """Account(1) -> its queue and its rate limit."""
    streams: dict[str, bool]
    """Account(1) -> whether its updates arrive."""
    in_flight: int
    """Requests on sockets that wait for their replies."""


class Finery(BaseAdapter):
    """One configured Finery Markets venue."""

    def __init__(
        self,
        name: VenueName,
        config: FineryConfig,
        *,
        clock: Clock | None = None,
        random: Random = random.random,
    ) -> None:
        super().__init__(name, accounts=config.accounts, clock=clock, random=random)
        self.capabilities = Capabilities(
            ord_types=frozenset({OrdType.LIMIT, OrdType.MARKET}),
            times_in_force=frozenset(
                {
                    TimeInForce.GOOD_TILL_CANCEL,
                    TimeInForce.IMMEDIATE_OR_CANCEL,
                    TimeInForce.FILL_OR_KILL,
                }
            ),
            times_in_force_of={
                OrdType.MARKET: frozenset(
                    {TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL}
                ),
            },
            post_only=True,
            cash_order_qty=False,
            # "Either volume or size should be specified" (81): of what takes, not of what rests.
            cash_or_quantity=frozenset({OrdType.LIMIT, OrdType.MARKET}),
            # Nobody documents that requests on the socket are done in order.
            cancel_before_accepted=False,
            absence_proof_ms=int(config.absence_proof * 1000),
            absence_proof_minutes=config.absence_proof_minutes,
            replace=True,
            orders_waiting_max=config.orders_waiting_max,
            client_order_id="a number: the 16 digits of OrderID(37)",
            limits=(
                f"{config.requests_per_second} requests a second and account, all ways together"
                if config.requests_per_second
                else "none kept (requests_per_second = 0)",
            ),
        )
        self._config = config
        self._venue_clock = FollowedClock(self._clock, follows=config.follow_venue_clock)
        self._streams: dict[str, OrderStream] = {}
        self._entries: dict[str, OrderEntry] = {}
        # Where orders leave by socket at once, without the rate limit's queue.
        self._fast: dict[str, OrderStream] = {}

    def venue_order_id(self, order_id: OrderID, account: str) -> VenueOrderID:
        """The order's name at the venue: a pure function, so a restart finds it again."""
        return names.venue_order_id(order_id)

    def health(self) -> VenueHealth:
        """Its sockets, its clock by the Date of its answers, each account's rate limit."""
        limits = (entry.limit() for entry in self._entries.values())
        return replace(
            super().health(),
            clock_skew_ms=self._venue_clock.skew_ms,
            headroom=tuple(limit for limit in limits if limit is not None),
        )

    def reconcile(self) -> None:
        """Do the same as after a reconnect: the core queries its orders, and open orders are
        listed.
        """
        super().reconcile()
        for entry in self._entries.values():
            entry.look()

    def status(self) -> FineryStatus:
        """Return the current state."""
        return FineryStatus(
            entries={account: entry.status() for account, entry in self._entries.items()},
            streams={account: stream.up for account, stream in self._streams.items()},
            in_flight=sum(stream.in_flight for stream in self._streams.values()),
        )

    # ----------------------------------------------------------- its life

    def _begin(self) -> None:
        config = self._config
        http = self._open_http(config, (RETRY_AFTER, DATE))
        listed = InstrumentList(self.name, self._tell)
        for number, account in enumerate(config.accounts):
            entry = self._start_account(account, http)
            if not number:
                load = partial(reference.load, entry, config, listed)
                self._keep_reading(load, config, config.instruments_seconds, "instruments")
        if config.leaves_at_once:
            self._fast = self._streams

    def _start_account(self, account: str, http: HttpClient) -> OrderEntry:
        config, given = self._config, self._config.accounts[account]
        credentials = Credentials(account=account, key=given.key, secret=given.secret)
        nonces = Nonces()
        memory = Memory()
        strangers = Strangers(self.name, self._tell)
        entry = self._entries[account] = OrderEntry(
            credentials=credentials,
            nonces=nonces,
            config=config,
            http=http,
            clock=self._venue_clock,
            memory=memory,
            strangers=strangers,
            deliver=self._tell,
            divert=self._divert,
        )
        for number in range(config.rest_workers):
            self._run(entry.work(), f"{account} worker {number}")
        self._run(entry.answer(), f"{account} questions")
        self._start_stream(credentials, nonces, memory, strangers)
        return entry

    def _start_stream(
        self, credentials: Credentials, nonces: Nonces, memory: Memory, strangers: Strangers
    ) -> None:
        config, account = self._config, credentials.account

        def restored() -> None:
            """Whatever happened while nobody listened is asked for."""
            self._tell(StreamRestored(self.name, account))

        handler = self._streams[account] = OrderStream(
            url=config.socket_url,
            cod=config.cancel_on_disconnect,
            credentials=credentials,
            nonces=nonces,
            session=OrderSession(
                limits=SessionLimits(
                    login_seconds=config.login_seconds,
                    answer_seconds=config.request_timeout_seconds,
                    heartbeat_seconds=config.heartbeat_seconds,
                    in_flight=config.in_flight_limit,
                ),
                memory=memory,
                strangers=strangers,
                deliver=self._tell,
            ),
            clock=self._venue_clock,
            deliver=self._tell,
            restored=restored,
        )

        def poll() -> None:
            if not handler.up:
                restored()

        self._run(self._stream(handler, account, config).run(), f"{account} stream")
        self._run(every(config.resync_seconds, handler.resync), f"{account} resync")
        self._run(every(config.poll_seconds, poll), f"{account} poll")

    # --------------------------------------------------------------- work

    def perform(self, commands: Sequence[VenueCommand]) -> None:
        """Take commands on, in order; each is answered through `deliver`, now or later."""
        fast, now = self._fast, self._clock.monotonic()
        for command in commands:
            if fast and not isinstance(command, QueryOrder):
                socket = fast.get(command.order.account)
                if socket is not None and socket.take(command, now):
                    continue
            self._queue(command)
        for socket in fast.values():
            socket.flush()

    def _queue(self, command: VenueCommand) -> None:
        """Give *command* to its account's order entry."""
        entry = self._entries.get(command.order.account)
        if entry is None:
            self._no_such_place(command, command.order.account)
            return
        entry.take(command)

    def _divert(self, command: SubmitOrder | CancelOrder | ReplaceOrder) -> bool:
        """Let a command that the rate limit has let go leave by socket, if that is the way."""
        if self._config.order_entry != "websocket":
            return False
        socket = self._streams[command.order.account]
        taken = socket.take(command, self._clock.monotonic())
        socket.flush()
        return taken

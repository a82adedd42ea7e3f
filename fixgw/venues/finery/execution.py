"""Finery Markets as a VenueAdapter: joins the parts of this folder and distributes the work.

It decides by which way a command leaves, and nothing else. A command for an account that is no
longer configured is answered, not lost.
"""

import random
from functools import partial
from operator import attrgetter

from msgspec import Struct

from fixgw.model.capabilities import Capabilities
from fixgw.model.effects import VenueCommand
from fixgw.model.enums import OrdType, TimeInForce
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.venue import StreamRestored
from fixgw.runtime.clock import Clock
from fixgw.venues.base import every
from fixgw.venues.finery import reference
from fixgw.venues.finery.config import FineryConfig
from fixgw.venues.finery.credentials import Credentials, Nonces
from fixgw.venues.finery.memory import Memory
from fixgw.venues.finery.order_entry import OrderEntry
from fixgw.venues.finery.session import OrderSession
from fixgw.venues.finery.socket import OrderStream
from fixgw.venues.http import HttpClient
from fixgw.venues.kit import names
from fixgw.venues.kit.order_entry import EntryStatus
from fixgw.venues.kit.socket_adapter import SocketAdapter, rate_limit
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


class Finery(SocketAdapter):
    """One configured Finery Markets venue."""

    def __init__(
        self,
        name: VenueName,
        config: FineryConfig,
        *,
        clock: Clock | None = None,
        random: Random = random.random,
    ) -> None:
        super().__init__(
            name, config, accounts=tuple(config.accounts), clock=clock, random=random,
            socket_of=attrgetter("account"),
        )
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
            limits=rate_limit(config.requests_per_second),
        )
        self._config = config
        self._venue_clock = FollowedClock(self._clock, follows=config.follow_venue_clock)
        self._entries: dict[str, OrderEntry] = {}

    def venue_order_id(self, order_id: OrderID, account: str) -> VenueOrderID:
        """The order's name at the venue: a pure function, so a restart finds it again."""
        return names.venue_order_id(order_id)

    def _skews(self) -> list[int]:
        skew_ms = self._venue_clock.skew_ms
        return [] if skew_ms is None else [skew_ms]

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
            streams={account: stream.up for account, stream in self._sockets.items()},
            in_flight=self.in_flight,
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
        self._start_workers(entry, config.rest_workers, account)
        self._run(entry.keep_asking(), f"{account} questions")
        self._start_stream(credentials, nonces, memory, strangers)
        return entry

    def _start_stream(
        self, credentials: Credentials, nonces: Nonces, memory: Memory, strangers: Strangers
    ) -> None:
        config, account = self._config, credentials.account

        def restored() -> None:
            """Whatever happened while nobody listened is asked for."""
            self._tell(StreamRestored(self.name, account))

        handler = self._sockets[account] = OrderStream(
            url=config.socket_url,
            cod=config.cancel_on_disconnect,
            credentials=credentials,
            nonces=nonces,
            session=OrderSession(
                config=config, memory=memory, strangers=strangers, deliver=self._tell,
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

    def _queue(self, command: VenueCommand) -> None:
        """Give *command* to its account's order entry."""
        entry = self._entries.get(command.order.account)
        if entry is None:
            self._no_such_place(command, command.order.account)
            return
        entry.take(command)

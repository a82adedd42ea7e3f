"""Apifiny Connect as a VenueAdapter: joins the parts of this folder and distributes the work.

It decides by which way a command leaves, and nothing else. A command for an account or an exchange
that is no longer configured is answered, not lost.
"""

import random
from collections.abc import Sequence
from functools import partial
from operator import attrgetter

from msgspec import Struct

from fixgw.model.capabilities import Capabilities
from fixgw.model.effects import ReplaceOrder, VenueCommand
from fixgw.model.enums import OrdType, TimeInForce
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.venue import StreamRestored
from fixgw.runtime.clock import Clock
from fixgw.venues.apifiny.config import ApifinyConfig, account_digits, endpoints
from fixgw.venues.apifiny.credentials import Credentials
from fixgw.venues.apifiny.place import Place, VenueClock
from fixgw.venues.apifiny.reference import Reference
from fixgw.venues.apifiny.order_entry import OrderEntry
from fixgw.venues.apifiny.schemas import CommissionRow
from fixgw.venues.apifiny.session import OrderSession
from fixgw.venues.apifiny.socket import OrderStream
from fixgw.venues.base import every
from fixgw.venues.http import HttpClient
from fixgw.venues.kit import names
from fixgw.venues.kit.order_entry import EntryStatus
from fixgw.venues.kit.socket_adapter import SocketAdapter, rate_limit
from fixgw.venues.outcome import RETRY_AFTER
from fixgw.venues.stream import Random
from fixgw.venues.strangers import Strangers

Route = tuple[str, str]
"""An account and an exchange."""


class ApifinyStatus(Struct, frozen=True, kw_only=True):
    """The adapter's state, for operators."""

    entries: dict[str, EntryStatus]
    """accountId -> its queue and its rate limit."""
    commission_rates: dict[str, dict[str, CommissionRow]]
    """accountId -> EXCHANGE:SYMBOL -> its fees."""
    streams: dict[str, bool]
    """ACCOUNT EXCHANGE -> whether its updates arrive."""
    in_flight: int
    """Commands on sockets that wait for their answers."""
    clocks_ms: dict[str, int]
    """Exchange -> how far its clock is ahead of ours."""


class Apifiny(SocketAdapter):
    """One configured Apifiny Connect venue."""

    def __init__(
        self,
        name: VenueName,
        config: ApifinyConfig,
        *,
        clock: Clock | None = None,
        random: Random = random.random,
    ) -> None:
        super().__init__(
            name, config, accounts=tuple(config.accounts), clock=clock, random=random,
            socket_of=attrgetter("account", "exchange"),
        )
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
            replace_text="Apifiny has no call that replaces an order",
            orders_waiting_max=config.queue_limit,
            client_order_id="digits: those of the accountId, then the 16 of OrderID(37)",
            limits=rate_limit(config.requests_per_second),
        )
        self._config = config
        self._places = {
            exchange: Place(exchange, endpoints(exchange, given), VenueClock(self._clock))
            for exchange, given in config.exchanges.items()
        }
        self._strangers = Strangers(name, self._tell)
        self._entries: dict[str, OrderEntry] = {}

    def venue_order_id(self, order_id: OrderID, account: str) -> VenueOrderID:
        """The order's name at the venue: a pure function, so a restart finds it again."""
        return names.venue_order_id(order_id, account_digits(account))

    def _skews(self) -> list[int]:
        return [place.clock.skew_ms() for place in self._places.values()]

    def status(self) -> ApifinyStatus:
        """Return the current state."""
        return ApifinyStatus(
            entries={account: entry.status() for account, entry in self._entries.items()},
            commission_rates={
                account: dict(entry.commission_rates) for account, entry in self._entries.items()
            },
            streams={" ".join(route): stream.up for route, stream in self._sockets.items()},
            in_flight=self.in_flight,
            clocks_ms={
                exchange: place.clock.skew_ms() for exchange, place in self._places.items()
            },
        )

    # ----------------------------------------------------------- its life

    def _begin(self) -> None:
        config = self._config
        http = self._open_http(config, (RETRY_AFTER,))
        reference = Reference(
            venue=self.name,
            places=self._places,
            config=config,
            http=http,
            clock=self._clock,
            deliver=self._tell,
        )
        for exchange in self._places:
            compare, load = (
                partial(read, exchange) for read in (reference.compare_clocks, reference.load)
            )
            self._keep_reading(compare, config, config.clock_seconds, "clock", exchange=exchange)
            self._keep_reading(
                load, config, config.instruments_seconds, "instruments", exchange=exchange
            )
        for account in config.accounts:
            self._start_account(account, http, reference)

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
        entry = self._entries[account] = OrderEntry(
            credentials=credentials,
            places=self._places,
            config=config,
            http=http,
            clock=self._clock,
            strangers=self._strangers,
            deliver=self._tell,
            divert=self._divert,
        )
        self._start_workers(entry, config.rest_workers, account)
        for url, exchanges in self._addresses().items():
            self._start_stream(url, exchanges, credentials, reference)

    def _addresses(self) -> dict[str, list[str]]:
        """Return the stream addresses, each with the exchanges it serves."""
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
            session=OrderSession(
                account_digits=account_digits(account),
                config=config,
                strangers=self._strangers,
                deliver=self._tell,
            ),
            clock=self._clock,
            venue_clock=self._places[exchanges[0]].clock,
            market_exchanges=frozenset(
                each for each in exchanges if self._places[each].endpoints.market_orders
            ),
            deliver=self._tell,
            restored=lambda: self._restored(account, exchanges),
        )
        for exchange in exchanges:
            self._sockets[account, exchange] = handler
        stream = self._stream(handler, f"{account} {'+'.join(exchanges)}", config)

        async def run() -> None:
            # Signing by a clock that is minutes off would only be refused.
            await reference.clock_asked[exchanges[0]].wait()
            await stream.run()

        self._run(run(), f"{account} stream {url}")
        self._run(every(config.resync_seconds, handler.resync), f"{account} resync {url}")

    def _restored(self, account: str, exchanges: Sequence[str]) -> None:
        """Recover what happened during the gap: the core queries its orders, and open orders are
        listed.
        """
        self._tell(StreamRestored(self.name, account))
        for exchange in exchanges:
            self._entries[account].list_open(exchange)

    def reconcile(self) -> None:
        """Do the same as after a reconnect: the core queries its orders, and open orders are
        listed.
        """
        for account in self._entries:
            self._restored(account, list(self._places))

    # --------------------------------------------------------------- work

    def _queue(self, command: VenueCommand) -> None:
        """Give *command* to its account's order entry."""
        order = command.order
        entry = self._entries.get(order.account)
        if entry is None or order.exchange not in self._places:
            self._no_such_place(command, f"{order.account} at {order.exchange}")
            return
        if isinstance(command, ReplaceOrder):
            self._refuse(command, f"{self.name} cannot replace an order")
        else:
            entry.take(command)

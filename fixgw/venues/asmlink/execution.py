"""asmlink as a VenueAdapter: joins the parts of this folder and distributes the work.

The requests asmlink does not support are declared, with the reason: it documents no cancel and no
status call.
"""

import asyncio
import random
from collections.abc import Iterator, Sequence
from typing import NoReturn

import structlog
from msgspec import Struct
from msgspec.structs import replace

from fixgw.model.capabilities import Capabilities
from fixgw.model.effects import (
    CancelOrder,
    QueryOrder,
    ReplaceOrder,
    SubmitOrder,
    VenueCommand,
    VenueOrder,
)
from fixgw.model.enums import Command, CxlRejReason, OrdType, TimeInForce
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.venue import (
    CommandOutcome,
    ConnectionHealth,
    InstrumentsLoaded,
    QueryFailed,
    Refused,
    VenueHealth,
)
from fixgw.runtime.clock import Clock
from fixgw.venues.asmlink import build, redelivery, symbols
from fixgw.venues.asmlink.config import AsmlinkConfig, Tier, Webhooks
from fixgw.venues.asmlink.credentials import Credentials
from fixgw.venues.asmlink.order_entry import OrderEntry
from fixgw.venues.asmlink.events import Events
from fixgw.venues.asmlink.store import Store
from fixgw.venues.asmlink.streams import ExecutionStream
from fixgw.venues.asmlink.received import Received, Rules
from fixgw.venues.asmlink.webhooks import Listener, Registrar
from fixgw.venues.base import BaseAdapter, every
from fixgw.venues.http import HttpClient
from fixgw.venues.kit import names
from fixgw.venues.outcome import NOT_SENT, RETRY_AFTER
from fixgw.venues.kit.clock import DATE
from fixgw.venues.stream import Random

DAY_MS = 86_400_000
FORGET_SECONDS = 3600.0
"""The time between two clean-ups of the record."""

FORGET_PAUSE_SECONDS = 0.05

DOUBTS_SECONDS = 1.0
"""The time between two searches for orders whose executions are held."""

ALIVE_SECONDS = 30.0
"""The time between two notes in the record that webhooks are listened for."""

VENDORS_PATIENCE_MS = 755_000
"""The least time for which the vendor tries to deliver: five attempts, 5 s to 10 minutes apart.
(The document also has a fifth interval of 30 minutes.) Events of a longer silence are lost."""

NO_CANCEL = "asmlink documents no way to cancel an order"
NO_STATUS = "asmlink documents no way to ask about an order"
NO_REPLACE = "asmlink documents no way to replace an order"

log = structlog.get_logger()


class AsmlinkStatus(Struct, frozen=True, kw_only=True):
    """The adapter's state, for its tests."""

    stream_up: bool
    webhook_port: int | None
    webhooks_up: bool
    """It listens, and the vendor knows where."""
    waiting: dict[str, int]
    """Lane -> how much waits in it."""


def capabilities(config: AsmlinkConfig) -> Capabilities:
    """Return the capabilities as documented, or as the settings assume."""
    extended = config.extended_order_types
    return Capabilities(
        ord_types=frozenset(
            {OrdType.MARKET, OrdType.LIMIT, OrdType.STOP} if extended else {OrdType.MARKET}
        ),
        times_in_force=frozenset(build.TIME_IN_FORCE if extended else {TimeInForce.DAY}),
        post_only=False,
        cash_order_qty=False,
        cancel_before_accepted=False,
        absence_proof_ms=int(config.absence_proof_seconds * 1000),
        terms=frozenset({"ex_destination", "stop_px"} if extended else {"ex_destination"}),
        cancel=bool(config.cancel_path),
        cancel_text=NO_CANCEL,
        replace_text=NO_REPLACE,
        query=bool(config.status_path),
        orders_waiting_max=config.queue_limit,
        client_order_id=(
            f"{config.order_id_prefix} and the 16 digits of OrderID(37); with -1 behind them where "
            "an order fell back to another tier"
        ),
        limits=_limits(config),
    )


def _limits(config: AsmlinkConfig) -> tuple[str, ...]:
    routes = config.routes_per_second
    per_second = f"{routes:,} a second" if routes else "not kept"
    return (
        f"/order/route, for the whole corporate key: {per_second}",
        f"/webhook/register: {config.registrations_per_hour} an hour",
    )


class Asmlink(BaseAdapter):
    """One configured asmlink venue."""

    def __init__(
        self, name: VenueName, config: AsmlinkConfig, *, clock: Clock | None = None,
        random: Random = random.random,
    ) -> None:
        super().__init__(name, accounts=config.accounts, clock=clock, random=random)
        self.capabilities = capabilities(config)
        self._config = config
        self._credentials = Credentials(config.api_key)
        self._by_symbol = {one.symbol: one for one in config.instruments}
        self._hooks_up = False
        self._listener: Listener | None = None
        self._registrar: Registrar | None = None
        self._executions: ExecutionStream | None = None
        self._orders: OrderEntry

    def venue_order_id(self, order_id: OrderID, account: str) -> VenueOrderID:
        """The order's name at the venue: a pure function, so a restart finds it again."""
        return names.venue_order_id(order_id, self._config.order_id_prefix)

    def status(self) -> AsmlinkStatus:
        """Return the current state."""
        return AsmlinkStatus(
            stream_up=self._executions is not None and self._executions.up_since_ms is not None,
            webhook_port=self._listener.port if self._listener is not None else None,
            webhooks_up=self._hooks_up,
            waiting=self._orders.status().waiting,
        )

    def health(self) -> VenueHealth:
        """Its stream, its listener for webhooks, the clocks, and what is left of the limits."""
        health = super().health()
        if self._registrar is None:
            return health
        return replace(health, headroom=(*health.headroom, self._registrar.limit()))

    def _connections(self) -> Iterator[ConnectionHealth]:
        yield from super()._connections()
        if self._listener is not None:
            yield self._listener.connection()

    def _skews(self) -> list[int]:
        skew_ms = self._orders.skew.ms
        return [] if skew_ms is None else [skew_ms]

    # ----------------------------------------------------------- its life

    def _begin(self) -> None:
        config = self._config
        store = Store(config.record)
        self._closing.callback(store.close)
        rules = Rules(
            same_fill_seconds=config.same_fill_seconds, counts=config.fill_quantity_counts,
            instruments=self._by_symbol,
        )
        received = Received(store, self._clock, rules)
        http = self._open_http(config, (RETRY_AFTER, DATE))
        self._orders = OrderEntry(
            config=config, credentials=self._credentials, http=http, clock=self._clock,
            received=received, tier=self._tier, deliver=self._tell,
        )
        events = Events(
            venue=self.name, prefix=config.order_id_prefix, received=received, store=store,
            clock=self._clock, deliver=self._tell, waiting=self._orders,
        )
        listed = symbols.instruments(config.instruments, config.exchanges, self.name)
        self._tell(InstrumentsLoaded(self.name, listed))
        redelivery.tell_again(received, store, events, self._tell)
        self._run(every(DOUBTS_SECONDS, lambda: self._tell_doubts(received)), "doubts")
        self._keep(store)
        self._start_workers(self._orders, config.rest_workers)
        if config.status_path and config.resync_seconds:
            self._run(every(config.resync_seconds, self.reconcile), "resync")
        if config.webhooks is not None:
            self._start_webhooks(config.webhooks, events, http, store)
        if config.executions_url:
            self._start_stream(config.executions_url, events)

    def _tell_doubts(self, received: Received) -> None:
        for doubt in received.doubts():
            self._tell(doubt)

    def _keep(self, store: Store) -> None:
        """Start what tends the record."""
        config = self._config
        # What is told of an order may wait for its answer before the core has it.
        answered = config.connect_timeout_seconds + config.request_timeout_seconds
        self._run(
            redelivery.note(redelivery.NOTICE_SECONDS + answered, store, store.tells_passed_on),
            "record of orders",
        )
        self._run(
            redelivery.note(redelivery.NOTICE_SECONDS, store, store.notices_passed_on),
            "record of notices",
        )
        self._run(self._forget(store), "record")

    def _start_webhooks(
        self, hooks: Webhooks, events: Events, http: HttpClient, store: Store
    ) -> None:
        config = self._config
        self._listener = Listener(hooks, events, self._clock)
        self._closing.push_async_callback(self._listener.close)
        self._registrar = Registrar(
            venue=self.name, config=hooks, accounts=config.accounts,
            per_hour=config.registrations_per_hour, base_url=config.base_url,
            credentials=self._credentials, http=http, store=store, clock=self._clock,
            backoff=lambda: self._backoff(config),
        )
        self._run(self._listen(self._listener, self._registrar, store), "webhooks")

    def _start_stream(self, url: str, events: Events) -> None:
        config = self._config
        handler = self._executions = ExecutionStream(
            url=url, idle_seconds=config.idle_seconds, credentials=self._credentials,
            events=events, clock=self._clock, restored=self._restored,
        )
        stream = self._stream(
            handler, "executions", config, ping_seconds=config.ping_seconds
        )
        self._run(stream.run(), "stream")

    def _restored(self) -> None:
        """Reconcile now that the stream is up (again): an event it has missed may never come."""
        self.reconcile()
        hooks = self._config.webhooks
        if not self._config.status_path and not (hooks is not None and hooks.tell_of_orders):
            log.warning("asmlink_executions_may_be_missing", venue=self.name, reason=NO_STATUS)

    async def _listen(
        self, listener: Listener, registrar: Registrar, store: Store
    ) -> NoReturn:
        """Open the listener, with retries; have the webhooks registered; record that it is open."""
        backoff = self._backoff(self._config)
        while True:
            try:
                await listener.open()
                break
            except OSError as error:
                wait = backoff.next()
                log.error("webhook_listener_not_open", reason=str(error), wait_seconds=wait)
                await asyncio.sleep(wait)
        log.info("webhook_listener_open", venue=self.name, port=listener.port)
        if self._executions is None:
            self.reconcile()
        last, now_ms = store.last_alive(), self._clock.now_ms()
        if last is not None and now_ms - last > VENDORS_PATIENCE_MS:
            # What the vendor has given up is in its portal, "queued for manual replay".
            log.error(
                "asmlink_webhooks_may_be_missing", venue=self.name,
                seconds=(now_ms - last) // 1000,
            )
        await registrar.register()
        self._hooks_up = True
        while True:
            store.alive(self._clock.now_ms())
            await asyncio.sleep(ALIVE_SECONDS)

    async def _forget(self, store: Store) -> NoReturn:
        while True:
            await asyncio.sleep(FORGET_SECONDS)
            before_ms = self._clock.now_ms() - self._config.order_record_days * DAY_MS
            # A few at a time: orders do not wait for it.
            while store.forget(before_ms):
                await asyncio.sleep(FORGET_PAUSE_SECONDS)

    # --------------------------------------------------------------- work

    def perform(self, commands: Sequence[VenueCommand]) -> None:
        """Take commands on, in order; each is answered through `deliver`, now or later."""
        for command in commands:
            order = command.order
            known = order.account in self._config.accounts
            match command:
                case SubmitOrder():
                    if known and order.exchange in self._config.exchanges:
                        self._orders.command(command)
                    else:
                        self._no_such_place(command, f"{order.account} at {order.exchange}")
                case CancelOrder():
                    self._cancel(command)
                case QueryOrder():
                    if self._config.status_path:
                        self._orders.query(command)
                    else:
                        self._tell(QueryFailed(order.order_id, NO_STATUS))
                case ReplaceOrder():
                    self._refuse(command, NO_REPLACE)

    def _cancel(self, command: CancelOrder) -> None:
        if self._config.cancel_path:
            self._orders.command(command)
            return
        outcome = Refused(NOT_SENT, NO_CANCEL, cxl_rej_reason=CxlRejReason.OTHER)
        self._tell(CommandOutcome(command.order.order_id, Command.CANCEL, outcome))

    def _tier(self, order: VenueOrder) -> Tier:
        instrument = self._by_symbol.get(order.symbol)
        return build.tier(order, instrument, self._config.default_tier)

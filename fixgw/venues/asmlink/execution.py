"""asmlink as a VenueAdapter: joins the parts of this folder and hands out the work.

What asmlink cannot be asked or told is answered here, with the reason: it
documents no cancel and no status call.
"""

import asyncio
import random
from collections.abc import Sequence
from typing import NoReturn

import structlog
from msgspec import Struct

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
    InstrumentsLoaded,
    OrderUpdate,
    QueryFailed,
    Refused,
    VenueStatus,
)
from fixgw.runtime.clock import Clock
from fixgw.venues.asmlink import build, ids, symbols
from fixgw.venues.asmlink.config import AsmlinkConfig, Tier
from fixgw.venues.asmlink.credentials import Credentials
from fixgw.venues.asmlink.desk import Desk
from fixgw.venues.asmlink.events import Events
from fixgw.venues.asmlink.record import Record
from fixgw.venues.asmlink.streams import ExecutionStream
from fixgw.venues.asmlink.told import Told
from fixgw.venues.asmlink.webhooks import Listener, Registrar
from fixgw.venues.base import BaseAdapter
from fixgw.venues.http import HttpClient
from fixgw.venues.outcome import NOT_SENT, RETRY_AFTER
from fixgw.venues.stream import Random

DAY_MS = 86_400_000
FORGET_SECONDS = 3600.0
"""How often the record drops what is old."""

FORGET_PAUSE_SECONDS = 0.05

ALIVE_SECONDS = 30.0
"""How often it is noted that webhooks are listened for."""

VENDORS_PATIENCE_MS = 755_000
"""How long the vendor tries to deliver at the least: five attempts, 5 s to 10 minutes apart. (The
document also has a fifth interval of 30 minutes.) What happened in a longer silence is not told."""

NO_CANCEL = "asmlink documents no way to cancel an order"
NO_STATUS = "asmlink documents no way to ask about an order"

log = structlog.get_logger()


class AsmlinkStatus(Struct, frozen=True, kw_only=True):
    """What an operator may want to see."""

    stream_up: bool
    webhook_port: int | None
    webhooks_since_ms: int | None
    """Of an order placed after it (Unix milliseconds) webhooks tell everything; None: not yet."""
    waiting: dict[str, int]
    """Lane -> how much waits in it."""
    headroom: int | None
    """Orders that may leave at once; None without a rate limit."""


def capabilities(config: AsmlinkConfig) -> Capabilities:
    """As documented, or as the settings assume."""
    extended = config.extended_order_types
    return Capabilities(
        ord_types=frozenset({OrdType.MARKET, *([OrdType.LIMIT] if extended else [])}),
        times_in_force=frozenset(build.TIME_IN_FORCE) if extended else frozenset(
            {TimeInForce.DAY}
        ),
        post_only=False,
        cash_order_qty=False,
        cancel_before_accepted=False,
        absence_proof_ms=int(config.absence_proof_seconds * 1000),
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
        self._instruments = {one.symbol: one for one in config.instruments}
        self._cancel_refused: set[OrderID] = set()
        self._hooks_since_ms: int | None = None
        self._listener: Listener | None = None
        self._executions: ExecutionStream | None = None
        self._told: Told
        self._desk: Desk

    def venue_order_id(self, order_id: OrderID, account: str) -> VenueOrderID:
        """The order's name at the venue: a pure function, so a restart finds it again."""
        return ids.venue_order_id(order_id, self._config.order_id_prefix)

    def status(self) -> AsmlinkStatus:
        """How it stands."""
        return AsmlinkStatus(
            stream_up=self._executions is not None and self._executions.up_since_ms is not None,
            webhook_port=self._listener.port if self._listener is not None else None,
            webhooks_since_ms=self._hooks_since_ms,
            waiting=self._desk.waiting(),
            headroom=self._desk.headroom(),
        )

    # ----------------------------------------------------------- its life

    def _begin(self) -> None:
        config = self._config
        record = Record(config.record)
        self._closing.callback(record.close)
        self._told = Told(record, self._clock, config.same_fill_seconds)
        events = Events(
            venue=self.name, prefix=config.order_id_prefix, told=self._told, record=record,
            clock=self._clock, deliver=self._tell,
        )
        http = self._open_http(config, (RETRY_AFTER,))
        self._desk = Desk(
            config=config, credentials=self._credentials, http=http, clock=self._clock,
            told=self._told, tier=self._tier, deliver=self._tell,
        )
        listed = symbols.instruments(config.instruments, config.exchanges, self.name)
        self._tell(InstrumentsLoaded(self.name, listed))
        for number in range(config.rest_workers):
            self._run(self._desk.work(), f"worker {number}")
        self._run(self._forget(record), "record")
        if config.webhooks is not None:
            self._listener = Listener(config.webhooks, events)
            self._closing.push_async_callback(self._listener.close)
            self._run(self._listen(self._listener, http, record), "webhooks")
        if config.executions_url:
            self._start_stream(config.executions_url, events)

    def _start_stream(self, url: str, events: Events) -> None:
        config = self._config
        handler = self._executions = ExecutionStream(
            url=url, idle_seconds=config.idle_seconds, credentials=self._credentials,
            events=events, clock=self._clock, restored=self.reconcile,
        )
        stream = self._stream(
            handler, "executions", config, ping_seconds=config.ping_seconds
        )
        self._run(stream.run(), "stream")

    async def _listen(self, listener: Listener, http: HttpClient, record: Record) -> NoReturn:
        """Open the listener, with patience; have the vendor told of it; note that it is open."""
        config, backoff = self._config, self._backoff(self._config)
        assert config.webhooks is not None
        while True:
            try:
                await listener.open()
                break
            except OSError as error:
                wait = backoff.next()
                log.error("webhook_listener_not_open", reason=str(error), wait_seconds=wait)
                await asyncio.sleep(wait)
        log.info("webhook_listener_open", host=config.webhooks.host, port=listener.port)
        if self._executions is None:
            self.reconcile()
        registrar = Registrar(
            venue=self.name, config=config.webhooks, accounts=config.accounts,
            per_hour=config.registrations_per_hour, base_url=config.base_url,
            credentials=self._credentials, http=http, record=record, clock=self._clock,
            backoff=lambda: self._backoff(config),
        )
        last = record.last_alive()
        now_ms = self._clock.now_ms()
        silent = last is None or now_ms - last > VENDORS_PATIENCE_MS
        if await registrar.register() or silent:
            self._hooks_since_ms = self._clock.now_ms()
        else:
            self._hooks_since_ms = 0
        while True:
            record.alive(self._clock.now_ms())
            await asyncio.sleep(ALIVE_SECONDS)

    async def _forget(self, record: Record) -> NoReturn:
        while True:
            await asyncio.sleep(FORGET_SECONDS)
            before_ms = self._clock.now_ms() - self._config.order_record_days * DAY_MS
            # A few at a time: orders do not wait for it.
            while record.forget(before_ms):
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
                        self._desk.submit(command)
                    else:
                        self._no_such_place(command, f"{order.account} at {order.exchange}")
                case CancelOrder():
                    self._cancel(command)
                case QueryOrder():
                    if self._config.status_path:
                        self._desk.query(command)
                    else:
                        self._answer(order)
                case ReplaceOrder():
                    self._refuse(command, f"{self.name} cannot replace an order")

    def _cancel(self, command: CancelOrder) -> None:
        if self._config.cancel_path:
            self._desk.cancel(command)
            return
        order = command.order
        self._cancel_refused.add(order.order_id)
        outcome = Refused(NOT_SENT, NO_CANCEL, cxl_rej_reason=CxlRejReason.OTHER)
        self._tell(CommandOutcome(order.order_id, Command.CANCEL, outcome))

    def _answer(self, order: VenueOrder) -> None:
        """Answer for the venue from what it told, and say so where that may not be all.

        After a cancel that was never sent the core asks whether the order works on
        before it tells the client; for that, the venue's last word does.
        """
        refused = order.order_id in self._cancel_refused
        known = self._told.known(order, certain=refused or self._hears_all_of(order))
        if known is None and refused:
            # Cancels are for accepted orders only, so the venue had told of it: before our record.
            known = OrderUpdate(
                order_id=order.order_id, status=VenueStatus.WORKING, asked=True, text=NO_STATUS
            )
        if known is not None:
            self._tell(known)
        if known is None or not known.asked:
            self._tell(QueryFailed(order.order_id, NO_STATUS))
        else:
            self._cancel_refused.discard(order.order_id)

    def _hears_all_of(self, order: VenueOrder) -> bool:
        """Whether nothing of *order* can have been missed for good.

        A webhook comes again until it was answered, if that was not too long; a
        stream that was open all the time has told it.
        """
        hooks, heard_since = self._config.webhooks, self._hooks_since_ms
        if hooks is not None and hooks.tell_of_orders and heard_since is not None:
            if heard_since < order.placed_at:
                return True
        since = self._executions.up_since_ms if self._executions is not None else None
        return since is not None and since < order.placed_at

    def _tier(self, order: VenueOrder) -> Tier:
        instrument = self._instruments.get(order.symbol)
        return build.tier(order, instrument, self._config.default_tier)

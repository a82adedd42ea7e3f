"""One life of a gateway in miniature: the real engine and a real adapter, and a record between.

It does what `app.gateway` does in a tick, without clients: take what arrived,
decide, put the events on record, and only then perform. Its record is a list
of bytes; a next life goes on from it, as a gateway goes on from its journal.
Its end is a death: what an adapter was doing is lost.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial

import msgspec

from fixgw.certify.trace import Trace
from fixgw.certify.words import full, line
from fixgw.core.book import EngineEvent
from fixgw.core.engine import Engine, VenueTerms
from fixgw.core.routing import ClientTerms, Router
from fixgw.model.effects import (
    CancelOrder,
    QueryOrder,
    RaiseAlert,
    ReplaceOrder,
    SendReport,
    SubmitOrder,
    VenueCommand,
)
from fixgw.model.enums import Command
from fixgw.model.errors import BusinessRefused
from fixgw.model.session_events import MassEvent
from fixgw.model.ids import OrderID, SessionKey
from fixgw.model.now import Now
from fixgw.model.reports import Report
from fixgw.model.requests import Request
from fixgw.model.venue import (
    CommandOutcome,
    InstrumentsLoaded,
    OrderUpdate,
    QueryFailed,
    StreamRestored,
    VenueInput,
)
from fixgw.model.venue_events import VenueEvent
from fixgw.runtime.clock import Clock, SystemClock
from fixgw.venues.adapter import VenueAdapter
from fixgw.venues.border import Border

SESSION = SessionKey("FIX.4.4:FIXGW->CERTIFY")
TIMER_SECONDS = 0.05
"""How often the engine looks for what is due."""

LATE_SUBMIT_MS = 600_000
"""An order that is proven not to have arrived is submitted again up to this age."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(EngineEvent).decode


class Heard:
    """All that came of the gateway's lives: what clients were told, alerts, and the record."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.refused: list[BusinessRefused] = []
        self.alerts: list[RaiseAlert] = []
        self.record: list[bytes] = []
        self.submitted: list[OrderID] = []
        """The order of each SubmitOrder that an adapter was given."""
        self.cancels: Counter[OrderID] = Counter()
        """How many cancels of an order an adapter was given."""
        self.replaces: Counter[OrderID] = Counter()
        """How many requests to replace it, or to have it replace another."""

    def given(self, command: VenueCommand) -> None:
        """An adapter is given *command*."""
        match command:
            case SubmitOrder(order):
                self.submitted.append(order.order_id)
            case CancelOrder(order):
                self.cancels[order.order_id] += 1
            case ReplaceOrder(order, replacement):
                self.replaces[order.order_id] += 1
                self.replaces[replacement.order_id] += 1

    def events(self) -> list[EngineEvent]:
        """The record, read back."""
        return [_decode(each) for each in self.record]


class Rim:
    """One life. *heard* is what it adds to."""

    def __init__(
        self, adapter: VenueAdapter, heard: Heard, trace: Trace, clock: Clock | None = None
    ) -> None:
        self.adapter = adapter
        self.instruments: tuple[object, ...] = ()
        self.restored = 0
        """How often the adapter said that it hears of updates (again)."""
        self.answers: Counter[tuple[OrderID, Command]] = Counter()
        """How many outcomes there were of a kind of command about an order."""
        self.asked: dict[OrderID, int] = {}
        """How often a question about an order was answered, or could not be."""
        self.failure: BaseException | None = None
        self._heard = heard
        self._trace = trace
        self._clock = clock or SystemClock()
        self._loop = asyncio.get_running_loop()
        self._inbox: list[Callable[[Now], None]] = []
        self._scheduled = self._over = False
        self._timer: asyncio.TimerHandle | None = None
        terms = ClientTerms(
            session=SESSION, venues=(adapter.name,), accounts=tuple(sorted(adapter.accounts())),
            replace_by_cancel=True,
        )
        venue = VenueTerms(adapter.capabilities, adapter.venue_order_id, LATE_SUBMIT_MS)
        self.engine = Engine(
            Router([terms], {adapter.name: adapter.accounts()}), {adapter.name: venue}
        )

    # ------------------------------------------------------------- its life

    def start(self) -> None:
        """Go on where the record ends, and let the venue in."""
        for event in self._heard.events():
            if isinstance(event, VenueEvent):
                self.engine.replay_venue(event)
            elif isinstance(event, MassEvent):
                self.engine.replay_mass(event)
            else:
                self.engine.replay(event)
        self.engine.recover(self._clock.now())
        self.adapter.start(Border(self.adapter.name, self._deliver, self._clock))
        self._on_timer()

    async def die(self) -> None:
        """End, with nothing said to anybody; raises what the adapter died of."""
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        await self.adapter.stop()

    # ---------------------------------------------------------- what arrives

    def request(self, *requests: Request) -> None:
        """What clients ask for, all of it in one tick."""
        for request in requests:
            self._trace.note("client", line(request))
            self._inbox.append(partial(self._on_request, request))
        self._wake()

    def perform(self, command: VenueCommand) -> None:
        """Have the adapter do *command*, which the engine knows nothing of."""
        self._trace.note("command", line(command))
        self.adapter.perform([command])

    def _on_request(self, request: Request, now: Now) -> None:
        try:
            self.engine.handle(request, now)
        except BusinessRefused as refused:
            self._trace.note("told", f"35=j 380={refused.reason} 58={refused.text}")
            self._heard.refused.append(refused)

    def _deliver(self, message: VenueInput) -> None:
        if isinstance(message, InstrumentsLoaded):
            self._trace.note("venue", f"InstrumentsLoaded {len(message.instruments)}")
        else:
            self._trace.note("venue", line(message))
        self._inbox.append(partial(self._on_input, message))
        self._wake()

    def _on_input(self, message: VenueInput, now: Now) -> None:
        self.engine.handle(message, now)
        match message:
            case InstrumentsLoaded(instruments=instruments):
                self.instruments = instruments
            case StreamRestored():
                self.restored += 1
            case CommandOutcome(order_id=order_id, command=command):
                self.answers[order_id, command] += 1
            case OrderUpdate(order_id=order_id, asked=True) | QueryFailed(order_id=order_id):
                self.asked[order_id] = self.asked.get(order_id, 0) + 1

    # ----------------------------------------------------------------- a tick

    def _wake(self) -> None:
        if not self._scheduled and not self._over:
            self._scheduled = True
            self._loop.call_soon(self._tick)

    def _on_timer(self) -> None:
        self._timer = self._loop.call_later(TIMER_SECONDS, self._on_timer)
        self._inbox.append(self.engine.tick)
        self._wake()

    def _tick(self) -> None:
        self._scheduled = False
        if self._over or self.failure is not None:
            return
        try:
            self._run_tick(self._clock.now())
        except Exception as error:
            # The engine's bug, or an adapter's `perform`: whoever waits is told.
            self.failure = error

    def _run_tick(self, now: Now) -> None:
        inbox, self._inbox = self._inbox, []
        for each in inbox:
            each(now)
        events, effects = self.engine.take()
        self._heard.record.extend(_encode(event) for event in events)
        commands: list[VenueCommand] = []
        for effect in effects:
            if isinstance(effect, SendReport):
                self._trace.note("told", full(effect.report))
                self._heard.reports.append(effect.report)
            elif isinstance(effect, RaiseAlert):
                self._trace.note("alert", line(effect))
                self._heard.alerts.append(effect)
            elif isinstance(effect, SubmitOrder | CancelOrder | ReplaceOrder | QueryOrder):
                self._trace.note("command", line(effect))
                commands.append(effect)
                self._heard.given(effect)
        if commands:
            self.adapter.perform(commands)

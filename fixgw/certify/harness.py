"""One life of a gateway in miniature: the order loop, a real adapter, and no clients.

The ticks are those of `loop.OrderLoop`, as in a gateway. The journal is a list of bytes; the next
life resumes from it as a gateway resumes from its journal. A life ends as a crash does: the
adapter's work in progress is lost.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from fixgw.certify.trace import Trace
from fixgw.certify.words import full, line
from fixgw.core.engine import Engine, EngineEvent, VenueTerms
from fixgw.core.orders.leg import Leg
from fixgw.core.routing import ClientTerms, Router
from fixgw.loop.held import NOTHING_WRITTEN, Commands, Written
from fixgw.loop.order_loop import OrderLoop, RecordAtOnce, Word
from fixgw.loop.refusals import Refusal, Refusals
from fixgw.model.accounts import DirectoryName
from fixgw.model.effects import (
    CancelOrder,
    RaiseAlert,
    ReplaceOrder,
    SendReport,
    SubmitOrder,
    VenueCommand,
)
from fixgw.model.enums import Command
from fixgw.model.errors import BusinessRefused
from fixgw.model.ids import OrderID, SessionKey, VenueName
from fixgw.model.now import Now
from fixgw.model.refusals import RefusedKind
from fixgw.model.reports import Report
from fixgw.model.requests import Request
from fixgw.model.session_events import MassEvent
from fixgw.model.venue import (
    CommandOutcome,
    InstrumentsLoaded,
    OrderUpdate,
    QueryFailed,
    StreamRestored,
)
from fixgw.model.venue_events import VenueEvent
from fixgw.runtime.clock import Clock, SystemClock
from fixgw.venues.adapter import VenueAdapter

SESSION = SessionKey("FIX.4.4:FIXGW->CERTIFY")
LATE_SUBMIT_MS = 600_000
"""An order that is proven not to have arrived is submitted again up to this age."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(EngineEvent).decode


class Recorded(RecordAtOnce):
    """The output of all lives of the gateway: client reports, alerts, and the journal."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.refused: list[BusinessRefused] = []
        self.alerts: list[RaiseAlert] = []
        self.record: list[bytes] = []
        self.submitted: list[OrderID] = []
        """The order of each SubmitOrder that an adapter was given."""
        self.cancels: Counter[OrderID] = Counter()
        """The number of cancels of an order given to an adapter."""
        self.replaces: Counter[OrderID] = Counter()
        """The number of requests to replace it, or to have it replace another."""

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

    def add_events(self, events: Sequence[EngineEvent]) -> None:
        """Put the events of a tick on record."""
        self.record.extend(map(_encode, events))

    def commit(self, at_ms: int) -> int:
        """The tick is on record: a list does not fail."""
        return 0

    def events(self) -> list[EngineEvent]:
        """The record, read back."""
        return [_decode(each) for each in self.record]


REFUSED = {
    RefusedKind.WORD: "a word of the adapter was refused",
    RefusedKind.COMMAND: "the adapter raised while it was given commands",
    RefusedKind.STEP: "a step of the core was refused",
}


class Harness:
    """One life. It adds its output to *heard*."""

    def __init__(
        self, adapter: VenueAdapter, heard: Recorded, trace: Trace, clock: Clock | None = None
    ) -> None:
        self.adapter = adapter
        self.instruments: tuple[object, ...] = ()
        self.restored = 0
        """The number of times the adapter reported that it receives updates (again)."""
        self.answers: Counter[tuple[OrderID, Command]] = Counter()
        """The number of outcomes of a kind of command about an order."""
        self.asked: dict[OrderID, int] = {}
        """The number of queries of an order that were answered or failed."""
        self._heard = heard
        self._trace = trace
        self._requests: list[Request] = []
        """Client requests for the next tick."""
        terms = ClientTerms(
            session=SESSION, venues=(adapter.name,), accounts=tuple(sorted(adapter.accounts())),
            replace_by_cancel=True,
        )
        venue = VenueTerms(adapter.capabilities, adapter.venue_order_id, LATE_SUBMIT_MS)
        self.engine = Engine(
            Router([terms], {adapter.name: adapter.accounts()}), {adapter.name: venue}
        )
        self._refused: Refusal | None = None
        self._order_loop = OrderLoop(
            clock or SystemClock(), self.engine, heard, {adapter.name: adapter}, self, Refusals()
        )

    @property
    def failure(self) -> BaseException | None:
        """The exception that fails the scenario: a bug in the engine, or one from the adapter's
        `perform`.
        """
        if self._refused is not None:
            return RuntimeError(f"{REFUSED[self._refused.record.kind]}:\n{self._refused.trace}")
        return self._order_loop.error

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
        self._order_loop.start()

    async def die(self) -> None:
        """End as a crash does, notifying nobody; raise the exception the adapter ended with."""
        self._order_loop.die()
        await self.adapter.stop()

    # ---------------------------------------------------------- what arrives

    def request(self, *requests: Request) -> None:
        """Submit client requests, all in one tick."""
        for request in requests:
            self._trace.note("client", line(request))
        self._requests += requests
        self._order_loop.wake()

    def perform(self, command: VenueCommand) -> None:
        """Have the adapter do *command*, which the engine knows nothing of."""
        self._trace.note("command", line(command))
        self.adapter.perform([command])

    # ----------------------------------------------------------------- a tick

    def recover(self, now: Now) -> None:
        """There are no clients that could have left."""

    def take(self, now: Now) -> None:
        """Decide what clients ask for."""
        requests, self._requests = self._requests, []
        for request in requests:
            try:
                self.engine.handle(request, now)
            except BusinessRefused as refused:
                self._trace.note("told", f"35=j 380={refused.reason} 58={refused.text}")
                self._heard.refused.append(refused)

    def awaits(self, word: Word) -> bool:
        """No order leaves memory."""
        return False

    def ended_on_file(self, venue: VenueName, since_ms: int) -> list[Leg]:
        """No order leaves memory."""
        return []

    def overhear(self, word: Word) -> None:
        """Note and count one input from the venue."""
        if isinstance(word, InstrumentsLoaded):
            self._trace.note("venue", f"InstrumentsLoaded {len(word.instruments)}")
        else:
            self._trace.note("venue", line(word))
        match word:
            case InstrumentsLoaded(instruments=instruments):
                self.instruments = instruments
            case StreamRestored():
                self.restored += 1
            case CommandOutcome(order_id=order_id, command=command):
                self.answers[order_id, command] += 1
            case OrderUpdate(order_id=order_id, asked=True) | QueryFailed(order_id=order_id):
                self.asked[order_id] = self.asked.get(order_id, 0) + 1

    def look_at_time(self, now: Now) -> None:
        """Nothing but orders has a time."""

    def send_report(self, effect: SendReport, now: Now) -> None:
        """Keep a report to a client."""
        self._trace.note("told", full(effect.report))
        self._heard.reports.append(effect.report)

    def alert(self, alert: RaiseAlert) -> None:
        """Keep an alert to operators."""
        self._trace.note("alert", line(alert))
        self._heard.alerts.append(alert)

    def refused(self, refused: Refusal) -> None:
        """A gateway goes on; here it is what is looked for."""
        self._trace.note("refused", f"{refused.record.content.decode()}: {refused.record.error}")
        self._refused = refused

    def look_up(self, directory: DirectoryName) -> None:
        """No directory is configured, so none is ever asked."""
        raise AssertionError(f"there is no directory {directory}")

    def before_commit(self, now: Now) -> None:
        """The engine's events are all that there is."""

    def on_record(self, commands: Commands) -> None:
        """Note what the adapter is given next."""
        for of_venue in commands.values():
            for command in of_venue:
                self._trace.note("command", line(command))
                self._heard.given(command)

    def written(self) -> Written:
        """Reports were kept when they were made."""
        return NOTHING_WRITTEN

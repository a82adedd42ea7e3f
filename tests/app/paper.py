"""A venue in this process: accepts what it is given, and says what a test tells it to say."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

from fixgw.model.capabilities import Capabilities
from fixgw.model.effects import CancelOrder, EndedOrder, QueryOrder, SubmitOrder, VenueCommand
from fixgw.model.enums import Command, OrdType, TimeInForce
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.instrument import Instrument
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    InstrumentsLoaded,
    OrderUpdate,
    StreamRestored,
    UnknownOrderSeen,
    VenueHealth,
    VenueInput,
    VenueStatus,
)
from fixgw.runtime.secrets import Secret
from fixgw.venues.adapter import Deliver
from fixgw.venues.registry import VENUES, VenueKind

VENUE = VenueName("paper")
BTC_USDT = Instrument(venue=VENUE, exchange="PAPER", symbol="BTCUSDT", base="BTC", quote="USDT")


class PaperConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[venues.paper]`."""

    reachable: bool = True
    """Whether it ever says what it trades."""
    key: Secret | None = None
    """It looks for it again at each use, it says."""
    told: Secret | None = None
    """It does not."""


class Paper:
    """One configured paper venue."""

    capabilities = Capabilities(
        ord_types=frozenset({OrdType.LIMIT, OrdType.MARKET}),
        times_in_force=frozenset({TimeInForce.GOOD_TILL_CANCEL}),
        post_only=True,
        cash_order_qty=True,
        cancel_before_accepted=True,
        absence_proof_ms=1_000,
        corrections_hours=24.0,
    )

    def __init__(self, name: VenueName, config: PaperConfig) -> None:
        self.name = name
        self.commands: list[VenueCommand] = []
        self.on_perform: Callable[[Sequence[VenueCommand]], None] = lambda commands: None
        """What else happens when commands arrive."""
        self.answer: Callable[[VenueCommand], VenueInput] = _answer
        """What it says to a command."""
        self.is_well = VenueHealth(instruments=1)
        """What it says of itself."""
        self.comparable = True
        """Whether it begins to compare when it is told to."""
        self.strangers: list[UnknownOrderSeen] = []
        """What it finds then."""
        self.reconciled = self.resumed = 0
        """How often it was told to."""
        self.recalled: list[EndedOrder] = []
        """The ended orders that it was given at the start."""
        self.config = config
        self._reachable = config.reachable
        self._deliver: Deliver | None = None

    def accounts(self) -> frozenset[str]:
        return frozenset({"A1"})

    def venue_order_id(self, order_id: OrderID, account: str) -> VenueOrderID:
        return VenueOrderID(f"{account}-{order_id}")

    def start(self, deliver: Deliver) -> None:
        self._deliver = deliver
        if self._reachable:
            deliver(InstrumentsLoaded(self.name, (BTC_USDT,)))

    def recall(self, ended: Sequence[EndedOrder]) -> None:
        self.recalled += ended

    def perform(self, commands: Sequence[VenueCommand]) -> None:
        self.commands += commands
        self.on_perform(commands)
        for command in commands:
            self.say(self.answer(command))

    def say(self, *words: VenueInput) -> None:
        assert self._deliver is not None, "nothing is said before `start`"
        for word in words:
            self._deliver(word)

    def health(self) -> VenueHealth:
        return self.is_well

    def reconcile(self) -> None:
        self.reconciled += 1
        if self.comparable:
            self.say(StreamRestored(self.name, "A1"), *self.strangers)

    def resume(self) -> None:
        self.resumed += 1

    async def failure(self) -> None:
        await asyncio.Event().wait()

    async def stop(self) -> None:
        """It has nothing to end."""


def _answer(command: VenueCommand) -> VenueInput:
    order_id = command.order.order_id
    working = OrderUpdate(order_id=order_id, status=VenueStatus.WORKING)
    canceled = OrderUpdate(
        order_id=order_id, status=VenueStatus.CANCELED, cum_qty=command.order.cum_qty
    )
    match command:
        case SubmitOrder():
            return CommandOutcome(order_id, Command.SUBMIT, Acked(working))
        case CancelOrder():
            return CommandOutcome(order_id, Command.CANCEL, Acked(canceled))
        case QueryOrder():
            return working


@contextmanager
def paper_is_known() -> Iterator[list[Paper]]:
    """`adapter = "paper"` may be written; yields those that are made meanwhile."""
    made: list[Paper] = []

    def make(name: VenueName, config: PaperConfig) -> Paper:
        made.append(Paper(name, config))
        return made[-1]

    VENUES["paper"] = VenueKind(
        PaperConfig, make, secrets={"key": "goes with each request from now on"}
    )
    try:
        yield made
    finally:
        del VENUES["paper"]

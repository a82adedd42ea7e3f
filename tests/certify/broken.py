"""Adapters that are broken on purpose: a sound one inside, and a lie on its way in or out."""

from collections.abc import Callable, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any

import msgspec

from fixgw.model.effects import CancelOrder, SubmitOrder, VenueCommand
from fixgw.model.ids import VenueOrderID
from fixgw.model.venue import (
    CommandOutcome,
    OrderUpdate,
    Refused,
    StreamRestored,
    Unknown,
    VenueInput,
    VenueStatus,
)
from fixgw.venues.adapter import Deliver, VenueAdapter

replace = msgspec.structs.replace


class Broken:
    """Does as *inner* does, but for what a subclass changes."""

    def __init__(self, inner: VenueAdapter) -> None:
        self._inner = inner
        self._deliver: Deliver

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def start(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._inner.start(lambda message: [deliver(each) for each in self.told(message)] and None)

    def perform(self, commands: Sequence[VenueCommand]) -> None:
        self._inner.perform([each for command in commands for each in self.done(command)])

    def told(self, message: VenueInput) -> list[VenueInput]:
        """What is told in the place of *message*."""
        return [message]

    def done(self, command: VenueCommand) -> list[VenueCommand]:
        """What is done in the place of *command*."""
        return [command]


class DropsAFill(Broken):
    """What tells of an execution does not get through, and it takes no question for an answer."""

    def told(self, message: VenueInput) -> list[VenueInput]:
        if isinstance(message, OrderUpdate) and (message.cum_qty or message.fill):
            return []
        return [message]


class CountsAFillTwice(Broken):
    """Each execution is told again, as a new one."""

    def __init__(self, inner: VenueAdapter) -> None:
        super().__init__(inner)
        self._twice = False

    def told(self, message: VenueInput) -> list[VenueInput]:
        if not isinstance(message, OrderUpdate) or message.fill is None or self._twice:
            return [message]
        self._twice = True
        cum_qty = message.fill.cum_qty + message.fill.last_qty
        again = replace(message.fill, cum_qty=cum_qty, venue_exec_id="again")
        return [message, replace(message, cum_qty=cum_qty, fill=again)]


class SpeaksNonsense(Broken):
    """Says what no venue can say: a gateway goes on without it, and a certification does not."""

    def told(self, message: VenueInput) -> list[VenueInput]:
        nonsense: Any = Nonsense()
        return [nonsense, message] if isinstance(message, OrderUpdate) else [message]


class Nonsense:
    """Nothing that the engine knows."""

    venue = "finery"


class EndsWhatIsNotListed(Broken):
    """An order that one list does not show is over, it says."""

    def told(self, message: VenueInput) -> list[VenueInput]:
        if isinstance(message, OrderUpdate) and message.status is VenueStatus.ABSENT:
            return [replace(message, status=VenueStatus.CANCELED, cum_qty=Decimal(0))]
        return [message]


class CountsRowsTwice(Broken):
    """A list of executions has each of them twice, under two names."""

    def told(self, message: VenueInput) -> list[VenueInput]:
        if not isinstance(message, OrderUpdate) or not message.fills:
            return [message]
        rows, total = [], Decimal(0)
        for fill in message.fills:
            for name in (fill.venue_exec_id, f"{fill.venue_exec_id}-again"):
                total += fill.last_qty
                rows.append(replace(fill, venue_exec_id=name, cum_qty=total))
        return [replace(message, fills=tuple(rows), cum_qty=total)]


class SubmitsTwice(Broken):
    """Each order is submitted again under another name."""

    def done(self, command: VenueCommand) -> list[VenueCommand]:
        if not isinstance(command, SubmitOrder):
            return [command]
        name = VenueOrderID(str(int(command.order.venue_order_id) + 1))
        return [command, SubmitOrder(replace(command.order, venue_order_id=name))]


class SubmitsAgain(Broken):
    """Each order whose outcome is unknown is submitted again under the same name."""

    def __init__(self, inner: VenueAdapter) -> None:
        super().__init__(inner)
        self._orders: dict[str, SubmitOrder] = {}

    def done(self, command: VenueCommand) -> list[VenueCommand]:
        if isinstance(command, SubmitOrder):
            self._orders[command.order.order_id] = command
        return [command]

    def told(self, message: VenueInput) -> list[VenueInput]:
        if isinstance(message, CommandOutcome) and isinstance(message.outcome, Unknown):
            self._inner.perform([self._orders[message.order_id]])
        return [message]


class CancelsAgain(Broken):
    """Each cancel leaves a second time, as an HTTP library repeats what it takes for harmless."""

    def done(self, command: VenueCommand) -> list[VenueCommand]:
        return [command, command] if isinstance(command, CancelOrder) else [command]


class RefusesWhatIsUnknown(Broken):
    """A 5xx is told as a refusal."""

    def told(self, message: VenueInput) -> list[VenueInput]:
        if isinstance(message, CommandOutcome) and isinstance(message.outcome, Unknown):
            return [replace(message, outcome=Refused("500", message.outcome.text))]
        return [message]


class ForgetsToLook(Broken):
    """After a reconnect it says nothing."""

    def __init__(self, inner: VenueAdapter) -> None:
        super().__init__(inner)
        self._restored = False

    def told(self, message: VenueInput) -> list[VenueInput]:
        if isinstance(message, StreamRestored):
            if self._restored:
                return []
            self._restored = True
        return [message]


class Rounds(Broken):
    """Quantities are cut to two decimals."""

    def done(self, command: VenueCommand) -> list[VenueCommand]:
        if not isinstance(command, SubmitOrder) or command.order.order_qty is None:
            return [command]
        quantity = command.order.order_qty.quantize(Decimal("0.01"), rounding=ROUND_DOWN)
        return [SubmitOrder(replace(command.order, order_qty=max(quantity, Decimal("0.01"))))]


class AnswersTwice(Broken):
    """Each outcome is told twice."""

    def told(self, message: VenueInput) -> list[VenueInput]:
        return [message, message] if isinstance(message, CommandOutcome) else [message]


class SwallowsCancels(Broken):
    """Cancels are told done, and do not leave."""

    def done(self, command: VenueCommand) -> list[VenueCommand]:
        return [] if isinstance(command, CancelOrder) else [command]


class Crashes(Broken):
    """It has a bug."""

    def done(self, command: VenueCommand) -> list[VenueCommand]:
        raise ZeroDivisionError("a bug")


Break = Callable[[VenueAdapter], Broken]

"""The interface between the gateway and a venue's adapter.

An adapter never sees FIX and never decides anything about an order: it sends commands to the venue
and reports the venue's answers. Each command is in the journal before the adapter gets it.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from fixgw.model.capabilities import Capabilities
from fixgw.model.effects import EndedOrder, VenueCommand
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.venue import VenueHealth, VenueInput

Deliver = Callable[[VenueInput], None]
"""Hands one input to the gateway's loop; never blocks, never raises."""


class VenueAdapter(Protocol):
    """One configured venue: the I/O shell over the pure parts in its package."""

    name: VenueName
    capabilities: Capabilities

    def accounts(self) -> frozenset[str]:
        """The values of Account(1) that it has credentials for."""

    def venue_order_id(self, order_id: OrderID, account: str) -> VenueOrderID:
        """The order's name at the venue: a pure function, so a restart finds it again."""

    def start(self, deliver: Deliver) -> None:
        """Begin: load instruments, open streams, keep both up until `stop`."""

    def recall(self, ended: Sequence[EndedOrder]) -> None:
        """Look for corrections of these orders; given once, after `start`, to an adapter with
        `capabilities.corrections_hours`."""

    def perform(self, commands: Sequence[VenueCommand]) -> None:
        """Take commands on, in order; each is answered through `deliver`, now or later."""

    def health(self) -> VenueHealth:
        """The state of the connections now: for an operator, never for a decision."""

    def reconcile(self) -> None:
        """Compare with the venue what may have been missed, as after a reconnect: deliver
        StreamRestored for every account, and the open orders that are not ours."""

    def resume(self) -> None:
        """An operator has spoken with the venue after it was held (`VenueHeld`)."""

    async def failure(self) -> None:
        """Return never, or raise the bug that ended one of its tasks."""

    async def stop(self) -> None:
        """End all tasks and close all sockets; what was not answered stays unanswered."""

"""Commands whose adapter raised while it was given them: it may have taken them, or not.

The outcome is unknown, and the venue is asked. The adapter may still send a submit that it took,
for as long as one may wait there: until then the venue's "no such order" is no proof of absence,
and afterwards the order is too old to be submitted again. A cancel is repeated if the venue, asked,
still works the order. An outcome that the adapter reports after all counts in full.
"""

from fixgw.core.proof import COMMAND_LOST_MS
from fixgw.core.state import EngineState
from fixgw.core.venue_events import VenueEvents
from fixgw.model.enums import Command
from fixgw.model.ids import OrderID
from fixgw.model.now import Now
from fixgw.model.venue import CommandLost, CommandOutcome, Unknown


class LostCommands:
    """The commands that no adapter is known to have."""

    def __init__(self, state: EngineState, of_venues: VenueEvents) -> None:
        self._state = state
        self._of_venues = of_venues
        self._submits: set[OrderID] = set()
        """Orders whose submit, or replace, was lost and has no outcome of the adapter yet."""

    def holds(self, order_id: OrderID) -> bool:
        """Return True if the submit of *order_id* was lost, and its outcome may still come."""
        return order_id in self._submits

    def on_lost(self, message: CommandLost, now: Now) -> None:
        order_id, state = message.order_id, self._state
        cancels = message.command is Command.CANCEL
        proof = state.proofs.get(order_id)
        if not cancels and (proof is None or not proof.submitting):
            return  # the adapter has answered it before it raised
        self._of_venues.on_outcome(
            CommandOutcome(order_id, message.command, Unknown(message.text)), now
        )
        if cancels:
            return
        proof = state.proofs.get(order_id)
        if proof is not None:
            venue = state.venue(state.orders.placed(order_id))
            held_ms = max(COMMAND_LOST_MS, venue.late_submit_ms)
            state.proofs.put(
                order_id, proof.submit_answered(now.mono_ms + held_ms, taken=False)
            )
        self._submits.add(order_id)

    def on_outcome(self, message: CommandOutcome, now: Now) -> None:
        """Take an adapter's outcome, where some were lost."""
        lost = message.command is not Command.CANCEL and message.order_id in self._submits
        if lost:
            # It was counted as answered when it was lost.
            self._state.count_submitting(self._state.orders.placed(message.order_id).venue, 1)
        self._of_venues.on_outcome(message, now)
        if lost:
            self._submits.discard(message.order_id)

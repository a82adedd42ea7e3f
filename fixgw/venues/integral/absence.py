"""Whether "no such order" is believed: only of a question that is known to be understood.

Pure. A venue that ignored `co_id_parameter` would answer with its active
orders, and with none if there are none. So it must first have found, by coId,
an order that has ended, which a list of active orders lacks.
"""

from fixgw.model.ids import OrderID
from fixgw.model.venue import OrderUpdate, QueryFailed, VenueStatus
from fixgw.venues.integral.config import ABSENCE_ANSWER_SECONDS, IntegralConfig
from fixgw.venues.integral.parse import NotFound
from fixgw.venues.integral.schemas import Listed


class Absence:
    """What is known of one account's questions."""

    def __init__(self, config: IntegralConfig) -> None:
        self._never = config.absence == "never"
        self._proven = config.absence == "always"
        self.proving = False
        """A question that may prove it waits already."""

    @property
    def wants_proof(self) -> bool:
        """Whether an order that has ended should be asked for by its coId."""
        return not (self._proven or self._never or self.proving)

    def learned(self, listed: Listed | NotFound, co_id: str) -> bool:
        """The answer to such a question about *co_id*; whether it is the proof."""
        if isinstance(listed, NotFound) or listed.damaged:
            return False
        if [row.co_id for row in listed.rows] != [co_id]:
            return False
        self._proven = True
        return True

    def verdict(self, order_id: OrderID, found: NotFound, took: float) -> OrderUpdate | QueryFailed:
        """What it means that the order was not found, by an answer that took *took* seconds."""
        if self._never:
            return QueryFailed(order_id, f"{found.text}; absence is not believed")
        if not self._proven:
            return QueryFailed(order_id, f"{found.text}; that coId finds is not proven")
        if took > ABSENCE_ANSWER_SECONDS:
            return QueryFailed(order_id, f"{found.text}; it took {took:.1f} s to say so")
        return OrderUpdate(
            order_id=order_id, status=VenueStatus.ABSENT, text=found.text, asked=True
        )

"""What it says of an order that its venue does not list it.

Never that it has ended: lists lag, so the core hears what was seen, and waits.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from fixgw.model.effects import VenueOrder
from fixgw.model.venue import OrderUpdate, QueryFailed, VenueStatus

ABSENCE_ANSWER_SECONDS = 2.0
"""An answer "no such order" that took longer is of too old a moment to prove anything."""


def told(
    absent: OrderUpdate, order: VenueOrder, took: float
) -> Iterator[OrderUpdate | QueryFailed]:
    """What to deliver of *absent*, the answer about *order*, which came after *took* seconds.

    Executions that are news are told whatever else is: an order that has them was there, and may
    well be open. The absence counts in an answer that is fresh.
    """
    if absent.cum_qty is not None and absent.cum_qty > order.cum_qty:
        yield replace(absent, status=VenueStatus.UNCLEAR, asked=False)
    if took <= ABSENCE_ANSWER_SECONDS:
        yield absent
        return
    text = f"the answer took {took:.1f} s, too long to prove absence: {absent.text}"
    yield QueryFailed(order.order_id, text)

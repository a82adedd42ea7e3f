"""The orders that an input names: each has to be in memory before the engine handles the input.

Says it by the input alone. What it returns may be the name of an order, or of none.
"""

from collections.abc import Iterator

from fixgw.model.accounts import AccountsLoaded
from fixgw.model.ids import ClOrdID, OrderID, execution_of
from fixgw.model.requests import (
    DontKnowTrade,
    NewOrderSingle,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderStatusRequest,
    Request,
)
from fixgw.model.venue import (
    Acked,
    CommandLost,
    CommandOutcome,
    NewsUnreadable,
    OrderUpdate,
    VenueInput,
)


def names_in(request: Request) -> list[ClOrdID]:
    """Return each ClOrdID(11) of the session that *request* names, the one of its own included:
    that may have been used before."""
    match request:
        case NewOrderSingle() | OrderStatusRequest():
            return [request.cl_ord_id]
        case OrderCancelReplaceRequest() | OrderCancelRequest():
            orig = request.orig_cl_ord_id
            return [request.cl_ord_id] if orig is None else [orig, request.cl_ord_id]
    return []  # one about many orders means the open ones


def orders_in(
    message: Request | DontKnowTrade | VenueInput | CommandLost | AccountsLoaded
) -> list[OrderID]:
    """Return each OrderID(37) that *message* names."""
    match message:
        case OrderCancelReplaceRequest() | OrderCancelRequest() | OrderStatusRequest():
            return [] if message.order_id is None else [message.order_id]
        case DontKnowTrade():
            return [execution_of(message.exec_id)[0]]
        case CommandOutcome():
            return [message.order_id, *_in_outcome(message)]
        case OrderUpdate() | NewsUnreadable() | CommandLost():
            return [message.order_id]
    return []  # a query that failed is nothing to an order that nothing is awaited of


def _in_outcome(message: CommandOutcome) -> Iterator[OrderID]:
    outcome = message.outcome
    if type(outcome) is Acked:
        for update in (outcome.update, outcome.replaced):
            if update is not None and update.order_id != message.order_id:
                yield update.order_id

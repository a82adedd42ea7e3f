"""The only place where the tests of laws look into the core's orders.

Everything else they see from outside: events, commands, reports. Never decides
anything, and changes nothing.
"""

from decimal import Decimal

from fixgw.core.engine import Engine
from fixgw.core.orders.client_order import of, total_qty
from fixgw.core.orders.client_order import standing as standing_of
from fixgw.core.orders.leg import Leg
from fixgw.core.proof import Contradicted, Unlisted
from fixgw.model.enums import CLOSED, Command, CxlRejResponseTo, OrdStatus
from fixgw.model.ids import ClOrdID, OrderID
from fixgw.model.number import ZERO


def orders_at_venue(engine: Engine) -> list[Leg]:
    """Every order that was given to a venue, or may be: not those refused before they left."""
    return [order for order in engine.orders if order.venue]


# ------------------------------------------------------------------- one order at a venue


def status_of(order: Leg) -> OrdStatus:
    """Its status, pending cancel or replace included."""
    return order.status


def ended(order: Leg) -> bool:
    """Nothing of it works at the venue, by all that is known; a pending replace hides that."""
    return order.beneath in CLOSED


def is_filled(order: Leg) -> bool:
    return order.beneath is OrdStatus.FILLED


def was_replaced(order: Leg) -> bool:
    return order.beneath is OrdStatus.REPLACED


def all_is_known(order: Leg) -> bool:
    """Of an order that was replaced: all that it executed is known."""
    return order.final


def is_accepted(order: Leg) -> bool:
    return order.accepted


def has_not_left(order: Leg) -> bool:
    """It is to take another one's place and was not given to the venue yet."""
    return order.waits


def in_one_step(order: Leg) -> bool:
    """It takes another one's place by one request of the venue's."""
    return order.native


def quantity_of(order: Leg) -> Decimal | None:
    """Its quantity at the venue; None where it names an amount to spend."""
    return order.quantity


def executed_of(order: Leg) -> Decimal:
    """Executed of it, and of no other."""
    return order.cum_qty


def native_id_of(order: Leg) -> str:
    return order.native_id


# ---------------------------------------------------------------- the order of the client


def standing(order: Leg) -> Leg:
    """The one that stands for all that replaced each other."""
    return standing_of(order)


def is_open(order: Leg) -> bool:
    return order.open


def total_of(order: Leg) -> Decimal:
    """CumQty(14)."""
    return total_qty(order)


def root_of(order: Leg) -> OrderID:
    """OrderID(37) as the client knows it."""
    return of(order).root_id


def before(order: Leg) -> Leg | None:
    """The order whose place it takes, or is to take."""
    return order.replaces


def next_one(order: Leg) -> Leg | None:
    """The order that takes its place, or was to, the last time that was asked for."""
    return order.replacement


def is_being_replaced(order: Leg) -> bool:
    return order.replacing


def is_being_cancelled(order: Leg) -> bool:
    """By its client or by the gateway."""
    return order.cancelling


def is_cancelled_unasked(order: Leg) -> bool:
    """A cancel that the gateway decided by itself is pending."""
    return order.own_cancel is not None


def is_pending(order: Leg) -> bool:
    """Anything is: a cancel, a replace, a command in doubt, a new order that has no answer."""
    return (
        order.unsettled or order.replacing or order.own_cancel is not None
        or order.in_doubt is not None or order.status is OrdStatus.PENDING_CANCEL
    )


def in_doubt(order: Leg) -> Command | None:
    return order.in_doubt


def requests_pending(order: Leg) -> list[tuple[CxlRejResponseTo, ClOrdID]]:
    """What the client has asked for and was not answered yet."""
    found = []
    if order.cancel is not None and order.status is OrdStatus.PENDING_CANCEL:
        found.append((CxlRejResponseTo.ORDER_CANCEL_REQUEST, order.cancel.cl_ord_id))
    if order.replacing and order.replacement is not None:
        found.append((
            CxlRejResponseTo.ORDER_CANCEL_REPLACE_REQUEST, order.replacement.request.cl_ord_id
        ))
    return found


def check_chain(order: Leg) -> None:
    """What replaced each other is one order, whichever of them *order* is."""
    whole, after = of(order), order.replacement
    assert of(whole.current) is whole and whole.current.beneath is not OrdStatus.REPLACED
    if whole.instead_of is None:
        assert not whole.current.waits, "what never left stands for nothing"
        legs = [whole.current]
        while legs[-1].replaces is not None:
            legs.append(legs[-1].replaces)
        assert whole.root_id == legs[-1].order_id
        assert whole.cum_qty == sum(leg.cum_qty for leg in legs)
        assert whole.notional == sum(leg.notional for leg in legs)
        assert whole.unsure == sum(not leg.final for leg in legs[1:])
    if order.replacing:
        assert order is whole.current and after is not None
        assert of(after) is whole and not after.accepted
        # Never may both work, unless the venue sees to it.
        assert after.waits or after.native or order.beneath in CLOSED


def executed_before(order: Leg) -> Decimal:
    """Executed of those whose place it took or is to take."""
    total, one = ZERO, order.replaces
    while one is not None:
        total += one.cum_qty
        one = one.replaces
    return total


def stands_in_a_chain(order: Leg) -> bool:
    """It has taken, or is to take, another one's place; not if it never got it."""
    return order.replaces is not None and of(order).instead_of is None


# ------------------------------------------------------------------------ what is waited for


def unsettled(engine: Engine) -> set[OrderID]:
    """The orders with a command of ours that waits for its proof."""
    return {order.order_id for order in engine.orders if order.unsettled}


def proofs(engine: Engine) -> set[OrderID]:
    """The orders of which a proof is outstanding, or an answer."""
    return {order.order_id for order in engine.orders if engine.proofs.get(order.order_id)}


def only_asked_about(engine: Engine, order_id: OrderID) -> bool:
    """No proof of a command is outstanding; but a question is, or executions that the venue has
    counted, or the proof that an order which it does not show has ended."""
    proof = engine.proofs.get(order_id)
    assert proof is not None
    return proof.asking or proof.again or proof.lack is not None


def waits_for_executions(engine: Engine, order_id: OrderID) -> bool:
    """The venue has counted more than it told of, or shows as working what has ended here."""
    proof = engine.proofs.get(order_id)
    return proof is not None and type(proof.lack) in (Contradicted, Unlisted)

"""What a venue can do. The core refuses the rest before it leaves, and says so in Text(58)."""

from collections.abc import Mapping

from msgspec import Struct, field

from fixgw.model.enums import OrdType, TimeInForce


class Capabilities(Struct, frozen=True, kw_only=True):
    """Declared by each adapter."""

    ord_types: frozenset[OrdType]
    times_in_force: frozenset[TimeInForce]
    post_only: bool
    cash_order_qty: bool
    """A MARKET BUY names CashOrderQty(152), the amount to spend, and no OrderQty(38)."""
    cancel_before_accepted: bool
    """Whether a cancel may be sent before the venue has accepted the order."""
    absence_proof_ms: int
    """A submit older than this can no longer arrive: "no such order" then proves absence."""

    times_in_force_of: Mapping[OrdType, frozenset[TimeInForce]] = field(default_factory=dict)
    """For order types that take others than `times_in_force`."""
    cash_or_quantity: frozenset[OrdType] = frozenset()
    """Order types that name either OrderQty(38) or CashOrderQty(152)."""
    market_needs_price: bool = False
    """A MARKET order names Price(44): the worst that it may trade at."""
    market_without_price: frozenset[TimeInForce] = frozenset()
    """Where `market_needs_price`: MARKET orders with one of these name none."""
    needs: Mapping[OrdType, frozenset[str]] = field(default_factory=dict)
    """Beside what FIX requires, for order types but LIMIT and MARKET: `price`, or fields of
    `model.terms.Terms`."""
    terms: frozenset[str] = frozenset()
    """The fields of `model.terms.Terms` that it takes; an order with another is refused."""
    terms_of: Mapping[OrdType, frozenset[str]] = field(default_factory=dict)
    """For order types that take others than `terms`."""
    expire_seconds_max: int = 0
    """How far away ExpireTime(126) may be; 0: as far as anybody likes."""
    cancel: bool = True
    cancel_text: str = "the venue has no cancel"
    """Why not, where `cancel` is False: Text(58) of the OrderCancelReject."""
    replace: bool = False
    """It replaces an order by one request, and never has both at work."""
    replace_text: str = "the venue has no replace"
    """Why not, where `replace` is False: Text(58) of the OrderCancelReject."""
    query: bool = True
    """It can be asked where an order stands; else only its own words and an operator settle."""
    lists_executions: bool = True
    """Asked about an order, it lists each execution with its price: a price is never implied."""
    absence_proof_minutes: int = 5
    """An order that it had and does not show any more has ended only if every answer for so long
    says so. 0: its documents say that its lists are complete at every moment."""
    corrections_hours: float = 0.0
    """For so long after its end it looks for changes of an order's executions: after a restart it
    is given the orders that ended so recently. 0: it does not look."""
    pushes: bool = True
    """It tells of changes by itself; else it is polled."""
    orders_waiting_max: int = 0
    """So many orders may wait to be sent; one more is refused with BusinessMessageReject. 0: the
    adapter has no queue."""
    client_order_id: str = ""
    """What a name is that we give to an order there: characters, length, how long unique."""
    limits: tuple[str, ...] = ()
    """The limits of its requests that the adapter keeps, one line each, for `fixgw venues`."""

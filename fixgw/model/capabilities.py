"""The capabilities of a venue. The core refuses anything else before it leaves, with the reason in
Text(58)."""

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
    """True if a cancel may be sent before the venue has accepted the order."""
    absence_proof_ms: int
    """A submit older than this can no longer arrive: "no such order" then proves absence."""

    times_in_force_of: Mapping[OrdType, frozenset[TimeInForce]] = field(default_factory=dict)
    """By order type, for those that accept values other than `times_in_force`."""
    cash_or_quantity: frozenset[OrdType] = frozenset()
    """Order types that name either OrderQty(38) or CashOrderQty(152)."""
    market_needs_price: bool = False
    """A MARKET order carries Price(44): the worst price at which it may trade."""
    market_without_price: frozenset[TimeInForce] = frozenset()
    """With `market_needs_price`: MARKET orders with one of these carry no price."""
    needs: Mapping[OrdType, frozenset[str]] = field(default_factory=dict)
    """Fields required beyond those of FIX, for order types other than LIMIT and MARKET: `price`, or
    fields of `model.terms.Terms`."""
    terms: frozenset[str] = frozenset()
    """The fields of `model.terms.Terms` that the venue accepts; an order with any other is
    refused."""
    terms_of: Mapping[OrdType, frozenset[str]] = field(default_factory=dict)
    """By order type, for those that accept fields other than `terms`."""
    expire_seconds_max: int = 0
    """The latest ExpireTime(126), as seconds from now; 0: no limit."""
    cancel: bool = True
    cancel_text: str = "the venue has no cancel"
    """The reason where `cancel` is False: Text(58) of the OrderCancelReject."""
    replace: bool = False
    """The venue replaces an order in one request, and never works both at once."""
    replace_text: str = "the venue has no replace"
    """The reason where `replace` is False: Text(58) of the OrderCancelReject."""
    query: bool = True
    """The venue can be asked for the state of an order; otherwise only its own messages and an
    operator settle it."""
    lists_executions: bool = True
    """The venue's answer about an order lists each execution with its price, so a price is never
    implied."""
    absence_proof_minutes: int = 5
    """Once accepted, an order that the venue no longer shows has ended only if every answer for
    this long agrees. 0: the venue documents that its lists are complete at all times."""
    corrections_hours: float = 0.0
    """Hours after an order's end during which the adapter looks for changes of its executions;
    after a restart it is given the orders that ended within this time. 0: it does not look."""
    pushes: bool = True
    """The venue reports changes by itself; otherwise it is polled."""
    orders_waiting_max: int = 0
    """Maximum number of orders waiting to be sent; one more is refused with BusinessMessageReject.
    0: the adapter has no queue."""
    client_order_id: str = ""
    """The format of the order ID that we assign there: characters, length, period of uniqueness."""
    limits: tuple[str, ...] = ()
    """The request limits that the adapter observes, one line each, for `fixgw venues`."""

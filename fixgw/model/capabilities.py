"""What a venue can do. The core refuses the rest before it leaves, and says so in Text(58)."""

from msgspec import Struct

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

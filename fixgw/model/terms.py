"""Order terms that only some orders carry, and only some venues accept.

A venue declares the terms it accepts (`Capabilities.terms`); an order with any other is refused
with the field's name. No term is ever dropped to make an order fit.
"""

from decimal import Decimal

from msgspec import Struct


class Terms(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A field that the client left out is None, or empty."""

    currency: str = ""
    """Currency(15): the dealt currency, where it is not the base asset."""
    stop_px: Decimal | None = None
    """StopPx(99)."""
    expire_time: int | None = None
    """ExpireTime(126), or the end of ExpireDate(432) in UTC; Unix milliseconds."""
    min_qty: Decimal | None = None
    """MinQty(110)."""
    max_floor: Decimal | None = None
    """MaxFloor(111): the maximum displayed quantity; DisplayQty(1138) of FIX 5.0 means the same."""
    exec_inst: str = ""
    """ExecInst(18) without 6 (post only): the values, separated by spaces."""
    ex_destination: str = ""
    """ExDestination(100), or the dialect's own field for a venue's routing tier."""
    target_strategy: str = ""
    """TargetStrategy(847)."""
    strategy_parameters: str = ""
    """TargetStrategyParameters(848)."""
    quote_id: str = ""
    """QuoteID(117)."""
    settl_date: str = ""
    """SettlDate(64), FutSettDate in FIX 4.2: YYYYMMDD."""
    on_behalf_of: str = ""
    """OnBehalfOfCompID(115). Not refused where a venue does not accept it: hubs always send it."""
    on_behalf_of_sub_id: str = ""
    """OnBehalfOfSubID(116). This and the next route our answers back; they are not sent to
    venues."""
    on_behalf_of_location_id: str = ""
    """OnBehalfOfLocationID(144)."""
    security_id: str = ""
    """SecurityID(48), where it, not Symbol(55), names the instrument. It is not sent to the
    venue."""
    security_id_source: str = ""
    """SecurityIDSource(22) of the SecurityID."""


PLAIN = Terms()
"""Shared by all orders without such terms, which most are."""

FIELDS = {
    "currency": "Currency(15)",
    "stop_px": "StopPx(99)",
    "expire_time": "ExpireTime(126)",
    "min_qty": "MinQty(110)",
    "max_floor": "MaxFloor(111)",
    "exec_inst": "ExecInst(18)",
    "ex_destination": "ExDestination(100)",
    "target_strategy": "TargetStrategy(847)",
    "strategy_parameters": "TargetStrategyParameters(848)",
    "quote_id": "QuoteID(117)",
    "settl_date": "SettlDate(64)",
    "on_behalf_of": "OnBehalfOfCompID(115)",
}
"""The field names as clients know them, for the terms that are sent to the venue."""

"""Settlement of an execution, as FX and OTC venues report it: date, counterparty and currency.

A value that a venue does not report is empty: none is ever derived from a calendar.
"""

from msgspec import Struct


class Settlement(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Values that the venue did not report are empty."""

    date: str = ""
    """SettlDate(64), FutSettDate in FIX 4.2: the value date, YYYYMMDD."""
    trade_date: str = ""
    """TradeDate(75), YYYYMMDD."""
    currency: str = ""
    """SettlCurrency(120): the currency paid for the dealt currency."""
    counterparty: str = ""
    """ContraBroker(375), the only entry of NoContraBrokers(382): the settlement counterparty."""


UNSAID = Settlement()
"""Shared by all executions without settlement details: most, as most are from exchanges."""

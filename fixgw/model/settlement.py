"""When, with whom and in what an execution is settled: what FX and OTC venues say of it.

What a venue does not say is empty: nothing of it is ever worked out from a calendar.
"""

from msgspec import Struct


class Settlement(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Empty is what the venue did not say."""

    date: str = ""
    """SettlDate(64), FutSettDate in FIX 4.2: the value date, YYYYMMDD."""
    trade_date: str = ""
    """TradeDate(75), YYYYMMDD."""
    currency: str = ""
    """SettlCurrency(120): what is paid for the dealt currency."""
    counterparty: str = ""
    """ContraBroker(375), the one of NoContraBrokers(382): whom it is settled with."""


UNSAID = Settlement()
"""Shared by all executions of which the venue says nothing of the kind: most are of exchanges."""

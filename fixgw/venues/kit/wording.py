"""What a venue's requests say of an order, and the refusal of what they cannot say.

Pure. A refused order never left. It knows no venue: the venue's name and its words are given.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeVar

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import OrdRejReason, Side, TimeInForce
from fixgw.model.errors import OrderRefused

SAFE_NAME = re.compile(r"[A-Za-z0-9._/:-]{1,64}", re.ASCII)
"""Accounts, exchanges and symbols. Needs no escape in JSON; a query's is done by the adapter."""

T = TypeVar("T")


class Wording:
    """The words of *venue*, whose name clients read in a refusal."""

    def __init__(self, venue: str, sides: Mapping[Side, str]) -> None:
        self._venue = venue
        self._sides = sides
        self.safe: Callable[[str], str] = lru_cache(maxsize=4096)(self._checked)
        """Returns a name that can stand inside a request as it is, or raises OrderRefused."""

    def unsupported(self, what: str) -> OrderRefused:
        """Return the refusal of *what*, which the API cannot express."""
        text = f"{self._venue} does not take {what}"
        return OrderRefused(OrdRejReason.UNSUPPORTED_CHARACTERISTIC, text)

    def side(self, order: VenueOrder) -> str:
        """Return the venue's word for the Side(54) of *order*."""
        side = self._sides.get(order.side)
        if side is None:
            raise self.unsupported(f"Side(54)={order.side}")
        return side

    def time_in_force(self, order: VenueOrder, known: Mapping[TimeInForce, T]) -> T:
        """Return the word for the TimeInForce(59) of *order* among those of its OrdType(40)."""
        found = known.get(order.time_in_force)
        if found is None:
            raise self.unsupported(
                f"TimeInForce(59)={order.time_in_force} with OrdType(40)={order.ord_type}"
            )
        return found

    def _checked(self, name: str) -> str:
        if not SAFE_NAME.fullmatch(name):
            text = f"{name!r} cannot be sent to {self._venue}"
            raise OrderRefused(OrdRejReason.UNKNOWN_SYMBOL, text)
        return name

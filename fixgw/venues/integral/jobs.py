"""The jobs that one account starts by itself, beside the core's commands and queries."""

from msgspec import Struct

from fixgw.venues.integral.schemas import OrderRow
from fixgw.venues.integral.watch import Watched


class ListActive(Struct, frozen=True):
    """List all active orders, and see from it how *orders* stand."""

    orders: tuple[Watched, ...] = ()


class Look(Struct, frozen=True):
    """See how one order stands, and what was executed of it."""

    watched: Watched
    row: OrderRow | None = None
    """The row of a list that has already shown how it stands; None without one."""


class ProveQuery(Struct, frozen=True):
    """Ask for an order that has ended by its coId: does the venue take that parameter?"""

    watched: Watched


OwnJob = ListActive | Look | ProveQuery

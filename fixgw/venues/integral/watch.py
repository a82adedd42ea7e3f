"""Which orders are looked at, and when: quickly after something happened, then ever more rarely.

Pure: time is an argument, in seconds of a clock that never goes back. Nothing
is pushed by this venue, so an order that is not in here is not heard of
unless the core asks.
"""

from msgspec import Struct

from fixgw.model.effects import VenueOrder
from fixgw.model.ids import OrderID
from fixgw.model.venue import OrderUpdate
from fixgw.venues.integral.parse import ENDED


class Watched(Struct, eq=False):
    """One order that is looked at."""

    order: VenueOrder
    due: float
    pause: float
    server_id: str = ""
    """The venue's own name for it, once it has said it."""
    doubted: bool = False
    """The last question by that name found nothing."""
    looking: bool = False
    """A look is queued or under way."""
    again: bool = False
    """Something happened since that look was queued: another one follows at once."""
    ended_at: float | None = None
    told: OrderUpdate | None = None
    """What was last delivered of it."""
    problem: str = ""
    """Why the last look failed; "" if it did not."""
    damage: str = ""
    """Why a trade of it could not be read the last time; "" if all could."""
    trade_ids: tuple[str, ...] = ()
    """Its trades, in the order in which they were told."""


class Watches:
    """The orders of one account."""

    def __init__(self, *, least: float, most: float, settle: float) -> None:
        self._least = least
        self._most = most
        self._settle = settle
        self._watched: dict[OrderID, Watched] = {}

    def __len__(self) -> int:
        return len(self._watched)

    def working(self) -> set[OrderID]:
        """Those that have not ended, by what was last seen of them."""
        return {name for name, each in self._watched.items() if each.ended_at is None}

    def get(self, order_id: OrderID) -> Watched | None:
        return self._watched.get(order_id)

    def watch(self, order: VenueOrder, now: float) -> Watched:
        """Look at *order* from now on, and soon."""
        watched = self._watched.get(order.order_id)
        if watched is None:
            watched = self._watched[order.order_id] = self.new(order, now)
        self.hurry(watched, now)
        return watched

    def learned(self, watched: Watched, update: OrderUpdate, now: float) -> bool:
        """The venue said *update* of it; whether that is news."""
        news = watched.told != update
        watched.told = update
        if update.status in ENDED and watched.ended_at is None:
            watched.ended_at = now
        return news

    def hurry(self, watched: Watched, now: float) -> None:
        """Something happens to it: be quick again."""
        watched.pause = self._least
        watched.due = min(watched.due, now + self._least) if watched.due > now else now
        watched.again = watched.looking

    def forget(self, order_id: OrderID) -> None:
        """The venue has no such order."""
        self._watched.pop(order_id, None)

    def take_due(self, now: float) -> list[Watched]:
        """Those whose turn it is; `looked` or `failed` must follow for each."""
        due = [each for each in self._watched.values() if each.due <= now and not each.looking]
        for each in due:
            each.looking, each.again = True, False
        return due

    def next_due(self) -> float | None:
        """When `take_due` will find one; None if that depends on what happens before."""
        waiting = [each.due for each in self._watched.values() if not each.looking]
        return min(waiting, default=None)

    def looked(self, watched: Watched, update: OrderUpdate, now: float) -> bool:
        """A look has shown *update*; whether that is news."""
        news = self.learned(watched, update, now)
        if watched.ended_at is not None and now - watched.ended_at >= self._settle:
            self.forget(watched.order.order_id)
        self._next(watched, now, quick=news)
        return news

    def failed(self, watched: Watched, now: float) -> None:
        """It could not be looked at; later, then."""
        self._next(watched, now, quick=False)

    def keep(self, watched: Watched) -> None:
        """Look at it from now on, if that is not done already."""
        self._watched.setdefault(watched.order.order_id, watched)

    def new(self, order: VenueOrder, now: float) -> Watched:
        """What `keep` takes, once it is known that the venue has *order*."""
        return Watched(order, now, self._least, server_id=order.native_id)

    def _next(self, watched: Watched, now: float, *, quick: bool) -> None:
        watched.looking = False
        if watched.again or quick:
            watched.pause, watched.again = self._least, False
        watched.due = now + watched.pause
        watched.pause = min(watched.pause * 2, self._most)

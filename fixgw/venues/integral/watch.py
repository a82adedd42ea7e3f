"""The orders to poll, and the times: soon after each event, then less and less often.

An order that has ended stays here, as its trades may be amended or canceled: ended orders are
polled in turn. Pure: time is an argument, in seconds of a clock that never goes back. This venue
pushes nothing, so an order that is not here gets no updates unless the core queries it. An order is
never concluded to have ended: that takes the venue's report, or the core's conclusion.
"""

from msgspec import Struct
from msgspec.structs import replace

from fixgw.model.effects import VenueOrder
from fixgw.model.ids import OrderID
from fixgw.model.venue import OrderUpdate, VenueStatus
from fixgw.venues.integral.parse import ENDED
from fixgw.venues.kit.bounded import remember

ABSENT_SECONDS = 600.0
"""For so long an order that the venue does not find is looked at as if it worked."""

ENDED_MAX = 50_000
"""Orders that have ended and are looked at by turns; beyond that the oldest is let go."""


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
    """The time at which it was first seen to have ended."""
    absent_at: float | None = None
    """Since when the venue does not find it; None: it was found the last time."""
    told: OrderUpdate | None = None
    """The last update that was delivered."""
    problem: str = ""
    """The reason why the last look failed; "" if it did not."""
    damage: str = ""
    """The reason why a trade of it could not be read the last time; "" if all could."""
    uncounted: str = ""
    """The trade of it whose status is in no table; "" if none."""


class Watches:
    """The orders of one account."""

    def __init__(
        self, *, least: float, most: float, settle: float, keep_ended: float, ended_pause: float
    ) -> None:
        self._least = least
        self._most = most
        self._settle = settle
        self._keep_ended = keep_ended
        self._ended_pause = ended_pause
        self._watched: dict[OrderID, Watched] = {}
        self._ended: dict[OrderID, Watched] = {}
        """Those that are looked at by turns; the first is the next."""

    def __len__(self) -> int:
        return len(self._watched)

    def working(self) -> set[OrderID]:
        """Those that have not ended, by what was last seen of them."""
        return {name for name, each in self._watched.items() if each.ended_at is None}

    def get(self, order_id: OrderID) -> Watched | None:
        return self._watched.get(order_id) or self._ended.get(order_id)

    def watch(self, order: VenueOrder, now: float) -> Watched:
        """Look at *order* from now on, and soon."""
        watched = self.get(order.order_id) or self.new(order, now)
        self._ended.pop(order.order_id, None)
        self._watched[order.order_id] = watched
        self.hurry(watched, now)
        return watched

    def learned(self, watched: Watched, update: OrderUpdate, now: float) -> bool:
        """Record the venue's *update* of an order; return True if it is new."""
        news = watched.told != update
        watched.told, watched.absent_at = update, None
        if update.status in ENDED:
            watched.ended_at = now if watched.ended_at is None else watched.ended_at
        elif update.status is VenueStatus.WORKING:
            watched.ended_at = None
        if watched.ended_at is None and watched.order.order_id in self._ended:
            self.watch(watched.order, now)
        return news

    def absent(self, watched: Watched, now: float) -> None:
        """The venue does not find it. Where it shows again, that is news."""
        watched.told = None
        if watched.absent_at is None:
            watched.absent_at = now

    def hurry(self, watched: Watched, now: float) -> None:
        """Something happens to it: be quick again."""
        watched.pause = self._least
        watched.due = min(watched.due, now + self._least) if watched.due > now else now
        watched.again = watched.looking

    def take_due(self, now: float) -> list[Watched]:
        """Those whose turn it is; `looked` or `failed` must follow for each."""
        due = [each for each in self._watched.values() if each.due <= now and not each.looking]
        for each in due:
            each.looking, each.again = True, False
        return due

    def next_due(self) -> float | None:
        """Return the time at which `take_due` next finds one; None if that depends on other events.
        """
        waiting = [each.due for each in self._watched.values() if not each.looking]
        return min(waiting, default=None)

    def looked(self, watched: Watched, update: OrderUpdate, now: float) -> bool:
        """A look has shown *update*; whether that is news."""
        news = self.learned(watched, update, now)
        self._next(watched, now, quick=news)
        if watched.ended_at is not None and (
            now - watched.ended_at >= self._settle or _is_complete(watched.order, update)
        ):
            self._by_turns(watched, now)
        return news

    def failed(self, watched: Watched, now: float) -> None:
        """It could not be looked at; later, then."""
        self._next(watched, now, quick=False)
        if watched.absent_at is not None and now - watched.absent_at >= ABSENT_SECONDS:
            self._by_turns(watched, now)

    def keep(self, watched: Watched) -> None:
        """Look at it from now on, if that is not done already."""
        if self.get(watched.order.order_id) is None:
            self._watched[watched.order.order_id] = watched

    def new(self, order: VenueOrder, now: float) -> Watched:
        """Return the entry for `keep`."""
        return Watched(order, now, self._least, server_id=order.native_id)

    # --------------------------------------------------------------- those that have ended

    def recall(self, order: VenueOrder, age: float, now: float) -> None:
        """*order* has ended so many seconds ago, which an earlier process has seen."""
        if self.get(order.order_id) is None:
            watched = self.new(order, now)
            watched.ended_at = now - age
            self._add_ended(watched)

    def take_ended(self, now: float) -> Watched | None:
        """The one whose turn it is; `looked_back` must follow."""
        while self._ended:
            watched = next(iter(self._ended.values()))
            since = watched.absent_at if watched.ended_at is None else watched.ended_at
            if since is not None and now - since >= self._keep_ended:
                del self._ended[watched.order.order_id]
            elif watched.due > now:
                return None
            else:
                self._by_turns(watched, now)
                return watched
        return None

    def looked_back(
        self, watched: Watched, update: OrderUpdate, now: float
    ) -> OrderUpdate | None:
        """Record *update* of an order that had ended or was not found; return the news in it, if
        any.

        A final status reported before is no news. FILLED is not reported again if a trade of the
        order was canceled since: only its executions count.
        """
        known = watched.ended_at is not None
        news = self.learned(watched, update, now)
        if not update.fills and watched.ended_at is not None:
            # Nothing to be amended or cancelled.
            self._ended.pop(watched.order.order_id, None)
        if not news:
            return None
        if known and update.status in ENDED:
            return replace(update, status=VenueStatus.UNCLEAR)
        return update

    def _by_turns(self, watched: Watched, now: float) -> None:
        """It comes behind all others that have ended."""
        order_id = watched.order.order_id
        self._watched.pop(order_id, None)
        self._ended.pop(order_id, None)
        watched.looking = watched.again = False
        if self._keep_ended:
            watched.due = now + self._ended_pause
            self._add_ended(watched)

    def _add_ended(self, watched: Watched) -> None:
        remember(self._ended, watched.order.order_id, watched, ENDED_MAX)

    def _next(self, watched: Watched, now: float, *, quick: bool) -> None:
        watched.looking = False
        if watched.again or quick:
            watched.pause, watched.again = self._least, False
        watched.due = now + watched.pause
        # Of one that has ended nothing is urgent: trades that are booked late, if any.
        most = self._most if watched.ended_at is None else self._settle
        watched.pause = min(watched.pause * 2, max(most, self._least))


def _is_complete(order: VenueOrder, update: OrderUpdate) -> bool:
    """All of *order* is executed and listed: no trade can be booked late."""
    return update.status is VenueStatus.FILLED and update.cum_qty == order.order_qty

"""What one account has to do at the venue, and the queue in which it waits to leave."""

from collections.abc import Callable

from msgspec import Struct

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder
from fixgw.model.venue import Refused
from fixgw.runtime.clock import Clock
from fixgw.venues.apifiny.config import ApifinyConfig
from fixgw.venues.ratelimit import RateLimiter
from fixgw.venues.work_queue import WorkQueue


class ListOpen(Struct, frozen=True):
    """Look for open orders at one exchange, ours and others."""

    exchange: str


class ReadCommission(Struct, frozen=True):
    """Read what the account pays for one symbol."""

    exchange: str
    symbol: str


Work = SubmitOrder | CancelOrder | QueryOrder | ListOpen | ReadCommission


def queue(
    config: ApifinyConfig, clock: Clock, too_late: Callable[[SubmitOrder, Refused], None]
) -> WorkQueue[Work]:
    """The queue of one account; *too_late* hears of submits that waited too long to leave."""
    return WorkQueue(
        limit=config.queue_limit,
        submit_seconds=config.queue_seconds,
        limiter=RateLimiter(config.requests_per_second, 1 + config.rate_margin_seconds),
        clock=clock,
        too_late=too_late,
    )

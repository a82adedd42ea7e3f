"""What one account has to do at the venue, and the queue in which it waits to leave."""

import asyncio
from collections.abc import Callable

from msgspec import Struct

from fixgw.model.effects import (
    CancelOrder,
    QueryOrder,
    ReplaceOrder,
    SubmitOrder,
    VenueOrder,
)
from fixgw.model.venue import Refused
from fixgw.runtime.clock import Clock
from fixgw.venues.integral.config import IntegralConfig
from fixgw.venues.integral.schemas import OrderRow
from fixgw.venues.integral.watch import Watched
from fixgw.venues.ratelimit import Lane, RateLimiter
from fixgw.venues.work_queue import Job, WorkQueue


class ListActive(Struct, frozen=True):
    """List all active orders, and see from it how *orders* stand."""

    orders: tuple[Watched, ...] = ()


class Look(Struct, frozen=True):
    """See how one order stands, and what was executed of it."""

    watched: Watched
    row: OrderRow | None = None
    """Where a list has said already how it stands."""


class ProveQuery(Struct, frozen=True):
    """Ask for an order that has ended by its coId: does the venue take that parameter?"""

    watched: Watched


Work = SubmitOrder | CancelOrder | ReplaceOrder | QueryOrder | ListActive | Look | ProveQuery

NewOrder = SubmitOrder | ReplaceOrder
"""What brings a new order to the venue."""


def queue(
    config: IntegralConfig,
    clock: Clock,
    ready: asyncio.Event,
    too_late: Callable[[SubmitOrder, Refused], None],
) -> WorkQueue[Work]:
    """The queue of one account, from which nothing leaves before it is logged in (*ready*)."""
    return WorkQueue(
        limit=config.queue_limit,
        submit_seconds=config.queue_seconds,
        limiter=RateLimiter(config.requests_per_second, 1 + config.rate_margin_seconds),
        clock=clock,
        too_late=too_late,
        ready=ready,
        waits_for="its turn",
    )


def take_queries(waiting: WorkQueue[Work]) -> list[VenueOrder]:
    """Take out the orders of all questions that one list may answer."""

    def fits(job: Job[Work]) -> bool:
        return isinstance(job.work, QueryOrder) and not job.alone

    taken = waiting.take(Lane.QUERY, fits)
    return [job.work.order for job in taken if isinstance(job.work, QueryOrder)]


def take_orders(waiting: WorkQueue[Work]) -> list[NewOrder]:
    """Take out all new orders that wait, and replaces with them."""
    return _orders(waiting.take(Lane.SUBMIT, lambda job: True))


def take_late_replaces(waiting: WorkQueue[Work], before: float) -> list[NewOrder]:
    """Take out the replaces that were queued before then; the queue sees to late submits."""

    def fits(job: Job[Work]) -> bool:
        return isinstance(job.work, ReplaceOrder) and job.queued_at < before

    return _orders(waiting.take(Lane.SUBMIT, fits))


def _orders(jobs: list[Job[Work]]) -> list[NewOrder]:
    return [job.work for job in jobs if isinstance(job.work, SubmitOrder | ReplaceOrder)]

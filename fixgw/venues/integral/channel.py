"""The one channel to the venue for an account, and the state its order entry shares.

A request is sent once. Answers with consequences beyond their own command are handled here: HTTP
500 holds new orders, and a request by the venue to pause is obeyed.
"""

import asyncio

from fixgw.model.effects import VenueOrder
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.integral import parse
from fixgw.venues.integral.build import Call
from fixgw.venues.integral.config import IntegralConfig
from fixgw.venues.integral.jobs import OwnJob
from fixgw.venues.integral.login import Login
from fixgw.venues.integral.trading_halt import TradingHalt
from fixgw.venues.integral.watch import Watched, Watches
from fixgw.venues.kit import order_entry
from fixgw.venues.outcome import Result


class Channel(order_entry.OrderEntry[OwnJob]):
    """One account: its queue, the orders it watches, and the receiver of its inputs."""

    too_often = order_entry.TOO_OFTEN | {order_entry.UNAVAILABLE}
    waits_for = "its turn"  # the rate limit, or a login

    def __init__(
        self,
        *,
        account: str,
        config: IntegralConfig,
        login: Login,
        clock: Clock,
        halt: TradingHalt,
        deliver: Deliver,
    ) -> None:
        super().__init__(
            scope=account, config=config, requests_per_second=config.requests_per_second,
            clock=clock, deliver=deliver, ready=login.ready,
        )
        self.account = account
        self.config = config
        self.login = login
        self.halt = halt
        self.watches = Watches(
            least=config.poll_min_seconds,
            most=config.poll_max_seconds,
            settle=config.settle_seconds,
            keep_ended=config.corrections_hours * 3600,
            ended_pause=config.corrections_seconds,
        )
        self.changed = asyncio.Event()
        """Something has happened that may make a look due."""

    @property
    def now(self) -> float:
        """Seconds of a clock that never goes back."""
        return self.clock.monotonic()

    async def send(self, call: Call) -> Result:
        """Send *call* once; there is room for it (`WorkQueue.next`, `WorkQueue.slot`)."""
        result, request_id = await self.login.send(call)
        if self.config.hold_on_500 and parse.is_halt(result):
            self.halt.hold(f"{call.method} {call.path}, X-Request-ID {request_id}")
        self.heard(result)
        return result

    def watch(self, order: VenueOrder) -> Watched:
        """Look at *order* from now on, and soon."""
        watched = self.watches.watch(order, self.now)
        self.changed.set()
        return watched

    def known(self, order: VenueOrder) -> Watched:
        """Return what is known of *order*; it is not looked at for that."""
        return self.watches.get(order.order_id) or self.watches.new(order, self.now)

"""The vocabulary of scenarios: a client's orders, other participants' trades, expected reports.

Every report to a client must be expected, in order. A report still unasked for when the scenario
ends is a failure (`audit`), and so is a scenario that expects nothing.
"""

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from fixgw.certify.harness import SESSION, Harness, Recorded
from fixgw.certify.sandbox_driver import Booked, Fault, Market, SandboxDriver, SandboxFeature, Step
from fixgw.certify.trace import Trace
from fixgw.certify.words import told
from fixgw.core.orders.leg import Leg
from fixgw.model.capabilities import Capabilities
from fixgw.model.enums import (
    CLOSED,
    Command,
    MassCancelRequestType,
    OrdStatus,
    OrdType,
    Side,
    TimeInForce,
)
from fixgw.model.ids import ClOrdID
from fixgw.model.reports import ExecutionReport, OrderCancelReject, OrderMassCancelReport
from fixgw.model.requests import (
    NewOrderSingle,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderMassCancelRequest,
)
from fixgw.venues.adapter import VenueAdapter

LOTS = 4
"""Of an order, where a scenario does not say."""

WAIT_SECONDS = 15.0
"""For what a venue does at once: generous, as machines are busy."""

PROOF_FACTOR = 3.0
"""And so many times the declared proof of absence, where an order has to be proven absent."""

POLL_SECONDS = 0.01

OF_ORDERS = (ExecutionReport, OrderCancelReject)

ENDS_UNFILLED = (OrdStatus.CANCELED, OrdStatus.EXPIRED, OrdStatus.REJECTED)


class Unexpected(Exception):
    """Something differs from the scenario's expectation; the text names the difference."""


class ScenarioStage:
    """One scenario's gateway, venue and client."""

    def __init__(
        self,
        make: Callable[[], VenueAdapter],
        counterpart: SandboxDriver,
        directory: Path,
        trace: Trace,
    ) -> None:
        self.counterpart = counterpart
        self.market: Market = counterpart.market
        self.directory = directory
        self.trace = trace
        self.heard = Recorded()
        self.rim: Harness
        self.capabilities: Capabilities
        self.lives = 0
        self.strangers: set[str] = set()
        """The names of orders that are on the account and not ours."""
        self.expectations = 0
        """The number of expectations about reports to clients or the venue's record."""
        self._make = make
        self._restored = 0
        self._orders: dict[str, str] = {}
        """ClOrdID(11), of orders and of cancel requests -> that of the order."""
        self._seen: dict[str, int] = {}
        """ClOrdID(11) of an order -> how many of its reports were expected and came."""

    # ---------------------------------------------------------- the gateway

    async def gateway_starts(self) -> None:
        """Start a new life from the journal; return when the adapter receives the venue's updates.
        """
        self.trace.note("stage", "the gateway starts")
        adapter = self._make()
        self.rim, self.capabilities = Harness(adapter, self.heard, self.trace), adapter.capabilities
        self.lives += 1
        self.rim.start()
        await self.wait(
            lambda: bool(self.rim.instruments and self.rim.restored),
            "the adapter tells its instruments, and that it hears of updates",
        )

    async def gateway_dies(self) -> None:
        """End the adapter as a crash does, notifying nobody."""
        self.trace.note("stage", "the gateway dies")
        await self.rim.die()

    # ----------------------------------------------------------- the client

    def order(
        self,
        name: str,
        lots: Decimal | int = LOTS,
        *,
        at: int = 0,
        side: Side = Side.BUY,
        ord_type: OrdType = OrdType.LIMIT,
        tif: TimeInForce | None = None,
        post_only: bool = False,
        quantity: Decimal | None = None,
        price: Decimal | None = None,
        cash: Decimal | None = None,
        symbol: str = "",
    ) -> NewOrderSingle:
        """A NewOrderSingle called *name*: so many lots, *at* so many ticks beside the price."""
        market, is_limit = self.market, ord_type is OrdType.LIMIT
        priced = is_limit or self.capabilities.market_needs_price
        self._orders[name] = name
        if tif is None:
            tif = self._rests() if is_limit else self._is_over_at_once()
        if quantity is None and cash is None:
            quantity = lots * market.lot
        return NewOrderSingle(
            session=SESSION, cl_ord_id=ClOrdID(name), symbol=symbol or market.symbol, side=side,
            ord_type=ord_type, time_in_force=tif, order_qty=quantity, cash_order_qty=cash,
            price=price or market.price + at * market.tick if priced else None,
            account=market.account, security_exchange=market.exchange, post_only=post_only,
        )

    def _rests(self) -> TimeInForce:
        gtc = TimeInForce.GOOD_TILL_CANCEL
        return gtc if gtc in self.capabilities.times_in_force else TimeInForce.DAY

    def _is_over_at_once(self) -> TimeInForce:
        ioc = TimeInForce.IMMEDIATE_OR_CANCEL
        return ioc if ioc in self.capabilities.times_in_force else TimeInForce.DAY

    def market_order(self, name: str, tif: TimeInForce | None = None) -> NewOrderSingle:
        """A market order for a quantity: a sell where a buy would have to name an amount."""
        return self.order(name, ord_type=OrdType.MARKET, side=self._market_side(), tif=tif)

    async def meet_market_order(self, lots: int) -> None:
        """Place the opposite order of another participant, for a market order to trade against."""
        buys = self._market_side() is Side.BUY
        await self.offer(lots, side=Side.SELL if buys else Side.BUY)

    def _market_side(self) -> Side:
        return Side.SELL if self.capabilities.cash_order_qty else Side.BUY

    async def buy(self, name: str, lots: int = LOTS, *, at: int = 0) -> None:
        """A limit order to buy that may rest."""
        self.rim.request(self.order(name, lots, at=at))

    async def rests(self, name: str, lots: int = LOTS) -> None:
        """… and it does."""
        await self.buy(name, lots)
        await self.told(name, f"A/A 0/{lots}", f"0/0 0/{lots}")

    def cancel_request(self, name: str, order: str) -> OrderCancelRequest:
        """An OrderCancelRequest called *name*."""
        self._orders[name] = order
        return OrderCancelRequest(
            session=SESSION, cl_ord_id=ClOrdID(name), orig_cl_ord_id=ClOrdID(order),
        )

    async def cancel(self, name: str, order: str) -> None:
        """Ask for the cancel of *order*."""
        self.rim.request(self.cancel_request(name, order))

    async def cancel_all(self, name: str) -> None:
        """An OrderMassCancelRequest called *name* for all orders; it is taken on."""
        self.rim.request(OrderMassCancelRequest(
            session=SESSION, cl_ord_id=ClOrdID(name), request_type=MassCancelRequestType.ALL,
        ))
        await self.wait(lambda: self._mass_reports() != [], "an OrderMassCancelReport")
        affected = self._mass_reports()[-1].affected
        self.check(affected == len(self.names()), f"TotalAffectedOrders(533) is {affected}")

    def _mass_reports(self) -> list[OrderMassCancelReport]:
        return [each for each in self.heard.reports if isinstance(each, OrderMassCancelReport)]

    async def replace(self, name: str, order: str, lots: int, at: int) -> None:
        """An OrderCancelReplaceRequest called *name*: *order* is to be for so many lots."""
        new = self.order(name, lots, at=at)
        self._orders[name] = self._orders[order]
        self.rim.request(
            OrderCancelReplaceRequest(order=new, orig_cl_ord_id=ClOrdID(order))
        )

    # ------------------------------------------------------- somebody else

    async def offer(self, lots: Decimal | int, at: int = 0, side: Side = Side.SELL) -> None:
        """Somebody sells (or buys) so many lots: trades with what is there, or rests."""
        market = self.market
        self.trace.note("stage", f"somebody {side.name} {lots} lots @{at}")
        await self.counterpart.trade(side, lots * market.lot, market.price + at * market.tick)

    async def offer_unheard(self, lots: int) -> None:
        """Offer *lots* with the venue's news of the trade delayed, so the gateway does not know
        yet.
        """
        if self.capabilities.pushes and self.can(SandboxFeature.NEWS_FAULTS):
            await self.fail(Step.NEWS, Fault.LATE)
        await self.offer(lots)

    async def stranger(self) -> str:
        """An order rests on the account that is not ours; its name."""
        name = await self.counterpart.stranger()
        self.trace.note("stage", f"an order that is not ours: {name}")
        self.strangers.add(name)
        return name

    async def fail(self, step: Step, way: Fault, times: int = 1) -> None:
        """Let the next answers to *step* go wrong."""
        self.trace.note("stage", f"{step}: {way}, {times} times")
        self._restored = self.rim.restored
        await self.counterpart.fail(step, way, times)

    async def met(self) -> None:
        """Wait until everything that was to go wrong has gone wrong."""
        deadline = time.monotonic() + self.patience()
        while unmet := await self.counterpart.unmet():
            if time.monotonic() > deadline:
                never = f"this never happened: {', '.join(unmet)}"
                more = self.unexpected()
                raise Unexpected(f"{never}; the client was told {more}" if more else never)
            await asyncio.sleep(POLL_SECONDS)

    async def answered(self, name: str) -> None:
        """Wait until the adapter reports the outcome of the submit of order *name*."""
        def heard() -> bool:
            return self.rim.answers[self.placed(name)[0].order_id, Command.SUBMIT] > 0

        await self.wait(heard, f"an answer to {name}")

    async def back(self) -> None:
        """Wait until the adapter reports that it receives updates again, after the last `fail`."""
        await self.wait(lambda: self.rim.restored > self._restored, "StreamRestored")

    # -------------------------------------------------------- expectations

    def patience(self, proofs: float = 0.0) -> float:
        """Return the seconds to wait, including *proofs* times the proof of absence."""
        return WAIT_SECONDS + proofs * self.capabilities.absence_proof_ms / 1000

    async def wait(
        self, condition: Callable[[], bool], what: str, seconds: float | None = None
    ) -> None:
        """Wait until *condition* holds; raises Unexpected with *what* if it does not."""
        seconds = seconds if seconds is not None else self.patience()
        deadline = time.monotonic() + seconds
        while not condition():
            if self.rim.failure is not None:
                raise self.rim.failure
            if time.monotonic() > deadline:
                raise Unexpected(f"{seconds:g} s gone without: {what}")
            await asyncio.sleep(POLL_SECONDS)

    def check(self, holds: bool, text: str) -> None:
        """*holds*, or the scenario has failed with *text*."""
        self.expectations += 1
        if not holds:
            raise Unexpected(text)

    def reports(self, name: str) -> list[ExecutionReport | OrderCancelReject]:
        """All reports about one order, its cancel requests' included."""
        return [
            report for report in self.heard.reports
            if isinstance(report, OF_ORDERS) and self._orders.get(report.cl_ord_id, "") == name
        ]

    async def told(self, name: str, *lines: str, proofs: float = 0.0) -> None:
        """The next reports about order *name* are these (see `words`), in this order."""
        self.expectations += 1
        begin = self._seen.get(name, 0)
        end = begin + len(lines)
        try:
            await self.wait(
                lambda: len(self.reports(name)) >= end or not self._agree(name, begin, lines),
                "a report", self.patience(proofs),
            )
        except Unexpected as late:
            raise Unexpected(f"{late}; {self._compared(name, begin, lines)}") from None
        if not self._agree(name, begin, lines):
            raise Unexpected(self._compared(name, begin, lines))
        self._seen[name] = end

    def _agree(self, name: str, begin: int, lines: tuple[str, ...]) -> bool:
        came = [told(report, self.market) for report in self.reports(name)[begin:]]
        return all(one == other for one, other in zip(came, lines, strict=False))

    def _compared(self, name: str, begin: int, lines: tuple[str, ...]) -> str:
        came = [told(report, self.market) for report in self.reports(name)[begin:]]
        return (
            f"the client was to be told of {name}: {', '.join(lines)}; "
            f"it was told: {', '.join(came) or 'nothing'}"
        )

    async def ends(self, name: str, proofs: float = 0.0) -> ExecutionReport:
        """Order *name* ends, whatever its reports until then are; the last ExecutionReport."""
        self.expectations += 1
        await self.wait(
            lambda: any(report.ord_status in CLOSED for report in self.reports(name)),
            f"the end of order {name}", self.patience(proofs),
        )
        self._seen[name] = len(self.reports(name))
        return self.last(name)

    async def executed(self, name: str, lots: int) -> None:
        """Expect *lots* lots of *name* to be reported executed, in any number of fills.

        The fills match the venue's record (`audit`), but the venue need not report them in order.
        """
        self.expectations += 1
        wanted = lots * self.market.lot
        await self.wait(
            lambda: any(
                isinstance(each, ExecutionReport) and each.cum_qty >= wanted
                for each in self.reports(name)
            ),
            f"{lots} lots of {name} executed",
        )
        self._seen[name] = len(self.reports(name))

    async def over(self, name: str) -> None:
        """Order *name*, which never rests, ends with nothing, and reached the venue once."""
        report = await self.ends(name)
        self.check(report.ord_status in ENDS_UNFILLED, "it is canceled, expired or rejected")
        self.check(not report.cum_qty, "nothing was executed")
        booked = await self.booked(name)
        calls = [len(row.submitted_at) for row in booked]
        self.check(calls == [1], "it was submitted once")

    async def ends_with_a_part(self, name: str) -> None:
        """Order *name*, which never rests, ends with the one lot that was there."""
        report = await self.ends(name)
        self.check(report.ord_status in ENDS_UNFILLED, "what is left is canceled or expired")
        self.check(report.cum_qty == self.market.lot, "it has what was there")

    async def whole_life(self, name: str) -> None:
        """Order *name* rests, is filled in part, and is canceled where that can be done."""
        await self.rests(name)
        await self.offer(1)
        await self.told(name, "F/1 1/3 1@0")
        if self.capabilities.cancel:
            await self.cancel(f"X{name}", name)
            await self.told(name, "6/6 1/3", "4/4 1/0")

    def last(self, name: str) -> ExecutionReport:
        """The last ExecutionReport of *name*; there is one."""
        found = [r for r in self.reports(name) if isinstance(r, ExecutionReport)]
        if not found:
            raise Unexpected(f"the client was told nothing of order {name}")
        return found[-1]

    def cancel_rejects(self, name: str) -> list[OrderCancelReject]:
        """The OrderCancelRejects of *name*."""
        return [each for each in self.reports(name) if isinstance(each, OrderCancelReject)]

    def unexpected(self) -> str:
        """Return the reports that were sent and not expected; "" if there are none."""
        several = []
        for name in dict.fromkeys(self._orders.values()):
            more = self.reports(name)[self._seen.get(name, 0):]
            if more:
                lines = ", ".join(told(report, self.market) for report in more)
                several.append(f"of {name} besides: {lines}")
        known = sum(map(len, map(self.reports, dict.fromkeys(self._orders.values()))))
        of_orders = sum(isinstance(r, OF_ORDERS) for r in self.heard.reports)
        if known < of_orders:
            several.append(f"{of_orders - known} reports of no order of the client")
        return "; ".join(several)

    # ------------------------------------------------------- the venue's word

    def names(self) -> list[str]:
        """ClOrdID(11) of all orders; one that has replaced another one is not counted."""
        return list(dict.fromkeys(self._orders.values()))

    def placed(self, name: str) -> list[Leg]:
        """The engine's orders behind *name*: more than one if it was replaced. Oldest first."""
        orders = self.rim.engine.orders
        chain = [each for each, first in self._orders.items() if first == name]
        found = [orders.of_client(SESSION, ClOrdID(each)) for each in chain]
        return list({order.order_id: order for order in found if order is not None}.values())

    async def booked(self, name: str) -> list[Booked]:
        """Return the venue's record of order *name*, and of the orders that have replaced it."""
        ours = {order.venue_order_id: order for order in self.placed(name)}
        found = [row for row in await self.counterpart.orders() if row.name in ours]
        twice = [row.name for row in found if sum(row.name == each.name for each in found) > 1]
        if twice:
            raise Unexpected(f"the venue has order {name} {len(twice)} times: {found}")
        return found

    async def venue_has(self, name: str) -> Booked:
        """Return the venue's record of order *name*; raise Unexpected unless it has exactly one."""
        self.expectations += 1
        booked = [row for row in await self.booked(name) if row.found]
        if len(booked) != 1:
            raise Unexpected(f"the venue has {len(booked)} orders {name}")
        return booked[0]

    def can(self, what: SandboxFeature) -> bool:
        """Return True if the sandbox has the feature *what*."""
        return what not in self.counterpart.cannot

    def alerts(self, event: str) -> list[str]:
        """The texts of the alerts called *event*."""
        return [alert.text for alert in self.heard.alerts if alert.event == event]

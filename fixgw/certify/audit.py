"""Checks made at the end of every scenario, whatever its subject.

No report is sent twice or missing, the quantities add up, the venue's record agrees with the
reports sent to clients, each command reached the venue at most once, every requested fault took
place, and querying the venue about every order once more changes nothing.
"""

import asyncio
import time
from collections import Counter
from decimal import Decimal

from fixgw.certify.sandbox_driver import Booked, Execution, SandboxFeature
from fixgw.certify.stage import POLL_SECONDS, ScenarioStage, Unexpected
from fixgw.core.orders.client_order import of
from fixgw.core.orders.leg import Leg
from fixgw.model.effects import QueryOrder
from fixgw.model.enums import CLOSED, Command, ExecType, OrdStatus
from fixgw.model.events import SubmittedAgain
from fixgw.model.number import ZERO, add, average, multiply, trim
from fixgw.model.reports import ExecutionReport

QUIET_SECONDS = 0.3
"""The time after the last answer to a query in which no further report may come."""


async def audit(stage: ScenarioStage) -> None:
    """Raises Unexpected with what is wrong."""
    if not stage.expectations:
        raise Unexpected("the scenario expects nothing: it would pass if nothing happened")
    if not stage.heard.reports and not stage.heard.alerts:
        raise Unexpected("nothing happened: no client was told anything")
    await stage.met()
    await _agreed(stage)
    await _ask_again(stage)
    await asyncio.sleep(QUIET_SECONDS)
    await _agreed(stage)
    await _answered_once(stage)
    _exec_ids(stage)
    for name in stage.names():
        _sums(stage, name)
    more = stage.unexpected()
    if more:
        raise Unexpected(f"the client was told {more}")


async def _agreed(stage: ScenarioStage) -> None:
    """Wait until the reports sent to clients agree with the venue's record."""
    deadline = time.monotonic() + stage.patience()
    while True:
        if stage.rim.failure is not None:
            raise stage.rim.failure
        differences = [text for name in stage.names() if (text := await _difference(stage, name))]
        differences += await _nobodys(stage)
        if not differences:
            return
        if time.monotonic() > deadline:
            raise Unexpected("; ".join(differences))
        await asyncio.sleep(POLL_SECONDS)


async def _nobodys(stage: ScenarioStage) -> list[str]:
    """Orders on the account that no client asked for."""
    ours = [order.venue_order_id for name in stage.names() for order in stage.placed(name)]
    known = {*ours, *stage.strangers}
    return [
        f"the venue has an order that no client asked for: {row.name}"
        for row in await stage.counterpart.orders()
        if row.name not in known
    ]


async def _difference(stage: ScenarioStage, name: str) -> str:
    """Return the difference between the venue's record of one order and its reports; "" if none."""
    orders = stage.placed(name)
    booked = {row.name: row for row in await stage.booked(name) if row.found}
    if not orders:
        return f"order {name} is not known to the engine"
    for order in orders:
        row = booked.get(order.venue_order_id)
        said = _of_one(stage, order, row, name)
        if said:
            return said
    return _executions(stage, list(booked.values()), name)


def _of_one(stage: ScenarioStage, order: Leg, booked: Booked | None, name: str) -> str:
    if booked is None:
        never = (OrdStatus.PENDING_NEW, OrdStatus.REJECTED)
        # One that was to replace another one may end before it is sent.
        if order.beneath in never or order.replaces:
            return ""
        return f"order {name} was told {order.beneath.name}, and the venue never had it"
    submits = 1 + sum(
        isinstance(event, SubmittedAgain) and event.order_id == order.order_id
        for event in stage.heard.events()
    )
    if len(booked.submitted_at) > submits:
        return f"order {name} was submitted {len(booked.submitted_at)} times, not {submits}"
    for what, arrived, given in (
        ("cancels", booked.cancels, stage.heard.cancels[order.order_id]),
        ("replaces", booked.replaces, stage.heard.replaces[order.order_id]),
    ):
        if arrived > given:
            return f"{arrived} {what} of order {name} arrived at the venue; {given} were given out"
    if order.open == booked.works:
        return ""
    venue = f"{'works' if booked.works else 'is over'} at the venue ({booked.status})"
    return f"order {name} {venue}, and the client was told {of(order).ord_status.name}"


def _told_executions(stage: ScenarioStage, name: str) -> list[Execution]:
    return [
        Execution(report.last_qty or ZERO, report.last_px or ZERO)
        for report in stage.reports(name)
        if isinstance(report, ExecutionReport) and report.exec_type is ExecType.TRADE
    ]


def _executions(stage: ScenarioStage, booked: list[Booked], name: str) -> str:
    told = _told_executions(stage, name)
    had = [each for row in booked for each in row.executions]
    if stage.can(SandboxFeature.EACH_EXECUTION):
        if Counter(told) == Counter(had):
            return ""
    elif _quantity(told) == _quantity(had):
        # An average has been rounded by whoever made it.
        if abs(_notional(told) - _notional(had)) <= stage.market.tick * _quantity(had):
            return ""
    return f"order {name} was told executed {_listed(told)}, and the venue has {_listed(had)}"


def _quantity(executions: list[Execution]) -> Decimal:
    return sum((each.quantity for each in executions), ZERO)


def _notional(executions: list[Execution]) -> Decimal:
    return sum((each.quantity * each.price for each in executions), ZERO)


def _listed(executions: list[Execution]) -> str:
    each = [f"{one.quantity:f}@{one.price:f}" for one in executions]
    return ", ".join(each) or "nothing"


async def _ask_again(stage: ScenarioStage) -> None:
    """Ask about every order that the venue has, with its executions: nothing new may come."""
    there = {row.name for row in await stage.counterpart.orders() if row.found}
    orders = [
        order
        for name in stage.names()
        for order in stage.placed(name)
        if order.venue_order_id in there
    ]
    before = {order.order_id: stage.rim.asked.get(order.order_id, 0) for order in orders}
    for order in orders:
        stage.rim.perform(QueryOrder(order.venue_order(), fills=True))
    await stage.wait(
        lambda: all(stage.rim.asked.get(each, 0) > count for each, count in before.items()),
        "each question is answered, with an OrderUpdate or a QueryFailed",
    )


async def _answered_once(stage: ScenarioStage) -> None:
    """Each command has one outcome: a second one would be believed as well."""
    for order_id, times in Counter(stage.heard.submitted).items():
        if stage.lives == 1:
            await stage.wait(
                lambda: stage.rim.answers[order_id, Command.SUBMIT] >= times,
                f"an outcome of SubmitOrder {order_id}",
            )
        had = stage.rim.answers[order_id, Command.SUBMIT]
        if had > times:
            raise Unexpected(f"the adapter gave {had} outcomes of {times} SubmitOrder {order_id}")


def _exec_ids(stage: ScenarioStage) -> None:
    ids = Counter(r.exec_id for r in stage.heard.reports if isinstance(r, ExecutionReport))
    twice = [name for name, times in ids.items() if times > 1 and name != "0"]
    if twice:
        raise Unexpected(f"ExecID(17) was used twice: {', '.join(twice)}")


def _sums(stage: ScenarioStage, name: str) -> None:
    """CumQty(14), AvgPx(6) and LeavesQty(151) of each report follow from those before it."""
    cum, notional = ZERO, ZERO
    for report in stage.reports(name):
        if not isinstance(report, ExecutionReport):
            continue
        if report.exec_type is ExecType.TRADE:
            assert report.last_qty is not None and report.last_px is not None
            cum = add(cum, report.last_qty)
            notional = add(notional, multiply(report.last_qty, report.last_px))
        leaves = ZERO
        if report.ord_status not in CLOSED and report.order_qty is not None:
            leaves = report.order_qty - cum
        elif report.ord_status not in CLOSED and report.cash_order_qty is not None:
            leaves = max(report.cash_order_qty - notional, ZERO)  # what is left to spend
        wanted = (trim(cum), leaves, average(notional, cum) if cum else ZERO)
        if report.order_qty is not None and cum > report.order_qty:
            raise Unexpected(f"order {name} was executed beyond its OrderQty(38)")
        if wanted != (report.cum_qty, report.leaves_qty, report.avg_px):
            raise Unexpected(
                f"a report of order {name} (ExecID {report.exec_id}) has CumQty(14), "
                f"LeavesQty(151) and AvgPx(6) {report.cum_qty}, {report.leaves_qty}, "
                f"{report.avg_px}; they follow to be {', '.join(map(str, wanted))}"
            )

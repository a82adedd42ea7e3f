"""Lists that lag: an order is missing, executions are listed later than the status they caused, or
rows come twice. None of these ends an order or reaches a client.

"not-listed" spoils two answers: `met` says that the venue has answered, and only the next question
says that the adapter has read the answer before.
"""

from fixgw.certify.sandbox_driver import Fault, SandboxFeature, Step
from fixgw.certify.scenario import CANCELS, RESTS, Requires
from fixgw.certify.scenarios.suite import scenario, script
from fixgw.certify.stage import LOTS, ScenarioStage
from fixgw.model.enums import CLOSED, OrdStatus

script("not-listed", "An order is not listed and works: it has not ended.",
       (*RESTS, Requires.QUERY, SandboxFeature.HIDE_ORDERS), """
    A rests 4
    fail ask not-listed 2
    met
    offer 4
    A told F/2 4/0 4@0
""")
script("not-listed-and-canceled", "An order is not listed and works: it can be canceled.",
       (*CANCELS, Requires.QUERY, SandboxFeature.HIDE_ORDERS), """
    A rests 4
    fail ask not-listed 2
    met
    X cancel A
    A told 6/6 0/4, 4/4 0/0
""")

LISTS_LATE = (*RESTS, Requires.QUERY, SandboxFeature.LIST_BADLY)


async def _offer_in_lists(s: ScenarioStage, way: Fault, *lots: int, times: int = 1) -> None:
    """Rest order A and execute it; no news reports it, and the list of executions goes wrong."""
    await s.rests("A")
    if s.capabilities.pushes:
        await s.fail(Step.NEWS, Fault.SILENT, len(lots))
    await s.fail(Step.EXECUTIONS, way, times)
    for each in lots:
        await s.offer(each)


@scenario(*LISTS_LATE)
async def filled_before_it_is_listed(s: ScenarioStage) -> None:
    """An order is filled, and its executions are listed later: no final report precedes them."""
    await _offer_in_lists(s, Fault.NOT_LISTED, LOTS, times=3)
    await s.executed("A", LOTS)
    s.check(s.last("A").ord_status is OrdStatus.FILLED, "it is filled")
    ends = [each for each in s.reports("A") if each.ord_status in CLOSED]
    s.check(len(ends) == 1, f"one end is told, not {len(ends)}")


@scenario(*LISTS_LATE)
async def filled_and_listed_in_part(s: ScenarioStage) -> None:
    """An order is filled by two executions, the second of which is listed later."""
    await _offer_in_lists(s, Fault.LAST_MISSING, 1, LOTS - 1)
    await s.executed("A", LOTS)
    s.check(s.last("A").ord_status is OrdStatus.FILLED, "it is filled")


@scenario(*LISTS_LATE)
async def rows_twice(s: ScenarioStage) -> None:
    """Each row of the list of executions comes twice: it is one execution."""
    await _offer_in_lists(s, Fault.ROWS_TWICE, 1, 2)
    await s.executed("A", 3)
    await s.offer(1)
    report = await s.ends("A")
    s.check(report.cum_qty == LOTS * s.market.lot, "it is filled, and with no more")

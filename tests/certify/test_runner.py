"""The suite can fail: adapters, sandboxes and scenarios that are broken on purpose."""

from collections.abc import Callable
from decimal import Decimal

import pytest
import uvloop

from fixgw.certify import audit, stage
from fixgw.certify.drivers.finery import FineryRest
from fixgw.certify.runner import Player, Result, ScenarioVerdict
from fixgw.certify.sandbox_driver import Fault, SandboxDriver, Situation, Step
from fixgw.certify.scenario import RESTS, Scenario
from fixgw.certify.scenarios import SUITE
from fixgw.certify.stage import ScenarioStage
from fixgw.model.enums import Side
from fixgw.venues.adapter import VenueAdapter
from fixgw.venues.registry import VENUES
from tests.certify import broken


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not told at once will not be told: these scenarios fail by waiting."""
    monkeypatch.setattr(stage, "WAIT_SECONDS", 12.0)


def played(
    scenario: Scenario,
    wrap: Callable[[VenueAdapter], VenueAdapter] = lambda adapter: adapter,
    make: Callable[[], SandboxDriver] = FineryRest,
) -> Result:
    """How one scenario ends."""
    (result,) = uvloop.run(Player(make, VENUES["finery"], wrap).play_all([scenario]))
    return result


@pytest.mark.parametrize(
    "wrap, scenario, reason",
    [
        (broken.DropsAFill, "fill-in-parts", "the client was to be told of A: F/1 1/3 1@0"),
        (broken.CountsAFillTwice, "fill-in-parts", "it was told: F/1 2/2 1@0"),
        (broken.EndsWhatIsNotListed, "not-listed", "the client was told of A besides: 4/4 0/0"),
        (broken.CountsRowsTwice, "rows-twice", "it is filled, and with no more"),
        (broken.SubmitsTwice, "rest-and-cancel", "the venue has an order that no client asked for"),
        (broken.SubmitsAgain, "submitted-lost-after", "the venue has order A 2 times"),
        (broken.CancelsAgain, "part-filled-and-canceled", "2 cancels of order A arrived"),
        (broken.RefusesWhatIsUnknown, "submitted-http-500-after", "it was told: A/A 0/4, 8/8 0/0"),
        (broken.ForgetsToLook, "connection-lost", "gone without: StreamRestored"),
        (broken.Rounds, "exact-numbers", "the end of order E1"),
        (broken.AnswersTwice, "fill-in-parts", "gave 2 outcomes of 1 SubmitOrder"),
        (broken.SwallowsCancels, "rest-and-cancel", "the client was to be told of A: 6/6 0/4"),
        (broken.SpeaksNonsense, "fill-at-once", "a word of the adapter was refused"),
        (broken.Crashes, "fill-at-once", "ZeroDivisionError: a bug"),
    ],
)
def test_a_broken_adapter_is_found_out(
    wrap: broken.Break, scenario: str, reason: str
) -> None:
    result = played(SUITE.scenarios[scenario], wrap)

    assert ScenarioVerdict.FAILED is result.verdict
    assert reason in result.reason
    assert "stage" in {line.who for line in result.trace}
    # Who reads it sees what the venue was asked, but no secret.
    assert any("/api/instruments" in call for call in result.calls)


@pytest.mark.parametrize("scenario", ["fill-in-parts", "restart", "submitted-lost-after"])
def test_the_same_scenarios_pass_with_the_adapter_as_it_is(scenario: str) -> None:
    assert ScenarioVerdict.PASSED is played(SUITE.scenarios[scenario]).verdict


def scenario(play: Callable[[ScenarioStage], object]) -> Scenario:
    """One of our own."""
    return Scenario("ours", "ours", RESTS, Situation(), play)  # type: ignore[arg-type]


async def nothing(s: ScenarioStage) -> None:
    """Nothing happens."""


async def an_order_nobody_asks_about(s: ScenarioStage) -> None:
    await s.buy("A")


async def a_report_too_many(s: ScenarioStage) -> None:
    await s.rests("A")
    await s.offer(1)
    await s.wait(lambda: len(s.reports("A")) == 3, "the fill is told")


async def a_fault_that_nothing_meets(s: ScenarioStage) -> None:
    await s.fail(Step.CANCEL, Fault.LOST_AFTER)
    await s.rests("A")


async def a_wrong_expectation(s: ScenarioStage) -> None:
    await s.buy("A")
    await s.told("A", "A/A 0/4", "8/8 0/0")


@pytest.mark.parametrize(
    "play, reason",
    [
        (nothing, "the scenario expects nothing"),
        (an_order_nobody_asks_about, "the scenario expects nothing"),
        (a_report_too_many, "the client was told of A besides: F/1 1/3 1@0"),
        (a_fault_that_nothing_meets, "this never happened: drop_connection_after_accept of del"),
        (a_wrong_expectation, "it was told: A/A 0/4, 0/0 0/4"),
    ],
)
def test_a_scenario_that_proves_nothing_fails(
    play: Callable[[ScenarioStage], object], reason: str
) -> None:
    result = played(scenario(play))

    assert (ScenarioVerdict.FAILED, True) == (
        result.verdict, reason in result.reason
    ), result.reason


class Idle(FineryRest):
    """A sandbox in which nobody trades."""

    async def trade(self, side: Side, quantity: Decimal, price: Decimal) -> None:
        """Do nothing."""


class Rotten(FineryRest):
    """A counterpart with a bug."""

    async def trade(self, side: Side, quantity: Decimal, price: Decimal) -> None:
        """Fail."""
        raise KeyError("rotten")


@pytest.mark.parametrize(
    "make, reason", [(Idle, "it was told: nothing"), (Rotten, "KeyError: 'rotten'")]
)
def test_a_counterpart_that_does_not_do_its_part_fails_the_scenario(
    make: Callable[[], SandboxDriver], reason: str
) -> None:
    result = played(SUITE.scenarios["fill-in-parts"], make=make)

    assert (ScenarioVerdict.FAILED, True) == (
        result.verdict, reason in result.reason
    ), result.reason


def test_a_scenario_without_an_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixgw.certify.runner.SCENARIO_SECONDS", 0.0)
    monkeypatch.setattr("fixgw.certify.runner.PROOFS", 0.01)

    result = played(SUITE.scenarios["fill-in-parts"])

    assert (ScenarioVerdict.FAILED, True) == (result.verdict, "took too long" in result.reason)


def test_one_scenario_that_fails_does_not_hold_up_the_others() -> None:
    chosen = [scenario(nothing), SUITE.scenarios["fill-in-parts"]]
    results = uvloop.run(Player(FineryRest, VENUES["finery"]).play_all(chosen))

    assert [ScenarioVerdict.FAILED, ScenarioVerdict.PASSED] == [
        result.verdict for result in results
    ]
    assert audit.QUIET_SECONDS > 0

"""Every adapter against its sandbox, by the one suite: a test for each scenario of each of them.

The ids begin with the counterpart's name: with several workers each plays whole counterparts
(`tests.sharing`).
"""

from collections.abc import Sequence

import pytest
import uvloop

from fixgw.certify.drivers.found import COUNTERPARTS
from fixgw.certify.runner import Player, Result, ScenarioVerdict
from fixgw.certify.sandbox_driver import SandboxFeature
from fixgw.certify.scenario import Need, Requires
from fixgw.certify.scenarios import SUITE
from fixgw.venues.registry import VENUES
from tests.sharing import NAME_ENDS

NOT_APPLICABLE: dict[str, tuple[Need, ...]] = {
    "apifiny": (Requires.FOK, Requires.NO_CANCEL, Requires.REPLACE),
    "apifiny-socket": (
        Requires.FOK, Requires.NO_CANCEL, Requires.REPLACE, SandboxFeature.TOO_OFTEN
    ),
    "asmlink": (
        Requires.CASH, Requires.POST_ONLY, Requires.NO_CANCEL, Requires.REPLACE,
        SandboxFeature.STRANGER, SandboxFeature.LIST_BADLY,
    ),
    "asmlink-documented": (
        Requires.LIMIT, Requires.CASH, Requires.POST_ONLY, Requires.CANCEL, Requires.REPLACE,
        Requires.QUERY,
        SandboxFeature.STRANGER,
    ),
    "asmlink-webhooks": (
        Requires.CASH, Requires.POST_ONLY, Requires.CANCEL, Requires.REPLACE, Requires.QUERY,
        SandboxFeature.STRANGER,
        SandboxFeature.FAIL_ASKING,
    ),
    "finery": (Requires.NO_CANCEL, SandboxFeature.TOO_OFTEN),
    "finery-rest": (Requires.NO_CANCEL,),
    "integral": (
        Requires.CASH, Requires.POST_ONLY, Requires.NO_CANCEL, Requires.REPLACE, Requires.PUSHES,
        SandboxFeature.NEWS_FAULTS,
    ),
    "integral-hmac": (
        Requires.CASH, Requires.POST_ONLY, Requires.NO_CANCEL, Requires.REPLACE, Requires.PUSHES,
        SandboxFeature.NEWS_FAULTS,
    ),
    "integral-replace": (
        Requires.CASH, Requires.POST_ONLY, Requires.NO_CANCEL, Requires.PUSHES,
        SandboxFeature.NEWS_FAULTS, SandboxFeature.RACE,
    ),
}
"""What each venue, as its documents have it, lacks. Nothing else may be left out."""


class Played:
    """The results of each counterpart, all of which are played at the first question."""

    def __init__(self) -> None:
        self._results: dict[str, dict[str, Result]] = {}

    def result(self, counterpart: str, scenario: str) -> Result:
        """How *scenario* ended."""
        if counterpart not in self._results:
            make = COUNTERPARTS[counterpart].make
            player = Player(make, VENUES[make().adapter])
            results = uvloop.run(player.play_all(list(SUITE.scenarios.values())))
            self._results[counterpart] = {each.scenario: each for each in results}
        return self._results[counterpart][scenario]


@pytest.fixture(scope="session")
def played() -> Played:
    return Played()


@pytest.mark.parametrize(
    ("counterpart", "scenario"),
    [
        pytest.param(counterpart, scenario, id=f"{counterpart}{NAME_ENDS}{scenario}")
        for counterpart in COUNTERPARTS
        for scenario in SUITE.scenarios
    ],
)
def test_the_adapter_does_as_it_has_to(played: Played, counterpart: str, scenario: str) -> None:
    result = played.result(counterpart, scenario)

    if result.verdict is ScenarioVerdict.NOT_APPLICABLE:
        assert declared(result, NOT_APPLICABLE[counterpart]), result.reason
    elif result.verdict is ScenarioVerdict.FAILED:
        lines = [f"{line.ms:>6} {line.who:<8} {line.text}" for line in result.trace]
        pytest.fail("\n".join([result.reason, *lines, *result.calls]), pytrace=False)


def declared(result: Result, needs: Sequence[Need]) -> bool:
    """Whether *result* is not applicable for one of *needs*."""
    return any(need.value in result.reason for need in needs)


@pytest.mark.parametrize("counterpart", COUNTERPARTS)
def test_what_is_left_out_is_what_the_venue_lacks(played: Played, counterpart: str) -> None:
    results = [played.result(counterpart, name) for name in SUITE.scenarios]
    left_out = [each for each in results if each.verdict is ScenarioVerdict.NOT_APPLICABLE]
    unused = [
        need for need in NOT_APPLICABLE[counterpart]
        if not any(declared(result, [need]) for result in left_out)
    ]

    # A need may hide behind another one that is lacking as well, but some have to show.
    assert len(unused) < len(NOT_APPLICABLE[counterpart])
    assert any(each.verdict is ScenarioVerdict.PASSED for each in results)


def test_every_built_in_adapter_has_a_counterpart() -> None:
    assert set(VENUES) == {kind.make().adapter for kind in COUNTERPARTS.values()}

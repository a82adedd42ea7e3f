"""The steps to a Logon, and their deadlines."""

from fixgw.acceptor import stages
from fixgw.acceptor.stages import Stage
from fixgw.runtime.gateway_toml import Limits


def test_every_step_but_the_last_has_a_deadline_and_a_reason() -> None:
    waiting = set(Stage) - {Stage.ADMITTED}

    assert waiting == set(stages.LATE) == set(stages.seconds(Limits()))
    assert {5} == set(stages.seconds(Limits()).values())


def test_no_step_comes_twice() -> None:
    order = list(Stage)

    for stage, following in stages.NEXT.items():
        assert all(order.index(each) > order.index(stage) for each in following)

"""One counterpart of the certification is one worker's, and so is every other file."""

from tests.certify import test_scenarios
from tests.sharing import BY_COUNTERPART, stack_of

from fixgw.certify.drivers.found import COUNTERPARTS


def test_a_file_is_not_divided() -> None:
    nodes = ("tests/fix/test_wire.py::test_a", "tests/fix/test_wire.py::Several::test_b[x/y]")

    assert {"tests/fix/test_wire.py"} == set(map(stack_of, nodes))


def test_what_is_played_once_for_a_counterpart_goes_to_one_worker() -> None:
    (mark,) = test_scenarios.test_the_adapter_does_as_it_has_to.pytestmark
    told = {
        stack_of(f"{BY_COUNTERPART}::test_the_adapter_does_as_it_has_to[{each.id}]")
        for each in mark.args[1]
    }
    left_out = {f"{BY_COUNTERPART}::test_what_is_left_out[{each}]" for each in COUNTERPARTS}

    assert {f"{BY_COUNTERPART}::{each}" for each in COUNTERPARTS} == told
    assert told == set(map(stack_of, left_out))

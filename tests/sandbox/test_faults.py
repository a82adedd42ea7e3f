"""Faults: armed for a call or a stream, used up one by one."""

import msgspec
import pytest

from fixgw.sandbox.faults import ArmRequest, Faults, UnknownFault


def faults() -> Faults:
    return Faults(
        frozenset({"newOrder", "cancelOrder"}), frozenset({"order"}), frozenset({"listOrder"})
    )


def test_a_fault_is_used_up() -> None:
    table = faults()
    table.arm(ArmRequest("newOrder", "http_502", times=2))

    assert table.for_call("cancelOrder") is None
    assert table.for_message("order") is None
    taken = [table.for_call("newOrder") for _ in range(3)]

    assert ["http_502", "http_502", None] == [one and one.fault for one in taken]


def test_the_oldest_fault_comes_first_and_a_star_meets_all() -> None:
    table = faults()
    table.arm(ArmRequest("*", "drop_connection"))
    table.arm(ArmRequest("newOrder", "http_502"))

    first, second = table.for_call("newOrder"), table.for_call("newOrder")

    assert first and first.fault == "drop_connection"
    assert second and second.fault == "http_502"


@pytest.mark.parametrize(
    ("fault", "shown"),
    [("empty_list", []), ("short_list", [1, 2]), ("rows_twice", [1, 1, 2, 2, 3, 3])],
)
def test_a_list_may_lag_or_repeat_itself(fault: str, shown: list[int]) -> None:
    table = faults()
    table.arm(ArmRequest("listOrder", fault))
    met = table.for_list("listOrder")

    assert met is not None and met.rows([1, 2, 3]) == shown
    newest_first = met.rows([3, 2, 1], newest_first=True)
    assert newest_first == shown[::-1]
    assert table.for_list("listOrder") is None


def test_cleared_faults_are_gone() -> None:
    table = faults()
    table.arm(ArmRequest("order", "silent_stream"))
    table.clear()

    assert [] == table.armed
    assert table.for_message("order") is None


@pytest.mark.parametrize(
    ("call", "fault", "names"),
    [
        ("newOrder", "explode", "http_502"),
        ("order", "http_502", "cancelOrder"),
        ("newOrder", "silent_stream", "order"),
        ("newOrder", "empty_list", "listOrder"),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(
    call: str, fault: str, names: str
) -> None:
    with pytest.raises(UnknownFault, match=names):
        faults().arm(ArmRequest(call, fault))


@pytest.mark.parametrize(
    "text",
    [
        b'{"call":"newOrder","fault":"http_502","times":0}',
        b'{"call":"newOrder","fault":"http_502","delay_ms":-1}',
        b'{"call":"newOrder","fault":"http_502","tims":1}',
    ],
)
def test_a_bad_request_is_refused(text: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=ArmRequest)

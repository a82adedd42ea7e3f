"""Values on the wire."""

from enum import StrEnum

import pytest

from fixgw.model import enums

KINDS = [
    value
    for value in vars(enums).values()
    if isinstance(value, type) and issubclass(value, StrEnum) and value is not StrEnum
]
ON_THE_WIRE = [kind for kind in KINDS if kind not in (enums.Command, enums.Verdict)]


@pytest.mark.parametrize("kind", ON_THE_WIRE, ids=lambda kind: kind.__name__)
def test_each_says_its_tag_and_has_its_values(kind: type[StrEnum]) -> None:
    name, _, rest = (kind.__doc__ or "").partition("(")

    assert kind.__name__ in {name, "Liquidity"}
    assert rest.partition(")")[0].isdigit()
    assert all(len(value) <= 2 and value.isalnum() for value in kind)


def test_a_value_writes_itself() -> None:
    assert "39=6" == f"39={enums.OrdStatus.PENDING_CANCEL}"


def test_a_closed_order_is_neither_new_nor_pending() -> None:
    open_ones = set(enums.OrdStatus) - enums.CLOSED

    assert {"NEW", "PARTIALLY_FILLED", "PENDING_CANCEL", "PENDING_NEW", "PENDING_REPLACE"} == {
        status.name for status in open_ones
    }

"""The tree of errors, and what each knows."""

from pathlib import Path

import pytest

from fixgw.model import errors
from fixgw.model.enums import BusinessRejectReason, CxlRejReason, OrdRejReason


def test_every_error_stands_in_the_drawing_of_the_tree() -> None:
    kinds = [value for value in vars(errors).values() if isinstance(value, type)]
    ours = [kind for kind in kinds if issubclass(kind, errors.GatewayError)]

    assert errors.__doc__ is not None
    for kind in ours:
        assert kind.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("line", "expected"), [(7, "a.toml:7: no such key"), (None, "a.toml: no such key")]
)
def test_a_settings_error_says_where(line: int | None, expected: str) -> None:
    assert expected == str(errors.SettingsError(Path("a.toml"), line, "no such key"))


def test_a_refusal_knows_its_answer() -> None:
    order = errors.OrderRefused(OrdRejReason.EXCEEDS_LIMIT, "too much")
    cancel = errors.CancelRefused(CxlRejReason.TOO_LATE, "too late")
    business = errors.BusinessRefused(BusinessRejectReason.OTHER, "no", ref_tag=55)

    assert ("3", "too much", "too much") == (order.reason, order.text, str(order))
    assert ("0", "too late") == (cancel.reason, cancel.text)
    assert ("0", "no", 55) == (business.reason, business.text, business.ref_tag)

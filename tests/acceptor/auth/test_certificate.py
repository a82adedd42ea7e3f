"""Whose certificate a client must show."""

import pytest

from fixgw.acceptor.auth.certificate import check
from fixgw.acceptor.auth.verdict import Verdict


@pytest.mark.parametrize(
    ("names", "verdict"),
    [
        (("oms.example", "OMS"), Verdict.ACCEPTED),
        (("OMS",), Verdict.ACCEPTED),
        ((), Verdict.NO_CERTIFICATE),
        (("oms",), Verdict.WRONG_CERTIFICATE),
        (("*",), Verdict.WRONG_CERTIFICATE),
        (("OMS.example",), Verdict.WRONG_CERTIFICATE),
    ],
)
def test_names(names: tuple[str, ...], verdict: Verdict) -> None:
    assert verdict is check(("OMS", "another"), names)

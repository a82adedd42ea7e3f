"""Whose certificate a client must show."""

import pytest

from fixgw.acceptor.auth.certificate import check
from fixgw.acceptor.auth.result import AuthResult


@pytest.mark.parametrize(
    ("names", "verdict"),
    [
        (("oms.example", "OMS"), AuthResult.ACCEPTED),
        (("OMS",), AuthResult.ACCEPTED),
        ((), AuthResult.NO_CERTIFICATE),
        (("oms",), AuthResult.WRONG_CERTIFICATE),
        (("*",), AuthResult.WRONG_CERTIFICATE),
        (("OMS.example",), AuthResult.WRONG_CERTIFICATE),
    ],
)
def test_names(names: tuple[str, ...], verdict: AuthResult) -> None:
    assert verdict is check(("OMS", "another"), names)

"""Where clients may connect from."""

from ipaddress import ip_network

import pytest

from fixgw.acceptor.auth.address import check
from fixgw.acceptor.auth.result import AuthResult

NETWORKS = (ip_network("192.0.2.0/24"), ip_network("198.51.100.7"), ip_network("2001:db8::/32"))


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("192.0.2.0", True),
        ("192.0.2.255", True),
        ("192.0.3.0", False),
        ("198.51.100.7", True),
        ("198.51.100.8", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("", False),
    ],
)
def test_addresses_and_networks(address: str, allowed: bool) -> None:
    verdict = AuthResult.ACCEPTED if allowed else AuthResult.ADDRESS_NOT_ALLOWED

    assert verdict is check(NETWORKS, address)

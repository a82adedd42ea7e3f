"""AllowedRemoteAddresses: the addresses a client may connect from. QuickFIX/J's name and
meaning."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address

from fixgw.acceptor.auth.result import AuthResult


def check(networks: Iterable[IPv4Network | IPv6Network], address: str) -> AuthResult:
    """Return a Verdict on whether *address*, as a `Connection` has it, is in one of *networks*."""
    # An address that was never learned (a load balancer's own check) lies nowhere.
    here = ip_address(address) if address else None
    if here is not None and any(here in each for each in networks):
        return AuthResult.ACCEPTED
    return AuthResult.ADDRESS_NOT_ALLOWED

"""The sandbox drivers that `fixgw certify` knows: our own, and those of installed packages.

A package offers one as an entry point of the group `fixgw.counterparts` whose object is a
SandboxDriverKind. Its name is the argument of `fixgw certify`.
"""

from collections.abc import Callable

from msgspec import Struct

from fixgw.certify.drivers.apifiny import Apifiny, ApifinySocket
from fixgw.certify.drivers.asmlink import Asmlink, AsmlinkDocumented, AsmlinkWebhooks
from fixgw.certify.drivers.finery import Finery, FineryRest
from fixgw.certify.drivers.integral import Integral, IntegralHmac, IntegralReplace
from fixgw.certify.sandbox_driver import SandboxDriver
from fixgw.runtime import plugins

GROUP = "fixgw.counterparts"


class SandboxDriverKind(Struct, frozen=True):
    """A factory for sandbox drivers, one per scenario, and the settings of the adapter under test.
    """

    make: Callable[[], SandboxDriver]
    about: str = ""


COUNTERPARTS: dict[str, SandboxDriverKind] = {
    "apifiny": SandboxDriverKind(Apifiny, "orders by REST, updates by the signed stream"),
    "apifiny-socket": SandboxDriverKind(ApifinySocket, "orders and updates by the socket of 2022"),
    "asmlink": SandboxDriverKind(Asmlink, "with all calls that the settings may assume"),
    "asmlink-documented": SandboxDriverKind(AsmlinkDocumented, "market orders, as documented"),
    "asmlink-webhooks": SandboxDriverKind(AsmlinkWebhooks, "limits, with nothing to ask by"),
    "finery": SandboxDriverKind(Finery, "orders and updates by the socket"),
    "finery-rest": SandboxDriverKind(FineryRest, "orders by REST, updates by the socket"),
    "integral": SandboxDriverKind(Integral, "with a login"),
    "integral-hmac": SandboxDriverKind(IntegralHmac, "with signatures"),
    "integral-replace": SandboxDriverKind(IntegralReplace, "replacing as the settings may assume"),
}
"""Our own."""


def counterparts() -> list[str]:
    """All names."""
    return plugins.names(GROUP, COUNTERPARTS)


def counterpart(name: str) -> SandboxDriverKind | None:
    """The one called *name*; None if there is none; raises PluginError."""
    return plugins.find(GROUP, name, COUNTERPARTS, SandboxDriverKind)

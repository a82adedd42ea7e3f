"""The counterparts that `fixgw certify` knows: our own, and those of installed packages.

One of another package is an entry point of the group `fixgw.counterparts`
whose object is a CounterpartKind; its name is what `fixgw certify` is given.
"""

from collections.abc import Callable

from msgspec import Struct

from fixgw.certify.counterpart import Counterpart
from fixgw.certify.counterparts.apifiny import Apifiny, ApifinySocket
from fixgw.certify.counterparts.asmlink import Asmlink, AsmlinkDocumented, AsmlinkWebhooks
from fixgw.certify.counterparts.finery import Finery, FineryRest
from fixgw.certify.counterparts.integral import Integral, IntegralHmac, IntegralReplace
from fixgw.runtime import plugins

GROUP = "fixgw.counterparts"


class CounterpartKind(Struct, frozen=True):
    """How a counterpart is made, one for each scenario; and what of its adapter it stands for."""

    make: Callable[[], Counterpart]
    about: str = ""


COUNTERPARTS: dict[str, CounterpartKind] = {
    "apifiny": CounterpartKind(Apifiny, "orders by REST, updates by the signed stream"),
    "apifiny-socket": CounterpartKind(ApifinySocket, "orders and updates by the socket of 2022"),
    "asmlink": CounterpartKind(Asmlink, "with all calls that the settings may assume"),
    "asmlink-documented": CounterpartKind(AsmlinkDocumented, "market orders, as documented"),
    "asmlink-webhooks": CounterpartKind(AsmlinkWebhooks, "limits, with nothing to ask by"),
    "finery": CounterpartKind(Finery, "orders and updates by the socket"),
    "finery-rest": CounterpartKind(FineryRest, "orders by REST, updates by the socket"),
    "integral": CounterpartKind(Integral, "with a login"),
    "integral-hmac": CounterpartKind(IntegralHmac, "with signatures"),
    "integral-replace": CounterpartKind(IntegralReplace, "replacing as the settings may assume"),
}
"""Our own."""


def counterparts() -> list[str]:
    """All names."""
    return plugins.names(GROUP, COUNTERPARTS)


def counterpart(name: str) -> CounterpartKind | None:
    """The one called *name*; None if there is none; raises PluginError."""
    return plugins.find(GROUP, name, COUNTERPARTS, CounterpartKind)

"""The venues that gateway.toml may name. A new venue is one line here."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from fixgw.model.ids import VenueName
from fixgw.venues.adapter import VenueAdapter
from fixgw.venues.apifiny.config import ApifinyConfig
from fixgw.venues.apifiny.execution import Apifiny
from fixgw.venues.asmlink.config import AsmlinkConfig
from fixgw.venues.asmlink.execution import Asmlink
from fixgw.venues.finery.config import FineryConfig
from fixgw.venues.finery.execution import Finery
from fixgw.venues.integral.config import IntegralConfig
from fixgw.venues.integral.execution import Integral


class VenueKind(Struct, frozen=True):
    """How `[venues.NAME]` with `adapter = …` becomes an adapter."""

    config: type[Struct]
    make: Callable[[VenueName, Any], VenueAdapter]
    """Called with the venue's name and an instance of `config`."""


VENUES: dict[str, VenueKind] = {
    "apifiny": VenueKind(ApifinyConfig, Apifiny),
    "asmlink": VenueKind(AsmlinkConfig, Asmlink),
    "finery": VenueKind(FineryConfig, Finery),
    "integral": VenueKind(IntegralConfig, Integral),
}

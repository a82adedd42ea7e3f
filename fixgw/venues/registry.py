"""The venues that gateway.toml may name. A new venue is one line here."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from fixgw.model.ids import VenueName
from fixgw.venues.adapter import VenueAdapter
from fixgw.venues.apifiny.config import ApifinyConfig
from fixgw.venues.apifiny.execution import Apifiny


class VenueKind(Struct, frozen=True):
    """How `[venues.NAME]` with `adapter = …` becomes an adapter."""

    config: type[Struct]
    make: Callable[[VenueName, Any], VenueAdapter]
    """Called with the venue's name and an instance of `config`."""


VENUES: dict[str, VenueKind] = {
    "apifiny": VenueKind(ApifinyConfig, Apifiny),
}

"""The adapters that gateway.toml may name: our own, and those of installed packages.

A new adapter of ours is one line here. A package offers one as an entry point of the group
`fixgw.venues` whose object is a VenueKind (docs/adapters.md).
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from msgspec import Struct

from fixgw.model.ids import VenueName
from fixgw.runtime import plugins
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
    """The factory and settings type behind `[venues.NAME]` with `adapter = …`."""

    config: type[Struct]
    make: Callable[[VenueName, Any], VenueAdapter]
    """Called with the venue's name and an instance of `config`."""
    secrets: Mapping[str, str] = {}
    """Secrets of `config` that the adapter asks for at each use, so that a reload may renew them:
    the key, with `*` for any name in it -> from when on a new one is used, for the operator."""
    exchanges: Callable[[Any], Collection[str]] | None = None
    """The values of SecurityExchange(207) that `config` names, for those who name one by default;
    None: they are not known before the venue is asked."""
    records: tuple[str, ...] = ()
    """Keys of `config` that name an SQLite file each, in which the adapter keeps what must not be
    lost: `fixgw backup` copies it with the journal. What is in it may be a moment newer."""


SIGNED = "signs each request from now on; a stream that is up stays up, and is opened again with it"

VENUES: dict[str, VenueKind] = {
    "apifiny": VenueKind(
        ApifinyConfig, Apifiny, secrets={"accounts.*.secret": SIGNED},
        exchanges=lambda config: config.exchanges,
    ),
    "asmlink": VenueKind(
        AsmlinkConfig, Asmlink, records=("record",), exchanges=lambda config: config.exchanges,
        # That of the webhooks has been told to the vendor, and is so again at a start.
        secrets={"api_key": "goes with each request from now on; a stream that is up stays up"},
    ),
    "finery": VenueKind(
        FineryConfig, Finery, secrets={"accounts.*.secret": SIGNED},
        exchanges=lambda config: (config.exchange,),
    ),
    "integral": VenueKind(
        IntegralConfig, Integral, exchanges=lambda config: (config.exchange,),
        secrets={"accounts.*.secret": "used from the next login, or the next signature, on"},
    ),
}
"""Our own."""

GROUP = "fixgw.venues"
"""The entry points of other packages; the name is what `adapter = …` says."""


def adapters() -> list[str]:
    """All that `adapter = …` may say."""
    return plugins.names(GROUP, VENUES)


def adapter(name: str) -> VenueKind | None:
    """The adapter called *name*; None if there is none.

    Raises PluginError if two bring that name, or if a package's cannot be loaded.
    """
    return plugins.find(GROUP, name, VENUES, VenueKind)

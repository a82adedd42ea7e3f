"""The directories that gateway.toml may name. A new directory is one line here."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from fixgw.directory.adapter import AccountDirectory
from fixgw.directory.broctagon.config import BroctagonConfig
from fixgw.directory.broctagon.execution import Broctagon
from fixgw.directory.config import DirectoryConfig
from fixgw.model.accounts import DirectoryName


class DirectoryKind(Struct, frozen=True):
    """The construction of an adapter from `[directories.NAME]` with `adapter = …`."""

    config: type[DirectoryConfig]
    make: Callable[[DirectoryName, Any], AccountDirectory]
    """Called with the directory's name and an instance of `config`."""
    secrets: Mapping[str, str] = {}
    """Secrets of `config` that the adapter reads at each use: as
    `venues.registry.VenueKind.secrets`."""


DIRECTORIES: dict[str, DirectoryKind] = {
    "broctagon": DirectoryKind(
        BroctagonConfig, Broctagon, secrets={"key": "goes with each request from now on"}
    ),
}

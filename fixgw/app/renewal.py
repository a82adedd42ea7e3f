"""The secrets in use against those that gateway.toml names now: read anew by a reload.

A `Secret` is one object for all who use it, and asked for its value at each use. So to renew it
is to renew it everywhere, at once; whether that is enough its adapter's kind says. Nothing of a
secret is told, compared in text or logged here.
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

import msgspec
from msgspec import Struct

from fixgw.ops.answers import Change, ChangeKind
from fixgw.runtime.secrets import Secret

NOT_RENEWED = (
    "this secret has changed, and is taken into use by a start only: restart the gateway, "
    "or put the one before back"
)


class Held(Struct, frozen=True):
    """One table of gateway.toml as it is in use."""

    config: Struct
    renewable: Mapping[str, str]
    """As `VenueKind.secrets`."""
    exchanges: frozenset[str] | None = None
    """The values of SecurityExchange(207) that a venue knows; None: it does not say."""


class Renewal(Struct, frozen=True):
    """One secret that is to be another one."""

    name: str
    """`[venues.acme] accounts.A1.secret`."""
    secret: Secret
    """In use."""
    new: Secret
    when: str

    def apply(self) -> Change:
        """Take the new one into use."""
        self.secret.renew(self.new)
        return Change(ChangeKind.CHANGED, self.name, self.when)


def renewals(place: str, held: Held, config: Struct) -> Iterator[Renewal | Change]:
    """What becomes of the secrets of *config*, which differs from the one in use in nothing else.

    A Change says of one that stays as it was.
    """
    new = dict(secrets_of(config))
    for name, secret in secrets_of(held.config):
        if name in new and new[name] != secret:
            when = (text for key, text in held.renewable.items() if fnmatchcase(name, key))
            if (found := next(when, None)) is None:
                yield Change(ChangeKind.RESTART, f"{place} {name}", NOT_RENEWED)
            else:
                yield Renewal(f"{place} {name}", secret, new[name], found)


def secrets_of(value: object, name: str = "") -> Iterator[tuple[str, Secret]]:
    """Every secret in a config, with the key that it stands at: `accounts.A1.secret`."""
    if isinstance(value, Secret):
        yield name.removeprefix("."), value
        return
    inside: Iterator[tuple[object, object]] = iter(())
    if isinstance(value, Struct):
        inside = iter(msgspec.structs.asdict(value).items())
    elif isinstance(value, Mapping):
        inside = iter(value.items())
    elif isinstance(value, tuple):
        inside = enumerate(value)
    for key, each in inside:
        yield from secrets_of(each, f"{name}.{key}")

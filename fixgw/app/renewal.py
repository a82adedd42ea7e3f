"""Secrets in use against those that gateway.toml now names: renewed by a reload.

A `Secret` is one object for all its users, read at each use. To renew it is therefore to renew it
everywhere, at once; the adapter's kind states whether that is enough. No part of a secret is
reported, compared in text or logged here.
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
    """See `VenueKind.secrets`."""
    exchanges: frozenset[str] | None = None
    """The values of SecurityExchange(207) that a venue knows; None: it does not declare them."""


class Renewal(Struct, frozen=True):
    """One secret to be replaced."""

    name: str
    """`[venues.acme] accounts.A1.secret`."""
    secret: Secret
    """In use."""
    new: Secret
    when: str

    def apply(self) -> Change:
        """Put the new one in use."""
        self.secret.renew(self.new)
        return Change(ChangeKind.CHANGED, self.name, self.when)


def renewals(place: str, held: Held, config: Struct) -> Iterator[Renewal | Change]:
    """Return the changes of the secrets of *config*, which is otherwise equal to the one in use.

    A Change records a secret that stays unchanged.
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
    """Return every secret in a config, with its key: `accounts.A1.secret`."""
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

"""Which secrets a reload renews: those that an adapter of ours is known to ask for at each use."""

from fnmatch import fnmatchcase

import msgspec
import pytest

from fixgw.app.renewal import secrets_of
from fixgw.directory.registry import DIRECTORIES
from fixgw.runtime.secrets import Secret
from fixgw.venues.asmlink.config import Webhooks
from fixgw.venues.finery.config import Account, FineryConfig
from fixgw.venues.registry import VENUES

SETTINGS = {**VENUES, **DIRECTORIES}


def test_every_secret_is_found_with_its_key() -> None:
    config = FineryConfig(accounts={
        "A.1": Account(key="a", secret=Secret("one")), "B": Account(key="b", secret=Secret("two")),
    })

    assert {"accounts.A.1.secret": "one", "accounts.B.secret": "two"} == {
        name: secret.reveal() for name, secret in secrets_of(config)
    }


def test_one_within_a_table_within_a_table_is_found() -> None:
    hooks = Webhooks(url="https://example.com", secret=Secret("s"), port=1)

    assert ["secret"] == [name for name, _ in secrets_of(hooks)]


@pytest.mark.parametrize("adapter", SETTINGS)
def test_what_may_be_renewed_is_a_secret_of_that_adapter(adapter: str) -> None:
    """A key that is misspelt here would have a new secret wait for a restart."""
    kind = SETTINGS[adapter]
    known = [name for name in _fields(kind.config) if name.endswith(("secret", "key"))]

    assert kind.secrets
    for key in kind.secrets:
        assert any(fnmatchcase(name, key) for name in known), (key, known)


def _fields(config: type[msgspec.Struct], name: str = "") -> list[str]:
    """Where a Secret may stand in *config*, each table of names with one name `x`."""
    found = []
    for field in msgspec.structs.fields(config):
        place = f"{name}{field.encode_name}"
        of = getattr(field.type, "__args__", ())
        if field.type is Secret:
            found.append(place)
        elif of and isinstance(of[-1], msgspec.StructMeta):
            found += _fields(of[-1], f"{place}.x.")
    return found

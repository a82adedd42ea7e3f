"""The keys for the authentication of Logons, together: missing or contradictory values.

A session with half of a method would let everybody in, or nobody; both are found at the start.
Secrets are read here, and never get into a text.
"""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from fixgw.runtime.secrets import Secret, secret_from

SECRET_CHARS_MIN = 32
"""RFC 7518, 3.2: a key for HS256 has at least 256 bits; a shorter one can be guessed."""

TOKEN = ("TokenSecretKeyID", "TokenSecretEnv", "TokenSecretFile")
TOKEN_MORE = ("TokenAccounts", "TokenMaxSeconds")
SIGNATURE = ("SignatureKey", "SignatureSecretEnv", "SignatureSecretFile")
SIGNATURE_MORE = ("SignatureMaxSeconds",)


def networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the addresses and networks in *value*, separated by commas. Raise ValueError for
    anything else."""
    found = []
    for each in value.split(","):
        try:
            network = ip_network(each.strip())
        except ValueError:
            raise ValueError(
                "expected IP addresses or networks such as 192.0.2.0/24, with commas between them"
            ) from None
        found.append(network)
    return tuple(found)


def check_logon(
    values: dict[str, Any],
    written: Callable[..., list[str]],
    refuse: Callable[[str, str], None],
    directory: Path,
) -> None:
    """Check the authentication keys among *values*, and put the secrets there.

    *written* returns which of the given keys are in the file, valid or not; *refuse* takes a key
    and its error; files of secrets are relative to *directory*.
    """
    _check_password(values, written, refuse)
    _check_secret(TOKEN, TOKEN_MORE, values, written, refuse, directory)
    _check_secret(SIGNATURE, SIGNATURE_MORE, values, written, refuse, directory)
    if written("SignatureKey"):
        for other in written("Username", "TokenSecretKeyID")[:1]:
            field = "Password(554)" if other == "Username" else "RawData(96)"
            refuse("SignatureKey", f"a Logon has one {field}, and {other} wants it: choose one")
    if values.get("ResetOnLogon") and values.get("ResetSeqNumFlag", "always") != "always":
        refuse("ResetSeqNumFlag", "ResetOnLogon=Y resets at every Logon; leave one of them out")


def _check_password(
    values: dict[str, Any], written: Callable[..., list[str]], refuse: Callable[[str, str], None]
) -> None:
    match written("Username", "PasswordHash"):
        case ["Username"]:
            refuse("Username", "without PasswordHash: run `fixgw hash-password`")
        case ["PasswordHash"]:
            refuse("PasswordHash", "without Username(553) to go with it")
        case [_, _] if values.get("Username") == "":
            refuse("Username", "expected a name")


def _check_secret(
    keys: tuple[str, str, str],
    more: tuple[str, ...],
    values: dict[str, Any],
    written: Callable[..., list[str]],
    refuse: Callable[[str, str], None],
    directory: Path,
) -> None:
    """Check one method: a key's name, and its secret in the environment or in a file."""
    name, env, file = keys
    sources = written(env, file)
    if not written(*keys):
        for key in written(*more):
            refuse(key, f"without {name} it means nothing")
        return
    if not written(name):
        refuse(sources[0], f"without {name}, the name of the key")
    elif values.get(name) == "":
        refuse(name, "expected a name")
    if not sources:
        refuse(name, f"without its secret: add {file}, or {env}")
    elif len(sources) == 2:
        refuse(file, f"{env} names a secret as well; leave one of them out")
    else:
        spec = {"env" if sources == [env] else "file": values.get(sources[0], "")}
        try:
            values[sources[0]] = _long_enough(secret_from(spec, directory))
        except ValueError as error:
            refuse(sources[0], str(error))


def _long_enough(secret: Secret) -> Secret:
    if len(secret.reveal()) < SECRET_CHARS_MIN:
        raise ValueError(
            f"the secret has fewer than {SECRET_CHARS_MIN} characters and could be guessed: "
            "make one with `openssl rand -hex 32`"
        )
    return secret

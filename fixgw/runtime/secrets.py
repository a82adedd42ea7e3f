"""Secrets: read from the environment or from a file, and never shown by accident.

A settings file names a secret, and never contains one. The value is wrapped in a `Secret`, whose
text in logs, tracebacks and f-strings is a mask; only `reveal()` returns the value, so `grep
reveal` finds every use.
"""

import os
import stat
from hmac import compare_digest
from pathlib import Path
from typing import NoReturn

import structlog

MASK = "***"
MAX_SECRET_BYTES = 65_536

log = structlog.get_logger()


class Secret:
    """A text that does not print itself."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself: for a signature or a header, never for a log."""
        return self._value

    def renew(self, other: "Secret") -> None:
        """Become *other* from now on, for everybody who holds this one."""
        self._value = other._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> NoReturn:
        raise TypeError("a Secret is not a key")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not written anywhere")


def secret_from(spec: object, directory: Path) -> Secret:
    """Return the secret that *spec* of a settings file in *directory* names. Raise ValueError with
    the reason if there is none."""
    match spec:
        case {"env": str(name), **rest} if not rest:
            return Secret(_from_environment(name))
        case {"file": str(name), **rest} if not rest:
            return Secret(_from_file(directory / name))
        case _:
            raise ValueError(
                'a secret does not stand in a settings file: write { env = "NAME" } '
                'or { file = "secrets/NAME" }'
            )


def _from_environment(name: str) -> str:
    value = os.environ.get(name, "") if name else ""
    if not value:
        raise ValueError(f"environment variable {name} is not set: export it, or name a file")
    return value


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            check_mode(path, os.fstat(file.fileno()).st_mode)
            content = file.read(MAX_SECRET_BYTES + 1)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    if len(content) > MAX_SECRET_BYTES:
        raise ValueError(f"{path} is longer than {MAX_SECRET_BYTES} bytes: no secret is")
    try:
        # Editors end a file with a newline; no secret ends with one.
        value = content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    if not value:
        raise ValueError(f"{path} is empty")
    return value


def check_mode(path: Path, mode: int) -> None:
    """Refuse a file that anybody can change; warn of one that others can read.

    Only a warning, because git and most secret mounts cannot keep 0600.
    """
    bits = f"{stat.S_IMODE(mode):04o}"
    if mode & stat.S_IWOTH:
        raise ValueError(f"{path} can be written by anybody (mode {bits}): chmod 600 it")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        log.warning("secret_file_open_to_others", path=str(path), mode=bits, way_out="chmod 600")

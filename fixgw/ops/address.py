"""The gateway's address for its operator: a Unix domain socket beside its journal."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixgw.model.errors import GatewayError

PATH_BYTES_MAX = 107
"""The capacity of `sun_path` of unix(7) without the zero at its end."""


class ControlError(GatewayError):
    """The socket cannot be created, or nobody answers on it; the text says which, and the way
    out."""


def control_path(journal: Path) -> Path:
    """Return the socket of the gateway on *journal*."""
    return journal.with_name(journal.name + ".control")


@contextmanager
def address(path: Path) -> Iterator[str]:
    """Yield the address of *path* for `bind` and `connect`; *path* may be longer than they allow.

    A long one is reached through its directory, held open meanwhile: proc(5), `/proc/self/fd`.
    Raise ControlError if the name alone is too long.
    """
    if len(os.fsencode(path)) <= PATH_BYTES_MAX:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        through = f"/proc/self/fd/{directory}/{path.name}"
        if len(os.fsencode(through)) > PATH_BYTES_MAX:
            raise ControlError(
                f"{path}: the name is too long for a socket; "
                "give the journal a shorter one ([journal] path in gateway.toml)"
            )
        yield through
    finally:
        os.close(directory)

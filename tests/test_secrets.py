"""The last test: nothing that the whole suite wrote holds a secret.

Every test's temporary files are looked through (settings, logs, journals with their write-ahead
logs, recordings), and all that the tests printed or logged. It looks at what ran before it: alone
it proves little.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.secrets import CANARIES
from tests.support.stack import KEYS

SECRETS = (*CANARIES, *(secret for _, secret in KEYS.values()))

HOLD_THEM = ("apifiny-sandbox.toml", "token", "signature")
"""Files that secrets are read from, beside those in a directory `secrets`."""

PIECE_BYTES = 1 << 24
OVERLAP_BYTES = 256

PRINTED = pytest.StashKey[list[str]]()
"""What tests printed that holds a secret, as `test: secret`; conftest.py fills it."""


def leaks_in(text: str) -> Iterator[str]:
    """The secrets that *text* holds."""
    return (secret for secret in SECRETS if secret in text)


def _written(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        held = path.name in HOLD_THEM or "secrets" in path.parts or _is_the_clients(path)
        if path.is_file() and not path.is_symlink() and not held:
            yield path


def _is_the_clients(path: Path) -> bool:
    """Whether a QuickFIX initiator keeps it: a client stores what it has sent, its Logon too."""
    return path.name.endswith((".body", ".messages.current.log"))


def _leaks(path: Path) -> Iterator[str]:
    wanted = [secret.encode() for secret in SECRETS]
    with path.open("rb") as file:
        before = b""
        while piece := file.read(PIECE_BYTES):
            data = before + piece
            yield from (secret.decode() for secret in wanted if secret in data)
            before = data[-OVERLAP_BYTES:]


def test_a_secret_in_a_file_is_found(tmp_path: Path) -> None:
    file = tmp_path / "some.log"
    for place in (0, PIECE_BYTES - 5, PIECE_BYTES + 10):
        file.write_bytes(b"x" * place + SECRETS[0].encode() + b"x" * 100)
        assert [SECRETS[0]] == sorted(set(_leaks(file)))
    # Or the last test would find this one.
    file.unlink()


@pytest.mark.last
def test_nothing_that_the_whole_suite_wrote_holds_a_secret(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> None:
    base = tmp_path_factory.getbasetemp()
    files = {
        f"{path.relative_to(base)}: {leak}" for path in _written(base) for leak in _leaks(path)
    }

    assert [] == sorted(files) + request.config.stash[PRINTED]

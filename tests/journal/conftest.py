"""A journal in a directory of its own."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fixgw.journal.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "journal"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal.open(path)
    yield opened
    opened.close()


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """A directory that is reached by any user, as none of those above a `tmp_path` is."""
    with TemporaryDirectory(prefix="fixgw-test-") as made:
        directory = Path(made)
        directory.chmod(0o755)
        inside = directory / "journal"
        inside.mkdir()
        yield inside

"""A journal in a directory of its own."""

from collections.abc import Iterator
from pathlib import Path

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

"""A sessions directory to write into and read back."""

from pathlib import Path

import pytest

from tests.runtime.directory import Directory


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    return Directory(tmp_path)

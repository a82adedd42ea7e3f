"""Certificates, made once: an authority, and one that nobody trusts. A sessions directory."""

from pathlib import Path

import pytest

from tests.runtime.directory import Directory
from tests.support.certificates import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Signs as well, and is nobody's authority."""
    return Authority(tmp_path_factory.mktemp("certificates"), "stranger")


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    return Directory(tmp_path)

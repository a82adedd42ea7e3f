"""What every test of this directory has: the mark, and the recorded traffic."""

from pathlib import Path

import pytest

from tests.interop.dissector import Dissection, dissect
from tests.interop.recording import Recording
from tests.interop.traffic import record

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this directory are end to end."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("end_to_end")


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    """The traffic of every FIX version; it takes seconds, so it happens once."""
    return record(tmp_path_factory.mktemp("traffic"))


@pytest.fixture(scope="session")
def dissection(
    recordings: list[Recording], tmp_path_factory: pytest.TempPathFactory
) -> Dissection:
    """What tshark read in it."""
    return dissect(recordings, tmp_path_factory.mktemp("dissection"))

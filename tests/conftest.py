"""What no test may leave behind, and what no test may be hurried by."""

import logging
from collections.abc import Iterator

import hypothesis
import pytest
import structlog

from tests.left_behind import LeftBehind

# Workers share the machine: how long one example took says nothing.
hypothesis.settings.register_profile("unhurried", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("unhurried")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to note what must not be printed; workers tell it to the process that started them."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(LeftBehind())


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """A command sets the log up for its process, on an stderr that ends with the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)

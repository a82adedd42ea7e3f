"""What no test may leave behind, what none may be hurried by, and what chance gives all of them."""

import logging
import random
from collections.abc import Iterator

import hypothesis
import pytest
import structlog

from tests.left_behind import LeftBehind
from tests.sharing import Sharing
from tests.support.seeds import SOAK_SEED

# Workers share the machine: how long one example took says nothing. What is drawn is the same for
# everybody, every time; `make soak` gives a seed, and draws something else.
hypothesis.settings.register_profile(
    "ours", hypothesis.settings(), deadline=None, derandomize=SOAK_SEED is None, database=None,
    print_blob=True, suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
# `make mutants` wants to know whether a test fails, and not the least example of it.
hypothesis.settings.register_profile(
    "first-failure", hypothesis.settings.get_profile("ours"),
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
)
hypothesis.settings.load_profile("ours")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to note what must not be printed; workers tell it to the process that started them."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(LeftBehind())
        if config.pluginmanager.has_plugin("xdist"):
            config.pluginmanager.register(Sharing())


@pytest.fixture(autouse=True)
def chance() -> None:
    """How long an adapter waits before it tries again is drawn: from one place, in every test."""
    random.seed(SOAK_SEED or 0)


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """A command sets the log up for its process, on an stderr that ends with the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)

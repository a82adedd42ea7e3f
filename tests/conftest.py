"""What no test may leave behind."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from tests.test_secrets import PRINTED, leaks_in


def pytest_configure(config: pytest.Config) -> None:
    """Begin to note what must not be printed."""
    config.stash[PRINTED] = []
    config.pluginmanager.register(_Printed(config.stash[PRINTED]))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever looks at what the others have left comes last."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


class _Printed:
    """Looks through what each test printed and logged."""

    def __init__(self, found: list[str]) -> None:
        self._found = found

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, text in report.sections:
            self._found += (f"{report.nodeid}, {name}: {leak}" for leak in leaks_in(text))


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """A command sets the log up for its process, on an stderr that ends with the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)

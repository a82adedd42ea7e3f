"""What every end-to-end test has: the mark, and the processes' output if it fails."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import Pair
from tests.support.quickfix_initiator import FIX42, FIX44, FIX50SP2, Version
from tests.support.stack import Stack

HERE = Path(__file__).parent
StartStack = Callable[..., Stack]
STACKS = pytest.StashKey[list[Stack]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this directory are end to end."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("end_to_end")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failed test what sandbox and gateway have said."""
    report = yield
    if report.failed:
        used = getattr(item, "funcargs", {}).values()
        stacks = [value for value in used if isinstance(value, Pair)]
        for stack in stacks + item.stash.get(STACKS, []):
            report.sections.append(("sandbox and gateway", stack.output()))
    return report


@pytest.fixture(params=[FIX42, FIX44, FIX50SP2], ids=lambda version: version.name)
def version(request: pytest.FixtureRequest) -> Version:
    """Each version in turn."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def start_stack(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StartStack]:
    """Start a stack with the settings a test needs; it is ended with the test."""
    started: list[Stack] = request.node.stash.setdefault(STACKS, [])

    def start(**settings: Any) -> Stack:
        stack = Stack(tmp_path / f"stack{len(started)}", **settings)
        started.append(stack)
        return stack.__enter__()

    yield start
    for stack in started:
        stack.close()

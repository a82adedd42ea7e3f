"""How workers share the tests: by whole files, as many have a stack of real processes of their own.

A certification has one for each counterpart, and all are in one file: its workers take one
counterpart at a time. For `--dist loadfile` only.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

BY_COUNTERPART = "tests/certify/test_scenarios.py"
NAME_ENDS = "/"
"""Behind the counterpart's name in the ids of its tests."""


class WholeStacks(LoadFileScheduling):
    """As xdist's own, but for that one file."""

    def _split_scope(self, nodeid: str) -> str:
        return stack_of(nodeid)


def stack_of(nodeid: str) -> str:
    """What must be played by one worker."""
    file, _, test = nodeid.partition("::")
    if file != BY_COUNTERPART:
        return file
    counterpart = test.partition("[")[2].rstrip("]").partition(NAME_ENDS)[0]
    return f"{file}::{counterpart}"


class Sharing:
    """The plugin."""

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> WholeStacks | None:
        """Ours, where whole files were asked for."""
        return WholeStacks(config, log) if config.getoption("dist") == "loadfile" else None

"""Chance in tests: the same every time, unless `make soak` asks for another.

A test that draws takes its seeds from here and has `@pytest.mark.drawn`; hypothesis is told in
conftest.py. Whatever else draws, or takes the time for a seed, fails tests/test_same_every_time.py.
"""

import os
from collections.abc import Sequence

VARIABLE = "FIXGW_SOAK_SEED"
"""The environment variable that `make soak` sets."""

SOAK_SEED = int(os.environ[VARIABLE]) if VARIABLE in os.environ else None
"""None where all is to be as it always is."""

APART = 10_000
"""More than any one test takes: the seeds of two rounds do not overlap."""


def seeds(count: int) -> Sequence[int]:
    """So many: 0, 1, 2, …, or those of this round."""
    start = 0 if SOAK_SEED is None else SOAK_SEED * APART
    return range(start, start + count)

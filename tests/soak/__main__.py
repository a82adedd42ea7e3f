"""`make soak`: play the tests that draw, with other seeds than CI's, until the time is over.

Each round is a run of pytest with one seed, which is printed. A round that fails is the end: its
line says how to play that round once more.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count

from tests.support.processes import REPOSITORY
from tests.support.seeds import VARIABLE

MINUTES = 10.0
PAST_SEEDS = 1_000_000
"""Larger than any seed that was drawn from a clock's seconds of one day."""


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="for how long")
    parser.add_argument("--seed", type=int, help="of the only round; else new ones")
    parser.add_argument("--workers", default="auto", help="of pytest-xdist")
    parser.add_argument("tests", nargs="*", help="files or ids; else all tests that draw")
    arguments = parser.parse_args()
    for seed in rounds(arguments.seed, arguments.minutes):
        print(f"soak: seed {seed}", flush=True)
        code = play(seed, arguments.workers, arguments.tests)
        if code:
            again = ["python", "-m", "tests.soak", "--seed", str(seed), *arguments.tests]
            print(f"soak: failed; once more with: {' '.join(again)}", flush=True)
            return code
    return 0


def rounds(seed: int | None, minutes: float) -> Iterator[int]:
    """The seeds: the one that was asked for, or others until the time is over."""
    if seed is not None:
        yield seed
        return
    end = time.monotonic() + minutes * 60
    for each in count(time.time_ns() // 1_000_000_000 % PAST_SEEDS * 1_000 + 1):
        yield each
        if time.monotonic() > end:
            return


def play(seed: int, workers: str, tests: list[str]) -> int:
    """One round; pytest's exit code."""
    command = [
        sys.executable, "-m", "pytest", "-m", "hypothesis or drawn", "-n", workers,
        f"--hypothesis-seed={seed}", *tests,
    ]
    # The order in which Python keeps sets is chance too.
    environment = {**os.environ, VARIABLE: str(seed), "PYTHONHASHSEED": str(seed % 2**32)}
    return subprocess.run(command, cwd=REPOSITORY, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())

"""`make mutants`: plant small mistakes, one at a time, and see whether the quick tests notice.

A sample of the changes of tests/mutants/changes.py, drawn from one seed, each in a copy of the
repository: the working tree is not touched. Prints the share that was noticed and every change that
was not; fails below 95 percent. What makes no difference stands in tests/mutants/equivalent.py.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from random import Random

from tests.mutants.changes import Mutant, changed, mutants
from tests.mutants.equivalent import EQUIVALENT, Equivalent
from tests.mutants.targets import files, groups
from tests.support.processes import REPOSITORY

NOTICED_MIN_PERCENT = 95
SAMPLE = 200
TIMES_MAX = 5
"""A change after which the tests run for so many times as long as without it has been noticed."""

SECONDS_MIN = 60
"""But never before that: a machine may be busy."""

PYTEST = ("--hypothesis-profile=first-failure",)
"""Whether a test fails is wanted, and not the least example of it."""

COPIED = ("fixgw", "tests", "setup.cfg", "dictionaries", "sessions", "docs", "README.md")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=SAMPLE, help="so many changes; 0: all")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--list", action="store_true", help="print the changes, and do nothing")
    parser.add_argument("only", nargs="*", help="parts of paths: core/mass, fix/")
    arguments = parser.parse_args()
    everything = all_mutants(REPOSITORY)
    wanted = [m for m in everything if not arguments.only or _named(m, arguments.only)]
    sample = drawn(wanted, arguments.sample, arguments.seed)
    if arguments.list:
        print(*sample, sep="\n")
        return 0
    known = [each for each in EQUIVALENT if not any(fits(each, m) for m in everything)]
    for each in known:
        print(f"fits nothing any more: {each.file}: {each.source}", flush=True)
    survivors = play(sample, REPOSITORY, arguments.workers)
    return verdict(len(sample), survivors)


def all_mutants(root: Path) -> list[Mutant]:
    """Every change of every file, below *root*."""
    return [
        mutant for path in files(root)
        for mutant in mutants(str(path.relative_to(root / "fixgw")), path.read_text())
    ]


def drawn(wanted: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """So many of those that make a difference, in the order of the source."""
    wanted = [each for each in wanted if not any(fits(known, each) for known in EQUIVALENT)]
    if not count or count >= len(wanted):
        return wanted
    chosen = set(Random(seed).sample(range(len(wanted)), count))
    return [each for number, each in enumerate(wanted) if number in chosen]


def fits(known: Equivalent, mutant: Mutant) -> bool:
    """Whether *mutant* is listed as making no difference, by *known*."""
    return (
        Path(mutant.path).name == known.file and mutant.source == known.source
        and known.change in ("", mutant.change)
    )


def _named(mutant: Mutant, parts: list[str]) -> bool:
    return any(part in mutant.path for part in parts)


def verdict(count: int, survivors: list[Mutant]) -> int:
    """Print what came of it; the exit code."""
    noticed = count - len(survivors)
    percent = 100 * noticed / count if count else 100.0
    for each in survivors:
        print(f"nobody noticed: {each}")
    print(f"{noticed} of {count} changes were noticed: {percent:.1f} %")
    return 0 if percent >= NOTICED_MIN_PERCENT else 1


def play(sample: list[Mutant], root: Path, workers: int) -> list[Mutant]:
    """Try each in a copy; those that nobody noticed."""
    copies: SimpleQueue[Copy] = SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="fixgw-mutants-") as folder:
        for number in range(workers):
            copies.put(Copy(root, Path(folder) / str(number)))
        first, longest = copies.get(), 0.0
        for package in sorted({each.path.split("/")[0] for each in sample}):
            begun = time.monotonic()
            failed = first.ask(f"{package}/all.py", None)
            assert failed is None, f"without any change there is a failure:\n{failed}"
            longest = max(longest, time.monotonic() - begun)
        copies.put(first)
        seconds = max(SECONDS_MIN, TIMES_MAX * longest)

        def one(mutant: Mutant) -> Mutant | None:
            copy = copies.get()
            try:
                noticed = copy.notices(mutant, seconds)
            finally:
                copies.put(copy)
            print("." if noticed else f"\nnobody noticed: {mutant}\n", end="", flush=True)
            return None if noticed else mutant

        with ThreadPoolExecutor(workers) as pool:
            survivors = [each for each in pool.map(one, sample) if each is not None]
    print()
    return survivors


class Copy:
    """A copy of the repository, in which one file at a time is changed."""

    def __init__(self, root: Path, to: Path) -> None:
        self._at = to
        to.mkdir()
        for name in COPIED:
            if (root / name).is_dir():
                shutil.copytree(
                    root / name, to / name,
                    ignore=shutil.ignore_patterns("__pycache__", "node_modules"),
                )
            elif (root / name).exists():
                shutil.copy(root / name, to / name)

    def notices(self, mutant: Mutant, seconds: float) -> bool:
        """Whether any test fails with this change, or takes longer than *seconds*."""
        path = self._at / "fixgw" / mutant.path
        source = path.read_text()
        try:
            self._write(path, changed(source, mutant.number))
            return self.ask(mutant.path, seconds) is not None
        finally:
            self._write(path, source)

    @staticmethod
    def _write(path: Path, source: str) -> None:
        path.write_text(source)
        # Python takes bytecode for current that was made within the same second.
        for stale in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            stale.unlink()

    def ask(self, path: str, seconds: float | None) -> str | None:
        """Have the tests of the file *path* run; what the first that fails prints, or None."""
        for tests in groups(self._at, path):
            try:
                done = subprocess.run(
                    [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider",
                     "--tb=short", *PYTEST, *tests],
                    cwd=self._at, env=_environment(self._at), capture_output=True, text=True,
                    timeout=seconds,
                )
            except subprocess.TimeoutExpired:
                return "it took too long"
            if done.returncode:
                return done.stdout[-3000:] + done.stderr[-3000:]
        return None


def _environment(at: Path) -> dict[str, str]:
    """The order in which Python keeps sets is chance, and here the same every time."""
    return {**os.environ, "PYTHONPATH": str(at), "PYTHONHASHSEED": "0"}


if __name__ == "__main__":
    sys.exit(main())

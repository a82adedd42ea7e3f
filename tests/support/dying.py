"""Compaction's work in real processes: killed in the middle, out of space, or not allowed to write.

    with Dying() as dying:
        for step in dying.steps("merge", made):
            ...look at what is left of it

A process of its own forks one for each attempt, so that none has to start Python. What it kills
itself before is a change of a file, and every so many instructions of SQLite.
"""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Self

from fixgw.model.errors import JournalError
from tests.support.compacting import JOBS
from tests.support.processes import REPOSITORY

KILLED = -signal.SIGKILL
TOO_LARGE = -signal.SIGXFSZ

CHANGES = ("write", "fsync", "replace", "unlink", "mkdir", "truncate", "posix_fadvise")
"""Functions of `os` that change a file, or come between two that do."""

INSTRUCTIONS = 100
"""Of SQLite's virtual machine, between two steps."""

NOBODY = 65_534


class Dying:
    """The process that forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.dying"], cwd=REPOSITORY, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(self, job: str, directory: Path, how: str = "whole", at: int = 0) -> tuple[int, str]:
        """Do *job* in *directory*; return its exit code, and the error if there was one."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([job, str(directory), how, at]) + "\n")
        self._process.stdin.flush()
        code, text = json.loads(self._process.stdout.readline())
        return code, text

    def steps(self, job: str, prepare: Callable[[int], Path]) -> Iterator[Path]:
        """Do *job* in one directory that *prepare* makes after the other, killed one step later
        each time; yield the directory, until one was not killed."""
        for step in count(1):
            directory = prepare(step)
            code, text = self.run(job, directory, "killed", step)
            assert code in (0, KILLED), (code, text)
            yield directory
            if code == 0:
                return


# ------------------------------------------------------------------ in a process of its own


def serve() -> None:
    for line in sys.stdin:
        job, directory, how, at = json.loads(line)
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reading)
            _one(JOBS[job], Path(directory), how, at, writing)
        os.close(writing)
        with open(reading, "rb") as text:
            told = text.read().decode()
        _, status = os.waitpid(pid, 0)
        print(json.dumps([os.waitstatus_to_exitcode(status), told]), flush=True)


def _one(
    job: Callable[[Path], Callable[[], object]], directory: Path, how: str, at: int, told: int
) -> None:
    try:
        HOW[how](job, directory, at, lambda text: os.write(told, text.encode()))
    except BaseException as error:
        os.write(told, repr(error).encode())
        os._exit(3)
    os._exit(0)


def _whole(job: Any, directory: Path, at: int, tell: Any) -> None:
    job(directory)()


def _killed(job: Any, directory: Path, at: int, tell: Any) -> None:
    steps = count(1)

    def step() -> None:
        if next(steps) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(function: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            step()
            return function(*arguments, **named)

        return call

    for name in CHANGES:
        setattr(os, name, before(getattr(os, name)))
    connect = sqlite3.connect

    def connected(*arguments: Any, **named: Any) -> Any:
        step()
        database = connect(*arguments, **named)
        database.set_progress_handler(step, INSTRUCTIONS)
        return database

    sqlite3.connect = connected  # type: ignore[assignment]
    job(directory)()


def _torn(job: Any, directory: Path, at: int, tell: Any) -> None:
    """Killed by the write that makes a file longer than *at* bytes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at, at))
    job(directory)()


def _full(job: Any, directory: Path, at: int, tell: Any) -> None:
    """No file may become longer than *at* bytes, and then it may."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (at, resource.RLIM_INFINITY))
    _twice(job, directory, tell, lambda: resource.setrlimit(
        resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    ))


def _read_only(job: Any, directory: Path, at: int, tell: Any) -> None:
    """The directory cannot be written by the user whose it is; then it can."""
    directory.chmod(0o555)
    if os.geteuid() == 0:  # who may do everything
        for path in (directory, *directory.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        os.chdir(directory)
        os.seteuid(NOBODY)
    _twice(job, directory, tell, lambda: directory.chmod(0o700))


def _twice(job: Any, directory: Path, tell: Any, mend: Callable[[], object]) -> None:
    """Do it, tell the error, and do it again when it is mended."""
    try:
        attempt = job(directory)
        attempt()
    except JournalError as error:
        tell(str(error))
        mend()
        # The process goes on with what it has open, if it came so far.
        (attempt if "attempt" in locals() else job(directory))()


HOW = {
    "whole": _whole, "killed": _killed, "torn": _torn, "full": _full, "read-only": _read_only,
}

if __name__ == "__main__":
    serve()

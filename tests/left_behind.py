"""No secret in anything that the tests wrote or printed: looked at when all of them have ended.

It is part of every run of pytest, in the process that was started: with workers this is the one
that runs no test, and by then theirs have ended. All temporary files of all tests are looked
through (settings, logs, journals with their write-ahead logs, recordings), and all that tests
printed or logged. What is found fails the run, also one whose tests all passed.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.secrets import CANARIES
from tests.support.stack import KEYS

SECRETS = (*CANARIES, *(secret for _, secret in KEYS.values()))

HOLD_THEM = ("apifiny-sandbox.toml", "token", "signature")
"""Files that secrets are read from, beside those in a directory `secrets`."""

PIECE_BYTES = 1 << 24
OVERLAP_BYTES = 256

FAILED = "secrets were left behind by the tests"


def leaks_in(text: str) -> Iterator[str]:
    """The secrets that *text* holds."""
    return (secret for secret in SECRETS if secret in text)


def leaks_in_file(path: Path) -> Iterator[str]:
    """The same for a file of any size; one may come twice."""
    wanted = [secret.encode() for secret in SECRETS]
    with path.open("rb") as file:
        before = b""
        while piece := file.read(PIECE_BYTES):
            data = before + piece
            yield from (secret.decode() for secret in wanted if secret in data)
            before = data[-OVERLAP_BYTES:]


def written(directory: Path) -> Iterator[Path]:
    """The files under *directory*, but for those that are there to hold secrets."""
    for path in directory.rglob("*"):
        held = path.name in HOLD_THEM or "secrets" in path.parts or _is_the_clients(path)
        if path.is_file() and not path.is_symlink() and not held:
            yield path


def _is_the_clients(path: Path) -> bool:
    """Whether a QuickFIX initiator keeps it: a client stores what it has sent, its Logon too."""
    return path.name.endswith((".body", ".messages.current.log"))


class LeftBehind:
    """The plugin: it notes what tests print, and in the end looks at what they wrote."""

    def __init__(self) -> None:
        self._found: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look at what one test printed and logged. Workers send their reports here."""
        for name, text in report.sections:
            self._found |= {f"{report.nodeid}, {name}: {leak}" for leak in leaks_in(text)}

    # Last: pytest-xdist ends its workers in the same hook.
    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Look at the files; what is found makes the run fail."""
        # What the fixture `tmp_path_factory` gives; the directories of workers are in it.
        base = session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        self._found |= {
            f"{path.relative_to(base)}: {leak}"
            for path in written(base)
            for leak in leaks_in_file(path)
        }
        if self._found:
            session.shouldfail = FAILED
            if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where they are."""
        if self._found:
            terminalreporter.section(FAILED, red=True)
            for found in sorted(self._found):
                terminalreporter.line(found)

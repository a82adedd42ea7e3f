"""A secret that any test leaves behind fails the whole run, on workers and without."""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.left_behind import FAILED, PIECE_BYTES, SECRETS, leaks_in_file

REPOSITORY = Path(__file__).resolve().parents[1]
RUN_SECONDS = 120

QUIET_TEST = """\
def test_says_and_writes_nothing_wrong(tmp_path):
    print("nothing to see")
    (tmp_path / "some.log").write_text("nothing to see")
"""
LEAKY_TESTS = {
    "test_writes0/leaky.log": """\
from tests.left_behind import SECRETS
def test_writes(tmp_path):
    (tmp_path / "leaky.log").write_text(f"so {SECRETS[0]} it is")
""",
    "of_a_module0/leaky.log": """\
import pytest
from tests.left_behind import SECRETS
@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    directory = tmp_path_factory.mktemp("of_a_module")
    yield
    (directory / "leaky.log").write_text(f"so {SECRETS[0]} it is")
def test_writes_in_the_end(stack):
    pass
""",
    "test_2.py::test_prints, Captured stdout call": """\
from tests.left_behind import SECRETS
def test_prints():
    print(f"so {SECRETS[0]} it is")
""",
    "test_3.py::test_logs, Captured log teardown": """\
import logging
import pytest
from tests.left_behind import SECRETS
@pytest.fixture
def stack():
    yield
    logging.warning("so %s it is", SECRETS[0])
def test_logs(stack):
    pass
""",
}
"""What is told of each, and a file of its own; with workers, no worker runs them all."""

on_workers_and_without = pytest.mark.parametrize(
    "options",
    [(), ("-n", "2", "--dist", "loadfile")],
    ids=["without workers", "on two workers"],
)


def run(directory: Path, tests: Iterable[str], options: tuple[str, ...]) -> tuple[int, str]:
    """A run of pytest with this suite's settings and hooks: its exit code and what it printed."""
    for number, test in enumerate(tests):
        (directory / f"test_{number}.py").write_text(test)
    # Its temporary files are inside of *this* test's, and may hold secrets no longer than it.
    base = directory / "base"
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-c", "setup.cfg", "--rootdir", str(directory),
            "-p", "tests.conftest", "-p", "no:cacheprovider", "--basetemp", str(base),
            *options, str(directory),
        ],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=RUN_SECONDS,
    )
    for file in base.rglob("leaky.log"):
        file.unlink()
    return done.returncode, done.stdout + done.stderr


@on_workers_and_without
def test_secrets_that_are_left_behind_fail_the_run(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    code, output = run(tmp_path, [*LEAKY_TESTS.values(), QUIET_TEST], options)

    assert pytest.ExitCode.TESTS_FAILED == code, output
    assert "5 passed" in output
    told = re.findall(rf"^(?:popen-gw\d/)?(.*): {SECRETS[0]}$", output, re.MULTILINE)
    assert sorted(LEAKY_TESTS) == sorted(told), output


@on_workers_and_without
def test_a_run_that_leaves_none_behind_passes(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, output = run(tmp_path, [QUIET_TEST, QUIET_TEST], options)

    assert pytest.ExitCode.OK == code, output
    assert FAILED not in output


def test_a_secret_in_a_file_is_found(tmp_path: Path) -> None:
    file = tmp_path / "some.log"
    for place in (0, PIECE_BYTES - 5, PIECE_BYTES + 10):
        file.write_bytes(b"x" * place + SECRETS[0].encode() + b"x" * 100)
        assert [SECRETS[0]] == sorted(set(leaks_in_file(file)))
    # Or it would be found.
    file.unlink()

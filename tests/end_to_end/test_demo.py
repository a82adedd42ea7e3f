"""`make demo`, as somebody would run it into a file."""

import subprocess
import sys

from tests.support.stack import REPOSITORY

DEADLINE_SECONDS = 90


def test_all_of_it_is_seen() -> None:
    demo = subprocess.run(
        [sys.executable, "-m", "tests.demo"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )

    assert (0, "") == (demo.returncode, demo.stderr), demo.stdout
    assert "✗" not in demo.stdout.partition("What was seen")[2]
    assert "All of it was seen." in demo.stdout

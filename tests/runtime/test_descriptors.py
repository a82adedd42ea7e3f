"""The limit of open files, in a process of its own."""

import subprocess
import sys

LOOK = """
import resource
from fixgw.runtime import descriptors, logs
logs.configure("info", "console")
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 128))
descriptors.raise_limit()
descriptors.raise_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def test_the_soft_limit_becomes_the_hard_one_and_the_log_says_so_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOK], capture_output=True, text=True, check=True, timeout=60
    )

    assert "(128, 128)" == done.stdout.strip()
    assert 1 == done.stderr.count("descriptor_limit_raised")
    assert "before=64" in done.stderr and "limit=128" in done.stderr

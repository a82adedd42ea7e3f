"""`fixgw sandbox finery` as a process."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.sandbox.finery_bench import SETTINGS


def test_it_says_where_it_listens_and_ends_when_told(tmp_path: Path) -> None:
    file = tmp_path / "finery.toml"
    file.write_text(SETTINGS)
    command = [sys.executable, "-m", "fixgw", "sandbox", "finery", "--config", str(file)]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("finery sandbox ready on http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert 0 == process.wait(20)


def test_settings_that_are_wrong_are_told_in_a_line(tmp_path: Path) -> None:
    file = tmp_path / "finery.toml"
    file.write_text("accounts = 1")
    command = [sys.executable, "-m", "fixgw", "sandbox", "finery", "--config", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert (1, "") == (done.returncode, done.stdout)
    assert str(file) in done.stderr and "Traceback" not in done.stderr

"""The sandbox as a process of its own: ready line, signals, exit codes."""

import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.sandbox.integral_bench import DEADLINE_SECONDS, SETTINGS

COMMAND = [sys.executable, "-m", "fixgw", "sandbox", "integral", "--port", "0", "--config"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_stops_on_a_signal(number, tmp_path: Path):
    config = tmp_path / "sandbox.toml"
    config.write_text(SETTINGS)
    with subprocess.Popen(
        [*COMMAND, str(config)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("integral sandbox ready on http://127.0.0.1:")
        url = line.rpartition(" ")[2].strip()
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{url}/v2/orders", timeout=DEADLINE_SECONDS)
        assert 401 == refused.value.code
        refused.value.close()
        process.send_signal(number)
        assert ("", "") == process.communicate(timeout=DEADLINE_SECONDS)
        assert 0 == process.returncode


def test_a_bad_file_ends_with_1(tmp_path: Path):
    done = subprocess.run(
        [*COMMAND, str(tmp_path / "absent.toml")], capture_output=True, text=True,
        timeout=DEADLINE_SECONDS,
    )
    assert (1, "") == (done.returncode, done.stdout)
    assert "absent.toml" in done.stderr and "Traceback" not in done.stderr

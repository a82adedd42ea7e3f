"""A sandbox and a gateway as real processes.

A Process is ready when it has printed its ready line; it is stopped, or killed with no chance to
say goodbye. Nothing here knows a venue.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

BUGS_MET = (
    "client_message_refused", "venue_word_refused", "report_not_written", "session_time_refused",
    "order_step_refused", "venue_commands_lost",
)
"""Lines of the log on bugs that a gateway goes on after, and a test does not."""

REPOSITORY = Path(__file__).resolve().parents[2]

READY_SECONDS = 60.0
STOP_SECONDS = 20.0
DEADLINE_SECONDS = 40.0
POLL_SECONDS = 0.01
KILLED = -signal.SIGKILL

# What `make` may export for tests would make asyncio several times slower.
NOT_INHERITED = frozenset({"PYTHONASYNCIODEBUG", "PYTHONDEVMODE", "PYTHONWARNINGS"})


def wait_until(
    condition: Callable[[], bool], what: str, seconds: float = DEADLINE_SECONDS
) -> None:
    """Look at something that cannot notify, again and again until it holds or time is up."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{seconds:g} s gone without: {what}")
        time.sleep(POLL_SECONDS)


class Process:
    """`python -m fixgw …`: started and ended as often as you like; its output is kept.

    *command* is another `fixgw`, which then sees nothing of this repository.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        ready: str,
        log: Path,
        *,
        command: Sequence[str] = (),
        directory: Path = REPOSITORY,
    ) -> None:
        self.name = name
        self.log = log
        self._not_inherited = NOT_INHERITED | ({"PYTHONPATH"} if command else set())
        self._command = list(command or (sys.executable, "-u", "-m", "fixgw"))
        self._directory = directory
        self._arguments = list(arguments)
        self._ready = ready
        self._popen: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._changed = threading.Condition()
        self._lines: list[str] = []
        self._ended = True

    def launch(self) -> None:
        """Start it, and come back at once."""
        assert self._popen is None, f"{self.name} runs already"
        environment = {k: v for k, v in os.environ.items() if k not in self._not_inherited}
        self._lines, self._ended = [], False
        self._popen = subprocess.Popen(
            [*self._command, *self._arguments],
            cwd=self._directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C is for whoever started this; it ends the processes in good order.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._popen is not None and self._popen.stdout is not None
        with self.log.open("a") as log, self._popen.stdout as output:
            for line in output:
                log.write(line)
                log.flush()
                with self._changed:
                    self._lines.append(line.rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_ready(self) -> None:
        """Return when it has printed its ready line."""
        self.wait_for_line(self._ready, READY_SECONDS)

    def wait_for_line(self, text: str, seconds: float = DEADLINE_SECONDS) -> str:
        """The first line since its start that has *text* in it."""
        def look() -> bool:
            return self._ended or any(text in line for line in self._lines)

        with self._changed:
            self._changed.wait_for(look, seconds)
            for line in self._lines:
                if text in line:
                    return line
            said = "ended" if self._ended else f"did not end, and has not said {text!r}"
        raise AssertionError(f"the {self.name} {said}:\n{self.output()}")

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.launch()
        self.wait_ready()

    def stop(self) -> int:
        """End it as an operator would (SIGTERM); returns its exit code."""
        if self._popen is not None and self._popen.poll() is None:
            self._popen.terminate()
        return self.wait()

    def kill(self) -> None:
        """kill -9."""
        assert self._popen is not None, f"{self.name} does not run"
        self._popen.kill()
        self.wait()

    def wait(self) -> int:
        """Wait for its end; returns its exit code, negative if a signal ended it."""
        popen, reader = self._popen, self._reader
        assert popen is not None and reader is not None, f"{self.name} does not run"
        try:
            code = popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()
            raise AssertionError(f"{self.name} does not end:\n{self.output()}") from None
        reader.join(STOP_SECONDS)
        self._popen = None
        met = [line for line in self._lines if any(each in line for each in BUGS_MET)]
        assert not met, f"{self.name} has met a bug, and went on:\n{self.output()}"
        return code

    def close(self) -> None:
        """Make sure it does not run any more."""
        if self._popen is not None:
            try:
                self.stop()
            finally:
                self._popen = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._popen is not None, f"{self.name} does not run"
        return self._popen.pid

    @property
    def running(self) -> bool:
        """Whether it does."""
        return self._popen is not None and self._popen.poll() is None

    def output(self) -> str:
        """What it has printed since its last start."""
        with self._changed:
            return "\n".join(self._lines)


class Pair:
    """A venue's sandbox and a gateway that trades with it, both not started; logs in *directory*.

    *config* and *venue_port* are the sandbox's, *sessions* the gateway's directory of settings.
    """

    def __init__(
        self, directory: Path, sessions: Path, venue: str, config: Path, venue_port: int
    ) -> None:
        self.directory = directory
        self.sessions = sessions
        self.sandbox = Process(
            "sandbox",
            ["sandbox", venue, "--config", str(config), "--port", str(venue_port)],
            f"{venue} sandbox ready on",
            directory / "sandbox.log",
        )
        self.gateway = self.another_gateway("gateway")

    def another_gateway(self, name: str) -> Process:
        """One more process on the same settings and the same journal, not started."""
        arguments = ["run", "--sessions", str(self.sessions)]
        log = self.directory / f"{name}.log"
        return Process(name, arguments, "fixgw is ready", log)

    def __enter__(self) -> Self:
        try:
            self.sandbox.start()
            self.gateway.start()
            self.wait_connected()
        except BaseException:
            self.close()
            raise
        return self

    def wait_connected(self) -> None:
        """What to wait for once the gateway listens: nothing, unless a venue needs it."""

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what runs: the gateway first."""
        try:
            self.gateway.close()
        finally:
            self.sandbox.close()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`fixgw …` with these sessions, as it ended."""
        return subprocess.run(
            [sys.executable, "-m", "fixgw", *arguments, "--sessions", str(self.sessions)],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=READY_SECONDS,
        )

    def command(self, *arguments: str, code: int = 0) -> list[Any]:
        """What `fixgw … --sessions … --json` prints, line by line, when it ends with *code*."""
        done = self.run(*arguments, "--json")
        assert done.returncode == code, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def output(self) -> str:
        """What both processes have said since the directory was made, for a failed test."""
        texts = [
            f"--- {file.name}\n{file.read_text(errors='replace')}"
            for file in sorted(self.directory.glob("*.log"))
        ]
        return "\n".join(texts)

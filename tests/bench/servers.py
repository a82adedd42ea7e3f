"""The processes under test: started in a directory of their own, ready or an error, ended.

`gateway_settings` is the only place that knows what the gateway's settings look like.
"""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from tests.support.ports import free_port

from . import venue
from .load import RunFailed
from .messages import SECURITY_EXCHANGE

REPOSITORY = Path(__file__).resolve().parents[2]
READY_SECONDS = 20
STOP_SECONDS = 10
POLL_SECONDS = 0.05
# What `make` exports for the tests would make asyncio several times slower.
NOT_INHERITED = {"PYTHONASYNCIODEBUG", "PYTHONDEVMODE", "PYTHONWARNINGS", "PYTHONTRACEMALLOC"}

GATEWAY_TOML = """\
[gateway]
dictionaries = "{repository}/dictionaries"

[listener]
port = {port}

[journal]
path = "journal"

[venues.apifiny]
adapter = "apifiny"
order_entry = "websocket"
requests_per_second = 0

[venues.apifiny.exchanges.{exchange}]
rest_url = "http://127.0.0.1:{venue_port}/ac/v2/{exchange}"
stream_url = "ws://127.0.0.1:{venue_port}/ac/ws/v2/{exchange}/order"
orders_url = "ws://127.0.0.1:{venue_port}/ws/stream"

[venues.apifiny.accounts.STA-00000001]
key_id = "bench"
secret = {{ env = "FIXGW_BENCH_SECRET" }}
"""

# The echo answers an order with one report, so the gateway is asked for one as well: the New
# that follows the venue's answer, and no Pending New before it.
BENCH_CFG = """\
[SESSION]
ConnectionType=acceptor
BeginString=FIX.4.4
SenderCompID=FIXGW
TargetCompID=BENCH
NonStopSession=Y
PendingReports=N
Venues=apifiny
Accounts=STA-00000001
"""


def gateway_settings(port: int, venue_port: int, directory: Path) -> dict[str, str]:
    """Write the gateway's settings into *directory*; what must be in its environment is returned.

    Journal and validation are on, as they are by default.
    """
    names = {
        "repository": REPOSITORY,
        "port": port,
        "venue_port": venue_port,
        "exchange": SECURITY_EXCHANGE,
    }
    (directory / "gateway.toml").write_text(GATEWAY_TOML.format(**names))
    (directory / "bench.cfg").write_text(BENCH_CFG)
    return {"FIXGW_BENCH_SECRET": "not-a-secret-bench"}


class Server(AbstractContextManager["Server"]):
    """One process, its port and what it printed."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        *,
        port: int,
        directory: Path,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.name, self.port = name, port
        self._log = directory / f"{name}.log"
        inherited = {k: v for k, v in os.environ.items() if k not in NOT_INHERITED}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=REPOSITORY,
                env=inherited | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Server:
        try:
            self.wait_until(self._listens, f"listens on port {self.port}")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Return once *condition* holds; raise with the process's output if it does not."""
        deadline = time.monotonic() + READY_SECONDS
        while not condition():
            code = self._process.poll()
            if code is not None:
                raise RunFailed(f"{self.name} ended with {code}:\n{self.output()}")
            if time.monotonic() > deadline:
                late = f"{READY_SECONDS} s gone before {self.name} {what}"
                raise RunFailed(f"{late}:\n{self.output()}")
            time.sleep(POLL_SECONDS)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def output(self) -> str:
        """What the process has printed so far."""
        return self._log.read_text(errors="replace")

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        # After the name in brackets; utime and stime are fields 14 and 15 of proc(5).
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """The memory it has now, in MB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def limit_descriptors(self, number: int) -> None:
        """Let it have so many open, soft and hard."""
        resource.prlimit(self._process.pid, resource.RLIMIT_NOFILE, (number, number))

    def stop(self) -> None:
        """End the process, gently first."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def module(name: str, directory: Path, *options: str) -> Server:
    """A process of this package."""
    port = free_port()
    arguments = ["-m", f"tests.bench.{name}", "--port", str(port), *options]
    return Server(name, arguments, port=port, directory=directory)


def gateway(venue_port: int, directory: Path, profile: Path | None) -> Server:
    """The gateway, with fresh settings and an empty journal in *directory*."""
    port = free_port()
    environment = gateway_settings(port, venue_port, directory)
    arguments = ["-m", "fixgw", "run", "--sessions", str(directory)]
    if profile is not None:
        arguments = ["-m", "cProfile", "-o", str(profile.resolve()), *arguments]
    return Server(
        "gateway", arguments, port=port, directory=directory, environment=environment
    )


def wait_until_ready(gateway: Server) -> None:
    """Until it takes orders."""
    gateway.wait_until(lambda: "fixgw is ready" in gateway.output(), "is ready")


def wait_for_trading_stream(stub: Server) -> None:
    """Until the gateway has logged on to the stub venue."""
    stub.wait_until(lambda: venue.AUTHENTICATED in stub.output(), "was logged on to")

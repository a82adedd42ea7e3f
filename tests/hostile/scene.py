"""A gateway that is attacked, a client that trades meanwhile, and what both looked like."""

from __future__ import annotations

import multiprocessing
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import quantiles
from types import TracebackType

from fixgw.acceptor.auth.password import hashed
from tests.bench.load import Client, RunFailed
from tests.bench.servers import Server, free_port, gateway_settings, module, wait_for_trading_stream

from .attacks import ATTACKER, GUARDED, LIMITED, Attack, Target, be_nice
from .insiders import MANY, PREPARATIONS
from .outsiders import PASSWORD

ORDERS_PER_SECOND = 200
WARM_UP_ORDERS = 500
LOOK_SECONDS = 0.1
OPEN_ORDERS = 10_000
LONGEST_SECONDS = 180.0
STOP_SECONDS = 20.0
REPLY_SECONDS = 20.0

CONNECTIONS = "[limits]\nmax_connections = 500\nmax_unauthenticated_connections = 200\n"

DESCRIPTORS = 1_024
"""What the gateway may have open, as most systems start a process: its caps must do with it."""

ASMLINK = """
[venues.asmlink]
adapter = "asmlink"
environment = "sandbox"
api_key = {{ env = "FIXGW_HOSTILE_KEY" }}
accounts = ["CORP-ENT-0042"]
record = "told.sqlite"
rest_url = "http://127.0.0.1:{nobody}/v2"
stream_url = "ws://127.0.0.1:{nobody}/v2/executions"
[[venues.asmlink.instruments]]
symbol = "EURUSD"
base = "EUR"
quote = "USD"
tick = 0.00001
step = 1000
[venues.asmlink.webhooks]
url = "http://127.0.0.1:{port}/hooks/cm"
secret = {{ env = "FIXGW_HOSTILE_HOOK" }}
port = {port}
register = "never"
"""
"""A venue that nobody is at: its port for webhooks is open all the same."""

CLIENTS = {
    ATTACKER: "",
    MANY: "",
    LIMITED: "MaxMessagesPerSecond=500\nMaxMessagesRejected=1000\n",
    GUARDED: f"Username=mallory\nPasswordHash={hashed(PASSWORD)}\n",
}
"""TargetCompIDs beside the trading client's, and lines for their .cfg."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What the trading client and the gateway's memory were like; times in microseconds."""

    label: str
    done: int
    """What the attack counts, by its end."""
    orders: int
    p50_us: float
    p99_us: float
    memory_mb: float
    """The gateway's largest resident size."""
    grown_mb: float
    """By how much that is more than just before."""


class TlsClient(Client):
    """The trading client, over TLS."""

    def __init__(self, port: int, certificate: Path) -> None:
        super().__init__(port)
        self._socket.settimeout(REPLY_SECONDS)
        context = ssl.create_default_context(cafile=certificate)
        self._socket = context.wrap_socket(self._socket, server_hostname="localhost")


class Scene(AbstractContextManager["Scene"]):
    """Everything that runs, in *directory*."""

    def __init__(self, directory: Path, *, tls: bool, open_orders: int = OPEN_ORDERS) -> None:
        """*open_orders*: of a client that has many."""
        self._directory = directory
        self._open_orders = open_orders
        self._tls = tls
        self._stack = ExitStack()
        self._quiet: list[int] = []

    def __enter__(self) -> Scene:
        with ExitStack() as stack:
            venue = stack.enter_context(module("venue", self._directory))
            self.port = free_port()
            environment = self._settings(venue.port)
            self.gateway = stack.enter_context(
                Server(
                    "gateway", ["-m", "fixgw", "run", "--sessions", str(self._directory)],
                    port=self.port, directory=self._directory, environment=environment,
                )
            )
            wait_for_trading_stream(venue)
            self.gateway.limit_descriptors(DESCRIPTORS)
            self._client = self._connect()
            stack.callback(self._client.close)
            self._client.log_on()
            self._client.wait_until_orders_are_taken()
            self._stack = stack.pop_all()
        for _ in range(WARM_UP_ORDERS):
            self._round_trip()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _settings(self, venue_port: int) -> dict[str, str]:
        directory = self._directory
        environment = gateway_settings(self.port, venue_port, directory)
        toml = (directory / "gateway.toml").read_text() + CONNECTIONS
        self.webhook_port = free_port()
        toml += ASMLINK.format(port=self.webhook_port, nobody=free_port())
        if self._tls:
            _make_certificate(directory)
            toml += '[listener.tls]\ncertificate = "certificate.pem"\nkey = "key.pem"\n'
        (directory / "gateway.toml").write_text(toml)
        like = (directory / "bench.cfg").read_text()
        for comp_id, more in CLIENTS.items():
            name = comp_id.decode()
            (directory / f"{name}.cfg").write_text(like.replace("BENCH", name) + more)
        return environment | {
            "FIXGW_HOSTILE_KEY": "cm_test_of_no_value", "FIXGW_HOSTILE_HOOK": "of-no-value-either",
        }

    def _connect(self) -> Client:
        if self._tls:
            return TlsClient(self.port, self._directory / "certificate.pem")
        return Client(self.port)

    # ------------------------------------------------------------------ what is measured

    def rest(self, seconds: float) -> None:
        """Let the client trade alone; what it meets is added to what `quiet` tells."""
        self._quiet += self._trade(time.monotonic() + seconds, None, 0)

    def quiet(self, label: str) -> Figures:
        """The client alone, all times of rest together."""
        return _figures(label, 0, self._quiet, [self.gateway.resident_mb()])

    def under(
        self, label: str, attack: Attack, seconds: float, least: int = 0, orders: int = 0
    ) -> Figures:
        """The client while *attack* goes on: so long, and until it has counted *least*.

        And until the client has traded *orders*, however slow the machine is.
        """
        context = multiprocessing.get_context("spawn")
        stop, done = context.Event(), context.Value("Q", 0, lock=False)
        target = Target(self.port, done, self._open_orders, self.webhook_port)
        ready = context.Event()
        process = context.Process(target=_run, args=(attack, target, stop, ready), daemon=True)
        process.start()
        try:
            while not ready.is_set():
                if not process.is_alive():
                    raise RunFailed(f"{label}: the attack did not begin")
                self._trade(time.monotonic() + LOOK_SECONDS, None, 0)
            with self._memory() as sizes:
                took = self._trade(time.monotonic() + seconds, target, least, orders)
            return _figures(label, target.done.value, took, sizes)
        finally:
            stop.set()
            process.join(STOP_SECONDS)
            process.kill()

    def _trade(
        self, until: float, target: Target | None, least: int, orders: int = 0
    ) -> list[int]:
        """Nanoseconds of each round trip."""
        took: list[int] = []
        due = time.monotonic()
        latest = due + LONGEST_SECONDS
        while True:
            now = time.monotonic()
            enough = len(took) >= orders and (not target or target.done.value >= least)
            if now > latest or (now > until and enough):
                return took
            if now < due:
                time.sleep(due - now)
            due += 1 / ORDERS_PER_SECOND
            took.append(self._round_trip())

    def _round_trip(self) -> int:
        """Nanoseconds from the send of an order to its acceptance."""
        client = self._client
        order = client.render(1)
        began = time.perf_counter_ns()
        client.send(order.data)
        while not client.accepted(client.receive()):
            pass
        return time.perf_counter_ns() - began

    @contextmanager
    def _memory(self) -> Iterator[list[float]]:
        """The gateway's resident size in MB, looked at again and again."""
        sizes, over = [self.gateway.resident_mb()], threading.Event()

        def look() -> None:
            while not over.wait(LOOK_SECONDS):
                sizes.append(self.gateway.resident_mb())

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield sizes
        finally:
            over.set()
            thread.join()


def _figures(label: str, done: int, took: list[int], sizes: list[float]) -> Figures:
    hundredths = quantiles(took, n=100)
    return Figures(
        label=label, done=done, orders=len(took),
        p50_us=hundredths[49] / 1e3, p99_us=hundredths[98] / 1e3,
        memory_mb=max(sizes), grown_mb=max(sizes) - sizes[0],
    )


def _run(attack: Attack, target: Target, stop: object, ready: Event) -> None:
    be_nice()
    if attack in PREPARATIONS:
        PREPARATIONS[attack](target)
    ready.set()
    attack(target, stop)  # type: ignore[arg-type]


def _make_certificate(directory: Path) -> None:
    """One that signs itself, for this test alone."""
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
            "-keyout", "key.pem", "-out", "certificate.pem",
        ],
        cwd=directory, check=True, capture_output=True,
    )
    os.chmod(directory / "key.pem", 0o600)

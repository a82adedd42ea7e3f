"""Start a sandbox, say where it listens, stop it: for programs and for the command line.

It prints one line once it is ready, so that whoever started it can wait for that line, and
nothing else on standard output. It knows no venue.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import uvloop
from aiohttp import web

from fixgw.sandbox.settings_file import SettingsError

# The time that requests hanging by a scripted fault may delay the end.
SHUTDOWN_SECONDS = 0.5
EXIT_OK = 0
EXIT_FAILED = 1


Clock = Callable[[], int]
"""The time, Unix milliseconds."""


def wall_clock() -> int:
    """Milliseconds since 1970, the venue's time."""
    return time.time_ns() // 1_000_000


class Routes(Protocol):
    """Something that answers requests."""

    def add_routes(self, app: web.Application) -> None:
        """Say which."""


SettingsT = TypeVar("SettingsT")
ServerT = TypeVar("ServerT", bound=Routes)


class Runner(Generic[ServerT]):
    """A sandbox that listens. *url* has the real port, also where port 0 was asked for."""

    def __init__(self, runner: web.AppRunner, server: ServerT, host: str) -> None:
        self.server = server
        self.host = host
        self.port: int = runner.addresses[0][1]
        self.url = f"http://{host}:{self.port}"
        self._runner = runner

    async def close(self) -> None:
        """Close all sockets and stop listening."""
        await self._runner.cleanup()

    def cut(self) -> int:
        """Lose every connection there is, without a word; how many they were."""
        server = self._runner.server
        assert server is not None, "it listens"
        transports = [one.transport for one in server.connections]
        for transport in transports:
            if transport is not None:
                transport.abort()
        return len(transports)


class Sandbox(Generic[SettingsT, ServerT]):
    """One venue's sandbox: its settings file, its server, and its operator's surface."""

    def __init__(
        self,
        name: str,
        load: Callable[[Path], SettingsT],
        server: Callable[[SettingsT, Clock], ServerT],
        operator: Callable[[ServerT], Routes],
    ) -> None:
        self._name = name
        self._load = load
        self._server = server
        self._operator = operator

    async def serve(
        self,
        settings: SettingsT,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock = wall_clock,
    ) -> Runner[ServerT]:
        """Listen, and return once connections are taken. *clock* is the venue's."""
        server = self._server(settings, clock)
        app = web.Application()
        server.add_routes(app)
        self._operator(server).add_routes(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            await runner.cleanup()
            raise
        return Runner(runner, server, host)

    def run(self, config: Path, host: str, port: int) -> int:
        """The command line's way in; returns the exit code."""
        try:
            uvloop.run(self._until_stopped(config, host, port))
        except (SettingsError, OSError) as error:
            print(f"{self._name} sandbox: {error}", file=sys.stderr)
            return EXIT_FAILED
        return EXIT_OK

    async def _until_stopped(self, config: Path, host: str, port: int) -> None:
        """Serve until SIGINT or SIGTERM."""
        settings = self._load(config)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        runner = await self.serve(settings, host, port)
        try:
            print(f"{self._name} sandbox ready on {runner.url}", flush=True)
            await stop.wait()
        finally:
            await runner.close()

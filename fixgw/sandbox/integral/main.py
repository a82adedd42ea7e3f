"""Start the sandbox, say where it listens, stop it: for programs and for the command line.

It prints one line once it is ready, so that whoever started it can wait for that line, and
nothing else on standard output.
"""

import asyncio
import signal
import sys
from pathlib import Path

import uvloop
from aiohttp import web

from fixgw.sandbox.integral.config import Settings, SettingsError, load
from fixgw.sandbox.integral.operator_api import Operator
from fixgw.sandbox.integral.server import Server

# How long requests that hang by a scripted fault may hold up the end.
SHUTDOWN_SECONDS = 0.5
EXIT_OK = 0
EXIT_FAILED = 1


class Runner:
    """A sandbox that listens. *url* has the real port, also where port 0 was asked for."""

    def __init__(self, runner: web.AppRunner, server: Server, host: str) -> None:
        self.server = server
        self.host = host
        self.port: int = runner.addresses[0][1]
        self.url = f"http://{host}:{self.port}"
        self._runner = runner

    async def close(self) -> None:
        """Close all sockets and stop listening."""
        await self._runner.cleanup()


async def serve(settings: Settings, host: str = "127.0.0.1", port: int = 0) -> Runner:
    """Listen, and return once connections are taken."""
    server = Server(settings)
    app = web.Application()
    server.add_routes(app)
    Operator(server).add_routes(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return Runner(runner, server, host)


async def main_run(config: Path, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    settings = load(config)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    runner = await serve(settings, host, port)
    try:
        print(f"integral sandbox ready on {runner.url}", flush=True)
        await stop.wait()
    finally:
        await runner.close()


def run(config: Path, host: str, port: int) -> int:
    """The command line's way in; returns the exit code."""
    try:
        uvloop.run(main_run(config, host, port))
    except (SettingsError, OSError) as error:
        print(f"integral sandbox: {error}", file=sys.stderr)
        return EXIT_FAILED
    return EXIT_OK

"""The sandbox as a process of its own: ready line, signals, exit codes."""

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import aiohttp
import pytest

from tests.sandbox.broctagon_bench import SETTINGS

DEADLINE_SECONDS = 5.0
CODE = (
    "import sys; from pathlib import Path; from fixgw.sandbox.broctagon import run;"
    "sys.exit(run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))"
)


async def start(config: Path, port: int = 0) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", CODE, str(config), "127.0.0.1", str(port), stdout=PIPE, stderr=PIPE
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    # Where tests keep what holds keys.
    file = tmp_path / "secrets" / "sandbox.toml"
    file.parent.mkdir()
    file.write_text(SETTINGS)
    return file


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_stops_on_a_signal(
    number: signal.Signals, config: Path
) -> None:
    async def scenario() -> None:
        process = await start(config)
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        assert line.startswith("broctagon sandbox ready on http://127.0.0.1:")
        url = line.rpartition(" ")[2].strip()
        async with aiohttp.ClientSession() as http, http.get(f"{url}/public/v1/users") as reply:
            assert 403 == reply.status
        process.send_signal(number)
        rest, errors = await process.communicate()
        assert (0, b"", b"") == (process.returncode, rest, errors)

    asyncio.run(asyncio.wait_for(scenario(), 4 * DEADLINE_SECONDS))


def test_a_bad_file_and_a_taken_port_end_with_1(config: Path) -> None:
    async def scenario(taken: int) -> None:
        for file, port, text in (
            (Path("/nowhere/absent.toml"), 0, b"absent.toml"),
            (config, taken, b"in use"),
        ):
            process = await start(file, port)
            out, errors = await process.communicate()
            assert (1, b"") == (process.returncode, out)
            assert text in errors and b"Traceback" not in errors

    with socket.create_server(("127.0.0.1", 0)) as blocker:
        port = blocker.getsockname()[1]
        asyncio.run(asyncio.wait_for(scenario(port), 4 * DEADLINE_SECONDS))

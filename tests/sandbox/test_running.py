"""Every sandbox as a process of its own: its ready line, signals, exit codes."""

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest

from tests.sandbox import (
    apifiny_bench,
    asmlink_bench,
    broctagon_bench,
    finery_bench,
    integral_bench,
)

DEADLINE_SECONDS = 80.0


class Kind(NamedTuple):
    """A sandbox, and how it answers a request that nobody signed."""

    name: str
    settings: str
    method: str
    path: str
    status: int


KINDS = [
    Kind("apifiny", apifiny_bench.DEMO.read_text(),
         "GET", "/ac/v2/VENUE1/utils/currentTimeMillis", 200),
    Kind("asmlink", asmlink_bench.SETTINGS, "POST", "/v2/order/route", 401),
    Kind("broctagon", broctagon_bench.SETTINGS, "GET", "/public/v1/users", 403),
    Kind("finery", finery_bench.SETTINGS, "POST", "/api/add", 400),
    Kind("integral", integral_bench.SETTINGS, "GET", "/v2/orders", 401),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    # Where tests keep what holds keys.
    file = tmp_path / "secrets" / "sandbox.toml"
    file.parent.mkdir()
    return file


async def start(kind: Kind, config: Path, port: int = 0) -> Process:
    arguments = ["sandbox", kind.name, "--config", str(config), "--port", str(port)]
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fixgw", *arguments, stdout=PIPE, stderr=PIPE
    )


async def fails(kind: Kind, config: Path, port: int = 0) -> str:
    """Start it, and see it end with 1; what it said of that, which is no bug of ours."""
    process = await start(kind, config, port)
    out, errors = await process.communicate()
    assert (1, b"") == (process.returncode, out)
    assert b"Traceback" not in errors
    return errors.decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_stops_on_a_signal(
    kind: Kind, number: signal.Signals, config: Path
) -> None:
    config.write_text(kind.settings)

    async def scenario() -> None:
        process = await start(kind, config)
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        assert line.startswith(f"{kind.name} sandbox ready on http://127.0.0.1:")
        url = line.rpartition(" ")[2].strip()
        async with (
            aiohttp.ClientSession() as http,
            http.request(kind.method, f"{url}{kind.path}") as reply,
        ):
            assert kind.status == reply.status
        process.send_signal(number)
        rest, errors = await process.communicate()
        assert (0, b"", b"") == (process.returncode, rest, errors)

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_SECONDS))


def test_a_bad_file_and_a_taken_port_end_with_1(kind: Kind, config: Path) -> None:
    absent, wrong = config.with_name("absent.toml"), config.with_name("wrong.toml")
    config.write_text(kind.settings)
    wrong.write_text("accounts = 1")

    async def scenario(taken: int) -> None:
        assert "absent.toml" in await fails(kind, absent)
        assert str(wrong) in await fails(kind, wrong)
        assert "in use" in await fails(kind, config, taken)

    with socket.create_server(("127.0.0.1", 0)) as blocker:
        port = blocker.getsockname()[1]
        asyncio.run(asyncio.wait_for(scenario(port), DEADLINE_SECONDS))

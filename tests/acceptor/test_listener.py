"""The listening socket: its address, how many it lets in, and how long they may be silent."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fixgw.acceptor.listener import Acceptor, CannotListen
from fixgw.runtime.gateway_toml import Limits, Listener
from tests.acceptor.test_connection import Gateway, play
from tests.app.bench import connect, running, until


@asynccontextmanager
async def listening(**limits: int) -> AsyncIterator[tuple[Acceptor, Gateway]]:
    host = Gateway()
    acceptor = Acceptor(Listener(port=0), Limits(**limits), host)
    await acceptor.start()
    yield acceptor, host
    acceptor.stop_accepting()
    acceptor.abort_all()
    await until(lambda: not acceptor.connections)


def test_a_port_that_is_taken() -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(CannotListen) as raised:
                await Acceptor(Listener(port=port), Limits(), Gateway()).start()
        assert (
            f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another "
            "[listener] host or port in gateway.toml, or stop what uses it"
        ) == str(raised.value)

    play(scenario())


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_a_host_that_is_not_ours(host: str) -> None:
    async def scenario() -> None:
        with pytest.raises(CannotListen, match=f"cannot listen on {host}:0: .*; choose another"):
            await Acceptor(Listener(host=host, port=0), Limits(), Gateway()).start()

    play(scenario())


def test_one_connection_too_many() -> None:
    async def scenario() -> None:
        async with listening(max_connections=2) as (acceptor, host):
            first, second = await connect(acceptor.port), await connect(acceptor.port)
            await until(lambda: len(acceptor.connections) == 2)
            third = await connect(acceptor.port)

            await third.expect_end()
            assert 2 == len(host.connections) == len(acceptor.connections)

            # There is room again when one has gone.
            first.close()
            await until(lambda: len(acceptor.connections) == 1)
            await connect(acceptor.port)
            await until(lambda: len(acceptor.connections) == 2)
            second.close()

    play(scenario())


def test_who_says_nothing_is_closed() -> None:
    async def scenario() -> None:
        async with listening(logon_timeout_seconds=1) as (acceptor, host):
            client = await connect(acceptor.port)

            await client.expect_end()
            assert ["no Logon in time"] == host.reasons

    play(scenario())


def test_who_has_logged_on_may_be_silent(tmp_path: Path) -> None:
    async def scenario() -> None:
        tables = "[limits]\nlogon_timeout_seconds = 1\n"
        async with running(tmp_path, tables=tables) as gateway:
            client: Any = await gateway.client()
            await client.log_on()
            silent = await gateway.client()

            # The later one's time is up, and so is the earlier one's.
            await silent.expect_end()
            await client.send("35=1|112=HELLO")
            await client.expect("35=0|112=HELLO")

    play(scenario())


def test_the_end_closes_everything() -> None:
    async def scenario() -> None:
        async with listening() as (acceptor, host):
            client = await connect(acceptor.port)
            await until(lambda: acceptor.connections)
            acceptor.stop_accepting()
            acceptor.abort_all()

            await client.expect_end()
            assert ["the gateway stops"] == host.reasons
            with pytest.raises(OSError):
                await connect(acceptor.port)
            await asyncio.sleep(0)

    play(scenario())

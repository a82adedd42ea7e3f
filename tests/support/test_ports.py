"""Ports that are held for servers to come."""

import asyncio
import socket

import pytest

from tests.support.ports import HELD_MAX, free_port

MANY = 1_000


def test_nobody_listens_until_the_server_does_and_again_when_it_is_dead() -> None:
    async def scenario() -> None:
        port = free_port()
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port))
            server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port)
            socket.create_connection(("127.0.0.1", port)).close()
            server.close()
            await server.wait_closed()

    asyncio.run(scenario())


def test_the_system_gives_it_to_nobody_else() -> None:
    held = {free_port() for _ in range(HELD_MAX)}
    others = set()
    with socket.create_server(("127.0.0.1", 0), backlog=MANY) as listener:
        sockets = []
        for _ in range(MANY):
            bound = socket.socket()
            bound.bind(("127.0.0.1", 0))
            sockets += [bound, socket.create_connection(listener.getsockname())]
        for each in sockets:
            others.add(each.getsockname()[1])
            each.close()

    assert HELD_MAX == len(held)
    assert set() == held & others

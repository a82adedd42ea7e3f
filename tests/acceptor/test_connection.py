"""One socket: whole messages in, bytes out, and limits on both ways."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop

from fixgw.acceptor import connection
from fixgw.acceptor.connection import (
    INBOX_BYTES_MAX,
    INBOX_MESSAGES_MAX,
    READ_BYTES,
    Connection,
    ListenerTerms,
)
from fixgw.acceptor.proxy_protocol import Networks
from fixgw.acceptor.tls import Tls
from fixgw.runtime.gateway_toml import Limits
from tests.support.fixtext import fix

DEADLINE_SECONDS = 30.0
MESSAGE_BYTES_MAX = 65_536
BUFFER_BYTES = 100_000

LOGON = fix("8=FIX.4.4|35=A|34=1|49=C|56=G|98=0|108=30|")
HEARTBEAT = fix("8=FIX.4.4|35=0|34=1|49=C|56=G|")
LARGE = fix(f"8=FIX.4.4|35=B|34=1|49=C|56=G|58={'x' * 60_000}|")


class Gateway:
    """What a connection tells, and nothing done about it."""

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.arrivals = 0
        self.reasons: list[str] = []
        self.refusal = ""

    def arrived(self, connection: Connection) -> None:
        self.arrivals += 1

    def opened(self, connection: Connection) -> str:
        self.connections.append(connection)
        return self.refusal

    def addressed(self, connection: Connection) -> str:
        return self.refusal

    def shakes_hands(self, connection: Connection) -> None:
        connection.handshake()

    def admitted(self, connection: Connection) -> None:
        pass

    def lost(self, connection: Connection, reason: str) -> None:
        self.reasons.append(reason)


class Wire:
    """A connection, and the client's socket."""

    def __init__(self, gateway: Gateway, client: socket.socket) -> None:
        self.gateway = gateway
        self.client = client

    @property
    def connection(self) -> Connection:
        return self.gateway.connections[0]

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not condition():
                await asyncio.sleep(0.001)

    async def send(self, data: bytes) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await asyncio.get_running_loop().sock_sendall(self.client, data)

    async def send_until_stuck(self, data: bytes) -> int:
        """Send *data* until the connection reads no more and the kernel's buffers are full; return
        how often all of it was sent."""
        sent, loop = 0, asyncio.get_running_loop()
        while True:
            sending = asyncio.ensure_future(loop.sock_sendall(self.client, data))
            while not (await asyncio.wait([sending], timeout=0.2))[0]:
                if not self.connection._reading:
                    sending.cancel()
                    return sent
            sent += 1

    async def read(self) -> bytes:
        """Everything up to the end."""
        data = b""
        async with asyncio.timeout(DEADLINE_SECONDS):
            try:
                while piece := await asyncio.get_running_loop().sock_recv(self.client, 65_536):
                    data += piece
            except ConnectionResetError:
                pass
        return data


@asynccontextmanager
async def knocking(
    refusal: str = "", tls: Tls | None = None, proxies: Networks = (), **limits: int
) -> AsyncIterator[Wire]:
    """A connection whose client was not let in."""
    gateway, loop = Gateway(), asyncio.get_running_loop()
    gateway.refusal = refusal
    given = {"max_message_bytes": MESSAGE_BYTES_MAX, "outbound_buffer_bytes": BUFFER_BYTES}
    terms = ListenerTerms(Limits(**given | limits), tls, proxies)
    server = await loop.create_server(lambda: Connection(gateway, terms), "127.0.0.1", 0)
    with socket.socket() as client:
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        await loop.sock_connect(client, server.sockets[0].getsockname())
        wire = Wire(gateway, client)
        try:
            await wire.until(lambda: gateway.connections)
            yield wire
        finally:
            server.close()
            for one in gateway.connections:
                one.abort("the test is over")
            await wire.until(lambda: gateway.reasons)


@asynccontextmanager
async def connected(**limits: int) -> AsyncIterator[Wire]:
    """A connection whose client has logged on."""
    async with knocking(**limits) as wire:
        await wire.send(LOGON)
        await wire.until(lambda: wire.gateway.arrivals)
        wire.connection.inbox.clear()
        wire.connection.processed()
        wire.connection.admitted()
        wire.gateway.arrivals = 0
        yield wire


def play(scenario: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scenario)


def test_whole_messages_arrive_however_they_are_cut() -> None:
    async def scenario() -> None:
        async with connected() as wire:
            await wire.send(HEARTBEAT + HEARTBEAT[:10])
            await wire.until(lambda: wire.gateway.arrivals == 1)
            assert [HEARTBEAT] == list(wire.connection.inbox)

            await wire.send(HEARTBEAT[10:])
            await wire.until(lambda: wire.gateway.arrivals == 2)
            assert [HEARTBEAT] * 2 == list(wire.connection.inbox)
            assert "127.0.0.1:%d" % wire.client.getsockname()[1] == wire.connection.peer

    play(scenario())


def test_nothing_is_read_from_a_message_that_is_too_long_on() -> None:
    async def scenario() -> None:
        async with connected() as wire:
            await wire.send(b"8=FIX.4.4\x019=65536\x0135=0\x01")
            await wire.until(lambda: wire.gateway.arrivals)
            await wire.send(HEARTBEAT)

            assert (
                "BodyLength(9) 65536 makes a message of 65561 bytes; the limit is 65536"
            ) == wire.connection.unreadable
            await asyncio.sleep(0.05)
            assert not wire.connection.inbox

    play(scenario())


def test_what_was_said_last_arrives_though_the_client_goes_on_talking() -> None:
    async def scenario() -> None:
        async with connected() as wire:
            wire.connection.write(LARGE)
            wire.connection.close("goodbye")
            for _ in range(50):
                await wire.send(HEARTBEAT)
                await asyncio.sleep(0.001)

            # Read the hard way: a reset of the connection would be raised here.
            loop, data = asyncio.get_running_loop(), b""
            while piece := await loop.sock_recv(wire.client, 65_536):
                data += piece
            assert LARGE == data
            assert not wire.connection.inbox
            wire.client.close()
            await wire.until(lambda: wire.gateway.reasons)
            assert ["goodbye"] == wire.gateway.reasons

    play(scenario())


@pytest.mark.parametrize(
    ("message", "messages_max"),
    [
        (HEARTBEAT, INBOX_MESSAGES_MAX + READ_BYTES // len(HEARTBEAT) + 1),
        (LARGE, INBOX_BYTES_MAX // len(LARGE) + 1),
    ],
)
def test_what_nobody_takes_is_not_read(message: bytes, messages_max: int) -> None:
    async def scenario() -> None:
        async with connected() as wire:
            batch = message * (65_536 // len(message))
            sent = await wire.send_until_stuck(batch)

            inbox = wire.connection.inbox
            assert messages_max // 2 < len(inbox) <= messages_max

            # A half-taken inbox is filled up again; in the end everything is there, once.
            taken = 0
            while taken < sent * (len(batch) // len(message)):
                await wire.until(lambda: inbox)
                taken += len(inbox)
                inbox.clear()
                wire.connection.processed()

    play(scenario())


def test_a_full_inbox_is_read_on_when_it_is_half_empty() -> None:
    async def scenario() -> None:
        async with connected() as wire:
            await wire.send_until_stuck(HEARTBEAT * 1_000)
            arrivals, inbox = wire.gateway.arrivals, wire.connection.inbox

            while len(inbox) > INBOX_MESSAGES_MAX // 2 + 1:
                inbox.popleft()
            wire.connection.processed()
            await asyncio.sleep(0)
            assert arrivals == wire.gateway.arrivals

            inbox.popleft()
            wire.connection.processed()
            await wire.until(lambda: wire.gateway.arrivals > arrivals)

    play(scenario())


def test_what_was_written_leaves_before_it_closes() -> None:
    async def scenario() -> None:
        async with connected() as wire:
            data = LARGE * 100
            wire.connection.write(data)
            wire.connection.close("goodbye")
            wire.connection.write(b"too late")

            assert data == await wire.read()
            wire.client.close()
            await wire.until(lambda: wire.gateway.reasons)
            assert ["goodbye"] == wire.gateway.reasons

    play(scenario())


def test_a_client_that_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CLOSE_SECONDS", 0.2)

    async def scenario() -> None:
        async with connected() as wire:
            for _ in range(200):
                wire.connection.write(LARGE)
            assert not wire.connection.writable
            wire.connection.close("goodbye")

            await wire.until(lambda: wire.gateway.reasons)
            assert ["goodbye"] == wire.gateway.reasons

    play(scenario())


def test_a_slow_reader_is_told_of_and_told_of_again() -> None:
    async def scenario() -> None:
        async with connected() as wire:
            written = 0
            while wire.connection.writable:
                wire.connection.write(LARGE)
                written += len(LARGE)
                await asyncio.sleep(0)
            assert 0 == wire.gateway.arrivals

            loop = asyncio.get_running_loop()
            while not wire.connection.writable:
                written -= len(await loop.sock_recv(wire.client, 65_536))
            assert 1 == wire.gateway.arrivals
            assert written > 0

    play(scenario())


def test_a_refused_connection_is_told_nothing() -> None:
    async def scenario() -> None:
        async with knocking("max_connections") as wire:
            assert b"" == await wire.read()
            assert ["max_connections"] == wire.gateway.reasons

    play(scenario())


@pytest.mark.parametrize("how", [socket.SHUT_WR, socket.SHUT_RDWR])
def test_a_client_that_ends_its_side_ends_the_connection(how: int) -> None:
    async def scenario() -> None:
        async with connected() as wire:
            wire.client.shutdown(how)

            await wire.until(lambda: wire.gateway.reasons)
            assert ["closed by the client"] == wire.gateway.reasons

    play(scenario())


def test_who_reads_nothing_for_too_long_is_cut_off() -> None:
    async def scenario() -> None:
        async with connected(slow_reader_seconds=1) as wire:
            while wire.connection.writable:
                wire.connection.write(LARGE)
                await asyncio.sleep(0)
            # To say something is not to read.
            while not wire.gateway.reasons:
                await wire.send(HEARTBEAT)
                await asyncio.sleep(0.01)
            assert [
                "slow reader: a full buffer was not read down in 1 s"
            ] == wire.gateway.reasons

    play(scenario())


def test_who_reads_in_the_end_is_not_cut_off() -> None:
    async def scenario() -> None:
        async with connected(slow_reader_seconds=5) as wire:
            loop = asyncio.get_running_loop()
            for _ in range(3):
                written = 0
                while wire.connection.writable:
                    wire.connection.write(LARGE)
                    written += len(LARGE)
                    await asyncio.sleep(0)
                await asyncio.sleep(2)
                while not wire.connection.writable:
                    await loop.sock_recv(wire.client, 65_536)
            assert [] == wire.gateway.reasons

    play(scenario())


def test_what_has_arrived_is_what_the_clients_end_has_acknowledged() -> None:
    async def scenario() -> None:
        async with connected() as wire:
            there = wire.connection
            there.write(HEARTBEAT)
            await wire.until(lambda: there.arrived == len(HEARTBEAT) == there.written)

            while there.writable:
                there.write(LARGE)
                await asyncio.sleep(0)
            # What is in our buffers, or the kernel's, has not arrived.
            assert there.arrived < there.written - BUFFER_BYTES
            loop = asyncio.get_running_loop()
            read = 0
            while read < there.written:
                read += len(await loop.sock_recv(wire.client, 65_536))
            await wire.until(lambda: there.arrived == there.written)

    play(scenario())

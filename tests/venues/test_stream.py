"""A socket that is kept open, against a server of aiohttp's: another implementation than ours."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from fixgw.runtime.clock import SystemClock
from fixgw.venues.stream import Backoff, Connection, Opening, Stream

DEADLINE_SECONDS = 5.0

Serve = Callable[[web.WebSocketResponse], Awaitable[None]]


class Recorder:
    """A handler that remembers; `give_up` is what it says at the next tick."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection: Connection | None = None
        self.messages: list[bytes] = []
        self.losses: list[str] = []
        self.lives = 0
        self.give_up = ""
        self.news = asyncio.Event()

    def opening(self) -> Opening:
        return Opening(self.url, {"signature": "s"})

    def opened(self, connection: Connection) -> None:
        self.connection = connection
        self.lives += 1
        self.news.set()

    def received(self, messages: list[bytes]) -> None:
        self.messages += messages
        self.news.set()

    def tick(self) -> str:
        return self.give_up

    def lost(self, reason: str) -> None:
        self.losses.append(reason)
        self.give_up = ""
        self.news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not holds():
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def running(serve: Serve, *, refuse: int = 0) -> AsyncIterator[Recorder]:
    """A stream to a server that hands each socket to *serve*; *refuse* is an HTTP status."""
    headers: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        headers.append(request.headers["signature"])
        if refuse:
            return web.Response(status=refuse, text="no")
        peer = web.WebSocketResponse()
        await peer.prepare(request)
        await serve(peer)
        return peer

    app = web.Application()
    app.router.add_get("/ws", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    recorder = Recorder(f"ws://127.0.0.1:{runner.addresses[0][1]}/ws")
    stream = Stream(
        recorder,
        name="test",
        clock=SystemClock(),
        backoff=Backoff(0.01, 0.02, lambda: 0.0),
        connect_seconds=1.0,
        stall_seconds=5.0,
    )
    task = asyncio.create_task(stream.run())
    try:
        yield recorder
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await runner.cleanup()


async def echo(peer: web.WebSocketResponse) -> None:
    async for message in peer:
        await peer.send_str(message.data)


def test_what_is_sent_arrives_in_order_and_comes_back():
    async def run() -> None:
        async with running(echo) as recorder:
            await recorder.until(lambda: recorder.lives == 1)
            sent = [str(number).encode() * 100 for number in range(1000)]
            recorder.connection.send(sent)
            await recorder.until(lambda: len(recorder.messages) == 1000)
            assert recorder.messages == sent

    asyncio.run(run())


def test_what_a_dead_socket_has_not_sent_dies_with_it():
    async def run() -> None:
        async with running(echo) as recorder:
            await recorder.until(lambda: recorder.lives == 1)
            transport = recorder.connection._transport
            handle = transport.get_extra_info("socket")
            linger = handle.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
            assert struct.unpack("ii", linger) == (1, 0)
            stall = handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            assert stall == 5_000

    asyncio.run(run())


def test_a_ping_of_the_protocol_is_answered():
    async def run() -> None:
        ponged = asyncio.Event()

        async def serve(peer: web.WebSocketResponse) -> None:
            await peer.ping(b"?")
            message = await peer.receive()
            assert (message.type, message.data) == (aiohttp.WSMsgType.TEXT, "hello")
            ponged.set()

        async with running(serve) as recorder:
            await recorder.until(lambda: recorder.lives == 1)
            recorder.connection.send([b"hello"])
            async with asyncio.timeout(DEADLINE_SECONDS):
                await ponged.wait()

    asyncio.run(run())


def test_a_close_by_the_server_is_told_and_the_stream_comes_back():
    async def run() -> None:
        async def serve(peer: web.WebSocketResponse) -> None:
            await peer.close(code=1001, message=b"bye")

        async with running(serve) as recorder:
            await recorder.until(lambda: recorder.lives >= 2)
            assert recorder.losses[0] == "closed by the server: 1001 bye"

    asyncio.run(run())


def test_a_server_that_hangs_up_is_told_and_the_stream_comes_back():
    async def run() -> None:
        async def serve(peer: web.WebSocketResponse) -> None:
            peer._req.transport.abort()

        async with running(serve) as recorder:
            await recorder.until(lambda: recorder.lives >= 2)
            assert recorder.losses[0]

    asyncio.run(run())


def test_a_refused_handshake_is_told_with_its_status():
    async def run() -> None:
        async with running(echo, refuse=401) as recorder:
            await recorder.until(lambda: len(recorder.losses) >= 2)
            assert "not opened: HTTP/1.1 401 Unauthorized" in recorder.losses[0]
            assert recorder.lives == 0

    asyncio.run(run())


def test_a_handler_may_give_its_socket_up():
    async def run() -> None:
        async with running(echo) as recorder:
            await recorder.until(lambda: recorder.lives == 1)
            recorder.give_up = "too quiet"
            await recorder.until(lambda: recorder.lives == 2)
            assert recorder.losses == ["too quiet"]

    asyncio.run(run())


def test_a_server_that_is_not_there_is_tried_again():
    async def run() -> None:
        recorder = Recorder("ws://127.0.0.1:1/ws")
        stream = Stream(
            recorder,
            name="test",
            clock=SystemClock(),
            backoff=Backoff(0.01, 0.02, lambda: 0.0),
            connect_seconds=1.0,
            stall_seconds=5.0,
        )
        task = asyncio.create_task(stream.run())
        await recorder.until(lambda: len(recorder.losses) >= 3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert recorder.lives == 0

    asyncio.run(run())


def test_a_handshake_that_is_not_answered_is_given_up():
    async def run() -> None:
        over = asyncio.Event()
        served: list[asyncio.Task[None]] = []

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            served.append(asyncio.current_task())
            await over.wait()
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        recorder = Recorder(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        stream = Stream(
            recorder,
            name="test",
            clock=SystemClock(),
            backoff=Backoff(0.01, 0.02, lambda: 0.0),
            connect_seconds=0.1,
            stall_seconds=5.0,
        )
        task = asyncio.create_task(stream.run())
        await recorder.until(lambda: len(recorder.losses) >= 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        over.set()
        server.close()
        await asyncio.gather(*served)
        assert recorder.losses[0].startswith("TimeoutError")

    asyncio.run(run())


def test_waits_double_up_to_the_most_and_begin_small_again():
    backoff = Backoff(1.0, 5.0, lambda: 0.0)
    assert [backoff.next() for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    backoff.reset()
    assert backoff.next() == 1.0


def test_waits_are_cut_by_up_to_a_half():
    assert Backoff(1.0, 5.0, lambda: 0.5).next() == 0.75

"""A socket that is kept open, against a server of aiohttp's: another implementation than ours."""

import asyncio
import gc
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
import uvloop
from aiohttp import web

from fixgw.runtime.clock import SystemClock
from fixgw.venues import stream as streams
from fixgw.venues.stream import Backoff, Opening, Pulse, Stream, StreamConnection

DEADLINE_SECONDS = 30.0

Serve = Callable[[web.WebSocketResponse], Awaitable[None]]


class Recorder:
    """A handler that remembers; `give_up` is what it says at the next tick."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection: StreamConnection | None = None
        self.messages: list[bytes] = []
        self.losses: list[str] = []
        self.lives = 0
        self.give_up = ""
        self.up = False
        self.comes_up = True
        self.news = asyncio.Event()

    def opening(self) -> Opening:
        return Opening(self.url, {"signature": "s"})

    def opened(self, connection: StreamConnection) -> None:
        self.connection = connection
        self.lives += 1
        self.up = self.comes_up
        self.news.set()

    def received(self, messages: list[bytes]) -> None:
        self.messages += messages
        self.news.set()

    def tick(self) -> str:
        return self.give_up

    def lost(self, reason: str) -> None:
        self.losses.append(reason)
        self.give_up = ""
        self.up = False
        self.news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not holds():
                self.news.clear()
                await self.news.wait()


class Waits(Backoff):
    """One that remembers which waits it told; it doubles far beyond what a test waits for."""

    def __init__(self) -> None:
        super().__init__(0.01, 10.0, lambda: 0.0)
        self.told: list[float] = []
        self.were_reset = asyncio.Event()

    def next(self) -> float:
        self.told.append(super().next())
        return self.told[-1]

    def reset(self) -> None:
        super().reset()
        self.were_reset.set()


@asynccontextmanager
async def running(
    serve: Serve, *, refuse: int = 0, backoff: Backoff | None = None, ping_seconds: float = 0.0
) -> AsyncIterator[Recorder]:
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
        backoff=backoff or Backoff(0.01, 0.02, lambda: 0.0),
        connect_seconds=30.0,
        stall_seconds=5.0,
        ping_seconds=ping_seconds,
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


@pytest.mark.parametrize("ends", ["RST", "FIN", "Close"])
def test_orders_that_leave_in_the_moment_a_server_hangs_up_end_nothing(ends):
    """On uvloop, as the gateway runs: its transport raises where it is written to when it is
    gone, and between its end and the news of it the loop may turn."""

    async def run() -> None:
        async def serve(peer: web.WebSocketResponse) -> None:
            await peer.receive()
            transport = peer._req.transport
            if ends == "Close":
                await peer.close()
            elif ends == "FIN":
                transport.get_extra_info("socket").shutdown(socket.SHUT_WR)
                await peer.receive()
            else:
                linger = struct.pack("ii", 1, 0)
                handle = transport.get_extra_info("socket")
                handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                transport.abort()

        loop, sent_to_the_dead = asyncio.get_running_loop(), 0

        async with running(serve) as recorder:
            await recorder.until(lambda: recorder.lives == 1)
            first = recorder.connection

            def order() -> None:
                """One in each turn of the loop, until the loss is told."""
                nonlocal sent_to_the_dead
                if recorder.losses:
                    return
                sent_to_the_dead += not first.alive
                first.send([b"order"])
                first.ping()
                loop.call_soon(order)

            failures: list[object] = []
            loop.set_exception_handler(lambda loop, context: failures.append(context))
            loop.call_soon(order)
            await recorder.until(lambda: recorder.lives >= 2)
            assert failures == []
            assert sent_to_the_dead, "the moment was met"

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def test_a_handshake_that_fails_leaves_no_error_behind():
    """It is told once, as `stream_lost`; asyncio logs an exception that nobody has fetched."""
    reports: list[object] = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: reports.append(context["message"])
        )
        over = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await over.wait()
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        recorder = Recorder(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        task = asyncio.create_task(
            Stream(
                recorder, name="test", clock=SystemClock(),
                backoff=Backoff(0.01, 0.02, lambda: 0.0), connect_seconds=0.05, stall_seconds=5.0,
            ).run()
        )
        await recorder.until(lambda: len(recorder.losses) >= 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        over.set()
        server.close()
        async with running(echo, refuse=401) as refused:
            await refused.until(lambda: len(refused.losses) >= 2)
        await asyncio.sleep(0)
        gc.collect()

    asyncio.run(run())
    gc.collect()
    assert reports == []


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
            connect_seconds=30.0,
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


def test_a_stream_that_worked_and_is_closed_again_and_again_is_not_met_more_slowly(monkeypatch):
    monkeypatch.setattr(streams, "TICK_SECONDS", 0.005)
    monkeypatch.setattr(streams, "WORKED_SECONDS", 0.02)

    async def run() -> None:
        waits = Waits()

        async def serve(peer: web.WebSocketResponse) -> None:
            waits.were_reset.clear()
            await waits.were_reset.wait()
            await peer.close()

        async with running(serve, backoff=waits) as recorder:
            await recorder.until(lambda: len(recorder.losses) >= 5)
            assert waits.told[:4] == [0.01] * 4

    asyncio.run(run())


@pytest.mark.parametrize("accepts", [True, False])
def test_a_stream_that_dies_at_once_is_met_ever_more_slowly(monkeypatch, accepts):
    """Whether it was up for a moment or, with its log-in never answered, never was."""
    monkeypatch.setattr(streams, "TICK_SECONDS", 0.005)
    monkeypatch.setattr(streams, "WORKED_SECONDS", 3_600 if accepts else 0.02)

    async def run() -> None:
        async def serve(peer: web.WebSocketResponse) -> None:
            await asyncio.sleep(0.1)
            await peer.close()

        waits = Waits()
        async with running(serve, backoff=waits) as recorder:
            recorder.comes_up = accepts
            await recorder.until(lambda: len(recorder.losses) >= 4)
            assert waits.told[:4] == [0.01, 0.02, 0.04, 0.08]

    asyncio.run(run())


def test_a_server_that_has_gone_silent_is_noticed_and_one_that_answers_pings_is_kept(monkeypatch):
    """It neither closes nor reads: the kernel still acknowledges whatever we send."""
    monkeypatch.setattr(streams, "TICK_SECONDS", 0.01)

    async def run() -> None:
        over = asyncio.Event()

        async def silent(peer: web.WebSocketResponse) -> None:
            await over.wait()

        async with running(silent, ping_seconds=0.1) as recorder:
            await recorder.until(lambda: len(recorder.losses) >= 2)
            assert recorder.losses[0] == "a ping was not answered in 0.1 s"
            over.set()
        async with running(echo, ping_seconds=2) as recorder:
            await recorder.until(lambda: recorder.lives == 1)
            await asyncio.sleep(5)  # silence is death after twice two seconds
            assert (recorder.losses, recorder.lives) == ([], 1)

    asyncio.run(run())


def test_without_pings_a_silent_server_is_left_alone(monkeypatch):
    monkeypatch.setattr(streams, "TICK_SECONDS", 0.01)

    async def run() -> None:
        over = asyncio.Event()

        async def silent(peer: web.WebSocketResponse) -> None:
            await over.wait()

        async with running(silent) as recorder:
            await recorder.until(lambda: recorder.lives == 1)
            await asyncio.sleep(0.3)
            assert recorder.losses == []
            over.set()

    asyncio.run(run())


def test_the_kernel_looks_after_a_machine_that_has_vanished():
    async def run() -> None:
        async with running(echo) as recorder:
            await recorder.until(lambda: recorder.lives == 1)
            handle = recorder.connection._transport.get_extra_info("socket")
            assert handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15

    asyncio.run(run())


def test_silence_is_asked_about_once_and_then_is_death():
    pulse = Pulse(10, 100)
    looks = [(False, 109), (False, 110), (False, 119), (False, 120)]
    assert [pulse.look(*each) for each in looks] == ["", "ask", "", "gone"]


def test_any_byte_is_a_sign_of_life():
    pulse = Pulse(10, 100)
    looks = [(False, 110), (True, 119), (False, 128), (False, 129), (True, 139), (False, 148)]
    assert [pulse.look(*each) for each in looks] == ["ask", "", "", "ask", "", ""]


def test_who_asks_late_gives_no_less_time_to_answer():
    pulse = Pulse(10, 100)
    looks = [(False, 500), (False, 509), (False, 510)]
    assert [pulse.look(*each) for each in looks] == ["ask", "", "gone"]


def test_waits_double_up_to_the_most_and_begin_small_again():
    backoff = Backoff(1.0, 5.0, lambda: 0.0)
    assert [backoff.next() for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    backoff.reset()
    assert backoff.next() == 1.0


def test_waits_are_cut_by_up_to_a_half():
    assert Backoff(1.0, 5.0, lambda: 0.5).next() == 0.75

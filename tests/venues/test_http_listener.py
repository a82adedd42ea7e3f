"""Strangers at an HTTP listener: what they can have, and what they cannot take from others."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from fixgw.runtime.gateway_toml import Limits
from fixgw.venues import http_listener
from fixgw.venues.http_listener import HEAD_BYTES_MAX, HttpListener
from tests.app.bench import play, until
from tests.support.certificates import Authority

DELIVERY = b"POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n%b"
GENUINE, OTHER = DELIVERY % b"ok", DELIVERY % b"no"
SOON = 0.2

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture(params=["plain", "TLS"])
def tls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[ssl.SSLContext, Path] | None:
    if request.param == "plain":
        return None
    authority = Authority(tmp_path)
    pair = authority.issue("hooks", "IP:127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    return context, authority.certificate


@asynccontextmanager
async def listening(tls: tuple[ssl.SSLContext, Path] | None = None) -> AsyncIterator[HttpListener]:
    async def deliver(request: web.Request) -> web.Response:
        if await request.read() == b"ok":
            listener.proven(request)
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", deliver)
    listener = HttpListener(app, "127.0.0.1", 0, tls[0] if tls else None)
    await listener.open()
    try:
        yield listener
    finally:
        while _opened:
            _opened.pop().close()
        await listener.close()
        await until(lambda: not listener.connections)


async def connect(
    listener: HttpListener, tls: tuple[ssl.SSLContext, Path] | None = None, at: str = "127.0.0.1"
) -> Line:
    context = ssl.create_default_context(cafile=tls[1]) if tls else None
    line = await asyncio.open_connection(
        "127.0.0.1", listener.port, ssl=context, local_addr=(at, 0)
    )
    _opened.append(line[1])
    return line


_opened: list[asyncio.StreamWriter] = []


async def post(line: Line, request: bytes = GENUINE) -> bytes:
    reader, writer = line
    writer.write(request)
    return (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")[0]


async def closed(line: Line) -> None:
    """Returns when the other side has ended it."""
    try:
        while await line[0].read(1_000):
            pass
    except ConnectionError:
        pass


def caps(monkeypatch: pytest.MonkeyPatch, *, all_: int, strangers: int, address: int) -> None:
    few = Limits(
        max_connections=all_, max_connections_per_address=address,
        max_unauthenticated_connections=strangers,
    )
    monkeypatch.setattr(http_listener, "CAPS", few)


def test_idle_strangers_make_room_for_who_comes(
    monkeypatch: pytest.MonkeyPatch, tls: tuple[ssl.SSLContext, Path] | None
) -> None:
    caps(monkeypatch, all_=10, strangers=5, address=3)

    async def run() -> None:
        async with listening(tls) as listener:
            idle = [await connect(listener, at=f"127.0.0.{2 + n // 3}") for n in range(12)]
            await until(lambda: listener.connections == 5)
            assert b"HTTP/1.1 200 OK" == await post(await connect(listener, tls))
            for line in idle[:6]:
                await closed(line)
            assert listener.connections <= 6

    play(run())


def test_one_address_has_so_many_places_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    caps(monkeypatch, all_=10, strangers=10, address=2)

    async def run() -> None:
        async with listening() as listener:
            proven = [await connect(listener, at="127.0.0.9") for _ in range(2)]
            for line in proven:
                assert b"HTTP/1.1 200 OK" == await post(line)
            with capture_logs() as logged:
                await closed(await connect(listener, at="127.0.0.9"))
                await until(lambda: logged)
            assert ("webhook_connection_closed", "max_connections_per_address") == (
                logged[0]["event"], logged[0]["reason"]
            )
            # Who has shown to be genuine keeps its place.
            for line in proven:
                assert b"HTTP/1.1 200 OK" == await post(line)
            await post(await connect(listener))

    play(run())


def test_who_says_nothing_is_closed(
    monkeypatch: pytest.MonkeyPatch, tls: tuple[ssl.SSLContext, Path] | None
) -> None:
    monkeypatch.setattr(http_listener, "REQUEST_SECONDS", SOON)

    async def run() -> None:
        async with listening(tls) as listener:
            await closed(await connect(listener))
            await until(lambda: not listener.connections)
            assert not listener._visitors

    play(run())


def test_a_byte_now_and_then_makes_no_deadline_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_listener, "REQUEST_SECONDS", SOON)

    async def run() -> None:
        async with listening() as listener:
            reader, writer = await connect(listener)
            ended = asyncio.create_task(closed((reader, writer)))
            # It would take a thousand times as long.
            while not ended.done():
                writer.write(b"P")
                await asyncio.sleep(SOON / 10)
            await until(lambda: not listener.connections)

    play(run())


def test_headers_have_a_limit_in_whatever_pieces() -> None:
    head = b"POST /hook HTTP/1.1\r\n" + b"X-Much: more\r\n" * (HEAD_BYTES_MAX // 14)

    async def run() -> None:
        async with listening() as listener:
            for size in (1_000, len(head)):
                reader, writer = await connect(listener)
                with capture_logs() as logged:
                    for at in range(0, len(head), size):
                        writer.write(head[at : at + size])
                    await closed((reader, writer))
                    await until(lambda: logged)
                assert f"more than {HEAD_BYTES_MAX} bytes of headers" == logged[0]["reason"]

    play(run())


def test_a_stranger_has_one_request_and_the_genuine_one_as_many_as_it_wants() -> None:
    async def run() -> None:
        async with listening() as listener:
            for request in (OTHER, OTHER.replace(b"POST", b"PUT"), OTHER.replace(b"/hook", b"/")):
                stranger = await connect(listener)
                await post(stranger, request)
                await closed(stranger)
            genuine = await connect(listener)
            for _ in range(3):
                assert b"HTTP/1.1 200 OK" == await post(genuine)

    play(run())


def test_a_genuine_one_that_falls_silent_is_closed_between_requests_and_within_one(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with listening() as listener:
            for seconds, more in (("IDLE_SECONDS", b""), ("REQUEST_SECONDS", b"POST")):
                line = await connect(listener)
                with monkeypatch.context() as soon:
                    await post(line)
                    if more:
                        await post(line)
                    soon.setattr(http_listener, seconds, SOON)
                    line[1].write(more or GENUINE)
                    await closed(line)

    play(run())

"""Instruments and clocks; against the sandbox."""

import asyncio
import time
from collections.abc import Callable

import jwt
import pytest
import uvloop
from aiohttp import web

from fixgw.model.venue import InstrumentsLoaded, StreamRestored
from fixgw.runtime.clock import SystemClock
from fixgw.venues.apifiny.config import Exchange
from fixgw.venues.apifiny.execution import Apifiny
from tests.venues.apifiny.venue import DEADLINE_SECONDS, REST, TRADER, VENUE, Bench, config, play


def test_a_disabled_exchange_has_disabled_instruments():
    def both(url: str) -> dict[str, Exchange]:
        socket = url.replace("http", "ws")
        return {
            name: Exchange(
                rest_url=f"{url}/ac/v2/{name}", stream_url=f"{socket}/ac/ws/v2/{name}/order"
            )
            for name in ("VENUE1", "VENUE2")
        }

    async def scene(venue: Bench) -> None:
        other = Apifiny(
            VENUE, config(venue.sandbox.url, exchanges=both(venue.sandbox.url), **REST)
        )
        heard: list[object] = []
        other.start(lambda message: (heard.append(message), venue.deliver(message)))
        loaded = await venue.until(
            lambda: next(
                (m for m in heard if isinstance(m, InstrumentsLoaded) and len(m.instruments) == 2),
                None,
            )
        )
        await other.stop()
        assert {(one.exchange, one.enabled) for one in loaded.instruments} == {
            ("VENUE1", True),
            ("VENUE2", False),
        }

    play(scene)


def test_instruments_are_asked_for_until_they_come():
    async def scene(venue: Bench) -> None:
        await venue.arm("listSymbolInfo", "http_502", times=2)
        await venue.arm("listVenueInfo", "unreadable_body", times=2)
        other = Apifiny(VENUE, config(venue.sandbox.url))
        before = venue.count(InstrumentsLoaded)
        other.start(venue.deliver)
        await venue.until(lambda: venue.count(InstrumentsLoaded) > before or None)
        await other.stop()

    play(scene)


def test_instruments_that_did_not_change_are_not_told_again():
    async def scene(venue: Bench) -> None:
        await venue.until(lambda: venue.count(StreamRestored) >= 6 or None)
        assert len(await venue.requests("listSymbolInfo")) > 2
        assert venue.count(InstrumentsLoaded) == 1

    play(scene, instruments_seconds=0.01, resync_seconds=0.1)


async def signed_at(server_time: Callable[[], object]) -> tuple[float, int]:
    """By how many seconds the stream's signature ends later than now, and the skew that is shown,
    where the venue says that it is *server_time*."""
    asked: asyncio.Future[web.Request] = asyncio.get_running_loop().create_future()

    async def now(request: web.Request) -> web.Response:
        return web.json_response({"result": server_time(), "error": None})

    async def stream(request: web.Request) -> web.Response:
        if not asked.done():
            asked.set_result(request)
        return web.Response(status=401)

    app = web.Application()
    app.router.add_get("/ac/v2/VENUE1/utils/currentTimeMillis", now)
    app.router.add_get("/ac/ws/v2/VENUE1/order", stream)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    adapter = Apifiny(
        VENUE, config(f"http://127.0.0.1:{runner.addresses[0][1]}", accounts=[TRADER])
    )
    adapter.start(lambda message: None)
    async with asyncio.timeout(DEADLINE_SECONDS):
        request = await asked
    await adapter.stop()
    await runner.cleanup()
    claims = jwt.decode(request.headers["signature"], options={"verify_signature": False})
    return claims["exp"] - time.time(), adapter.status().clocks_ms["VENUE1"]


def test_the_venues_clock_signs():
    """A venue whose clock is 90 s ahead; a signature by our clock would be dead there."""
    good_for, skew_ms = uvloop.run(signed_at(lambda: SystemClock().now_ms() + 90_000))

    assert 60_000 < skew_ms < 120_000
    assert 60 <= good_for <= 96


@pytest.mark.parametrize("told", [0, -1, 1_795_000_000, 1_768_000_000_000_000, 2**62])
def test_a_time_that_cannot_be_signs_nothing(told, capsys):
    """0, seconds, microseconds (the year 58,000): our own clock signs, and the log says why."""
    good_for, skew_ms = uvloop.run(signed_at(lambda: told))

    assert 2 <= good_for <= 6
    assert skew_ms == 0
    said = capsys.readouterr().out
    assert "reference_not_read" in said and f"its clock says {told} ms since 1970" in said

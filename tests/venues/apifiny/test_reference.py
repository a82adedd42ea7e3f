"""Instruments and clocks; against the sandbox."""

import asyncio
import time

from aiohttp import web
import jwt
import uvloop

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


def test_the_venues_clock_signs():
    """A venue whose clock is 90 s ahead; a signature by our clock would be dead there."""

    async def run() -> None:
        asked: asyncio.Future[web.Request] = asyncio.get_running_loop().create_future()

        async def now(request: web.Request) -> web.Response:
            ahead = SystemClock().now_ms() + 90_000
            return web.json_response({"result": ahead, "error": None})

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

        assert 89_000 < adapter.status().clocks_ms["VENUE1"] < 91_000
        claims = jwt.decode(request.headers["signature"], options={"verify_signature": False})
        assert 93 <= claims["exp"] - time.time() <= 96

    uvloop.run(run())

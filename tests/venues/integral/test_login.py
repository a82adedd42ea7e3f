"""Tokens against the sandbox: got, renewed, replaced; and where they may stand in an answer."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from fixgw.runtime.clock import ManualClock, SystemClock
from fixgw.runtime.secrets import Secret
from fixgw.sandbox.integral import parse, serve
from fixgw.sandbox.running import wall_clock
from fixgw.venues.http import HttpClient
from fixgw.venues.integral import build, login
from fixgw.venues.integral.config import Account
from fixgw.venues.integral.login import KEPT_HEADERS, Login
from fixgw.venues.integral.parse import Unreadable
from fixgw.venues.outcome import Answer
from tests.venues.integral.venue import DEADLINE_SECONDS, PASSWORDS, SANDBOX, TRADER, config


@asynccontextmanager
async def running(
    password: str = PASSWORDS[TRADER], ahead_ms: int = 0, behaviour: str = "", **settings: object
):
    """A sandbox whose clock is *ahead_ms* of ours, and a login that keeps its token fresh."""
    sandbox = await serve(
        parse(f"{SANDBOX}[settings]\ntoken_ttl_ms = 400\n{behaviour}", "test"),
        clock=lambda: wall_clock() + ahead_ms,
    )
    http = HttpClient(connect_seconds=30, answer_seconds=30, headers=KEPT_HEADERS)
    one = Login(
        name=TRADER,
        account=Account(user="trader@FI1", org="FI1", secret=Secret(password)),
        config=config(sandbox.url, **settings),
        http=http,
        clock=SystemClock(),
        random=lambda: 0.0,
    )
    task = asyncio.ensure_future(one.keep())
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            yield sandbox, one
    finally:
        task.cancel()
        await http.close()
        await sandbox.close()


def calls(sandbox, name: str) -> int:
    return sum(entry.call == name for entry in sandbox.server.recorder.since(0))


def test_a_token_is_used_and_renewed_long_before_it_ends():
    async def run() -> None:
        async with running() as (sandbox, one):
            await one.ready.wait()
            while calls(sandbox, "renew") < 4:
                assert 200 == (await one.send(build.active_orders()))[0].status
            assert (1, True) == (calls(sandbox, "login"), one.ready.is_set())
            assert abs(one.skew_ms) < 30_000

    asyncio.run(run())


def test_a_token_that_is_not_taken_is_replaced_by_a_login():
    async def run() -> None:
        async with running() as (sandbox, one):
            await one.ready.wait()
            sandbox.server.users.forget_tokens()
            assert 401 == (await one.send(build.active_orders()))[0].status
            await one.ready.wait()
            while calls(sandbox, "login") < 2:
                await asyncio.sleep(0.001)
            await one.ready.wait()
            assert 200 == (await one.send(build.active_orders()))[0].status

    asyncio.run(run())


def test_a_wrong_password_is_tried_again_with_patience_and_lets_nothing_leave():
    async def run() -> None:
        async with running("wrong-password") as (sandbox, one):
            while calls(sandbox, "login") < 3:
                await asyncio.sleep(0.001)
            assert not one.ready.is_set()

    asyncio.run(run())


class Told:
    """A venue that answers every login as it is told to, and counts them."""

    def __init__(self, expiry: int, server: int, *, takes: bool = True) -> None:
        self.body = {"status": "OK", "expiryTime": expiry, "serverUTCTime": server}
        self.takes = takes
        self.logins = 0
        self.app = web.Application()
        self.app.router.add_route("*", "/{path:.*}", self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        if "token" in request.path or "login" in request.path:
            self.logins += 1
            return web.json_response(self.body, headers={"SSO_TOKEN": f"t{self.logins}"})
        return web.json_response([], status=200 if self.takes else 401)


@asynccontextmanager
async def logging_in(told: Told, sleeps: list[float], clock: ManualClock, **settings: object):
    """A login at that venue, whose waits are noted and take no time: the clock is set."""
    runner = web.AppRunner(told.app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    http = HttpClient(connect_seconds=30, answer_seconds=30, headers=KEPT_HEADERS)
    one = Login(
        name=TRADER,
        account=Account(user="trader@FI1", org="FI1", secret=Secret("p")),
        config=config(f"http://127.0.0.1:{runner.addresses[0][1]}", **settings),
        http=http,
        clock=clock,
        random=lambda: 0.0,
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            yield one
    finally:
        await http.close()
        await runner.cleanup()


NOW_MS = 1_795_000_000_000


@pytest.mark.parametrize("expiry, server, life", [
    (NOW_MS // 1000 + 3600, NOW_MS // 1000, login.LIFE_SECONDS_ASSUMED),  # both in seconds
    (3_600_000, 0, login.LIFE_SECONDS_ASSUMED),
    (NOW_MS * 1000 + 10**9, NOW_MS * 1000, login.LIFE_SECONDS_ASSUMED),  # in microseconds
    (NOW_MS + 2**61, NOW_MS, 24 * 3600.0),
    (10**400, NOW_MS, 24 * 3600.0),
    (NOW_MS + 3_600_000, NOW_MS, 3600.0),
])
def test_a_token_lives_as_long_as_can_be(expiry, server, life, capsys):
    """Times in seconds once gave a token of 3.6 s, and 130 logins in 4 s."""

    async def run() -> None:
        clock = ManualClock(NOW_MS)
        async with logging_in(Told(expiry, server), [], clock) as one:
            await one._fetch()
            assert one._ends_at - clock.monotonic() == life
            assert one.skew_ms == (None if life == login.LIFE_SECONDS_ASSUMED else 0)

    asyncio.run(run())
    doubted = "venue_clock_not_believed" in capsys.readouterr().out
    assert doubted == (life == login.LIFE_SECONDS_ASSUMED)


@pytest.mark.parametrize("takes", [True, False])
def test_a_venue_of_short_or_useless_tokens_is_not_met_with_one_login_after_the_other(
    monkeypatch, takes
):
    """A token that lives 60 ms; and one that no request is taken with."""
    waits: list[float] = []

    async def run() -> None:
        life_ms = 60 if takes else 3_600_000
        told = Told(NOW_MS + life_ms, NOW_MS, takes=takes)
        settings = {"login_backoff_min_seconds": 0.5, "login_backoff_max_seconds": 8.0}
        async with logging_in(told, waits, ManualClock(NOW_MS), **settings) as one:
            real_sleep = asyncio.sleep

            async def sleep(seconds: float) -> None:
                waits.append(seconds)
                await real_sleep(0)

            async def held(seconds: float) -> bool:
                waits.append(seconds)
                if not takes:
                    await one.send(build.active_orders())
                    assert one._stale.is_set()
                return takes

            monkeypatch.setattr(login.asyncio, "sleep", sleep)
            monkeypatch.setattr(one, "_held", held)
            task = asyncio.ensure_future(one.keep())
            while told.logins < 5:
                await real_sleep(0.001)
            task.cancel()

    asyncio.run(run())
    if takes:
        assert waits[:4] == [0.5] * 4
    else:
        assert waits[1:8:2] == [0.5, 1.0, 2.0, 4.0]


def test_signatures_need_no_login():
    async def run() -> None:
        async with running(authentication="hmac") as (sandbox, one):
            assert one.ready.is_set()
            assert 200 == (await one.send(build.active_orders()))[0].status
            assert 0 == calls(sandbox, "login")

    asyncio.run(run())


@pytest.mark.parametrize(
    "headers",
    [
        {"sso_token": "t1"},
        {"set-cookie": "SSO_TOKEN=t1; Path=/; Domain=.integral.com"},
        {"sso_token": "t1", "set-cookie": "SSO_TOKEN=t2; Path=/"},
    ],
)
def test_a_token_comes_as_a_header_or_as_a_cookie(headers):
    assert "t1" == login._token(Answer(200, b"", headers)).reveal()


@pytest.mark.parametrize("headers", [
    {"set-cookie": r'SSO_TOKEN="t1\015\012X-Other: 1"; Path=/'}, {"sso_token": "t1\udcff"},
    {"sso_token": "t\x001"},
])
def test_a_token_that_no_header_can_hold_is_no_login(headers):
    """A request with it would raise, and end the gateway."""
    with pytest.raises(Unreadable, match="no header can hold"):
        login._token(Answer(200, b"", headers))


@pytest.mark.parametrize("headers", [{}, {"set-cookie": "other=1"}, {"set-cookie": "\x00=;;"}])
def test_no_token_is_no_login(headers):
    with pytest.raises(Unreadable, match="no SSO_TOKEN"):
        login._token(Answer(200, b"", headers))


@pytest.mark.parametrize("ahead_ms", [60_000, -60_000])
def test_a_signature_by_a_wrong_clock_is_not_taken_and_the_next_one_is_by_the_venues(ahead_ms):
    async def run() -> None:
        hmac = {"authentication": "hmac", "behaviour": "date_tolerance_ms = 20000"}
        async with running(ahead_ms=ahead_ms, **hmac) as (_, one):
            answers = [(await one.send(build.active_orders()))[0].status for _ in range(3)]
            assert [401, 200, 200] == answers
            assert abs(one.skew_ms - ahead_ms) < 20_000

    asyncio.run(run())


def test_a_signature_that_is_not_taken_by_a_right_clock_changes_nothing():
    async def run() -> None:
        async with running("another secret", authentication="hmac") as (_, one):
            answers = [(await one.send(build.active_orders()))[0].status for _ in range(2)]
            assert [401, 401] == answers
            assert 0.0 == one._ahead_seconds

    asyncio.run(run())

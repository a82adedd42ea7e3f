"""A real Broctagon sandbox in the test's own loop, and an adapter that asks it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import aiohttp
import msgspec
import uvloop

from fixgw.directory.broctagon.config import AccountAt, BroctagonConfig
from fixgw.directory.broctagon.execution import Broctagon
from fixgw.model.accounts import DirectoryName
from fixgw.runtime.secrets import Secret
from fixgw.sandbox.broctagon import Runner, parse, serve

KEY = "not-a-secret-crm-key"
CONNECTION = "real-1"
MT5 = "five-1"


def account(login: int, **fields: Any) -> str:
    """One account, as the sandbox's settings have it."""
    lines = {"login": login, "connection_id": CONNECTION, "balance": 100, **fields}
    text = "\n".join(f"{name} = {json.dumps(value)}" for name, value in lines.items())
    return f"[[accounts]]\n{text}\n"


Lists = Callable[..., Any]


class Crm:
    """The sandbox and what is asked of it."""

    def __init__(self, sandbox: Runner, http: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self._http = http
        self.directories: list[Broctagon] = []

    def directory(
        self, accounts: dict[str, AccountAt] | None = None, **settings: Any
    ) -> Broctagon:
        """An adapter; without *accounts* each login is its own Account(1)."""
        table = accounts or {}
        config = BroctagonConfig(**{
            "url": self.sandbox.url, "key": Secret(KEY), "connection_id": CONNECTION,
            "accounts": table, "account_is_login": not table, "requests_per_second": 0,
            "backoff_min_seconds": 0.01, "backoff_max_seconds": 0.05,
            "request_timeout_seconds": 1.0, **settings,
        })
        self.directories.append(Broctagon(DirectoryName("crm"), config))
        return self.directories[-1]

    @property
    def requests(self) -> list[str]:
        """The path of each question so far."""
        return [entry.path for entry in self.sandbox.server.recorder.since(0)]

    def instead(self, change: Callable[[Lists], Lists]) -> None:
        """Let the CRM's own lists be what *change* makes of them."""
        crm = self.sandbox.server.crm
        crm.accounts = change(crm.accounts)  # type: ignore[method-assign]

    async def arm(self, fault: str, *, times: int = 1, call: str = "mt4_accounts") -> None:
        """Let the next questions go wrong."""
        wanted = {"call": call, "fault": fault, "times": times, "delay_ms": 1_200}
        await self._operator("POST", "faults", wanted)

    async def put(self, login: int, **fields: Any) -> None:
        """Add an account, or make it another."""
        row = {"login": login, "connection_id": CONNECTION, **fields}
        await self._operator("PUT", "accounts", row)

    async def remove(self, login: int) -> None:
        """Delete an account."""
        row = {"login": login, "connection_id": CONNECTION}
        await self._operator("DELETE", "accounts", row)

    async def _operator(self, method: str, what: str, body: Any) -> None:
        url = f"{self.sandbox.url}/sandbox/{what}"
        sent = msgspec.json.encode(body)
        async with self._http.request(method, url, data=sent) as reply:
            assert 200 == reply.status, await reply.text()


@asynccontextmanager
async def crm(accounts: str, **settings: Any) -> AsyncIterator[Crm]:
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in settings.items())
    text = (
        f'api_key = "{KEY}"\nconnections = ["{CONNECTION}", "{MT5}"]\n{accounts}'
        f"\n[settings]\n{lines}\n"
    )
    sandbox = await serve(parse(text, "test"))
    async with aiohttp.ClientSession() as http:
        running = Crm(sandbox, http)
        try:
            yield running
        finally:
            for directory in running.directories:
                await directory.stop()
            await sandbox.close()


def play(
    scene: Callable[[Crm], Awaitable[None]], accounts: str | None = None, **settings: Any
) -> None:
    """Run *scene* with a CRM that has *accounts*."""

    async def run() -> None:
        async with crm(account(1001) if accounts is None else accounts, **settings) as running:
            await scene(running)

    uvloop.run(run())


FREE = Decimal(100)
"""The free margin of an account of which nothing else is said."""

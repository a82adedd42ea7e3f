"""The operator's surface, under /sandbox/: read back what happened, and script what goes wrong.

What all sandboxes have of it; each adds its orders, and what only it can do. No part of any
vendor's API, unsigned, and for a test bench only. Reading changes nothing; faults change how
answers travel, never what is booked.
"""

from collections.abc import Callable

import msgspec
from aiohttp import web
from msgspec import Struct

from fixgw.sandbox.faults import Armed, ArmRequest, Faults, UnknownFault
from fixgw.sandbox.record import EntryView, Recorder


class RequestsBody(Struct, frozen=True, kw_only=True):
    """GET /sandbox/requests. Ask again with since=*last* for what came after."""

    last: int
    requests: list[EntryView]


class FaultsBody(Struct, frozen=True):
    """GET, POST and DELETE /sandbox/faults."""

    armed: list[Armed]


class OperatorApi:
    """The handlers of what is recorded and of the faults."""

    def __init__(
        self,
        recorder: Recorder,
        faults: Faults,
        encode: Callable[[object], bytes],
        *,
        strict: bool = True,
    ) -> None:
        self._recorder = recorder
        self._faults = faults
        self._encode = encode
        self._strict = strict

    def add_routes(self, app: web.Application) -> None:
        """Add the paths below /sandbox/."""
        app.router.add_get("/sandbox/requests", self._requests)
        app.router.add_get("/sandbox/faults", self._armed)
        app.router.add_post("/sandbox/faults", self._arm)
        app.router.add_delete("/sandbox/faults", self._clear)

    def reply(self, body: object) -> web.Response:
        """*body* as JSON, written as the venue writes it."""
        return web.Response(body=self._encode(body), content_type="application/json")

    def requests_body(self, since: int) -> RequestsBody:
        """Return the requests after number *since*."""
        recorder = self._recorder
        return RequestsBody(last=recorder.last, requests=recorder.since(since))

    async def _requests(self, request: web.Request) -> web.Response:
        try:
            since = int(request.query.get("since", "0"))
        except ValueError:
            raise web.HTTPBadRequest(text="since must be a number") from None
        return self.reply(self.requests_body(since))

    async def _armed(self, request: web.Request) -> web.Response:
        return self.reply(FaultsBody(self._faults.armed))

    async def _arm(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            self._faults.arm(msgspec.json.decode(body, type=ArmRequest, strict=self._strict))
        except (ValueError, RecursionError, UnknownFault) as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return await self._armed(request)

    async def _clear(self, request: web.Request) -> web.Response:
        self._faults.clear()
        return await self._armed(request)

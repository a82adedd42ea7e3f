"""The operator's surface of this sandbox: the accounts as the broker's back office sees them."""

import msgspec
from aiohttp import web
from msgspec import Struct

from fixgw.sandbox.broctagon.config import AccountSettings
from fixgw.sandbox.broctagon.server import Server
from fixgw.sandbox.broctagon.wire import encode
from fixgw.sandbox.operator_api import OperatorApi


class AccountsBody(Struct, frozen=True):
    """GET, PUT and DELETE /sandbox/accounts."""

    accounts: list[AccountSettings]


class Operator(OperatorApi):
    """The handlers."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.recorder, server.faults, encode)
        self._crm = server.crm

    def add_routes(self, app: web.Application) -> None:
        """Everything under /sandbox/."""
        super().add_routes(app)
        app.router.add_get("/sandbox/accounts", self._accounts)
        app.router.add_put("/sandbox/accounts", self._put)
        app.router.add_delete("/sandbox/accounts", self._remove)

    async def _accounts(self, request: web.Request) -> web.Response:
        return self.reply(AccountsBody(self._crm.every_account()))

    async def _put(self, request: web.Request) -> web.Response:
        try:
            self._crm.put(await _account(request))
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return await self._accounts(request)

    async def _remove(self, request: web.Request) -> web.Response:
        self._crm.remove(await _account(request))
        return await self._accounts(request)


async def _account(request: web.Request) -> AccountSettings:
    try:
        return msgspec.json.decode(await request.read(), type=AccountSettings)
    except msgspec.DecodeError as error:
        raise web.HTTPBadRequest(text=str(error)) from None

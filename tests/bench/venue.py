"""The stub venue: as much of Apifiny as the gateway needs to trade, with as few cycles as can be.

It stands for a venue that answers at once, so that the benchmark measures the gateway: every order
is SUBMITTED, nothing is checked, nothing is remembered.  The REST answers are fixed.  What the
documents leave open (the answer to `auth`, the stub's ping interval) is a constant below.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from contextlib import suppress
from typing import Any

import uvloop
from aiohttp import WSMsgType, web
from aiohttp.typedefs import Handler

from .messages import SECURITY_EXCHANGE, SYMBOL

Json = dict[str, Any]

AUTHENTICATED = "trading stream authenticated"
AUTH_ANSWER = b'{"result":"success","error":null}'
HEARTBEAT_ANSWER = b'{"result":"pong","error":null}'
NO_ANSWER = b""
PING_SECONDS = 10
# Orders that differ in nothing but their orderId share one template; the load generator has few.
TEMPLATES = 10_000
LARGE_FRAME = 126

BASE_ASSET, QUOTE_ASSET = SYMBOL.split("/")
SYMBOL_INFO = {
    "symbol": BASE_ASSET + QUOTE_ASSET,
    "baseAsset": BASE_ASSET,
    "baseAssetPrecision": 8,
    "quoteAsset": QUOTE_ASSET,
    "quotePrecision": 8,
    "minPrice": 0.01,
    "maxPrice": 1000000,
    "minQuantity": 0.0001,
    "maxQuantity": 10000,
    "tickSize": 0.01,
    "stepSize": 0.0001,
    "minNotional": 1,
    "maxNotional": 100000000,
    "status": "enabled",
}
COMMISSION_RATE = {
    "accountId": "STA-00000001",
    "tradingVolume": 0,
    "takeFee": 0.003,
    "makeFee": 0,
    "specialRate": 0,
}
NO_ORDER = {"code": 327738, "message": "Order doesn't exist"}


def text_frame(payload: bytes) -> bytes:
    """One unmasked WebSocket text frame."""
    size = len(payload)
    if size < LARGE_FRAME:
        return b"\x81%c%b" % (size, payload)
    return b"\x81\x7e%b%b" % (size.to_bytes(2, "big"), payload)


class Answers:
    """Text of a client's frame -> the frame that answers it.

    An order's answer is rendered once for all orders with the same text around the orderId; then
    it costs two searches, a look-up and a join.
    """

    def __init__(self) -> None:
        self._templates: dict[str, tuple[bytes, bytes]] = {}

    def to(self, text: str) -> bytes:
        """The frame to send; empty where a venue would be silent."""
        key = text.find('"orderId"')
        if key == -1:
            return self._to_small_talk(json.loads(text))
        start = text.index('"', key + len('"orderId"')) + 1
        end = text.index('"', start)
        around = text[:start] + text[end:]
        template = self._templates.get(around)
        if template is None:
            request = json.loads(around)
            if request["action"] != "newOrder":
                return text_frame(envelope(None, NO_ORDER))
            template = self._template(around, request["data"])
        return text_frame(text[start:end].encode().join(template))

    def _template(self, around: str, data: Json) -> tuple[bytes, bytes]:
        """What stands before and after the orderId in the answer to *around*."""
        before, after = envelope([order_object(data)]).split(b'"orderId":""')
        template = before + b'"orderId":"', b'"' + after
        if len(self._templates) < TEMPLATES:
            self._templates[around] = template
        return template

    def _to_small_talk(self, request: Json) -> bytes:
        if "pong" in request:
            return NO_ANSWER
        if request.get("action") == "auth":
            print(AUTHENTICATED, flush=True)
            return text_frame(AUTH_ANSWER)
        if request.get("action") == "heartbeat":
            return text_frame(HEARTBEAT_ANSWER)
        raise ValueError(f"not expected here: {request}")


def envelope(result: object, error: object = None) -> bytes:
    """A result as REST and WebSocket answers carry it."""
    return json.dumps({"result": result, "error": error}, separators=(",", ":")).encode()


def order_object(data: Json) -> Json:
    """The venue's view of a new order, field for field as in "Create New Order".

    The two times are those of the first order of its kind, as the template is kept.
    """
    info = data["orderInfo"]
    now = time.time_ns() // 1_000_000
    return {
        "accountId": data.get("accountId", COMMISSION_RATE["accountId"]),
        "venue": data.get("venue", SECURITY_EXCHANGE),
        "orderId": "",
        "symbol": info["symbol"],
        "orderType": info["orderType"],
        "orderSide": info["orderSide"],
        "limitPrice": json.loads(info.get("limitPrice", "null")),
        "quantity": json.loads(info["quantity"]),
        "filledAveragePrice": 0,
        "filledCumulativeQuantity": 0,
        "timeInForce": info.get("timeInForce", 1),
        "openQuantity": json.loads(info["quantity"]),
        "orderStatus": "SUBMITTED",
        "createdAt": now,
        "updatedAt": now,
    }


class Replies:
    """Frames gathered while one read is worked through, then written in one go."""

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self._transport = transport
        self._soon = asyncio.get_running_loop().call_soon
        self._frames: list[bytes] = []

    def add(self, frame: bytes) -> None:
        """Send *frame* as soon as the loop gets its turn, which is when the read is used up."""
        if not self._frames:
            self._soon(self._flush)
        self._frames.append(frame)

    def _flush(self) -> None:
        self._transport.write(b"".join(self._frames))
        self._frames.clear()


async def trading_stream(request: web.Request) -> web.WebSocketResponse:
    """`/ws/stream` of 2022: log in, orders, answers."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    assert request.transport is not None
    answers, replies = Answers(), Replies(request.transport)
    pings = asyncio.create_task(send_pings(socket))
    while (message := await socket.receive()).type is WSMsgType.TEXT:
        frame = answers.to(message.data)
        if frame:
            replies.add(frame)
    pings.cancel()
    return socket


async def order_stream(request: web.Request) -> web.WebSocketResponse:
    """`/ac/ws/v2/VENUE1/order`: open, and silent but for pings, as nothing ever fills."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    pings = asyncio.create_task(send_pings(socket))
    while (await socket.receive()).type is WSMsgType.TEXT:
        pass
    pings.cancel()
    return socket


async def send_pings(socket: web.WebSocketResponse) -> None:
    """The venue's own heartbeat, in JSON."""
    with suppress(ConnectionError):
        while True:
            await asyncio.sleep(PING_SECONDS)
            await socket.send_json({"ping": time.time_ns() // 1_000_000})


def application() -> web.Application:
    """The routes."""
    fixed: dict[str, list[Json]] = {
        "/utils/listSymbolInfo": [SYMBOL_INFO],
        "/utils/listVenueInfo": [{"exchange": SECURITY_EXCHANGE, "status": "enabled"}],
        "/order/listOpenOrder": [],
        "/order/listMultipleOrderInfo": [],
        "/order/listCompletedOrder": [],
        "/order/getCommissionRate": [COMMISSION_RATE],
        "/asset/getCommissionRate": [COMMISSION_RATE],
    }
    app = web.Application()
    for path, result in fixed.items():
        app.router.add_get("/ac/v2/{venue}" + path, fixed_answer(envelope(result)))
    no_order = fixed_answer(envelope(None, NO_ORDER))
    app.router.add_get("/ac/v2/{venue}/order/queryOrderInfo", no_order)
    app.router.add_get("/ac/v2/{venue}/utils/currentTimeMillis", current_time)
    app.router.add_get("/ac/ws/v2/{venue}/order", order_stream)
    app.router.add_get("/ws/stream", trading_stream)
    app.router.add_route("*", "/{path:.*}", unknown_path)
    return app


def fixed_answer(body: bytes) -> Handler:
    """A handler that always says *body*."""
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    return answer


async def current_time(request: web.Request) -> web.Response:
    """The venue's clock, in milliseconds."""
    body = envelope(time.time_ns() // 1_000_000)
    return web.Response(body=body, content_type="application/json")


async def unknown_path(request: web.Request) -> web.Response:
    """Said aloud: the stub lacks something that the gateway asks for."""
    print(f"no such path: {request.method} {request.path}", flush=True)
    return web.Response(status=404)


def main() -> None:
    """Serve on one port until a signal comes."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    args = parser.parse_args()
    web.run_app(
        application(),
        host="127.0.0.1",
        port=args.port,
        loop=uvloop.new_event_loop(),
        print=None,
        access_log=None,
        shutdown_timeout=0.5,
    )


if __name__ == "__main__":
    main()

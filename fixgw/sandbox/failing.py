"""Faults of answers and updates on their way, as armed by the operator.

What was booked stays booked.
"""

import asyncio
from collections.abc import Callable

from aiohttp import web

from fixgw.sandbox.faults import (
    CALL_FAULTS,
    STREAM_FAULTS,
    UNREADABLE_BODY,
    Answer,
    Armed,
    StreamFault,
)

RETRY_AFTER_SECONDS = 1
"""The Retry-After of a 429."""


async def failing(
    request: web.Request, armed: Armed, reply: web.Response
) -> web.StreamResponse:
    """Return the answer that the client gets instead of *reply*, or *reply* itself, too late."""
    answer = CALL_FAULTS[armed.fault].answer
    if answer in (Answer.LATE, Answer.LATE_DROP):
        await asyncio.sleep(armed.delay_ms / 1000)
    match answer:
        case Answer.LATE:
            return reply
        case Answer.UNREADABLE:
            return web.Response(body=UNREADABLE_BODY, content_type="application/json")
        case Answer.HTTP_500:
            return web.Response(status=500, text="Internal Server Error")
        case Answer.HTTP_502:
            return web.Response(status=502, text="Bad Gateway")
        case Answer.TOO_OFTEN:
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            return web.Response(status=429, text="Too Many Requests", headers=headers)
        case Answer.TORN:
            return await _torn(request, reply)
        case Answer.DROP | Answer.LATE_DROP:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()


async def _torn(request: web.Request, reply: web.Response) -> web.StreamResponse:
    """Half of *reply*, and then the connection is gone."""
    body = reply.body
    assert isinstance(body, bytes), "the answers of a sandbox are bytes"
    half = web.StreamResponse(status=reply.status)
    half.content_type, half.content_length = reply.content_type, len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.abort()
    return half


class News:
    """The news of one socket: what is to be sent now for each piece of it, and in which order."""

    def __init__(self, abort: Callable[[], None]) -> None:
        self._abort = abort
        self._held: list[bytes] = []

    async def due(self, body: bytes, armed: Armed | None) -> list[bytes]:
        """*body* and what was held back for it; waits, or ends the socket, if *armed* says so."""
        held, self._held = self._held, []
        if armed is None:
            return [body, *held]
        match STREAM_FAULTS[armed.fault]:
            case StreamFault.SILENT:
                return held
            case StreamFault.DUPLICATE:
                return [body, body, *held]
            case StreamFault.LATE:
                await asyncio.sleep(armed.delay_ms / 1000)
                return [body, *held]
            case StreamFault.SWAP:
                self._held = [*held, body]
                return []
            case StreamFault.DROP:
                self._abort()
                return []

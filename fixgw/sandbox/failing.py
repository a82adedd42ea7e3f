"""How an answer goes wrong on its way, as an armed fault says. What was booked stays booked."""

import asyncio

from aiohttp import web

from fixgw.sandbox.faults import CALL_FAULTS, UNREADABLE_BODY, Answer, Armed


async def failing(request: web.Request, armed: Armed, reply: web.Response) -> web.Response:
    """What the client gets in the place of *reply*, or *reply* itself, too late."""
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
        case Answer.DROP | Answer.LATE_DROP:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()

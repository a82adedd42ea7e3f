"""The listener over real HTTP: whom it believes, what it answers, and when."""

import asyncio
import hashlib
import hmac
import json
import sqlite3
import ssl

import aiohttp
import msgspec
import pytest

from fixgw.model.venue import OrderUpdate
from fixgw.venues.asmlink.execution import Asmlink
from fixgw.venues.asmlink.webhooks import MAX_BODY_BYTES
from tests.support.certificates import Authority
from tests.venues.asmlink.payload import payload
from tests.venues.asmlink.venue import (
    HOOK_SECRET,
    VENUE,
    Bench,
    free_port,
    order,
    play,
    webhooks,
)


def seal(body: bytes, secret: str = HOOK_SECRET) -> dict[str, str]:
    """The vendor's header."""
    return {"X-CM-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def event(order_id: str, **changes: object) -> bytes:
    """The document's webhook, about *order_id*."""
    fields = json.loads(payload("webhook_order_filled")) | {"order_id": order_id} | changes
    return json.dumps(fields).encode()


async def post(venue: Bench, body: bytes, headers: dict[str, str], **more: object) -> int:
    """The status that a delivery is answered with."""
    hooks = venue.settings.webhooks
    scheme = "https" if hooks.certificate else "http"
    url = more.pop("url", f"{scheme}://127.0.0.1:{hooks.port}{hooks.path}")
    async with aiohttp.ClientSession() as session:
        async with session.post(url, data=body, headers=headers, **more) as answer:
            return answer.status


def test_only_what_is_signed_with_the_secret_is_believed(tmp_path):
    async def scene(venue: Bench) -> None:
        mine = order()
        body = event(mine.venue_order_id)
        for headers in ({}, seal(body, "other"), seal(body + b" "), {"X-CM-Signature": "é"}):
            assert 401 == await post(venue, body, headers)
        assert [] == venue.updates(mine)

        assert 200 == await post(venue, body, seal(body))
        assert 1 == len(venue.updates(mine))

    play(tmp_path, scene, webhooks=webhooks(free_port()))


def test_a_delivery_that_comes_again_is_answered_and_changes_nothing(tmp_path):
    async def scene(venue: Bench) -> None:
        mine = order()
        for attempt in (1, 2, 3):
            body = event(mine.venue_order_id, delivery_attempt=attempt)
            assert 200 == await post(venue, body, seal(body))
        await venue.restart()
        before = len(venue.updates(mine))
        body = event(mine.venue_order_id, delivery_attempt=4)
        assert 200 == await post(venue, body, seal(body))

        assert before == len(venue.updates(mine))

    play(tmp_path, scene, webhooks=webhooks(free_port()))


def test_what_is_taken_is_answered_only_when_it_is_kept(tmp_path):
    async def scene(venue: Bench) -> None:
        mine = order()
        body = event(mine.venue_order_id)
        assert 200 == await post(venue, body, seal(body))
        await venue.restart()

        told = await venue.first(OrderUpdate)
        assert ["evt_8f3a91c4d02e"] == [fill.venue_exec_id for fill in told.fills]

    play(tmp_path, scene, webhooks=webhooks(free_port()))


def test_what_cannot_be_kept_is_not_taken_and_comes_again(tmp_path):
    async def scene(venue: Bench) -> None:
        mine = order()
        body = event(mine.venue_order_id)
        other = sqlite3.connect(venue.settings.record)
        other.execute("ALTER TABLE tells RENAME TO elsewhere")
        other.commit()
        assert 503 == await post(venue, body, seal(body))
        assert [] == venue.updates(mine)

        other.execute("ALTER TABLE elsewhere RENAME TO tells")
        other.commit()
        other.close()
        assert 200 == await post(venue, body, seal(body))
        assert 1 == len(venue.fills(mine))

    play(tmp_path, scene, webhooks=webhooks(free_port()))


def test_what_makes_no_sense_is_not_swallowed(tmp_path):
    async def scene(venue: Bench) -> None:
        for body in (b"", b"{", b"[1]", event(order().venue_order_id, fill_price=None)):
            assert 422 == await post(venue, body, seal(body))
        assert 200 == await post(venue, event("ORD-1"), seal(event("ORD-1")))

    play(tmp_path, scene, webhooks=webhooks(free_port()))


def test_nothing_else_is_there(tmp_path):
    async def scene(venue: Bench) -> None:
        port = venue.settings.webhooks.port
        assert 404 == await post(venue, b"{}", seal(b"{}"), url=f"http://127.0.0.1:{port}/other")
        assert 413 == await post(venue, b" " * (MAX_BODY_BYTES + 1), {})
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/hooks/cm") as answer:
                assert 405 == answer.status

    play(tmp_path, scene, webhooks=webhooks(free_port()))


def test_it_is_registered_as_the_settings_say_and_the_secret_is_told_to_nobody_else(
    tmp_path, capsys
):
    async def scene(venue: Bench) -> None:
        (call,) = await venue.requests("register")
        assert {
            "url": venue.settings.webhooks.url, "account_id": "CORP-ENT-0042",
            "events": ["order.filled", "margin.call"], "secret": "***",
        } == call["request"]

    hooks = webhooks(free_port(), events=("order.filled", "margin.call"))
    play(tmp_path, scene, webhooks=hooks)
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert HOOK_SECRET not in capsys.readouterr().out
    assert HOOK_SECRET.encode() not in written


@pytest.mark.parametrize("fault", ["http_502", "drop_connection"])
def test_a_registration_that_fails_is_tried_again(tmp_path, fault):
    async def scene(venue: Bench) -> None:
        await venue.arm("register", fault, times=2)
        await venue.restart()

        async def again() -> bool:
            return len(await venue.requests("register")) == 4

        await venue.eventually(again)

    play(tmp_path, scene, webhooks=webhooks(free_port(), register="always"))


def test_it_speaks_tls_itself_where_it_has_a_certificate(tmp_path):
    authority = Authority(tmp_path)
    pair = authority.issue("hooks", "IP:127.0.0.1")

    async def scene(venue: Bench) -> None:
        mine = order()
        body = event(mine.venue_order_id)
        context = ssl.create_default_context(cafile=str(authority.certificate))
        assert 200 == await post(venue, body, seal(body), ssl=context)
        assert 1 == len(venue.updates(mine))
        with pytest.raises(aiohttp.ClientError):
            hooks = venue.settings.webhooks
            await post(venue, body, seal(body), url=f"http://127.0.0.1:{hooks.port}{hooks.path}")

    hooks = webhooks(
        free_port(), register="never", certificate=pair.certificate, key=pair.key
    )
    play(tmp_path, scene, webhooks=hooks)


def test_it_waits_for_its_port(tmp_path):
    async def scene(venue: Bench) -> None:
        taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = taken.sockets[0].getsockname()[1]
        await venue.adapter.stop()
        hooks = webhooks(port, register="never")
        settings = msgspec.structs.replace(venue.settings, webhooks=hooks)
        venue.adapter = Asmlink(VENUE, settings)
        venue.adapter.start(venue.deliver)
        await asyncio.sleep(0.05)
        assert venue.adapter.status().webhook_port is None
        taken.close()
        await taken.wait_closed()
        await venue.eventually(lambda: listens(venue, port))

    async def listens(venue: Bench, port: int) -> bool:
        return venue.adapter.status().webhook_port == port

    play(tmp_path, scene, webhooks=webhooks(free_port(), register="never"))

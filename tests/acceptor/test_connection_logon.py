"""Before a Logon is accepted: what a stranger may say, how much of it, and how long it may take."""

import asyncio
import time
from ipaddress import ip_network

import pytest

from fixgw.acceptor.proxy_protocol import Networks
from tests.acceptor.test_connection import HEARTBEAT, LOGON, knocking, play
from tests.support.fixtext import fix

LOCAL = (ip_network("127.0.0.0/8"),)
ELSEWHERE = (ip_network("192.0.2.0/24"),)
HEADER = b"PROXY TCP4 203.0.113.9 127.0.0.1 4711 9878\r\n"

BIG = fix(f"8=FIX.4.4|35=B|34=2|49=C|56=G|58={'x' * 20_000}|")


@pytest.mark.parametrize(
    ("said", "setting", "reason"),
    [
        (b"", "first_byte_timeout_seconds", "nothing said in time"),
        (LOGON[:20], "logon_timeout_seconds", "no Logon in time"),
        # A whole one that nobody has accepted yet.
        (LOGON, "logon_timeout_seconds", "no Logon in time"),
    ],
)
def test_every_step_has_a_deadline(said: bytes, setting: str, reason: str) -> None:
    async def scenario() -> None:
        async with knocking(**{setting: 1}) as wire:
            await wire.send(said)

            assert b"" == await wire.read()
            assert [reason] == wire.gateway.reasons

    play(scenario())


def test_a_drip_does_not_make_it_longer() -> None:
    async def scenario() -> None:
        async with knocking(logon_timeout_seconds=1) as wire:
            dripped = 0
            while not wire.gateway.reasons:
                await wire.send(LOGON[dripped:dripped + 1])
                dripped += 1
                assert dripped < len(LOGON), "it has said all of it"
                await asyncio.sleep(0.05)
            assert ["no Logon in time"] == wire.gateway.reasons

    play(scenario())


def test_who_is_let_in_has_no_deadline_any_more() -> None:
    async def scenario() -> None:
        async with knocking(first_byte_timeout_seconds=3, logon_timeout_seconds=3) as wire:
            await wire.send(LOGON)
            await wire.until(lambda: wire.gateway.arrivals)
            wire.connection.admitted()
            await asyncio.sleep(3.2)
            await wire.send(HEARTBEAT)
            await wire.until(lambda: len(wire.connection.inbox) == 2)
            assert [] == wire.gateway.reasons

    play(scenario())


def test_a_logon_may_have_so_many_bytes() -> None:
    async def scenario() -> None:
        async with knocking(max_logon_bytes=len(LOGON)) as wire:
            await wire.send(LOGON)
            await wire.until(lambda: wire.gateway.arrivals)
            assert [LOGON] == list(wire.connection.inbox)

        async with knocking(max_logon_bytes=len(LOGON) - 1) as wire:
            await wire.send(LOGON[:30])
            await wire.until(lambda: wire.gateway.arrivals)
            assert wire.connection.unreadable.startswith("BodyLength(9)")

        async with knocking() as wire:
            await wire.send(b"8=FIX.4.4\x019=900000000\x0135=A\x01")
            await wire.until(lambda: wire.gateway.arrivals)
            assert (
                "BodyLength(9) 900000000 makes a message of 900000029 bytes; the limit is 8192"
            ) == wire.connection.unreadable

    play(scenario())


def test_rubbish_ends_where_a_logon_would_have_to() -> None:
    async def scenario() -> None:
        async with knocking(max_logon_bytes=1_000) as wire:
            await wire.send(b"x" * 900)
            await asyncio.sleep(0.05)
            assert "" == wire.connection.unreadable
            await wire.send(b"x" * 101)
            await wire.until(lambda: wire.gateway.arrivals)
            assert "no Logon in the first 1000 bytes" == wire.connection.unreadable

    play(scenario())


@pytest.mark.parametrize("cut", [len(LOGON), len(LOGON) + 5, len(LOGON) + len(HEARTBEAT) + 3])
def test_what_comes_with_the_logon_waits_for_it(cut: int) -> None:
    async def scenario() -> None:
        async with knocking() as wire:
            everything = LOGON + HEARTBEAT + BIG + HEARTBEAT
            await wire.send(everything[:cut])
            await wire.until(lambda: wire.gateway.arrivals)
            await wire.send(everything[cut:])
            await asyncio.sleep(0.05)
            assert BIG not in wire.connection.inbox

            wire.connection.admitted()
            await wire.until(lambda: len(wire.connection.inbox) == 4)
            assert [LOGON, HEARTBEAT, BIG, HEARTBEAT] == list(wire.connection.inbox)

    play(scenario())


def test_a_stranger_cannot_make_us_hold_much() -> None:
    async def scenario() -> None:
        async with knocking(logon_timeout_seconds=60) as wire:
            await wire.send(LOGON)
            await wire.until(lambda: wire.gateway.arrivals)
            sent = await wire.send_until_stuck(HEARTBEAT * 100)

            # One read of the socket beyond what is allowed; the rest is in the kernel.
            assert [LOGON] == list(wire.connection.inbox)
            assert len(wire.connection._early) < 8_192 + 256_001

            # Nothing of it is lost when the client is let in.
            wire.connection.inbox.clear()
            wire.connection.processed()
            assert not wire.connection._reading
            wire.connection.admitted()
            taken = 0
            while taken < sent * 100:
                await wire.until(lambda: wire.connection.inbox)
                taken += len(wire.connection.inbox)
                wire.connection.inbox.clear()
                wire.connection.processed()

    play(scenario())


# --------------------------------------------------------------------------- PROXY


@pytest.mark.parametrize("cut", [1, 20, len(HEADER), len(HEADER) + 5])
def test_a_load_balancer_tells_who_the_client_is(cut: int) -> None:
    async def scenario() -> None:
        async with knocking(proxies=LOCAL) as wire:
            await wire.send((HEADER + LOGON)[:cut])
            await asyncio.sleep(0.02)
            await wire.send((HEADER + LOGON)[cut:])
            await wire.until(lambda: wire.gateway.arrivals)

            assert [LOGON] == list(wire.connection.inbox)
            assert "203.0.113.9" == wire.connection.address
            assert "203.0.113.9:4711" == wire.connection.peer

    play(scenario())


def test_a_load_balancer_that_speaks_for_itself() -> None:
    async def scenario() -> None:
        async with knocking(proxies=LOCAL) as wire:
            await wire.send(b"PROXY UNKNOWN\r\n" + LOGON)
            await wire.until(lambda: wire.gateway.arrivals)

            assert "127.0.0.1" == wire.connection.address

    play(scenario())


@pytest.mark.parametrize(
    ("said", "proxies", "reason"),
    [
        (LOGON, LOCAL, "no PROXY header"),
        (b"PROXY TCP4 me you 1 2\r\n", LOCAL, "malformed address in a PROXY v1 header"),
        (HEADER + HEADER, LOCAL, "a PROXY header from outside proxy_networks, or a second one"),
        (HEADER + LOGON, ELSEWHERE, "a PROXY header from outside proxy_networks, or a second one"),
        (HEADER + LOGON, (), "a PROXY header from outside proxy_networks, or a second one"),
    ],
)
def test_a_header_that_is_not_believed(said: bytes, proxies: Networks, reason: str) -> None:
    async def scenario() -> None:
        async with knocking(proxies=proxies) as wire:
            await wire.send(said)

            assert b"" == await wire.read()
            wire.client.close()
            await wire.until(lambda: wire.gateway.reasons)
            assert [reason] == wire.gateway.reasons
            assert 0 == wire.gateway.arrivals

    play(scenario())


@pytest.mark.parametrize("said", [b"", HEADER[:-1], HEADER])
def test_a_header_is_no_first_byte(said: bytes) -> None:
    async def scenario() -> None:
        async with knocking(proxies=LOCAL, first_byte_timeout_seconds=1) as wire:
            began = time.monotonic()
            await wire.send(said)

            assert b"" == await wire.read()
            assert ["nothing said in time"] == wire.gateway.reasons
            assert time.monotonic() - began >= 0.9

    play(scenario())


def test_a_client_behind_a_load_balancer_may_be_one_too_many() -> None:
    async def scenario() -> None:
        async with knocking(proxies=LOCAL) as wire:
            wire.gateway.refusal = "max_connections_per_address"
            await wire.send(HEADER + LOGON)

            assert b"" == await wire.read()
            assert ["max_connections_per_address"] == wire.gateway.reasons
            assert 0 == wire.gateway.arrivals

    play(scenario())

"""The listening socket: its address, how many it lets in, and how long they may be silent."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from fixgw.acceptor.listener import Acceptor, CannotListen, proxy_networks
from fixgw.acceptor.tls import Tls
from fixgw.model.errors import SettingsError
from fixgw.runtime import few_lines
from fixgw.runtime.gateway_toml import Limits, Listener, ListenerTls
from fixgw.runtime.sockets import (
    DEAD_PEER_SECONDS,
    KEEPALIVE_IDLE_SECONDS,
    KEEPALIVE_INTERVAL_SECONDS,
)
from tests.acceptor.test_connection import LOGON, Gateway, play
from tests.app.bench import connect, running, until
from tests.runtime.directory import GATEWAY, Directory


@asynccontextmanager
async def listening(
    *, host: str = "127.0.0.1", tls: Tls | None = None, proxied: bool = False, **limits: int
) -> AsyncIterator[tuple[Acceptor, Gateway]]:
    gateway = Gateway()
    settings = Listener(
        host=host, port=0, proxy_protocol=proxied,
        tls=None if tls is None else ListenerTls(certificate="", key=""),
    )
    proxies = (ip_network("127.0.0.1"),) if proxied else ()
    acceptor = Acceptor(settings, Limits(**limits), gateway, tls, proxies)
    await acceptor.start()
    try:
        yield acceptor, gateway
    finally:
        acceptor.stop_accepting()
        acceptor.abort_all()
        await until(lambda: not acceptor.connections)


def test_a_port_that_is_taken() -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(CannotListen) as raised:
                await Acceptor(Listener(port=port), Limits(), Gateway()).start()
        assert (
            f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another "
            "[listener] host or port in gateway.toml, or stop what uses it"
        ) == str(raised.value)

    play(scenario())


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_a_host_that_is_not_ours(host: str) -> None:
    async def scenario() -> None:
        with pytest.raises(CannotListen, match=f"cannot listen on {host}:0: .*; choose another"):
            await Acceptor(Listener(host=host, port=0), Limits(), Gateway()).start()

    play(scenario())


@pytest.mark.parametrize(
    ("host", "reached_at"),
    [
        ("0.0.0.0", ["127.0.0.1"]),
        ("::1", ["::1"]),
        ("::", ["127.0.0.1", "::1"]),
        ("", ["127.0.0.1", "::1"]),
        ("localhost", ["127.0.0.1"]),
    ],
)
def test_every_host_is_reached_and_tells_addresses_alike(
    host: str, reached_at: list[str]
) -> None:
    async def scenario() -> None:
        async with listening(host=host) as (acceptor, gateway):
            for number, address in enumerate(reached_at):
                with socket.create_connection((address, acceptor.port)) as client:
                    await until(lambda: len(gateway.connections) > number)
                    port = client.getsockname()[1]
                connection = gateway.connections[number]
                assert address == connection.address
                written = f"[{address}]" if ":" in address else address
                assert f"{written}:{port}" == connection.peer

    play(scenario())


def test_a_peer_that_vanishes_is_noticed_by_the_kernel() -> None:
    async def scenario() -> None:
        async with listening(slow_reader_seconds=40) as (acceptor, gateway):
            client = await connect(acceptor.port)
            await until(lambda: gateway.connections)
            transport = gateway.connections[0]._transport
            assert transport is not None
            sock = transport.get_extra_info("socket")
            options = [
                sock.getsockopt(socket.IPPROTO_TCP, option)
                for option in (
                    socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_USER_TIMEOUT,
                    socket.TCP_NODELAY,
                )
            ]
            # Later than a slow reader is cut off, who acknowledges nothing either.
            assert DEAD_PEER_SECONDS < 80
            wanted = [KEEPALIVE_IDLE_SECONDS, KEEPALIVE_INTERVAL_SECONDS, 80_000, 1]
            assert wanted == options
            assert 1 == sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            client.close()

    play(scenario())


# ---------------------------------------------------------------------------- caps


def test_one_stranger_too_many_ends_the_oldest() -> None:
    async def scenario() -> None:
        async with listening(max_unauthenticated_connections=2) as (acceptor, host):
            first, second = await connect(acceptor.port), await connect(acceptor.port)
            await until(lambda: len(acceptor.connections) == 2)
            third = await connect(acceptor.port)

            await first.expect_end()
            assert ["made room for a newer connection"] == host.reasons
            await until(lambda: len(acceptor.connections) == 2)
            second.close()
            third.close()

    play(scenario())


def test_no_flood_takes_the_place_of_a_client() -> None:
    async def scenario() -> None:
        limits = {"max_connections": 4, "max_unauthenticated_connections": 2}
        async with listening(**limits) as (acceptor, host):
            clients = []
            for _ in range(3):
                client = await connect(acceptor.port)
                await client.write(LOGON)
                await until(lambda: len(host.connections) > len(clients))
                await until(lambda: host.connections[-1].inbox)
                host.connections[-1].admitted()
                clients.append(client)

            flood = [await connect(acceptor.port) for _ in range(50)]
            await until(lambda: len(host.reasons) >= 49)
            assert {"made room for a newer connection"} == set(host.reasons)

            # And yet one more client gets in.
            last = await connect(acceptor.port)
            await last.write(LOGON)
            await until(lambda: host.connections[-1].inbox)
            host.connections[-1].admitted()
            await until(lambda: len(acceptor.connections) == 4)
            assert 0 == sum(connection.closing for connection in acceptor.connections)

            # Now all places are clients': who comes now is refused.
            late = await connect(acceptor.port)
            await late.expect_end()
            assert 4 == len(acceptor.connections)
            for each in [*clients, *flood, last]:
                each.close()

    play(scenario())


def test_one_too_many_from_one_address() -> None:
    async def scenario() -> None:
        async with listening(max_connections_per_address=2) as (acceptor, host):
            first, second = await connect(acceptor.port), await connect(acceptor.port)
            await until(lambda: len(acceptor.connections) == 2)
            third = await connect(acceptor.port)

            # The oldest of those that were not let in goes.
            await first.expect_end()
            await until(lambda: len(host.connections) == 3)
            assert 2 == len(acceptor.connections)

            for connection in acceptor.connections:
                acceptor.admitted(connection)
            fourth = await connect(acceptor.port)
            await fourth.expect_end()
            assert 2 == len(acceptor.connections)

            # There is room again when one has gone.
            second.close()
            await until(lambda: len(acceptor.connections) == 1)
            await connect(acceptor.port)
            await until(lambda: len(acceptor.connections) == 2)
            third.close()

    play(scenario())


def test_behind_a_load_balancer_the_clients_addresses_count() -> None:
    async def scenario() -> None:
        async with listening(proxied=True, max_connections_per_address=1) as (acceptor, host):
            clients = []
            for address in ("192.0.2.1", "192.0.2.2"):
                client = await connect(acceptor.port)
                await client.write(f"PROXY TCP4 {address} 10.0.0.1 1 2\r\n".encode() + LOGON)
                clients.append(client)
            await until(lambda: host.arrivals == 2)
            assert ["192.0.2.1", "192.0.2.2"] == sorted(c.address for c in host.connections)
            for connection in host.connections:
                acceptor.admitted(connection)

            third = await connect(acceptor.port)
            await third.write(b"PROXY TCP4 192.0.2.2 10.0.0.1 1 2\r\n" + LOGON)
            await third.expect_end()
            assert ["max_connections_per_address"] == host.reasons
            for client in clients:
                client.close()

    play(scenario())


def test_a_flood_leaves_a_few_lines_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(few_lines, "SECOND", 3_600)  # the test ends it itself

    async def scenario() -> None:
        async with listening(max_connections_per_address=1) as (acceptor, host):
            first = await connect(acceptor.port)
            await until(lambda: acceptor.connections)
            acceptor.admitted(next(iter(acceptor.connections)))
            with capture_logs() as logged:
                for _ in range(200):
                    (await connect(acceptor.port)).close()
                await until(lambda: acceptor._lines._left_out.total() > 100)
                acceptor._lines._next()
                refused = [line for line in logged if line["event"] == "connection_refused"]
                left_out = sum(line.get("count", 0) for line in logged)
            assert 0 < len(refused) < 100
            assert {"max_connections_per_address"} == {line["reason"] for line in refused}
            assert left_out > 0
            first.close()

    play(scenario())


def test_a_health_check_says_nothing_in_the_log() -> None:
    async def scenario() -> None:
        with capture_logs() as logged:
            async with listening() as (acceptor, host):
                check = await connect(acceptor.port)
                await until(lambda: acceptor.connections)
                check.close()
                await until(lambda: host.reasons)
                assert {"debug"} == {line["log_level"] for line in logged}

                stranger = await connect(acceptor.port)
                await stranger.write(b"hello")
                await until(lambda: not host.connections[-1].silent)
                stranger.close()
                await until(lambda: len(host.reasons) == 2)
        assert [("connection_closed", "info")] == [
            (line["event"], line["log_level"]) for line in logged if line["log_level"] != "debug"
        ]

    play(scenario())


# ----------------------------------------------------------------------- deadlines


def test_who_has_logged_on_may_be_silent(tmp_path: Path) -> None:
    async def scenario() -> None:
        tables = "[limits]\nfirst_byte_timeout_seconds = 3\nlogon_timeout_seconds = 3\n"
        async with running(tmp_path, tables=tables) as gateway:
            client: Any = await gateway.client()
            await client.log_on()
            silent = await gateway.client()

            # The later one's time is up, and so is the earlier one's.
            await silent.expect_end()
            await client.send("35=1|112=HELLO")
            await client.expect("35=0|112=HELLO")

    play(scenario())


def test_who_does_not_read_is_cut_off_and_hears_the_rest_when_it_is_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        tables = "[limits]\nslow_reader_seconds = 1\noutbound_buffer_bytes = 20000\n"
        async with running(tmp_path, tables=tables) as gateway:
            slow = await gateway.client(slow=True)
            await slow.log_on()
            while not gateway.gone()():
                # It goes on asking, and never reads an answer.
                try:
                    await slow.send(*(f"35=1|112={'Q' * 2_000}" for _ in range(20)))
                except (ConnectionError, TimeoutError):
                    break
                await asyncio.sleep(0.001)
            await until(gateway.gone())
            slow.close()

            sent, expected = gateway.numbers()
            back = await gateway.client(next_out=expected)
            await back.send("35=A|98=0|108=30")
            first = await back.receive()
            assert ("A", str(sent)) == (first[35], first[34])
            await back.send(f"35=2|7=1|16={sent - 1}")
            heard = 0
            while heard < sent - 1:
                message = await back.receive()
                heard = int(message.get(36, int(message[34]) + 1)) - 1
            assert sent - 1 == heard > 50

    play(scenario())


def test_the_end_closes_everything() -> None:
    async def scenario() -> None:
        async with listening() as (acceptor, host):
            client = await connect(acceptor.port)
            await until(lambda: acceptor.connections)
            acceptor.stop_accepting()
            acceptor.abort_all()

            await client.expect_end()
            assert ["the gateway stops"] == host.reasons
            with pytest.raises(OSError):
                await connect(acceptor.port)
            await asyncio.sleep(0)

    play(scenario())


# ------------------------------------------------------------------------ settings


@pytest.mark.parametrize(
    ("listener", "error"),
    [
        (
            "proxy_protocol = true",
            "4: listener.proxy_protocol: nobody is believed: name the load balancers' addresses "
            "in proxy_networks",
        ),
        (
            "proxy_networks = ['10.0.0.1', 'lb.test']",
            "4: listener.proxy_networks[1]: 'lb.test' does not appear to be an IPv4 or IPv6 "
            'network: write an address or a network, such as "10.0.0.0/24"',
        ),
        (
            "proxy_networks = ['10.0.0.1/24']",
            "4: listener.proxy_networks[0]: 10.0.0.1/24 has host bits set: write an address or "
            'a network, such as "10.0.0.0/24"',
        ),
    ],
)
def test_load_balancers_must_be_named(directory: Directory, listener: str, error: str) -> None:
    directory.write("gateway.toml", f"{GATEWAY}[listener]\n{listener}\n")

    with pytest.raises(SettingsError) as raised:
        proxy_networks(directory.settings())

    assert f"gateway.toml:{error}" == str(raised.value).replace(f"{directory.path}/", "")


def test_load_balancers(directory: Directory) -> None:
    written = "[listener]\nproxy_networks = ['10.0.0.0/24', '::1']\n"
    directory.write("gateway.toml", GATEWAY + written)
    assert () == proxy_networks(directory.settings())

    directory.write("gateway.toml", GATEWAY + written + "proxy_protocol = true\n")
    wanted = (ip_network("10.0.0.0/24"), ip_network("::1/128"))
    assert wanted == proxy_networks(directory.settings())

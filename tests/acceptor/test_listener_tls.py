"""TLS on the listening socket, with real handshakes: who gets through, and who costs what."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_network
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fixgw.acceptor import listener
from fixgw.acceptor.listener import Acceptor
from fixgw.acceptor.stages import Stage
from fixgw.acceptor.tls import Tls
from fixgw.fix.framing import Framer
from fixgw.fix.wire import header_fields
from fixgw.runtime.gateway_toml import Limits, Listener, ListenerTls
from tests.acceptor.test_connection import HEARTBEAT, LARGE, LOGON, Gateway, play
from tests.app.bench import DEADLINE_SECONDS, Client, connect, running, until
from tests.support.certificates import Authority
from tests.support.tls_client import TlsClient, dial, trusting

LISTENER = Listener(port=0, tls=ListenerTls(certificate="", key=""))

HELLO_START = bytes.fromhex("160301020001")


@pytest.fixture
def place(tmp_path: Path, authority: Authority) -> Path:
    """A sessions directory with the gateway's certificate in it."""
    pair = authority.issue("localhost", "DNS:localhost")
    shutil.copy(pair.certificate, tmp_path / "gateway.crt")
    shutil.copy(pair.key, tmp_path / "gateway.key")
    shutil.copy(authority.certificate, tmp_path / "clients.crt")
    return tmp_path


@asynccontextmanager
async def listening(
    place: Path, asking: str = "none", minimum: str = "1.2", **limits: int
) -> AsyncIterator[tuple[Acceptor, Gateway]]:
    settings = ListenerTls(
        certificate="gateway.crt", key="gateway.key",
        client_ca="" if asking == "none" else "clients.crt",
        client_certificate=asking, minimum_version=minimum,  # type: ignore[arg-type]
    )
    gateway = Gateway()
    acceptor = Acceptor(LISTENER, Limits(**limits), gateway, Tls(settings, place))
    await acceptor.start()
    try:
        yield acceptor, gateway
    finally:
        acceptor.stop_accepting()
        acceptor.abort_all()
        await until(lambda: not acceptor.connections)


async def logged_on(acceptor: Acceptor, gateway: Gateway, context: ssl.SSLContext) -> TlsClient:
    """A client that was let in."""
    before = len(gateway.connections)
    client = await dial(acceptor.port, context)
    await client.send(LOGON)
    await until(lambda: len(gateway.connections) > before)
    connection = gateway.connections[-1]
    await until(lambda: connection.inbox)
    assert [LOGON] == list(connection.inbox)
    connection.inbox.clear()
    connection.processed()
    connection.admitted()
    return client


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_fix_over_tls(place: Path, authority: Authority, version: ssl.TLSVersion) -> None:
    async def scenario() -> None:
        async with listening(place) as (acceptor, gateway):
            context = trusting(authority)
            context.minimum_version = context.maximum_version = version
            client = await logged_on(acceptor, gateway, context)
            connection = gateway.connections[0]
            assert connection.encrypted
            assert () == connection.certificate_names

            await client.send(HEARTBEAT * 300 + LARGE)
            await until(lambda: len(connection.inbox) == 301)
            assert LARGE == connection.inbox[-1]
            for _ in range(50):
                connection.write(LARGE)
            assert LARGE * 50 == await client.receive_exactly(len(LARGE) * 50)

            # What was said last arrives, then the end of TLS and of TCP.
            connection.write(LARGE)
            connection.close("goodbye")
            assert LARGE == await client.receive_exactly(len(LARGE))
            assert b"" == await client.receive()
            client.close()
            await until(lambda: gateway.reasons)
            assert ["goodbye"] == gateway.reasons

    play(scenario())


def test_a_client_that_ends_tls_is_heard_to_its_end(place: Path, authority: Authority) -> None:
    async def scenario() -> None:
        async with listening(place) as (acceptor, gateway):
            client = await logged_on(acceptor, gateway, trusting(authority))
            heard: list[bytes] = []
            connection = gateway.connections[0]
            gateway.arrived = lambda one: heard.extend(one.inbox)  # type: ignore[method-assign]
            await client.send(HEARTBEAT)
            await asyncio.to_thread(client.sock.unwrap)
            client.close()

            await until(lambda: gateway.reasons)
            assert ["closed by the client"] == gateway.reasons
            assert HEARTBEAT in heard
            assert connection.closing

    play(scenario())


def test_a_session_over_tls(tmp_path: Path, authority: Authority) -> None:
    async def scenario() -> None:
        pair = authority.issue("localhost", "DNS:localhost")
        tables = (
            f'[listener.tls]\ncertificate = "{pair.certificate}"\nkey = "{pair.key}"\n'
            f'client_ca = "{authority.certificate}"\nclient_certificate = "optional"\n'
        )
        async with running(tmp_path, tables=tables) as gateway:
            client = await dial(gateway.acceptor.port, trusting(authority, pair))
            says = Client(client.sock, "ONE")
            framer = Framer()

            async def answer(*texts: str) -> list[dict[int, str]]:
                await client.send(b"".join(map(says.message, texts)))
                messages: list[bytes] = []
                while not messages:
                    messages = framer.feed(await client.receive())
                return [header_fields(each) for each in messages]

            assert ["A"] == [each[35] for each in await answer("35=A|98=0|108=30|")]
            [test_answer] = await answer("35=1|112=HELLO")
            assert ("0", "HELLO") == (test_answer[35], test_answer[112])
            assert ("localhost",) == gateway.state().connection.certificate_names
            assert ["5"] == [each[35] for each in await answer("35=5")]
            assert b"" == await client.receive()
            client.close()

    play(scenario())


def test_keys_are_updated_for_who_reads_the_answer(place: Path, authority: Authority) -> None:
    """`openssl s_client` asks for new keys at a line K; Python's ssl cannot."""

    async def scenario() -> None:
        async with listening(place) as (acceptor, gateway):
            client = await asyncio.create_subprocess_exec(
                "openssl", "s_client", "-connect", f"127.0.0.1:{acceptor.port}",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            assert client.stdin is not None and client.stderr is not None
            await until(lambda: [c._stage for c in gateway.connections] == [Stage.LOGON])
            connection = gateway.connections[0]
            client.stdin.write(LOGON + b"\n")
            await until(lambda: connection.inbox)
            connection.admitted()

            async def new_keys() -> None:
                client.stdin.write(b"K\n")
                async with asyncio.timeout(DEADLINE_SECONDS):
                    while b"KEYUPDATE" not in await client.stderr.readline():
                        pass

            await new_keys()
            # It reads a line at a time, and takes one that begins with a letter for its own.
            client.stdin.write(HEARTBEAT + b"\n")
            await until(lambda: len(connection.inbox) == 2)
            assert [] == gateway.reasons

            connection.writable = False
            await new_keys()
            await until(lambda: gateway.reasons)
            assert ["TLS: asks and does not read"] == gateway.reasons
            client.stdin.close()
            await client.wait()

    play(scenario())


# --------------------------------------------------------------- who is not let in


def test_tls_of_old_is_refused(place: Path, authority: Authority) -> None:
    async def scenario() -> None:
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning):
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        new_enough = trusting(authority)
        new_enough.maximum_version = ssl.TLSVersion.TLSv1_2
        with capture_logs() as logged:
            async with listening(place) as (acceptor, gateway):
                with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
                    await dial(acceptor.port, old)
                await until(lambda: gateway.reasons)
                assert ["TLS: unsupported protocol"] == gateway.reasons
            async with listening(place, minimum="1.3") as (acceptor, gateway):
                with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
                    await dial(acceptor.port, new_enough)
        assert ["connection_closed"] * 2 == [line["event"] for line in logged]

    play(scenario())


@pytest.mark.parametrize(
    "said",
    [b"GET / HTTP/1.1\r\n\r\n", LOGON, bytes(64), b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"],
)
def test_who_does_not_speak_tls_is_one_line_in_the_log(place: Path, said: bytes) -> None:
    async def scenario() -> None:
        with capture_logs() as logged:
            async with listening(place) as (acceptor, gateway):
                client = await connect(acceptor.port)
                await client.write(said)
                # It may be told so in TLS, and then it is over.
                loop, data = asyncio.get_running_loop(), b""
                async with asyncio.timeout(DEADLINE_SECONDS):
                    while piece := await loop.sock_recv(client._socket, 65_536):
                        data += piece
                assert len(data) < 20
                client.close()
                await until(lambda: gateway.reasons)
        assert [("connection_closed", "info")] == [
            (line["event"], line["log_level"]) for line in logged
        ]

    play(scenario())


@pytest.mark.parametrize("said", [HELLO_START, HELLO_START + bytes(100)])
def test_a_handshake_that_stops_half_way_is_cut_off(place: Path, said: bytes) -> None:
    async def scenario() -> None:
        async with listening(place, handshake_timeout_seconds=1) as (acceptor, gateway):
            client = await connect(acceptor.port)
            await client.write(said)
            for _ in range(5):
                # A drip does not make it longer.
                await asyncio.sleep(0.1)
                with suppress(ConnectionError):
                    await client.write(b"\x00")

            await client.expect_end()
            assert ["TLS handshake not done in time"] == gateway.reasons

    play(scenario())


def test_handshakes_that_are_broken_off_leave_nothing(place: Path, authority: Authority) -> None:
    async def scenario() -> None:
        client = trusting(authority)
        incoming, hello = ssl.MemoryBIO(), ssl.MemoryBIO()
        with pytest.raises(ssl.SSLWantReadError):
            client.wrap_bio(incoming, hello, server_hostname="localhost").do_handshake()
        said = hello.read()
        with capture_logs() as logged:
            async with listening(place, max_connections_per_address=100) as (acceptor, gateway):
                for cut in range(0, len(said), 20):
                    with socket.create_connection(("127.0.0.1", acceptor.port)) as sock:
                        sock.sendall(said[:cut])
                        if cut % 40:
                            # Reset, not closed.
                            linger = bytes([1, 0, 0, 0, 0, 0, 0, 0])
                            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    await until(lambda: not acceptor.connections)
                good = await logged_on(acceptor, gateway, client)
                good.close()
                assert not acceptor._handshakes
        assert {"connection_closed", "connection_refused", "lines_left_out"} >= {
            line["event"] for line in logged
        }
        assert not [line for line in logged if "exc_info" in line]

    play(scenario())


def test_one_handshake_is_computed_at_a_time(
    place: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    # For ever, as far as this test goes: it ends the pauses itself.
    monkeypatch.setattr(listener, "HANDSHAKE_PAUSE_SECONDS", 3_600)

    async def scenario() -> None:
        hello = ssl.MemoryBIO()
        with pytest.raises(ssl.SSLWantReadError):
            trusting(authority).wrap_bio(
                ssl.MemoryBIO(), hello, server_hostname="localhost"
            ).do_handshake()
        said = hello.read()
        async with listening(place) as (acceptor, gateway):
            clients = [await connect(acceptor.port) for _ in range(3)]
            for client in clients:
                await client.write(said)
            loop = asyncio.get_running_loop()
            reading = [
                asyncio.ensure_future(loop.sock_recv(each._socket, 65_536)) for each in clients
            ]
            for answered in (1, 2, 3):
                await until(lambda: sum(each.done() for each in reading) >= answered)
                await asyncio.sleep(0.05)
                assert answered == sum(each.done() for each in reading)
                acceptor._shake_hands()
            assert all(each.result().startswith(b"\x16\x03") for each in reading)
            for client in clients:
                client.close()

    play(scenario())


def test_who_shakes_hands_and_says_nothing_is_cut_off(place: Path, authority: Authority) -> None:
    async def scenario() -> None:
        async with listening(place, logon_timeout_seconds=1) as (acceptor, gateway):
            client = await dial(acceptor.port, trusting(authority))

            assert b"" == await client.receive()
            assert ["no Logon in time"] == gateway.reasons
            client.close()

    play(scenario())


def test_half_handshakes_count_as_connections(place: Path, authority: Authority) -> None:
    async def scenario() -> None:
        limits = {"max_unauthenticated_connections": 3}
        async with listening(place, **limits) as (acceptor, gateway):
            client = await logged_on(acceptor, gateway, trusting(authority))
            halves = [await connect(acceptor.port) for _ in range(10)]
            for half in halves:
                try:
                    await half.write(HELLO_START)
                except ConnectionError:
                    pass
            await until(lambda: len(gateway.reasons) == 7)
            assert {"made room for a newer connection"} == set(gateway.reasons)
            assert 4 == len(acceptor.connections)

            await client.send(HEARTBEAT)
            await until(lambda: gateway.connections[0].inbox)
            for each in halves:
                each.close()
            client.close()

    play(scenario())


# ------------------------------------------------------------ clients' certificates


def test_a_clients_certificate_tells_its_names(place: Path, authority: Authority) -> None:
    async def scenario() -> None:
        pair = authority.issue("CLIENT1", "DNS:one.client.test", "email:fix@client.test")
        for asking in ("optional", "required"):
            async with listening(place, asking) as (acceptor, gateway):
                client = await logged_on(acceptor, gateway, trusting(authority, pair))
                names = ("CLIENT1", "one.client.test", "fix@client.test")
                assert names == gateway.connections[0].certificate_names
                client.close()

    play(scenario())


@pytest.mark.parametrize(
    ("asking", "shown", "reason"),
    [
        ("optional", False, ""),
        ("optional", True, "TLS: client certificate: unable to get local issuer certificate"),
        ("required", True, "TLS: client certificate: unable to get local issuer certificate"),
        ("required", False, "TLS: peer did not return a certificate"),
    ],
)
def test_without_a_good_certificate(
    place: Path, authority: Authority, stranger: Authority, asking: str, shown: bool, reason: str
) -> None:
    async def scenario() -> None:
        context = trusting(authority, stranger.issue("CLIENT1") if shown else None)
        async with listening(place, asking) as (acceptor, gateway):
            if not reason:
                client = await logged_on(acceptor, gateway, context)
                assert () == gateway.connections[0].certificate_names
                client.close()
                return
            # With TLS 1.3 a client only learns of it when it reads.
            client = await dial(acceptor.port, context)
            assert b"" == await client.receive()
            client.close()
            await until(lambda: gateway.reasons)
            assert [reason] == gateway.reasons
            assert 0 == gateway.arrivals

    play(scenario())


# ------------------------------------------------------------------- PROXY, renewal


def test_the_header_of_a_load_balancer_comes_before_tls(
    place: Path, authority: Authority
) -> None:
    async def scenario() -> None:
        gateway = Gateway()
        tls = Tls(ListenerTls(certificate="gateway.crt", key="gateway.key"), place)
        settings = Listener(port=0, proxy_protocol=True, tls=LISTENER.tls)
        acceptor = Acceptor(settings, Limits(), gateway, tls, (ip_network("127.0.0.0/8"),))
        await acceptor.start()
        header = b"PROXY TCP4 203.0.113.9 127.0.0.1 4711 9878\r\n"
        client = await dial(acceptor.port, trusting(authority), before=header)
        await client.send(LOGON)
        await until(lambda: gateway.arrivals)
        assert "203.0.113.9:4711" == gateway.connections[0].peer

        # A health check of a load balancer that never gets as far as TLS.
        with socket.create_connection(("127.0.0.1", acceptor.port)) as check:
            check.sendall(b"PROXY UNKNOWN\r\n")
            await until(lambda: len(gateway.connections) == 2)
        await until(lambda: gateway.reasons)
        client.close()
        acceptor.stop_accepting()
        acceptor.abort_all()
        await until(lambda: not acceptor.connections)

    play(scenario())


def test_a_renewed_certificate_is_for_new_connections(
    place: Path, authority: Authority, stranger: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "CERTIFICATE_LOOK_SECONDS", 0.02)

    async def scenario() -> None:
        async with listening(place) as (acceptor, gateway):
            running = await logged_on(acceptor, gateway, trusting(authority))

            async def certificate_of(issuer: Authority) -> bool:
                try:
                    client = await dial(acceptor.port, trusting(issuer))
                except ssl.SSLCertVerificationError:
                    return False
                client.close()
                return True

            assert await certificate_of(authority)
            renewed = stranger.issue("localhost", "DNS:localhost")
            shutil.copy(renewed.certificate, place / "gateway.crt")
            shutil.copy(renewed.key, place / "gateway.key")
            async with asyncio.timeout(DEADLINE_SECONDS):
                while not await certificate_of(stranger):
                    await asyncio.sleep(0.02)

            # A broken one is not taken, and the one in use goes on.
            (place / "gateway.crt").write_text("rubbish")
            await asyncio.sleep(0.2)
            assert not acceptor.reload_tls()
            assert await certificate_of(stranger)

            connection = gateway.connections[0]
            await running.send(HEARTBEAT)
            await until(lambda: connection.inbox)
            connection.write(HEARTBEAT)
            assert HEARTBEAT == await running.receive()
            running.close()

    play(scenario())


def test_reload_is_at_once(place: Path, authority: Authority, stranger: Authority) -> None:
    async def scenario() -> None:
        async with listening(place) as (acceptor, gateway):
            renewed = stranger.issue("localhost", "DNS:localhost")
            shutil.copy(renewed.certificate, place / "gateway.crt")
            shutil.copy(renewed.key, place / "gateway.key")

            assert acceptor.reload_tls()
            client = await logged_on(acceptor, gateway, trusting(stranger))
            client.close()

    play(scenario())


def test_without_tls_there_is_nothing_to_reload() -> None:
    async def scenario() -> None:
        assert Acceptor(Listener(port=0), Limits(), Gateway()).reload_tls()

    play(scenario())


@pytest.mark.parametrize("command", [b"k\n", b"K\n"], ids=["key update", "and ask for one"])
@pytest.mark.parametrize("let_in", [False, True], ids=["a stranger", "a client"])
def test_who_updates_keys_and_says_nothing_is_cut_off(
    place: Path, command: bytes, let_in: bool
) -> None:
    """27 bytes cost us 24 µs: a read full of them would keep all others waiting for 15 ms."""
    async def scenario() -> None:
        async with listening(place, logon_timeout_seconds=60) as (acceptor, gateway):
            client = await asyncio.create_subprocess_exec(
                "openssl", "s_client", "-connect", f"127.0.0.1:{acceptor.port}",
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            assert client.stdin is not None
            await until(lambda: any(c._stage is Stage.LOGON for c in acceptor.connections))
            if let_in:
                client.stdin.write(LOGON)
                await until(lambda: gateway.connections)
                gateway.connections[0].admitted()
            try:
                # It takes one command a read: what comes in one piece with another is lost.
                async with asyncio.timeout(DEADLINE_SECONDS):
                    while not gateway.reasons:
                        # It may have been cut off, and have ended, before our end is told why.
                        if not client.stdin.is_closing():
                            client.stdin.write(command)
                        await asyncio.sleep(0.005)
            finally:
                with suppress(ProcessLookupError):
                    client.kill()
                await client.wait()
            assert ["TLS: too many records that say nothing"] == gateway.reasons

    play(scenario())

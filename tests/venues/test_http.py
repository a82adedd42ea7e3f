"""What became of a request, over real sockets."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from fixgw.model.venue import Refused
from fixgw.venues.http import HttpClient, Request
from fixgw.venues.outcome import Answer, NoAnswer, NotSent, unanswered


@asynccontextmanager
async def server(answer: bytes | None, seen: list[bytes]):
    """Reads one request a connection; answers, hangs (b""), or hangs up (None)."""

    over = asyncio.Event()
    served: set[asyncio.Task[None]] = set()

    async def serve(reader, writer):
        served.add(asyncio.current_task())
        try:
            seen.append(await reader.readuntil(b"\r\n\r\n"))
            if answer:
                writer.write(answer)
            elif answer is not None:
                await over.wait()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"
    finally:
        over.set()
        running.close()
        await asyncio.gather(*served)


async def post(url: str, client: HttpClient | None = None):
    client = client or HttpClient(connect_seconds=0.3, answer_seconds=0.3)
    try:
        return await client.send(Request("POST", url, {"signature": "s"}, b"{}"))
    finally:
        await client.close()


def exchange(answer: bytes | None, seen: list[bytes] | None = None):
    async def run():
        async with server(answer, [] if seen is None else seen) as url:
            return await post(url + "/x?a=b%20c,d")

    return asyncio.run(run())


def test_only_the_headers_asked_for_are_kept():
    async def run():
        answer = b"HTTP/1.1 200 OK\r\nSSO_Token: t\r\nX-Other: x\r\nContent-Length: 0\r\n\r\n"
        wants = HttpClient(connect_seconds=30, answer_seconds=30, headers=("SSO_TOKEN", "Date"))
        async with server(answer, []) as url:
            return await post(url, wants)

    assert asyncio.run(run()) == Answer(200, b"", {"sso_token": "t"})


def test_an_answer_is_passed_on_as_it_is_and_the_query_was_not_touched():
    seen: list[bytes] = []
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

    assert exchange(answer, seen) == Answer(200, b"hi")
    assert seen[0].startswith(b"POST /x?a=b%20c,d HTTP/1.1\r\n")


METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kept_alive", [False, True])
def test_what_was_not_answered_is_not_sent_again(method, kept_alive):
    """A kept-alive connection that dies unanswered has aiohttp repeat all but a POST."""
    seen: list[str] = []

    async def serve(reader, writer):
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionResetError):
                break
            seen.append(head.decode().split(" HTTP")[0])
            if not seen[-1].endswith("/first"):
                break  # without an answer, as a load balancer that restarts
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def run():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        client = HttpClient(connect_seconds=30, answer_seconds=30)
        try:
            if kept_alive:
                assert isinstance(await client.send(Request("GET", f"{url}/first", {})), Answer)
            return await client.send(Request(method, f"{url}/v2/orders", {"signature": "s"}))
        finally:
            await client.close()
            server.close()

    assert isinstance(asyncio.run(run()), NoAnswer)
    assert seen == ["GET /first"] * kept_alive + [f"{method} /v2/orders"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", METHODS)
def test_no_redirect_carries_a_signed_request_to_another_host(method, status):
    """A 307 would have an order sent to whoever the answer names, with its signature."""
    seen: list[bytes] = []
    elsewhere: list[bytes] = []

    async def run():
        async with server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", elsewhere) as other:
            answer = f"HTTP/1.1 {status} Go\r\nLocation: {other}/\r\nContent-Length: 0\r\n\r\n"
            async with server(answer.encode(), seen) as url:
                client = HttpClient(connect_seconds=30, answer_seconds=30)
                try:
                    return await client.send(Request(method, url, {"signature": "s"}, b"{}"))
                finally:
                    await client.close()

    assert asyncio.run(run()) == Answer(status, b"")
    assert (len(seen), elsewhere) == (1, [])


def test_a_lost_connection_is_no_answer_and_nothing_is_sent_again():
    seen: list[bytes] = []

    assert isinstance(exchange(None, seen), NoAnswer)
    assert len(seen) == 1


def test_silence_is_no_answer():
    assert isinstance(exchange(b""), NoAnswer)


def test_an_answer_that_breaks_off_is_no_answer():
    assert isinstance(
        exchange(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"), NoAnswer
    )


def not_sent(result) -> str:
    """Proof that nothing was sent; what its client is told has nothing of ours, the log has."""
    assert isinstance(result, NotSent)
    outcome = unanswered(result)
    assert isinstance(outcome, Refused)
    assert "the venue could not be reached; nothing was sent" == outcome.text
    return result.text


def test_the_log_says_once_a_minute_why_a_venue_is_not_reached():
    with socket.socket() as unused, capture_logs() as logged:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"

        async def twice():
            client = HttpClient(connect_seconds=30, answer_seconds=30)
            request = Request("POST", f"http://{host}/", {}, b"{}")
            results = [await client.send(request), await client.send(request)]
            await client.close()
            return results

        for result in asyncio.run(twice()):
            assert host in not_sent(result)
    [line] = [each for each in logged if each["event"] == "venue_not_reached"]
    assert host in line["reason"] and "ClientConnectorError" in line["reason"]


def test_a_refused_connection_proves_that_nothing_was_sent():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        not_sent(asyncio.run(post(url)))


def test_a_name_that_does_not_resolve_proves_that_nothing_was_sent():
    not_sent(asyncio.run(post("http://no-such-host.invalid/")))


def test_a_connection_that_is_not_taken_proves_that_nothing_was_sent():
    """The backlog is full, so the handshake of TCP itself hangs."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        try:
            url = f"http://127.0.0.1:{full.getsockname()[1]}/"
            not_sent(asyncio.run(post(url)))
        finally:
            for filler in fillers:
                filler.close()


def test_a_tls_handshake_that_fails_proves_that_nothing_was_sent():
    async def run():
        async with server(b"not TLS", []) as url:
            return await post(url.replace("http:", "https:"))

    not_sent(asyncio.run(run()))


def test_a_request_does_not_print_its_headers():
    assert "s3cret" not in repr(Request("GET", "http://x/", {"signature": "s3cret"}))

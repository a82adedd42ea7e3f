"""A listening socket takes a few connections at a time, and survives having no room for more."""

import asyncio
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from structlog.testing import capture_logs

from fixgw.runtime import sockets
from fixgw.runtime.sockets import ACCEPTS_AT_ONCE, ListeningSocket, bound
from tests.acceptor.test_connection import play
from tests.app.bench import until


class Accepted(asyncio.Protocol):
    """A connection that is only counted."""

    def __init__(self, everybody: list["Accepted"]) -> None:
        self.everybody = everybody

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.everybody.append(self)


@contextmanager
def listening(accepted: list[Accepted]) -> Iterator[ListeningSocket]:
    sock = bound(socket.AF_INET, ("127.0.0.1", 0), only_ipv6=True, slow_reader_seconds=1)
    one = ListeningSocket(sock, lambda: Accepted(accepted))
    one.start(100)
    try:
        yield one
    finally:
        one.close()
        for each in accepted:
            each.transport.close()


def connect(stack: ExitStack, one: ListeningSocket, count: int) -> None:
    for _ in range(count):
        stack.enter_context(socket.create_connection(("127.0.0.1", one.port)))


def test_a_flood_is_taken_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    # For ever, as far as this test goes: it ends the pauses itself.
    monkeypatch.setattr(sockets, "ACCEPT_PAUSE_SECONDS", 3_600)

    async def scenario() -> None:
        accepted: list[Accepted] = []
        with ExitStack() as stack, listening(accepted) as one:
            connect(stack, one, 3 * ACCEPTS_AT_ONCE - 1)
            for portion in (1, 2):
                await until(lambda: len(accepted) >= portion * ACCEPTS_AT_ONCE)
                await asyncio.sleep(0.05)
                assert portion * ACCEPTS_AT_ONCE == len(accepted)
                one._go_on()
            await until(lambda: len(accepted) == 3 * ACCEPTS_AT_ONCE - 1)

            # Who comes alone does not wait.
            connect(stack, one, 1)
            await until(lambda: len(accepted) == 3 * ACCEPTS_AT_ONCE)

    play(scenario())


def test_nobody_is_accepted_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "ACCEPT_PAUSE_SECONDS", 0.5)

    async def scenario() -> None:
        accepted: list[Accepted] = []
        with ExitStack() as stack, listening(accepted) as one:
            connect(stack, one, 3 * ACCEPTS_AT_ONCE)
            await until(lambda: accepted)
            one.close()
            one.close()
            before = len(accepted)
            await asyncio.sleep(0.7)
            assert before == len(accepted)

    play(scenario())


def test_without_descriptors_it_waits_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "NO_DESCRIPTORS_PAUSE_SECONDS", 0.05)

    async def scenario() -> None:
        accepted: list[Accepted] = []
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with ExitStack() as stack, listening(accepted) as one:
            connect(stack, one, 3)
            with socket.socket() as lowest_free:
                limit = lowest_free.fileno()
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
                with capture_logs() as logged:
                    await until(lambda: logged)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            assert {
                "event": "cannot_accept",
                "log_level": "error",
                "reason": "Too many open files",
                "way_out": "raise ulimit -n",
            } == logged[0]
            assert not accepted
            await until(lambda: len(accepted) == 3)

    play(scenario())

"""A client's end of TLS, over a plain blocking socket and Python's own ssl module."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import TypeVar

from tests.support.certificates import Authority, Pair

T = TypeVar("T")

DEADLINE_SECONDS = 30.0


def trusting(authority: Authority, pair: Pair | None = None) -> ssl.SSLContext:
    """A client that believes *authority* and, if given one, shows a certificate."""
    context = ssl.create_default_context(cafile=authority.certificate)
    if pair is not None:
        context.load_cert_chain(pair.certificate, pair.key)
    return context


class TlsClient:
    """One connection; every wait is in a thread, so that the loop of the test turns."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self.sock = sock

    async def send(self, data: bytes) -> None:
        await asyncio.to_thread(self.sock.sendall, data)

    async def receive(self, size: int = 65_536) -> bytes:
        """What comes next; b"" at the end, however it ends."""
        return await asyncio.to_thread(_or_end(self.sock.recv), size)

    async def receive_exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size and (piece := await self.receive()):
            data += piece
        return data

    def close(self) -> None:
        self.sock.close()


async def dial(
    port: int, context: ssl.SSLContext, name: str = "localhost", before: bytes = b""
) -> TlsClient:
    """Connect to this machine, say *before*, shake hands with *name*; raises what ssl raises."""

    def connect() -> ssl.SSLSocket:
        raw = socket.create_connection(("127.0.0.1", port), DEADLINE_SECONDS)
        try:
            raw.sendall(before)
            return context.wrap_socket(raw, server_hostname=name)
        except BaseException:
            raw.close()
            raise

    return TlsClient(await asyncio.to_thread(connect))


def _or_end(receive: Callable[[int], bytes]) -> Callable[[int], bytes]:
    def or_end(size: int) -> bytes:
        try:
            return receive(size)
        except (ConnectionError, ssl.SSLError):
            return b""

    return or_end

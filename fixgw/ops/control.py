"""The control socket: takes an operator's request, gets the answer, and knows nothing of trading.

One connection is one request and one answer, a line each. The peer must be the user that runs the
gateway, or root: the file's mode requires it, and the kernel confirms it. Nothing written to this
socket may stop or delay the gateway.
"""

import asyncio
import os
import socket
import stat
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from msgspec import Struct

from fixgw.ops import answers, requests
from fixgw.ops.address import ControlError, address
from fixgw.ops.answers import Answer, Failed
from fixgw.ops.requests import Request
from fixgw.runtime.tasks import Tasks

CONNECTIONS_MAX = 8
"""Operators at once; one more gets that answer."""

LINE_BYTES_MAX = 16_384
"""The longest request."""

REQUEST_SECONDS = 5.0
"""From the connect to the end of the request."""

ANSWER_SECONDS = 90.0
"""From there to the answer. Each request that waits has a shorter limit of its own."""

WRITE_SECONDS = 5.0
"""Until the answer is written: a peer that asks also reads."""

ROOT = 0
_CREDENTIALS = struct.Struct("3i")
"""struct ucred: process, user, group."""


class Peer(Struct, frozen=True):
    """The peer, as the kernel identifies it."""

    pid: int
    uid: int


Answers = Callable[[Request, Peer], Awaitable[Answer]]


class Control:
    """The socket at *path*. It calls *answer* for each answer; *allowed* is the users, beside
    root."""

    def __init__(
        self, path: Path, answer: Answers, *, allowed: frozenset[int] | None = None
    ) -> None:
        self._path = path
        self._answer = answer
        self._allowed = frozenset({os.geteuid(), ROOT}) if allowed is None else allowed
        self._tasks = Tasks()
        self._server: asyncio.Server | None = None
        self._made: tuple[int, int] | None = None
        """The identity of our file."""
        self._log = structlog.get_logger()

    async def start(self) -> None:
        """Listen. Whoever holds the journal's lock owns the path, so a socket found there belongs
        to a gateway that is gone. Raise ControlError."""
        try:
            sock = self._bound()
        except OSError as error:
            raise ControlError(
                f"control socket {self._path}: {error.strerror}; check the directory of the "
                "journal (space, permissions), then start again"
            ) from error
        self._server = await asyncio.start_unix_server(
            self._connected, sock=sock, limit=LINE_BYTES_MAX
        )

    async def failure(self) -> None:
        """Return never, or raise the bug in an answer."""
        await self._tasks.failure()

    async def stop(self) -> None:
        """Remove the socket; peers that wait for an answer get none."""
        if self._made is not None and _identity(self._path) == self._made:
            self._path.unlink(missing_ok=True)
        if self._server is not None:
            self._server.close()
        await self._tasks.stop()

    def _bound(self) -> socket.socket:
        try:
            if not stat.S_ISSOCK(os.lstat(self._path).st_mode):
                raise ControlError(
                    f"control socket {self._path}: a file that is no socket is in its place; "
                    "move it away, then start again"
                )
            self._path.unlink()
        except FileNotFoundError:
            pass
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            with address(self._path) as name:
                sock.bind(name)
            # Nobody could connect so far: it does not listen yet.
            os.chmod(self._path, 0o600)
        except BaseException:
            sock.close()
            raise
        self._made = _identity(self._path)
        return sock

    # ----------------------------------------------------------------- a connection

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.start(self._serve(reader, writer), name="control connection")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Written means with the kernel: what is closed then is read all the same.
        writer.transport.set_write_buffer_limits(high=0)
        try:
            answer = await self._conversation(reader, writer)
            if answer is not None:
                async with asyncio.timeout(WRITE_SECONDS):
                    writer.write(answers.written(answer))
                    await writer.drain()
        except (OSError, TimeoutError) as error:
            self._log.debug("operator_gone", reason=str(error))
        finally:
            writer.transport.abort()

    async def _conversation(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Answer | None:
        """Return the answer, or None if nobody is there to receive it."""
        peer = _peer(writer)
        if peer.uid not in self._allowed:
            self._log.warning("operator_refused", uid=peer.uid, pid=peer.pid)
            return Failed(text=f"user {peer.uid} does not run this gateway, and may not ask it")
        if len(self._tasks) > CONNECTIONS_MAX:
            return Failed(text=f"{CONNECTIONS_MAX} others are asking; try again")
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                line = await reader.readline()
        except TimeoutError:
            return Failed(text=f"no request came within {REQUEST_SECONDS:g} s")
        except ValueError:
            return Failed(text=f"a request may have {LINE_BYTES_MAX} bytes at most")
        if not line.endswith(b"\n"):
            return None
        try:
            request = requests.read(line)
        except ValueError as error:
            return Failed(
                text=f"not understood: {error}. The gateway may be of another version than this "
                "command: `fixgw venues` says which"
            )
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._answer(request, peer)
        except TimeoutError:
            return Failed(text="it takes too long; whether it was done, the log says")


def _peer(writer: asyncio.StreamWriter) -> Peer:
    sock = writer.get_extra_info("socket")
    given = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(given)
    return Peer(pid, uid)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return the identity of the file at *path*, or None if there is none."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino

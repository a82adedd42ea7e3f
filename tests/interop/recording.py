"""A line between client and gateway that writes down every byte, in the order it passed.

It changes, delays and loses nothing. Each end's goodbye is passed on when it comes, and so written
down where it came. What it recorded is read when the line is closed, or while nothing moves.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

PIECE_BYTES = 65_536


class Piece(NamedTuple):
    """Bytes that one side sent, as they were read from its socket; none of them: it hung up."""

    at: float
    """Unix seconds."""
    by_client: bool
    data: bytes


class Recording:
    """What passed over one connection."""

    def __init__(self, pieces: Iterable[Piece] = ()) -> None:
        self._lock = threading.Lock()
        self._pieces = list(pieces)

    def add(self, by_client: bool, data: bytes) -> None:
        """Write down what was read just now."""
        with self._lock:
            # The clock may be set back meanwhile; the order in which it passed may not change.
            before = self._pieces[-1].at if self._pieces else 0.0
            self._pieces.append(Piece(max(time.time(), before), by_client, data))

    @property
    def pieces(self) -> list[Piece]:
        """Everything so far, in the order it passed."""
        with self._lock:
            return list(self._pieces)

    def stream(self, *, by_client: bool) -> bytes:
        """All that one side has sent."""
        return b"".join(piece.data for piece in self.pieces if piece.by_client is by_client)


class RecordingLine:
    """Listens on *port*, and forwards to *to_port* on this machine."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.recordings: list[Recording] = []
        self._sockets = [self._listener]
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    def __enter__(self) -> "RecordingLine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cut what is still connected; returns when the last byte is written down."""
        for one in self._sockets:
            with suppress(OSError):
                # Wakes the thread that waits there.
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            gateway = socket.create_connection(("127.0.0.1", self._to_port))
        except OSError:
            # It does not run just now; the client learns it as it would without this line.
            client.close()
            return
        self._sockets.append(gateway)
        recording = Recording()
        self.recordings.append(recording)
        self._run(self._pump, client, gateway, recording, True)
        self._run(self._pump, gateway, client, recording, False)

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    @staticmethod
    def _pump(
        source: socket.socket, target: socket.socket, recording: Recording, by_client: bool
    ) -> None:
        with suppress(OSError):
            while data := source.recv(PIECE_BYTES):
                recording.add(by_client, data)
                target.sendall(data)
        recording.add(by_client, b"")
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

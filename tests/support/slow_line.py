"""A line that can hold a request back, longer than whoever sent it will wait, and can be cut.

It forwards bytes both ways and loses none. What it holds still arrives, even if the sender has
hung up meanwhile: as on a real network, giving up does not call anything back.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

PIECE_BYTES = 65_536


class SlowLine:
    """Listens on *port*, and forwards to *to_port* on this machine."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._held: tuple[bytes, float] | None = None
        self._lock = threading.Lock()
        self._cut = threading.Event()
        self._down = False
        self._sockets = [self._listener]
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    def __enter__(self) -> "SlowLine":
        return self

    def __exit__(self, *_: object) -> None:
        self._cut.set()
        for one in self._sockets:
            with suppress(OSError):
                # Wakes the thread that waits there.
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for one in self._sockets:
            one.close()

    def hold(self, text: str, seconds: float) -> None:
        """Let the next request with *text* in it arrive so much later."""
        with self._lock:
            self._held = text.encode(), seconds

    def cut(self) -> None:
        """End every connection without a word, and let no other come about until `mend`."""
        with self._lock:
            self._down = True
            connections = self._sockets[1:]
        for one in connections:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """From now on connections come about again."""
        with self._lock:
            self._down = False

    @property
    def holds(self) -> bool:
        """Whether it still waits for that request."""
        with self._lock:
            return self._held is not None

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                venue = self._connected(client)
                if venue is None:
                    continue
                self._run(self._pump, client, venue, True)
                self._run(self._pump, venue, client, False)

    def _connected(self, client: socket.socket) -> socket.socket | None:
        """The other end for *client*; None if there is none."""
        with self._lock:
            with suppress(OSError):
                if not self._down:
                    venue = socket.create_connection(("127.0.0.1", self._to_port))
                    self._sockets += [client, venue]
                    return venue
        client.close()
        return None

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _pump(self, source: socket.socket, target: socket.socket, slow: bool) -> None:
        with suppress(OSError):
            while data := source.recv(PIECE_BYTES):
                if slow:
                    self._cut.wait(self._delay(data))
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def _delay(self, data: bytes) -> float:
        with self._lock:
            if self._held is None or self._held[0] not in data:
                return 0.0
            (_, seconds), self._held = self._held, None
            return seconds

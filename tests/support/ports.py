"""Ports for servers that a test starts a moment later, and perhaps kills and starts again.

Several tests run at once. A port that was only looked up could be anybody's by the time its server
starts, or while it is dead.
"""

import socket
from collections import deque

HELD_MAX = 256
"""Of one process; the oldest are let go: their tests have ended long ago."""

_held: deque[socket.socket] = deque()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and that the system gives to nobody else.

    A socket stays bound to it and never listens. With SO_REUSEADDR on both, a server may listen
    there all the same (socket(7)), while the system picks other ports for bind() to port 0 and for
    connect(). A server without that option finds the port in use.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _held.append(holder)
    if len(_held) > HELD_MAX:
        _held.popleft().close()
    port: int = holder.getsockname()[1]
    return port

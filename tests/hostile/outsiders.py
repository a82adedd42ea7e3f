"""What strangers do at each port of the gateway beside those of `attacks`.

As there: each is a process, told when to stop, and counts what it did.
"""

from __future__ import annotations

import socket
from contextlib import closing

from .attacks import BATCH, GUARDED, IDLE_CONNECTIONS, Attack, Stop, Target, connect, cut_off, hold
from .noise import message

BIG_FIRST_BYTES = 8_000
"""Below `max_logon_bytes`, all of it small fields."""

PASSWORD = "not-a-guess"
CREDENTIALS = b"98=0|108=30|141=Y|553=mallory|554=%b|"
CLIENTS_ADDRESS = ("127.0.2.1", 0)
CLIENT_SECONDS = 10.0
WRONG_AT_ONCE = 40
"""From as many addresses, again and again: some 500 a second where the machine allows."""


def big_first_messages(target: Target, stop: Stop) -> None:
    """First messages of 8 KB with thousands of fields, from many addresses."""
    big = message(b"NOBODY", b"A", 1, b"98=0|108=30|" + b"1=1|" * (BIG_FIRST_BYTES // 4))
    held: list[socket.socket] = []
    while not stop.is_set():
        with cut_off():
            sock = connect(target, target.done.value)
            held.append(sock)
            sock.sendall(big)
            target.done.value += 1
        while len(held) > BATCH:
            held.pop(0).close()
    for sock in held:
        sock.close()


def wrong_logons(target: Target, stop: Stop) -> None:
    """Wrong passwords from many addresses, while a client with the right one comes and goes.

    Counts how often that one was let in: it is no attack that is counted, but who it is for.
    """
    wrong = message(GUARDED, b"A", 1, CREDENTIALS % b"a guess")
    held: list[socket.socket] = []
    sources = 0
    while not stop.is_set():
        for _ in range(WRONG_AT_ONCE):
            with cut_off():
                sources += 1
                sock = connect(target, sources)
                held.append(sock)
                sock.sendall(wrong)
        with cut_off(), closing(socket.socket()) as sock:
            _log_on_with_the_password(sock, target)
            target.done.value += 1
        while len(held) > 2 * WRONG_AT_ONCE:
            held.pop(0).close()
    for sock in held:
        sock.close()


def _log_on_with_the_password(sock: socket.socket, target: Target) -> None:
    """Log on, and out again; raises OSError where that cannot be."""
    sock.settimeout(CLIENT_SECONDS)
    sock.bind(CLIENTS_ADDRESS)
    sock.connect(("127.0.0.1", target.port))
    sock.sendall(message(GUARDED, b"A", 1, CREDENTIALS % PASSWORD.encode()))
    if b"35=A" not in sock.recv(65_536):
        raise ConnectionError("not let in")
    sock.sendall(message(GUARDED, b"5", 2, b""))
    while sock.recv(65_536):
        pass


def idle_at_webhooks(target: Target, stop: Stop) -> None:
    """2,000 connections that say nothing where a venue's webhooks come in."""
    hold(target._replace(port=target.webhook_port), stop, IDLE_CONNECTIONS, lambda sock: None)


OUTSIDERS: dict[str, Attack] = {
    "first messages of 8 KB": big_first_messages,
    "wrong Logons beside a password client": wrong_logons,
    "2,000 idle connections at the webhook port": idle_at_webhooks,
}
"""Against a listener without TLS, and the port for webhooks."""

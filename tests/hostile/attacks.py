"""What they do to the gateway. Each attack is a process, told when to stop; it counts what it did.

An attack sends until it is stopped, and connects again whenever it is cut off.
"""

from __future__ import annotations

import os
import random
import selectors
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import NamedTuple, Protocol

from .noise import BODIES, Noise, message, rubbish_in_every_field

SOURCES = 100
"""Addresses of this machine (127.0.1.x) that connections come from: caps are per address."""

IDLE_CONNECTIONS = 2_000
DRIPPING_CONNECTIONS = 100
CONNECT_SECONDS = 2.0
BATCH = 50
PAUSE_SECONDS = 0.05
ATTACKER = b"ATTACKER"
"""TargetCompID of a session that may log on, and then sends rubbish."""

LIMITED = b"LIMITED"
"""TargetCompID of a session that has a MaxMessagesPerSecond."""

GUARDED = b"GUARDED"
"""TargetCompID of a session that asks for a password."""


class Stop(Protocol):
    """multiprocessing's Event, as much as is needed."""

    def is_set(self) -> bool:
        """Whether it is time to stop."""


class Count(Protocol):
    """multiprocessing's Value, as much as is needed."""

    value: int


class Target(NamedTuple):
    """The gateway that is attacked."""

    port: int
    done: Count
    """What was done to it so far: connections, bytes or messages, whatever the attack counts."""
    open_orders: int = 10_000
    """How many a client has that has many."""
    webhook_port: int = 0
    """Where a venue's webhooks come in."""


Attack = Callable[[Target, Stop], None]


def connect(target: Target, source: int = 0) -> socket.socket:
    """A connection from one of SOURCES."""
    sock = socket.socket()
    sock.settimeout(CONNECT_SECONDS)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((f"127.0.1.{1 + source % SOURCES}", 0))
        sock.connect(("127.0.0.1", target.port))
    except OSError:
        sock.close()
        raise
    return sock


@contextmanager
def cut_off() -> Iterator[None]:
    """Being refused, closed or reset is what happens to an attacker: it goes on."""
    with suppress(OSError):
        yield


# ------------------------------------------------------------------- before a Logon


def idle(target: Target, stop: Stop) -> None:
    """2,000 connections that say nothing, opened again as they are closed."""
    hold(target, stop, IDLE_CONNECTIONS, lambda sock: None)


def half_handshakes(target: Target, stop: Stop) -> None:
    """TLS handshakes that stop half way: after some bytes of a ClientHello, or all of it."""
    chance, hello = random.Random(7), _client_hello()

    def begin(sock: socket.socket) -> None:
        sock.send(hello[: chance.choice((1, 5, 50, len(hello)))])

    hold(target, stop, IDLE_CONNECTIONS // 2, begin)


def _client_hello() -> bytes:
    outgoing = ssl.MemoryBIO()
    context = ssl.create_default_context()
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="gateway").do_handshake()
    return outgoing.read()


def hold(
    target: Target, stop: Stop, number: int, begin: Callable[[socket.socket], None]
) -> None:
    """Keep *number* connections open."""
    poll = selectors.DefaultSelector()
    held: set[socket.socket] = set()
    while not stop.is_set():
        for _ in range(min(BATCH, number - len(held))):
            with cut_off():
                sock = connect(target, target.done.value)
                target.done.value += 1
                held.add(sock)
                poll.register(sock, selectors.EVENT_READ)
                begin(sock)
        for key, _ in poll.select(PAUSE_SECONDS):
            # Whatever there is to read, it is the end, or near it.
            sock = key.fileobj  # type: ignore[assignment]
            poll.unregister(sock)
            held.discard(sock)
            sock.close()
    for sock in held:
        sock.close()


def drip(target: Target, stop: Stop) -> None:
    """A Logon at a byte a second, on many connections."""
    logon = message(b"DRIP", b"A", 1, BODIES[b"A"])
    held: dict[socket.socket, int] = {}
    while not stop.is_set():
        for number in range(len(held), DRIPPING_CONNECTIONS):
            with cut_off():
                held[connect(target, number)] = 0
        for sock, at in list(held.items()):
            try:
                sock.send(logon[at : at + 1])
                held[sock] += 1
                target.done.value += 1
            except OSError:
                sock.close()
                del held[sock]
        time.sleep(1.0)
    for sock in held:
        sock.close()


def huge_body_length(target: Target, stop: Stop) -> None:
    """Messages that announce 900 MB, and as much of them as is taken."""
    head, block = b"8=FIX.4.4\x019=900000000\x0135=A\x01", b"58=" + b"x" * 65_536
    number = 0
    while not stop.is_set():
        number += 1
        with cut_off(), closing(connect(target, number)) as sock:
            sock.sendall(head)
            for _ in range(1_000):
                target.done.value += sock.send(block)
                if stop.is_set():
                    break


def random_messages(target: Target, stop: Stop) -> None:
    """Random bytes and mutated messages from somebody who has not logged on."""
    noise = Noise(1)
    while not stop.is_set():
        pieces = [noise.random_bytes() for _ in range(BATCH // 2)]
        pieces += noise.mutated_messages(ATTACKER, 1, BATCH // 2)
        with cut_off(), closing(connect(target, target.done.value)) as sock:
            sock.sendall(b"".join(pieces))
            target.done.value += len(pieces)
            sock.recv(65_536)


def rubbish_before(target: Target, stop: Stop) -> None:
    """NUL, non-ASCII, absurd numbers in every field of every type, as the first message."""
    while not stop.is_set():
        for whole in rubbish_in_every_field(b"NOBODY", 1):
            with cut_off(), closing(connect(target, target.done.value)) as sock:
                sock.sendall(whole)
                target.done.value += 1
            if stop.is_set():
                break


def logon_flood(target: Target, stop: Stop) -> None:
    """Logons by the hundred: sessions that do not exist, and wrong passwords for one that does."""
    held: list[socket.socket] = []
    while not stop.is_set():
        for comp_id in (GUARDED, b"NOBODY%d" % target.done.value):
            with cut_off():
                sock = connect(target, target.done.value)
                held.append(sock)
                sock.sendall(message(comp_id, b"A", 1, BODIES[b"A"]))
                target.done.value += 1
        while len(held) > 4 * BATCH:
            held.pop(0).close()
    for sock in held:
        sock.close()


# -------------------------------------------------------------------- after a Logon


def mutated_after(target: Target, stop: Stop) -> None:
    """Mutated messages of every type, as fast as they are taken, from a client that logged on."""
    noise = Noise(2)
    while not stop.is_set():
        with cut_off(), logged_on(target) as sock:
            number = 2
            while not stop.is_set():
                sock.sendall(b"".join(noise.mutated_messages(ATTACKER, number, BATCH)))
                target.done.value += BATCH
                number += BATCH // 2
                swallow(sock)


def rubbish_after(target: Target, stop: Stop) -> None:
    """NUL, non-ASCII, absurd numbers in every field of every type, from a client that logged on."""
    while not stop.is_set():
        for whole in rubbish_in_every_field(ATTACKER, 2):
            with cut_off(), logged_on(target) as sock:
                sock.sendall(whole)
                target.done.value += 1
                swallow(sock)
            if stop.is_set():
                break


def orders_at_full_speed(target: Target, stop: Stop) -> None:
    """Good orders, as fast as they are taken."""
    while not stop.is_set():
        with cut_off(), logged_on(target, LIMITED) as sock:
            number = 2
            while not stop.is_set():
                stamp = b"%x" % time.time_ns()
                body = BODIES[b"D"].replace(b"H%d", b"O" + stamp + b"-%d")
                orders = (message(LIMITED, b"D", number + n, body) for n in range(BATCH))
                sock.sendall(b"".join(orders))
                number += BATCH
                target.done.value += BATCH
                swallow(sock)


def never_reads(target: Target, stop: Stop) -> None:
    """A client that asks, and never reads an answer."""
    while not stop.is_set():
        with cut_off(), logged_on(target) as sock:
            number = 2
            while not stop.is_set():
                asked = (message(ATTACKER, b"H", number + n, BODIES[b"H"]) for n in range(BATCH))
                sock.sendall(b"".join(asked))
                number += BATCH
                target.done.value += BATCH


@contextmanager
def logged_on(target: Target, comp_id: bytes = ATTACKER) -> Iterator[socket.socket]:
    with closing(connect(target)) as sock:
        sock.sendall(message(comp_id, b"A", 1, b"98=0|108=30|141=Y|"))
        if b"35=A" not in sock.recv(65_536):
            time.sleep(PAUSE_SECONDS)
            raise ConnectionError("not let in")
        yield sock


def swallow(sock: socket.socket) -> None:
    """Read what there is."""
    sock.setblocking(False)
    try:
        while True:
            if not sock.recv(1 << 18):
                raise ConnectionError("closed")
    except BlockingIOError:
        pass
    finally:
        sock.settimeout(CONNECT_SECONDS)


PLAIN: dict[str, Attack] = {
    "2,000 idle connections": idle,
    "a byte a second": drip,
    "BodyLength of 900 MB": huge_body_length,
    "random messages, no Logon": random_messages,
    "rubbish in every field, no Logon": rubbish_before,
    "logon flood": logon_flood,
    "mutated messages, logged on": mutated_after,
    "rubbish in every field, logged on": rubbish_after,
    "orders at full speed": orders_at_full_speed,
    "a client that never reads": never_reads,
}
"""Against a listener without TLS."""

TLS: dict[str, Attack] = {
    "half TLS handshakes": half_handshakes,
    "random bytes for a handshake": random_messages,
}
"""Against a listener with TLS."""


def be_nice() -> None:
    """Run only where nobody else wants to: in real life an attacker has a machine of its own."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))

"""What clients with a good password do to the others: each with the default limits, logged on.

An attack sends until it is stopped, as fast as it is taken unless its text says otherwise, and logs
on again whenever it was cut off.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

from tests.bench.messages import ACCEPTED

from .attacks import ATTACKER, Attack, Stop, Target, connect, cut_off, logged_on, swallow
from .noise import message

MANY = b"MANY"
"""TargetCompID of a session that has `Target.open_orders` open orders."""

ORDER = b"11=%b|%b54=1|38=1|40=2|44=100|59=1|60=%%t|207=VENUE1|"
SYMBOL = b"55=BTC/USDT|"
BATCH = 20
ASK_SECONDS = 0.05
PREPARE_SECONDS = 120.0


def _order(comp_id: bytes, seq_num: int, more: bytes, symbol: bytes = SYMBOL) -> bytes:
    """A valid order, but for *more* behind its ClOrdID(11), which is new."""
    name = b"X%x-%d" % (time.time_ns(), seq_num)
    return message(comp_id, b"D", seq_num, ORDER % (name, more + symbol))


def _nested(entries: int) -> bytes:
    """A group of so many entries within a group: 64 KB of them at 8,000."""
    return b"453=1|448=P|802=%d|" % entries + b"523=PX|" * entries


BIG = (_nested(8_000), _nested(230), b"453=220|" + b"448=P|" * 220, b"58=" + b"x" * 60_000 + b"|")
"""Beyond the limits, just within them, and one long text that nobody keeps."""


def big_orders(target: Target, stop: Stop) -> None:
    """Valid orders of 64 KB with a nested group of 8,000 entries, and what is just allowed."""
    _orders(target, stop, lambda number: (BIG[number % len(BIG)], SYMBOL))


def rejected_orders(target: Target, stop: Stop) -> None:
    """Orders for symbols that do not exist, of 60 KB and of as much as is allowed."""
    def wrong(number: int) -> tuple[bytes, bytes]:
        name = b"%d-" % number + b"X" * (60_000 if number % 2 else 100)
        return b"", b"55=%b|" % name

    _orders(target, stop, wrong)


def _orders(target: Target, stop: Stop, make: Callable[[int], tuple[bytes, bytes]]) -> None:
    while not stop.is_set():
        with cut_off(), logged_on(target) as sock:
            number = 2
            while not stop.is_set():
                for _ in range(BATCH):
                    sock.sendall(_order(ATTACKER, number, *make(number)))
                    number += 1
                target.done.value += BATCH
                swallow(sock)


def many_open_orders(target: Target) -> None:
    """So many orders, accepted; not part of an attack that needs them."""
    with logged_on(target, MANY) as sock:
        sock.settimeout(PREPARE_SECONDS)
        number, accepted, tail = 2, 0, b""
        while accepted < target.open_orders:
            for _ in range(BATCH if number - 2 < target.open_orders else 0):
                sock.sendall(_order(MANY, number, b""))
                number += 1
            data = tail + sock.recv(1 << 18)
            accepted += data.count(ACCEPTED)
            tail = data[1 - len(ACCEPTED):]
        sock.sendall(message(MANY, b"5", number, b""))
        while sock.recv(1 << 18):
            pass


def mass_statuses(target: Target, stop: Stop) -> None:
    """OrderMassStatusRequest(35=AF) over all of many open orders, 20 a second."""
    while not stop.is_set():
        with cut_off(), logged_on(target, MANY) as sock:
            number = 2
            while not stop.is_set():
                sock.sendall(message(MANY, b"AF", number, b"584=S%d|585=7|"))
                number += 1
                target.done.value += 1
                swallow(sock)
                time.sleep(ASK_SECONDS)


GARBAGE = tuple(
    piece * (16_384 // len(piece))
    for piece in (
        b"8=FIX", b"8=FIX.4.4\x01", b"8=FIX.4.4\x019=6\x0135=", b"8=FIX.4.4\x019=60000\x0135=",
        b"8=FIX.4.4\x019=5\x0135=0\x0110=000\x01",
    )
)


def garbled_stream(target: Target, stop: Stop) -> None:
    """Beginnings, lengths and sums of messages, and never a message; from a client."""
    number = 0
    while not stop.is_set():
        number += 1
        with cut_off(), logged_on(target) as sock:
            _garbage(sock, number, target, stop)


def garbled_by_a_stranger(target: Target, stop: Stop) -> None:
    """The same from somebody who never logs on."""
    number = 0
    while not stop.is_set():
        number += 1
        with cut_off(), closing(connect(target, number)) as sock:
            _garbage(sock, number, target, stop)


def _garbage(sock: object, number: int, target: Target, stop: Stop) -> None:
    piece = GARBAGE[number % len(GARBAGE)]
    while not stop.is_set():
        sock.sendall(piece)  # type: ignore[attr-defined]
        target.done.value += len(piece)
        swallow(sock)  # type: ignore[arg-type]


INSIDERS: dict[str, Attack] = {
    "big orders": big_orders,
    "rejected with big symbols": rejected_orders,
    "garbled stream, logged on": garbled_stream,
    "garbled stream, no Logon": garbled_by_a_stranger,
    "mass status": mass_statuses,
}
"""Against a listener without TLS; the last leaves many open orders behind."""

PREPARATIONS: dict[Attack, Callable[[Target], None]] = {mass_statuses: many_open_orders}
"""What is done before an attack that needs it, and not measured."""

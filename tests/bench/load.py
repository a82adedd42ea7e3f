"""The load generator: one FIX client on a blocking socket, with as few cycles as can be.

It sends orders rendered ahead and counts ExecutionReports with ExecType(150)=New.  An order that
is refused, answered twice or not at all, and a connection that drops, end the run with an error:
a figure from a run that went wrong is worse than none.

By hand, against any acceptor: `python -m tests.bench.load --port 5001`.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import select
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from .messages import (
    ACCEPTED,
    CLIENT,
    Inbound,
    Orders,
    UnexpectedMessage,
    field,
    heartbeat,
    logon,
    logout,
    messages,
    render_orders,
)

WINDOW = 200
ORDERS_PER_SECOND = 1_000
RECEIVE_BYTES = 1 << 18
REPLY_SECONDS = 20
# A venue behind the gateway may still be logging on when the listener is up already.
TAKES_ORDERS_SECONDS = 15
RETRY_SECONDS = 0.1
START_NS = 10_000_000
PR_SET_TIMERSLACK = 29  # linux/prctl.h


class RunFailed(Exception):
    """The run gave no figure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How much of each mode."""

    warm_up: int = 2_000
    orders: int = 40_000
    round_trips: int = 5_000
    seconds: int = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What one run measured; times in microseconds."""

    orders_per_s: float
    p50_us: float
    p99_us: float
    p50_at_1k_us: float
    p99_at_1k_us: float
    late_p99_us: float  # of the generator: sent this much after the intended time
    client_us_per_order: float  # CPU of the generator at the window of 200


class Client:
    """A FIX session from Logon to Logout, with numbers that start at 1."""

    def __init__(self, port: int, comp_id: bytes = CLIENT) -> None:
        self._comp_id = comp_id
        self._socket = socket.create_connection(("127.0.0.1", port), REPLY_SECONDS)
        self._socket.setblocking(True)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The kernel's own deadline: settimeout() would cost a poll() with every recv().
        limit = struct.pack("ll", REPLY_SECONDS, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        self._inbound = Inbound()
        self._seq_num = 1
        self._prefix = b"%08x" % (time.time_ns() // 1_000_000 & 0xFFFFFFFF)

    def log_on(self) -> None:
        """Send a Logon and wait for its answer."""
        self.send(logon(self._next(), datetime.now(UTC), self._comp_id))
        answer = self._one_message()
        if field(answer, b"35") != b"A":
            raise UnexpectedMessage(answer)

    def log_out(self) -> None:
        """Send a Logout, wait for its answer, close."""
        self.send(logout(self._next(), datetime.now(UTC), self._comp_id))
        answer = self._one_message()
        if field(answer, b"35") != b"5":
            raise UnexpectedMessage(answer)
        self._socket.close()

    def wait_until_orders_are_taken(self) -> None:
        """Send one order after another until the first is accepted."""
        deadline = time.monotonic() + TAKES_ORDERS_SECONDS
        while True:
            self.send(self.render(1).data)
            try:
                while not self._inbound.accepted(self.receive()):
                    pass
                return
            except UnexpectedMessage as refusal:
                if time.monotonic() > deadline:
                    raise RunFailed(f"no order was accepted: {refusal}") from refusal
            time.sleep(RETRY_SECONDS)

    def render(self, count: int) -> Orders:
        """The next *count* orders; any TestRequest(35=1) heard before is answered first."""
        # Only here can a message come between: the orders' MsgSeqNum(34) are fixed ahead.  No mode
        # lasts as long as a counterparty waits for this answer while orders keep arriving.
        for test_req_id in self._inbound.test_requests:
            self.send(heartbeat(self._next(), test_req_id, datetime.now(UTC), self._comp_id))
        self._inbound.test_requests.clear()
        first = self._seq_num
        self._seq_num += count
        return render_orders(
            count=count, seq_num=first, prefix=self._prefix, now=datetime.now(UTC),
            comp_id=self._comp_id,
        )

    def send(self, data: bytes | memoryview) -> None:
        """All of *data*."""
        self._socket.sendall(data)

    def receive(self) -> bytes:
        """The next block of whole messages; perhaps empty."""
        try:
            chunk = self._socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            raise RunFailed(f"no reply for {REPLY_SECONDS} s") from None
        if not chunk:
            raise RunFailed("the acceptor closed the connection")
        return self._inbound.block(chunk)

    def accepted(self, block: bytes) -> int:
        """The acceptances in *block*; whatever else it says is heard."""
        return self._inbound.accepted(block)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def fileno(self) -> int:
        """The socket's, for a selector."""
        return self._socket.fileno()

    def wait(self, seconds: float) -> bool:
        """Whether there is something to receive before *seconds* are over."""
        return bool(select.select([self._socket], (), (), seconds)[0])

    def _one_message(self) -> bytes:
        while True:
            for message in messages(self.receive()):
                if field(message, b"35") not in {b"0", b"1"}:
                    return message

    def _next(self) -> int:
        self._seq_num += 1
        return self._seq_num - 1


def window(client: Client, orders: Orders, size: int) -> tuple[float, float]:
    """Seconds with *size* orders in flight, of the clock and of the generator's own CPU.

    Each acceptance lets the next order go.
    """
    send, receive, accepted = client.send, client.receive, client.accepted
    data, starts, total = orders.data, orders.starts, len(orders)
    blocks = []
    began, cpu_began = time.perf_counter(), time.process_time()
    sent = min(size, total)
    send(data[:starts[sent]])
    got = 0
    while got < total:
        block = receive()
        blocks.append(block)
        got += accepted(block)
        free = min(got + size, total)
        if free > sent:
            send(data[starts[sent]:starts[free]])
            sent = free
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    _check_each_answered_once(orders, blocks)
    return seconds, cpu_seconds


def round_trips(client: Client, orders: Orders) -> list[int]:
    """Nanoseconds from the send of an order to its acceptance, one order at a time."""
    clock = time.perf_counter_ns
    took = []
    for i, cl_ord_id in enumerate(orders.cl_ord_ids):
        order = orders.between(i, i + 1)
        reply = b"\x0111=%b\x01" % cl_ord_id
        began = clock()
        client.send(order)
        block = client.receive()
        while not client.accepted(block):
            block = client.receive()
        took.append(clock() - began)
        if reply not in block:
            raise RunFailed(f"{cl_ord_id!r} was sent, another order answered")
    return took


def open_loop(client: Client, orders: Orders, per_second: int) -> tuple[list[int], list[int]]:
    """Nanoseconds from the *intended* send time of each order to its acceptance, and the lateness.

    The schedule does not wait for replies.  If the acceptor, the generator or the machine stalls,
    every order that should have gone out meanwhile carries the stall in its figure.
    """
    clock = time.perf_counter_ns
    step, total = 1_000_000_000 // per_second, len(orders)
    open_orders = {cl_ord_id: i for i, cl_ord_id in enumerate(orders.cl_ord_ids)}
    took: list[int] = []
    late: list[int] = []
    start = clock() + START_NS
    sent = 0
    while len(took) < total:
        now = clock()
        due = min(max(0, (now - start) // step + 1), total)
        if due > sent:
            client.send(orders.between(sent, due))
            late.extend(now - (start + i * step) for i in range(sent, due))
            sent = due
        pause = (start + sent * step - clock()) / 1e9 if sent < total else REPLY_SECONDS
        if client.wait(max(0, pause)):
            block = client.receive()
            now = clock()
            client.accepted(block)
            for i in _answered(block, open_orders):
                took.append(now - (start + i * step))
        elif sent == total:
            raise RunFailed(f"{total - len(took)} orders without an answer")
    return took, late


def _answered(block: bytes, open_orders: dict[bytes, int]) -> list[int]:
    """The indices of the orders that *block* accepts, taken out of *open_orders*."""
    accepted = [field(m, b"11") for m in messages(block) if ACCEPTED in m]
    try:
        return [open_orders.pop(cl_ord_id) for cl_ord_id in accepted]
    except KeyError as unknown:
        raise RunFailed(f"ClOrdID(11) {unknown} answered twice or never sent") from None


def _check_each_answered_once(orders: Orders, blocks: list[bytes]) -> None:
    """After the clock has stopped: the counting was cheap, this is not."""
    accepted = sorted(
        field(message, b"11")
        for message in messages(b"".join(blocks))
        if ACCEPTED in message
    )
    if accepted != sorted(orders.cl_ord_ids):
        raise RunFailed("the ClOrdIDs(11) accepted are not those that were sent")


def percentile_us(nanoseconds: list[int], percent: int) -> float:
    """The value that *percent* of *nanoseconds* do not exceed, in microseconds."""
    ordered = sorted(nanoseconds)
    return ordered[(len(ordered) - 1) * percent // 100] / 1_000


def measure(port: int, plan: Plan, at_window: Callable[[], None] = lambda: None) -> Figures:
    """One session through all modes; *at_window* is called around the window of 200."""
    # Timers round by 50 us otherwise, and the lateness would hide what is measured.
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
    gc.disable()
    try:
        return _measure(port, plan, at_window)
    except (ConnectionError, UnexpectedMessage) as error:
        raise RunFailed(f"{type(error).__name__}: {error}") from error
    finally:
        gc.enable()


def _measure(port: int, plan: Plan, at_window: Callable[[], None]) -> Figures:
    client = Client(port)
    client.log_on()
    client.wait_until_orders_are_taken()
    window(client, client.render(plan.warm_up), WINDOW)

    orders = client.render(plan.orders)
    at_window()
    seconds, cpu_seconds = window(client, orders, WINDOW)
    at_window()

    took = round_trips(client, client.render(plan.round_trips))
    paced, late = open_loop(
        client, client.render(plan.seconds * ORDERS_PER_SECOND), ORDERS_PER_SECOND
    )
    client.log_out()
    return Figures(
        orders_per_s=plan.orders / seconds,
        p50_us=percentile_us(took, 50),
        p99_us=percentile_us(took, 99),
        p50_at_1k_us=percentile_us(paced, 50),
        p99_at_1k_us=percentile_us(paced, 99),
        late_p99_us=percentile_us(late, 99),
        client_us_per_order=cpu_seconds / plan.orders * 1e6,
    )


def main() -> None:
    """Measure one acceptor and print its figures as JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--orders", type=int, default=Plan().orders)
    parser.add_argument("--seconds", type=int, default=Plan().seconds)
    args = parser.parse_args()
    figures = measure(args.port, Plan(orders=args.orders, seconds=args.seconds))
    print(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main()

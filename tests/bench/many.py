"""Many sessions at once against one: `python -m tests.bench.many`, and a row of `make bench`.

The same gateway, the same generator and the same number of orders in flight: first all on one
session, then spread over SESSIONS of them. What many cost more is what each connection costs.
"""

from __future__ import annotations

import argparse
import gc
import json
import select
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from .load import Client, RunFailed, window
from .messages import CLIENT, Orders
from .servers import (
    Server,
    free_port,
    gateway_settings,
    module,
    wait_for_trading_stream,
    wait_until_ready,
)

SESSIONS = 200
WINDOW = 10
"""Orders in flight on each of the many; the one has them all."""

ORDERS_EACH = 200
ROUNDS = 3
REPLY_SECONDS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """Orders a second of both."""

    one: float
    many: float


def trade_on_all(clients: list[Client], orders: list[Orders], size: int) -> float:
    """Seconds for all *orders*, with *size* in flight on each client."""
    poll, total = select.epoll(), sum(map(len, orders))
    by_fd = {client.fileno(): n for n, client in enumerate(clients)}
    sent, got = [0] * len(clients), [0] * len(clients)
    began = time.perf_counter()
    for n, client in enumerate(clients):
        poll.register(client, select.EPOLLIN)
        sent[n] = min(size, len(orders[n]))
        client.send(orders[n].between(0, sent[n]))
    while sum(got) < total:
        ready = poll.poll(REPLY_SECONDS)
        if not ready:
            raise RunFailed(f"no reply for {REPLY_SECONDS} s")
        for fd, _ in ready:
            n = by_fd[fd]
            client = clients[n]
            got[n] += client.accepted(client.receive())
            free = min(got[n] + size, len(orders[n]))
            if free > sent[n]:
                client.send(orders[n].between(sent[n], free))
                sent[n] = free
    return time.perf_counter() - began


def compare(port: int, names: list[bytes]) -> Row:
    """One round: one session, then many."""
    one = Client(port)
    one.log_on()
    one.wait_until_orders_are_taken()
    count = len(names) * ORDERS_EACH
    in_flight = len(names) * WINDOW
    window(one, one.render(in_flight), in_flight)
    seconds, _ = window(one, one.render(count), in_flight)
    one.log_out()

    clients = []
    for name in names:
        clients.append(Client(port, name))
        clients[-1].log_on()
    trade_on_all(clients, [client.render(WINDOW) for client in clients], WINDOW)
    rendered = [client.render(ORDERS_EACH) for client in clients]
    many_seconds = trade_on_all(clients, rendered, WINDOW)
    for client in clients:
        client.log_out()
    return Row(one=count / seconds, many=count / many_seconds)


def measure() -> Row:
    """Start a gateway with all sessions, and compare once."""
    names = [b"MANY%03d" % n for n in range(SESSIONS)]
    gc.disable()
    try:
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fixgw-many-")))
            venue = stack.enter_context(module("venue", directory))
            port = free_port()
            environment = gateway_settings(port, venue.port, directory)
            like = (directory / "bench.cfg").read_text()
            for name in names:
                text = like.replace(CLIENT.decode(), name.decode())
                (directory / f"{name.decode()}.cfg").write_text(text)
            limits = f"[limits]\nmax_connections = {2 * SESSIONS}\n"
            limits += f"max_connections_per_address = {2 * SESSIONS}\n"
            with (directory / "gateway.toml").open("a") as toml:
                toml.write(limits)
            arguments = ["-m", "fixgw", "run", "--sessions", str(directory)]
            gateway = Server(
                "gateway", arguments, port=port, directory=directory, environment=environment
            )
            stack.enter_context(gateway)
            wait_for_trading_stream(venue)
            wait_until_ready(gateway)
            try:
                return compare(port, names)
            except RunFailed as failure:
                raise RunFailed(f"{failure}\n{gateway.output()[-4000:]}") from failure
    finally:
        gc.enable()


def summary(rows: list[Row]) -> dict[str, float]:
    """Medians; the ratio is taken within each round."""
    return {
        "sessions": SESSIONS,
        "one_session_orders_per_s": round(median(row.one for row in rows)),
        "many_sessions_orders_per_s": round(median(row.many for row in rows)),
        "many_sessions_ratio": round(median(row.many / row.one for row in rows), 3),
    }


def main() -> None:
    """Print each round, and the medians as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rows = []
    for _ in range(parser.parse_args().rounds):
        rows.append(measure())
        print(json.dumps(asdict(rows[-1])))
    print(json.dumps(summary(rows)))


if __name__ == "__main__":
    main()

"""`make bench`: this gateway against a bare QuickFIX-in-Python echo, alternating, one generator.

Each round starts both afresh, in turn, and takes both through the same session.  The machine may
be shared and noisy: a ratio is taken within a round, where both met the same weather, and the
median over the rounds is what counts.  The last line printed is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from . import many
from .load import Plan, RunFailed, measure
from .servers import Server, gateway, module, wait_for_trading_stream, wait_until_ready

Row = dict[str, float]

# name in the JSON, label in the table; the ratio is given for each.
COMPARED = {
    "orders_per_s": "orders/s, window 200",
    "p50_us": "p50 us, window 1",
    "p99_us": "p99 us, window 1",
    "p50_at_1k_us": "p50 us, 1,000/s",
    "p99_at_1k_us": "p99 us, 1,000/s",
}
# Read these to judge the measurement; they are not compared.
DIAGNOSTIC = {
    "late_p99_us": "generator late, p99 us",
    "client_us_per_order": "generator CPU us/order",
    "acceptor_us_per_order": "acceptor CPU us/order",
    "venue_us_per_order": "stub venue CPU us/order",
}


@contextmanager
def servers(name: str, args: argparse.Namespace, number: int) -> Iterator[list[Server]]:
    """The acceptor *name*, ready, and behind the gateway its venue."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fixgw-bench-")))
        if name != "gateway":
            options = ("--reads", args.echo_reads) if name == "echo" else ()
            yield [stack.enter_context(module(name, directory, *options))]
            return
        stub = stack.enter_context(module("venue", directory))
        profile = args.profile and Path(f"{args.profile}.{number}")
        acceptor = stack.enter_context(gateway(stub.port, directory, profile))
        wait_for_trading_stream(stub)
        wait_until_ready(acceptor)
        yield [acceptor, stub]


def run(name: str, args: argparse.Namespace, number: int) -> Row:
    """Round *number* of one contestant."""
    plan = Plan(orders=args.orders, round_trips=args.round_trips, seconds=args.seconds)
    with servers(name, args, number) as processes:
        cpu: list[list[float]] = []
        try:
            figures = measure(
                processes[0].port,
                plan,
                at_window=lambda: cpu.append([p.cpu_seconds() for p in processes]),
            )
        except RunFailed as failure:
            output = "\n".join(f"--- {p.name}\n{p.output()[-4000:]}" for p in processes)
            raise RunFailed(f"{name}: {failure}\n{output}") from failure
    row = asdict(figures)
    for label, before, after in zip(("acceptor", "venue"), *cpu, strict=False):
        row[f"{label}_us_per_order"] = (after - before) / plan.orders * 1e6
    return row


def ratio(name: str) -> str:
    """The key of a ratio: `p50_us` -> `p50_ratio`."""
    return name.removesuffix("_us") + "_ratio"


def medians(rows: list[Row]) -> Row:
    """Each figure's median over the rounds."""
    return {name: round(median(row[name] for row in rows), 1) for name in rows[0]}


def ratios(echo: list[Row], ours: list[Row], name: str) -> list[float]:
    """Gateway over echo, round by round."""
    return [b[name] / a[name] for a, b in zip(echo, ours, strict=True)]


def summary(results: dict[str, list[Row]], echo_reads: str) -> dict[str, object]:
    """What the last line says."""
    said: dict[str, object] = {}
    if {"echo", "gateway"} <= results.keys():
        for name in COMPARED:
            values = ratios(results["echo"], results["gateway"], name)
            said[ratio(name)] = round(median(values), 3)
    said["echo_reads"] = echo_reads
    said["rounds"] = len(next(iter(results.values())))
    return said | {name: medians(rows) for name, rows in results.items()}


def table(results: dict[str, list[Row]]) -> Table:
    """Medians side by side, and the ratios with their spread."""
    both = {"echo", "gateway"} <= results.keys()
    grid = Table(title="medians over the rounds")
    grid.add_column("")
    for letter, name in zip("ab", results, strict=False):
        grid.add_column(f"({letter}) {name}" if both else name, justify="right")
    if both:
        grid.add_column("b/a", justify="right")
        grid.add_column("over rounds", justify="right")
    for name, label in (COMPARED | DIAGNOSTIC).items():
        cells = [_cell(rows, name) for rows in results.values()]
        if both and name in COMPARED:
            values = sorted(ratios(results["echo"], results["gateway"], name))
            cells += [f"{median(values):.2f}", f"{values[0]:.2f} to {values[-1]:.2f}"]
        grid.add_row(label, *cells)
    return grid


def _cell(rows: list[Row], name: str) -> str:
    if name not in rows[0]:
        return ""
    value = median(row[name] for row in rows)
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def machine() -> str:
    """Where this was measured."""
    names = ", ".join(f"{name} {version(name)}" for name in ("quickfix", "uvloop", "aiohttp"))
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {names}"


def arguments() -> argparse.Namespace:
    """The command line."""
    plan = Plan()
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--orders", type=int, default=plan.orders, help="at a window of 200")
    parser.add_argument(
        "--round-trips", type=int, default=plan.round_trips, help="at a window of 1"
    )
    parser.add_argument("--seconds", type=int, default=plan.seconds, help="at 1,000 orders/s")
    parser.add_argument(
        "--only",
        choices=("echo", "gateway", "ceiling"),
        help="one contestant; `ceiling` shows what the load generator can drive",
    )
    parser.add_argument(
        "--echo-reads",
        choices=("typed", "tag"),
        default="typed",
        help="how the echo reads an order's fields; by tag it is about twice as fast",
    )
    parser.add_argument("--json", action="store_true", help="print nothing but the last line")
    parser.add_argument(
        "--profile",
        type=Path,
        help="run the gateway under cProfile; round N is written to PROFILE.N",
    )
    return parser.parse_args()


def compare_many(rounds: int, console: Console) -> dict[str, float]:
    """Many sessions of the gateway against one."""
    row = many.summary([many.measure() for _ in range(rounds)])
    console.print(
        f"{row['sessions']} sessions trade {row['many_sessions_orders_per_s']:,} orders/s in all, "
        f"one alone {row['one_session_orders_per_s']:,}: {row['many_sessions_ratio']:.2f}",
        soft_wrap=True,
    )
    return row


def main() -> int:
    """Run the rounds, print the table and the JSON line."""
    args = arguments()
    console = Console(quiet=args.json, highlight=False)
    results: dict[str, list[Row]] = (
        {args.only: []} if args.only else {"echo": [], "gateway": []}
    )
    for number in range(1, args.rounds + 1):
        # Whoever goes first changes with the round: neither has the better half of the machine.
        for name in list(results)[:: 1 if number % 2 else -1]:
            try:
                row = run(name, args, number)
            except RunFailed as failure:
                print(failure, file=sys.stderr)
                return 1
            results[name].append(row)
            figures = ", ".join(f"{key} {row[key]:,.0f}" for key in COMPARED)
            console.print(f"round {number} {name:8} {figures}", soft_wrap=True)
    console.print(table(results))
    said = summary(results, args.echo_reads)
    if args.only is None:
        try:
            said |= compare_many(args.rounds, console)
        except RunFailed as failure:
            print(failure, file=sys.stderr)
            return 1
    console.print(f"{machine()}; the echo reads fields: {args.echo_reads}", soft_wrap=True)
    print(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())

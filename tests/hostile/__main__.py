"""`make hostile`: what attackers do to a client that trades meanwhile, in figures.

One gateway without TLS and one with it, each with a client that sends an order every few
milliseconds and times its acceptance. First nothing else happens; then one attack after the
other. Its p99 is compared with the quiet one of the same run, the memory of the gateway with
what it was just before; anything beyond the bounds below, and a gateway that ends, is exit code 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .attacks import PLAIN, TLS, Attack
from .insiders import INSIDERS
from .outsiders import OUTSIDERS
from .scene import Figures, Scene

P99_RATIO_MAX = 3.0
MEMORY_GROWTH_MB_MAX = 64.0

SECONDS = 8.0
REST_SECONDS = 2.0
"""Between two attacks; the quiet figures are of all times of rest."""

LEAST = {
    "random messages, no Logon": 500_000,
    "mutated messages, logged on": 500_000,
    "wrong Logons beside a password client": 1,
}
"""How much of an attack there must have been, however long it takes."""


@contextmanager
def scene(name: str, *, tls: bool) -> Iterator[Scene]:
    """A gateway, its stub venue and the client that trades."""
    with ExitStack() as stack:
        prefix = f"fixgw-hostile-{name}-"
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=prefix)))
        yield stack.enter_context(Scene(directory, tls=tls))


def play(
    name: str, attacks: Mapping[str, Attack], seconds: float, least: Mapping[str, int], *, tls: bool
) -> list[Figures]:
    """The quiet figures, then those of each attack."""
    with scene(name, tls=tls) as place:
        place.rest(seconds)
        rows = []
        for label, attack in attacks.items():
            rows.append(place.under(label, attack, seconds, least.get(label, 0)))
            place.rest(REST_SECONDS)
        return [place.quiet(f"nothing ({name})"), *rows]


def faults(quiet: Figures, row: Figures) -> list[str]:
    """What is wrong with *row*."""
    found = []
    if row.p99_us > P99_RATIO_MAX * quiet.p99_us:
        found.append(f"p99 more than {P99_RATIO_MAX:g} times the quiet one")
    if row.grown_mb > MEMORY_GROWTH_MB_MAX:
        found.append(f"memory grew by more than {MEMORY_GROWTH_MB_MAX:g} MB")
    return found


def table(groups: list[list[Figures]]) -> Table:
    """One row an attack."""
    grid = Table(title="a client that trades, while others do this")
    for heading in ("", "done", "orders", "p50 us", "p99 us", "x quiet", "memory MB", "grown MB"):
        grid.add_column(heading, justify="left" if not heading else "right")
    for rows in groups:
        quiet = rows[0]
        for row in rows:
            grid.add_row(
                row.label, f"{row.done:,}" if row.done else "", f"{row.orders:,}",
                f"{row.p50_us:,.0f}", f"{row.p99_us:,.0f}", f"{row.p99_us / quiet.p99_us:.2f}",
                f"{row.memory_mb:.0f}", f"{row.grown_mb:+.0f}",
            )
        grid.add_section()
    return grid


def main() -> int:
    """Play it all, print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.hostile", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="each attack lasts")
    parser.add_argument("--only", help="the attacks with this in their names")
    args = parser.parse_args()
    groups = []
    for name, attacks in (("plain", PLAIN | OUTSIDERS | INSIDERS), ("TLS", TLS)):
        chosen = {k: v for k, v in attacks.items() if not args.only or args.only in k}
        if chosen:
            groups.append(play(name, chosen, args.seconds, LEAST, tls=name == "TLS"))
    if not groups:
        known = ", ".join(PLAIN | OUTSIDERS | INSIDERS | TLS)
        parser.error(f"no attack has {args.only!r} in its name: {known}")
    console = Console(highlight=False, width=120)
    console.print(table(groups))
    wrong = {row.label: faults(rows[0], row) for rows in groups for row in rows}
    for label, found in wrong.items():
        for text in found:
            console.print(f"{label}: {text}")
    ratios = {row.label: round(row.p99_us / g[0].p99_us, 2) for g in groups for row in g[1:]}
    print(json.dumps({"p99_ratio": ratios, "good": not any(wrong.values())}))
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

"""Rows for people (a table), for pipes (tab-separated), or for programs (JSON lines).

Text of a client or a venue is shown as text and nothing else: none of its markup or control
characters reaches a terminal or breaks a row.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fixgw.fix.timestamp import moment

COLUMN_WIDTH_MAX = 40
"""A longer text continues on the next line."""

GAP = 2
"""Between two columns."""

Rows = Sequence[Mapping[str, Any]]


def on_terminal() -> bool:
    """Return True if a person reads the output."""
    return Console().is_terminal


def show(
    title: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], as_json: bool
) -> None:
    """Print *rows*, the most important of *columns* first.

    On a terminal, columns that are empty in every row are left out, and those
    that find no room are named.
    """
    if as_json:
        for row in rows:
            click.echo(msgspec.json.encode(row).decode())
        return
    console = Console()
    if not console.is_terminal:
        for row in rows:
            click.echo("\t".join(plain(row[name]) for name in columns))
        return
    _table(console, title, columns, list(rows))


def show_blocks(title: str, names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Print *rows* for a person as blocks: a line for each of *names* that is not empty.

    In a pipe like `show`.
    """
    console = Console()
    rows = list(rows)
    if not console.is_terminal or not rows:
        show(title, names, rows, as_json=False)
        return
    for row in rows:
        block(console, "", [(name, plain(row[name])) for name in names if row[name] != ""])
        console.print()


def block(console: Console, title: str, facts: Iterable[tuple[str, str]]) -> None:
    """Print one block: *title*, then the facts, each with its name on the left."""
    if title:
        # Not the table's own, which would be broken where the table is narrower.
        console.print(Text(title, "bold"))
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for about, text in facts:
        table.add_row(about, Text(text))
    console.print(table)


def plain(value: object) -> str:
    """Return *value* as text without anything that a terminal would obey."""
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def utc(at_ms: int, timespec: str = "seconds") -> str:
    """Return a moment in Unix milliseconds as the log writes it: 2026-01-05T10:00:00Z."""
    return moment(at_ms).replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def _table(console: Console, title: str, columns: Sequence[str], rows: Rows) -> None:
    if not rows:
        console.print(f"no {title}")
        return
    used = [name for name in columns if any(row[name] != "" for row in rows)]
    shown = _fitting(used, rows, console.width)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in shown:
        table.add_column(name, overflow="fold", max_width=COLUMN_WIDTH_MAX)
    for row in rows:
        table.add_row(*(Text(plain(row[name])) for name in shown))
    console.print(table)
    if shown != used:
        missing = ", ".join(name for name in used if name not in shown)
        console.print(f"no room for {missing}: see --json, or a wider terminal", style="dim")


def _fitting(columns: Sequence[str], rows: Rows, width: int) -> list[str]:
    """Return those of *columns* that fit side by side in *width*; the first one always does."""
    fitting: list[str] = []
    left = width + GAP
    for name in columns:
        widest = max(len(name), *(len(plain(row[name])) for row in rows))
        needed = min(widest, COLUMN_WIDTH_MAX) + GAP
        if needed <= left or not fitting:
            fitting.append(name)
            left -= needed
    return fitting

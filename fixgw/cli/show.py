"""Rows for people (a table), for pipes (tab-separated), or for programs (JSON lines)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table


def show(
    title: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], as_json: bool
) -> None:
    """Print *rows*; on a terminal, columns that are empty in every row are left out."""
    if as_json:
        for row in rows:
            click.echo(msgspec.json.encode(row).decode())
        return
    console = Console()
    if not console.is_terminal:
        for row in rows:
            click.echo("\t".join(str(row[name]) for name in columns))
        return
    _table(console, title, columns, list(rows))


def _table(
    console: Console, title: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    if not rows:
        console.print(f"no {title}")
        return
    shown = [name for name in columns if any(row[name] != "" for row in rows)]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in shown:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(str(row[name]) for name in shown))
    console.print(table)

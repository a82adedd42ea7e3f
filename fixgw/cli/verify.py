"""`fixgw verify`: looks the journal, or a backup of it, through."""

from pathlib import Path

import click
import msgspec

from fixgw.cli.options import json_option, sessions_option
from fixgw.cli.show import show
from fixgw.journal.verify import verify
from fixgw.runtime.settings import where

COLUMNS = ("journal", "first", "last", "snapshot", "events", "messages", "closed_orders")


@click.command()
@click.argument("journal", metavar="[JOURNAL]", required=False,
                type=click.Path(path_type=Path, exists=True))
@sessions_option
@json_option
def command(journal: Path | None, directory: Path, as_json: bool) -> None:
    """Look the journal through, or the copy at JOURNAL.

    Every record, number and event is checked: checksums, sequence numbers, what may happen to an
    order. The gateway may run meanwhile. Exit code 1 names the first thing that is wrong.
    """
    path = where(directory).journal_path if journal is None else journal
    row = {"journal": str(path)} | msgspec.structs.asdict(verify(path))
    show("journals", COLUMNS, [row], as_json)

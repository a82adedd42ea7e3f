"""`fixgw backup`: copies the journal and the venues' own records; also while the gateway runs."""

from pathlib import Path

import click

from fixgw.cli.options import json_option, sessions_option
from fixgw.cli.show import show
from fixgw.journal.backup import backup
from fixgw.runtime.settings import Where, where
from fixgw.venues import registry

COLUMNS = ("file", "bytes", "of")


@click.command()
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path))
@sessions_option
@json_option
def command(target: Path, directory: Path, as_json: bool) -> None:
    """Copy the journal, and asmlink's record, into DIR.

    The gateway may run and trade meanwhile. Nothing in DIR is overwritten. The result is a snapshot
    of one moment, read back in full and synced to disk.
    """
    place = where(directory)
    copied = backup(place.journal_path, _records(place), target)
    show(
        "files", COLUMNS,
        [{"file": str(one.file), "bytes": one.bytes, "of": str(one.of)} for one in copied],
        as_json,
    )


def _records(place: Where) -> dict[str, Path]:
    """Return the files that the venues' adapters have written so far, by the name of the copy."""
    found: dict[str, Path] = {}
    for name in place.venues:
        kind = registry.adapter(place.adapter(name))
        for key in kind.records if kind is not None else ():
            path = (place.directory / str(place.venues[name].get(key, ""))).resolve()
            if path.is_file():
                taken = path.name in found or path.name == place.journal_path.name
                found[f"{name}-{path.name}" if taken else path.name] = path
    return found

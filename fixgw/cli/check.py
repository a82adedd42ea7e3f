"""`fixgw check`: read everything that `fixgw run` would read, say what is wrong, start nothing.

Each error is a line of its own on stderr. Where all is well, stdout says what would
run: as tables on a terminal, as tab-separated lines in a pipe.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fixgw.cli.options import sessions_option
from fixgw.app.build import Parts
from fixgw.model.errors import SettingsError
from fixgw.runtime.session_keys import DAYS
from fixgw.runtime.session_settings import SessionSettings
from fixgw.runtime.settings import Settings, SettingsErrors, read

Validator = Callable[[Settings], Iterable[SettingsError]]
"""Looks at settings that were read well; yields, or raises, what is wrong with them."""

SURVIVES = {
    "process": "survives the death of the process",
    "power": "survives a loss of power",
}


def _parts(settings: Settings) -> Iterable[SettingsError]:
    """Make every adapter and dictionary, as `fixgw run` would; raises what is wrong."""
    Parts(settings)
    return ()


VALIDATORS: list[Validator] = [_parts]
"""What only a higher layer can check: venues' tables, accounts, dialects."""


@click.command()
@sessions_option
def command(directory: Path) -> None:
    """Check the settings, all of them, without starting anything."""
    settings = read(directory)
    errors = [error for validator in VALIDATORS for error in _found(validator, settings)]
    if errors:
        raise SettingsErrors(errors)
    _show(settings)


def _found(validator: Validator, settings: Settings) -> Sequence[SettingsError]:
    try:
        return tuple(validator(settings))
    except SettingsErrors as several:
        return several.errors
    except SettingsError as error:
        return (error,)


def _show(settings: Settings) -> None:
    listener, journal = settings.listener, settings.journal
    _table(
        ("gateway", "value"),
        [
            ("listener", f"{listener.host}:{listener.port}"),
            ("journal", f"{settings.journal_path}, {SURVIVES[journal.durability]}"),
            ("dictionaries", str(settings.dictionaries)),
        ],
    )
    _table(("venue", "adapter"), [(each.name, each.adapter) for each in settings.venues.values()])
    _table(
        ("session", "dialect", "venues", "accounts", "schedule (UTC)", "logon"),
        [_row(session) for session in settings.sessions.values()],
    )


def _row(session: SessionSettings) -> tuple[str, ...]:
    return (
        session.key,
        session.dialect,
        ", ".join(session.venues),
        ", ".join(session.accounts),
        schedule_text(session),
        "password" if session.username else "CompIDs only",
    )


def schedule_text(session: SessionSettings) -> str:
    """When *session* is open, for a person."""
    if session.non_stop_session:
        return "non-stop"
    start, end = (f"{each:%H:%M:%S}" for each in (session.start_time, session.end_time) if each)
    if session.start_day is None or session.end_day is None:
        return f"daily {start} to {end}"
    start_day, end_day = (DAYS[each].title() for each in (session.start_day, session.end_day))
    return f"{start_day} {start} to {end_day} {end}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    console = Console()
    if not console.is_terminal:
        for row in rows:
            click.echo("\t".join((head[0], *row)))
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in head:
        # The first column is a name, and half a name is none.
        table.add_column(name, no_wrap=name == head[0], overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)
    console.print()

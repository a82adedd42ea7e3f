"""`fixgw check`: read everything that `fixgw run` would read, report errors, start nothing.

Each error is a line of its own on stderr. A warning, or a note on an ignored key, is a line there
too, and no error. If there is no error, stdout shows what would run: as tables on a terminal, as
tab-separated lines in a pipe.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fixgw.cli.options import sessions_option
from fixgw.cli.places import wrong_places
from fixgw.cli.show import block
from fixgw.app.build import Parts
from fixgw.app.exposed import warn_of_open_sessions
from fixgw.model.errors import SettingsError
from fixgw.runtime.session_keys import DAYS
from fixgw.runtime.session_settings import SessionSettings
from fixgw.runtime.settings import Settings, SettingsErrors, read

Validator = Callable[[Settings], Iterable[SettingsError]]
"""Checks settings that were read without error; yields, or raises, their errors."""

SENTENCE_WIDTH_MIN = 10
"""The width left to a column of several words when a column of single words is kept whole."""

GAP = 2
"""Between two columns."""

SURVIVES = {
    "process": "survives the death of the process",
    "power": "survives a loss of power",
}


def _parts(settings: Settings) -> Iterable[SettingsError]:
    """Construct every adapter and dictionary, as `fixgw run` would; raise their errors."""
    Parts(settings)
    return ()


VALIDATORS: list[Validator] = [_parts, wrong_places]
"""Checks that only a higher layer can make: venues' tables, accounts, dialects."""


@click.command()
@sessions_option
def command(directory: Path) -> None:
    """Check all settings without starting anything."""
    settings = checked(directory)
    for note in settings.notes:
        click.echo(f"note: {note}", err=True)
    warn_of_open_sessions(settings, settings.sessions.values())
    _show(settings)


def checked(directory: Path) -> Settings:
    """Return the settings in *directory*. Raise SettingsErrors with all errors."""
    settings = read(directory)
    errors = [error for validator in VALIDATORS for error in _found(validator, settings)]
    if errors:
        raise SettingsErrors(errors)
    return settings


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
            ("listener", f"{listener.host}:{listener.port}{', TLS' if listener.tls else ''}"),
            ("journal", f"{settings.journal_path}, {SURVIVES[journal.durability]}"),
            ("dictionaries", str(settings.dictionaries)),
        ],
    )
    _table(("venue", "adapter"), [(each.name, each.adapter) for each in settings.venues.values()])
    if settings.directories:
        asked = [(each.name, each.adapter) for each in settings.directories.values()]
        _table(("directory", "adapter"), asked)
    _table(
        ("session", "dialect", "venues", "accounts", "schedule", "logon"),
        [_row(session) for session in settings.sessions.values() if session.template is None],
    )
    _show_templates(settings)


def _show_templates(settings: Settings) -> None:
    """Print one row per template, however many clients it has."""
    made: dict[tuple[object, ...], list[SessionSettings]] = {}
    for session in settings.sessions.values():
        if session.template is not None:
            made.setdefault((session.template, session.file, session.line), []).append(session)
    if made:
        _table(
            ("template", "clients", "dialect", "venues", "accounts", "schedule", "logon"),
            [_template_row(sessions) for sessions in made.values()],
        )


def _template_row(sessions: Sequence[SessionSettings]) -> tuple[str, ...]:
    """Return the values that its clients have in common, or the number of different ones."""
    columns = zip(*(_row(session)[1:] for session in sessions), strict=True)
    common = (
        several.pop() if len(several) == 1 else f"{len(several)} different ones"
        for several in map(set, columns)
    )
    return (str(sessions[0].template), str(len(sessions)), *common)


def _row(session: SessionSettings) -> tuple[str, ...]:
    return (
        session.key,
        session.dialect,
        ", ".join(session.venues),
        ", ".join(session.accounts),
        schedule_text(session),
        ", ".join(session.logon_methods()) or "CompIDs only",
    )


def schedule_text(session: SessionSettings) -> str:
    """Return the hours of *session* for a person. Times without a zone are UTC."""
    s = session
    if s.start_time is None or s.end_time is None:
        text = "non-stop"
    elif s.start_day is None:
        days = ", ".join(DAYS[each].title() for each in s.weekdays) or "daily"
        text = f"{days} {s.start_time} to {s.end_time}"
    else:
        text = f"{_moment(s.start_day, s.start_time)} to {_moment(s.end_day, s.end_time)}"
    if (s.logon_time, s.logout_time, s.logon_day, s.logout_day) != (None, None, None, None):
        begin, end = _moment(s.logon_day, s.logon_time), _moment(s.logout_day, s.logout_time)
        text += f", logon {begin or 'from its start'} to {end or 'its end'}"
    return text if s.time_zone is UTC else f"{text} ({s.time_zone})"


def _moment(day: int | None, at: time | None) -> str:
    """Return a day and a time for a person; "" if neither is set."""
    parts = "" if day is None else DAYS[day].title(), "" if at is None else str(at)
    return " ".join(filter(None, parts))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    console = Console()
    if not console.is_terminal:
        for row in rows:
            click.echo("\t".join((head[0], *row)))
        return
    rows = list(rows)
    if _narrowest(head, rows) > console.width:
        for row in rows:
            block(console, row[0], zip(head[1:], row[1:], strict=True))
            console.print()
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    whole = _kept_whole(head, rows, console.width)
    for name in head:
        table.add_column(name, no_wrap=name in whole, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)
    console.print()


def _narrowest(head: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Return the width at which no word has to be broken: below it a row is a block of lines."""
    words = (
        max((len(word) for cell in column for word in cell.split()), default=0)
        for column in zip(head[1:], *(row[1:] for row in rows), strict=True)
    )
    first = max(len(row[0]) for row in (head, *rows))
    return first + sum(GAP + each for each in words)


def _kept_whole(head: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> set[str]:
    """Return the columns whose cells stay in one line: names, because half a name is none.

    The first one always; the others if there is room.
    """
    names, needed = {head[0]}, 0
    for name, *cells in zip(head, *rows, strict=True):
        widest = max(map(len, (name, *cells)))
        if not any(" " in cell for cell in cells):
            names.add(name)
        elif name != head[0]:
            widest = min(widest, SENTENCE_WIDTH_MIN)
        needed += widest + GAP
    return names if needed - GAP <= width else {head[0]}

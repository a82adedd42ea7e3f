"""`fixgw sessions`: where the journal says each session's sequence numbers stand."""

from pathlib import Path

import click

from fixgw.app.presence import Known, OnRecord
from fixgw.cli.options import json_option, sessions_option
from fixgw.cli.show import show, utc
from fixgw.journal.index import SentIndex
from fixgw.journal.journal import SessionRow
from fixgw.journal.replay import reading, replay
from fixgw.model.errors import JournalError
from fixgw.runtime.settings import read

COLUMNS = ("session", "next_sender", "next_target", "unsent", "cancels_on", "resets",
           "numbers_since")


@click.command()
@sessions_option
@json_option
def command(directory: Path, as_json: bool) -> None:
    """List sessions and their sequence numbers from the journal.

    next_sender is the MsgSeqNum(34) of the next message we send, next_target
    that of the next one we expect. unsent is how many reports may not have
    reached the client. cancels_on is the departure at which the session's
    orders are cancelled, as its last Logon agreed on: with the seconds it may
    be away before, and "gone" if it has left. resets counts how often the
    numbers have started again, numbers_since is the last time.
    """
    settings = read(directory)
    presence, index = OnRecord(), SentIndex()
    try:
        with reading(settings.journal_path) as database:
            known = replay(
                settings.journal_path, database, lambda event: None,
                index, on_session_event=presence.replay,
            )
    except JournalError:
        if settings.journal_path.exists():
            raise
        known = {}
    rows = []
    for key in [*settings.sessions, *(k for k in known if k not in settings.sessions)]:
        row = known.get(key)
        rows.append({
            "session": key,
            "next_sender": row.next_sender if row else 1,
            "next_target": row.next_target if row else 1,
            "resets": row.epoch if row else 0,
            "numbers_since": utc(row.since_ms) if row else "",
            "unsent": _unsent(row, index) if row else "",
            "cancels_on": _cancels_on(presence.get(key)),
        })
    show("sessions", COLUMNS, rows, as_json)


def _unsent(row: SessionRow, index: SentIndex) -> int | str:
    ranges = index.numbers_from(row.id, row.epoch, row.unsent_since)
    return sum(last - first + 1 for first, last in ranges) or ""


def _cancels_on(known: Known | None) -> str:
    if known is None or not known.terms.on:
        return ""
    told = str(known.terms.on.name).lower()
    if known.terms.window_ms:
        told += f" {known.terms.window_ms / 1_000:g}s"
    return f"{told} gone" if known.gone else told

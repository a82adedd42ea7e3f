"""`fixgw sessions`: lists the logged-on clients, and each session's sequence numbers.

A running gateway is asked; without one the journal and the settings have the answer. `fixgw
sessions enable` lets the client of a disabled session log on again.
"""

import time
from pathlib import Path
from typing import Any

import click
import msgspec

from fixgw.app.attendance import on_record
from fixgw.app.containment import DisabledSessions
from fixgw.app.disconnect_cancels import OnRecord
from fixgw.cli.asking import ask, made, part_sessions_option, who_option
from fixgw.cli.exit_codes import Exit
from fixgw.cli.options import json_option, sessions_option
from fixgw.cli.show import plain, show, utc
from fixgw.journal.index import SentIndex
from fixgw.journal.replay import Replayed, replay
from fixgw.model.errors import JournalError, NoGateway
from fixgw.model.ids import SessionKey
from fixgw.model.session_events import SessionEvent
from fixgw.ops.answers import Enabled, Sessions, SessionState
from fixgw.ops.requests import AskSessions, EnableSession
from fixgw.runtime.settings import read, where

COLUMNS = (
    "session", "logged_on", "peer", "next_sender", "next_target", "unsent", "heard_at", "closes",
    "since", "opens", "cancels_on", "said_at", "resets", "numbers_since", "disabled",
    "is_open",
)

TIMES = ("since", "heard_at", "said_at", "numbers_since", "opens", "closes")


@click.group(invoke_without_command=True)
@sessions_option
@json_option
@click.pass_context
def command(context: click.Context, directory: Path, as_json: bool) -> None:
    """Show the logged-on clients, and the sequence numbers.

    peer is the client's address, and since the time of its Logon. heard_at is its last message,
    said_at ours. opens and closes are the next times from which its client may, and may no longer,
    be logged on. next_sender is the MsgSeqNum(34) of the next message we send, next_target that of
    the next one we expect. unsent is the number of reports that may not have reached the client.
    cancels_on is the departure at which the session's orders are cancelled, as its last Logon
    agreed: with the seconds it may be away first, and "gone" if it has left. resets counts the
    resets of the numbers, numbers_since is the time of the last one. disabled is the reason why the
    client may not log on until an operator enables the session.

    Without a gateway the command shows the recorded state, and the exit code is 4.
    """
    if context.invoked_subcommand is not None:
        return
    journal = where(directory).journal_path
    try:
        answer = ask(journal, AskSessions(), Sessions)
    except NoGateway:
        states, said = _on_record(directory), "no gateway is running: this is what is on record"
    else:
        states = answer.sessions
        said = f"the gateway runs: process {answer.pid}, fixgw {answer.version}"
    click.echo(said, err=True)
    rows = [_row(state, as_json) for state in states]
    show("sessions", COLUMNS, rows, as_json)
    if said.startswith("no gateway"):
        context.exit(Exit.NO_GATEWAY)


@command.command("enable")
@click.argument("session")
@who_option
@part_sessions_option
def enable(session: str, who: str, directory: Path) -> None:
    """Let the client of SESSION log on again, after somebody has examined the bug it met."""
    request = made(EnableSession, session=session, who=who)
    enabled = ask(where(directory).journal_path, request, Enabled)
    click.echo(
        f"{session}: its client may log on again; it was disabled since "
        f"{utc(enabled.disabled_since)}: {plain(enabled.disabled_text)}"
    )


def _on_record(directory: Path) -> tuple[SessionState, ...]:
    settings = read(directory)
    path, presence, index = settings.journal_path, OnRecord(), SentIndex()
    disabled = DisabledSessions()

    def take(event: SessionEvent) -> None:
        presence.replay(event)
        disabled.replay(event)

    try:
        known = replay(path, lambda event: None, index, on_session_event=take)
    except JournalError:
        if path.exists():
            raise
        known = Replayed()
    now_ms = time.time_ns() // 1_000_000
    keys: list[SessionKey] = [*settings.sessions]
    keys += [key for key in known if key not in settings.sessions]
    return tuple(
        on_record(
            key, known.get(key), settings.sessions.get(key), presence, index, now_ms,
            disabled[key].text if key in disabled else "",
        )
        for key in keys
    )


def _row(state: SessionState, as_json: bool) -> dict[str, Any]:
    """Return a row; for a person and a pipe, missing values are empty."""
    row = msgspec.structs.asdict(state)
    for name in TIMES:
        row[name] = utc(row[name]) if row[name] else ""
    if not as_json:
        row["logged_on"] = "yes" if state.logged_on else ""
        row["is_open"] = {True: "open", False: "closed", None: ""}[state.is_open]
        row["unsent"] = state.unsent or ""
        row["resets"] = state.resets or ""
    return row

"""`fixgw log`: what was heard and said, as the journal has it; also while the gateway runs."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

from fixgw.cli.options import json_option, sessions_option
from fixgw.cli.show import plain
from fixgw.journal.follow import Follower
from fixgw.journal.replay import replay
from fixgw.journal.tick import JournalEvent, Tick
from fixgw.model.ids import SessionKey
from fixgw.model.session_events import SessionAdded
from fixgw.runtime.settings import where

POLL_SECONDS = 0.1
"""Interval at which new ticks are looked for."""

OUT = "out"

EVENT = "event"

REJECTS = (b"\x0135=3\x01", b"\x0135=j\x01", b"\x0135=9\x01", b"\x01150=8\x01")
"""Session rejects, business rejects, cancel rejects and rejected orders."""


class LogLine(NamedTuple):
    """One line."""

    tick: int
    at_us: int
    """Unix microseconds."""
    source: str
    """A session, a peer, or a venue."""
    kind: str
    content: bytes


@click.command()
@sessions_option
@json_option
@click.option("--session", "source", default="",
              help="Only of this session, e.g. 'FIX.4.4:A->B', or of this venue.")
@click.option("--cl-ord-id", default="", help="Only messages with this ClOrdID(11) or (41).")
@click.option("--rejects", is_flag=True, help="Only rejects of any kind.")
@click.option("--events", is_flag=True, help="What was decided, too.")
@click.option("--since", type=click.DateTime(), default=None, help="UTC.")
@click.option("--after", type=int, default=0, help="Only after this tick.")
@click.option("-f", "--follow", "goes_on", is_flag=True, help="Go on with what comes.")
def command(
    directory: Path, as_json: bool, source: str, cl_ord_id: str, rejects: bool, events: bool,
    since: datetime | None, after: int, goes_on: bool,
) -> None:
    """Print what was said and heard, oldest first.

    A FIX message is printed with | for SOH. Passwords and signatures were masked before they were
    recorded. Lines come in the order of the ticks.
    """
    since_us = 0 if since is None else int(since.replace(tzinfo=UTC).timestamp() * 1_000_000)
    wanted = [b"\x01%b=%b\x01" % (tag, cl_ord_id.encode()) for tag in (b"11", b"41")]
    path = where(directory).journal_path
    keys = {row.id: key for key, row in replay(path, lambda event: None).items()}
    with closing(Follower(path, after)) as follower:
        while True:
            for tick in follower.read():
                for line in _lines(tick, keys, events):
                    if (
                        line.at_us >= since_us
                        and (not source or line.source == source)
                        and (not cl_ord_id or any(each in line.content for each in wanted))
                        and (not rejects or any(each in line.content for each in REJECTS))
                    ):
                        _show(line, as_json)
            if not goes_on:
                return
            time.sleep(POLL_SECONDS)


def _lines(tick: Tick, keys: dict[int, SessionKey], events: bool) -> Iterator[LogLine]:
    """Yield what *tick* heard, decided and said."""
    at_us = tick.at * 1_000
    for event in tick.events:
        if isinstance(event, SessionAdded):
            keys[event.id] = event.session
    for heard_us, source, kind, content in tick.received:
        if kind != OUT:
            yield LogLine(tick.number, heard_us, source, kind, content)
    if events:
        for event in tick.events:
            yield LogLine(tick.number, at_us, _source(event), EVENT, msgspec.json.encode(event))
    for heard_us, source, kind, content in tick.received:
        if kind == OUT:
            yield LogLine(tick.number, heard_us, source, kind, content)
    for (session, _, _), message in zip(tick.sent, tick.messages):
        yield LogLine(tick.number, at_us, keys.get(session, str(session)), OUT, message)


def _source(event: JournalEvent) -> str:
    return str(getattr(event, "session", "") or getattr(event, "venue", ""))


def _show(line: LogLine, as_json: bool) -> None:
    at = datetime.fromtimestamp(line.at_us / 1_000_000, UTC)
    content = line.content.decode("utf-8", "backslashreplace").replace("\x01", "|")
    if as_json:
        row = line._asdict() | {"at": at.isoformat(), "content": content}
        click.echo(msgspec.json.encode(row).decode())
    else:
        click.echo(
            f"{at:%Y-%m-%d %H:%M:%S.%f} {line.source} {line.kind} {plain(content)}"
        )

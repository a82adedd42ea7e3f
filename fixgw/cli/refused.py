"""`fixgw refused`: lists the inputs that met a bug of ours, and were refused because of it.

A running gateway is asked; without one the journal has the answer. Passwords and tokens were masked
before anything was kept.
"""

from pathlib import Path

import click
import msgspec

from fixgw.cli.asking import ask
from fixgw.cli.exit_codes import Exit
from fixgw.cli.options import json_option, sessions_option
from fixgw.cli.show import show_blocks, show, utc
from fixgw.journal.replay import replay
from fixgw.loop.refusals import Refusals
from fixgw.model.errors import NoGateway
from fixgw.ops.answers import RefusedInputs, RefusedLine, refused_line
from fixgw.ops.requests import AskRefused
from fixgw.runtime.settings import where

COLUMNS = ("reference", "at", "kind", "source", "error", "content")


@click.command()
@sessions_option
@json_option
@click.pass_context
def command(context: click.Context, directory: Path, as_json: bool) -> None:
    """List the inputs refused because of a bug, oldest first.

    Each has the reference that the client got and that the log has, with the traceback. kind is
    message (a client's), word (a venue's), report (one for a client that could not be written),
    time (of a session), step (about an order, caused by no message) or command (a venue's adapter
    was given it and failed); source is the session or the venue. Please report them: they are
    bugs of fixgw.

    Without a gateway the command shows the recorded inputs, and the exit code is 4.
    """
    journal = where(directory).journal_path
    try:
        answer = ask(journal, AskRefused(), RefusedInputs)
    except NoGateway:
        lines = _on_record(journal)
        said = "no gateway is running: this is what is on record"
    else:
        lines = answer.lines
        said = f"the gateway runs: process {answer.pid}, fixgw {answer.version}"
        if answer.on_record > len(lines):
            said += f"; the newest {len(lines)} of {answer.on_record}"
        if answer.left_out:
            said += f"; {answer.left_out} more came too fast to be kept"
    click.echo(said, err=True)
    rows = [msgspec.structs.asdict(line) | {"at": utc(line.at, "milliseconds")} for line in lines]
    if as_json:
        show("refused inputs", COLUMNS, rows, as_json)
    else:
        show_blocks("refused inputs", COLUMNS, rows)
    if said.startswith("no gateway"):
        context.exit(Exit.NO_GATEWAY)


def _on_record(journal: Path) -> tuple[RefusedLine, ...]:
    refusals = Refusals()
    if journal.exists():
        replay(journal, lambda event: None, on_refusal=refusals.replay)
    return tuple(map(refused_line, refusals.kept))

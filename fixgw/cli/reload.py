"""`fixgw reload`: check the settings, have the gateway read them again, say what came of it.

Nothing is sent to the gateway while the settings have an error: it goes on with the old ones.
"""

import os
import signal
import time
from pathlib import Path

import click

from fixgw.app.outcome import Outcome, outcome_path
from fixgw.app.outcome import read as read_outcome
from fixgw.cli.check import checked
from fixgw.cli.exit_codes import Exit
from fixgw.cli.options import json_option, sessions_option
from fixgw.cli.show import show
from fixgw.journal.files import holder
from fixgw.model.errors import GatewayError, NoGateway

DEADLINE_SECONDS = 60.0
"""A gateway that has just started waits for its venues first; dictionaries take a second each."""

POLL_SECONDS = 0.05

COLUMNS = ("what", "name", "text")


class NotReloaded(GatewayError):
    """The gateway did not take all of the settings, or did not say so."""


@click.command()
@sessions_option
@json_option
@click.pass_context
def command(context: click.Context, directory: Path, as_json: bool) -> None:
    """Have the running gateway read its settings again.

    Sessions are added, changed and removed; the others do not notice. Exits with
    1 unless all that the settings say is in force then.
    """
    settings = checked(directory)
    asked_ns = _ask(settings.journal_path)
    outcome = _answer(settings.journal_path, asked_ns)
    if outcome.error:
        raise NotReloaded(f"nothing was changed:\n{outcome.error}")
    rows = [
        {"what": str(change.what), "name": change.name, "text": change.text}
        for change in outcome.changes
    ]
    rows.append({"what": "unchanged", "name": f"{outcome.unchanged} sessions", "text": ""})
    show("changes", COLUMNS, rows, as_json)
    if not outcome.complete:
        context.exit(Exit.FAILED)


def _ask(journal: Path) -> int:
    """Signal the gateway that runs on *journal*; returns when that was, `time.monotonic_ns`."""
    pid = holder(journal)
    if pid is None:
        raise NoGateway(
            f"no gateway is running on the journal {journal}: `fixgw run` starts one. "
            "If [journal] path was changed, that needs a restart of the gateway"
        )
    try:
        process = os.pidfd_open(pid)
        try:
            # By now the number could be another process's: the lock says whose it is.
            if holder(journal) != pid:
                raise NotReloaded("the gateway has just ended")
            asked_ns = time.monotonic_ns()
            signal.pidfd_send_signal(process, signal.SIGHUP)
        finally:
            os.close(process)
    except OSError as error:
        raise NotReloaded(f"the gateway (process {pid}) was not told: {error.strerror}") from None
    return asked_ns


def _answer(journal: Path, asked_ns: int) -> Outcome:
    path = outcome_path(journal)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        outcome = read_outcome(path)
        if outcome is not None and outcome.began_ns >= asked_ns:
            return outcome
        if holder(journal) is None:
            raise NotReloaded("the gateway has ended; its log says why")
        time.sleep(POLL_SECONDS)
    raise NotReloaded(
        f"the gateway has not answered for {DEADLINE_SECONDS:g} s; its log says what it does"
    )

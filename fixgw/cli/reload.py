"""`fixgw reload`: makes the gateway read its settings again, and prints the result.

The gateway checks them: it has the secrets, which the user of this command need not have. While the
settings have an error it continues with the old ones.
"""

from pathlib import Path

import click

from fixgw.cli.asking import ask
from fixgw.cli.exit_codes import Exit
from fixgw.cli.options import json_option, sessions_option
from fixgw.cli.show import show
from fixgw.model.errors import GatewayError
from fixgw.ops.answers import ReloadResult
from fixgw.ops.requests import Reload
from fixgw.runtime.settings import where

COLUMNS = ("what", "name", "text")


class NotReloaded(GatewayError):
    """The gateway accepted none of the settings."""


@click.command()
@sessions_option
@json_option
@click.pass_context
def command(context: click.Context, directory: Path, as_json: bool) -> None:
    """Make the running gateway read its settings again.

    Sessions are added, changed and removed, and secrets are renewed; other sessions are not
    affected. Exits with 1 unless everything in the settings is then in force.
    """
    reloaded = ask(where(directory).journal_path, Reload(), ReloadResult)
    if reloaded.error:
        raise NotReloaded(f"nothing was changed:\n{reloaded.error}")
    rows = [
        {"what": str(change.what), "name": change.name, "text": change.text}
        for change in reloaded.changes
    ]
    rows.append({"what": "unchanged", "name": f"{reloaded.unchanged} sessions", "text": ""})
    show("changes", COLUMNS, rows, as_json)
    if not reloaded.complete:
        context.exit(Exit.FAILED)

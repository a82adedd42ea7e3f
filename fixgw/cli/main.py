"""The command `fixgw`: finds the subcommand, runs it, and turns its end into an exit code.

The codes are `cli.exit_codes`. A command is one module of `fixgw.cli` with a click command named
`command`. It raises GatewayError for faults of the world, and handles no bug.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

import fixgw
from fixgw.cli.exit_codes import MEANS, Exit
from fixgw.model.errors import GatewayError, NoGateway, SettingsError
from fixgw.runtime import logs

COMMANDS = {
    "init": "fixgw.cli.init",
    "run": "fixgw.cli.run",
    "check": "fixgw.cli.check",
    "reload": "fixgw.cli.reload",
    "orders": "fixgw.cli.orders",
    "venues": "fixgw.cli.venues",
    "reconcile": "fixgw.cli.reconcile",
    "sessions": "fixgw.cli.sessions",
    "refused": "fixgw.cli.refused",
    "log": "fixgw.cli.log",
    "backup": "fixgw.cli.backup",
    "verify": "fixgw.cli.verify",
    "sandbox": "fixgw.cli.sandbox",
    "certify": "fixgw.cli.certify",
    "hash-password": "fixgw.cli.hash_password",
}
"""Each command and its module, in the order of `fixgw --help`; a module is imported when its
command is called."""


class Commands(click.Group):
    """The commands of the table, each imported only when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(COMMANDS[cmd_name]).command
        assert isinstance(command, click.Command), f"{COMMANDS[cmd_name]} has no command"
        return command


EPILOG = "Exit codes: " + ", ".join(f"{code:d} {means}" for code, means in MEANS.items()) + "."


@click.command(cls=Commands, epilog=EPILOG)
@click.version_option(fixgw.__version__, prog_name="fixgw")
def root() -> None:
    """A FIX acceptor in front of REST and WebSocket venues."""


def main() -> NoReturn:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the command in *arguments*; return the exit code."""
    # Until a command has read its settings: warnings only, for a person.
    logs.configure("warning", "console")
    try:
        code = root.main(list(arguments), prog_name="fixgw", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else Exit.DONE
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except GatewayError as error:
        # A settings error begins with file and line, as a compiler's does: nothing before it.
        place = "" if isinstance(error, SettingsError) else "fixgw: "
        click.echo(f"{place}{error}", err=True)
        return Exit.NO_GATEWAY if isinstance(error, NoGateway) else Exit.FAILED
    except (click.Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # `fixgw … | head`: the reader has seen enough. Python would complain at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except Exception:
        traceback.print_exc()
        click.echo("fixgw: this is a bug; please report it with the lines above", err=True)
        return Exit.BUG

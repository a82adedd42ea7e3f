"""Options that several commands share."""

import shlex
from pathlib import Path

import click

from fixgw.runtime.settings import GATEWAY_TOML


def default_directory() -> Path:
    """Return `sessions`, or the current directory if it is such a directory itself and has none of
    that name."""
    sessions = Path("sessions")
    return Path() if not sessions.exists() and Path(GATEWAY_TOML).is_file() else sessions


sessions_option = click.option(
    "--sessions",
    "directory",
    type=click.Path(path_type=Path),
    default=default_directory,
    show_default="sessions, or the one you are in",
    help="The directory of gateway.toml and the sessions' .cfg files.",
)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line, for programs."
)


def behind_commands(directory: Path) -> str:
    """Return the options that the commands printed above need as well, as a line; "" for none."""
    if directory == default_directory():
        return ""
    return f"\nEach with: --sessions {shlex.quote(str(directory))}"

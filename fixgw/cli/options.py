"""Options that several commands share."""

import shlex
from pathlib import Path

import click

DEFAULT_DIRECTORY = Path("sessions")

sessions_option = click.option(
    "--sessions",
    "directory",
    type=click.Path(path_type=Path),
    default=DEFAULT_DIRECTORY,
    show_default=True,
    help="The directory of gateway.toml and the sessions' .cfg files.",
)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line, for programs."
)


def behind_commands(directory: Path) -> str:
    """A line that says what those printed above it need besides; "" where that is nothing."""
    if directory == DEFAULT_DIRECTORY:
        return ""
    return f"\nEach with: --sessions {shlex.quote(str(directory))}"

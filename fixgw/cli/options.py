"""Options that several commands share."""

from pathlib import Path

import click

sessions_option = click.option(
    "--sessions",
    "directory",
    type=click.Path(path_type=Path),
    default=Path("sessions"),
    show_default=True,
    help="The directory of gateway.toml and the sessions' .cfg files.",
)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line, for programs."
)

"""The common part of the commands that talk to a running gateway."""

from pathlib import Path
from typing import Any

import click

from fixgw.journal.files import holder
from fixgw.model.errors import NoGateway
from fixgw.ops import asking
from fixgw.ops.address import ControlError
from fixgw.ops.answers import SomeAnswer
from fixgw.ops.requests import Request


def ask(journal: Path, request: Request, expected: type[SomeAnswer]) -> SomeAnswer:
    """Return the answer of the gateway that runs on *journal*. Raise NoGateway, or ControlError."""
    try:
        return asking.ask(journal, request, expected)
    except NoGateway:
        pid = holder(journal)
        if pid is None:
            raise
        raise ControlError(
            f"the gateway (process {pid}) does not listen to operators yet: it has just been "
            "started, and reads its journal. Try again"
        ) from None


def made(kind: type[Any], **given: Any) -> Any:
    """Return a request of that *kind*. Raise click.UsageError with the error in it."""
    try:
        return kind(**given)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def directory_of_group() -> Path:
    """Return `--sessions` as given to the parent command, or its default."""
    parent = click.get_current_context().parent
    assert parent is not None, "only a part of another command asks"
    directory: Path = parent.params["directory"]
    return directory


part_sessions_option = click.option(
    "--sessions",
    "directory",
    type=click.Path(path_type=Path),
    default=directory_of_group,
    show_default="sessions",
    help="The directory of gateway.toml and the sessions' .cfg files.",
)
"""`--sessions` of a subcommand: it may stand before the subcommand or after it."""

who_option = click.option(
    "--who", required=True, metavar="NAME", help="Who you are; kept in the journal."
)

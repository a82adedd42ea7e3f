"""What the commands that talk to a running gateway have in common."""

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
    """What the gateway that runs on *journal* answers. Raises NoGateway, or ControlError."""
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
    """The request of that *kind*. Raises click.UsageError that says what is wrong with it."""
    try:
        return kind(**given)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def directory_of_group() -> Path:
    """`--sessions` as it was given to the command that this one is part of, or its default."""
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
"""`--sessions` of a part of a command: it may stand before the part or behind it."""

who_option = click.option(
    "--who", required=True, metavar="NAME", help="Who you are; kept in the journal."
)

"""How a command ends: one table, for every command. docs/operating.md has it in more words.

A supervisor or a script goes by these: a code never says something else at another command.
"""

from enum import IntEnum


class Exit(IntEnum):
    """The exit code of `fixgw`."""

    DONE = 0
    FAILED = 1
    """Not done, not all of it, or what was looked at is not well: the last line says of what."""
    USAGE = 2
    """Click's own, too."""
    BUG = 3
    NO_GATEWAY = 4
    """None runs on the journal that the settings name. What could be shown without one is shown."""
    INTERRUPTED = 130
    """128 and SIGINT, as a shell says it."""


MEANS = {
    Exit.DONE: "done",
    Exit.FAILED: "failed as the last line says",
    Exit.USAGE: "not a command or option",
    Exit.BUG: "a bug",
    Exit.NO_GATEWAY: "no gateway is running",
    Exit.INTERRUPTED: "interrupted",
}
"""For `fixgw --help`."""

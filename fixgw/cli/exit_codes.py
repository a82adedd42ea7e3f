"""The exit codes: one table for every command. docs/operating.md explains them.

A supervisor or a script relies on these: a code means the same for every command.
"""

from enum import IntEnum


class Exit(IntEnum):
    """The exit code of `fixgw`."""

    DONE = 0
    FAILED = 1
    """Not done, only partly done, or something inspected is not in order: the last line gives the
    reason."""
    USAGE = 2
    """Click's own, too."""
    BUG = 3
    NO_GATEWAY = 4
    """No gateway runs on the journal that the settings name. Commands show what they can without
    one."""
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

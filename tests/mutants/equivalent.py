"""Changes that make no difference which anybody could notice, each with the reason.

Found again by the file's name, the text of the line and the change, not by a
line's number. `make mutants` says which of these fit nothing any more.
"""

from typing import NamedTuple


class Equivalent(NamedTuple):
    """One change that is none, or several of one line."""

    file: str
    """Its name without folders."""
    source: str
    """The line, without the space around it."""
    change: str
    """As `Mutant.change`; "" for every change of the line."""
    reason: str


EQUIVALENT: tuple[Equivalent, ...] = (
    Equivalent("index.py", "self.last_order_id = 0", "0 -> 1",
               "the first OrderID(37) comes from the time, far above either"),
    Equivalent("outbox.py", "if not again and job.admin:", "and -> or",
               "administrative messages that wait are numbered above all that is written again"),
)

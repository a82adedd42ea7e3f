"""One line of a venue's record, as the demo shows it: a call, or something it told by itself.

Types only: `translate` makes them, `screen` draws them.
"""

from enum import Enum, auto
from typing import NamedTuple

Words = tuple[tuple[str, str], ...]
"""Names and values, in the order in which they tell a story."""


class Kind(Enum):
    """Who began, and what for."""

    CALL = auto()
    """The gateway wants something done."""
    QUESTION = auto()
    """The gateway asks."""
    NEWS = auto()
    """What has happened: told by the venue, or found by asking."""
    OPENED = auto()
    """The gateway begins to listen."""
    STRANGER = auto()
    """Somebody else trades."""


class Said(NamedTuple):
    """One line."""

    at: float
    """Unix seconds."""
    kind: Kind
    title: str
    told: Words = ()
    answer: Words = ()
    summary: str = ""
    """In the place of a long answer."""
    error: str = ""
    fault: str = ""
    """What the sandbox did wrong, as it was told to."""
    order: str = ""
    """The venue's name of the order that it is about, by which a report is known to tell of it."""
    venue: str = ""
    """Where there are several."""

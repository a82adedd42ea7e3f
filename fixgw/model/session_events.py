"""What happened to a client's session beside its orders. Journaled like an order's events.

What a session remembers across a restart and is neither a sequence number
nor a message is the fold of these. The tag of an event is its name in the
journal: renaming one is a schema change.
"""

from msgspec import Struct

from fixgw.model.ids import SessionKey


class Event(Struct, frozen=True, kw_only=True, gc=False, tag=True, omit_defaults=True):
    """The common part: whose, and when the gateway decided it (Unix milliseconds)."""

    session: SessionKey
    at: int


class ReportsCarried(Event, frozen=True, kw_only=True):
    """The numbers started again while reports had not left us: they were given new ones.

    MsgSeqNum(34) `first` and those behind it, of run `epoch`, stand for the
    messages `origins`, which are sent with PossResend(97)=Y.
    """

    epoch: int
    first: int
    origins: list[tuple[int, int, int]]
    """Runs of messages as they were numbered first: (epoch, first and last MsgSeqNum)."""


SessionEvent = ReportsCarried

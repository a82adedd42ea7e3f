"""What the session of any venue's socket of orders keeps; the meaning of its frames is the venue's.

Sans-IO: `order_socket` writes what is in `outgoing` and tells an operator what is in `notes`.
"""

from abc import ABC
from collections.abc import Sized

from fixgw.venues.adapter import Deliver
from fixgw.venues.kit.config import SocketConfig
from fixgw.venues.strangers import Strangers

MAX_NOTES = 20
"""Notes kept between two looks at them; what is unreadable may be unreadable in masses."""
SHOWN_BYTES = 200


class SocketSession(ABC):
    """The life of one socket after another."""

    def __init__(self, config: SocketConfig, strangers: Strangers, deliver: Deliver) -> None:
        self.outgoing: list[bytes] = []
        self.notes: list[str] = []
        self.resync_wanted = False
        """Something was heard that only a question can explain: always after the socket came up."""
        self.unreadable = False
        """A message came of which nobody can say what it told."""
        self._strangers = strangers
        self._deliver = deliver
        self._dead = ""
        """The reason to give up the socket."""
        self._in_flight: Sized
        self._in_flight_limit = config.in_flight_limit
        self._login_seconds = config.login_seconds
        self._answer_seconds = config.request_timeout_seconds

    @property
    def in_flight(self) -> int:
        """Requests that left on this socket and have no answer yet."""
        return len(self._in_flight)

    @property
    def full(self) -> bool:
        """True if the socket cannot take one more command in flight."""
        return len(self._in_flight) >= self._in_flight_limit

    def _unanswered(self, oldest: float | None, now: float, what: str) -> str:
        """Return the reason to give up the socket if *what*, which left at *oldest*, has waited
        too long for its answer."""
        if oldest is not None and now - oldest > self._answer_seconds:
            return f"{what} was not answered in {self._answer_seconds:g} s"
        return ""

    def _note(self, text: str, message: bytes = b"") -> None:
        if len(self.notes) < MAX_NOTES:
            shown = message[:SHOWN_BYTES].decode(errors="replace")
            self.notes.append(f"{text} {shown}".rstrip())

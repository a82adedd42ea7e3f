"""An adapter whose commands leave by a socket while one is up, and by REST while none is.

It decides by which way a command leaves, and nothing else: the sockets and the queues are the
venue's.
"""

from abc import abstractmethod
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from fixgw.model.effects import QueryOrder, VenueCommand, VenueOrder
from fixgw.model.ids import VenueName
from fixgw.runtime.clock import Clock
from fixgw.venues.base import BaseAdapter
from fixgw.venues.kit.config import SocketConfig
from fixgw.venues.kit.order_entry import OrderCommand
from fixgw.venues.order_socket import OrderSocket
from fixgw.venues.stream import Random


class SocketAdapter(BaseAdapter):
    """A venue with one socket, or several, for each account; *socket_of* names that of an order."""

    def __init__(
        self,
        name: VenueName,
        config: SocketConfig,
        *,
        accounts: Sequence[str],
        socket_of: Callable[[VenueOrder], Hashable],
        clock: Clock | None,
        random: Random,
    ) -> None:
        super().__init__(name, accounts=accounts, clock=clock, random=random)
        self._sockets: dict[Any, OrderSocket[Any]] = {}
        self._socket_of = socket_of
        self._by_socket = config.order_entry == "websocket"
        # Where orders leave by socket at once, without the rate limit's queue.
        self._fast = self._sockets if config.leaves_at_once else {}

    @property
    def in_flight(self) -> int:
        """Requests on sockets that wait for their answers."""
        return sum(socket.in_flight for socket in set(self._sockets.values()))

    def perform(self, commands: Sequence[VenueCommand]) -> None:
        """Take commands on, in order; each is answered through `deliver`, now or later."""
        fast, now = self._fast, self._clock.monotonic()
        for command in commands:
            if fast and not isinstance(command, QueryOrder):
                socket = fast.get(self._socket_of(command.order))
                if socket is not None and socket.take(command, now):
                    continue
            self._queue(command)
        for socket in fast.values():
            socket.flush()

    @abstractmethod
    def _queue(self, command: VenueCommand) -> None:
        """Give *command* to its account's order entry."""

    def _divert(self, command: OrderCommand) -> bool:
        """Let a command that the rate limit has let go leave by socket, if that is the way."""
        if not self._by_socket:
            return False
        socket = self._sockets[self._socket_of(command.order)]
        taken = socket.take(command, self._clock.monotonic())
        socket.flush()
        return taken


def rate_limit(requests_per_second: int) -> tuple[str, ...]:
    """Return `Capabilities.limits` of a venue that counts an account's requests."""
    if not requests_per_second:
        return ("none kept (requests_per_second = 0)",)
    return (f"{requests_per_second} requests a second and account, all ways together",)

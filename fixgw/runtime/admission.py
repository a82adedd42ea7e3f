"""Admission of connections: the caps of `[limits]`, counted, and the choice of who makes room.

Pure: it knows neither sockets nor time. It must never let a stranger take the place of a client
that has logged on.

When there is no room for another stranger, the newest comes in and another stranger goes: first one
that was refused or has failed before (`Standing`), otherwise the oldest one of the address with the
most strangers. The same holds for the places of one address, which a client may share with
strangers (an office, a carrier's NAT). Refusing the newest instead would let anybody who holds all
places for a few seconds keep every client out, and come back for the next few. This way a flood
mostly ends itself, and a client that logs on at once gets through.
"""

import ipaddress
from collections import Counter
from collections.abc import Callable
from enum import IntEnum
from typing import Generic, TypeVar

from fixgw.runtime.gateway_toml import Limits

T = TypeVar("T")

IPV6_NETWORK_BITS = 64
"""One IPv6 subscriber has at least this many bits of addresses to choose from."""


class Standing(IntEnum):
    """A stranger's rank; the lowest makes room first."""

    REFUSED = 0
    """It was refused, or another of its address was, lately."""
    STRANGER = 1
    KNOWN = 2
    """A client has logged on from its address; it has not yet shown that it is that client."""


def _stranger(_: object) -> Standing:
    return Standing.STRANGER


def canonical(address: str) -> str:
    """Return *address* in one form: without a scope, and IPv4 as IPv4 on a dual-stack socket."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(parsed)


def network(address: str) -> str:
    """Return the unit that is counted: an IPv4 address, or the network around an IPv6 address."""
    if ":" not in address:
        return address
    around = ipaddress.IPv6Network((address, IPV6_NETWORK_BITS), strict=False)
    return str(around)


class Admission(Generic[T]):
    """All connections, by address, and those that have not logged on."""

    def __init__(
        self,
        limits: Limits,
        evict: Callable[[T], None],
        standing: Callable[[T], Standing] = _stranger,
    ) -> None:
        """Take *evict*, which ends a connection, and *standing*, which returns a stranger's
        standing."""
        self._limits = limits
        self._evict = evict
        self._standing = standing
        self._network_of: dict[T, str] = {}
        self._in_network: Counter[str] = Counter()
        self._strangers: dict[T, None] = {}
        """Connections that have not logged on, oldest first."""

    def __len__(self) -> int:
        return len(self._network_of)

    @property
    def strangers(self) -> int:
        """Number of connections that have not logged on."""
        return len(self._strangers)

    def enter(self, who: T, address: str) -> str:
        """Count *who*, and end another connection if necessary; return the reason to refuse *who*,
        or "".

        *address* is "" for a load balancer, whose clients' addresses come later.
        """
        limits, key = self._limits, network(address)
        if not self._makes_room(key):
            return "max_connections_per_address"
        full = len(self) >= limits.max_connections
        if full or len(self._strangers) >= limits.max_unauthenticated_connections:
            if not self._strangers:
                return "max_connections"
            self._end(self._victim())
        self._network_of[who] = key
        self._in_network[key] += 1
        self._strangers[who] = None
        return ""

    def move(self, who: T, address: str) -> str:
        """Take the address of *who*, known only now; return the reason to refuse *who*, or ""."""
        key = network(address)
        if not self._makes_room(key):
            return "max_connections_per_address"
        self._uncount(self._network_of[who])
        self._network_of[who] = key
        self._in_network[key] += 1
        return ""

    def logged_on(self, who: T) -> None:
        """Note that *who* is a client: nobody takes its place any more."""
        self._strangers.pop(who, None)

    def leave(self, who: T) -> bool:
        """Forget *who*; return True if it was counted."""
        key = self._network_of.pop(who, None)
        if key is None:
            return False
        self._strangers.pop(who, None)
        self._uncount(key)
        return True

    def _makes_room(self, key: str) -> bool:
        """Return True if one more may come from there; its oldest stranger may have to go."""
        if not key or self._in_network[key] < self._limits.max_connections_per_address:
            return True
        there = [who for who in self._strangers if self._network_of[who] == key]
        if not there:
            return False
        # Of equals, the oldest.
        self._end(min(there, key=self._standing))
        return True

    def _end(self, who: T) -> None:
        self.leave(who)
        self._evict(who)

    def _uncount(self, key: str) -> None:
        self._in_network[key] -= 1
        if not self._in_network[key]:
            # Else every address that ever came would be remembered.
            del self._in_network[key]

    def _victim(self) -> T:
        standing = {who: self._standing(who) for who in self._strangers}
        lowest = min(standing.values())
        lowest_ones = [who for who, its in standing.items() if its == lowest]
        strangers = Counter(self._network_of[who] for who in lowest_ones)
        # Of equals, the one whose first is the oldest.
        key = max(strangers, key=strangers.__getitem__)
        return next(who for who in lowest_ones if self._network_of[who] == key)

"""Orders and deals of the venue, and how they stand in its lists. Amounts are units of 1e-8."""

from enum import IntEnum

from msgspec import Struct, field

from fixgw.sandbox.matching import Side


class Kind(IntEnum):
    """OrderType (vendor, "Data types")."""

    LIMIT = 0
    POST_ONLY = 1
    LIMIT_IOC = 2
    LIMIT_FOK = 3
    MARKET_IOC = 4
    MARKET_FOK = 5


KINDS = {
    "limit": Kind.LIMIT,
    "postonly": Kind.POST_ONLY,
    "limitioc": Kind.LIMIT_IOC,
    "limitfok": Kind.LIMIT_FOK,
    "marketioc": Kind.MARKET_IOC,
    "marketfok": Kind.MARKET_FOK,
}
MAKER_KINDS = frozenset({Kind.LIMIT, Kind.POST_ONLY})
MARKET_KINDS = frozenset({Kind.MARKET_IOC, Kind.MARKET_FOK})
FOK_KINDS = frozenset({Kind.LIMIT_FOK, Kind.MARKET_FOK})

SIDES = {"bid": Side.BUY, "ask": Side.SELL}
SIDE_NUMBER = {Side.BUY: 0, Side.SELL: 1}


class Reason(IntEnum):
    """CancelReason (vendor, "Data types")."""

    NONE = 0
    BY_CLIENT = 1
    NOT_RESTING = 2
    SELF_TRADE = 3
    ON_DISCONNECT = 4


class Deal(Struct, frozen=True, kw_only=True):
    """One execution, as one side of it sees it."""

    deal_id: int
    moment: int
    aggressor: Side
    price: int
    size: int
    volume: int
    left: int
    counterparty: int
    owner_of_taker: int
    owner_of_maker: int


class Order(Struct, kw_only=True):
    """One order, from its beginning to its end."""

    order_id: int
    client_id: int
    client_order_id: int
    instrument: str
    kind: Kind
    side: Side
    price: int
    initial: int
    """Size, or volume if *by_volume*."""
    left: int
    by_volume: bool
    created_at: int
    socket: int = 0
    """The socket it goes with (`cod`); 0 for none."""
    reason: Reason = Reason.NONE
    is_open: bool = True
    deals: list[Deal] = field(default_factory=list)

    def row(self) -> list[object]:
        """Return the 11 fields of an order in lists and feeds."""
        return [*self._head(self.left), int(self.by_volume)]

    def deal_row(self, deal: Deal) -> list[object]:
        """Return the 24 fields of a deal in lists and feeds (newest form)."""
        return [
            *self._head(deal.left),
            deal.moment,
            deal.deal_id,
            SIDE_NUMBER[deal.aggressor],
            deal.price,
            deal.size,
            deal.volume,
            0,
            deal.counterparty,
            int(self.by_volume),
            deal.owner_of_taker,
            0,
            0,
            deal.owner_of_maker,
            0,
        ]

    def _head(self, left: int) -> list[object]:
        return [
            self.instrument,
            int(self.kind),
            SIDE_NUMBER[self.side],
            int(self.reason),
            self.order_id,
            self.client_order_id,
            self.price,
            self.initial,
            left,
            self.created_at,
        ]

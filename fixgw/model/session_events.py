"""What happened to a client's session beside its orders. Journaled like an order's events.

What a session remembers across a restart and is neither a sequence number
nor a message is the fold of these. The tag of an event is its name in the
journal: renaming one is a schema change.
"""

from decimal import Decimal

from msgspec import Struct

from fixgw.model.cancel_on import CancelOn
from fixgw.model.ids import ExecID, SessionKey
from fixgw.model.requests import OrderMassCancelRequest


class SessionEventBase(Struct, frozen=True, kw_only=True, gc=False, tag=True, omit_defaults=True):
    """The common part: whose, and when the gateway decided it (Unix milliseconds)."""

    session: SessionKey
    at: int


class ReportsCarried(SessionEventBase, frozen=True, kw_only=True):
    """The numbers started again while reports had not left us: they were given new ones.

    MsgSeqNum(34) `first` and those behind it, of run `epoch`, stand for the
    messages `origins`, which are sent with PossResend(97)=Y.
    """

    epoch: int
    first: int
    origins: list[tuple[int, int, int]]
    """Runs of messages as they were numbered first: (epoch, first and last MsgSeqNum)."""


class PasswordChanged(SessionEventBase, frozen=True, kw_only=True):
    """The client gave a NewPassword(925) at Logon. Never the password itself."""

    password_hash: str
    """argon2id of the new one."""
    replaced: str
    """A mark of the PasswordHash that was configured: another one there counts more than ours."""


class TokenUsed(SessionEventBase, frozen=True, kw_only=True):
    """A signed token let the client in, and must not again."""

    mark: str
    """Of its signature; not the token."""
    until_ms: int
    """When it has expired anyway, Unix milliseconds."""


class NonceUsed(SessionEventBase, frozen=True, kw_only=True):
    """A signed nonce let the client in; the next must be larger."""

    key: str
    """A mark of the API key it was signed for."""
    nonce: int


class LoggedOnFrom(SessionEventBase, frozen=True, kw_only=True):
    """The client has shown its password there, for the first time in a while."""

    address: str
    """An IPv4 address, or the network around an IPv6 address."""


class ClientReset(SessionEventBase, frozen=True, kw_only=True):
    """The numbers started again because the client asked for it with ResetSeqNumFlag(141)."""


class CancelOnDisconnectSet(SessionEventBase, frozen=True, kw_only=True):
    """The client is logged on, and this is in force until it logs on again."""

    on: CancelOn
    window_ms: int


class ClientGone(SessionEventBase, frozen=True, kw_only=True):
    """The client has left; the terms in force say how long it may be away."""

    cancels: bool
    """Whether its open orders are to be cancelled then."""


class TradeDisputed(SessionEventBase, frozen=True, kw_only=True):
    """The client does not know, or does not accept, an execution: DontKnowTrade(35=Q).

    Orders stay as they are; an operator settles it with the client and the venue.
    """

    order_id: str
    """OrderID(37), as the client has it."""
    exec_id: ExecID
    """ExecID(17) of a report that the client was sent."""
    reason: str
    """DKReason(127)."""
    symbol: str = ""
    side: str = ""
    last_qty: Decimal | None = None
    last_px: Decimal | None = None
    text: str = ""


class MassCancelBegun(SessionEventBase, frozen=True, kw_only=True):
    """An OrderMassCancelRequest was taken on whose orders are too many for one tick.

    Told again with `answered` when the client was answered. What became of an order is told by
    events of its own; one without has still to be canceled.
    """

    request: OrderMassCancelRequest
    report_id: str
    """OrderID(37) of its OrderMassCancelReport(35=r): its own name."""
    last_order_id: int
    """The youngest order that is meant."""
    answered: bool = False


class MassCancelEnded(SessionEventBase, frozen=True, kw_only=True):
    """The cancel of each of its orders is on record."""

    report_id: str


class SessionDisabled(SessionEventBase, frozen=True, kw_only=True):
    """Too many of the client's messages met a bug of ours: it may not log on until an operator
    enables it."""

    text: str
    """Why, as the client is told."""


class SessionEnabled(SessionEventBase, frozen=True, kw_only=True):
    """An operator lets the client log on again."""

    who: str


MassEvent = MassCancelBegun | MassCancelEnded

SessionEvent = (
    ReportsCarried
    | PasswordChanged
    | TokenUsed
    | NonceUsed
    | LoggedOnFrom
    | ClientReset
    | CancelOnDisconnectSet
    | ClientGone
    | TradeDisputed
    | MassCancelBegun
    | MassCancelEnded
    | SessionDisabled
    | SessionEnabled
)

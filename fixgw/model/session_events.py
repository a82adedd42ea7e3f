"""The events of a client's session besides its orders. Journaled like an order's events.

State of a session that survives a restart and is neither a sequence number nor a message is the
fold of these. The tag of an event is its name in the journal: renaming one is a schema change.
"""

from decimal import Decimal

from msgspec import Struct

from fixgw.model.cancel_on import CancelOn
from fixgw.model.ids import ExecID, OrderID, SessionKey
from fixgw.model.requests import OrderMassCancelRequest


class SessionEventBase(Struct, frozen=True, kw_only=True, gc=False, tag=True, omit_defaults=True):
    """The common part: the session, and the time of the gateway's decision (Unix milliseconds)."""

    session: SessionKey
    at: int


class SessionAdded(SessionEventBase, frozen=True, kw_only=True):
    """The session has a place in the journal."""

    id: int
    """Its id there: a short form of its key."""


class ReportsCarried(SessionEventBase, frozen=True, kw_only=True):
    """The numbers started again while reports were unconfirmed: those reports were given new
    numbers.

    MsgSeqNum(34) `first` and those after it, of run `epoch`, stand for the messages `origins`,
    which are sent with PossResend(97)=Y.
    """

    epoch: int
    first: int
    origins: list[tuple[int, int, int]]
    """Runs of messages by their original numbers: (epoch, first and last MsgSeqNum)."""


class PasswordChanged(SessionEventBase, frozen=True, kw_only=True):
    """The client gave a NewPassword(925) at Logon. Never the password itself."""

    password_hash: str
    """argon2id of the new password."""
    replaced: str
    """A mark of the configured PasswordHash: if a different one is configured, it overrides
    ours."""


class TokenUsed(SessionEventBase, frozen=True, kw_only=True):
    """A signed token admitted the client, and must not do so again."""

    mark: str
    """The mark of its signature; not the token."""
    until_ms: int
    """The token's own expiry, Unix milliseconds."""


class NonceUsed(SessionEventBase, frozen=True, kw_only=True):
    """A signed nonce admitted the client; the next must be larger."""

    key: str
    """A mark of the API key that the nonce was signed for."""
    nonce: int


class LoggedOnFrom(SessionEventBase, frozen=True, kw_only=True):
    """The client has authenticated with its password from this address, for the first time in a
    while."""

    address: str
    """An IPv4 address, or the network around an IPv6 address."""


class ClientReset(SessionEventBase, frozen=True, kw_only=True):
    """The numbers started again because the client asked for it with ResetSeqNumFlag(141)."""


class CancelOnDisconnectSet(SessionEventBase, frozen=True, kw_only=True):
    """The client is logged on, and these terms are in force until it logs on again."""

    on: CancelOn
    window_ms: int


class ClientGone(SessionEventBase, frozen=True, kw_only=True):
    """The client has left; the terms in force give the time it may be away."""

    cancels: bool
    """True if its open orders are to be canceled after that time."""


class TradeDisputed(SessionEventBase, frozen=True, kw_only=True):
    """The client does not know, or does not accept, an execution: DontKnowTrade(35=Q).

    Orders stay unchanged; an operator settles it with the client and the venue.
    """

    order_id: str
    """OrderID(37), as the client has it."""
    exec_id: ExecID
    """ExecID(17) of a report that was sent to the client."""
    reason: str
    """DKReason(127)."""
    symbol: str = ""
    side: str = ""
    last_qty: Decimal | None = None
    last_px: Decimal | None = None
    text: str = ""


class MassCancelBegun(SessionEventBase, frozen=True, kw_only=True):
    """An OrderMassCancelRequest was accepted whose orders are too many for one tick.

    Recorded again with `answered` when the client was answered, and with each of its orders that is
    left out. The result for each other order is an event of its own; an order without one has still
    to be canceled.
    """

    request: OrderMassCancelRequest
    report_id: str
    """OrderID(37) of its OrderMassCancelReport(35=r): the report's own ID."""
    last_order_id: int
    """The youngest order that is included."""
    answered: bool = False
    left_out: tuple[OrderID, ...] = ()
    """Orders that met a bug of ours (decision 0016)."""


class MassCancelEnded(SessionEventBase, frozen=True, kw_only=True):
    """The cancel of each of its orders is on record."""

    report_id: str


class SessionDisabled(SessionEventBase, frozen=True, kw_only=True):
    """Too many of the client's messages met a bug of ours: it may not log on until an operator
    enables its session."""

    text: str
    """The reason, as reported to the client."""


class SessionEnabled(SessionEventBase, frozen=True, kw_only=True):
    """An operator lets the client log on again."""

    who: str


MassEvent = MassCancelBegun | MassCancelEnded

SessionEvent = (
    SessionAdded
    | ReportsCarried
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

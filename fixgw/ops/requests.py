"""The requests of an operator to a running gateway: one JSON object, checked before anyone acts on
it.

Types only. Fields that become part of a client's report (`why`, `last_qty`, `last_px`) are checked
here as strictly as a client's message: an operator's slip must not stop a gateway.
"""

import re
from decimal import Decimal

import msgspec
from msgspec import Struct

from fixgw.model.enums import Verdict
from fixgw.model.ids import OrderID, SessionKey, VenueName

WHO_MAX = 64
WHY_MAX = 200
"""Characters: it goes into Text(58)."""

NAME_MAX = 64
SESSION_MAX = 512

_AMOUNT = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
"""A quantity or a price: plain digits, as a client would have to write it."""


class RequestBase(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="ask",
    omit_defaults=True,
):
    """The common part: `ask` names the kind of request."""


class AskStatus(RequestBase, frozen=True, kw_only=True, tag="status"):
    """Ask for the state of the gateway and the venues. Changes nothing."""


class ShowOrder(RequestBase, frozen=True, kw_only=True, tag="order"):
    """Ask for the state of an order. Changes nothing."""

    order_id: OrderID

    def __post_init__(self) -> None:
        _check("the order's OrderID(37)", self.order_id, NAME_MAX)


class ResumeVenue(RequestBase, frozen=True, kw_only=True, tag="resume"):
    """Let new orders go to a held venue again."""

    venue: VenueName
    who: str

    def __post_init__(self) -> None:
        _check("the venue's name", self.venue, NAME_MAX)
        _check("who you are", self.who, WHO_MAX)


class RecordVerdict(RequestBase, frozen=True, kw_only=True, tag="verdict"):
    """Record the outcome of an order in doubt, as somebody has found out."""

    order_id: OrderID
    verdict: Verdict
    who: str
    why: str
    last_qty: str = ""
    """LastQty(32) of the execution; for `Verdict.FILLED` alone."""
    last_px: str = ""
    """LastPx(31) of it."""
    seen_at: int | None = None
    """`OrderShown.changed_at` of the order as the operator saw it: refused if it, or one that it
    replaced, has changed since. None: accepted in any state."""

    def __post_init__(self) -> None:
        _check("the order's OrderID(37)", self.order_id, NAME_MAX)
        _check("who you are", self.who, WHO_MAX)
        _check("why", self.why, WHY_MAX)
        amounts = (self.last_qty, self.last_px)
        if self.verdict is not Verdict.FILLED:
            if any(amounts):
                raise ValueError(f"the verdict {self.verdict} has no quantity and no price")
        elif not all(amounts):
            raise ValueError("the verdict filled needs the quantity and the price of the execution")
        else:
            _check_amount("quantity", self.last_qty)
            _check_amount("price", self.last_px)

    @property
    def execution(self) -> tuple[Decimal | None, Decimal | None]:
        """LastQty(32) and LastPx(31) as numbers, if there are any."""
        if not self.last_qty:
            return None, None
        return Decimal(self.last_qty), Decimal(self.last_px)


class Reconcile(RequestBase, frozen=True, kw_only=True, tag="reconcile"):
    """Ask a venue now for anything that was missed."""

    venue: VenueName = VenueName("")
    """Empty: all of them."""


class AskSessions(RequestBase, frozen=True, kw_only=True, tag="sessions"):
    """Ask for the logged-on clients and the sequence numbers. Changes nothing."""


class EnableSession(RequestBase, frozen=True, kw_only=True, tag="enable"):
    """Let the client of a disabled session log on again."""

    session: SessionKey
    who: str

    def __post_init__(self) -> None:
        _check("the session", self.session, SESSION_MAX)
        _check("who you are", self.who, WHO_MAX)


class AskRefused(RequestBase, frozen=True, kw_only=True, tag="refused"):
    """Ask for the inputs that met a bug. Changes nothing."""


class Reload(RequestBase, frozen=True, kw_only=True, tag="reload"):
    """Read the settings again, secrets too, and put in force what is possible."""


Request = (
    AskStatus | ShowOrder | ResumeVenue | RecordVerdict | Reconcile | Reload | AskSessions
    | EnableSession | AskRefused
)

_decode = msgspec.json.Decoder(Request).decode
_encode = msgspec.json.Encoder().encode


def read(line: bytes) -> Request:
    """Return the request in *line*. Raise ValueError with the error in it."""
    try:
        request: Request = _decode(line)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return request


def written(request: Request) -> bytes:
    """Return *request* as the one line for the socket."""
    return _encode(request) + b"\n"


def _check(what: str, text: str, longest: int) -> None:
    if not text.strip():
        raise ValueError(f"{what} is missing")
    if len(text) > longest:
        raise ValueError(f"{what} may have {longest} characters at most")
    if not text.isprintable():
        raise ValueError(f"{what} may have no control characters")


def _check_amount(what: str, text: str) -> None:
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"{text!r} is no {what}: digits, and a point where it needs one")
    if not Decimal(text):
        raise ValueError(f"an execution of {what} 0 is none")

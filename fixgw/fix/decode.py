"""Valid messages -> requests. A field that is missing or means nothing here raises its reject.

The dictionary has checked types, enumerated values and required fields; this module checks what
depends on other fields. It never fills in a value by guess.
"""

from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from fixgw.fix.errors import IncorrectDataFormat
from fixgw.fix.message import Message
from fixgw.fix.terms import (
    NO_SYMBOL,
    NUMBER_CHARS_MAX,
    POST_ONLY_EXEC_INST,
    TermsReader,
    checked_number,
    on_behalf,
)
from fixgw.fix.wire import clean
from fixgw.model.enums import BusinessRejectReason, OrdType, Side, TimeInForce
from fixgw.model.errors import BusinessRefused
from fixgw.model.ids import ClOrdID, ExecID, OrderID, SessionKey
from fixgw.model.requests import (
    DontKnowTrade,
    NewOrderSingle,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderMassCancelRequest,
    OrderMassStatusRequest,
    OrderStatusRequest,
    Request,
)
from fixgw.model.terms import PLAIN, Terms

_SIDES = {member.value: member for member in Side}
_ORD_TYPES = {member.value: member for member in OrdType}
_TIMES_IN_FORCE = {member.value: member for member in TimeInForce}

_LIMIT, _GTD = OrdType.LIMIT, TimeInForce.GOOD_TILL_DATE

_HAVE_PRICE = frozenset({
    OrdType.LIMIT, OrdType.STOP_LIMIT, OrdType.LIMIT_OR_BETTER, OrdType.LIMIT_WITH_OR_WITHOUT,
    OrdType.LIMIT_ON_CLOSE, OrdType.FOREX_LIMIT,
})
"""FIX 4.4, Price(44): "Required for limit OrdTypes"."""
_HAVE_STOP = frozenset({OrdType.STOP, OrdType.STOP_LIMIT})
_HAVE_QUOTE = frozenset({OrdType.PREVIOUSLY_QUOTED, OrdType.FOREX_PREVIOUSLY_QUOTED})

CODE_CHARS_MAX = 16
"""Maximum length kept of a field whose values a client's own dictionary may leave unrestricted."""

_STATUS_OF_A_SECURITY = "1"
"""MassStatusReqType(585)."""


class Decoder:
    """Decodes for one session: its key, and its dialect's own fields."""

    def __init__(
        self, session: SessionKey, *, post_only_tif: str = "", routing_tier_tag: int = 0
    ) -> None:
        """*post_only_tif* and *routing_tier_tag*: see `Dictionary`."""
        self._session = session
        self._post_only_tif = post_only_tif
        self._terms = TermsReader(routing_tier_tag)
        self._says_nothing_rare = self._terms.tags.isdisjoint
        self._decoders: dict[str, Callable[[dict[int, str]], Request]] = {
            "D": self._new_order_single,
            "F": self._order_cancel_request,
            "G": self._order_cancel_replace_request,
            "H": self._order_status_request,
            "q": self._order_mass_cancel_request,
            "AF": self._order_mass_status_request,
        }

    def decode(self, message: Message) -> Request:
        """Return the request; raise InvalidMessage (35=3) or BusinessRefused (35=j)."""
        decoder = self._decoders.get(message.msg_type)
        if decoder is None:
            raise BusinessRefused(
                BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE,
                f"MsgType(35) {message.msg_type} is not supported",
            )
        return decoder(message.fields)

    def decode_dispute(self, message: Message) -> DontKnowTrade:
        """Return a DontKnowTrade(35=Q), which requests nothing; raises as `decode` does."""
        fields = message.fields
        for name, tag in (("OrderID", 37), ("ExecID", 17), ("DKReason", 127)):
            if not fields.get(tag):
                raise _conditional(f"{name}({tag}) is required", tag)
        last_qty, last_px = fields.get(32), fields.get(31)
        return DontKnowTrade(
            session=self._session,
            order_id=fields[37],
            exec_id=ExecID(fields[17]),
            reason=clean(fields[127], CODE_CHARS_MAX),
            symbol=_symbol(fields),
            side=clean(fields[54], CODE_CHARS_MAX) if fields.get(54) else "",
            last_qty=None if last_qty is None else checked_number(32, last_qty),
            last_px=None if last_px is None else checked_number(31, last_px),
            text=clean(fields[58]) if fields.get(58) else "",
        )

    def _new_order_single(
        self, fields: dict[int, str], *, replaces: bool = False
    ) -> NewOrderSingle:
        ord_type = _ORD_TYPES.get(fields[40])
        side = _SIDES.get(fields[54])
        sent_tif = fields.get(59, "0")
        terms, post_only = PLAIN, False
        if not self._says_nothing_rare(fields):
            terms = self._terms.read(fields)
            post_only = 18 in fields and POST_ONLY_EXEC_INST in fields[18].split(" ")
        if sent_tif == self._post_only_tif:
            post_only, time_in_force = True, TimeInForce.GOOD_TILL_CANCEL
        else:
            known = _TIMES_IN_FORCE.get(sent_tif)
            if known is None:
                raise _unknown("TimeInForce", 59, sent_tif)
            time_in_force = known
        if ord_type is None:
            raise _unknown("OrdType", 40, fields[40])
        if side is None:
            raise _unknown("Side", 54, fields[54])
        price = fields.get(44)
        if price is None or ord_type is not _LIMIT:
            _check_prices(ord_type, price, terms, replaces)
        if time_in_force is _GTD and terms.expire_time is None:
            raise _conditional(
                "ExpireTime(126) or ExpireDate(432) is required when TimeInForce(59) is 6", 126
            )
        symbol = fields.get(55)
        if symbol is None or symbol == NO_SYMBOL:
            symbol = _security_id(fields)
            terms = replace(
                terms, security_id=symbol, security_id_source=fields.get(22, "")
            )
        quantity, cash = fields.get(38), fields.get(152)
        if quantity is None and cash is None:
            raise _conditional("OrderQty(38) or CashOrderQty(152) is required", 38)
        return NewOrderSingle(
            session=self._session,
            cl_ord_id=ClOrdID(fields[11]),
            symbol=symbol,
            side=side,
            ord_type=ord_type,
            time_in_force=time_in_force,
            order_qty=None if quantity is None else _number(38, quantity),
            cash_order_qty=None if cash is None else _number(152, cash),
            price=None if price is None else _number(44, price),
            account=fields.get(1, ""),
            security_exchange=fields.get(207, ""),
            post_only=post_only,
            poss_resend=fields.get(97) == "Y",
            terms=terms,
        )

    def _order_cancel_replace_request(self, fields: dict[int, str]) -> OrderCancelReplaceRequest:
        orig, order_id = fields.get(41), fields.get(37)
        if orig is None and order_id is None:
            # FIX 5.0 SP1 and later require neither; ClOrdID(11) is the new order's.
            raise _conditional("OrigClOrdID(41) or OrderID(37) is required", 41)
        return OrderCancelReplaceRequest(
            order=self._new_order_single(fields, replaces=True),
            orig_cl_ord_id=None if orig is None else ClOrdID(orig),
            order_id=None if order_id is None else OrderID(order_id),
        )

    def _order_cancel_request(self, fields: dict[int, str]) -> OrderCancelRequest:
        orig, order_id = fields.get(41), fields.get(37)
        return OrderCancelRequest(
            session=self._session,
            cl_ord_id=ClOrdID(fields[11]),
            orig_cl_ord_id=None if orig is None else ClOrdID(orig),
            order_id=None if order_id is None else OrderID(order_id),
            symbol=_symbol(fields),
            side=fields.get(54, ""),
            poss_resend=fields.get(97) == "Y",
            terms=on_behalf(fields),
        )

    def _order_status_request(self, fields: dict[int, str]) -> OrderStatusRequest:
        order_id = fields.get(37)
        return OrderStatusRequest(
            session=self._session,
            # FIX 5.0 lets a status request name the order by OrderID(37) alone.
            cl_ord_id=ClOrdID(fields.get(11, "")),
            order_id=None if order_id is None else OrderID(order_id),
            symbol=_symbol(fields),
            side=fields.get(54, ""),
            ord_status_req_id=fields.get(790, ""),
            terms=on_behalf(fields),
        )

    def _order_mass_cancel_request(self, fields: dict[int, str]) -> OrderMassCancelRequest:
        # One without enough fields has an answer of its own, OrderMassCancelReport(35=r).
        return OrderMassCancelRequest(
            session=self._session,
            cl_ord_id=ClOrdID(fields[11]),
            request_type=fields[530],
            symbol=_symbol(fields),
            side=fields.get(54, ""),
            account=fields.get(1, ""),
            security_exchange=fields.get(207, ""),
        )

    def _order_mass_status_request(self, fields: dict[int, str]) -> OrderMassStatusRequest:
        request_type, symbol = fields[585], _symbol(fields)
        if not symbol and request_type == _STATUS_OF_A_SECURITY:
            raise _conditional("Symbol(55) is required when MassStatusReqType(585) is 1", 55)
        return OrderMassStatusRequest(
            session=self._session,
            mass_status_req_id=fields[584],
            request_type=request_type,
            symbol=symbol,
            side=fields.get(54, ""),
            account=fields.get(1, ""),
            security_exchange=fields.get(207, ""),
        )


def _symbol(fields: dict[int, str]) -> str:
    """Return the name of the instrument: Symbol(55), or SecurityID(48) where that is absent or
    `[N/A]`."""
    symbol = fields.get(55, "")
    return symbol if symbol and symbol != NO_SYMBOL else fields.get(48, "")


def _security_id(fields: dict[int, str]) -> str:
    security_id = fields.get(48)
    if not security_id:
        raise _conditional("Symbol(55), or SecurityID(48), is required", 55)
    return security_id


def _check_prices(ord_type: OrdType, price: str | None, terms: Terms, replaces: bool) -> None:
    """Check the fields that OrdType(40) requires."""
    if price is None and ord_type in _HAVE_PRICE:
        raise _conditional(f"Price(44) is required when OrdType(40) is {ord_type}", 44)
    if ord_type in _HAVE_STOP and terms.stop_px is None:
        raise _conditional(f"StopPx(99) is required when OrdType(40) is {ord_type}", 99)
    # OrderCancelReplaceRequest(35=G) has no QuoteID(117) in any version.
    if ord_type in _HAVE_QUOTE and not terms.quote_id and not replaces:
        raise _conditional(f"QuoteID(117) is required when OrdType(40) is {ord_type}", 117)


def _number(tag: int, text: str) -> Decimal:
    if len(text) > NUMBER_CHARS_MAX:
        raise IncorrectDataFormat(tag)
    return Decimal(text)


def _unknown(name: str, tag: int, value: str) -> BusinessRefused:
    """Return the refusal of a value that the dictionary has, so that the message is valid, but by
    which the gateway cannot trade."""
    return BusinessRefused(
        BusinessRejectReason.OTHER, f"{name}({tag}) {value} is not known here", ref_tag=tag
    )


def _conditional(text: str, tag: int) -> BusinessRefused:
    return BusinessRefused(
        BusinessRejectReason.CONDITIONALLY_REQUIRED_FIELD_MISSING, text, ref_tag=tag
    )

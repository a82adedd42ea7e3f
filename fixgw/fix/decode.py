"""Valid messages -> requests. A field that is missing or means nothing here raises its reject.

The dictionary has checked types, enumerated values and required fields; what
depends on other fields is checked here. Nothing is ever filled in by guess.
"""

from collections.abc import Callable
from decimal import Decimal

from fixgw.fix.errors import IncorrectDataFormat, IncorrectTagValue
from fixgw.fix.message import Message
from fixgw.model.enums import BusinessRejectReason, OrdType, Side, TimeInForce
from fixgw.model.errors import BusinessRefused
from fixgw.model.ids import ClOrdID, OrderID, SessionKey
from fixgw.model.requests import NewOrderSingle, OrderCancelRequest, OrderStatusRequest, Request

NUMBER_CHARS_MAX = 40
"""Characters of a quantity or price: the product of two still fits `model.number.EXACT`."""

POST_ONLY_EXEC_INST = "6"
"""ExecInst(18): participate, don't initiate."""

_SIDES = {member.value: member for member in Side}
_ORD_TYPES = {member.value: member for member in OrdType}
_TIMES_IN_FORCE = {member.value: member for member in TimeInForce}


class Decoder:
    """For one session: its key, and how its dialect writes post only."""

    def __init__(self, session: SessionKey, *, post_only_tif: str = "") -> None:
        self._session = session
        self._post_only_tif = post_only_tif
        self._decoders: dict[str, Callable[[dict[int, str]], Request]] = {
            "D": self._new_order_single,
            "F": self._order_cancel_request,
            "H": self._order_status_request,
        }

    def decode(self, message: Message) -> Request:
        """The request; raises InvalidMessage (35=3) or BusinessRefused (35=j)."""
        decoder = self._decoders.get(message.msg_type)
        if decoder is None:
            raise BusinessRefused(
                BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE,
                f"MsgType(35) {message.msg_type} is not supported",
            )
        return decoder(message.fields)

    def _new_order_single(self, fields: dict[int, str]) -> NewOrderSingle:
        ord_type = _ORD_TYPES.get(fields[40])
        side = _SIDES.get(fields[54])
        sent_tif = fields.get(59, "0")
        post_only = 18 in fields and POST_ONLY_EXEC_INST in fields[18].split(" ")
        if sent_tif == self._post_only_tif:
            post_only, time_in_force = True, TimeInForce.GOOD_TILL_CANCEL
        else:
            known = _TIMES_IN_FORCE.get(sent_tif)
            if known is None:
                raise IncorrectTagValue(59)
            time_in_force = known
        if ord_type is None:
            raise IncorrectTagValue(40)
        if side is None:
            raise IncorrectTagValue(54)
        price = fields.get(44)
        if price is None and ord_type is OrdType.LIMIT:
            raise _conditional("Price(44) is required when OrdType(40) is 2", 44)
        quantity, cash = fields.get(38), fields.get(152)
        if quantity is None and cash is None:
            raise _conditional("OrderQty(38) or CashOrderQty(152) is required", 38)
        return NewOrderSingle(
            session=self._session,
            cl_ord_id=ClOrdID(fields[11]),
            symbol=_symbol(fields),
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
        )

    def _order_cancel_request(self, fields: dict[int, str]) -> OrderCancelRequest:
        orig, order_id = fields.get(41), fields.get(37)
        return OrderCancelRequest(
            session=self._session,
            cl_ord_id=ClOrdID(fields[11]),
            orig_cl_ord_id=None if orig is None else ClOrdID(orig),
            order_id=None if order_id is None else OrderID(order_id),
            symbol=fields.get(55, ""),
            side=fields.get(54, ""),
            poss_resend=fields.get(97) == "Y",
        )

    def _order_status_request(self, fields: dict[int, str]) -> OrderStatusRequest:
        order_id = fields.get(37)
        return OrderStatusRequest(
            session=self._session,
            # FIX 5.0 lets a status request name the order by OrderID(37) alone.
            cl_ord_id=ClOrdID(fields.get(11, "")),
            order_id=None if order_id is None else OrderID(order_id),
            symbol=fields.get(55, ""),
            side=fields.get(54, ""),
            ord_status_req_id=fields.get(790, ""),
        )


def _number(tag: int, text: str) -> Decimal:
    if len(text) > NUMBER_CHARS_MAX:
        raise IncorrectDataFormat(tag)
    return Decimal(text)


def _symbol(fields: dict[int, str]) -> str:
    symbol = fields.get(55)
    if symbol is None:
        raise _conditional("Symbol(55) is required", 55)
    return symbol


def _conditional(text: str, tag: int) -> BusinessRefused:
    return BusinessRefused(
        BusinessRejectReason.CONDITIONALLY_REQUIRED_FIELD_MISSING, text, ref_tag=tag
    )

"""Valid messages as requests, and what is refused because of other fields."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.fix.decode import NUMBER_CHARS_MAX, Decoder
from fixgw.fix.errors import IncorrectDataFormat, IncorrectTagValue
from fixgw.fix.message import Message
from fixgw.model.enums import BusinessRejectReason, OrdType, Side, TimeInForce
from fixgw.model.errors import BusinessRefused
from fixgw.model.ids import ClOrdID, OrderID, SessionKey
from fixgw.model.number import text
from fixgw.model.requests import NewOrderSingle, OrderCancelRequest, OrderStatusRequest, Request
from tests.support.fixtext import fix
from tests.support.session import VERSIONS, dictionary

SESSION = SessionKey("FIX.4.4:FIXGW->CLIENT")
HEAD = "34=2|49=CLIENT|56=FIXGW|52=20260105-10:00:00"
LIMIT = "11=C1|55=BTC/USD|54=1|60=20260105-10:00:00|38=2.50|40=2|44=100.50"
MARKET = "11=C1|55=BTC/USD|54=2|60=20260105-10:00:00|40=1"


def parse(msg_type: str, body: str, version: str = "FIX.4.4") -> Message:
    """The message as the session hands it on: the dictionary has found it valid."""
    begin_string = VERSIONS[version][0]
    if msg_type == "D" and version == "FIX.4.2":
        body += "|21=1"
    return dictionary(version).parse(fix(f"8={begin_string}|35={msg_type}|{HEAD}|{body}"))


def decode(msg_type: str, body: str, version: str = "FIX.4.4") -> Request:
    return Decoder(SESSION).decode(parse(msg_type, body, version))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_limit_order(version: str) -> None:
    assert decode("D", f"97=Y|{LIMIT}|1=ACC|207=VENUE|59=3", version) == NewOrderSingle(
        session=SESSION, cl_ord_id=ClOrdID("C1"), symbol="BTC/USD", side=Side.BUY,
        ord_type=OrdType.LIMIT, time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL,
        order_qty=Decimal("2.50"), price=Decimal("100.50"), account="ACC",
        security_exchange="VENUE", poss_resend=True,
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_left_out_is_not_guessed(version: str) -> None:
    assert decode("D", f"{MARKET}|152=50.0", version) == NewOrderSingle(
        session=SESSION, cl_ord_id=ClOrdID("C1"), symbol="BTC/USD", side=Side.SELL,
        ord_type=OrdType.MARKET, time_in_force=TimeInForce.DAY, order_qty=None,
        cash_order_qty=Decimal("50.0"), price=None, account="", security_exchange="",
        post_only=False, poss_resend=False,
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_cancel_request(version: str) -> None:
    body = "41=C1|37=7|11=X1|55=BTC/USD|54=1|60=20260105-10:00:00|38=1"

    assert decode("F", body, version) == OrderCancelRequest(
        session=SESSION, cl_ord_id=ClOrdID("X1"), orig_cl_ord_id=ClOrdID("C1"),
        order_id=OrderID("7"), symbol="BTC/USD", side="1", poss_resend=False,
    )


@pytest.mark.parametrize("version", ["FIX.5.0SP1", "FIX.5.0SP2"])
def test_a_cancel_request_that_names_the_order_in_another_way(version: str) -> None:
    assert decode("F", "97=Y|37=7|11=X1|54=1|60=20260105-10:00:00", version) == OrderCancelRequest(
        session=SESSION, cl_ord_id=ClOrdID("X1"), orig_cl_ord_id=None, order_id=OrderID("7"),
        poss_resend=True, side="1",
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_status_request(version: str) -> None:
    assert decode("H", "11=C1|55=BTC/USD|54=1", version) == OrderStatusRequest(
        session=SESSION, cl_ord_id=ClOrdID("C1"), symbol="BTC/USD", side="1",
    )


@pytest.mark.parametrize("version", ["FIX.5.0SP1", "FIX.5.0SP2"])
def test_a_status_request_by_order_id_alone(version: str) -> None:
    assert decode("H", "37=7|54=1|790=R1", version) == OrderStatusRequest(
        session=SESSION, cl_ord_id=ClOrdID(""), order_id=OrderID("7"), side="1",
        ord_status_req_id="R1",
    )


@pytest.mark.parametrize("side", Side)
def test_every_side_of_the_standard_is_read(side: Side) -> None:
    request = decode("D", MARKET.replace("54=2", f"54={side.value}") + "|38=1", "FIX.5.0SP2")

    assert isinstance(request, NewOrderSingle) and request.side is side


@pytest.mark.parametrize(("exec_inst", "post_only"), [
    ("6", True), ("G 6", True), ("6 G", True), ("G", False), ("G M", False),
])
def test_post_only_by_exec_inst(exec_inst: str, post_only: bool) -> None:
    request = decode("D", f"{LIMIT}|18={exec_inst}|59=1")

    assert isinstance(request, NewOrderSingle)
    assert (request.post_only, request.time_in_force) == (post_only, TimeInForce.GOOD_TILL_CANCEL)


def test_post_only_by_a_dialects_time_in_force() -> None:
    message = Message("D", parse("D", LIMIT).fields | {59: "7"}, b"")

    own = Decoder(SESSION, post_only_tif="7").decode(message)
    assert isinstance(own, NewOrderSingle)
    assert (own.post_only, own.time_in_force) == (True, TimeInForce.GOOD_TILL_CANCEL)

    others = Decoder(SESSION).decode(message)
    assert isinstance(others, NewOrderSingle)
    assert (others.post_only, others.time_in_force) == (False, TimeInForce.AT_THE_CLOSE)


@pytest.mark.parametrize("tag", [40, 54, 59])
def test_a_value_that_a_dialect_allows_and_nobody_here_knows(tag: int) -> None:
    message = Message("D", parse("D", LIMIT).fields | {tag: "Z"}, b"")

    with pytest.raises(IncorrectTagValue) as refused:
        Decoder(SESSION).decode(message)
    assert refused.value.ref_tag == tag


@pytest.mark.parametrize(("body", "tag", "why"), [
    (LIMIT.replace("|44=100.50", ""), 44, "Price(44) is required when OrdType(40) is 2"),
    (MARKET, 38, "OrderQty(38) or CashOrderQty(152) is required"),
    (LIMIT.replace("55=BTC/USD|", ""), 55, "Symbol(55) is required"),
])
def test_a_field_that_another_one_requires(body: str, tag: int, why: str) -> None:
    with pytest.raises(BusinessRefused, match="required") as refused:
        decode("D", body)
    assert (refused.value.reason, refused.value.ref_tag, refused.value.text) == (
        BusinessRejectReason.CONDITIONALLY_REQUIRED_FIELD_MISSING, tag, why
    )


@pytest.mark.parametrize("msg_type", ["G", "q", "V", "8", "U1"])
def test_a_message_that_nobody_answers(msg_type: str) -> None:
    with pytest.raises(BusinessRefused) as refused:
        Decoder(SESSION).decode(Message(msg_type, {34: "2"}, b""))
    assert refused.value.reason is BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE
    assert refused.value.text == f"MsgType(35) {msg_type} is not supported"


@pytest.mark.parametrize("tag", [38, 44, 152])
def test_a_number_has_a_limit(tag: int) -> None:
    fields = parse("D", LIMIT).fields
    longest = Message("D", fields | {tag: "9" * NUMBER_CHARS_MAX}, b"")
    Decoder(SESSION).decode(longest)

    with pytest.raises(IncorrectDataFormat) as refused:
        Decoder(SESSION).decode(Message("D", fields | {tag: "9" * (NUMBER_CHARS_MAX + 1)}, b""))
    assert refused.value.ref_tag == tag


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,12})?", fullmatch=True))
def test_a_number_keeps_its_text(number: str) -> None:
    request = decode("D", LIMIT.replace("100.50", number))

    assert isinstance(request, NewOrderSingle) and request.price is not None
    assert text(request.price) == number


@pytest.mark.parametrize(("sent", "price"), [(".5", "0.5"), ("5.", "5"), ("007", "7")])
def test_a_number_written_oddly(sent: str, price: str) -> None:
    request = decode("D", LIMIT.replace("100.50", sent))

    assert isinstance(request, NewOrderSingle) and request.price is not None
    assert text(request.price) == price

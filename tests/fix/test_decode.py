"""Valid messages as requests, and what is refused because of other fields."""

from decimal import Decimal
from enum import StrEnum
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.fix.decode import Decoder
from fixgw.fix.dictionary import APPLICATION_FILES, SESSION_FILES, find_dictionary
from fixgw.fix.encode import Encoder
from fixgw.fix.errors import IncorrectDataFormat, IncorrectTagValue, InvalidMessage
from fixgw.fix.message import Message
from fixgw.fix.rejects import reject_body
from fixgw.fix.terms import NUMBER_CHARS_MAX
from fixgw.fix.timestamp import UtcTimestamps
from fixgw.model.enums import BusinessRejectReason, OrdType, Side, TimeInForce
from fixgw.model.errors import BusinessRefused
from fixgw.model.ids import ClOrdID, ExecID, OrderID, SessionKey
from fixgw.model.number import text
from fixgw.model.reports import BusinessMessageReject
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
from tests.fix.corpus import VALID
from tests.support.fixtext import fix
from tests.support.session import VERSIONS, dictionary

SESSION = SessionKey("FIX.4.4:FIXGW->CLIENT")
HEAD = "34=2|49=CLIENT|56=FIXGW|52=20260105-10:00:00"
LIMIT = "11=C1|55=BTC/USD|54=1|60=20260105-10:00:00|38=2.50|40=2|44=100.50"
MARKET = "11=C1|55=BTC/USD|54=2|60=20260105-10:00:00|40=1"


def parse(msg_type: str, body: str, version: str = "FIX.4.4") -> Message:
    """The message as the session hands it on: the dictionary has found it valid."""
    begin_string = VERSIONS[version][0]
    if msg_type in ("D", "G") and version == "FIX.4.2":
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


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stop_limit_order_good_till_a_date_on_behalf_of_somebody(version: str) -> None:
    body = f"115=FUND7|{LIMIT}|59=6|99=99.50|432=20260105|15=BTC|20100=TIER_2"

    request = Decoder(SESSION, routing_tier_tag=dictionary(version).routing_tier_tag).decode(
        parse("D", body.replace("40=2", "40=4"), version)
    )
    assert request == NewOrderSingle(
        session=SESSION, cl_ord_id=ClOrdID("C1"), symbol="BTC/USD", side=Side.BUY,
        ord_type=OrdType.STOP_LIMIT, time_in_force=TimeInForce.GOOD_TILL_DATE,
        order_qty=Decimal("2.50"), price=Decimal("100.50"),
        terms=Terms(
            currency="BTC", stop_px=Decimal("99.50"), expire_time=1767657599999,
            ex_destination="TIER_2", on_behalf_of="FUND7",
        ),
    )


def test_a_plain_order_has_the_terms_that_all_plain_orders_share() -> None:
    request = decode("D", f"{LIMIT}|18=6|59=1|1=ACC|207=VENUE")

    assert isinstance(request, NewOrderSingle) and request.post_only
    assert request.terms is PLAIN


@pytest.mark.parametrize("version", VERSIONS)
def test_a_replace_request_is_the_whole_order_as_it_is_to_be(version: str) -> None:
    body = f"97=Y|41=C1|37=7|{LIMIT}|1=ACC|207=VENUE|59=6|126=20260105-10:00:00|111=1"

    assert decode("G", body.replace("11=C1", "11=C2"), version) == OrderCancelReplaceRequest(
        order=NewOrderSingle(
            session=SESSION, cl_ord_id=ClOrdID("C2"), symbol="BTC/USD", side=Side.BUY,
            ord_type=OrdType.LIMIT, time_in_force=TimeInForce.GOOD_TILL_DATE,
            order_qty=Decimal("2.50"), price=Decimal("100.50"), account="ACC",
            security_exchange="VENUE", poss_resend=True,
            terms=Terms(expire_time=1767607200000, max_floor=Decimal(1)),
        ),
        orig_cl_ord_id=ClOrdID("C1"),
        order_id=OrderID("7"),
    )


@pytest.mark.parametrize("version", ["FIX.5.0SP1", "FIX.5.0SP2"])
def test_a_replace_request_that_names_the_order_by_order_id_alone(version: str) -> None:
    request = decode("G", f"37=7|{LIMIT}", version)

    assert isinstance(request, OrderCancelReplaceRequest)
    assert (request.orig_cl_ord_id, request.order_id) == (None, OrderID("7"))


@pytest.mark.parametrize("version", ["FIX.4.4", "FIX.5.0", "FIX.5.0SP1", "FIX.5.0SP2"])
def test_mass_requests(version: str) -> None:
    body = "11=M1|530=1|55=BTC/USD|54=2|207=VENUE|60=20260105-10:00:00"
    assert decode("q", body, version) == OrderMassCancelRequest(
        session=SESSION, cl_ord_id=ClOrdID("M1"), request_type="1", symbol="BTC/USD", side="2",
        security_exchange="VENUE",
    )
    # What the core does not do is for the core to answer.
    assert decode("q", "11=M1|530=6|60=20260105-10:00:00", version) == OrderMassCancelRequest(
        session=SESSION, cl_ord_id=ClOrdID("M1"), request_type="6",
    )
    assert decode("AF", "584=S1|585=7|1=ACC", version) == OrderMassStatusRequest(
        session=SESSION, mass_status_req_id="S1", request_type="7", account="ACC",
    )
    assert decode("AF", "584=S1|585=1|55=BTC/USD|54=1|207=V", version) == OrderMassStatusRequest(
        session=SESSION, mass_status_req_id="S1", request_type="1", symbol="BTC/USD", side="1",
        security_exchange="V",
    )


def test_every_side_of_the_standard_is_read() -> None:
    for side in Side:
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


@pytest.mark.parametrize(("tag", "name"), [(40, "OrdType"), (54, "Side"), (59, "TimeInForce")])
def test_a_value_that_a_dialect_allows_and_nobody_here_knows(tag: int, name: str) -> None:
    message = Message("D", parse("D", LIMIT).fields | {tag: "Z"}, b"")

    with pytest.raises(BusinessRefused) as refused:
        Decoder(SESSION).decode(message)
    assert (refused.value.reason, refused.value.ref_tag) == (BusinessRejectReason.OTHER, tag)
    assert refused.value.text == f"{name}({tag}) Z is not known here"


@pytest.mark.parametrize(("body", "field", "value"), [
    (LIMIT.replace("54=1", "54=H"), "side", Side.SELL_UNDISCLOSED),
    (f"{LIMIT.replace('40=2', '40=R')}|99=1", "ord_type", OrdType.STOP_ON_BID_OR_OFFER),
    (f"{LIMIT.replace('40=2', '40=S')}|99=1", "ord_type", OrdType.STOP_LIMIT_ON_BID_OR_OFFER),
    (f"{LIMIT}|59=A", "time_in_force", TimeInForce.GOOD_FOR_TIME),
    (f"{LIMIT}|59=B", "time_in_force", TimeInForce.GOOD_FOR_AUCTION),
    (f"{LIMIT}|59=C", "time_in_force", TimeInForce.GOOD_FOR_MONTH),
])
def test_what_came_to_fix_5_0_sp2_is_an_order_that_a_venue_may_refuse(
    body: str, field: str, value: str
) -> None:
    assert value == getattr(decode("D", body, "FIX.5.0SP2"), field)
    with pytest.raises(IncorrectTagValue):
        parse("D", body, "FIX.5.0")  # which does not have it


@pytest.mark.parametrize("version", VALID, ids=str)
@pytest.mark.parametrize(("name", "known"), [
    ("Side", Side), ("OrdType", OrdType), ("TimeInForce", TimeInForce),
])
def test_every_value_of_the_versions_dictionary_is_known(
    version: tuple[str, str | None], name: str, known: type[StrEnum]
) -> None:
    file = APPLICATION_FILES[version[1]] if version[1] else SESSION_FILES[version[0]]
    root = ElementTree.parse(find_dictionary(file)).getroot()
    field = root.find(f"fields/field[@name='{name}']")

    assert field is not None
    assert set() == {value.attrib["enum"] for value in field.iter("value")} - set(known)


@pytest.mark.parametrize(("body", "tag", "why"), [
    (LIMIT.replace("|44=100.50", ""), 44, "Price(44) is required when OrdType(40) is 2"),
    (MARKET, 38, "OrderQty(38) or CashOrderQty(152) is required"),
    (LIMIT.replace("55=BTC/USD|", ""), 55, "Symbol(55), or SecurityID(48), is required"),
    (f"{MARKET}|38=1".replace("40=1", "40=4|99=1"), 44,
     "Price(44) is required when OrdType(40) is 4"),
    (f"{MARKET}|38=1".replace("40=1", "40=7"), 44, "Price(44) is required when OrdType(40) is 7"),
    (f"{MARKET}|38=1".replace("40=1", "40=8"), 44, "Price(44) is required when OrdType(40) is 8"),
    (f"{MARKET}|38=1".replace("40=1", "40=3"), 99, "StopPx(99) is required when OrdType(40) is 3"),
    (LIMIT.replace("40=2", "40=4"), 99, "StopPx(99) is required when OrdType(40) is 4"),
    (f"{LIMIT}|59=6", 126,
     "ExpireTime(126) or ExpireDate(432) is required when TimeInForce(59) is 6"),
])
@pytest.mark.parametrize("msg_type", ["D", "G"])
def test_a_field_that_another_one_requires(
    msg_type: str, body: str, tag: int, why: str
) -> None:
    _conditional(msg_type, f"41=C0|{body}" if msg_type == "G" else body, tag, why)


def test_what_only_a_new_order_requires() -> None:
    quoted = f"{MARKET}|38=1".replace("40=1", "40=D")
    why = "QuoteID(117) is required when OrdType(40) is D"

    _conditional("D", quoted, 117, why)
    assert isinstance(decode("D", f"{quoted}|117=Q1"), NewOrderSingle)
    assert isinstance(decode("G", f"41=C0|{quoted}"), OrderCancelReplaceRequest)


@pytest.mark.parametrize("version", ["FIX.5.0SP1", "FIX.5.0SP2"])
def test_a_replace_request_must_name_an_order(version: str) -> None:
    _conditional("G", LIMIT, 41, "OrigClOrdID(41) or OrderID(37) is required", version)


def test_a_mass_status_request_for_a_security_names_it() -> None:
    why = "Symbol(55) is required when MassStatusReqType(585) is 1"

    _conditional("AF", "584=S1|585=1", 55, why)
    # A mass cancel that does not is for the core to answer, in a report of its own.
    assert isinstance(decode("q", "11=M1|530=1|60=20260105-10:00:00"), OrderMassCancelRequest)


def answered(msg_type: str, body: str, version: str) -> str:
    """What the client reads of a request that is refused here, from MsgType(35) on."""
    begin_string, appl_ver_id = VERSIONS[version]
    fields = {34: "2"}
    try:
        decode(msg_type, body, version)
    except BusinessRefused as refused:
        encoder = Encoder(begin_string, UtcTimestamps(), appl_ver_id)
        reject = BusinessMessageReject(
            ref_seq_num=2, ref_msg_type=msg_type, reason=refused.reason, text=refused.text
        )
        answer, text = encoder.encode(reject)
        return f"35={answer}|{text}".replace("\x01", "|")
    except InvalidMessage as invalid:
        reason = invalid.session_reject_reason
        text = reject_body(begin_string, fields, msg_type, reason, invalid.ref_tag, invalid.text)
        return f"35=3|{text}".replace("\x01", "|")
    raise AssertionError("not refused")


GTD = LIMIT + "|59=6"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("msg_type", "body", "answer"), [
    ("D", GTD, "35=j|45=2|372=D|380=5|58=ExpireTime(126) or ExpireDate(432) is required when "
     "TimeInForce(59) is 6|"),
    ("G", f"41=C0|{GTD}", "35=j|45=2|372=G|380=5|58=ExpireTime(126) or ExpireDate(432) is "
     "required when TimeInForce(59) is 6|"),
    ("D", f"{GTD}|432=20260231", "35=3|45=2|371=432|372=D|373=6|58=Incorrect data format for "
     "value|"),
    ("D", f"{GTD}|126=soon", "35=3|45=2|371=126|372=D|373=6|58=Incorrect data format for value|"),
    ("D", f"{LIMIT}|100=TIER_1|99=x", "35=3|45=2|371=99|372=D|373=6|58=Incorrect data format for "
     "value|"),
])
def test_what_the_client_reads_of_it(
    msg_type: str, body: str, answer: str, version: str
) -> None:
    assert answered(msg_type, body, version) == answer


@pytest.mark.parametrize(("msg_type", "body"), [
    ("q", "11=M1|530=7|60=20260105-10:00:00"), ("AF", "584=S1|585=7"),
])
def test_what_a_client_of_fix42_reads_of_a_mass_request(msg_type: str, body: str) -> None:
    assert answered(msg_type, body, "FIX.4.2") == (
        f"35=3|45=2|372={msg_type}|373=11|58=Invalid MsgType|"
    )


def _conditional(
    msg_type: str, body: str, tag: int, why: str, version: str = "FIX.4.4"
) -> None:
    with pytest.raises(BusinessRefused, match="required") as refused:
        decode(msg_type, body, version)
    assert (refused.value.reason, refused.value.ref_tag, refused.value.text) == (
        BusinessRejectReason.CONDITIONALLY_REQUIRED_FIELD_MISSING, tag, why
    )


@pytest.mark.parametrize("msg_type", ["E", "V", "8", "U1"])
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


@pytest.mark.parametrize("symbol", ["", "55=[N/A]|"])
def test_an_instrument_named_by_its_security_id(symbol: str) -> None:
    """FIX 4.4 volume 6, Symbol(55): "[N/A]" where SecurityID(48) names the instrument."""
    order = decode("D", f"{symbol}48=BTCUSDT|22=8|11=C1|54=1|60=20260105-10:00:00|38=1|40=1")

    assert isinstance(order, NewOrderSingle)
    assert "BTCUSDT" == order.symbol
    assert ("BTCUSDT", "8") == (order.terms.security_id, order.terms.security_id_source)


def test_a_symbol_goes_before_a_security_id() -> None:
    order = decode("D", f"48=X|22=8|{LIMIT}")

    assert isinstance(order, NewOrderSingle)
    assert "BTC/USD" == order.symbol
    assert PLAIN is order.terms


@pytest.mark.parametrize("version", VERSIONS)
def test_a_trade_that_the_client_does_not_know(version: str) -> None:
    body = "37=7|17=7-F1|127=D|55=BTC/USD|54=1|32=1.50|31=100.5|58=caf\xe9"
    dispute = DontKnowTrade(
        session=SESSION, order_id="7", exec_id=ExecID("7-F1"), reason="D", symbol="BTC/USD",
        side="1", last_qty=Decimal("1.50"), last_px=Decimal("100.5"), text="caf?",
    )

    assert dispute == Decoder(SESSION).decode_dispute(parse("Q", body, version))
    least = Decoder(SESSION).decode_dispute(
        parse("Q", "37=7|17=7-F1|127=Z|55=BTC/USD|54=1", version)
    )
    assert (None, None, "") == (least.last_qty, least.last_px, least.text)


@pytest.mark.parametrize(("fields", "missing"), [
    ({17: "7-F1", 127: "D"}, 37), ({37: "7", 127: "D"}, 17), ({37: "7", 17: "7-F1"}, 127),
])
def test_a_dispute_by_a_dictionary_that_requires_nothing(
    fields: dict[int, str], missing: int
) -> None:
    with pytest.raises(BusinessRefused) as refused:
        Decoder(SESSION).decode_dispute(Message("Q", fields, b""))

    assert (BusinessRejectReason.CONDITIONALLY_REQUIRED_FIELD_MISSING, missing) == (
        refused.value.reason, refused.value.ref_tag
    )


def test_a_dispute_by_a_dictionary_that_calls_numbers_text() -> None:
    fields = {37: "7", 17: "7-F1", 127: "long" * 99, 54: "long" * 99, 32: "many"}
    with pytest.raises(IncorrectDataFormat):
        Decoder(SESSION).decode_dispute(Message("Q", fields, b""))

    kept = Decoder(SESSION).decode_dispute(Message("Q", fields | {32: "1"}, b""))
    assert ("long" * 4, "long" * 4) == (kept.reason, kept.side)

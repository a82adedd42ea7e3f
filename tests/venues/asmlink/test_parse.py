"""What asmlink says, against the document's own samples and against what it may say instead."""

import json
from decimal import Decimal as D

import pytest
from msgspec import Raw

from fixgw.model.enums import Command
from fixgw.model.venue import Refused, Unknown, VenueStatus
from fixgw.venues.asmlink import parse
from fixgw.venues.asmlink.parse import Tell
from fixgw.venues.outcome import Answer
from fixgw.venues.kit.payloads import Unreadable
from tests.venues.asmlink.payload import payload

ORDER = "ORD-20240815-00421"
FILLED_AT = 1_723_714_264_913
NOW = 1_796_000_000_000
DETAILS = "TIER_1, latency 0.31 ms, slippage 0.0 pips"


def answer(body: bytes, status: int = 200, **more: object) -> object:
    """What *body* says of a submit."""
    given = {"trust": False, "now_ms": NOW, "command": Command.SUBMIT, **more}
    return parse.answer(
        Answer(status, body), ORDER, given["command"], given["now_ms"], trust=given["trust"]
    )


def changed(name: str, **changes: object) -> bytes:
    """A sample with some of its fields changed; None takes one out."""
    fields = json.loads(payload(name)) | changes
    return json.dumps({k: v for k, v in fields.items() if v is not None}).encode()


def test_the_documents_reply_is_a_whole_fill():
    assert Tell(
        source="reply", event_id="FILLED 5000000 2024-08-15T09:31:04.913Z",
        status=VenueStatus.FILLED, at=FILLED_AT, quantity=D(5000000), price=D("1.08423"),
        details=DETAILS, provider="LP-TIER1-03",
    ) == answer(payload("http_order_route_reply"))


def test_the_documents_webhook_is_the_same_fill():
    body = payload("webhook_order_filled")
    event = parse.event(body)

    assert ORDER == event.order_id
    assert Tell(
        source="webhook", event_id="evt_8f3a91c4d02e", status=VenueStatus.FILLED, at=FILLED_AT,
        quantity=D(5000000), price=D("1.08423"), details="TIER_1, latency 0.31 ms",
    ) == parse.event_tell(event, body, "webhook", NOW)


def test_numbers_are_exact():
    body = payload("http_order_route_reply").replace(b"1.08423", b"1.084230000000000000000001")

    assert D("1.084230000000000000000001") == answer(body).price
    assert D("0.1") == answer(body.replace(b"5000000,", b'"0.1",')).quantity


@pytest.mark.parametrize(
    "name, status",
    [
        ("PARTIALLY_FILLED", VenueStatus.WORKING),
        ("partial_fill", VenueStatus.WORKING),
        ("PARTIAL", VenueStatus.WORKING),
        ("CANCELLED", VenueStatus.CANCELED),
        ("CANCELED", VenueStatus.CANCELED),
    ],
)
def test_statuses_and_their_other_spellings(name, status):
    tell = answer(changed("http_order_route_reply", status=name))

    assert (status, D(5000000)) == (tell.status, tell.quantity)


def test_an_accepted_order_has_no_execution():
    body = changed(
        "http_order_route_reply", status="ACCEPTED", fill_quantity=0, fill_price=None,
        timestamp_fill_utc=None,
    )

    assert (VenueStatus.WORKING, D(0), NOW) == (
        answer(body).status, answer(body).quantity, answer(body).at,
    )


def test_what_only_an_operator_reads_may_have_any_form():
    body = changed("http_order_route_reply", liquidity_provider={"a": [1.5]}, slippage_pips="x")

    assert VenueStatus.FILLED is answer(body).status


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b"{}", b"\xff",
        changed("http_order_route_reply", order_id="ORD-OTHER"),
        changed("http_order_route_reply", status="ODD", fill_quantity=None),
        changed("http_order_route_reply", fill_price=None),
        changed("http_order_route_reply", fill_price=0),
        changed("http_order_route_reply", fill_quantity=None),
        changed("http_order_route_reply", fill_quantity=-1),
        payload("http_order_route_reply").replace(b"5000000", b"1e500"),
    ],
)
def test_what_cannot_be_read_is_unknown(body):
    assert isinstance(answer(body), Unknown)


def test_an_error_says_what_it_says():
    body = b'{"error":{"code":"INVALID_REQUEST","message":"quantity"}}'

    assert Unknown("HTTP 400: the request is wrong: INVALID_REQUEST quantity") == answer(body, 400)
    refused = answer(body, 400, trust=True)
    assert isinstance(refused, Refused)
    assert Unknown("HTTP 503") == answer(b"down", 503)


@pytest.mark.parametrize("event_type, status", parse.BY_EVENT_TYPE.items())
def test_an_event_without_a_status_says_what_its_type_says(event_type, status):
    body = changed("webhook_order_filled", event_type=event_type, execution_status=None)
    tell = parse.event_tell(parse.event(body), body, "stream", NOW)

    assert (status, D(5000000) if event_type == "order.filled" else D(0)) == (
        tell.status, tell.quantity,
    )


def test_a_reject_says_why():
    body = changed(
        "webhook_order_filled", event_type="order.rejected", execution_status="REJECTED",
        reject_reason="risk", reason_code="R7",
    )
    tell = parse.event_tell(parse.event(body), body, "stream", NOW)

    assert (VenueStatus.REJECTED, "risk R7", D(0)) == (tell.status, tell.text, tell.quantity)


@pytest.mark.parametrize(
    "changes",
    [
        {"fill_quantity": None}, {"fill_price": "NaN"}, {"fill_price": 0}, {"fill_price": -1},
        {"fill_quantity": "1E+110"}, {"fill_price": "1E+999999"},
        {"execution_status": "ODD", "event_type": "order.updated"},
    ],
)
def test_an_event_that_makes_no_sense_is_unreadable(changes):
    body = changed("webhook_order_filled", **changes)

    with pytest.raises(Unreadable):
        parse.event_tell(parse.event(body), body, "stream", NOW)


def test_a_state_of_no_table_hides_no_execution():
    body = changed("webhook_order_filled", execution_status="ODD")
    tell = parse.event_tell(parse.event(body), body, "stream", NOW)

    assert (VenueStatus.UNCLEAR, "ODD", D(5000000)) == (tell.status, tell.state, tell.quantity)
    reply = answer(changed("http_order_route_reply", status="ODD"))
    assert (VenueStatus.UNCLEAR, "ODD", D(5000000)) == (reply.status, reply.state, reply.quantity)


@pytest.mark.parametrize("written", [b"0", b"null", b"[]", b'"R7"', b"{}", b'"\\u0000"'])
@pytest.mark.parametrize("field", [b"reason_code", b"latency_ms", b"symbol", b"account_id"])
def test_what_only_people_read_hides_no_execution(field, written):
    body = payload("webhook_order_filled").replace(b"{", b'{"%b":%b,' % (field, written), 1)
    body = body.replace(b'"%b": ' % field, b'"was": ', 1)
    event = parse.event(body)

    assert D(5000000) == parse.event_tell(event, body, "webhook", NOW).quantity


def test_a_name_that_cannot_be_one_is_made_of_all_the_event_says():
    for name in ("A" * 101, "a\x01b", "\N{SNOWMAN}"):
        body = changed("webhook_order_filled", event_id=name)
        assert parse.event_id(parse.event(body), body).startswith("sha256:")


def test_an_event_without_a_name_is_named_by_what_it_says():
    one, other = (
        changed("webhook_order_filled", event_id=None, latency_ms=ms) for ms in (1, 2)
    )
    names = {parse.event_id(parse.event(body), body) for body in (one, one, other)}

    assert 2 == len(names)


@pytest.mark.parametrize(
    "written, ms",
    [
        ("2024-08-15T09:31:04.913Z", FILLED_AT),
        ("2024-08-15T11:31:04.913+02:00", FILLED_AT),
        ("2024-08-15T09:31:04.913", FILLED_AT),
        ("2024-08-15T09:31:04.913999Z", FILLED_AT),
        (FILLED_AT, FILLED_AT),
        *((none, None) for none in (
            "soon", None, "", [], {}, True, -1, 0, 1.5, FILLED_AT * 1000, FILLED_AT // 1000,
            10**30, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+12:00", "1999-12-31T23:59:59Z",
            "9999-12-31T23:59:59-12:00", "10000-01-01T00:00:00Z",
        )),
    ],
)
def test_times(written, ms):
    assert ms == parse.time_ms(Raw(json.dumps(written).encode()), NOW)


def test_an_event_that_comes_again_has_its_name_whether_the_venue_gave_it_one_or_not():
    for name in (None, "", [], {}, "x" * 5_000, "x" * 90, "\u2603"):
        bodies = [
            changed("webhook_order_filled", event_id=name, delivery_attempt=attempt)
            for attempt in (1, 2)
        ]
        (event_id,) = {parse.event_id(parse.event(body), body) for body in bodies}
        assert 0 < len(event_id) <= parse.EVENT_ID_CHARS


@pytest.mark.parametrize("status", ["ACCEPTED", "CANCELLED"])
def test_a_fill_by_its_type_that_is_none_by_its_status_is_not_passed_over(status):
    body = changed("webhook_order_filled", execution_status=status)

    with pytest.raises(Unreadable, match="a quantity"):
        parse.event_tell(parse.event(body), body, "webhook", NOW)

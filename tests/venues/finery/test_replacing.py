"""The vendor's samples of `mod` as what they mean, for both orders; and what proves nothing."""

from decimal import Decimal as D

import pytest
from msgspec.structs import replace

from fixgw.model.effects import ReplaceOrder
from fixgw.model.enums import Command, CxlRejReason, Liquidity
from fixgw.model.ids import OrderID
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    OrderUpdate,
    Refused,
    Unknown,
    VenueStatus,
)
from fixgw.venues.finery import replacing
from fixgw.venues.finery.memory import Memory
from fixgw.venues.finery.schemas import ModError
from fixgw.venues.finery.replacing import Told
from fixgw.venues.outcome import NOT_SENT, Answer, NoAnswer, NotSent
from tests.venues.finery.payload import payload
from tests.venues.finery.venue import order

OLD, NEW = OrderID("1795174355156000"), OrderID("1795174355156001")
# "the size of an initial order was 10 … the remaining size was 8": 0.1 and 0.08 in the samples.
MOD = ReplaceOrder(
    order(order_id=OLD, quantity="0.1", price="9999", native_id="1245"),
    order(order_id=NEW, quantity="0.2", price="10000"),
)


def rest(status: int, body: bytes, command: ReplaceOrder = MOD, trust: bool = False) -> Told:
    return replacing.rest_answer(Answer(status, body), command, trust_4xx=trust)


def test_the_result_tells_of_both_orders():
    told = rest(200, payload("http_mod.json"))

    assert told.outcome == Acked(
        OrderUpdate(
            order_id=NEW, status=VenueStatus.WORKING, cum_qty=D(0), fills=(), native_id="1246"
        ),
        OrderUpdate(
            order_id=OLD, status=VenueStatus.CANCELED, cum_qty=D("0.02"),
            text="removed to be replaced",
        ),
    )
    assert (told.old, told.size) == (None, D("0.18"))
    assert told == replacing.reply(payload("http_mod.json"), MOD)


def done(**changes: object) -> bytes:
    fields = {
        "id": 1246, "initialSize": 18000000, "remainingSize": 18000000, "deals": [],
        "origId": 1245, "origRemainingSize": 8000000, **changes,
    }
    return str(fields).replace("'", '"').encode()


def test_deals_that_the_new_order_makes_at_once_are_told():
    deals = [{"id": 7, "price": 999000000000, "size": 6000000, "counterpartyId": 3}]
    outcome = rest(200, done(remainingSize=12000000, deals=deals)).outcome

    assert (outcome.update.status, outcome.update.cum_qty) == (VenueStatus.WORKING, D("0.06"))
    (fill,) = outcome.update.fills
    assert (fill.last_qty, fill.last_px, fill.venue_exec_id, fill.liquidity) == (
        D("0.06"), D(9990), "7", Liquidity.REMOVED,
    )
    assert fill.settlement.counterparty == "3"


@pytest.mark.parametrize(
    ("left", "reason", "status"),
    [
        # The core knows by the sum whether that is all: more of the old one may be executed
        # than it has been told of.
        (0, 0, VenueStatus.WORKING),
        (0, 3, VenueStatus.WORKING),
        (1, 3, VenueStatus.CANCELED),
    ],
)
def test_a_new_order_may_be_over_at_once(left, reason, status):
    outcome = rest(200, done(remainingSize=left, cancelReason=reason)).outcome

    assert outcome.update.status is status


@pytest.mark.parametrize(
    "changes",
    [
        {"origId": 42},
        {"initialSize": 20000000},
        {"initialSize": 0, "remainingSize": 0},
        {"remainingSize": 18000001},
        {"remainingSize": -1},
        {"origRemainingSize": 0},
        {"origRemainingSize": 10000001},
        {"origRemainingSize": -8000000},
        {"deals": [{"id": 7, "price": 0, "size": 1}]},
        {"id": "x"},
    ],
    ids=str,
)
def test_a_result_that_does_not_add_up_proves_nothing(changes):
    told = rest(200, done(**changes))

    assert (type(told.outcome), told.old, told.size) == (Unknown, None, None)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b"null", b'{"reply":{}}', b'{"error":0}', b"\xff"]
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_what_cannot_be_read_proves_nothing(status, body):
    assert type(rest(status, body).outcome) is Unknown
    assert type(replacing.reply(body, MOD).outcome) is Unknown


# -------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (80, CxlRejReason.TOO_LATE),
        (90, CxlRejReason.TOO_LATE),
        (91, CxlRejReason.OTHER),
        (3, CxlRejReason.BROKER_OPTION),
        (79, CxlRejReason.OTHER),
    ],
)
def test_an_error_of_the_standard_form_leaves_the_old_order_alone(code, reason):
    told = rest(400, b'{"error":%d}' % code)

    assert (type(told.outcome), told.outcome.code, told.outcome.cxl_rej_reason) == (
        Refused, str(code), reason,
    )
    assert told.old is None
    assert told == replacing.failure(ModError(code), MOD)


@pytest.mark.parametrize("code", [2, 10, 74, 104, 999])
def test_an_error_that_says_nothing_of_the_order_proves_nothing(code):
    assert type(rest(400, b'{"error":%d}' % code).outcome) is Unknown


def test_an_error_with_the_old_order_s_rest_is_the_end_of_it():
    """The sample: an order with our name is there already, so it is asked about."""
    other = replace(MOD, order=replace(MOD.order, native_id="42", order_qty=D("0.0002")))
    told = rest(400, payload("http_mod_not_placed.json"), other)

    assert type(told.outcome) is Unknown and "(Finery 74)" in told.outcome.text
    assert told.old == OrderUpdate(
        order_id=OLD, status=VenueStatus.CANCELED, cum_qty=D("0.0001"),
        text="removed to be replaced",
    )


@pytest.mark.parametrize(
    ("code", "known"), [(75, True), (78, True), (79, True), (10, True), (74, False)]
)
def test_whatever_the_error_the_new_order_is_not_placed(code, known):
    removed = b'{"error":%d,"origId":1245,"origRemainingSize":8000000}' % code
    told = rest(400, b'{"reply":%s}' % removed)

    assert type(told.outcome) is (Refused if known else Unknown)
    assert (told.old.status, told.old.cum_qty) == (VenueStatus.CANCELED, D("0.02"))
    # The same inside a reply on the socket, and by itself.
    assert told == replacing.reply(removed, MOD) == rest(400, removed)


@pytest.mark.parametrize(
    "rest_of_it", [b'"origId":42,"origRemainingSize":8', b'"origId":1245',
                   b'"origId":1245,"origRemainingSize":0', b'"origId":1245,'
                   b'"origRemainingSize":10000001'],
)
def test_an_end_of_the_old_order_that_cannot_be_is_not_told(rest_of_it):
    told = rest(400, b'{"reply":{"error":75,%s}}' % rest_of_it)

    assert (type(told.outcome), told.old) == (Unknown, None)


def test_a_5xx_proves_nothing_even_with_a_code_and_a_4xx_without_one_if_the_settings_say_so():
    assert type(rest(500, b'{"error":90}').outcome) is Unknown
    assert type(rest(429, b"slow down").outcome) is Unknown
    assert rest(429, b"slow down", trust=True).outcome.code == "HTTP 429"


def test_a_transport_that_failed_says_how_far_it_got():
    told = replacing.rest_answer(NotSent("no"), MOD, trust_4xx=False)
    assert told.outcome.code == NOT_SENT
    told = replacing.rest_answer(NoAnswer("no"), MOD, trust_4xx=False)
    assert told.outcome == Unknown("no")


# ------------------------------------------------------------------ what follows


def test_the_end_of_the_old_order_is_told_before_the_failure_of_the_new_one():
    heard: list[object] = []
    told = rest(400, b'{"reply":{"error":75,"origId":1245,"origRemainingSize":8000000}}')
    replacing.settle(told, MOD, Memory(), heard.append)

    assert heard == [told.old, CommandOutcome(NEW, Command.REPLACE, told.outcome)]


def test_what_the_new_order_was_given_is_kept():
    memory = Memory()
    replacing.settle(
        rest(200, payload("http_mod.json")), MOD, memory, lambda message: None
    )

    assert memory.size(NEW) == D("0.18")
    assert memory.size(OLD) is None

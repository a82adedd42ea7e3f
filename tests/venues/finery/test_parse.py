"""The vendor's samples as what they mean, and what cannot be read."""

from decimal import Decimal as D

import pytest
from msgspec.structs import replace

from fixgw.model.enums import Command, Liquidity
from fixgw.model.ids import OrderID, VenueOrderID
from fixgw.model.settlement import Settlement
from fixgw.model.venue import Acked, Refused, Unknown, VenueStatus
from fixgw.venues.finery import answers, parse
from fixgw.venues.outcome import NOT_SENT, Answer, NoAnswer, NotSent
from fixgw.venues.kit.payloads import Unreadable
from tests.venues.finery.payload import payload
from tests.venues.finery.rows import deal, row
from tests.venues.finery.venue import order

MINE = replace(order(quantity="0.1", price="9999"), venue_order_id=VenueOrderID("123456789"))
NAME = OrderID("1795174355156000")


def outcome(status: int, body: bytes, command: Command = Command.SUBMIT, trust: bool = False):
    return parse.command_outcome(Answer(status, body), MINE, command, trust_4xx=trust)


def test_the_reply_to_add_is_an_acceptance_with_its_deals():
    ended = outcome(200, payload("http_add.json"))

    assert isinstance(ended, Acked)
    update = ended.update
    assert (update.status, update.cum_qty) == (VenueStatus.CANCELED, D("0.02"))
    assert update.text == "the rest was cancelled: the order does not rest"
    (fill,) = update.fills
    assert (fill.venue_exec_id, fill.last_qty, fill.last_px, fill.cum_qty, fill.liquidity) == (
        "23", D("0.02"), D(9999), D("0.02"), Liquidity.REMOVED,
    )
    assert fill.settlement == Settlement(counterparty="42")
    assert not fill.text and not fill.last_mkt


def test_the_reply_to_del_ends_the_order():
    update = outcome(200, payload("http_del.json"), Command.CANCEL).update

    assert (update.status, update.cum_qty) == (VenueStatus.CANCELED, D("0.02"))


def test_the_reply_to_del_counts_from_what_the_venue_gave_the_order():
    """It took the place of one of which more was executed than was known."""
    answer = Answer(200, payload("http_del.json"))
    ended = parse.command_outcome(
        answer, MINE, Command.CANCEL, trust_4xx=False, size=D("0.09")
    )

    assert (ended.update.status, ended.update.cum_qty) == (VenueStatus.CANCELED, D("0.01"))


@pytest.mark.parametrize(
    ("body", "status", "cum_qty"),
    [
        (b'{"id":1,"remainingSize":10000000}', VenueStatus.WORKING, D(0)),
        (b'{"id":1,"remainingSize":"10000000","cancelReason":0}', VenueStatus.WORKING, D(0)),
        # Deals may be left out: the sum says that there are some.
        (b'{"id":1,"remainingSize":0}', VenueStatus.FILLED, D("0.1")),
        (b'{"id":1,"remainingSize":4000000,"clientOrderId":0}', VenueStatus.WORKING, D("0.06")),
        (b'{"id":1,"remainingSize":4000000,"cancelReason":3}', VenueStatus.CANCELED, D("0.06")),
        (b'{"error":0,"id":1,"remainingSize":0}', VenueStatus.FILLED, D("0.1")),
    ],
)
def test_what_is_left_tells_the_status(body, status, cum_qty):
    update = outcome(200, body).update

    assert (update.status, update.cum_qty) == (status, cum_qty)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b"{}", b"null", b'{"id":1}', b'{"id":1,"remainingSize":-1}',
        b'{"id":1,"remainingSize":20000000}', b'{"id":1,"remainingSize":0.5}', b"\xff",
        b'{"id":1,"remainingSize":0,"clientOrderId":5}', b'{"error":0}', b'{"error":"?"}',
        b"[" * 2000, b'{"id":1,"remainingSize":4000000,"cancelReason":[1]}',
    ],
)
def test_a_reply_that_cannot_be_read_leaves_the_outcome_unknown(body):
    assert isinstance(outcome(200, body), Unknown)


@pytest.mark.parametrize("status", [500, 502, 503, 301, 204, 429, 403, 400])
def test_an_answer_without_a_code_proves_nothing(status):
    assert isinstance(outcome(status, b"whatever"), Unknown)
    assert isinstance(outcome(status, b"{}"), Unknown)


def test_a_5xx_proves_nothing_even_with_a_code():
    assert isinstance(outcome(500, payload("http_error.json")), Unknown)


def test_a_code_proves_what_its_row_says():
    ended = outcome(400, payload("http_error.json"))

    assert (type(ended), ended.code) == (Refused, "76")
    assert isinstance(outcome(400, payload("http_error.json"), Command.CANCEL), Unknown)


def test_a_4xx_without_a_code_proves_a_refusal_only_if_the_settings_say_so():
    assert outcome(429, b"slow down", trust=True).code == "HTTP 429"
    assert isinstance(outcome(500, b"", trust=True), Unknown)


def test_a_transport_that_failed_says_how_far_it_got():
    for result, kind in ((NotSent("no"), Refused), (NoAnswer("no"), Unknown)):
        ended = parse.command_outcome(result, MINE, Command.SUBMIT, trust_4xx=False)
        assert type(ended) is kind
    assert parse.command_outcome(
        NotSent("no"), MINE, Command.SUBMIT, trust_4xx=False
    ).code == NOT_SENT


# --------------------------------------------------------------------- feed


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"size_left": 0}, VenueStatus.FILLED),
        ({"size_left": 40, "cancel_reason": 1}, VenueStatus.CANCELED),
        ({"size_left": 100, "cancel_reason": 4}, VenueStatus.CANCELED),
    ],
)
def test_a_removed_order_is_filled_or_cancelled(changes, status):
    assert parse.removed(row(**changes), NAME, replaced=False).status is status


def test_a_removed_order_with_a_rest_and_no_reason_says_nothing_unless_it_was_to_be_replaced():
    assert parse.removed(row(size_left=40), NAME, replaced=False) is None
    update = parse.removed(row(size_left=40), NAME, replaced=True)
    assert (update.status, update.cum_qty, update.text) == (
        VenueStatus.CANCELED, D("0.0000006"), "removed to be replaced",
    )


def test_whatever_shows_an_order_tells_the_venue_s_own_number_for_it():
    for update in (
        outcome(200, payload("http_add.json")).update,
        parse.resting(row(order_id=1245), NAME),
        parse.removed(row(order_id=1245, size_left=0), NAME, replaced=False),
        parse.deal(deal(order_id=1245), NAME),
        answers.answer_unlisted(MINE, [deal(order_id=1245)], ""),
    ):
        assert update.native_id == "1245"


def test_a_deal_carries_the_sum_up_to_it():
    update = parse.deal(deal(), NAME)

    assert (update.status, update.cum_qty) == (VenueStatus.WORKING, D("0.4"))
    fill = update.fill
    assert (fill.venue_exec_id, fill.last_qty, fill.last_px, fill.at, fill.liquidity) == (
        "23", D("0.4"), D(100), 5, Liquidity.ADDED,
    )
    assert parse.deal(deal(size_left=0), NAME).status is VenueStatus.FILLED
    assert parse.deal(deal(deal_aggressor_side=0), NAME).fill.liquidity is Liquidity.REMOVED


def test_a_deal_of_an_order_by_volume_has_no_sum():
    assert parse.deal(deal(by_volume=1), NAME) is None


@pytest.mark.parametrize("changes", [{"size_left": -1}, {"size_left": 101}])
def test_an_order_that_does_not_add_up_is_unreadable(changes):
    with pytest.raises(Unreadable):
        parse.resting(row(**changes), NAME)


def test_the_name_at_the_venue_is_the_order_id_and_fits_a_signed_64_bit_integer():
    ours = OrderID("9999999999999999")
    assert int(ours) < 2**63
    assert parse.our_order(int(ours)) == ours


@pytest.mark.parametrize("other", [None, 0, 1, 77, 10**16, -1795174355156000])
def test_a_number_that_is_not_of_our_form_is_not_ours(other):
    assert parse.our_order(other) is None

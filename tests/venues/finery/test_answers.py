"""What is listed as what it means, and rows that cannot be read."""

from decimal import Decimal as D

import msgspec
import pytest

from fixgw.model.enums import Side
from fixgw.model.ids import OrderID
from fixgw.model.venue import VenueStatus
from fixgw.venues.finery import answers, parse
from fixgw.venues.outcome import Answer, NoAnswer
from tests.venues.finery import rows
from tests.venues.finery.payload import payload
from tests.venues.finery.rows import deal, row
from tests.venues.finery.venue import order

NAME = OrderID(str(rows.NAME))


def test_the_sample_of_positions_lists_its_open_order():
    (one,) = answers.open_orders(Answer(200, payload("http_positions.json"))).rows

    assert (one.order_id, one.initial_size, one.size_left) == (1234, 10000000, 8000000)
    assert parse.resting(one, NAME).cum_qty == D("0.02")


def test_the_sample_of_deal_history_has_its_deal():
    (one,) = answers.deals(Answer(200, payload("http_deal_history.json"))).rows
    (fill,) = answers.executions([one])

    assert (fill.venue_exec_id, fill.last_qty, fill.last_px, fill.at) == (
        "1864944", D("0.85"), D("66748.59047619"), 1709716088000,
    )


@pytest.mark.parametrize("fields", [19, 21, 24])
def test_a_deal_may_have_fewer_or_more_fields_behind_ours(fields):
    full = msgspec.json.decode(payload("http_deal_history.json"))[0] + [0] * 5
    (one,) = answers.deals(Answer(200, msgspec.json.encode([full[:fields]]))).rows

    assert (one.deal_id, one.by_volume) == (1864944, 0)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (NoAnswer("lost"), "lost"),
        (Answer(502, b""), "HTTP 502"),
        (Answer(400, b'{"error":6}'), "Invalid nonce (Finery 6)"),
        (Answer(200, b"<html>"), "cannot be read"),
        (Answer(200, b'{"error":10}'), "Internal error"),
    ],
)
def test_a_list_that_is_not_there_says_why(result, text):
    assert text in answers.open_orders(result)
    assert text in answers.deals(result)


def test_an_order_that_is_open_has_its_deals_counted_even_if_they_are_newer():
    open_row = row(initial_size=10**8, size_left=6 * 10**7)
    deals = [deal(), deal(deal_id=24, size_left=5 * 10**7, deal_size=10**7)]

    quick = answers.answer_open(open_row, order(order_id=NAME), None)
    assert (quick.cum_qty, quick.fills, quick.asked) == (D("0.4"), None, True)
    full = answers.answer_open(open_row, order(order_id=NAME), deals)
    assert (full.cum_qty, [fill.cum_qty for fill in full.fills]) == (
        D("0.5"), [D("0.4"), D("0.5")],
    )


@pytest.mark.parametrize(
    ("deals", "status", "cum_qty"),
    [
        ([], VenueStatus.ABSENT, D(0)),
        ([deal()], VenueStatus.ABSENT, D("0.4")),
        ([deal(), deal()], VenueStatus.ABSENT, D("0.4")),
        ([deal(deal_id=24, deal_size=6 * 10**7, size_left=0), deal()], VenueStatus.FILLED, D(1)),
    ],
)
def test_of_an_order_that_is_not_listed_only_its_deals_are_said(deals, status, cum_qty):
    answer = answers.answer_unlisted(order(order_id=NAME), deals, "not listed")

    assert (answer.status, answer.cum_qty, answer.asked) == (status, cum_qty, True)


def test_a_deal_that_is_not_listed_yet_shows_in_what_the_others_count():
    last = deal(deal_id=24, deal_size=6 * 10**7, size_left=0)
    late = answers.answer_unlisted(order(order_id=NAME), [last], "not listed")

    # The venue's own count is 1; the core sees that 0.4 are missing, and asks.
    assert (late.status, late.cum_qty) == (VenueStatus.FILLED, D(1))
    assert [fill.last_qty for fill in late.fills] == [D("0.6")]


def test_an_order_by_volume_is_filled_when_its_last_deal_left_nothing():
    spent = order(order_id=NAME, quantity=None, cash_order_qty=D(40), side=Side.BUY)
    part = answers.answer_unlisted(spent, [deal(by_volume=1, size_left=1)], "")
    whole = answers.answer_unlisted(spent, [deal(by_volume=1, size_left=0)], "")
    assert (part.status, whole.status) == (VenueStatus.ABSENT, VenueStatus.FILLED)


def test_an_order_by_volume_is_not_filled_while_one_of_its_deals_is_not_listed():
    spent = order(order_id=NAME, quantity=None, cash_order_qty=D(40), side=Side.BUY)
    first = deal(by_volume=1, initial_size=40 * 10**8, size_left=20 * 10**8, deal_volume=20 * 10**8)
    last = deal(
        deal_id=24, by_volume=1, initial_size=40 * 10**8, size_left=0, deal_volume=20 * 10**8
    )
    late = answers.answer_unlisted(spent, [last], "")
    whole = answers.answer_unlisted(spent, [last, first], "")
    assert (late.status, whole.status) == (VenueStatus.ABSENT, VenueStatus.FILLED)

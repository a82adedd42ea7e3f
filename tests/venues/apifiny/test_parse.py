from decimal import Decimal as D

import msgspec
import pytest

from fixgw.model.enums import Command, Liquidity
from fixgw.model.ids import OrderID
from fixgw.model.venue import (
    Acked,
    Fill,
    OrderUpdate,
    QueryFailed,
    Refused,
    Unknown,
    VenueStatus,
)
from fixgw.venues.apifiny import parse
from fixgw.venues.apifiny.schemas import OrderRow, read_frame
from fixgw.venues.outcome import Answer, NoAnswer, NotSent, Result
from fixgw.venues.kit.payloads import Unreadable
from tests.venues.apifiny.payload import payload
from tests.venues.apifiny.venue import order

NAME = "000000011584603011942221"
OURS = OrderID("1584603011942221")
SUBMIT, CANCEL = Command.SUBMIT, Command.CANCEL
ACCEPTED = OrderUpdate(
    order_id=OURS,
    status=VenueStatus.PENDING,
    cum_qty=D(0),
    avg_px=D(0),
    at=1584603012164,
)
ERROR = b'{"result":null,"error":{"code":%d,"message":"%b"}}'


def row(**fields) -> OrderRow:
    return OrderRow(**{"order_id": NAME, "order_status": "SUBMITTED", **fields})


def body(**fields: str) -> bytes:
    """An envelope around one order; fields as they stand in the payload."""
    given = {"orderId": f'"{NAME}"', "orderStatus": '"SUBMITTED"', **fields}
    order = ",".join(f'"{name}":{value}' for name, value in given.items())
    return f'{{"result":[{{{order}}}],"error":null}}'.encode()


def outcome(result: Result, command: Command = SUBMIT, trust_4xx: bool = False):
    return parse.command_outcome(result, NAME, command, trust_4xx=trust_4xx)


# ------------------------------------------------------------------ commands


def test_the_manuals_answer_to_new_order():
    assert outcome(Answer(200, payload("http_new_order"))) == Acked(ACCEPTED)


def test_an_object_is_as_good_as_an_array_of_one():
    text = payload("http_new_order").decode()
    as_object = text.replace('"result": [', '"result": ').replace("}],", "},")

    assert as_object != text
    assert outcome(Answer(200, as_object.encode())) == Acked(ACCEPTED)


def test_an_error_with_a_code_that_proves_it_is_a_refusal():
    ended = outcome(Answer(200, payload("http_error_timestamp")))

    assert isinstance(ended, Refused)
    assert (ended.code, ended.text) == (
        "327834",
        "Order create failed, timestamp error (Apifiny 327834)",
    )


@pytest.mark.parametrize(
    "result",
    [
        NoAnswer("timed out"),
        Answer(500, b"oops"),
        # What a broken server says of a refusal is not proof of one.
        Answer(502, ERROR % (2097162, b"Signature Error")),
        Answer(200, b""),
        Answer(200, b"<html>"),
        Answer(200, b"\xff\xfe"),
        Answer(200, b"null"),
        Answer(200, b'{"result":null,"error":null}'),
        Answer(200, b'{"result":[],"error":null}'),
        Answer(200, b'{"result":"success","error":null}'),
        Answer(200, body(orderStatus='"MYSTERY"')),
        Answer(200, body(filledCumulativeQuantity="-1")),
        Answer(200, body(filledCumulativeQuantity='"NaN"')),
        Answer(200, body(filledCumulativeQuantity="1e999")),
        Answer(200, body(orderId='"000000011584603011942222"')),  # another order's
        Answer(200, body().replace(b'"error":null', b'"error":{"code":2097162}')),
        Answer(200, ERROR % (327786, b"timeout for new order")),
        Answer(200, ERROR % (327802, b"order id repeat")),
        Answer(201, body()),
        Answer(302, b""),
        Answer(403, b"blocked"),
        Answer(404, b""),
        Answer(429, b"slow down"),
    ],
)
def test_what_proves_nothing_is_unknown(result):
    assert isinstance(outcome(result), Unknown)
    assert isinstance(outcome(result, CANCEL), Unknown)


def test_what_never_left_is_refused():
    assert isinstance(outcome(NotSent("no connection")), Refused)


def test_a_4xx_with_a_code_is_as_good_as_a_200():
    assert isinstance(outcome(Answer(401, ERROR % (2097162, b"Signature Error"))), Refused)


def test_a_bare_4xx_is_a_refusal_only_by_assumption():
    assert isinstance(outcome(Answer(403, b"blocked"), trust_4xx=True), Refused)
    assert isinstance(outcome(Answer(503, b"blocked"), trust_4xx=True), Unknown)


def test_an_order_that_is_rejected_at_once_is_refused():
    rejected = Answer(200, body(orderStatus='"REJECTED"', filledCumulativeQuantity="0"))

    assert isinstance(outcome(rejected), Refused)
    assert isinstance(outcome(rejected, CANCEL), Acked)


def test_a_cancel_that_is_taken_on():
    working = Answer(200, body(filledCumulativeQuantity="0.4"))
    update = OrderUpdate(order_id=OURS, status=VenueStatus.WORKING, cum_qty=D("0.4"))

    assert outcome(working, CANCEL) == Acked(update)


# ------------------------------------------------------------------- updates


def test_the_manuals_order_update():
    frame = read_frame(payload("ws_order_update"))
    fill = Fill(
        cum_qty=D("1.12"),
        last_qty=D("1.12"),
        last_px=D("100.0"),
        at=1552116459467,
        commission=D("0.112"),
        commission_currency="USD",
        liquidity=Liquidity.REMOVED,
    )

    assert parse.order_update(frame.payload, OURS) == OrderUpdate(
        order_id=OURS,
        status=VenueStatus.FILLED,
        cum_qty=D("1.12"),
        avg_px=D("100.0"),
        fill=fill,
        at=1552116459467,
    )


@pytest.mark.parametrize(
    "status, meaning",
    [
        ("PENDING_SUBMIT", VenueStatus.PENDING),
        ("SUBMITTED", VenueStatus.WORKING),
        ("FILLED", VenueStatus.FILLED),
        ("CANCELLED", VenueStatus.CANCELED),
        ("REJECTED", VenueStatus.REJECTED),
    ],
)
def test_each_status_of_the_manual(status, meaning):
    assert parse.order_update(row(order_status=status), OURS).status is meaning


def test_an_order_that_was_filled_in_part_and_ended_is_canceled():
    ended = row(order_status="PART_FILLED", filled_cumulative_quantity=D("0.4"))  # "final status"
    update = parse.order_update(ended, OURS)
    assert (update.status, update.cum_qty) == (VenueStatus.CANCELED, D("0.4"))


def test_working_with_a_part_filled_is_working():
    update = parse.order_update(row(filled_cumulative_quantity=D("0.4")), OURS)
    assert (update.status, update.cum_qty, update.fill) == (VenueStatus.WORKING, D("0.4"), None)


@pytest.mark.parametrize(
    "fields",
    [
        {"last_filled_quantity": D(2), "last_filled_price": D(100)},  # more than all
        {"last_filled_quantity": D(1)},  # without a price
        {"last_filled_quantity": D(-1), "last_filled_price": D(100)},
        {"last_filled_quantity": D("NaN"), "last_filled_price": D(100)},
        {"last_filled_quantity": D(1), "last_filled_price": D("NaN")},
    ],
)
def test_an_execution_without_sense_is_left_out(fields):
    update = parse.order_update(row(filled_cumulative_quantity=D(1), **fields), OURS)
    assert (update.cum_qty, update.fill) == (D(1), None)


def test_a_maker_and_one_who_is_not_told():
    def liquidity(is_taker):
        fields = {"last_filled_quantity": D(1), "last_filled_price": D(1), "is_taker": is_taker}
        update = parse.order_update(row(filled_cumulative_quantity=D(1), **fields), OURS)
        return update.fill.liquidity

    assert [liquidity(False), liquidity(None)] == [Liquidity.ADDED, None]


# -------------------------------------------------------------------- fills


def executed(quantity: str, at: int, cum: str | None = "0", price: str = "100") -> OrderRow:
    return row(
        last_filled_quantity=D(quantity),
        last_filled_price=D(price),
        filled_updated_at=at,
        filled_cumulative_quantity=None if cum is None else D(cum),
    )


def sums(rows: list[OrderRow]) -> list[tuple[str, str]]:
    return told(rows, [])


def told(rows: list[OrderRow], counts: list[str]) -> list[tuple[str, str]]:
    """The quantity of each execution and the total with it, where the venue counts so much."""
    executions = parse.fills(rows, [D(count) for count in counts])
    assert executions is not None, "the list lacks some"
    return [(str(fill.last_qty), str(fill.cum_qty)) for fill in executions]


A_ROW = executed("1", 10)


def test_a_row_that_is_listed_twice_is_one_execution():
    assert told([A_ROW, A_ROW], ["1"]) == [("1", "1")]
    # What a row says of the order may have changed meanwhile; it is the same execution.
    later = row(**{**fields(A_ROW), "order_status": "FILLED", "updated_at": 99})
    assert told([A_ROW, later], ["1"]) == [("1", "1")]


def test_equal_rows_are_two_executions_where_the_venue_counts_them_as_two():
    assert told([A_ROW, A_ROW], ["2"]) == [("1", "1"), ("1", "2")]


def test_equal_rows_are_one_where_the_venue_does_not_count():
    assert told([A_ROW, A_ROW], []) == [("1", "1")]


def test_a_filled_order_s_quantity_is_as_good_a_count_where_the_other_lags():
    assert told([A_ROW, executed("2", 20)], ["0", "3"]) == [("1", "1"), ("2", "3")]


@pytest.mark.parametrize(
    ("rows", "counts"),
    [
        ([A_ROW], ["0"]),
        ([A_ROW, executed("2", 20)], ["1"]),
        # Once it is what is counted, twice it is what FILLED means: nobody can say.
        ([A_ROW, A_ROW], ["1", "2"]),
    ],
)
def test_a_list_with_more_than_the_venue_counts_is_asked_for_again(rows, counts):
    with pytest.raises(Unreadable, match="listed of"):
        parse.fills(rows, [D(count) for count in counts])


def test_of_a_list_that_lags_the_executions_are_told_of_which_none_is_missing_before():
    first, last = executed("1", 10, cum="1"), executed("2", 20, cum="3")
    assert told([first, first], ["3"]) == [("1", "1")]
    # Executions are named by the total with them, so here nobody can say which these are.
    assert parse.fills([last], [D(3)]) is None
    assert parse.fills([A_ROW], [D(3)]) is None


def test_sums_that_the_venue_makes_in_doubles_are_the_sums_of_its_executions():
    tenth, fifth = executed("0.1", 10, cum="0.1"), executed("0.2", 20, cum="0.30000000000000004")
    update = parse.order_update(fifth, OURS)
    assert (update.cum_qty, update.fill.cum_qty, update.fill.last_qty) == (
        D("0.3"), D("0.3"), D("0.2"),
    )
    assert told([fifth, tenth], [str(update.cum_qty)]) == [("0.1", "0.1"), ("0.2", "0.3")]
    less = executed("0.19999999999999998", 20, cum="0")
    assert told([tenth, less], []) == [("0.1", "0.1"), ("0.2", "0.3")]


def fields(one: OrderRow) -> dict[str, object]:
    return msgspec.structs.asdict(one)


def test_fills_are_added_up_by_time():
    assert sums([executed("2", 20), executed("1", 10), executed("0.5", 30)]) == [
        ("1", "1"),
        ("2", "3"),
        ("0.5", "3.5"),
    ]


def test_fills_of_one_millisecond_keep_the_order_of_the_list():
    assert sums([executed("2", 10), executed("1", 10)]) == [("2", "2"), ("1", "3")]


def test_a_list_with_the_newest_first_is_turned_round():
    newest_first = [executed("4", 20), executed("2", 10), executed("1", 10)]
    assert sums(newest_first) == [("1", "1"), ("2", "3"), ("4", "7")]


def test_cumulative_quantities_that_add_up_decide_the_order():
    rows = [executed("2", 10, cum="3"), executed("1", 10, cum="1"), executed("1", 10, cum="4")]
    assert sums(rows) == [("1", "1"), ("2", "3"), ("1", "4")]


@pytest.mark.parametrize(
    "odd",
    [
        row(last_filled_price=D(1)),
        row(last_filled_quantity=D(1)),
        row(last_filled_quantity=D("NaN"), last_filled_price=D(1)),
        row(last_filled_quantity=D("1E+99"), last_filled_price=D(1)),
        row(last_filled_quantity=D(0), last_filled_price=D(1)),
        executed("0", 10),
    ],
)
def test_a_fill_that_cannot_be_read_spoils_the_list(odd):
    with pytest.raises(Unreadable):
        parse.fills([executed("1", 10), odd], [])


# ------------------------------------------------------------------- queries

MINE = order(order_id=OURS)
FILLED = OrderUpdate(order_id=OURS, status=VenueStatus.FILLED, cum_qty=D("0.01"), asked=True)


def test_an_answer_to_a_question():
    assert parse.query_result(Answer(200, body(filledCumulativeQuantity="0.4")), OURS, NAME) == (
        OrderUpdate(order_id=OURS, status=VenueStatus.WORKING, cum_qty=D("0.4"), asked=True)
    )


def test_an_answer_that_has_the_order_twice_is_an_answer():
    twice = body(filledCumulativeQuantity="0.4")
    row_of_it = twice[twice.index(b"[") + 1 : twice.index(b"]")]
    twice = twice.replace(row_of_it, row_of_it + b"," + row_of_it)
    update = parse.query_result(Answer(200, twice), OURS, NAME)
    assert (update.status, update.cum_qty) == (VenueStatus.WORKING, D("0.4"))


def test_no_such_order():
    message = b"Order doesn't exist, please change order ID."
    update = parse.query_result(Answer(200, ERROR % (327738, message)), OURS, NAME)

    assert isinstance(update, OrderUpdate)
    assert (update.status, update.asked) == (VenueStatus.ABSENT, True)


@pytest.mark.parametrize(
    "result",
    [
        NotSent("no connection"),
        NoAnswer("timed out"),
        Answer(404, b"no such page"),  # not: no such order
        Answer(200, b"[]"),
        Answer(200, b'{"result":[],"error":null}'),
        Answer(200, b'{"result":null,"error":null}'),
        Answer(200, ERROR % (327738, b"Order_OpenOrderNotExist")),
        Answer(200, ERROR % (65579, b"server side error")),
        Answer(500, ERROR % (5243242, b"Order doesn't exist")),
        Answer(200, body(orderId='"000000011584603011942222"')),
        Answer(200, body(filledCumulativeQuantity='"rubbish"')),
        Answer(200, body(orderStatus='"PART_FILLED"', filledCumulativeQuantity="0")),
    ],
)
def test_a_question_that_was_not_answered(result):
    assert isinstance(parse.query_result(result, OURS, NAME), QueryFailed)


def test_the_manuals_fills_complete_an_answer():
    update = parse.with_fills(FILLED, MINE, Answer(200, payload("http_list_filled_order")))

    assert update.fills == (
        Fill(
            cum_qty=D("0.01"),
            last_qty=D("0.01"),
            last_px=D("9000"),
            at=1584603012164,
            commission=D("0.0450"),
            commission_currency="USD",
            liquidity=Liquidity.REMOVED,
        ),
    )
    assert (update.cum_qty, update.status, update.asked) == (D("0.01"), VenueStatus.FILLED, True)


def test_more_fills_than_the_venue_counts_are_asked_for_again():
    before = OrderUpdate(order_id=OURS, status=VenueStatus.WORKING, cum_qty=D(0))
    failed = parse.with_fills(before, MINE, Answer(200, payload("http_list_filled_order")))
    assert isinstance(failed, QueryFailed)
    assert "0.01 listed of 0 executed" in failed.text


def test_of_a_filled_order_whose_counter_lags_the_executions_are_told():
    before = OrderUpdate(order_id=OURS, status=VenueStatus.FILLED, cum_qty=D(0))
    listed = Answer(200, payload("http_list_filled_order"))
    mine = order(order_id=OURS, quantity="0.01")
    update = parse.with_fills(before, mine, listed)
    assert (update.status, update.cum_qty, update.fills[-1].cum_qty) == (
        VenueStatus.FILLED, D("0.01"), D("0.01"),
    )


def test_fills_that_fall_short_are_for_the_core_to_see():
    before = OrderUpdate(order_id=OURS, status=VenueStatus.FILLED, cum_qty=D("0.03"))
    update = parse.with_fills(before, MINE, Answer(200, payload("http_list_filled_order")))
    assert (update.cum_qty, update.status, update.fills) == (D("0.03"), VenueStatus.FILLED, None)


def test_filled_with_nothing_counted_and_nothing_listed_is_for_the_core_to_see():
    before = OrderUpdate(order_id=OURS, status=VenueStatus.FILLED, cum_qty=D(0))
    update = parse.with_fills(before, MINE, Answer(200, b"[]"))
    assert (update.status, update.cum_qty, update.fills) == (VenueStatus.FILLED, D(0), ())


def test_an_order_that_ended_filled_in_part_with_nothing_counted_is_asked_about_again():
    """PART_FILLED: "final status, partially filled order"."""
    with pytest.raises(Unreadable, match="PART_FILLED"):
        parse.order_update(row(order_status="PART_FILLED", filled_cumulative_quantity=D(0)), OURS)


@pytest.mark.parametrize(
    "result",
    [
        NoAnswer("timed out"),
        Answer(500, b""),
        Answer(200, ERROR % (65579, b"server side error")),
        Answer(200, body(lastFilledQuantity="1")),
        Answer(200, b"<html>"),
        Answer(200, b'{"result":null,"error":null}'),
        Answer(404, b"[]"),
    ],
)
def test_fills_that_were_not_listed_are_not_none(result):
    """"Could not ask" must not look like "no executions"."""
    assert isinstance(parse.with_fills(FILLED, MINE, result), QueryFailed)


def test_no_fills_is_an_answer_too():
    assert parse.with_fills(FILLED, MINE, Answer(200, b"[]")).fills == ()


def test_lists_come_bare_or_in_an_envelope():
    in_envelope = payload("http_list_open_order")
    bare = b"\n" + in_envelope[in_envelope.index(b"[") : in_envelope.rindex(b"]") + 1]

    answered = parse.read_orders(Answer(200, bare))
    assert ["PENDING_SUBMIT", "SUBMITTED"] == [each.order_status for each in answered.rows.rows]
    assert answered == parse.read_orders(Answer(200, in_envelope))


def test_the_commission_rate_of_the_manual():
    rate = parse.commission_rate(Answer(200, payload("http_get_commission_rate")))
    assert (rate.take_fee, rate.make_fee) == (D("0.003"), D(0))


@pytest.mark.parametrize(
    "result", [NoAnswer("x"), Answer(500, b""), Answer(200, b"x"), Answer(200, b"{}")]
)
def test_a_commission_rate_that_was_not_read(result):
    assert parse.commission_rate(result) is None

"""What the vendor's samples mean; and that nothing is read into what is no answer."""

import json
from decimal import Decimal as D

import pytest
from msgspec.structs import replace

from fixgw.model.enums import CxlRejReason, Liquidity, OrdRejReason, Side
from fixgw.model.ids import OrderID, VenueOrderID
from fixgw.model.settlement import Settlement
from fixgw.model.terms import Terms
from fixgw.model.venue import (
    Acked,
    Fill,
    OrderUpdate,
    Refused,
    Unknown,
    VenueStatus,
)
from fixgw.venues.kit import border
from fixgw.venues.integral import parse
from fixgw.venues.integral.parse import Login, NotFound
from fixgw.venues.integral.schemas import Listed, OrderRow, TradeRow, Trades
from fixgw.venues.outcome import NOT_SENT, Answer, NoAnswer, NotSent
from fixgw.venues.kit.payloads import Unreadable
from tests.venues.integral.payload import payload
from tests.venues.integral.venue import order

ID = OrderID("1795173920087000")
MINE = order(order_id=ID, venue_order_id=VenueOrderID("8932452311944"))


def submitted(result, *, trust_400=False):
    return parse.submit_outcome(result, MINE, trust_400=trust_400)


def error(**fields):
    return json.dumps(fields).encode()


# ----------------------------------------------------------------- commands


def test_the_reply_of_the_tutorial_is_accepted_for_processing():
    outcome, server_id = submitted(Answer(202, payload("place_limit_reply")))

    update = OrderUpdate(order_id=ID, status=VenueStatus.PENDING, native_id="4820276016")
    assert (Acked(update), "4820276016") == (outcome, server_id)


def test_a_reply_that_says_rejected_is_a_refusal():
    body = payload("place_limit_reply").replace(
        b'"RECEIVED"', b'"REJECTED","reason":"RequestValidationError.InvalidPrice"'
    )
    outcome, _ = submitted(Answer(202, body))

    assert (type(outcome), outcome.ord_rej_reason) == (Refused, OrdRejReason.OTHER)
    assert "InvalidPrice" in outcome.text


@pytest.mark.parametrize(
    "result",
    [
        NoAnswer("timed out"),
        Answer(202, b""),
        Answer(202, b"<html>"),
        Answer(202, b"\xff\xfe"),
        Answer(202, b"null"),
        Answer(202, b"[]"),
        Answer(202, b"{}"),
        Answer(202, payload("place_limit_reply").replace(b"8932452311944", b"other")),
        Answer(202, payload("place_limit_reply").replace(b"RECEIVED", b"MELTED")),
        Answer(202, payload("place_limit_reply").replace(b"EUR/USD", b"EUR/CHF")),
        Answer(202, payload("place_limit_reply").replace(b"Buy", b"Sell")),
        Answer(204, payload("place_limit_reply")),
        Answer(307, b""),
        Answer(400, b"<html>RequestValidation</html>"),
        Answer(400, b""),
        Answer(400, error(reason="RequestValidationError.DuplicateOrder", message="again")),
        Answer(400, error(reason="RequestValidationError.BrandNew", message="?")),
        Answer(400, b"RequestValidationError.amount RequestValidationError.DuplicateOrder"),
        Answer(401, b"<html>"),
        Answer(403, error(message="no")),
        Answer(404, error(message="no")),
        Answer(429, error(message="later")),
        Answer(500, error(message="RequestValidationError.amount")),
        Answer(502, b"Bad Gateway"),
        Answer(503, error(message="later")),
    ],
)
def test_what_does_not_prove_a_refusal_is_unknown(result):
    outcome, server_id = submitted(result)

    assert (Unknown, "") == (type(outcome), server_id)


@pytest.mark.parametrize(
    "result, code, reason",
    [
        (NotSent("no connection"), NOT_SENT, OrdRejReason.BROKER_OPTION),
        (
            Answer(400, error(reason="RequestValidationError.InvalidPrice", message="m")),
            "RequestValidationError.InvalidPrice",
            OrdRejReason.OTHER,
        ),
        (
            Answer(400, error(message="RequestValidationError.tradingDisabled")),
            "RequestValidationError.tradingDisabled",
            OrdRejReason.EXCHANGE_CLOSED,
        ),
        (Answer(400, error(message="bad")), "HTTP 400", OrdRejReason.BROKER_OPTION),
        (Answer(401, error(message="who?")), "HTTP 401", OrdRejReason.BROKER_OPTION),
        (Answer(401, b""), "HTTP 401", OrdRejReason.BROKER_OPTION),
    ],
)
def test_what_proves_a_refusal(result, code, reason):
    outcome, _ = submitted(result)

    assert (Refused, code, reason) == (type(outcome), outcome.code, outcome.ord_rej_reason)


def test_a_bare_400_is_proof_only_where_the_settings_say_so():
    assert isinstance(submitted(Answer(400, b"<html>"), trust_400=True)[0], Refused)
    assert isinstance(submitted(Answer(401, b"<html>"), trust_400=True)[0], Unknown)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_cancel_that_is_answered_well_is_taken_on_and_not_done(status):
    assert Acked() == parse.cancel_outcome(Answer(status, b"anything"), trust_400=False)


@pytest.mark.parametrize(
    "result, reason",
    [
        (Answer(404, error(message="gone")), CxlRejReason.UNKNOWN_ORDER),
        (Answer(404, b""), CxlRejReason.UNKNOWN_ORDER),
        (Answer(404, b"<html>"), None),
        (Answer(400, error(message="RequestValidationError.tradingDisabled")), CxlRejReason.OTHER),
        (Answer(401, error(message="who?")), CxlRejReason.BROKER_OPTION),
        (Answer(500, error(message="stop")), None),
        (NotSent("no connection"), CxlRejReason.BROKER_OPTION),
        (NoAnswer("timed out"), None),
    ],
)
def test_what_becomes_of_a_cancel(result, reason):
    outcome = parse.cancel_outcome(result, trust_400=False)

    assert reason == (outcome.cxl_rej_reason if isinstance(outcome, Refused) else None)


def test_http_500_and_401_are_told_apart():
    assert parse.is_halt(Answer(500, b"")) and not parse.is_halt(Answer(502, b""))
    assert parse.is_unauthorized(Answer(401, b""))
    assert not parse.is_unauthorized(NoAnswer("x")) and not parse.is_halt(NoAnswer("x"))


# ------------------------------------------------------------------ queries


def test_an_order_or_a_list_of_them_is_read():
    one = payload("place_limit_reply")
    for body in (one, b"[" + one + b"]"):
        (row,) = parse.read_orders(Answer(200, body)).rows
        assert ("8932452311944", "4820276016", "RECEIVED") == (
            row.co_id, row.server_id, row.status,
        )
    assert Listed([], []) == parse.read_orders(Answer(200, b"[]"))
    assert NotFound("none") == parse.read_orders(Answer(404, error(message="none")))


@pytest.mark.parametrize(
    "result",
    [
        NoAnswer("timed out"), NotSent("no"), Answer(200, b"<html>"), Answer(200, b"null"),
        Answer(404, b"<html>"), Answer(500, b""), Answer(401, b""), Answer(202, b"[]"),
    ],
)
def test_could_not_ask_is_never_no_orders(result):
    with pytest.raises(Unreadable):
        parse.read_orders(result)


@pytest.mark.parametrize(
    "status, means",
    [
        ("RECEIVED", VenueStatus.PENDING),
        ("NEW", VenueStatus.WORKING),
        ("FILLED", VenueStatus.FILLED),
        ("EXPIRED", VenueStatus.EXPIRED),
        ("REJECTED", VenueStatus.REJECTED),
        ("PARTIALLY_FILLED", VenueStatus.WORKING),
        ("PartiallyFilled", VenueStatus.WORKING),
        ("PARTIAL", VenueStatus.WORKING),
        ("CANCELLED", VenueStatus.CANCELED),
        ("CANCELED", VenueStatus.CANCELED),
    ],
)
def test_each_status(status, means):
    row = OrderRow(co_id="8932452311944", order_id="1", status=status)

    assert means is parse.order_update(row, MINE).status


def test_a_status_of_no_table_is_not_guessed_at():
    update = parse.order_update(OrderRow(status="MELTED"), MINE)

    assert (VenueStatus.UNCLEAR, "MELTED") == (update.status, update.state)


def test_a_row_that_cannot_be_read_concerns_its_own_order_only():
    one = payload("place_limit_reply")
    odd = [one.replace(b'"coId":"8932452311944"', b'"coId":null'), b"7", b'{"coId":17}']
    broken = one.replace(b'"8932452311944"', b'"OTHER"').replace(b'"RECEIVED"', b"[]")

    listed = parse.read_orders(Answer(200, b"[%b,%b,%b,%b,%b]" % (*odd, broken, one)))

    assert ["8932452311944"] == [row.co_id for row in listed.of("8932452311944")]
    assert () == tuple(listed.of("UNKNOWN"))
    with pytest.raises(Unreadable, match="status"):
        listed.of("OTHER")


# ------------------------------------------------------------------- trades


def executed(rows, mine=MINE):
    return parse.executions(
        Trades(rows), mine, ("Verified",), ("Cancelled",), "4820276016"
    )


def executions(rows, mine=MINE):
    found = executed(rows, mine)
    assert not found.problem
    return found.fills


def trade(number: int, amount: str, second: int = 0, **more):
    fields = {
        "trade_id": f"FXI{number}",
        "status": "Verified",
        "dealt_amount": D(amount),
        "rate": D("1.1"),
        "execution_time": f"2023-06-02 18:31:{second:02d},000 +0000",
    }
    return TradeRow(**{**fields, **more})


def test_the_trade_of_the_tutorial():
    rows = parse.read_trades(Answer(200, payload("done_trades"))).rows

    assert (
        Fill(
            cum_qty=D(1000000),
            last_qty=D(1000000),
            last_px=D("1.0971678"),
            at=1_685_730_661_301,
            venue_exec_id="FXI9369258100",
            liquidity=Liquidity.REMOVED,
            settlement=Settlement(
                date="20230615", trade_date="20230602", currency="USD", counterparty="BrokerOrg1"
            ),
        ),
    ) == executions(rows)


@pytest.mark.parametrize(("dealt", "kind", "paid"), [
    ("", "Spot", "USD"), ("EUR", "Outright", "USD"), ("USD", "Spot", "EUR"), ("EUR", "NDF", ""),
])
def test_what_a_trade_is_settled_in(dealt: str, kind: str, paid: str):
    mine = replace(MINE, terms=Terms(currency=dealt))
    [fill] = executions([trade(1, "1", trade_type=kind)], mine=mine)

    assert fill.settlement == Settlement(currency=paid)


@pytest.mark.parametrize("said", ["", "tomorrow", "0001-01-01", "2023-13-01", "2023-06-15T00:00"])
def test_what_is_no_date_of_a_trade_is_not_told_as_one(said: str):
    [fill] = executions([trade(1, "1", value_date=said, trade_date=said)])

    assert (fill.settlement.date, fill.settlement.trade_date) == ("", "")


def test_trades_are_added_up_by_their_time_and_then_by_their_number():
    rows = [trade(10, "3", 2), trade(9, "2", 2), trade(11, "1", 1)]

    assert [("FXI11", D(1)), ("FXI9", D(3)), ("FXI10", D(6))] == [
        (fill.venue_exec_id, fill.cum_qty) for fill in executions(rows)
    ]


def test_a_trade_that_is_listed_twice_counts_once_and_one_not_verified_does_not():
    rows = [trade(1, "1"), trade(1, "1"), trade(2, "2", status="Pending"), trade(3, "4", status="")]

    found = executed(rows)

    assert ([D(1)], "trade FXI2: status 'Pending'") == (
        [fill.cum_qty for fill in found.fills], found.uncounted
    )


def test_one_trade_told_in_two_ways_in_one_answer_is_believed_neither_and_the_end_waits():
    found = executed([trade(1, "1"), trade(1, "3"), trade(2, "4", 1)])

    assert "trade FXI1 is listed twice and not the same" in found.problem
    assert ["FXI2"] == [fill.venue_exec_id for fill in found.fills]


def test_a_trade_that_was_taken_back_is_told_as_busted_and_counts_for_nothing():
    gone = trade(2, "2", 1, status="CANCELLED", rate=None, dealt_amount=None)
    fills = executions([trade(1, "1"), gone, trade(3, "4", 2)])

    assert [("FXI1", D(1), False), ("FXI2", D(1), True), ("FXI3", D(5), False)] == [
        (fill.venue_exec_id, fill.cum_qty, fill.busted) for fill in fills
    ]


def test_the_only_trade_of_an_order_can_be_taken_back_and_no_price_is_made_up():
    [fill] = executions([trade(1, "1", status="Cancelled")])

    assert (D(0), True) == (fill.cum_qty, fill.busted)


def test_an_amended_trade_is_told_as_it_is_now():
    [fill] = executions([trade(1, "900", rate=D("1.09"))])

    assert (D(900), D(900), D("1.09")) == (fill.cum_qty, fill.last_qty, fill.last_px)


def test_a_quantity_and_a_price_that_were_calculated_in_doubles_are_what_was_meant():
    [fill] = executions([trade(1, "0.30000000000000004", rate=D("1.1999999999999999556"))])

    assert (D("0.3"), D("0.3"), D("1.2")) == (fill.cum_qty, fill.last_qty, fill.last_px)


def test_sums_are_exact_however_many_digits_the_venue_writes():
    body = payload("done_trades").strip()[1:-1]
    rows = [
        body.replace(b"258100", b"%d" % number).replace(b"1000000", amount)
        for number, amount in ((258100, b"0.1"), (258101, b"0.2"))
    ]
    trades = parse.read_trades(Answer(200, b"[" + b",".join(rows) + b"]"))

    assert [D("0.1"), D("0.3")] == [fill.cum_qty for fill in executions(trades.rows)]


@pytest.mark.parametrize(
    "changes, text",
    [
        ({"dealt_amount": None}, "dealtAmount"),
        ({"dealt_amount": D(0)}, "dealtAmount"),
        ({"dealt_amount": D("NaN")}, "dealtAmount"),
        ({"dealt_amount": D("1E+60")}, "dealtAmount"),
        ({"rate": None}, "no rate"),
        ({"rate": D(0)}, "a price of 0"),
        ({"rate": D(0), "spot_rate": D("1.1"), "trade_type": "Spot"}, "a price of 0"),
        ({"rate": D("NaN")}, "a price of NaN"),
        ({"rate": D("1E+999999")}, "a price of"),
        ({"trade_id": "A" * 200}, "tradeId"),
        ({"rate": None, "spot_rate": D("1.1"), "trade_type": "Outright"}, "no rate"),
        ({"side": "Sell"}, "side is SELL"),
        ({"symbol": "EUR/CHF"}, "symbol is EUR/CHF"),
        ({"currency": "USD"}, "currency is USD"),
    ],
)
def test_a_trade_that_makes_no_sense_is_not_counted(changes, text):
    found = executed([trade(1, "1", **changes), trade(2, "4", 1)])

    assert text in found.problem
    assert [("FXI2", D(4))] == [(fill.venue_exec_id, fill.cum_qty) for fill in found.fills]


def test_a_trade_of_another_order_is_none_of_ours():
    rows = [
        trade(1, "1", co_id="17"), trade(2, "2", order_id=9), trade(3, "4", order_id=4820276016),
    ]

    assert ["FXI3"] == [fill.venue_exec_id for fill in executions(rows)]


@pytest.mark.parametrize(
    "field",
    ["valueDate", "tradeDate", "counterparty", "maker", "executionTime", "tradeType", "channel"],
)
@pytest.mark.parametrize("written", [b"null", b"7", b"[]", b"{}", b'""', b'"\\u0000"'])
def test_what_only_decorates_hides_no_trade(field, written):
    body = payload("done_trades")
    before = body.index(b'"%b": ' % field.encode()) + len(field) + 4
    after = body.index(b",", before)
    if field == "executionTime":
        after = body.index(b",", after + 1)

    trades = parse.read_trades(Answer(200, body[:before] + written + body[after:]))

    assert [D(1000000)] == [fill.last_qty for fill in executions(trades.rows)]


@pytest.mark.parametrize(
    "written",
    ["9999-12-31 23:59:59,999 -1200", "0001-01-01 00:00:00,000 +1200", "10000-01-01 00:00:00,000"],
)
def test_a_time_that_cannot_be_is_not_the_time_of_an_execution(written):
    at = executions([trade(1, "1", execution_time=written)])[0].at

    assert not at or border.time_ms(at, 1_800_000_000_000) is None


def test_an_end_waits_while_a_trade_cannot_be_read():
    update = OrderUpdate(order_id=ID, status=VenueStatus.CANCELED)
    found = executed([trade(1, "1"), trade(2, "2", rate=D(0))])

    completed = parse.with_fills(update, found)

    assert (VenueStatus.PENDING, D(1)) == (completed.status, completed.cum_qty)


def test_the_price_of_a_spot_may_be_its_spot_rate():
    rows = [trade(1, "1", rate=None, spot_rate=D("1.2"), trade_type="Spot")]

    assert D("1.2") == executions(rows)[0].last_px


def test_no_trades_and_no_answer_are_told_apart():
    assert Trades() == parse.read_trades(Answer(404, error(message="none")))
    for result in (NoAnswer("x"), Answer(500, b""), Answer(200, b"<html>"), Answer(404, b"<html>")):
        with pytest.raises(Unreadable):
            parse.read_trades(result)


def test_an_update_is_completed_by_its_executions():
    update = OrderUpdate(order_id=ID, status=VenueStatus.FILLED)
    found = executed([trade(1, "1", side="Buy")])
    completed = parse.with_fills(update, found)
    nothing = parse.with_fills(update, parse.Executed(()))

    assert (VenueStatus.FILLED, D(1), found.fills) == (
        completed.status, completed.cum_qty, completed.fills
    )
    assert (D(0), ()) == (nothing.cum_qty, nothing.fills)


# -------------------------------------------------------------------- login


def test_a_token_lives_as_long_as_the_venue_says_by_its_own_clock():
    assert Login(59.999, 1_665_490_420_730) == parse.login(Answer(200, payload("login_reply")))


@pytest.mark.parametrize(
    "result",
    [
        NoAnswer("x"),
        Answer(401, error(message="Invalid user")),
        Answer(200, b"<html>"),
        Answer(200, error(status="FAILED", errorCode="E1")),
        Answer(200, error(status="OK")),
        Answer(200, error(status="OK", expiryTime=5, serverUTCTime=5)),
    ],
)
def test_no_token(result):
    with pytest.raises(Unreadable):
        parse.login(result)


def test_sides_are_the_orders():
    sell = order(side=Side.SELL)
    with pytest.raises(Unreadable, match="side"):
        parse.order_update(OrderRow(status="NEW", side="Buy"), sell)

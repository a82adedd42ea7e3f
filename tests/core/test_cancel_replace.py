"""OrderCancelReplaceRequest(35=G): what the venue is asked, what the client hears, and that never
more than OrderQty(38) is executed."""

import pytest
from msgspec.structs import replace

from fixgw.core.orders.client_order import total_notional, total_qty
from fixgw.model.enums import Command, CxlRejReason, OrdStatus
from fixgw.model.requests import OrderCancelReplaceRequest
from fixgw.model.terms import Terms
from fixgw.model.venue import Acked, Refused
from tests.support.orders import (
    ABSENCE_PROOF_MS,
    CAPABILITIES,
    INSTRUMENTS,
    Exchange,
    accepted,
    answer,
    cancel_refused,
    canceled_as_asked,
    execution,
    fill,
    lost,
    news,
    outcome,
    refused,
    replaced,
    request,
)

TOLD = ("11", "41", "150", "39", "38", "44", "14", "151", "6", "102", "434", "58")
NATIVE = replace(CAPABILITIES, replace=True)


def working(exchange: Exchange, quantity: int = 10) -> Exchange:
    """X is at the venue."""
    exchange.client(f"35=D|11=X|38={quantity}|")
    exchange.venue(accepted())
    exchange.reports()
    exchange.commands()
    return exchange


@pytest.fixture
def native() -> Exchange:
    """A venue that replaces in one step."""
    return working(Exchange(NATIVE))


@pytest.fixture
def by_cancel() -> Exchange:
    """A venue that cannot, and a client that wants it all the same."""
    return working(Exchange(replace_by_cancel=True))


# ------------------------------------------------------------------ in one step


def test_the_new_order_takes_the_place_of_the_old_one(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|44=101|")
    assert ["11=Y|41=X|150=E|39=E|38=10|44=100|14=0|151=10|6=0"] == native.reports(*TOLD)
    assert ["replace X by Y: 12 at 101"] == native.commands()

    native.venue(replaced())
    assert ["11=Y|41=X|150=5|39=0|38=12|44=101|14=0|151=12|6=0"] == native.reports(*TOLD)
    assert [] == native.commands()
    assert not len(native.engine.proofs)

    native.venue(fill("t1", 12))
    assert ["11=Y|150=F|39=2|38=12|44=101|14=12|151=0|6=100"] == native.reports(*TOLD)


def test_both_are_one_order_to_the_client(native: Exchange) -> None:
    first = native.order("X").order_id
    native.client("35=G|11=Y|41=X|38=12|")
    native.venue(replaced())
    native.client("35=H|11=Y|")
    native.client("35=H|11=X|")

    assert {f"37={first}"} == set(native.reports("37"))


def test_what_was_executed_counts_and_what_executes_meanwhile_too(native: Exchange) -> None:
    native.venue(fill("t1", 4))
    native.reports()
    native.client("35=G|11=Y|41=X|38=12|44=101|")
    native.reports()
    # From the beginning of X: the venue takes off what X has executed when it comes to it.
    assert ["replace X by Y: 12 at 101"] == native.commands()

    native.venue(fill("t2", 1), order="X")
    assert ["11=X|150=F|39=E|38=10|44=100|14=5|151=5|6=100"] == native.reports(*TOLD)

    native.venue(replaced(cum_qty="5"), order="Y")
    assert ["11=Y|41=X|150=5|39=1|38=12|44=101|14=5|151=7|6=100"] == native.reports(*TOLD)

    native.venue(fill("u1", 7, 103), order="Y")
    assert ["11=Y|150=F|39=2|38=12|44=101|14=12|151=0|6=101.75"] == native.reports(*TOLD)


def test_an_execution_of_the_old_order_that_is_told_late_counts(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|")
    native.reports()
    native.commands()
    native.venue(replaced(cum_qty="3"))
    assert ["150=5|39=0|14=0|151=12"] == native.reports("150", "39", "14", "151")
    # It told how much, not what: it is asked.
    assert ["query fills of X"] == native.commands()

    native.venue(answer("canceled", cum_qty="3", fills=(execution("t1", 3, cum=3),)), order="X")
    assert ["11=Y|150=F|39=1|14=3|151=9"] == native.reports("11", "150", "39", "14", "151")
    assert not len(native.engine.proofs)


def test_a_replacement_that_is_rejected_because_the_order_was_filled_ends(
    native: Exchange,
) -> None:
    native.client("35=G|11=Y|41=X|38=10|44=101|")
    native.venue(outcome(Command.REPLACE, Acked()))
    native.venue(fill("t1", 10), order="X")
    native.reports()
    assert len(native.engine.proofs)

    native.venue(answer("rejected", cum_qty="0", text="nothing left"), order="Y")
    assert ["35=9|11=Y|41=X|39=2|102=99|434=2|58=nothing left"] == native.reports(*TOLD)
    assert not len(native.engine.proofs)


def test_a_refused_replace_leaves_the_order_as_it_is(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|")
    native.reports()
    native.commands()
    native.venue(outcome(Command.REPLACE, Refused("90", "no", cxl_rej_reason=CxlRejReason.OTHER)))

    assert ["35=9|11=Y|41=X|39=0|102=99|434=2|58=no"] == native.reports(*TOLD)
    # Why it was refused may show in the order's state.
    assert ["query X"] == native.commands()
    native.venue(answer("working"), order="X")
    native.client("35=H|11=X|")
    native.client("35=H|11=Y|")
    told = "11=X|150=I|39=0|38=10|44=100|14=0|151=10|6=0"
    assert [told, told] == native.reports(*TOLD)


def test_a_replace_without_an_answer_is_asked_about_and_found_done(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|")
    native.reports()
    native.commands()
    native.venue(lost(Command.REPLACE))
    native.wait(0.3)
    assert {"query X", "query Y"} == set(native.commands())
    assert [] == native.reports()

    native.venue(answer("working"), order="Y")
    assert ["11=Y|41=X|150=5|39=0|38=12|44=100|14=0|151=12|6=0"] == native.reports(*TOLD)
    native.venue(answer("canceled", cum_qty="0"), order="X")
    assert [] == native.reports()
    assert not len(native.engine.proofs)


def test_a_replace_that_never_arrived_is_rejected_and_never_sent_again(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|")
    native.venue(lost(Command.REPLACE))
    native.wait(1)
    native.reports()
    native.venue(answer("working"), order="X")
    native.venue(answer("absent"), order="Y")
    # It may still arrive.
    assert [] == native.reports()

    for _ in range(5):
        native.wait(ABSENCE_PROOF_MS / 1000)
        native.venue(answer("absent"), order="Y")

    assert ["35=9|11=Y|41=X|39=0|102=99|434=2|58=the venue has not replaced the order"] == (
        native.reports(*TOLD)
    )
    assert 1 == native.submits[native.order("Y").order_id]


def test_the_order_s_own_end_is_told_when_nothing_takes_its_place(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|")
    native.reports()
    native.venue(news("canceled", text="by the venue"), order="X")
    assert [] == native.reports()

    native.venue(outcome(Command.REPLACE, Refused("80", "not found")))
    assert [
        "11=X|150=4|39=4|38=10|44=100|14=0|151=0|6=0|58=by the venue",
        "35=9|11=Y|41=X|39=4|102=2|434=2|58=not found",
    ] == native.reports(*TOLD)


def test_an_order_that_fills_first_is_not_replaced(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|")
    native.reports()
    native.venue(fill("t1", 10), order="X")
    native.venue(outcome(Command.REPLACE, Refused("80", "not found")))

    assert [
        "11=X|150=F|39=E|38=10|44=100|14=10|151=0|6=100",
        "35=9|11=Y|41=X|39=2|102=2|434=2|58=not found",
    ] == native.reports(*TOLD)


def test_one_that_the_venue_has_not_accepted_is_replaced_as_soon_as_it_has() -> None:
    exchange = Exchange(NATIVE)
    exchange.client("35=D|11=X|38=10|")
    exchange.client("35=G|11=Y|41=X|38=12|")
    assert ["submit X"] == exchange.commands()

    exchange.venue(accepted(), order="X")
    assert ["replace X by Y: 12 at 100"] == exchange.commands()
    exchange.venue(replaced())
    assert ["150=A|39=A", "150=E|39=E", "150=0|39=E", "150=5|39=0"] == (
        exchange.reports("150", "39")
    )


def test_one_that_the_venue_refuses_is_rejected_and_so_is_its_replace() -> None:
    exchange = Exchange(NATIVE)
    exchange.client("35=D|11=X|38=10|")
    exchange.client("35=G|11=Y|41=X|38=12|")
    exchange.reports()
    exchange.venue(refused("no money"), order="X")

    assert [
        "11=X|150=8|39=8|38=10|44=100|14=0|151=0|6=0|58=no money",
        "35=9|11=Y|41=X|39=8|102=0|434=2|58=the order is REJECTED",
    ] == exchange.reports(*TOLD)


def test_the_whole_quantity_has_the_venue_s_limits_and_not_what_is_left_of_it() -> None:
    """It takes 2 at least; of the 10 that it is told 1 is left."""
    exchange = Exchange(NATIVE, instruments=INSTRUMENTS)
    exchange.client("35=D|11=X|38=10|55=ETH/USDT|")
    exchange.venue(accepted(), fill("t1", 9))
    exchange.commands()
    exchange.client("35=G|11=Y|41=X|38=10|44=101|55=ETH/USDT|")

    assert ["replace X by Y: 10 at 101"] == exchange.commands()


def test_an_operator_is_shown_what_a_replaced_order_and_those_before_it_executed(
    native: Exchange,
) -> None:
    for old, new in (("X", "Y"), ("Y", "Z")):
        native.venue(fill(f"of {old}", 2), order=old)
        native.client(f"35=G|11={new}|41={old}|38=12|")
        native.venue(replaced(cum_qty="2"), order=new)

    assert [2, 4, 4] == [total_qty(leg) for leg in native.engine.orders]
    assert [200, 400, 400] == [total_notional(leg) for leg in native.engine.orders]


def test_replaces_follow_one_another(native: Exchange) -> None:
    native.venue(fill("t1", 2))
    for old, new, quantity in (("X", "Y", 20), ("Y", "Z", 15)):
        native.client(f"35=G|11={new}|41={old}|38={quantity}|")
        native.venue(replaced(cum_qty="2" if old == "X" else "3"), order=new)
        if new == "Y":
            native.venue(fill("u1", 3), order="Y")
    # 20 less the 2 of X are Y's; of these 3 were executed: Z is told from Y's beginning.
    assert ["replace X by Y: 20 at 100", "replace Y by Z: 13 at 100"] == native.commands()

    native.reports()
    native.client("35=H|11=X|")
    assert ["11=Z|150=I|39=1|38=15|44=100|14=5|151=10|6=100"] == native.reports(*TOLD)
    native.client("35=F|11=C|41=Z|")
    native.venue(canceled_as_asked(), order="Z")
    assert ["11=C|41=Z|150=6|39=6|14=5", "11=C|41=Z|150=4|39=4|14=5"] == (
        native.reports("11", "41", "150", "39", "14")
    )


def test_one_request_at_a_time(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|")
    native.reports()
    native.client("35=G|11=Z|41=X|38=13|")
    native.client("35=F|11=C|41=X|")

    # FIX 4.4, CxlRejReason(102) 3: the order is in Pending Cancel or Pending Replace already.
    assert [
        "35=9|11=Z|41=X|39=E|102=3|434=2|58=a cancel or replace is pending already",
        "35=9|11=C|41=X|39=E|102=3|434=1|58=a replace is pending",
    ] == native.reports(*TOLD)


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTC/USDT", "BTC-USDT"])
def test_the_symbol_may_be_written_in_another_way(symbol: str) -> None:
    exchange = working(Exchange(NATIVE))
    exchange.client(f"35=G|11=Y|41=X|38=12|55={symbol}|")
    exchange.venue(replaced(), order="Y")

    assert ["11=Y|150=E|55=BTC/USDT", f"11=Y|150=5|55={symbol}"] == exchange.reports(
        "11", "150", "55"
    )


def test_a_security_id_may_name_what_a_symbol_named_before() -> None:
    exchange = working(Exchange(NATIVE))
    asked = request("35=G|11=Y|41=X|38=12|55=BTC-USDT|")
    assert isinstance(asked, OrderCancelReplaceRequest)
    by_id = replace(asked.order, terms=Terms(security_id="BTC-USDT", security_id_source="8"))
    exchange.handle(replace(asked, order=by_id))

    assert ["11=Y|150=E"] == exchange.reports("11", "150")


@pytest.mark.parametrize(
    ("message", "answer_"),
    {
        "unknown": (
            "35=G|11=Y|41=W|38=12|", "35=9|11=Y|41=W|39=8|102=1|434=2|58=unknown order",
        ),
        "used": (
            "35=G|11=X|41=X|38=12|",
            "35=9|11=X|41=X|39=0|102=6|434=2|58=ClOrdID(11) 'X' was used before",
        ),
        "another side": (
            "35=G|11=Y|41=X|38=12|54=2|",
            "35=9|11=Y|41=X|39=0|102=99|434=2|58=Side(54) cannot be replaced: it is '1', the "
            "request says '2'",
        ),
        "another validity": (
            "35=G|11=Y|41=X|38=12|59=3|",
            "35=9|11=Y|41=X|39=0|102=99|434=2|58=TimeInForce(59) cannot be replaced: it is '1', "
            "the request says '3'",
        ),
        "no quantity": (
            "35=G|11=Y|41=X|38=0|",
            "35=9|11=Y|41=X|39=0|102=99|434=2|58=OrderQty(38) 0 is not above 0",
        ),
    }.values(),
)
def test_what_cannot_be_is_rejected_at_once(
    native: Exchange, message: str, answer_: str
) -> None:
    native.client(message)

    assert [answer_] == native.reports(*TOLD)
    assert [] == native.commands()


def test_a_closed_order_is_too_late_to_replace(native: Exchange) -> None:
    native.venue(fill("t1", 10))
    native.reports()
    native.client("35=G|11=Y|41=X|38=12|")

    assert ["35=9|11=Y|41=X|39=2|102=0|434=2|58=the order is FILLED"] == native.reports(*TOLD)


def test_a_resent_request_is_answered_with_what_became_of_it(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|")
    native.venue(replaced())
    native.reports()
    native.client("35=G|11=Y|41=X|38=12|97=Y|")

    assert ["11=Y|150=I|39=0|38=12|44=100|14=0|151=12|6=0"] == native.reports(*TOLD)
    assert ["replace X by Y: 12 at 100"] == native.commands()


# --------------------------------------------------------- where a venue cannot


def test_a_venue_without_it_says_so_unless_the_session_wants_a_cancel_and_a_new_order() -> None:
    exchange = working(Exchange())
    exchange.client("35=G|11=Y|41=X|38=12|")

    assert ["35=9|11=Y|41=X|39=0|102=2|434=2|58=the venue has no replace"] == (
        exchange.reports(*TOLD)
    )


def test_the_new_order_leaves_when_the_old_one_is_gone_with_what_is_left(
    by_cancel: Exchange,
) -> None:
    by_cancel.client("35=G|11=Y|41=X|38=12|44=101|")
    assert ["150=E|39=E"] == by_cancel.reports("150", "39")
    assert ["cancel X"] == by_cancel.commands()

    by_cancel.venue(news("canceled", cum_qty="4"), order="X")
    # Its end proves nothing before all its executions are known.
    assert [] == by_cancel.reports()
    assert ["query fills of X"] == by_cancel.commands()

    by_cancel.venue(answer("canceled", cum_qty="4", fills=(execution("t1", 4, cum=4),)), order="X")
    assert ["11=X|150=F|39=E|14=4"] == by_cancel.reports("11", "150", "39", "14")
    assert ["submit Y: 8"] == by_cancel.commands()

    by_cancel.venue(accepted(), order="Y")
    assert ["11=Y|41=X|150=5|39=1|38=12|44=101|14=4|151=8|6=100"] == by_cancel.reports(*TOLD)
    by_cancel.venue(fill("u1", 8, 101), order="Y")
    assert ["150=F|39=2|14=12|151=0"] == by_cancel.reports("150", "39", "14", "151")


def test_a_replace_to_what_is_executed_or_less_ends_the_order_there(by_cancel: Exchange) -> None:
    """FIX 4.2 matrix D.11: OrderQty is amended to CumQty, and filled outranks."""
    by_cancel.venue(fill("t1", 4))
    by_cancel.reports()
    by_cancel.client("35=G|11=Y|41=X|38=3|")
    by_cancel.reports()
    by_cancel.venue(canceled_as_asked("4"), order="X")

    assert [
        "11=Y|41=X|150=5|39=2|38=4|44=100|14=4|151=0|6=100|58=OrderQty(38) is amended to "
        "CumQty(14) 4"
    ] == by_cancel.reports(*TOLD)
    assert ["cancel X"] == by_cancel.commands()


def test_the_same_where_the_venue_replaces_in_one_step(native: Exchange) -> None:
    native.venue(fill("t1", 4))
    native.reports()
    native.client("35=G|11=Y|41=X|38=4|")

    assert ["cancel X"] == native.commands()


def test_an_order_that_fills_instead_of_being_cancelled_is_not_followed(
    by_cancel: Exchange,
) -> None:
    by_cancel.client("35=G|11=Y|41=X|38=12|")
    by_cancel.reports()
    by_cancel.commands()
    by_cancel.venue(fill("t1", 10), order="X")

    assert [
        "11=X|150=F|39=E|38=10|44=100|14=10|151=0|6=100",
        "35=9|11=Y|41=X|39=2|102=0|434=2|58=the order is FILLED",
    ] == by_cancel.reports(*TOLD)
    assert [] == by_cancel.commands()


def test_a_refused_cancel_leaves_the_order_and_rejects_the_replace(by_cancel: Exchange) -> None:
    by_cancel.client("35=G|11=Y|41=X|38=12|")
    by_cancel.reports()
    by_cancel.commands()
    by_cancel.venue(cancel_refused("busy"), order="X")
    assert ["query X"] == by_cancel.commands()
    by_cancel.venue(answer("working"), order="X")

    assert ["35=9|11=Y|41=X|39=0|102=2|434=2|58=busy"] == by_cancel.reports(*TOLD)
    by_cancel.wait(120)
    assert "cancel X" not in by_cancel.commands()


def test_a_new_order_that_is_refused_leaves_the_old_one_canceled(by_cancel: Exchange) -> None:
    by_cancel.client("35=G|11=Y|41=X|38=12|")
    by_cancel.venue(canceled_as_asked("0"), order="X")
    by_cancel.reports()
    by_cancel.venue(refused("no money"), order="Y")

    assert [
        "11=X|150=4|39=4|38=10|44=100|14=0|151=0|6=0|58=canceled to be replaced",
        "35=9|11=Y|41=X|39=4|102=2|434=2|58=no money",
    ] == by_cancel.reports(*TOLD)


def test_a_client_that_is_gone_has_nothing_sent(by_cancel: Exchange) -> None:
    by_cancel.client("35=G|11=Y|41=X|38=12|")
    by_cancel.reports()
    by_cancel.client_gone()
    assert ["35=9|11=Y|41=X|39=0|102=99|434=2|58=the client is gone"] == by_cancel.reports(*TOLD)

    by_cancel.venue(canceled_as_asked(), order="X")
    assert ["11=X|150=4|39=4|38=10|44=100|14=0|151=0|6=0|58=the client is gone"] == (
        by_cancel.reports(*TOLD)
    )
    assert not any(command.startswith("submit Y") for command in by_cancel.commands())


def test_a_client_that_is_gone_has_both_cancelled(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|")
    native.commands()
    native.client_gone()
    assert ["cancel X"] == native.commands()

    native.venue(replaced())
    assert ["cancel Y"] == native.commands()


# ----------------------------------------------------------------- after a death


@pytest.mark.parametrize("moment", ["asked", "canceled", "submitted"])
def test_a_restart_goes_on_where_it_was(by_cancel: Exchange, moment: str) -> None:
    by_cancel.client("35=G|11=Y|41=X|38=12|")
    if moment != "asked":
        by_cancel.venue(canceled_as_asked("0"), order="X")
    by_cancel.reports()
    by_cancel.commands()

    by_cancel.restart()
    by_cancel.wait(0.1)
    if moment == "asked":
        assert ["query X"] == by_cancel.commands()
        by_cancel.venue(answer("canceled", cum_qty="0"), order="X")
        assert ["submit Y"] == by_cancel.commands()
    else:
        assert ["query Y"] == by_cancel.commands()
    by_cancel.venue(answer("working"), order="Y")
    assert ["11=Y|41=X|150=5|39=0"] == by_cancel.reports("11", "41", "150", "39")
    assert 1 == by_cancel.submits[by_cancel.order("Y").order_id]
    assert OrdStatus.REPLACED is by_cancel.order("X").status


def test_a_restart_asks_about_both_sides_of_a_replace_in_one_step(native: Exchange) -> None:
    native.client("35=G|11=Y|41=X|38=12|")
    native.reports()
    native.commands()
    native.restart()
    native.wait(0.1)

    assert {"query X", "query Y"} == set(native.commands())
    native.venue(answer("working"), order="Y")
    native.restart()
    native.commands()
    native.wait(0.1)
    # What X had executed is not known yet.
    assert ["query X"] == native.commands()
    native.venue(answer("canceled", cum_qty="2", fills=(execution("t1", 2, cum=2),)), order="X")
    assert ["150=5|14=0", "150=F|14=2"] == native.reports("150", "14")
    native.restart()
    assert not len(native.engine.proofs)


def test_whose_order_it_is_can_be_replaced_only_where_that_means_nothing(
    native: Exchange,
) -> None:
    def ask(exchange: Exchange) -> list[str]:
        wanted = request("35=G|11=Y|41=X|38=12|")
        assert isinstance(wanted, OrderCancelReplaceRequest)
        whole = replace(wanted.order, terms=Terms(on_behalf_of="ACME"))
        exchange.handle(replace(wanted, order=whole))
        return exchange.reports("35", "150", "102")

    # A hub may write there what it likes.
    assert ["35=8|150=E"] == ask(native)
    meant = working(Exchange(replace(NATIVE, terms=frozenset({"on_behalf_of"}))))
    assert ["35=9|102=99"] == ask(meant)

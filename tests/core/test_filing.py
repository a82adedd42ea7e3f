"""Orders leave memory when they are over, and come back when something names them.

Each story is told to two engines: of the one the orders leave as soon as they may. Whatever is
said later is answered by both alike (tests/support/filing.py sees to it), and here as it should be.
"""

import gc
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from fixgw.core.orders.index import Filed
from fixgw.core.orders.leg import Leg
from fixgw.core.portions import AT_ONCE_UNITS, REPORT
from fixgw.core.state import EngineState
from fixgw.model.enums import Command
from fixgw.model.errors import IllegalTransition
from fixgw.model.events import OrderEventBase
from fixgw.model.ids import ClOrdID, OrderID
from fixgw.model.venue import Acked, CommandLost
from tests.support.filing import FilingExchange
from tests.support.orders import (
    CAPABILITIES,
    CLIENT,
    OTHER_CLIENT,
    START_MS,
    Exchange,
    accepted,
    answer,
    canceled_as_asked,
    execution,
    fill,
    news,
    news_unreadable,
    outcome,
    refused,
    replaced,
)

NATIVE = replace(CAPABILITIES, replace=True)


@pytest.fixture
def exchange() -> FilingExchange:
    return FilingExchange()


def canceled(exchange: FilingExchange, *words: Callable[..., object]) -> FilingExchange:
    """The order X: it worked, Y canceled it, and it is on file."""
    exchange.client("35=D|11=X|38=10")
    exchange.venue(accepted(), *words)  # type: ignore[arg-type]
    exchange.client("35=F|11=Y|41=X")
    exchange.venue(canceled_as_asked(None), news("canceled"))
    return away(exchange)


def filled(exchange: FilingExchange) -> FilingExchange:
    """The order X: filled by the execution t1, and on file."""
    exchange.client("35=D|11=X|38=10")
    exchange.venue(accepted(), fill("t1", 10, status="filled"))
    return away(exchange)


def away(exchange: FilingExchange) -> FilingExchange:
    """All that was said so far is looked at; the order is in memory no more."""
    for look in (exchange.reports, exchange.commands, exchange.alerts):
        look()
    assert [] == list(exchange.engine.drops.orders), "it has left"
    return exchange


def revived(exchange: FilingExchange) -> int:
    return exchange.file.met["revived"]


# ------------------------------------------------------------------ what names an order later


def test_a_late_fill_is_reported_once(exchange: FilingExchange) -> None:
    canceled(exchange)

    exchange.venue(fill("t1", 4, status="canceled"), fill("t1", 4, status="canceled"))

    assert ["150=F|39=4|14=4|151=0"] == exchange.reports("150", "39", "14", "151")
    assert ["fill_after_the_end"] == exchange.alerts()
    assert 2 == revived(exchange), "it left in between"


def test_a_fill_that_was_reported_before_it_left_is_not_reported_again(
    exchange: FilingExchange,
) -> None:
    filled(exchange)

    exchange.venue(fill("t1", 10, status="filled"))

    assert [] == exchange.reports()


def test_a_correction_and_a_bust_refer_to_the_report_before(exchange: FilingExchange) -> None:
    filled(exchange)

    correct = execution("t1", 10, 99, cum=10)
    exchange.venue(answer("filled", fills=(correct,)))
    exchange.venue(answer("filled", fills=(replace(correct, busted=True),)))

    order_id = exchange.order("X").order_id
    assert [f"150=G|19={order_id}-Ft1", f"150=H|19={order_id}-Gt1.1"] == (
        exchange.reports("150", "19")
    )


def test_no_such_order_of_one_that_is_over_says_nothing(exchange: FilingExchange) -> None:
    canceled(exchange)

    exchange.venue(answer("absent"))

    assert ([], [], []) == (exchange.reports(), exchange.commands(), exchange.alerts())


def test_one_that_works_at_the_venue_all_the_same_is_asked_about_and_cancelled(
    exchange: FilingExchange,
) -> None:
    canceled(exchange)

    exchange.venue(news("working"))
    exchange.wait(3)
    assert ["query X"] == exchange.commands()
    exchange.venue(answer("working"))
    assert ["closed_order_works"] == exchange.alerts()
    assert exchange.engine.drops.orders.open(), "it stays as long as it works"
    exchange.client("35=F|11=Z|41=X")
    assert ["cancel X"] == exchange.commands()
    exchange.venue(outcome(Command.CANCEL, Acked()), answer("canceled"))
    away(exchange)


def test_a_cl_ord_id_is_used_once(exchange: FilingExchange) -> None:
    filled(exchange)

    exchange.client("35=D|11=X|38=3")
    exchange.client("35=D|11=X|38=10|97=Y")

    assert ["150=8|39=2|103=6", "150=I|39=2"] == exchange.reports("150", "39", "103")
    assert [] == exchange.commands()


def test_the_cl_ord_id_of_a_cancel_request_is_used_once(exchange: FilingExchange) -> None:
    canceled(exchange)

    exchange.client("35=D|11=Y|38=3")

    assert ["150=8|39=4|103=6"] == exchange.reports("150", "39", "103")


def test_another_session_may_use_the_same_cl_ord_id(exchange: FilingExchange) -> None:
    filled(exchange)

    exchange.client("35=D|11=X|38=3", OTHER_CLIENT)

    assert ["submit X"] == exchange.commands()
    assert 0 == revived(exchange)


@pytest.mark.parametrize(
    "message", ("35=F|11=Z|41=X", "35=F|11=Z|41=Y", "35=G|11=Z|41=X|38=12", "35=G|11=Z|41=Y|38=12")
)
def test_a_request_about_it_comes_too_late(exchange: FilingExchange, message: str) -> None:
    canceled(exchange)

    exchange.client(message)

    assert ["35=9|11=Z|41=X|39=4|102=0"] == exchange.reports("11", "41", "39", "102")


def test_a_cancel_that_is_sent_again_gets_the_outcome(exchange: FilingExchange) -> None:
    canceled(exchange)

    exchange.client("35=F|11=Y|41=X|97=Y")

    assert ["150=I|39=4"] == exchange.reports("150", "39")


@pytest.mark.parametrize("name", "XY")
def test_its_status_is_known_under_each_of_its_names(exchange: FilingExchange, name: str) -> None:
    canceled(exchange)

    exchange.client(f"35=H|11={name}")

    assert ["150=I|39=4|11=X"] == exchange.reports("150", "39", "11")


def test_its_status_is_known_by_order_id(exchange: FilingExchange) -> None:
    canceled(exchange)

    exchange.client(f"35=H|11=?|37={exchange.order('X').order_id}")

    assert ["150=I|39=4|11=X"] == exchange.reports("150", "39", "11")


def test_an_order_that_was_refused_before_it_left_keeps_its_name(exchange: FilingExchange) -> None:
    exchange.client("35=D|11=X|38=0")
    away(exchange)

    exchange.client("35=D|11=X|38=10")

    assert ["150=8|39=8|103=6"] == exchange.reports("150", "39", "103")


def test_the_outcome_of_a_submit_that_was_overtaken_is_counted(exchange: FilingExchange) -> None:
    """The stream was faster than the answer: the order was filled and away before it came."""
    exchange.client("35=D|11=X|38=10")
    exchange.venue(fill("t1", 10, status="filled"))
    away(exchange)

    exchange.venue(accepted())

    assert ([], []) == (exchange.reports(), exchange.alerts())
    for engine in (exchange.engine.keeps, exchange.engine.drops):
        assert [0] == list(engine._state.submitting.values())


def test_news_that_cannot_be_used_is_asked_about(exchange: FilingExchange) -> None:
    canceled(exchange)

    exchange.venue(news_unreadable())

    assert ["venue_news_unreadable"] == exchange.alerts()
    assert ["query X"] == exchange.commands()


# --------------------------------------------------------------------------- chains


def chain(exchange: FilingExchange) -> FilingExchange:
    """X was replaced by Y, Z was to replace Y and was refused, and Y was canceled by C."""
    exchange.client("35=D|11=X|38=10")
    exchange.venue(accepted())
    exchange.client("35=G|11=Y|41=X|38=12")
    exchange.venue(replaced(), order="Y")
    exchange.client("35=G|11=Z|41=Y|38=14")
    exchange.venue(refused(), order="Z")
    exchange.client("35=F|11=C|41=Y")
    exchange.venue(canceled_as_asked("0"), order="Y")
    return away(exchange)


def test_orders_that_replaced_each_other_leave_and_come_back_together() -> None:
    exchange = chain(FilingExchange(NATIVE))

    exchange.client("35=H|11=X")

    assert ["150=I|39=4|11=Y"] == exchange.reports("150", "39", "11")
    assert (1, 3) == (exchange.file.met["filed"] - 1, exchange.file.met["legs filed"] // 2)


def test_a_late_fill_of_one_that_did_not_get_its_place_is_reported() -> None:
    exchange = chain(FilingExchange(NATIVE))

    exchange.venue(fill("t1", 3), order="Z")

    assert ["11=Z|150=F|39=1|14=3"] == exchange.reports("11", "150", "39", "14")
    assert exchange.engine.drops.orders.open(), "it works, by all that is known"


def test_a_chain_stays_as_long_as_one_of_it_works() -> None:
    exchange = FilingExchange(NATIVE)
    exchange.client("35=D|11=X|38=10")
    exchange.venue(accepted())
    exchange.client("35=G|11=Y|41=X|38=12")
    exchange.venue(replaced(), order="Y")

    assert 2 == len(exchange.engine.drops.orders)
    assert 0 == exchange.file.met["filed"]


# ------------------------------------------------------------------ what must not be left behind


def one_engine() -> tuple[Exchange, list[Filed]]:
    """One engine, and what of it is over."""
    exchange = Exchange(day_ends=lambda at: START_MS + 3_600_000)
    exchange.client("35=D|11=X|38=10|59=0")
    exchange.venue(accepted())
    exchange.client("35=F|11=Y|41=X")
    exchange.venue(canceled_as_asked(None), news("canceled"))
    orders = exchange.engine.orders
    return exchange, [orders.filed(leg.order_id) for leg in orders]


def legs_anywhere() -> int:
    gc.collect()
    return sum(isinstance(each, Leg) for each in gc.get_objects())


def test_nothing_of_it_is_left_anywhere() -> None:
    exchange, filed = one_engine()
    state = exchange.engine._state
    assert [] != state.expiring
    before = legs_anywhere()

    assert [] == exchange.engine.drop(filed)

    orders = exchange.engine.orders
    assert before - 1 == legs_anywhere()
    assert ([], 0, {}) == (state.expiring, len(orders), dict(orders._by_client))
    assert ({}, {}, {}) == (orders._by_id, orders._chains, orders._cancel_names)
    exchange.commands()
    exchange.tick(3_700_000)
    assert [] == exchange.commands(), "its day was forgotten as well"


def test_the_others_end_at_their_time_when_one_has_left() -> None:
    ends = iter((60_000, 180_000, 120_000))
    exchange = Exchange(day_ends=lambda at: START_MS + next(ends))
    for name in "XYZ":
        exchange.client(f"35=D|11={name}|38=10|59=0")
        exchange.venue(accepted())
    exchange.venue(news("canceled"), order="X")
    orders = exchange.engine.orders
    assert [] == exchange.engine.drop([orders.filed(next(iter(orders)).order_id)])
    exchange.commands()

    exchange.tick(121_000)

    assert ["cancel Z"] == exchange.commands()
    exchange.venue(canceled_as_asked(), order="Z")


def test_no_order_id_is_given_twice() -> None:
    exchange, filed = one_engine()
    first = int(filed[0].root)
    exchange.engine.drop(filed)

    exchange.client("35=D|11=Z|38=10")

    assert first < int(exchange.order("Z").order_id)
    exchange.engine.begin_after(first + 10**9)
    exchange.client("35=D|11=W|38=10")
    assert first + 10**9 < int(exchange.order("W").order_id)
    exchange.engine.begin_after(first)
    assert first + 10**9 < exchange.engine.orders.last_order_id, "never downwards"


def test_one_that_has_changed_since_it_was_filed_stays() -> None:
    exchange, filed = one_engine()
    exchange.venue(fill("t1", 4))

    assert [] == exchange.engine.drop(filed), "it is filed anew, and is not to be offered again"
    assert 1 == len(exchange.engine.orders)


def test_one_that_is_unknown_is_passed_over() -> None:
    exchange, filed = one_engine()

    assert [] == exchange.engine.drop([Filed(OrderID("17"), 2), *filed])
    assert [] == exchange.engine.drop(filed), "twice does no harm"
    assert 0 == len(exchange.engine.orders)


def test_one_that_is_asked_about_stays_until_it_is_answered() -> None:
    exchange, filed = one_engine()
    exchange.venue(news("working"))

    assert filed == exchange.engine.drop(filed)
    exchange.wait(3)
    exchange.venue(answer("canceled"))
    assert [] == exchange.engine.drop(filed)
    assert 0 == len(exchange.engine.orders)


def test_one_whose_submit_was_lost_stays_until_its_outcome(exchange: FilingExchange) -> None:
    exchange.client("35=D|11=X|38=10")
    order_id = exchange.order("X").order_id
    exchange.handle(CommandLost(order_id, Command.SUBMIT, "KeyError"))
    exchange.venue(fill("t1", 10, status="filled"))
    assert exchange.engine.drops.orders.has(order_id)

    exchange.venue(accepted())

    away(exchange)
    assert [0] == list(exchange.engine.drops._state.submitting.values())


def test_no_order_of_a_session_leaves_during_long_work_for_it() -> None:
    exchange, filed = one_engine()
    many = AT_ONCE_UNITS // REPORT * 2
    for number in range(many):
        exchange.client(f"35=D|11=A{number}|38=10")
        exchange.venue(accepted())
    exchange.client("35=AF|11=S")

    assert filed == exchange.engine.drop(filed)
    exchange.wait(60)
    assert [] == exchange.engine.drop(filed)
    assert many == len(exchange.engine.orders)


def test_one_of_which_a_step_is_set_aside_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = Exchange(day_ends=lambda at: START_MS + 60_000)
    exchange.client("35=D|11=X|38=10|59=0")
    exchange.venue(accepted())
    order_id = exchange.order("X").order_id
    with monkeypatch.context() as patch:
        patch.setattr(EngineState, "cancel_unasked", _raises)
        exchange.wait(61)
    exchange.venue(news("canceled"))
    filed = [exchange.engine.orders.filed(order_id)]

    assert filed == exchange.engine.drop(filed)
    exchange.wait(5)
    assert [] == exchange.engine.drop(filed)
    assert 0 == len(exchange.engine.orders)


def _raises(*arguments: object) -> None:
    raise ZeroDivisionError


# ------------------------------------------------------------------------------ coming back


def test_it_comes_back_once() -> None:
    exchange, filed = one_engine()
    exchange.engine.drop(filed)

    assert filed == [exchange.engine.revive(_of_orders(exchange), exchange.moment)]
    exchange.venue(fill("t1", 4))
    assert filed == [exchange.engine.revive(_of_orders(exchange)[:-1], exchange.moment)]
    assert 4 == exchange.order("X").cum_qty, "it is as it was before it was revived again"
    assert [] == exchange.engine.drop(filed)
    assert 1 == len(exchange.engine.orders), "what is on file lacks the execution"


def test_its_day_ends_if_it_works_again(exchange: FilingExchange) -> None:
    exchange = FilingExchange(day_ends=lambda at: START_MS + 3_600_000)
    exchange.client("35=D|11=X|38=10|59=0")
    exchange.venue(accepted(), news("canceled"))
    away(exchange)
    exchange.venue(news("working"))
    exchange.wait(3)
    exchange.venue(answer("working"))

    exchange.tick(3_600_000)

    assert ["query X", "cancel X"] == exchange.commands()[:2]


def test_a_day_that_was_over_when_it_came_back_ends_nothing() -> None:
    """It has ended once, and what its client does about it now is the client's affair."""
    exchange, filed = one_engine()
    exchange.engine.drop(filed)
    exchange.now = START_MS + 3_600_000

    exchange.engine.revive(_of_orders(exchange), exchange.moment)

    assert [] == exchange.engine._state.expiring


def test_events_that_make_no_order_change_nothing() -> None:
    exchange, filed = one_engine()
    exchange.engine.drop(filed)
    events = _of_orders(exchange)

    with pytest.raises(IllegalTransition):
        exchange.engine.revive([*events, events[-1]], exchange.moment)

    assert 0 == len(exchange.engine.orders)
    assert exchange.engine.orders.of_client(CLIENT, ClOrdID("X")) is None
    assert filed == [exchange.engine.revive(events, exchange.moment)]


def _of_orders(exchange: Exchange) -> list[OrderEventBase]:
    return [event for event in exchange.events if isinstance(event, OrderEventBase)]


def test_a_step_that_fails_does_not_undo_what_came_back(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange, filed = one_engine()
    exchange.engine.drop(filed)
    exchange.engine.revive(_of_orders(exchange), exchange.moment)

    with monkeypatch.context() as patch:
        patch.setattr(EngineState, "report", _raises)
        with pytest.raises(ZeroDivisionError):
            exchange.venue(fill("t1", 4))

    assert 0 == exchange.order("Y").cum_qty
    assert filed == [exchange.engine.orders.filed(filed[0].root)], "it may leave again"


def test_a_name_that_was_forgotten_and_used_again_is_that_of_the_younger_order() -> None:
    """`cl_ord_id_days`: the names of orders are not remembered for ever."""
    exchange, filed = one_engine()
    old = _of_orders(exchange)
    exchange.engine.drop(filed)
    exchange.client("35=D|11=X|38=7")
    young = exchange.order("X")

    exchange.engine.revive(old, exchange.moment)
    assert exchange.order("X") is young
    assert exchange.order("Y").order_id == filed[0].root
    exchange.engine.drop(filed)
    assert exchange.order("X") is young


# --------------------------------------------------------------------------------- undone


def test_a_request_that_fails_leaves_no_name_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancel and a replace are taken on, and the step fails after all."""
    exchange = Exchange(NATIVE)
    exchange.client("35=D|11=X|38=10")
    exchange.venue(accepted())
    orders = exchange.engine.orders
    before = orders.filed(exchange.order("X").order_id)

    with monkeypatch.context() as patch:
        patch.setattr(EngineState, "cancel", _raises)
        patch.setattr(EngineState, "replace", _raises)
        for message in ("35=F|11=Y|41=X", "35=G|11=Y|41=X|38=12"):
            with pytest.raises(ZeroDivisionError):
                exchange.client(message)

            assert ["X"] == orders.names(before.root)
            assert ({}, {}) == (orders._chains, orders._cancel_names)
            assert before == orders.filed(before.root)
    exchange.client("35=F|11=Y|41=X")
    assert ["X", "Y"] == orders.names(before.root)

"""Day orders at a venue without Day: what the venue gets, when it has to cancel, what is told."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fixgw.core.engine import Engine
from fixgw.core.expiry import EXPIRED_A_TICK_MAX
from fixgw.core.orders.client_order import of
from fixgw.model.effects import SubmitOrder
from fixgw.model.enums import TimeInForce
from tests.support.orders import (
    ABSENCE_PROOF_MS,
    CAPABILITIES,
    START_MS,
    Exchange,
    accepted,
    answer,
    cancel_refused,
    canceled_as_asked,
    fill,
    lost,
    news,
    refused,
    replaced,
    request,
)

HOUR_MS = 3_600_000
END_MS = START_MS + HOUR_MS
OVER = "the day is over: EndTime of the session has come"
TOLD = ("11", "150", "39", "14", "58")


def trading(**given: object) -> Exchange:
    """With a client whose session ends in an hour."""
    day_ends = given.pop("day_ends", lambda at_ms: END_MS)
    capabilities = given.pop("capabilities", CAPABILITIES)
    return Exchange(capabilities, day_ends=day_ends, **given)  # type: ignore[arg-type]


def working(exchange: Exchange, message: str = "35=D|11=X|38=10|59=0|") -> Exchange:
    exchange.client(message)
    exchange.venue(accepted())
    exchange.reports()
    exchange.commands()
    return exchange


def sent(engine: Engine, exchange: Exchange, message: str) -> TimeInForce:
    """What the venue is given of TimeInForce(59)."""
    engine.handle(request(message), exchange.moment)
    [command] = engine.take().commands
    assert isinstance(command, SubmitOrder)
    return command.order.time_in_force


def refusal(exchange: Exchange, message: str) -> list[str]:
    exchange.client(message)
    assert not exchange.commands()
    return exchange.reports("150", "103", "58")


# ------------------------------------------------------------------ what the venue gets


def test_the_venue_gets_it_good_till_cancelled_and_the_client_hears_of_its_own_day() -> None:
    exchange = trading()

    assert TimeInForce.GOOD_TILL_CANCEL is sent(exchange.engine, exchange, "35=D|11=X|38=10|59=0|")
    assert TimeInForce.DAY is exchange.order("X").request.time_in_force


def test_without_the_setting_it_is_refused() -> None:
    assert [
        "150=8|103=11|58=TimeInForce(59) 0 is not taken by the venue; allowed: 1, 3, 4"
    ] == refusal(trading(day_ends=None), "35=D|11=X|38=10|59=0|")


def test_a_venue_that_has_day_keeps_it() -> None:
    having = replace(CAPABILITIES, times_in_force=frozenset(TimeInForce))
    exchange = trading(capabilities=having)

    assert TimeInForce.DAY is sent(exchange.engine, exchange, "35=D|11=X|38=10|59=0|")
    exchange.tick(HOUR_MS)
    assert "cancel X" not in exchange.commands()


def test_a_market_order_for_the_day_is_over_at_once_everywhere() -> None:
    exchange = trading()

    assert TimeInForce.DAY is sent(
        exchange.engine, exchange, "35=D|11=X|152=1000|40=1|59=0|"
    )


@pytest.mark.parametrize("lacks", [
    {"times_in_force": frozenset({TimeInForce.IMMEDIATE_OR_CANCEL})}, {"cancel": False},
])
def test_a_venue_that_could_not_end_it_does_not_get_it(lacks: dict[str, object]) -> None:
    exchange = trading(capabilities=replace(CAPABILITIES, **lacks))
    [report] = refusal(exchange, "35=D|11=X|38=10|59=0|")

    assert report.startswith("150=8|103=11|58=TimeInForce(59) 0 is not taken by the venue")


def test_an_order_after_the_end_is_refused() -> None:
    assert ["150=8|103=2|58=TimeInForce(59) 0 (Day): the session has ended"] == refusal(
        trading(day_ends=lambda at_ms: None), "35=D|11=X|38=10|59=0|"
    )


# ------------------------------------------------------------------------------ its end


def test_at_the_end_it_is_cancelled_and_the_client_hears_that_it_expired() -> None:
    exchange = working(trading())
    exchange.venue(fill("t1", 4))
    exchange.reports()
    exchange.tick(HOUR_MS - 1)
    assert [] == exchange.commands()
    exchange.tick(1)
    assert ["cancel X"] == exchange.commands()
    assert [] == exchange.reports()
    exchange.venue(canceled_as_asked(cum_qty="4"))

    assert [f"11=X|150=C|39=C|14=4|58={OVER}"] == exchange.reports(*TOLD)
    exchange.wait(600)
    assert [] == exchange.commands()


def test_orders_of_other_kinds_stay() -> None:
    exchange = working(trading(), "35=D|11=X|38=10|59=1|")
    exchange.tick(HOUR_MS)

    assert [] == exchange.commands()


def test_a_gateway_that_was_not_there_at_the_end_cancels_at_its_next_start() -> None:
    exchange = working(trading())
    exchange.set_clock(0)
    exchange.now = END_MS + HOUR_MS  # nothing ticks meanwhile
    exchange.restart()
    exchange.tick(100)
    assert ["cancel X"] == exchange.commands()
    exchange.venue(canceled_as_asked())

    assert [f"11=X|150=C|39=C|14=0|58={OVER}"] == exchange.reports(*TOLD)


def test_a_gateway_that_dies_with_the_cancel_under_way_goes_on_with_it() -> None:
    exchange = working(trading())
    exchange.tick(HOUR_MS)
    assert ["cancel X"] == exchange.commands()
    exchange.restart()
    exchange.wait(5)
    assert "query X" in exchange.commands()
    exchange.venue(answer("working"))
    assert ["cancel X"] == exchange.commands()
    exchange.venue(canceled_as_asked())

    assert [f"11=X|150=C|39=C|14=0|58={OVER}"] == exchange.reports(*TOLD)


def test_a_venue_that_is_down_at_the_end_is_asked_until_it_is_back() -> None:
    exchange = working(trading())
    exchange.tick(HOUR_MS)
    exchange.venue(cancel_refused())
    exchange.wait(3600)
    assert {"query X"} == set(exchange.commands()) - {"cancel X"}
    exchange.venue(answer("working"))
    exchange.wait(60)
    exchange.venue(answer("working"))
    assert "cancel X" in exchange.commands()
    exchange.venue(canceled_as_asked())

    [report] = exchange.reports(*TOLD)
    assert report.startswith(f"11=X|150=C|39=C|14=0|58={OVER}")


def test_an_execution_that_crosses_the_cancel_counts() -> None:
    exchange = working(trading())
    exchange.tick(HOUR_MS)
    exchange.venue(fill("t1", 10))

    assert ["11=X|150=F|39=2|14=10"] == exchange.reports(*TOLD)


def test_an_order_in_doubt_that_never_arrived_has_expired_too() -> None:
    exchange = trading()
    exchange.client("35=D|11=X|38=10|59=0|")
    exchange.venue(lost())
    exchange.reports()
    exchange.tick(HOUR_MS)
    exchange.wait(ABSENCE_PROOF_MS / 1000 + 60)
    exchange.venue(answer("absent"))

    assert [f"11=X|150=C|39=C|14=0|58={OVER}: never reached the venue"] == exchange.reports(*TOLD)
    assert 1 == exchange.submits[exchange.order("X").order_id]


@pytest.mark.parametrize("outcome", [canceled_as_asked, refused])
def test_the_client_s_own_cancel_goes_first(outcome: object) -> None:
    exchange = working(trading())
    exchange.client("35=F|11=Y|41=X|")
    exchange.reports()
    exchange.tick(HOUR_MS)
    assert 1 == exchange.commands().count("cancel X"), "the client's"
    if outcome is canceled_as_asked:
        exchange.venue(canceled_as_asked())
        assert ["11=Y|150=4|39=4|14=0"] == exchange.reports(*TOLD)
        return
    exchange.venue(cancel_refused(), answer("working"))
    exchange.wait(1)
    exchange.venue(answer("working"))
    assert ["35=9"] == [report.partition("|")[0] for report in exchange.reports()]
    exchange.wait(2)
    assert "cancel X" in exchange.commands()
    exchange.venue(canceled_as_asked())

    assert [f"11=X|150=C|39=C|14=0|58={OVER}"] == exchange.reports(*TOLD)


def test_the_client_s_return_changes_nothing() -> None:
    exchange = working(trading())
    exchange.client_gone()
    exchange.venue(cancel_refused())
    exchange.tick(HOUR_MS)
    exchange.client_back()
    exchange.venue(news("canceled"))

    assert [f"11=X|150=C|39=C|14=0|58={OVER}"] == exchange.reports(*TOLD)


def test_what_replaces_it_ends_when_it_would_have() -> None:
    exchange = working(trading(capabilities=replace(CAPABILITIES, replace=True)))
    exchange.client("35=G|11=Y|41=X|38=12|59=0|")
    exchange.venue(replaced(), order="Y")
    exchange.reports()
    exchange.commands()
    exchange.tick(HOUR_MS)
    assert ["cancel Y"] == exchange.commands()
    exchange.venue(canceled_as_asked(), order="Y")

    assert [f"11=Y|150=C|39=C|14=0|58={OVER}"] == exchange.reports(*TOLD)


def test_a_replace_by_cancel_that_is_under_way_at_the_end_comes_to_nothing() -> None:
    exchange = working(trading(replace_by_cancel=True))
    exchange.client("35=G|11=Y|41=X|38=12|59=0|")
    assert ["cancel X"] == exchange.commands()
    exchange.reports()
    exchange.tick(HOUR_MS)
    exchange.venue(news("canceled"), order="X")
    exchange.wait(3)

    told = exchange.reports("35", "11", "150", "39")
    assert ["35=9|11=Y|39=0", "35=8|11=X|150=C|39=C"] == told
    assert not [each for each in exchange.commands() if each.startswith("submit")]


def test_one_that_its_client_canceled_and_that_works_all_the_same_is_ended() -> None:
    exchange = working(trading())
    exchange.client("35=F|11=Z|41=X|")
    exchange.venue(canceled_as_asked(), news("working", cum_qty="0"))
    exchange.wait(3)
    exchange.venue(answer("working", cum_qty="0"))
    exchange.commands()
    exchange.tick(HOUR_MS)

    assert ["cancel X"] == exchange.commands()


def test_many_leave_in_turn() -> None:
    exchange = trading()
    many = EXPIRED_A_TICK_MAX + 1
    for number in range(many):
        exchange.client(f"35=D|11=X{number}|38=1|59=0|")
        exchange.venue(accepted())
    exchange.commands()
    exchange.tick(HOUR_MS)
    assert EXPIRED_A_TICK_MAX == len(exchange.commands())
    exchange.tick(100)

    assert ["cancel"] == [each.split()[0] for each in exchange.commands()]
    assert Decimal(1) == of(exchange.order("X0")).figures()[1]


def test_after_a_restart_the_day_of_one_that_has_ended_is_known_until_it_is_over() -> None:
    """As without the restart: the venue may work it all the same."""
    exchange = working(trading())
    exchange.venue(news("canceled"))
    exchange.restart()
    exchange.venue(news("working"))
    exchange.wait(3)
    exchange.venue(answer("working"))
    assert ["query X"] == exchange.commands()

    exchange.tick(HOUR_MS)

    assert "cancel X" in exchange.commands()
    exchange.venue(canceled_as_asked(), answer("canceled"))

"""Commands whose adapter raised: no order is submitted twice, and cancels are repeated."""

import pytest
from msgspec.structs import replace

from fixgw.core.proof import COMMAND_LOST_MS
from fixgw.model.enums import Command
from fixgw.model.venue import Acked, CommandLost, CommandOutcome, OrderUpdate, Refused, VenueStatus
from tests.support.orders import (
    ABSENCE_PROOF_MS,
    CAPABILITIES,
    LATE_SUBMIT_MS,
    VENUE,
    Exchange,
    accepted,
    answer,
    canceled_as_asked,
    fill,
)

HELD_SECONDS = max(COMMAND_LOST_MS, LATE_SUBMIT_MS) / 1_000


def lose(exchange: Exchange, command: Command, order: str = "") -> None:
    exchange.handle(CommandLost(exchange.order(order).order_id, command, "internal error"))


def absent_for(exchange: Exchange, seconds: float) -> None:
    for _ in range(int(seconds)):
        exchange.wait(1)
        if exchange.order("X").open:
            exchange.venue(answer("absent"), order="X")


def test_a_submit_that_may_wait_in_the_adapter_is_never_submitted_again(
    exchange: Exchange,
) -> None:
    exchange.client("35=D|11=X|38=10|")
    lose(exchange, Command.SUBMIT)
    exchange.wait(1)
    assert ["submit X", "query X"] == exchange.commands()
    exchange.reports()

    exchange.venue(answer("absent"))
    absent_for(exchange, HELD_SECONDS - 2)
    assert exchange.order().open and [] == exchange.reports()

    absent_for(exchange, ABSENCE_PROOF_MS / 1_000 + 40)
    assert ["11=X|150=8|39=8|14=0|151=0"] == exchange.reports("11", "150", "39", "14", "151")
    assert "submit X" not in exchange.commands()
    assert 1 == exchange.submits[exchange.order().order_id]


@pytest.mark.parametrize("first", ["lost", "answered"])
def test_what_the_adapter_says_after_all_counts_in_full_and_once(
    exchange: Exchange, first: str
) -> None:
    exchange.client("35=D|11=X|38=10|")
    if first == "lost":
        lose(exchange, Command.SUBMIT)
    exchange.venue(accepted())
    if first == "answered":
        lose(exchange, Command.SUBMIT)
    assert {VENUE: 0} == exchange.engine._state.submitting
    assert "0" == exchange.order().status
    exchange.venue(fill("t1", 10))
    assert "2" == exchange.order().status


def test_the_adapter_s_refusal_ends_a_lost_submit(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    lose(exchange, Command.SUBMIT)
    order_id = exchange.order().order_id
    exchange.handle(CommandOutcome(order_id, Command.SUBMIT, Refused("no", "no")))
    assert "8" == exchange.order().status


def test_a_lost_cancel_is_repeated_when_the_venue_works_the_order(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.client("35=F|11=Z|41=X|")
    lose(exchange, Command.CANCEL, "X")
    exchange.commands()
    exchange.wait(1)
    assert ["query X"] == exchange.commands()
    exchange.venue(answer("working"), order="X")
    assert ["cancel X"] == exchange.commands()
    exchange.venue(canceled_as_asked(), order="X")
    assert "4" == exchange.order("X").status


def test_a_lost_replace_is_asked_about_and_never_sent_again() -> None:
    exchange = Exchange(replace(CAPABILITIES, replace=True))
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.client("35=G|11=Y|41=X|38=12|44=101|")
    lose(exchange, Command.REPLACE, "Y")
    exchange.commands()
    exchange.wait(1)
    assert {"query X", "query Y"} <= set(exchange.commands())

    order_id = exchange.order("Y").order_id
    exchange.handle(CommandOutcome(order_id, Command.REPLACE, Acked(
        OrderUpdate(order_id=order_id, status=VenueStatus.WORKING)
    )))
    exchange.venue(answer("canceled", cum_qty="0"), order="X")
    assert "0" == exchange.order("Y").status
    assert 1 == exchange.submits[order_id]
    exchange.venue(fill("t1", 12), order="Y")

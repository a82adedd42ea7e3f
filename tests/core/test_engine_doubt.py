"""How long an order is in doubt, for who asks `fixgw orders`: until the venue says more."""

import pytest
from msgspec.structs import replace

from fixgw.model.enums import Command
from fixgw.model.errors import BusinessRefused
from fixgw.model.venue import Refused
from tests.support import order_view as view
from tests.support.orders import (
    ABSENCE_PROOF_MS,
    CAPABILITIES,
    Exchange,
    accepted,
    answer,
    cancel_refused,
    fill,
    lost,
    outcome,
    refused,
)


ENDS_OF_A_DOUBT = {
    "accepted": (Command.SUBMIT, [answer("working")]),
    "executed": (Command.SUBMIT, [fill("t1", 4)]),
    "refused": (Command.SUBMIT, [refused()]),
    "sent elsewhere": (Command.SUBMIT, [
        outcome(Command.SUBMIT, Refused("no", "no", reroute="there")),
    ]),
    "canceled": (Command.CANCEL, [answer("canceled")]),
    "expired": (Command.CANCEL, [answer("expired")]),
    "filled": (Command.CANCEL, [fill("t1", 10, status="filled")]),
    "refused to cancel": (Command.CANCEL, [cancel_refused()]),
}


@pytest.mark.parametrize("end", ENDS_OF_A_DOUBT)
def test_a_doubt_lasts_until_the_venue_says_more(end: str) -> None:
    exchange = Exchange()
    command, words = ENDS_OF_A_DOUBT[end]
    exchange.client("35=D|11=X|38=10|")
    if command is Command.CANCEL:
        exchange.venue(accepted())
        exchange.client("35=F|11=C|41=X|")
    exchange.venue(lost(command))
    assert view.in_doubt(exchange.order("X")) is command

    exchange.venue(*words)

    assert view.in_doubt(exchange.order("X")) is None


def test_one_that_never_arrived_is_in_doubt_until_it_leaves_again(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(lost())
    exchange.wait(ABSENCE_PROOF_MS / 1000 - 1)
    exchange.venue(answer("absent"))
    assert Command.SUBMIT is view.in_doubt(exchange.order("X"))

    for _ in range(4):  # each answer is to the question before it
        exchange.wait(5)
        exchange.venue(answer("absent"))
    assert ["submit X", "submit X"] == [c for c in exchange.commands() if "query" not in c]
    assert view.in_doubt(exchange.order("X")) is None


@pytest.mark.parametrize("words", [
    [outcome(Command.CANCEL, Refused("no", "no")), answer("working")], [answer("canceled")],
    [fill("t1", 10, status="filled")],
])
def test_the_gateways_own_cancel_is_in_doubt_as_long(exchange: Exchange, words: list) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.client_gone()
    exchange.venue(lost(Command.CANCEL))
    assert Command.CANCEL is view.in_doubt(exchange.order("X"))

    exchange.venue(*words)

    assert view.in_doubt(exchange.order("X")) is None


def test_a_client_that_cancels_takes_over_what_the_gateway_began() -> None:
    """It is told as its own cancel, and the gateway's is not repeated beside it."""
    exchange = Exchange(CAPABILITIES)
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.client_gone()
    exchange.client("35=F|11=C|41=X|")
    order = exchange.order("X")
    assert view.is_being_cancelled(order) and not view.is_cancelled_unasked(order)

    exchange.venue(answer("canceled"))
    assert "11=C|41=X|150=4|39=4|14=0|151=0" == exchange.reports()[-1]


def test_an_answer_makes_room_for_one_order_and_no_more() -> None:
    exchange = Exchange(replace(CAPABILITIES, orders_waiting_max=2))
    for name in ("A", "B"):
        exchange.client(f"35=D|11={name}|38=10|")
    with pytest.raises(BusinessRefused):
        exchange.client("35=D|11=C|38=10|")

    exchange.venue(accepted(), order="A")
    exchange.client("35=D|11=D|38=10|")
    with pytest.raises(BusinessRefused, match="2 orders wait for venue"):
        exchange.client("35=D|11=E|38=10|")


def test_the_venues_words_for_an_end_are_told(exchange: Exchange) -> None:
    for name, end in (("A", "expired"), ("B", "canceled")):
        exchange.client(f"35=D|11={name}|38=10|")
        exchange.venue(accepted(), answer(end, text="as its day is over"), order=name)

    told = [each for each in exchange.reports("11", "150", "58") if "58=" in each]
    assert told == ["11=A|150=C|58=as its day is over", "11=B|150=4|58=as its day is over"]

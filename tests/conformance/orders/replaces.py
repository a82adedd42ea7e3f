"""What the venue does in the scenarios C and D, in one step or by a cancel and a new order: the
client cannot tell which, so each scenario is played both ways."""

from msgspec.structs import replace

from fixgw.model.enums import Command
from fixgw.model.venue import Refused
from tests.support.orders import (
    CAPABILITIES,
    Exchange,
    accepted,
    answer,
    cancel_refused,
    canceled_as_asked,
    outcome,
    replaced,
)

NATIVE = replace(CAPABILITIES, replace=True)
WAYS = {
    "in one step": lambda: Exchange(NATIVE),
    "by cancel": lambda: Exchange(replace_by_cancel=True),
}

TOLD = ("11", "41", "150", "39", "102", "38", "14", "151", "32")
"""The columns of the matrices."""


def accept(exchange: Exchange, old: str, new: str, executed: int = 0) -> None:
    """*new* takes the place of *old*, of which *executed* was done."""
    if exchange.order(new).native:
        exchange.venue(replaced(cum_qty=str(executed)), order=new)
    else:
        exchange.venue(canceled_as_asked(str(executed)), order=old)
        exchange.venue(accepted(), order=new)


def refuse(exchange: Exchange, old: str, new: str) -> None:
    """*old* stays at work."""
    if exchange.order(new).native:
        exchange.venue(outcome(Command.REPLACE, Refused("no", "no")), order=new)
    else:
        exchange.venue(cancel_refused(), answer("working"), order=old)

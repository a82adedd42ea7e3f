"""What a venue lists of an order's executions, and a venue that is asked and answers, for tests."""

from dataclasses import dataclass
from decimal import Decimal

from msgspec.structs import replace

from fixgw.model.venue import Fill
from tests.support.orders import Exchange, Word, answer, execution


@dataclass(frozen=True)
class Row:
    """One execution as the venue lists it now."""

    name: str
    quantity: object
    price: object = 100
    busted: bool = False


def fills(*rows: Row) -> tuple[Fill, ...]:
    """The list, each with the total up to it: what was taken back counts nothing."""
    listed, total = [], Decimal(0)
    for row in rows:
        if not row.busted:
            total += Decimal(str(row.quantity))
        one = execution(row.name, row.quantity, row.price, cum=total)
        listed.append(replace(one, busted=True) if row.busted else one)
    return tuple(listed)


def listing(status: str, *rows: Row) -> Word:
    """The venue is asked: the order is so, and these are all of its executions."""
    listed = fills(*rows)
    return answer(status, cum_qty=str(listed[-1].cum_qty if listed else 0), fills=listed)


def ask_and_hear(exchange: Exchange, word: Word, seconds: int, order: str = "X") -> list[float]:
    """For so long the venue answers each question about *order* by *word*; when it was asked, in
    seconds from now. Other commands stay to be looked at."""
    began, asked, others = exchange.mono_ms, [], []
    while True:
        for command in exchange.commands():
            if command in (f"query {order}", f"query fills of {order}"):
                asked.append((exchange.mono_ms - began) / 1000)
                exchange.venue(word, order=order)
            else:
                others.append(command)
        if exchange.mono_ms - began >= seconds * 1000:
            exchange._commands = others + exchange._commands
            return asked
        exchange.wait(0.1)

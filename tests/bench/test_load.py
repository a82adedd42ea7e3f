"""The load generator counts exactly and speaks valid FIX; nothing here looks at a clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import quickfix as fix

from .echo import stock_dictionary
from .messages import (
    Inbound,
    UnexpectedMessage,
    framed,
    heartbeat,
    logon,
    logout,
    render_orders,
)

NOW = datetime(2025, 1, 2, 3, 4, 5, 678_000, UTC)


def text(fields: str) -> bytes:
    """A whole message from FIX text with |, without its frame."""
    return framed(fields.replace("|", "\x01").encode())


NEW = text("35=8|34=2|49=FIXGW|56=BENCH|11=C-1|37=1|39=0|150=0|58=150=8|")
PENDING = text("35=8|34=3|49=FIXGW|56=BENCH|11=C-2|37=2|39=A|150=A|")
HEARTBEAT = text("35=0|34=4|49=FIXGW|56=BENCH|")
TEST_REQUEST = text("35=1|34=5|49=FIXGW|56=BENCH|112=T|")
STREAM = NEW + PENDING + NEW + HEARTBEAT + NEW + NEW + TEST_REQUEST + NEW


def test_acceptances_are_counted_once_wherever_the_chunks_are_cut() -> None:
    for size in range(1, len(STREAM) + 1):
        inbound = Inbound()

        blocks = [inbound.block(STREAM[i:i + size]) for i in range(0, len(STREAM), size)]

        assert 5 == sum(inbound.accepted(block) for block in blocks), size
        assert STREAM == b"".join(blocks), size
        assert [b"T"] == inbound.test_requests, size


@pytest.mark.parametrize("refusal", ["35=8|39=8|150=8|", "35=3|45=2|", "35=j|45=2|", "35=5|"])
def test_a_refusal_is_an_error_even_between_acceptances(refusal: str) -> None:
    inbound = Inbound()

    with pytest.raises(UnexpectedMessage, match="35="):
        inbound.accepted(inbound.block(NEW + text(refusal) + NEW))


def test_orders_are_valid_and_distinct() -> None:
    dictionary = fix.DataDictionary(str(stock_dictionary()))
    orders = render_orders(count=100, seq_num=99, prefix=b"B", now=NOW)

    parsed = []
    for i in range(len(orders)):
        message = fix.Message(bytes(orders.between(i, i + 1)).decode(), dictionary, True)
        dictionary.validate(message)
        parsed.append((message.getHeader().getField(34), message.getField(11).encode()))

    assert [(str(99 + i), cl_ord_id) for i, cl_ord_id in enumerate(orders.cl_ord_ids)] == parsed
    assert 100 == len(set(orders.cl_ord_ids))


@pytest.mark.parametrize("message", [logon(1, NOW), logout(2, NOW), heartbeat(3, b"T", NOW)])
def test_session_messages_are_valid(message: bytes) -> None:
    dictionary = fix.DataDictionary(str(stock_dictionary()))

    dictionary.validate(fix.Message(message.decode(), dictionary, True))

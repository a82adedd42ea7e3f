"""A gap that the client does not fill holds its orders back: it is asked again, and given up."""

import pytest

from fixgw.fix.missing import ASKS_MAX, ASK_AGAIN_MS, UNASKED_MS
from fixgw.fix.session_events import Noted
from tests.support.session import ORDER, Exchange


@pytest.fixture
def exchange() -> Exchange:
    """A client is logged on; it is heard all the time."""
    return Exchange().log_on()


def wait(exchange: Exchange, milliseconds: int) -> None:
    """Let time pass, and the client say something early now and then: it lives."""
    for _ in range(milliseconds // 10_000):
        exchange.wait(10)
        exchange.client("35=0|34=4")


def asked(exchange: Exchange) -> list[str]:
    """BeginSeqNo(7) and EndSeqNo(16) of each ResendRequest since the last look."""
    written, exchange.written = exchange.written, []
    texts = [raw.decode().replace("\x01", "|") for raw in written]
    texts = [text for text in texts if "|35=2|" in text]
    return [text[text.index("|7=") + 1:].rpartition("|10=")[0] for text in texts]


def test_a_client_that_names_789_and_resends_nothing_is_asked_after_a_wait() -> None:
    exchange = Exchange().connect()
    exchange.client("35=A|34=3|98=0|108=30|789=1", f"35=D|34=4|11=C1|{ORDER}")
    exchange.wait(UNASKED_MS / 1_000 - 0.1)
    assert [] == asked(exchange)
    assert [] == exchange.applications

    exchange.wait(0.1)
    assert ["7=1|16=0"] == asked(exchange)
    exchange.client("35=4|34=1|43=Y|122=20260105-10:00:00|123=Y|36=3")
    assert ["D C1"] == exchange.applications
    exchange.wait(200)
    assert [] == asked(exchange)


def test_a_client_that_names_789_and_resends_by_itself_is_not_asked() -> None:
    exchange = Exchange().connect()
    exchange.client("35=A|34=3|98=0|108=30|789=1")
    exchange.client("35=4|34=1|43=Y|122=20260105-10:00:00|123=Y|36=3")
    for seq_num in range(4, 20):
        exchange.wait(10)
        exchange.client(f"35=0|34={seq_num}")

    assert [] == asked(exchange)


def test_who_does_not_resend_is_asked_again_and_then_logged_out_with_the_reason(
    exchange: Exchange
) -> None:
    exchange.client("35=0|34=4")
    assert ["7=2|16=0"] == asked(exchange)
    for number in range(1, ASKS_MAX):
        wait(exchange, ASK_AGAIN_MS)
        # The second form of EndSeqNo(16) may be one that it knows.
        assert ["7=2|16=3" if number % 2 else "7=2|16=0"] == asked(exchange)
    exchange.written.clear()
    wait(exchange, ASK_AGAIN_MS)

    assert any(
        b"35=5" in raw and b"58=MsgSeqNum(34) 2 to 3 were not resent, asked for 5 times" in raw
        for raw in exchange.written
    )
    assert ["gap_not_filled"] * ASKS_MAX == [
        fact.event for fact in exchange.noted if fact.event == "gap_not_filled"
    ]
    assert Noted("logout_sent", "MsgSeqNum(34) 2 to 3 were not resent, asked for 5 times") in (
        exchange.noted
    )


def test_who_resends_slowly_is_not_given_up(exchange: Exchange) -> None:
    exchange.client("35=0|34=30")
    for seq_num in range(2, 25):
        exchange.wait(25)
        exchange.client(f"35=0|34={seq_num}|43=Y|122=20260105-10:00:00")

    assert not exchange.closed
    assert ["7=2|16=0"] == asked(exchange)


@pytest.mark.parametrize("answer", [
    "35=3|34={0}|45={1}|372=2|373=5|58=bad range", "35=3|34={0}|45={1}|58=bad range",
    "35=j|34={0}|45={1}|372=2|380=0|58=bad range",
])
def test_who_rejects_our_resend_requests_is_asked_again_and_then_logged_out(
    exchange: Exchange, answer: str
) -> None:
    exchange.client("35=0|34=4")
    exchange.written.clear()
    for number in range(1, ASKS_MAX + 1):
        exchange.client(answer.format(4 + number, exchange.numbers[0] - 1))
        exchange.wait(0.1)
        if number < ASKS_MAX:
            assert not exchange.closed
    last = exchange.written[-1].decode()

    assert "35=5" in last
    assert "were not resent, asked for 5 times, ResendRequest(2) rejected: bad range" in last


def test_a_reject_of_something_else_changes_nothing(exchange: Exchange) -> None:
    exchange.client("35=0|34=4")
    exchange.client("35=3|34=5|45=1|372=A|58=no")
    exchange.wait(1)

    assert ["7=2|16=0"] == asked(exchange)

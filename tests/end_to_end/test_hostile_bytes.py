"""Bytes from anybody: however they are cut the answers are the same, and whatever they are the
gateway lives and no other session notices."""

import random
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count

import pytest

from tests.support.fixtext import fix, readable
from tests.support.quickfix_initiator import FIX42, FIX44, Initiator, Message, utc_now
from tests.support.stack import Stack
from tests.support.story import status_request

DEADLINE_SECONDS = 20.0
QUIET_SECONDS = 0.5
SILENT_CONNECTIONS = 40
DIFFERS = frozenset({9, 10, 11, 17, 37, 41, 52, 60, 122, 379})
"""Tags whose values are times, names and numbers of their own in each conversation."""

_names = count()
HURRY = (
    "[limits]\nfirst_byte_timeout_seconds = 4\nlogon_timeout_seconds = 4\n"
    "max_message_bytes = 4096\nmax_connections_per_address = 200\n"
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    directory = tmp_path_factory.mktemp("hostile") / "stack"
    with Stack(directory, sessions=("demo42", "demo44"), settings=HURRY) as stack:
        yield stack


@pytest.fixture(scope="module")
def bystander(stack: Stack) -> Iterator[Initiator]:
    """A client that has nothing to do with it."""
    with Initiator(FIX42, stack.port, stack.directory / "bystander") as client:
        yield client


@pytest.fixture(autouse=True)
def nobody_else_notices(stack: Stack, bystander: Initiator) -> Iterator[None]:
    logons, start = bystander.logons, len(bystander.messages)
    yield
    bystander.send(status_request("NOTHING"))
    bystander.wait_for("35=8|11=NOTHING", since=start)
    assert stack.gateway.running
    assert bystander.logged_on and logons == bystander.logons
    # Its question and the answer, and at most heartbeats.
    assert {"H", "8"} <= {m.msg_type for m in bystander.messages[start:]} <= {"H", "8", "0"}


def message(text: str, seq_num: int) -> bytes:
    """`35=D|…` of the client with FIX 4.4 as wire bytes."""
    msg_type, _, rest = text.partition("|")
    return fix(
        f"8=FIX.4.4|{msg_type}|34={seq_num}|49={FIX44.comp_id}|52={utc_now()}|56=FIXGW|{rest}"
    )


def logon() -> bytes:
    """A Logon with which both sides begin at 1 again."""
    return message("35=A|98=0|108=30|141=Y|", 1)


def conversation(*more: str) -> bytes:
    """From Logon to Logout, with *more* before the latter; nothing of it reaches the venue."""
    # A ClOrdID(11) is used once, whatever became of its order.
    name = f"N{next(_names)}"
    texts = (
        "35=1|112=HELLO|",
        f"35=D|11={name}A|55=XXXUSD|54=1|38=1|40=2|44=100|59=1|60={utc_now()}|",
        f"35=D|11={name}B|55=BTCUSDT|54=1|38=1|40=2|59=1|60={utc_now()}|",
        f"35=D|11={name}C|55=BTCUSDT|54=9|38=1|40=2|44=100|59=1|60={utc_now()}|",
        f"35=F|11={name}D|41={name}A|55=XXXUSD|54=1|38=1|60={utc_now()}|",
        f"35=H|11={name}E|55=BTCUSDT|54=1|",
        "35=R|131=Q|146=1|55=BTCUSDT|",
        *more,
        "35=5|",
    )
    return logon() + b"".join(message(text, number) for number, text in enumerate(texts, 2))


def send(stack: Stack, pieces: Iterable[bytes], *, hang_up: bool = True) -> bytes:
    """Send *pieces* one by one over a connection of their own; all that comes back.

    *hang_up*: the client ends its side before it reads, else when it has read everything.
    """
    with socket.create_connection(("127.0.0.1", stack.port), DEADLINE_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        if hang_up:
            connection.shutdown(socket.SHUT_WR)
        received = []
        # A reset while we still talk would be an error here: what was said last must arrive.
        while data := connection.recv(65_536):
            received.append(data)
        return b"".join(received)


def talk(stack: Stack, *texts: str) -> bytes:
    """Log on and say *texts* as a client does that reads: each when what came before was answered
    and the gateway has had nothing to add for a moment."""
    with socket.create_connection(("127.0.0.1", stack.port), DEADLINE_SECONDS) as connection:
        connection.sendall(logon())
        received = connection.recv(65_536)
        for number, text in enumerate(texts, 2):
            connection.settimeout(QUIET_SECONDS)
            with suppress(TimeoutError):
                while data := connection.recv(65_536):
                    received += data
            connection.settimeout(DEADLINE_SECONDS)
            connection.sendall(message(text, number))
        while data := connection.recv(65_536):
            received += data
        return received


def messages(data: bytes) -> list[Message]:
    """Wire bytes as messages."""
    frames = data.split(b"8=FIX")
    assert b"" == frames[0]
    return [Message("8=FIX" + readable(frame), sent=False, at=0) for frame in frames[1:]]


def answers(stack: Stack, pieces: Iterable[bytes]) -> list[dict[int, str]]:
    """What came back, without what is new each time."""
    # Whatever was written behind an earlier goodbye comes once more; it is read here.
    talk(stack, "35=5|")
    return [
        {tag: value for tag, value in answer.fields.items() if tag not in DIFFERS}
        for answer in messages(send(stack, pieces, hang_up=False))
    ]


def cut(data: bytes, seed: int) -> Iterator[bytes]:
    """*data* in pieces of random length."""
    chance = random.Random(seed)
    while data:
        length = min(len(data), chance.choice((1, 2, 3, 7, 30, 200)))
        yield data[:length]
        data = data[length:]


# -------------------------------------------------------- however it is cut


def test_the_answers_do_not_depend_on_how_bytes_arrive(stack: Stack) -> None:
    whole = answers(stack, [conversation()])

    assert ["A", "0", "8", "j", "8", "9", "8", "j", "5"] == [one[35] for one in whole]
    assert whole == answers(stack, (bytes([byte]) for byte in conversation()))
    for seed in range(5):
        assert whole == answers(stack, cut(conversation(), seed))
    # What it had read when it said goodbye does not come once more.
    talk(stack, "35=5|")
    assert ["A", "5"] == [one[35] for one in messages(talk(stack, "35=5|"))]


def test_a_logout_right_behind_a_resend_request_is_answered_at_once(stack: Stack) -> None:
    # What is asked for again can wait for the next Logon, the answer to the Logout cannot.
    asked = answers(stack, [conversation("35=2|7=2|16=3|")])
    assert ["A", "0", "8", "j", "8", "9", "8", "j", "5"] == [one[35] for one in asked]

    # The client said that it lacks them, so at its next Logon they come, and only then.
    again = messages(talk(stack, "35=1|112=A|", "35=1|112=B|", "35=5|"))
    reports = [one for one in again if one[35] in {"8", "9", "j"}]
    assert ["8", "j", "8", "9", "8", "j"] == [one[35] for one in reports]
    assert {"Y"} == {one.fields.get(97) for one in reports}
    assert ["A", "5"] == [one[35] for one in messages(talk(stack, "35=5|"))]


# ---------------------------------------------------------- before the Logon


BEFORE_LOGON = {
    "nothing": b"",
    "zeros": bytes(2_000),
    "random": random.Random(1).randbytes(5_000),
    "a browser": b"GET / HTTP/1.1\r\nHost: fix\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + random.Random(2).randbytes(200),
    "SOH": b"\x01" * 1_000,
    "a field without end": b"8=" + b"F" * 100_000,
    "a body without end": b"8=FIX.4.4\x019=999999999\x01" + b"35=A\x01" * 20_000,
    "a negative length": b"8=FIX.4.4\x019=-1\x0135=A\x0110=000\x01",
    "no length": b"8=FIX.4.4\x0135=A\x0110=000\x01",
    "a length in letters": b"8=FIX.4.4\x019=abc\x0135=A\x0110=000\x01",
    "a wrong checksum": logon()[:-4] + b"999\x01",
    "half a Logon": logon()[:40],
    "an order first": message("35=D|11=A|55=BTCUSDT|54=1|38=1|40=2|44=1|60=0|", 1),
    "a Logon of nobody": fix("8=FIX.4.4|35=A|34=1|49=NOBODY|52=0|56=FIXGW|98=0|108=30|"),
    "another version": fix(f"8=FIX.4.3|35=A|34=1|49={FIX44.comp_id}|52=0|56=FIXGW|98=0|108=30|"),
    "a Logon without a number": fix(f"8=FIX.4.4|35=A|49={FIX44.comp_id}|56=FIXGW|98=0|108=30|"),
    "a number in letters": message("35=A|98=0|108=30|", 1).replace(b"34=1\x01", b"34=x\x01"),
    "a stale Logon": fix(
        f"8=FIX.4.4|35=A|34=1|49={FIX44.comp_id}|52=20200101-00:00:00|56=FIXGW|98=0|108=30|"
    ),
    "a name of bytes": fix("8=FIX.4.4|35=A|34=1|49=\xff\xfe\xfd|52=0|56=FIXGW|98=0|108=30|"),
    "no heartbeats asked": message("35=A|98=0|", 1),
    "a heartbeat of letters": message("35=A|98=0|108=often|", 1),
    "a heartbeat of years": message("35=A|98=0|108=99999999999999999999|", 1),
}


@pytest.mark.parametrize("name", BEFORE_LOGON)
def test_whoever_does_not_log_on_is_cut_off(stack: Stack, name: str) -> None:
    said = messages(send(stack, [BEFORE_LOGON[name]]))

    # A Logout with the reason, where there was a session to speak of; else not a word.
    assert {one[35] for one in said} <= {"5"}


def test_many_who_say_nothing_are_in_nobodys_way(stack: Stack, bystander: Initiator) -> None:
    silent = [
        socket.create_connection(("127.0.0.1", stack.port), DEADLINE_SECONDS)
        for _ in range(SILENT_CONNECTIONS)
    ]
    try:
        for one in silent[::2]:
            one.sendall(b"8=FIX.4.4\x019=")
        bystander.send(status_request("MEANWHILE"))
        bystander.wait_for("35=8|11=MEANWHILE")
        assert "A" == messages(send(stack, [logon(), message("35=5|", 2)]))[0][35]
        # They are closed after the time that a Logon may take.
        assert [b""] * SILENT_CONNECTIONS == [_read_to_end(one) for one in silent]
    finally:
        for one in silent:
            one.close()


def _read_to_end(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1)
    except ConnectionResetError:
        return b""


# ----------------------------------------------------------- after the Logon


AFTER_LOGON = {
    "random": random.Random(3).randbytes(3_000),
    "zeros": bytes(500),
    "a wrong checksum": message("35=1|112=X|", 2)[:-4] + b"999\x01",
    "a length that lies": message("35=1|112=X|", 2).replace(b"\x019=", b"\x019=9"),
    "a message too long": message(f"35=1|112={'X' * 10_000}|", 2),
    "no MsgType": fix(f"8=FIX.4.4|34=2|49={FIX44.comp_id}|52={utc_now()}|56=FIXGW|"),
    "no number": fix(f"8=FIX.4.4|35=0|49={FIX44.comp_id}|52={utc_now()}|56=FIXGW|"),
    "a number of years": message("35=0|", 99_999_999_999_999_999_999),
    "number 0": message("35=0|", 0),
    "a number below 0": message("35=0|", -5),
    "somebody else's name": fix(f"8=FIX.4.4|35=0|34=2|49=CLIENT42|52={utc_now()}|56=FIXGW|"),
    "another version": fix(f"8=FIX.4.2|35=0|34=2|49=CLIENT44|52={utc_now()}|56=FIXGW|"),
    "a second Logon": message("35=A|98=0|108=30|", 2),
    "a name that is no text": message(
        f"35=D|11=\xff\xfe|55=BTCUSDT|54=1|38=1|40=2|44=1|60={utc_now()}|", 2
    ),
    "a field twice": message(
        f"35=D|11=A|11=B|55=BTCUSDT|54=1|38=1|40=2|44=1|60={utc_now()}|", 2
    ),
    "numbers that are none": message(
        f"35=D|11=A|55=BTCUSDT|54=1|38=NaN|40=2|44=Infinity|60={utc_now()}|", 2
    ),
    "a million digits": message(
        f"35=D|11=A|55=BTCUSDT|54=1|38={'9' * 3_000}|40=2|44=1|60={utc_now()}|", 2
    ),
    "an exponent": message(
        f"35=D|11=A|55=BTCUSDT|54=1|38=1E999999999|40=2|44=1|60={utc_now()}|", 2
    ),
    "a tag of years": message("35=0|99999999999999999999=1|", 2),
    "a tag below 0": message("35=0|-1=1|", 2),
    "no tag": message("35=0|=1|", 2),
    "no value": message("35=0|112=|", 2),
    "only equals": message("35=0|====|", 2),
    "a group that lies": message("35=R|131=Q|146=999999999|55=BTCUSDT|", 2),
    "a resend of everything": message("35=2|7=1|16=999999999|", 2),
    "a resend backwards": message("35=2|7=5|16=1|", 2),
    "a resend below 0": message("35=2|7=-1|16=-1|", 2),
    "a reset to years": message("35=4|36=99999999999999999999|", 2),
    "a reset backwards": message("35=4|36=1|", 2),
    "data that lies": message("35=B|148=H|33=1|58=T|95=999999|96=X|", 2),
}


@pytest.mark.parametrize("name", AFTER_LOGON)
def test_whatever_a_client_sends_it_can_log_on_again(stack: Stack, name: str) -> None:
    first = messages(send(stack, [logon(), AFTER_LOGON[name], message("35=1|112=STILL|", 3)]))
    again = messages(send(stack, [logon(), message("35=1|112=HERE|", 2), message("35=5|", 3)]))

    assert "A" == first[0][35]
    # A client that hung up may not have read what it was told: that says PossResend(97).
    new = [one for one in again if "Y" != one.fields.get(97)]
    assert ["A", "0", "5"] == [one[35] for one in new]
    assert "HERE" == new[1][112]


def test_damaged_messages_end_nothing(stack: Stack) -> None:
    chance = random.Random(4)
    for _ in range(60):
        data = bytearray(conversation())
        for _ in range(chance.choice((1, 1, 2, 5, 20))):
            place = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[place] = chance.randrange(256)
                case 1:
                    del data[place : place + chance.randrange(1, 8)]
                case 2:
                    data[place:place] = chance.randbytes(chance.randrange(1, 8))
        send(stack, [bytes(data)])
    again = messages(send(stack, [logon(), message("35=5|", 2)]))
    assert ["A", "5"] == [one[35] for one in again if "Y" != one.fields.get(97)]
    assert [] == stack.venue.orders()

"""What clients send is taken in turn: who has much to say keeps nobody waiting."""

import io
from pathlib import Path

import pytest

from fixgw.app.inbound import MESSAGES_PER_CLIENT
from fixgw.app.throttle import BYTES_BITS
from fixgw.journal.tick import encode
from fixgw.runtime import few_lines, logs
from fixgw.runtime.few_lines import LINES_PER_SECOND
from tests.app.bench import ORDER, Client, Running, play, play_on, running, until
from tests.support import recorded

MANY = 2_000
TWO = ("ONE", "TWO")


async def logged_on(gateway: Running, *names: str) -> list[Client]:
    """These clients, each logged on."""
    clients = [await gateway.client(name) for name in names]
    for client in clients:
        await client.log_on()
    return clients


def ticks(gateway: Running) -> int:
    """The number of ticks on record."""
    return gateway.journal.last


def test_a_question_is_answered_while_another_client_has_thousands_waiting(tmp_path: Path) -> None:
    async def scenario(gateway: Running) -> None:
        flood, other = await logged_on(gateway, *TWO)
        await flood.send(*[f"35=1|112={n}" for n in range(MANY)])
        await other.send("35=1|112=HELLO")

        await other.expect("35=0|34=2|112=HELLO")
        taken = gateway.numbers()[1] - 2
        # Some of them before the question came at all, and in its tick; not all of them.
        assert taken < MANY // 2
        for number in range(MANY):
            await flood.expect(f"35=0|34={number + 2}|112={number}")

    play_on(scenario, tmp_path, sessions=dict.fromkeys(TWO, ""))


def test_a_tick_takes_no_more_than_a_share_of_each(tmp_path: Path) -> None:
    async def scenario() -> None:
        names = ("ONE", "TWO", "THREE")
        async with running(tmp_path, sessions=dict.fromkeys(names, "")) as gateway:
            clients = await logged_on(gateway, *names)
            before = ticks(gateway)
            for client in clients:
                await client.send(*["35=1|112=HELLO"] * (2 * MESSAGES_PER_CLIENT))
            taken = 2 + 2 * MESSAGES_PER_CLIENT
            await until(lambda: all(gateway.numbers(name)[1] == taken for name in names))

            assert ticks(gateway) - before >= 2

    play(scenario())


def test_of_long_messages_a_tick_takes_fewer(tmp_path: Path) -> None:
    async def scenario(gateway: Running) -> None:
        client, other = await logged_on(gateway, *TWO)
        before = ticks(gateway)
        # Two of them are more than a share.
        size = MESSAGES_PER_CLIENT * 2**BYTES_BITS // 2
        text = "x" * size
        await client.send(*[f"35=D|11={n}|{ORDER}|58={text}" for n in range(20)])
        for _ in range(20):
            await client.expect("35=8|39=0")

        assert ticks(gateway) - before >= 10

    play_on(scenario, tmp_path, sessions=dict.fromkeys(TWO, ""))


def test_of_messages_that_quickfix_must_read_a_tick_takes_fewer(tmp_path: Path) -> None:
    async def scenario(gateway: Running) -> None:
        client, other = await logged_on(gateway, *TWO)
        before = ticks(gateway)
        # No two alike, and each small enough that its bytes alone would not hold it back.
        many = [
            f"35=D|11={n}|453={n + 20}|" + "448=P|" * (n + 20) + ORDER for n in range(20)
        ]
        await client.send(*many)
        for _ in range(20):
            await client.expect("35=8|39=0")

        assert ticks(gateway) - before >= 4

    play_on(scenario, tmp_path, sessions=dict.fromkeys(TWO, ""))


def test_texts_and_groups_that_are_too_long_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    async def scenario(gateway: Running) -> None:
        client = await gateway.client()
        await client.log_on()
        group = "453=8000|" + "448=P|" * 8_000
        long = "x" * 60_000
        await client.send(
            f"35=D|11=A|{group}{ORDER}",
            f"35=D|11=A|{ORDER.replace('BTCUSDT', long)}",
            f"35=D|11={long}|{ORDER}",
            f"35=F|11=A|41={long}|55=BTCUSDT|54=1|60={client.now()}",
            f"35=D|11=A|{ORDER}",
        )
        await client.expect("35=3|372=D|373=99|58=8017 fields; the most is 256")
        await client.expect(
            "35=3|372=D|371=55|373=5|58=Symbol(55) has 60000 characters; the most is 128"
        )
        await client.expect("35=3|372=D|371=11|373=5")
        await client.expect("35=3|372=F|371=41|373=5")
        await client.expect("35=8|11=A|39=0")
        on_record = recorded.ticks(gateway.journal.path)
        stored = sum(len(encode((tick.events, tick.messages))) for tick in on_record)
        assert stored < 5_000

    play_on(scenario, tmp_path, sessions={"ONE": ""})


@pytest.mark.parametrize(
    "piece",
    [b"8=FIX", b"8=FIX.4.4\x019=6\x0135=", b"8=FIX.4.4\x019=5\x0135=0\x0110=000\x01"],
    ids=["starts", "lengths that lie", "wrong sums"],
)
def test_a_stream_of_what_is_no_message_ends_with_a_logout(tmp_path: Path, piece: bytes) -> None:
    async def scenario(gateway: Running) -> None:
        client, other = await logged_on(gateway, *TWO)
        await client.write(piece * (60_000 // len(piece)))
        await client.send("35=1|112=STILL HERE")
        await client.expect("35=0|112=STILL HERE")

        await client.write(piece * (60_000 // len(piece)))
        end = await client.expect("35=5")
        assert "bytes are no FIX message; the limit is 65536" in end[58]
        await client.expect_end()
        await other.send("35=1|112=HELLO")
        await other.expect("35=0|112=HELLO")

    play_on(scenario, tmp_path, sessions=dict.fromkeys(TWO, ""))


def test_a_number_that_is_longer_than_any_stops_nobody_else(tmp_path: Path) -> None:
    """QuickFIX takes any number of zeros before it, Python's `int` does not."""
    async def scenario(gateway: Running) -> None:
        client, other = await logged_on(gateway, *TWO)
        await client.send(f"35=2|7={'0' * 5_000}1|16=0")
        await client.expect("35=3|371=7|373=6")
        await client.send(f"35=1|34={'0' * 5_000}3|112=HELLO")
        await client.expect("35=5")
        await client.expect_end()

        await other.send("35=1|112=HELLO")
        await other.expect("35=0|112=HELLO")

    play_on(scenario, tmp_path, sessions=dict.fromkeys(TWO, ""))


def test_garbled_messages_do_not_fill_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(few_lines, "SECOND", 3_600)  # it does not end while this test lasts
    log = io.StringIO()
    logs.configure("info", "console", log)

    async def scenario(gateway: Running) -> None:
        client = await gateway.client()
        await client.log_on()
        for _ in range(100):
            # One by one: each is passed over alone, behind a message that is not.
            heartbeat = client.message("35=0")
            await client.write(heartbeat[:-3] + b"x\x01" + heartbeat)
            await until(lambda: gateway.numbers()[1] == client.next_out)
        await client.send("35=1|112=HELLO")
        await client.expect("35=0|112=HELLO")

    play_on(scenario, tmp_path)
    assert 1 <= log.getvalue().count("garbled ") <= LINES_PER_SECOND

"""Who gets in, who does not, and what a connection that is lost or in a hurry leaves behind."""

import io
from pathlib import Path

import pytest

from fixgw.runtime import logs
from tests.app.bench import (
    CREDENTIALS,
    ORDER,
    PASSWORD_ASKED,
    Running,
    play,
    running,
    until,
)
from tests.support.secrets import PASSWORD, WRONG_PASSWORD

LOGON = "35=A|98=0|108=30"
WRONG = f"{LOGON}|553=jane|554={WRONG_PASSWORD}"
RIGHT = f"{LOGON}|{CREDENTIALS}"
ABANDONED = 300
ELSEWHERE = "127.0.0.2"


@pytest.fixture
def log() -> io.StringIO:
    """All that is logged, as an operator sees it."""
    stream = io.StringIO()
    logs.configure("debug", "console", stream)
    return stream


@pytest.mark.parametrize(
    ("comp_id", "first", "reason"),
    [
        ("ONE", f"35=D|11=A|{ORDER}", "the first message is no Logon"),
        ("ONE", "35=5", "the first message is no Logon"),
        ("NOBODY", LOGON, "unknown session"),
        ("\x1b[2JNOBODY", LOGON, "unknown session"),
    ],
)
def test_what_is_no_logon_of_a_client_is_closed_without_a_word(
    tmp_path: Path, log: io.StringIO, comp_id: str, first: str, reason: str
) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            stranger = await gateway.client(comp_id)
            await stranger.send(first)

            await stranger.expect_end()
            assert (1, 1) == gateway.numbers()
            assert gateway.gone()()

    play(scenario())
    assert f"reason={reason!r}" in log.getvalue()
    # What anybody may send must not reach a terminal as a command.
    assert "\x1b" not in log.getvalue()


def test_a_second_connection_does_not_harm_the_first(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            first = await gateway.client()
            await first.log_on()
            second = await gateway.client(next_out=2)
            await second.send(LOGON)

            await second.expect_end()
            await first.send("35=1|112=HELLO")
            await first.expect("35=0|34=2|112=HELLO")
            assert (3, 3) == gateway.numbers()

    play(scenario())


def test_two_logons_in_one_segment(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await gateway.client()
            await client.send(LOGON, LOGON)

            await client.expect("35=A|34=1")
            await client.expect_end()
            await until(gateway.gone())

    play(scenario())


@pytest.mark.parametrize(("asked", "logon"), [("", LOGON), (PASSWORD_ASKED, RIGHT)])
def test_orders_in_the_segment_of_the_logon(tmp_path: Path, asked: str, logon: str) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": asked}) as gateway:
            client = await gateway.client()
            await client.send(logon, f"35=D|11=A|{ORDER}", f"35=D|11=B|{ORDER}")

            await client.expect("35=A|34=1")
            await client.expect("35=8|34=2|11=A|39=0")
            await client.expect("35=8|34=3|11=B|39=0")

    play(scenario())


def test_orders_behind_a_logon_that_is_refused(tmp_path: Path, log: io.StringIO) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            client = await gateway.client()
            await client.send(WRONG, f"35=D|11=A|{ORDER}")

            await client.expect_end()
            assert (1, 1) == gateway.numbers()
            assert [] == gateway.paper.commands

            client = await gateway.client()
            await client.log_on(CREDENTIALS)

    play(scenario())
    assert "wrong_password" in log.getvalue()
    assert PASSWORD not in log.getvalue() and WRONG_PASSWORD not in log.getvalue()


def test_a_verdict_is_for_its_own_connection_only(tmp_path: Path) -> None:
    """The right password was given, and its connection lost; whoever comes next gives another."""

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            lost = await gateway.client()
            await lost.send(RIGHT)
            await until(lambda: gateway.gateway._door._visits)
            lost.close()
            await until(gateway.gone())

            intruder = await gateway.client()
            await intruder.send(WRONG)
            await intruder.expect_end()
            await until(gateway.gone())
            assert (1, 1) == gateway.numbers()

            client = await gateway.client()
            await client.log_on(CREDENTIALS)

    play(scenario())


def test_logons_that_were_given_up_keep_nobody_waiting(tmp_path: Path) -> None:
    async def scenario() -> None:
        sessions = {"ONE": PASSWORD_ASKED, "TWO": PASSWORD_ASKED}
        tables = "[limits]\nlogon_timeout_seconds = 10\n"
        async with running(tmp_path, sessions=sessions, tables=tables) as gateway:
            for _ in range(ABANDONED):
                await abandon(gateway)

            client = await gateway.client("TWO")
            await client.log_on(CREDENTIALS)

    play(scenario())


async def abandon(gateway: Running) -> None:
    """Send a Logon, and hang up."""
    client = await gateway.client(source=ELSEWHERE)
    await client.send(WRONG)
    await until(lambda: gateway.gateway._door._visits)
    client.close()
    await until(gateway.gone())


def test_logout_and_close_in_one_go(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.send(f"35=D|11=A|{ORDER}", "35=5")
            client.close()
            await until(gateway.gone())

            # Whatever was taken of it is counted, and nothing is asked for that was.
            next_out = gateway.numbers()[1]
            client = await gateway.client(next_out=next_out)
            await client.log_on()
            await client.send("35=1|112=HELLO")
            await client.expect("35=0|112=HELLO")

    play(scenario())


def test_a_client_that_only_listens_any_more(tmp_path: Path) -> None:
    """Half-closed: what it sent is taken or asked for again; its connection ends."""

    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders("A", "B")
            client.finish_sending()
            while await client.receive():
                pass
            await until(gateway.gone())

            taken = gateway.numbers()[1] - 2
            assert taken == len({c.order.order_id for c in gateway.paper.commands})

    play(scenario())


def test_nobody_gets_in_when_the_gateway_stops(tmp_path: Path) -> None:
    async def scenario() -> None:
        sessions = {"ONE": PASSWORD_ASKED, "TWO": "", "THREE": ""}
        async with running(tmp_path, sessions=sessions) as gateway:
            asked, early, late = [await gateway.client(n) for n in ("ONE", "TWO", "THREE")]
            await early.log_on()
            await asked.send(RIGHT)
            await until(lambda: gateway.gateway._door._visits)

            gateway.gateway.log_out_all("the gateway stops")

            await asked.expect_end()
            await late.send(LOGON)
            await late.expect_end()
            await early.expect("35=5|58=the gateway stops")
            await early.send("35=5")
            await early.expect_end()
            await until(lambda: not gateway.gateway.connected)
            assert (1, 1) == gateway.numbers() == gateway.numbers("THREE")

    play(scenario())

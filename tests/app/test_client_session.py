"""A client that was away, reads slowly, or does not read: everything once, in order, in bounds."""

from pathlib import Path

import pytest

from fixgw.acceptor import connection
from fixgw.app.client_session import CATCH_UP_MESSAGES
from fixgw.fix.outbox import ADMIN_MESSAGES_MAX
from tests.app.bench import Client, Running, play, running, until

STORED = 20_000
AT_ONCE = 1_000
BUFFER_BYTES = 100_000
REPORT_BYTES = 400
"""More than any report of these tests has."""

SMALL = f"[limits]\noutbound_buffer_bytes = {BUFFER_BYTES}\n"
STATUS = "35=H|11=A|55=BTCUSDT|54=1"
"""Answered by a report."""


async def with_reports(gateway: Running, number: int) -> Client:
    """A client that is logged on, has an order, and has received *number* reports."""
    client = await gateway.client()
    await client.log_on()
    await client.orders("A")
    await client.expect("35=8|34=2")
    for begin in range(0, number - 1, AT_ONCE):
        await client.send(*[STATUS] * min(AT_ONCE, number - 1 - begin))
        for _ in range(min(AT_ONCE, number - 1 - begin)):
            await client.expect("35=8")
    return client


async def again(gateway: Running, client: Client, **given: bool) -> Client:
    """The same client, on a new connection, logged on; its next number of ours is *seq_num*."""
    client.close()
    await until(gateway.gone())
    client = await gateway.client(next_out=client.next_out, **given)
    await client.log_on()
    return client


async def receive_through(client: Client, begin: int, end: int) -> list[bool]:
    """Take the messages *begin* to *end*, each once and in order, gap fills for what is not kept;
    for each report whether it was marked as sent before."""
    marks = []
    while begin <= end:
        fields = await client.receive()
        assert begin == int(fields[34]), fields
        if fields[35] == "4":
            assert "Y" == fields[123]
            begin = int(fields[36])
        else:
            marks.append(fields.get(43) == "Y")
            begin += 1
    assert begin == end + 1
    return marks


def test_twenty_thousand_again_while_new_ones_come_and_others_trade(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": "", "TWO": ""}, tables=SMALL) as gateway:
            client = await with_reports(gateway, STORED)
            client = await again(gateway, client)
            other = await gateway.client("TWO")
            await other.log_on()

            last = gateway.numbers()[0] - 1
            await client.send("35=2|7=1|16=0", *[STATUS] * 50)
            await other.orders("X")
            await client.expect("35=4|34=1|43=Y|123=Y|36=2")
            # The other client is answered between two portions.
            await other.expect("35=8|11=X|39=0")
            assert gateway.state().session.outbox.catch_up is not None

            marks = await receive_through(client, 2, last + 50)

            assert [True] * STORED + [False] * 50 == marks
            assert gateway.state().session.outbox.catch_up is None
            await client.send(STATUS)
            await client.expect(f"35=8|34={last + 51}")

    play(scenario())


def test_a_client_that_stops_reading_in_the_middle_and_goes_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, tables=SMALL) as gateway:
            client = await with_reports(gateway, STORED)
            client = await again(gateway, client, slow=True)
            state = gateway.state()
            last = gateway.numbers()[0] - 1

            await client.send("35=2|7=1|16=0")
            await until(lambda: not state.connection.writable)
            await client.send(*[STATUS] * 2_000)
            await until(lambda: gateway.numbers()[0] == last + 2_001)

            # What it has not read is on record, and not in memory.
            held = state.connection._transport.get_write_buffer_size()
            assert held < BUFFER_BYTES + CATCH_UP_MESSAGES * REPORT_BYTES
            assert [] == state.session.outbox.to_write == state.session.outbox.to_store

            await client.expect("35=4|34=1|36=2")
            marks = await receive_through(client, 2, last + 2_000)
            assert [True] * STORED + [False] * 2_000 == marks

    play(scenario())


def test_a_client_that_is_cut_off_in_mid_catching_up(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, tables=SMALL) as gateway:
            client = await with_reports(gateway, STORED)
            client = await again(gateway, client, slow=True)
            await client.send("35=2|7=1|16=0")
            await client.expect("35=4|34=1|36=2")
            await receive_through(client, 2, 1_500)

            client = await again(gateway, client)
            last = gateway.numbers()[0] - 1
            await client.send("35=2|7=1501|16=0")

            marks = await receive_through(client, 1_501, last)
            # The order's report and the statuses were 2 to 20,001; then came two Logons.
            assert [True] * (STORED - 1_499) == marks

    play(scenario())


def test_a_client_that_never_reads_keeps_its_session_for_seconds_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CLOSE_SECONDS", 0.2)

    async def scenario() -> None:
        async with running(tmp_path, tables=SMALL) as gateway:
            client = await with_reports(gateway, 1)
            client.close()
            await until(gateway.gone())
            deaf = await gateway.client(next_out=client.next_out, slow=True)
            await deaf.log_on(heartbeat=1)
            await deaf.send(*[STATUS] * STORED)
            await until(lambda: gateway.numbers()[1] == deaf.next_out)
            assert not gateway.state().connection.writable

            # Silent for 2.4 heartbeats; what it leaves unread may not hold its session any longer.
            await until(gateway.gone())
            await until(lambda: not gateway.acceptor.connections)
            client = await gateway.client(next_out=deaf.next_out)
            await client.log_on()

    play(scenario())


def test_a_client_that_talks_and_never_reads_is_held_within_bounds(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, tables=SMALL) as gateway:
            client = await with_reports(gateway, 1)
            client = await again(gateway, client, slow=True)
            state = gateway.state()
            begin = gateway.numbers()[0]

            while state.connection.writable:
                await client.send(*["35=1|112=HELLO"] * AT_ONCE)
                await until(lambda: gateway.numbers()[1] == client.next_out)
            for _ in range(3):
                await client.send(*["35=1|112=HELLO"] * AT_ONCE)
            await client.send(STATUS)
            await until(lambda: gateway.numbers()[1] == client.next_out)

            assert ADMIN_MESSAGES_MAX == len(state.session.outbox.catch_up.admin)
            held = state.connection._transport.get_write_buffer_size()
            assert held < BUFFER_BYTES + AT_ONCE * REPORT_BYTES

            # When it reads again, Heartbeats that found no room are gap-filled, and nothing else.
            marks = await receive_through(client, begin, gateway.numbers()[0] - 1)
            assert not any(marks)

    play(scenario())

"""Clients that reset their numbers, over real sockets: each unread report once, in order, under
the new numbers; and no report again that had reached the client."""

import asyncio
import socket
import struct
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from fixgw.app.reload import Reloader
from fixgw.fix.framing import Framer
from fixgw.fix.wire import header_fields
from fixgw.model.session_events import ReportsCarried
from fixgw.model.venue import Fill, OrderUpdate, VenueStatus
from tests.app.bench import Client, Running, play, play_on, running, settings, until
from tests.app.test_client_session import SMALL
from tests.app.test_disconnect_cancels import died_after, ticks_on_record
from tests.support import recorded

CARRIED = 20_000
AT_ONCE = 1_000
QUIET_SECONDS = 0.5
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a RST, and what was not read is lost."""

BIG_ORDER = "35=D|11=A|55=BTCUSDT|54=1|38=1000000|40=2|44=100|59=1"


async def trading(gateway: Running) -> Client:
    """A client that is logged on and has an order in the market, and knows it."""
    client = await gateway.client()
    await client.log_on("141=Y")
    await client.send(BIG_ORDER)
    await client.expect("35=8|34=2|39=0")
    return client


async def away(gateway: Running) -> None:
    """Such a client has logged out in good order."""
    client = await trading(gateway)
    await client.log_out()
    await until(gateway.gone())


async def reads_and_leaves(gateway: Running, client: Client, fills: int) -> None:
    """The client has the reports of so many fills, and logs out in good order."""
    for _ in range(fills):
        await client.expect("35=8|150=F")
    await client.log_out()
    await until(gateway.gone())


class Fills:
    """Executions of the client's order, one share each."""

    def __init__(self, gateway: Running) -> None:
        self._gateway = gateway
        self._done = 0

    async def happen(self, number: int) -> None:
        """So many; returns when their reports are on record."""
        order_id = self._gateway.order_id("A")
        for _ in range(number):
            self._done += 1
            fill = Fill(
                cum_qty=Decimal(self._done), last_qty=Decimal(1), last_px=Decimal(100),
                at=self._done, venue_exec_id=f"t{self._done}",
            )
            self._gateway.paper.say(OrderUpdate(
                order_id=order_id, status=VenueStatus.WORKING, cum_qty=fill.cum_qty, fill=fill,
            ))
            if self._done % AT_ONCE == 0:
                await until(self._reported)
        await until(self._reported)

    def _reported(self) -> bool:
        """Beside them there is the report on the order itself."""
        return recorded.sent(self._gateway.journal.path) == self._done + 1


def exec_ids(gateway: Running) -> list[str]:
    """ExecID(17) of every fill on record, oldest first."""
    order_id = gateway.order_id("A")
    count = recorded.sent(gateway.journal.path)
    return [f"{order_id}-Ft{number}" for number in range(1, count)]


async def reset(gateway: Running, **given: bool) -> Client:
    """The client, on a new connection, with new numbers; its Logon is answered."""
    client = await gateway.client(**given)
    await client.log_on("141=Y")
    return client


async def carried(client: Client, number: int, first: int = 2) -> list[str]:
    """Take so many carried reports, numbered from *first*; their ExecIDs."""
    found = []
    for seq_num in range(first, first + number):
        fields = await client.expect(f"35=8|34={seq_num}|97=Y")
        assert 43 not in fields and 122 not in fields
        found.append(fields[17])
    return found


async def nothing_else(client: Client, seq_num: int) -> None:
    """The next message is the answer to a TestRequest, with this number."""
    await client.send("35=1|112=HELLO")
    await client.expect(f"35=0|34={seq_num}|112=HELLO")


def test_a_fill_of_the_time_away_follows_the_logon(tmp_path: Path) -> None:
    async def scenario(gateway: Running) -> None:
        await away(gateway)
        await Fills(gateway).happen(1)

        client = await reset(gateway)
        assert exec_ids(gateway) == await carried(client, 1)
        await nothing_else(client, 3)

    play_on(scenario, tmp_path)


def test_after_a_clean_logout_nothing_comes_again(tmp_path: Path) -> None:
    async def scenario(gateway: Running) -> None:
        client = await trading(gateway)
        fills = Fills(gateway)
        for _ in range(3):
            await fills.happen(5)
            await reads_and_leaves(gateway, client, 5)
            client = await reset(gateway)
            await nothing_else(client, 2)

    play_on(scenario, tmp_path)


def test_nor_after_a_clean_logout_and_a_restart_of_the_gateway(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await trading(gateway)
            fills = Fills(gateway)
            await fills.happen(5)
            await reads_and_leaves(gateway, client, 5)
            await fills.happen(2)
            late = exec_ids(gateway)[-2:]
        async with running(tmp_path) as gateway:
            client = await reset(gateway)
            assert late == await carried(client, 2)
            await nothing_else(client, 4)

    play(scenario())


def test_reports_behind_the_clients_logout_come_again(tmp_path: Path) -> None:
    """What it said proves nothing of what was written after it; that it closed its end in good
    order, neither."""
    async def scenario(gateway: Running) -> None:
        client = await trading(gateway)
        fill = Fill(cum_qty=Decimal(1), last_qty=Decimal(1), last_px=Decimal(100), at=1)
        gateway.paper.on_perform = lambda commands: gateway.paper.say(OrderUpdate(
            order_id=gateway.order_id("A"), status=VenueStatus.WORKING, fill=fill,
        ))
        await client.send("35=H|11=A|55=BTCUSDT|54=1", "35=5")
        await client.expect("35=8")
        await client.expect("35=5")
        await client.expect_end()
        await until(gateway.gone())

        client = await reset(gateway)
        await client.expect("35=8|34=2|97=Y|150=I")
        await nothing_else(client, 3)

    play_on(scenario, tmp_path)


def test_what_is_reported_while_the_connection_closes_is_not_written_and_comes_again(
    tmp_path: Path,
) -> None:
    """A report counts as delivered only if its bytes were given to the connection."""
    async def scenario(gateway: Running) -> None:
        client = await trading(gateway)
        state = gateway.state()
        unsent, connection = state.session.outbox.unsent, state.connection
        connection.close("of this test")
        flushed, written = unsent.flushed, connection.written
        await Fills(gateway).happen(1)
        assert (flushed, written) == (unsent.flushed, connection.written)
        assert unsent.first < state.session.numbers.next_sender
        await client.expect_end()
        client.close()
        await until(gateway.gone())

        client = await reset(gateway)
        await client.expect("35=8|34=2|97=Y|39=0")
        assert exec_ids(gateway) == await carried(client, 1, first=3)
        await nothing_else(client, 4)

    play_on(scenario, tmp_path)


def test_what_never_reached_the_clients_end_comes_again(tmp_path: Path) -> None:
    async def scenario(gateway: Running) -> None:
        client = await trading(gateway)
        fills = Fills(gateway)
        await fills.happen(10)
        await reads_and_leaves(gateway, client, 10)
        state = gateway.state()
        deaf = await gateway.client(next_out=client.next_out, slow=True)
        await deaf.log_on()
        while state.connection.writable:
            await fills.happen(AT_ONCE)

        # All that our kernel still had is read; what the gateway held has no way to leave.
        read = _read_until_quiet(deaf._socket)
        deaf._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        deaf.close()
        await until(gateway.gone())
        await fills.happen(3)

        client = await reset(gateway)
        known = exec_ids(gateway)
        again = await carried(client, state.session.outbox.carried.end - 2)
        assert known[-len(again):] == again
        assert not set(known[:10]) & set(again), "these the client had before its Logout"
        assert set(known[10:]) == set(read) | set(again)

    play_on(scenario, tmp_path, tables=SMALL)


def _read_until_quiet(sock: socket.socket) -> list[str]:
    """Without giving the gateway, which runs on the same loop, a chance; ExecIDs."""
    framer, found = Framer(), []
    quiet_since = time.monotonic()
    while time.monotonic() < quiet_since + QUIET_SECONDS:
        try:
            messages = framer.feed(sock.recv(65_536))
        except BlockingIOError:
            continue
        quiet_since = time.monotonic()
        found += [header_fields(message).get(17, "") for message in messages]
    return [each for each in found if each]


def test_twice_reset_before_anything_is_read_and_a_restart_between(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            await away(gateway)
            await Fills(gateway).happen(3)
            wanted = exec_ids(gateway)
            deaf = await gateway.client(slow=True)
            await deaf.send("35=A|98=0|108=30|141=Y")
            await until(lambda: gateway.numbers() == (5, 2))
            # Its TCP has acknowledged all of it; it dies without having read it.
            deaf._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            deaf.close()
            await until(gateway.gone())
        async with running(tmp_path) as gateway:
            client = await reset(gateway)
            assert wanted == await carried(client, 3)
            await client.send("35=2|7=1|16=0")
            await client.expect("35=4|34=1|43=Y|123=Y|36=2")
            for seq_num, exec_id in enumerate(wanted, start=2):
                await client.expect(f"35=8|34={seq_num}|43=Y|97=Y|17={exec_id}")

    play(scenario())


def test_twenty_thousand_carried_while_others_trade(tmp_path: Path) -> None:
    async def scenario(gateway: Running) -> None:
        await away(gateway)
        fills = Fills(gateway)
        await fills.happen(CARRIED)
        wanted = exec_ids(gateway)
        other = await gateway.client("TWO")
        await other.log_on()
        stored = _rows(gateway)

        client = await gateway.client()
        await client.send("35=A|98=0|108=30|141=Y")
        await client.expect("35=A|34=1|141=Y")
        await other.orders("X")
        await other.expect("35=8|11=X|39=0")
        outbox = gateway.state().session.outbox
        assert outbox.catch_up is not None, "the other client was answered between portions"
        assert [] == outbox.to_write == outbox.to_store
        # No copy is made: one small event stands for all of them.
        assert _rows(gateway) < stored + 10_000

        assert wanted == await carried(client, CARRIED)
        await nothing_else(client, CARRIED + 2)

    play_on(scenario, tmp_path, sessions={"ONE": "", "TWO": ""}, tables=SMALL)


def _rows(gateway: Running) -> int:
    """Bytes of everything on record."""
    return len(recorded.content(gateway.journal.path))


def test_carried_to_a_client_that_reads_slowly_and_new_ones_follow_in_order(
    tmp_path: Path,
) -> None:
    async def scenario(gateway: Running) -> None:
        await away(gateway)
        fills = Fills(gateway)
        await fills.happen(CARRIED)
        client = await gateway.client(slow=True)
        await client.send("35=A|98=0|108=30|141=Y")
        state = gateway.state()
        await until(lambda: state.connection is not None and not state.connection.writable)
        await fills.happen(100)
        wanted = exec_ids(gateway)

        await client.expect("35=A|34=1|141=Y")
        found = await carried(client, CARRIED)
        for seq_num in range(CARRIED + 2, CARRIED + 102):
            fields = await client.expect(f"35=8|34={seq_num}")
            assert 97 not in fields
            found.append(fields[17])
        assert wanted == found

    play_on(scenario, tmp_path, tables=SMALL)


def test_fills_after_our_logout_at_a_stop_are_not_lost_to_the_next_reset(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await trading(gateway)
            fills = Fills(gateway)
            gateway.gateway.log_out_all("the gateway stops")
            await client.expect("35=5")
            await fills.happen(2)
            wanted = exec_ids(gateway)
            await client.send("35=5")
            await client.expect_end()
        async with running(tmp_path) as gateway:
            client = await reset(gateway)
            assert wanted == await carried(client, 2)
            await nothing_else(client, 4)

    play(scenario())


@pytest.mark.parametrize("removed", [False, True])
def test_a_gateway_that_dies_has_disconnected_its_clients(tmp_path: Path, removed: bool) -> None:
    """ResetOnDisconnect: the client begins at 1, and need not say so with ResetSeqNumFlag(141)."""
    resets = {"ONE": "ResetOnDisconnect=Y\n"}

    async def before() -> int:
        async with running(tmp_path, sessions=resets) as gateway:
            client = await trading(gateway)
            if removed:
                # Else a gateway does not start without it.
                await client.send("35=F|11=C|41=A|55=BTCUSDT|54=1|60=20260105-10:00:00")
                await client.expect("35=8|34=3|39=4")
            return ticks_on_record(tmp_path)

    async def after(died: Path) -> None:
        first = {"TWO": ""} if removed else resets
        async with running(died, sessions=first) as gateway:
            if removed:
                # Its .cfg was gone for a while: the journal remembers it all the same.
                settings(died, sessions=resets)
                parts = gateway.gateway, gateway.parts, gateway.journal, gateway.acceptor
                await Reloader(*parts).reload()
            client = await gateway.client()
            await client.log_on()
            await client.send("35=2|7=1|16=0")
            await client.expect("35=8|34=1|43=Y|97=Y|11=A|39=0")
            if removed:
                await client.expect("35=8|34=2|43=Y|97=Y|11=C|39=4")
            await client.expect("35=4|43=Y|123=Y")

    async def scenario() -> None:
        ticks = await before()
        await after(died_after(tmp_path, ticks))

    play(scenario())


def test_a_client_that_a_reload_logs_out_has_not_read_for_that(tmp_path: Path) -> None:
    async def scenario(gateway: Running) -> None:
        client = await trading(gateway)
        await Fills(gateway).happen(1)
        state = gateway.state()
        await until(lambda: state.connection.arrived == state.connection.written)
        settings(tmp_path, sessions={"ONE": "MaxLatency=121\n"})
        parts = gateway.gateway, gateway.parts, gateway.journal, gateway.acceptor
        await Reloader(*parts).reload()
        client.close()
        await until(lambda: gateway.state() is not state)

        client = await gateway.client()
        await client.log_on("141=Y")
        await client.expect("35=8|34=2|97=Y|39=0")
        await client.expect("35=8|34=3|97=Y|39=1")

    play_on(scenario, tmp_path)


def test_a_running_session_is_reset_over_a_real_socket(tmp_path: Path) -> None:
    async def scenario(gateway: Running) -> None:
        client = await trading(gateway)
        fills = Fills(gateway)
        await fills.happen(2)
        for _ in range(2):
            await client.expect("35=8|150=F")
        client.next_out = 1
        await client.send("35=A|98=0|108=30|141=Y")
        await client.expect("35=A|34=1|141=Y")
        await fills.happen(1)
        known = exec_ids(gateway)
        await client.expect("35=8|34=2|97=Y|39=0")
        assert known[:2] == await carried(client, 2, first=3)
        fields = await client.expect("35=8|34=5|150=F")
        assert 97 not in fields
        await nothing_else(client, 6)

    play_on(scenario, tmp_path)


CLIENT = """
import socket, sys
sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
sock.sendall(bytes.fromhex(sys.argv[2]))
read = b""
while True:
    read += sock.recv(65536)
    if b"150=F" in read:
        print("read", flush=True)
"""
"""A client that reads a fill, and is killed before it has stored it."""


def test_a_client_that_is_killed_with_a_fill_in_its_hands_gets_it_again(tmp_path: Path) -> None:
    async def scenario(gateway: Running) -> None:
        writer = await gateway.client()
        texts = writer.message("35=A|98=0|108=30|141=Y"), writer.message(BIG_ORDER)
        writer.close()
        died = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CLIENT, str(gateway.acceptor.port), b"".join(texts).hex(),
            stdout=asyncio.subprocess.PIPE,
        )
        await until(lambda: gateway.numbers() == (3, 3))
        await Fills(gateway).happen(1)
        assert died.stdout is not None
        assert b"read\n" == await died.stdout.readline()
        died.kill()
        await died.wait()
        await until(gateway.gone())

        client = await reset(gateway)
        await client.expect("35=8|34=2|97=Y|39=0")
        assert exec_ids(gateway) == await carried(client, 1, first=3)
        await nothing_else(client, 4)

    play_on(scenario, tmp_path)


def test_what_is_written_before_a_reset_has_its_turn_comes_again(tmp_path: Path) -> None:
    """MaxMessagesPerSecond keeps the Logon waiting; the client drops what it still gets with the
    old numbers."""
    async def scenario() -> None:
        throttled = {"ONE": "MaxMessagesPerSecond=2\nMaxMessagesDelaySeconds=60\n"}
        async with running(tmp_path, sessions=throttled) as gateway:
            client = await trading(gateway)
            heartbeats = ["35=0"] * 4
            await client.send(*heartbeats)
            client.next_out = 1
            await client.send("35=A|98=0|108=30|141=Y")
            await Fills(gateway).happen(2)
            assert gateway.numbers()[1] > 2, "the Logon has not had its turn"
            for _ in range(2):
                await client.expect("35=8|150=F")
            await client.expect("35=A|34=1|141=Y")
            await client.expect("35=8|34=2|97=Y|39=0")
            assert exec_ids(gateway) == await carried(client, 2, first=3)
            await nothing_else(client, 5)

    play(scenario())


def test_a_carried_report_is_on_record_as_an_event(tmp_path: Path) -> None:
    async def scenario(gateway: Running) -> None:
        await away(gateway)
        await Fills(gateway).happen(2)
        await reset(gateway)
        [event] = [
            each for each in recorded.events(gateway.journal.path)
            if isinstance(each, ReportsCarried)
        ]
        assert (2, 2, [(1, 4, 5)]) == (event.epoch, event.first, event.origins)

    play_on(scenario, tmp_path)

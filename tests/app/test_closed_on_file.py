"""Closed orders leave memory, and whoever names one is answered as if it were still there."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from fixgw.app.housekeeping import Housekeeping
from fixgw.fix.wire import header_fields
from fixgw.journal.closed import ClosedOrders
from fixgw.journal.places import CLOSED
from fixgw.journal.replay import replay
from fixgw.model.ids import OrderID
from fixgw.model.venue import Fill, OrderUpdate, VenueStatus
from fixgw.runtime.clock import SystemClock
from tests.app.bench import ORDER, Client, Running, play, running, until
from tests.app.operated import fixgw

MINUTE_MS = 60_000
ONE = Decimal(1)


class Later(SystemClock):
    """A clock that the test sets forward."""

    ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms


Scenario = Callable[[Running, Client, Later], Awaitable[None]]


def filled(gateway: Running, name: str, exec_id: str, quantity: Decimal = ONE) -> None:
    gateway.paper.say(OrderUpdate(
        order_id=gateway.order_id(name), status=VenueStatus.FILLED, cum_qty=quantity,
        fill=Fill(cum_qty=quantity, last_qty=ONE, last_px=ONE, at=0, venue_exec_id=exec_id),
    ))


async def told(client: Client, text: str) -> dict[int, str]:
    """The client's next report or reject, which must have the fields of *text*. The session's own
    messages come when time has passed, which is no matter here."""
    wanted = header_fields(text.replace("|", "\x01").encode())
    got = await client.receive()
    while got.get(35) in ("0", "1"):
        got = await client.receive()
    assert wanted == {tag: got.get(tag) for tag in wanted}, got
    return got


async def filled_order(gateway: Running, client: Client, name: str) -> None:
    await client.send(f"35=D|11={name}|{ORDER}")
    await told(client, f"35=8|11={name}|39=0")
    filled(gateway, name, f"t-{name}")
    await told(client, f"35=8|11={name}|39=2")


async def compacted(gateway: Running, clock: Later) -> None:
    """Ten minutes later all closed orders are on file and out of memory."""
    clock.ahead_ms += 11 * MINUTE_MS
    # A tick at the new time, as a heartbeat would make it.
    gateway.journal.add_received([(0, "test", "in", b"")])
    gateway.journal.commit(clock.now_ms())
    house = Housekeeping(gateway.journal, gateway.settings.journal, gateway.gateway.on_file)
    assert await house.compact() is not None
    on_file = gateway.gateway.on_file
    assert on_file is not None
    await until(lambda: not on_file.leaving)


async def start(directory: Path, scenario: Scenario) -> None:
    clock = Later()
    async with running(directory, clock=clock) as gateway:
        client = await gateway.client()
        await client.log_on()
        for name in "ABC":
            await filled_order(gateway, client, name)
        await client.orders("OPEN")
        await told(client, "35=8|11=OPEN|39=0")
        names = {name: gateway.order_id(name) for name in ("A", "B", "C", "OPEN")}
        await compacted(gateway, clock)
        assert {names["OPEN"]} == {each.order_id for each in gateway.gateway.engine.orders}
        gateway.names = names
        await scenario(gateway, client, clock)


@pytest.mark.parametrize("restart", [False, True])
def test_a_cl_ord_id_of_an_order_on_file_is_refused(tmp_path: Path, restart: bool) -> None:
    async def asks(gateway: Running, client: Client, clock: Later) -> None:
        performed = len(gateway.paper.commands)
        await client.send(f"35=D|11=A|{ORDER}")
        await told(client, "35=8|11=A|150=8|103=6")
        await client.send(f"35=D|11=NEW|{ORDER}")
        await told(client, "35=8|11=NEW|39=0")
        assert performed + 1 == len(gateway.paper.commands)

    play(with_restart(tmp_path, asks, restart))


@pytest.mark.parametrize("restart", [False, True])
def test_the_state_of_an_order_on_file_is_told(tmp_path: Path, restart: bool) -> None:
    async def asks(gateway: Running, client: Client, clock: Later) -> None:
        await client.send("35=H|11=B|55=BTCUSDT|54=1")
        report = await told(client, "35=8|11=B|150=I|39=2|14=1")
        assert gateway.names["B"] == report[37]
        await client.send(f"35=F|11=X|41=C|55=BTCUSDT|54=1|38=1|60={client.now()}")
        await told(client, "35=9|11=X|41=C|102=0|39=2")

    play(with_restart(tmp_path, asks, restart))


@pytest.mark.parametrize("restart", [False, True])
def test_a_late_fill_of_an_order_on_file_is_told_once(tmp_path: Path, restart: bool) -> None:
    async def fills(gateway: Running, client: Client, clock: Later) -> None:
        late = OrderUpdate(
            order_id=gateway.names["A"], status=VenueStatus.FILLED, cum_qty=Decimal(2),
            fill=Fill(cum_qty=Decimal(2), last_qty=ONE, last_px=ONE, at=0, venue_exec_id="late"),
        )
        gateway.paper.say(late, late)
        report = await told(client, "35=8|11=A|150=F|14=2")
        assert f"{gateway.names['A']}-Flate" == report[17]
        # It is filed again with this, and nothing of it is forgotten or told again.
        await compacted(gateway, clock)
        gateway.paper.say(late)
        await client.send("35=H|11=A|55=BTCUSDT|54=1")
        await told(client, "35=8|11=A|150=I|14=2")

    play(with_restart(tmp_path, fills, restart))


def with_restart(
    directory: Path, scenario: Scenario, restart: bool
) -> Awaitable[None]:
    async def played() -> None:
        if not restart:
            await start(directory, scenario)
            return
        kept: dict[str, str] = {}
        clocks: list[Later] = []

        async def note(gateway: Running, client: Client, clock: Later) -> None:
            kept.update(gateway.names)
            clocks.append(clock)
            await client.log_out()

        await start(directory, note)
        async with running(directory, clock=clocks[0]) as gateway:
            gateway.names = kept
            assert {kept["OPEN"]} == {each.order_id for each in gateway.gateway.engine.orders}
            client = await gateway.client()
            await client.log_on("141=Y")
            await scenario(gateway, client, clocks[0])

    return played()


def test_orders_on_file_are_listed_with_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def lists(gateway: Running, client: Client, clock: Later) -> None:
        capsys.readouterr()
        for arguments, names in [
            ((), ["A", "B", "C", "OPEN"]), (("--limit", "2"), ["C", "OPEN"]),
            (("--open",), ["OPEN"]),
        ]:
            assert 0 == await fixgw(tmp_path, "orders", "--json", *arguments)
            listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
            assert names == [each["cl_ord_id"] for each in listed]

    play(start(tmp_path, lists))


def test_a_killed_compaction_costs_nothing(tmp_path: Path) -> None:
    """It dies at one write or rename after the other, and everybody trades on."""

    async def dies(gateway: Running, client: Client, clock: Later) -> None:
        for step in range(12):
            await filled_order(gateway, client, f"D{step}")
            clock.ahead_ms += 11 * MINUTE_MS
            gateway.journal.add_received([(0, "test", "in", b"")])
            gateway.journal.commit(clock.now_ms())
            killed = subprocess.run(
                [sys.executable, "-c", DYING, str(step), str(gateway.journal.path)],
                capture_output=True,
            )
            assert killed.returncode in (-signal.SIGKILL, 0), killed.stderr
            copy = tmp_path / f"copy{step}"
            shutil.copytree(gateway.journal.path, copy)
            orders: dict[str, str] = {}
            replay(copy, lambda event: orders.setdefault(event.order_id, ""))
            closed = ClosedOrders(copy / CLOSED, read_only=True)
            for name, order_id in gateway.names.items():
                assert order_id in orders or closed.events(OrderID(order_id)), (step, name)
            closed.close()
        await compacted(gateway, clock)
        await client.send(f"35=D|11=D3|{ORDER}")
        await told(client, "35=8|11=D3|150=8|103=6")

    play(start(tmp_path, dies))


DYING = """
import os, signal, sys
from pathlib import Path
from fixgw.journal import compaction
left = int(sys.argv[1])
def dying(do):
    def call(*arguments, **given):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return do(*arguments, **given)
    return call
for name in ("fsync", "replace", "unlink"):
    setattr(os, name, dying(getattr(os, name)))
compaction.compact(Path(sys.argv[2]), compaction.Keeping())
"""

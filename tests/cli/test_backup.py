"""`fixgw backup`: made while clients trade, and a gateway goes on from it."""

import asyncio
import json
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from fixgw.model.ids import OrderID
from fixgw.venues.asmlink.store import Store
from tests.app.bench import ORDER, Client, play, running, settings
from tests.app.operated import fixgw, operated
from tests.venues.asmlink.test_executions import REPLY

BEFORE = 50
"""Orders before the backup begins."""


async def trade(client: Client, first: int) -> None:
    """One order after the other, until it is cancelled."""
    number = first
    while True:
        await client.send(f"35=D|11=C{number}|{ORDER}")
        await client.expect(f"35=8|11=C{number}|39=0")
        number += 1


def test_a_gateway_goes_on_from_a_backup_that_was_made_while_it_traded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    first.mkdir()
    again.mkdir()

    async def back_up() -> None:
        async with operated(first) as gateway:
            client = await gateway.client()
            await client.log_on()
            for number in range(BEFORE):
                await client.orders(f"B{number}")
                await client.expect("35=8|39=0")
            trading = asyncio.create_task(trade(client, 0))
            await asyncio.sleep(0)
            capsys.readouterr()

            assert 0 == await fixgw(first, "backup", str(tmp_path / "backup"), "--json")

            trading.cancel()
            with suppress(asyncio.CancelledError):
                await trading

    async def go_on() -> None:
        async with running(again) as gateway:
            names = [order.request.cl_ord_id for order in gateway.gateway.engine.orders]
            placed = len(names) - BEFORE
            assert [f"B{number}" for number in range(BEFORE)] == names[:BEFORE]
            assert [f"C{number}" for number in range(placed)] == names[BEFORE:]
            client = await gateway.client()
            await client.log_on("141=Y")
            await client.send(f"35=F|11=X|41=B0|55=BTCUSDT|54=1|38=1|60={client.now()}")
            found = await client.receive()
            while found.get(11) != "X":  # what it may not have been given comes first
                found = await client.receive()
            assert ("8", "4") == (found[35], found[39])

    play(back_up())
    [line] = [x for x in capsys.readouterr().out.splitlines() if x.startswith('{"file"')]
    file = tmp_path / "backup" / "journal"
    assert {
        "file": str(file), "bytes": sum(each.stat().st_size for each in file.iterdir()),
        "of": str(first / "journal"),
    } == json.loads(line)
    settings(again)
    shutil.copytree(file, again / "journal")
    play(go_on())


def test_asmlinks_record_goes_with_it_and_no_secret_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = Store(tmp_path / "told.sqlite")
    record.add(OrderID("1"), REPLY, 1)

    async def scenario() -> None:
        async with running(tmp_path):
            file = tmp_path / "sessions" / "gateway.toml"
            file.write_text(file.read_text() + (
                '[venues.link]\nadapter = "asmlink"\nrecord = "../told.sqlite"\n'
                'api_key = { env = "NOT_SET_HERE" }\n'
                '[venues.other]\nadapter = "asmlink"\nrecord = "../not_made_yet.sqlite"\n'
            ))
            assert 0 == await fixgw(tmp_path, "backup", str(tmp_path / "backup"))

    play(scenario())
    assert {"journal", "told.sqlite"} == {
        file.name for file in (tmp_path / "backup").iterdir()
    }
    copy = Store(tmp_path / "backup" / "told.sqlite")
    assert [REPLY] == list(copy.tells(OrderID("1")))
    copy.close()
    record.close()


def test_a_second_backup_needs_another_directory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with running(tmp_path):
            assert 0 == await fixgw(tmp_path, "backup", str(tmp_path / "backup"))
            assert 1 == await fixgw(tmp_path, "backup", str(tmp_path / "backup"))

    play(scenario())
    assert "is there already, and no backup writes over anything" in capsys.readouterr().err

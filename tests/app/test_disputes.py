"""A trade that a client disputes is kept once, an operator hears of it, and no order changes."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from fixgw.cli import main
from fixgw.journal.replay import replay
from fixgw.model.ids import OrderID
from fixgw.model.session_events import SessionEvent, TradeDisputed
from fixgw.model.venue import Fill, OrderUpdate, VenueStatus
from tests.app.bench import Client, Running, play, running

DISPUTE = "127=D|55=BTCUSDT|54=1|32=0.4|31=100|58=no such order in our books"


async def executed(gateway: Running, name: str = "t1") -> tuple[Client, dict[int, str]]:
    """A client that was told of an execution; the report."""
    client = await gateway.client()
    await client.log_on()
    await client.orders("A")
    report = await client.expect("35=8|39=0")
    gateway.paper.say(OrderUpdate(
        order_id=OrderID(report[37]), status=VenueStatus.WORKING, cum_qty=Decimal("0.4"),
        fills=(Fill(venue_exec_id=name, last_qty=Decimal("0.4"), last_px=Decimal(100),
                    cum_qty=Decimal("0.4"), at=1_767_607_200_000),),
    ))
    return client, await client.expect("35=8|150=F|39=1|32=0.4")


def disputed(lines: Any) -> list[Any]:
    return [line for line in lines if line["event"] == "trade_disputed"]


def on_record(directory: Path) -> list[TradeDisputed]:
    path, events = directory / "journal", list[SessionEvent]()
    replay(path, lambda event: None, on_session_event=events.append)
    return [event for event in events if isinstance(event, TradeDisputed)]


def listed(directory: Path, capsys: pytest.CaptureFixture[str], *more: str) -> list[Any]:
    capsys.readouterr()
    arguments = ["orders", "--disputed", "--json", "--sessions", str(directory / "sessions")]
    assert 0 == main.run([*arguments, *more])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("name", ["t1", "a.b-F-G.1"])
def test_a_disputed_trade_is_kept_told_to_the_operator_and_not_answered(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> tuple[str, str]:
        async with running(tmp_path) as gateway:
            client, report = await executed(gateway, name)
            order_id, exec_id = report[37], report[17]
            assert f"{order_id}-F{name}" == exec_id
            with capture_logs() as lines:
                # Sent again, it is the same dispute; with another reason it is a new one.
                await client.send(*[f"35=Q|37={order_id}|17={exec_id}|{DISPUTE}"] * 2)
                await client.send(f"35=Q|37={order_id}|17={exec_id}|127=B|55=BTCUSDT|54=1")
                await client.send("35=1|112=HELLO")
                await client.expect("35=0|112=HELLO")
            first, _, last = disputed(lines)
            assert {
                "event": "trade_disputed", "log_level": "warning", "session": gateway.state().key,
                "order_id": order_id, "exec_id": exec_id, "reason": "D", "symbol": "BTCUSDT",
                "side": "1", "last_qty": "0.4", "last_px": "100",
                "text": "no such order in our books",
            } == first
            assert "B" == last["reason"]
            assert 3 == gateway.state().objections
            # Nothing of the order has changed: the next report is the answer to this.
            await client.send("35=H|11=A|55=BTCUSDT|54=1")
            assert "0.4" == (await client.expect("35=8|150=I|39=1"))[14]
            return order_id, exec_id

    order_id, exec_id = asyncio_play(scenario())

    kept = on_record(tmp_path)
    assert ["D", "B"] == [event.reason for event in kept]
    assert (order_id, exec_id, Decimal("0.4"), Decimal(100)) == (
        kept[0].order_id, kept[0].exec_id, kept[0].last_qty, kept[0].last_px
    )
    [row] = listed(tmp_path, capsys)
    assert ("B wrong side", exec_id, "A", "BUY", "") == tuple(
        row[column] for column in ("reason", "exec_id", "cl_ord_id", "side", "now")
    )
    assert [] == listed(tmp_path, capsys, "--session", "FIX.4.4:FIXGW->TWO")


def asyncio_play(scenario: Any) -> Any:
    """As `play`, with what it returns."""
    found: list[Any] = []

    async def kept() -> None:
        found.append(await scenario)

    play(kept())
    return found[0]


def test_a_dispute_outlives_the_gateway(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client, report = await executed(gateway)
            await client.send(f"35=Q|37={report[37]}|17={report[17]}|{DISPUTE}")
            await client.send("35=1|112=HELLO")
            await client.expect("35=0|112=HELLO")
        async with running(tmp_path) as gateway:
            assert ["t1"] == [row["exec_id"].partition("-F")[2] for row in
                              listed(tmp_path, capsys)]

    play(scenario())


@pytest.mark.parametrize("exec_id", [
    "{order_id}-Ft2", "{order_id}-Gt2.1", "{order_id}-0", "{order_id}-", "{order_id}", "-Ft1",
    "0-Ft1", "nonsense",
])
def test_what_the_client_was_never_told_cannot_be_disputed(tmp_path: Path, exec_id: str) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": "", "TWO": ""}) as gateway:
            client, report = await executed(gateway)
            named = exec_id.format(order_id=report[37])
            with capture_logs() as lines:
                await client.send(f"35=Q|37={report[37]}|17={named}|{DISPUTE}")
                await client.expect(f"35=j|372=Q|379={named}|380=1")
            assert "no such execution was reported to it" == disputed(lines)[0]["problem"]

    play(scenario())
    assert [] == on_record(tmp_path)


def test_the_trade_of_another_client_cannot_be_disputed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": "", "TWO": ""}) as gateway:
            _, report = await executed(gateway)
            other = await gateway.client("TWO")
            await other.log_on()
            await other.send(f"35=Q|37={report[37]}|17={report[17]}|{DISPUTE}")
            await other.expect(f"35=j|372=Q|379={report[17]}|380=1")

    play(scenario())
    assert [] == on_record(tmp_path)


def test_a_correction_may_be_disputed_as_well(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client, report = await executed(gateway)
            for kind in "GH":
                exec_id = f"{report[37]}-{kind}t1.1"
                await client.send(f"35=Q|37={report[37]}|17={exec_id}|{DISPUTE}")
            await client.send("35=1|112=HELLO")
            await client.expect("35=0|112=HELLO")

    play(scenario())
    assert ["Gt1.1", "Ht1.1"] == [event.exec_id.partition("-")[2] for event in on_record(tmp_path)]


def test_an_exec_id_longer_than_any_of_ours_is_not_said_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client, report = await executed(gateway)
            with capture_logs() as lines:
                await client.send(f"35=Q|37={report[37]}|17={'X' * 513}|{DISPUTE}")
                await client.send("35=1|112=HELLO")
                await client.expect("35=0|112=HELLO")
            [alert] = [line for line in lines if line["event"] == "client_objects"]
            assert alert["problem"].startswith("ExecID(17) has 513 characters; the most is 512")

    play(scenario())
    assert [] == on_record(tmp_path)


def test_a_client_can_not_fill_the_journal_with_disputes(tmp_path: Path) -> None:
    """They count for MaxJournalMegabytes like all else that it has us write."""
    async def scenario() -> None:
        sessions = {"ONE": "MaxJournalMegabytes=1"}
        async with running(tmp_path, sessions=sessions) as gateway:
            client, report = await executed(gateway)
            for number in range(40):
                text = f"{number} {'x' * 20_000}"
                await client.send(
                    f"35=Q|37={report[37]}|17={report[17]}|127=D|55=BTCUSDT|54=1|58={text}"
                )
            await client.expect("35=j|372=Q|380=4")

    play(scenario())
    assert 1 <= len(on_record(tmp_path)) < 40

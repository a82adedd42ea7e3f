"""`fixgw sessions`: where the numbers stand, also before there is a journal."""

import json
import re
from pathlib import Path

import pytest

from fixgw.cli import main
from fixgw.fix.states import State
from fixgw.model.number import ZERO
from fixgw.model.venue import OrderUpdate, VenueStatus
from tests.app.bench import play, running, settings, until

ONE, TWO = "FIX.4.4:FIXGW->ONE", "FIX.4.4:FIXGW->TWO"
BOTH = {"ONE": "", "TWO": ""}


def fixgw(directory: Path, *arguments: str) -> int:
    return main.run(["sessions", "--sessions", str(directory / "sessions"), *arguments])


def test_before_there_is_a_journal_all_numbers_are_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(tmp_path, sessions=BOTH)

    assert 0 == fixgw(tmp_path)

    rows = capsys.readouterr().out.splitlines()
    assert [f"{ONE}\t1\t1\t\t\t0\t", f"{TWO}\t1\t1\t\t\t0\t"] == rows


def test_while_the_gateway_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions=BOTH) as gateway:
            client = await gateway.client()
            await client.log_on("141=Y")
            await client.orders("A")
            await client.expect("35=8|39=0")
            capsys.readouterr()

            assert 0 == fixgw(tmp_path, "--json")

    play(scenario())
    first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()[:2]]
    since = first.pop("numbers_since")
    # Written just now; whether it has reached the client is seen a little later.
    assert {"session": ONE, "next_sender": 3, "next_target": 3, "resets": 1, "unsent": 1,
            "cancels_on": ""} == first
    assert (TWO, 1, 1) == (second["session"], second["next_sender"], second["next_target"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", since)


def test_how_many_reports_wait_for_a_client_that_is_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def unsent() -> list[str]:
        capsys.readouterr()
        assert 0 == fixgw(tmp_path)
        return [row.split("\t")[3] for row in capsys.readouterr().out.splitlines()]

    async def scenario() -> None:
        async with running(tmp_path, sessions=BOTH) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders("A")
            await client.expect("35=8|39=0")
            await client.log_out()
            await until(gateway.gone())
            assert ["", ""] == unsent()
            order_id = gateway.order_id("A")
            gateway.paper.say(
                OrderUpdate(order_id=order_id, status=VenueStatus.CANCELED, cum_qty=ZERO)
            )
            await until(lambda: gateway.numbers()[0] == 5)
            assert ["1", ""] == unsent()

    play(scenario())


def test_whose_orders_are_cancelled_when_they_leave(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions=BOTH) as gateway:
            for name, asked in (("ONE", "35002=3|35003=1500"), ("TWO", "8674=0")):
                client = await gateway.client(name)
                await client.log_on(asked)
            await client.log_out()
            await until(gateway.gone("TWO"))
            await until(lambda: gateway.state("TWO").session.state is State.DISCONNECTED)

    play(scenario())
    capsys.readouterr()

    assert 0 == fixgw(tmp_path)
    rows = [row.split("\t") for row in capsys.readouterr().out.splitlines()]
    assert [[ONE, "both 1.5s"], [TWO, "disconnect gone"]] == [[r[0], r[4]] for r in rows]


def test_a_removed_client_is_listed_still(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions=BOTH):
            pass

    play(scenario())
    settings(tmp_path, sessions={"TWO": ""})
    capsys.readouterr()

    assert 0 == fixgw(tmp_path)

    rows = capsys.readouterr().out.splitlines()
    assert [TWO, ONE] == [row.split("\t")[0] for row in rows]


def test_eighty_columns_are_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)

    async def scenario() -> None:
        async with running(tmp_path, sessions=BOTH):
            pass

    play(scenario())
    capsys.readouterr()

    assert 0 == fixgw(tmp_path)

    head, *rows = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert ["session", "next_sender", "next_target", "resets", "numbers_since"] == head.split()
    assert [ONE, TWO] == [row.split()[0] for row in rows]

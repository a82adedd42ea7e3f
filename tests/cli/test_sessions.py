"""`fixgw sessions`: who is logged on, and where the numbers stand; also without a gateway."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fixgw.cli import main
from fixgw.cli.exit_codes import Exit
from fixgw.fix.states import State
from fixgw.model.number import ZERO
from fixgw.model.venue import OrderUpdate, VenueStatus
from tests.app.bench import play, running, settings, until
from tests.app.operated import fixgw, operated

ONE, TWO = "FIX.4.4:FIXGW->ONE", "FIX.4.4:FIXGW->TWO"
BOTH = {"ONE": "", "TWO": ""}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
DAILY = "NonStopSession=N\nStartTime=06:00:00\nEndTime=06:00:00\n"


def without_gateway(directory: Path, *arguments: str) -> int:
    return main.run(["sessions", "--sessions", str(directory / "sessions"), *arguments])


def rows(out: str) -> list[dict[str, Any]]:
    """What `--json` has printed, without the gateway's log."""
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


def test_before_there_is_a_journal_all_numbers_are_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(tmp_path, sessions=BOTH)

    assert Exit.NO_GATEWAY == without_gateway(tmp_path)

    captured = capsys.readouterr()
    told = [row.split("\t") for row in captured.out.splitlines()]
    assert [[ONE, "", "", "1", "1"], [TWO, "", "", "1", "1"]] == [row[:5] for row in told]
    assert "no gateway is running: this is what is on record\n" == captured.err


def test_a_running_gateway_says_who_is_logged_on_from_where_and_since_when(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with operated(tmp_path, sessions=BOTH) as gateway:
            client = await gateway.client(source="127.0.0.9")
            await client.log_on("141=Y")
            await client.orders("A")
            await client.expect("35=8|39=0")
            capsys.readouterr()

            assert 0 == await fixgw(tmp_path, "sessions", "--json")

    play(scenario())
    captured = capsys.readouterr()
    first, second = rows(captured.out)
    for name in ("since", "heard_at", "said_at", "numbers_since"):
        assert TIME.fullmatch(first[name])
    assert first["since"] <= first["heard_at"]
    assert first["peer"].startswith("127.0.0.9:")
    assert (ONE, True, 3, 3, 1) == (
        first["session"], first["logged_on"], first["next_sender"], first["next_target"],
        first["resets"],
    )
    assert (TWO, False, "", "", "", 1) == (
        second["session"], second["logged_on"], second["peer"], second["since"],
        second["heard_at"], second["next_sender"],
    )
    assert re.match(r"the gateway runs: process \d+, fixgw \S+\n", captured.err)


def test_who_has_left_is_not_there_any_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with operated(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.log_out()
            await until(gateway.gone())
            capsys.readouterr()

            assert 0 == await fixgw(tmp_path, "sessions", "--json")

    play(scenario())
    [row] = rows(capsys.readouterr().out)
    assert (False, "", "") == (row["logged_on"], row["peer"], row["since"])
    assert TIME.fullmatch(row["heard_at"]), "when it was heard last is known still"


def test_when_a_session_opens_and_closes_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(tmp_path, sessions={"ONE": "", "TWO": DAILY})

    assert Exit.NO_GATEWAY == without_gateway(tmp_path, "--json")

    first, second = rows(capsys.readouterr().out)
    assert (True, "", "") == (first["is_open"], first["opens"], first["closes"])
    assert second["is_open"] and second["closes"] == second["opens"]
    assert second["closes"].endswith("T06:00:00Z")


def test_how_many_reports_wait_for_a_client_that_is_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def unsent() -> list[int]:
        capsys.readouterr()
        assert 0 == await fixgw(tmp_path, "sessions", "--json")
        return [row["unsent"] for row in rows(capsys.readouterr().out)]

    async def scenario() -> None:
        async with operated(tmp_path, sessions=BOTH) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders("A")
            await client.expect("35=8|39=0")
            await client.log_out()
            await until(gateway.gone())
            assert [0, 0] == await unsent()
            order_id = gateway.order_id("A")
            gateway.paper.say(
                OrderUpdate(order_id=order_id, status=VenueStatus.CANCELED, cum_qty=ZERO)
            )
            await until(lambda: gateway.numbers()[0] == 5)
            assert [1, 0] == await unsent()

    play(scenario())
    assert Exit.NO_GATEWAY == without_gateway(tmp_path, "--json")
    assert [1, 0] == [row["unsent"] for row in rows(capsys.readouterr().out)]


def test_whose_orders_are_cancelled_when_they_leave(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[list[str]] = []

    def tell(out: str) -> None:
        told.append([row["cancels_on"] for row in rows(out)])

    async def scenario() -> None:
        async with operated(tmp_path, sessions=BOTH) as gateway:
            for name, asked in (("ONE", "35002=3|35003=1500"), ("TWO", "8674=0")):
                client = await gateway.client(name)
                await client.log_on(asked)
            await client.log_out()
            await until(gateway.gone("TWO"))
            await until(lambda: gateway.state("TWO").session.state is State.DISCONNECTED)
            capsys.readouterr()
            assert 0 == await fixgw(tmp_path, "sessions", "--json")
            tell(capsys.readouterr().out)

    play(scenario())
    capsys.readouterr()
    assert Exit.NO_GATEWAY == without_gateway(tmp_path, "--json")
    tell(capsys.readouterr().out)

    assert [["both 1.5s", "disconnect gone"]] * 2 == told


def test_a_removed_client_is_listed_still(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions=BOTH):
            pass

    play(scenario())
    settings(tmp_path, sessions={"TWO": ""})
    capsys.readouterr()

    assert Exit.NO_GATEWAY == without_gateway(tmp_path)

    told = [row.split("\t") for row in capsys.readouterr().out.splitlines()]
    assert [TWO, ONE] == [row[0] for row in told]
    assert ["open", ""] == [row[-1] for row in told], "nobody knows its hours any more"


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (80, ["session", "logged_on", "peer", "next_sender", "next_target"]),
        (100, ["session", "logged_on", "peer", "next_sender", "next_target", "heard_at"]),
        (140, ["session", "logged_on", "peer", "next_sender", "next_target", "heard_at",
               "since", "cancels_on"]),
    ],
)
def test_on_a_terminal_who_is_there_stands_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    columns: int, shown: list[str],
) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": str(columns)}.items():
        monkeypatch.setenv(name, value)

    async def scenario() -> None:
        async with operated(tmp_path, sessions=BOTH) as gateway:
            client = await gateway.client()
            await client.log_on("35002=1")
            capsys.readouterr()
            assert 0 == await fixgw(tmp_path, "sessions")

    play(scenario())
    lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    head = next(line for line in lines if line.startswith("session "))
    assert shown == head.split()[:len(shown)]
    told = [line for line in lines if line.startswith("FIX.4.4")]
    assert [ONE, TWO] == [row.split()[0] for row in told]
    assert all(len(line.rstrip()) <= columns for line in told)

"""`fixgw reconcile`: what it says of what was found, and how it ends."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from fixgw.app import reconciliation
from fixgw.cli.exit_codes import Exit
from fixgw.model.venue import UnknownOrderSeen
from tests.app.bench import play, settings
from tests.app.operated import fixgw, operated
from tests.app.paper import VENUE
from tests.app.test_reconciliation import half_done, working


def lines(captured: str) -> list[str]:
    """What the command has printed, without the gateway's log."""
    return [line for line in captured.splitlines() if not line.startswith("20")]


def test_it_says_what_was_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        async with operated(tmp_path) as gateway:
            client = await working(gateway, "A")
            gateway.paper.answer = half_done
            stranger = UnknownOrderSeen(VENUE, "77", "BUY 3 BTCUSDT\x1b[2J")
            gateway.paper.strangers.append(stranger)
            capsys.readouterr()

            assert 0 == await fixgw(tmp_path, "reconcile", "paper")

            await client.expect("35=8|11=A|150=F|39=1|14=0.5")
            order_id = gateway.order_id("A")
            first, change, last = lines(capsys.readouterr().out)
            assert (
                "paper: orders asked about: 1, changed: 1, without an answer: 0, not ours: 1"
            ) == first
            assert [order_id, "A", "NEW 0", "PARTIALLY_FILLED", "0.5", "99", "BTCUSDT",
                    "FIX.4.4:FIXGW->ONE", "paper", ""] == change.split("\t")
            assert "not ours, and not touched: BUY 3 BTCUSDT?[2J" == last

    play(scenario())


def test_all_venues_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        async with operated(tmp_path):
            capsys.readouterr()

            assert 0 == await fixgw(tmp_path, "reconcile", "--json")

    play(scenario())
    [line] = [x for x in capsys.readouterr().out.splitlines() if x.startswith("{")]
    assert {
        "venue": "paper", "reached": True, "asked": 0, "unanswered": 0, "not_asked": 0,
        "changed": 0, "changes": [], "strangers": [],
    } == json.loads(line)


def test_it_fails_where_the_venue_cannot_be_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with operated(tmp_path) as gateway:
            await working(gateway, "A", "B")
            gateway.paper.capabilities = replace(gateway.paper.capabilities, query=False)
            capsys.readouterr()

            assert 1 == await fixgw(tmp_path, "reconcile")

    play(scenario())
    assert (
        "paper cannot be asked about orders; open there: 2 (`fixgw orders --in-doubt`)"
    ) == lines(capsys.readouterr().out)[1]


def test_it_fails_where_the_venue_does_not_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "WAIT_SECONDS", 3.0)

    async def scenario() -> None:
        async with operated(tmp_path) as gateway:
            await working(gateway, "A")
            gateway.paper.comparable = False
            capsys.readouterr()

            assert 1 == await fixgw(tmp_path, "reconcile")

    play(scenario())
    assert [
        "paper: it is not compared yet; the log says what the adapter does",
        "paper: orders asked about: 1, changed: 0, without an answer: 1, not ours: 0",
    ] == lines(capsys.readouterr().out)


def test_a_venue_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        async with operated(tmp_path):
            assert 1 == await fixgw(tmp_path, "reconcile", "papre")

    play(scenario())
    assert (
        "fixgw: 'papre' is no venue of this gateway; its venues: paper\n"
    ) == capsys.readouterr().err


def test_no_gateway_is_running(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = settings(tmp_path).journal_path

    async def scenario() -> None:
        assert Exit.NO_GATEWAY == await fixgw(tmp_path, "reconcile")

    play(scenario())
    assert (
        f"fixgw: no gateway is running on the journal {path}: `fixgw run` starts one\n"
    ) == capsys.readouterr().err

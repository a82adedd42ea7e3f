"""`fixgw orders --disputed`: each execution once, by its last dispute, and what became of it."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from fixgw.cli import main
from fixgw.cli.disputed import REASONS, Disputed
from fixgw.fix.dictionary import APPLICATION_FILES, find_dictionary
from fixgw.model.events import FillBusted, FillCorrected
from fixgw.model.ids import ExecID, OrderID, SessionKey
from fixgw.model.session_events import TradeDisputed
from tests.app.test_disputes import DISPUTE, executed
from tests.app.bench import play, running

KEY = SessionKey("FIX.4.4:FIXGW->ONE")


def dispute(exec_id: str, reason: str, **more: Any) -> TradeDisputed:
    return TradeDisputed(
        session=KEY, at=1_767_607_200_000, order_id="7", exec_id=ExecID(exec_id), reason=reason,
        **more,
    )


def test_the_last_dispute_counts_and_an_order_that_is_gone_is_no_trouble() -> None:
    orders = Disputed()
    for event in dispute("7-Fa", "D"), dispute("7-Fb", "Z"), dispute("7-Fa", "?", side="x"):
        orders.take_session(event)

    assert [("7-Fb", "Z other", "", ""), ("7-Fa", "?", "x", "")] == [
        (row["exec_id"], row["reason"], row["side"], row["venue"]) for row in orders.rows("")
    ]


@pytest.mark.parametrize(("change", "now"), [
    (FillCorrected(order_id=OrderID("7"), at=1, venue_exec_id="a", count=1, last_qty=Decimal(1),
                   last_px=Decimal(2), trade_at=1), "corrected"),
    (FillBusted(order_id=OrderID("7"), at=1, venue_exec_id="a", count=1), "busted"),
])
@pytest.mark.parametrize("told_by", ["7-Fa", "7-Ga.1", "7-Ha.12"])
def test_what_became_of_it_is_told(
    monkeypatch: pytest.MonkeyPatch, change: FillCorrected | FillBusted, now: str, told_by: str
) -> None:
    orders = Disputed()
    # That orders heed these events is for tests of the core.
    monkeypatch.setattr(orders, "apply", lambda event: None)
    orders.take_session(dispute(told_by, "D"))
    orders.take_session(dispute("7-Fb", "D"))
    orders.take(change)

    assert [now, ""] == [row["now"] for row in orders.rows("")]


def test_every_reason_of_the_standard_has_words() -> None:

    root = ElementTree.parse(find_dictionary(APPLICATION_FILES["9"])).getroot()
    values = root.iterfind("fields/field[@number='127']/value")

    assert set(REASONS) == {value.attrib["enum"] for value in values}


def test_a_terminal_and_a_pipe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client, report = await executed(gateway)
            await client.send(f"35=Q|37={report[37]}|17={report[17]}|{DISPUTE}")
            await client.send("35=1|112=HELLO")
            await client.expect("35=0|112=HELLO")

    play(scenario())
    arguments = ["orders", "--disputed", "--sessions", str(tmp_path / "sessions")]
    capsys.readouterr()
    assert 0 == main.run(arguments)
    [row] = capsys.readouterr().out.splitlines()
    assert "D no matching order" == row.split("\t")[2]

    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    assert 0 == main.run(arguments)
    assert "no such order in our books" in capsys.readouterr().out
    assert 0 == main.run([*arguments, "--json"])
    assert KEY == json.loads(capsys.readouterr().out)["session"]

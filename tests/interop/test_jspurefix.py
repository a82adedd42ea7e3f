"""A FIX engine that shares nothing with QuickFIX trades here, and agrees with all it is told.

It checks each message against a dictionary of its own: structure, required and undefined tags,
CheckSum(10). It also writes BodyLength(9) with zeros in front, which FIX allows for.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.interop.dissector import dissect
from tests.interop.jspurefix_client import DICTIONARIES, Fields, JspurefixClient
from tests.interop.recording import RecordingLine
from tests.support.quickfix_initiator import FIX42, FIX44, Version
from tests.support.stack import Stack, wait_until

RESTS, TAKES = "50000", "49990"

every_version = pytest.mark.parametrize(
    "version", list(DICTIONARIES), ids=lambda version: version.name
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    directory = tmp_path_factory.mktemp("jspurefix") / "stack"
    with Stack(directory, sandbox_settings={"requests_per_second": 0}) as stack:
        yield stack


@every_version
def test_it_trades_hangs_up_and_recovers_the_fill_it_missed(
    stack: Stack, version: Version, tmp_path: Path
) -> None:
    rests, fills = f"{version.comp_id}-rests", f"{version.comp_id}-fills"
    store = _store(stack, version)
    with RecordingLine(stack.port) as line:
        stack.venue.sell("1", TAKES)
        with JspurefixClient(version, line.port, store) as client:
            client.order(fills, TAKES)
            filled = client.wait_report(fills, "2")
            client.order(rests, RESTS)
            resting = client.wait_report(rests, "0")
            client.drop()
        before = client

        stack.venue.sell("1", RESTS)
        wait_until(lambda: _is_filled(stack, resting["OrderID"]), "the gateway knows of the fill")

        with JspurefixClient(version, line.port, store) as client:
            missed = client.wait_report(rests, "2")
            client.wait_wire("4", sent=False)
            client.log_out()
        after = client

    trade = ("2", "2") if version is FIX42 else ("F", "2")
    assert [("A", "A"), ("0", "0"), trade] == _states(before, fills)
    assert [("A", "A"), ("0", "0")] == _states(before, rests)
    assert [trade] == _states(after, rests)
    assert ("1", TAKES) == _execution(version, filled)
    assert ("1", RESTS) == _execution(version, missed)
    assert resting["OrderID"] == missed["OrderID"]

    # It asked from the first number it had not had, and got it as it was numbered then.
    expected = resting["StandardHeader"]["MsgSeqNum"] + 1
    assert f"|7={expected}|16=0|" in after.wait_wire("2", sent=True).text
    assert expected == missed["StandardHeader"]["MsgSeqNum"]
    assert missed["StandardHeader"]["PossDupFlag"] is True

    # It would have said so: neither side found anything wrong with the other.
    assert ["A", "D", "D"] == [wire.type for wire in before.wire(sent=True)]
    assert ["A", "2", "5"] == [wire.type for wire in after.wire(sent=True)]
    assert ["A", "8", "4", "5"] == [wire.type for wire in after.wire(sent=False)]
    assert ("dropped", None) == (before.error, after.error)

    dissection = dissect(line.recordings, tmp_path)
    assert [] == dissection.faults() + dissection.faults(by_client=True)


def test_it_rejects_what_its_dictionary_does_not_have(stack: Stack) -> None:
    """Its silence in the test above means something: FIX 4.4 has no ExecTransType(20)."""
    store, wrong = _store(stack, FIX42), DICTIONARIES[FIX44]
    with JspurefixClient(FIX42, stack.port, store, dictionary=wrong) as client:
        client.order("judged", RESTS)
        reject = client.wait_wire("3", sent=True)
        client.drop()

    assert "|372=8|" in reject.text and " 20|" in reject.text


def _store(stack: Stack, version: Version) -> Path:
    """Where the sequence numbers of a client of this stack are, in every test."""
    return stack.directory / version.comp_id


def _is_filled(stack: Stack, order_id: str) -> bool:
    """Whether the gateway has it on record: with a report that nobody was there to get."""
    rows = stack.command("orders")
    return "FILLED" in [row["status"] for row in rows if row["order_id"] == order_id]


def _states(client: JspurefixClient, cl_ord_id: str) -> list[tuple[str, str]]:
    """ExecType(150) and OrdStatus(39) of each report of an order."""
    return [
        (report["ExecType"], report["OrdStatus"])
        for report in client.reports()
        if report["ClOrdID"] == cl_ord_id
    ]


def _execution(version: Version, report: Fields) -> tuple[str, str]:
    """LastQty(32), which FIX 4.2 calls LastShares, and LastPx(31)."""
    quantity = report["LastShares" if version is FIX42 else "LastQty"]
    return _plain(quantity), _plain(report["LastPx"])


def _plain(number: Any) -> str:
    return format(Decimal(str(number)).normalize(), "f")

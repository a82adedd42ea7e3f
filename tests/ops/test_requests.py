"""What an operator may ask: read as strictly as a client's message, and no surprise behind it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.model.enums import Verdict
from fixgw.model.ids import OrderID, SessionKey, VenueName
from fixgw.ops.requests import (
    AskRefused,
    AskStatus,
    EnableSession,
    Reconcile,
    RecordVerdict,
    Request,
    ResumeVenue,
    ShowOrder,
    read,
    written,
)

FILLED = RecordVerdict(
    order_id=OrderID("1"), verdict=Verdict.FILLED, who="jane", why="their desk says so",
    last_qty="0.25", last_px="50000", seen_at=7,
)


@pytest.mark.parametrize("request_", [
    AskStatus(), ShowOrder(order_id=OrderID("1")), Reconcile(), FILLED,
    ResumeVenue(venue=VenueName("integral"), who="jane"), AskRefused(),
    EnableSession(session=SessionKey("FIX.4.4:A->B"), who="jane"),
], ids=lambda request: type(request).__name__)
def test_a_request_is_one_line_and_reads_as_it_was_written(request_: Request) -> None:
    line = written(request_)

    assert line.index(b"\n") == len(line) - 1
    assert request_ == read(line)


def test_an_execution_is_exact() -> None:
    assert (Decimal("0.25"), Decimal("50000")) == FILLED.execution
    asked = RecordVerdict(order_id=OrderID("1"), verdict=Verdict.WORKING, who="jane", why="so")
    assert (None, None) == asked.execution


@pytest.mark.parametrize(("change", "wrong"), [
    ({"who": ""}, "who you are is missing"),
    ({"who": " "}, "who you are is missing"),
    ({"who": "j" * 65}, "who you are may have 64 characters at most"),
    ({"why": "because\x1b[2J"}, "why may have no control characters"),
    ({"why": "w" * 201}, "why may have 200 characters at most"),
    ({"order_id": ""}, r"the order's OrderID\(37\) is missing"),
    ({"last_px": ""}, "needs the quantity and the price"),
    ({"last_qty": "1e5"}, "'1e5' is no quantity"),
    ({"last_qty": "NaN"}, "'NaN' is no quantity"),
    ({"last_qty": "-1"}, "'-1' is no quantity"),
    ({"last_qty": "1" * 21}, "is no quantity"),
    ({"last_qty": "٣"}, "is no quantity"),
    ({"last_qty": "0.00"}, "an execution of quantity 0 is none"),
    ({"last_px": "0"}, "an execution of price 0 is none"),
    ({"verdict": Verdict.CANCELED}, "the verdict canceled has no quantity and no price"),
])
def test_what_is_wrong_with_a_verdict_is_said(change: dict[str, str], wrong: str) -> None:
    given = {"order_id": "1", "verdict": Verdict.FILLED, "who": "jane", "why": "so",
             "last_qty": "1", "last_px": "2"}

    with pytest.raises(ValueError, match=wrong):
        RecordVerdict(**given | change)  # type: ignore[arg-type]


@pytest.mark.parametrize("line", [
    b"", b"\n", b"x", b"[]", b"{}", b'{"ask":"nothing"}', b'{"ask":"status","more":1}',
    b'{"ask":"verdict"}', b'{"ask":"resume","venue":"a","who":"\\u0000"}', b"[" * 10_000, b"\xff",
    b'{"ask":"verdict","order_id":"1","verdict":"sold","who":"a","why":"b"}',
])
def test_what_is_no_request_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        read(line)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_refused(line: bytes) -> None:
    try:
        assert read(line) == read(written(read(line)))
    except ValueError:
        pass

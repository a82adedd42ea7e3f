"""What a status proves, and that the document says the same."""

import re
from pathlib import Path

import pytest

from fixgw.model.enums import Command, CxlRejReason, OrdRejReason
from fixgw.model.venue import Refused, Unknown
from fixgw.venues.asmlink.codes import MEANINGS, refusal

DOCUMENT = Path(__file__).parents[3] / "docs" / "venues" / "asmlink.md"
ROW = re.compile(
    r"^\| (\d{3}) \| ([^|]*) \| 103=(\d+) \| 102=(\d+) \| (always|client_errors_refuse) \|", re.M
)


@pytest.mark.parametrize("row", MEANINGS, ids=lambda row: str(row.status))
def test_what_proves_a_refusal(row):
    trusted = refusal(row.status, Command.SUBMIT, "why", trust=True)
    untrusted = refusal(row.status, Command.SUBMIT, "why", trust=False)
    cancel = refusal(row.status, Command.CANCEL, "", trust=True)

    text = f"HTTP {row.status}: {row.text}: why"
    assert Refused(str(row.status), text, ord_rej_reason=row.submit) == trusted
    assert (Unknown(text) if row.assumed else trusted) == untrusted
    assert isinstance(cancel, Refused)
    assert row.cancel is cancel.cxl_rej_reason


@pytest.mark.parametrize(
    "status", [199, 201, 202, 204, 301, 302, 408, 409, 425, 500, 502, 503, 504]
)
def test_nothing_else_does(status):
    for command in Command:
        assert isinstance(refusal(status, command, "", trust=True), Unknown)


def test_the_document_has_the_table():
    told = {
        (int(status), text, OrdRejReason(submit), CxlRejReason(cancel), when != "always")
        for status, text, submit, cancel, when in ROW.findall(DOCUMENT.read_text())
    }

    assert {
        (row.status, row.text, row.submit, row.cancel, row.assumed) for row in MEANINGS
    } == told

"""Every code of the vendor's list that may answer us, and what it proves; doc and code agree."""

import re
from pathlib import Path

import pytest

from fixgw.model.enums import Command
from fixgw.model.venue import Refused, Unknown
from fixgw.venues.finery import codes
from fixgw.venues.finery.codes import MEANINGS, NOTHING
from fixgw.venues.finery.schemas import ErrorBody

DOCUMENT = Path(__file__).parents[3] / "docs" / "venues" / "finery.md"

PROVE_NOTHING = {2, 4, 10, 15, 74, 100, 101, 102, 103, 104, 120}
"""Faults behind the door, an order with our own name, and words about other calls."""


@pytest.mark.parametrize("row", MEANINGS, ids=str)
def test_each_row_proves_what_it_says_and_no_more(row):
    text = f"{row.text} (Finery {row.code})"
    submit = codes.refusal(ErrorBody(row.code), Command.SUBMIT)
    cancel = codes.refusal(ErrorBody(row.code), Command.CANCEL)
    replace = codes.refusal(ErrorBody(row.code), Command.REPLACE)

    if row.proof.submit is None:
        assert submit == Unknown(text)
    else:
        assert submit == Refused(str(row.code), text, ord_rej_reason=row.proof.submit)
    if row.proof.cancel is None:
        assert cancel == Unknown(text)
    else:
        assert cancel == Refused(str(row.code), text, cxl_rej_reason=row.proof.cancel)
    if row.proof.replace is None:
        assert replace == Unknown(text)
    else:
        assert replace == Refused(str(row.code), text, cxl_rej_reason=row.proof.replace)


def test_the_rows_that_prove_nothing_are_these():
    assert PROVE_NOTHING == {row.code for row in MEANINGS if row.proof is NOTHING}


def test_no_code_stands_there_twice():
    assert len(MEANINGS) == len({row.code for row in MEANINGS})


@pytest.mark.parametrize("code", [None, 0, -1, 29, 160, 999])
def test_a_code_that_is_not_listed_proves_nothing(code):
    for command in Command:
        assert isinstance(codes.refusal(ErrorBody(code), command), Unknown)


def test_the_parameter_that_is_wrong_is_named():
    assert codes.describe(ErrorBody(111, "price")) == "Field invalid, parameter price (Finery 111)"


def test_the_document_has_the_same_rows():
    said = {
        int(code): (text, add, delete, modify)
        for code, text, add, delete, modify in re.findall(
            r"^\| (\d+) " + 4 * r"\| ([^|]+?) " + r"\|", DOCUMENT.read_text(), re.MULTILINE
        )
    }
    meant = {
        row.code: (
            row.text,
            f"refused, 103={row.proof.submit}" if row.proof.submit else "unknown",
            f"refused, 102={row.proof.cancel}" if row.proof.cancel else "unknown",
            f"refused, 102={row.proof.replace}" if row.proof.replace else "unknown",
        )
        for row in MEANINGS
    }
    assert meant == said

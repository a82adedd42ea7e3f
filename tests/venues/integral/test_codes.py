"""The vendor's reason codes: what each proves, and that the document says the same."""

from pathlib import Path

import pytest

from fixgw.model.enums import Command, CxlRejReason
from fixgw.model.venue import Refused, Unknown
from fixgw.venues.integral import codes
from fixgw.venues.integral.codes import MEANINGS

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "venues" / "integral.md"


def test_a_code_is_found_wherever_it_stands():
    body = b'{"x":["RequestValidationError.amount, RequestValidationError.InvalidPrice"]}'

    assert ["amount", "InvalidPrice"] == codes.found_in(body)
    assert [] == codes.found_in(b"\xff RequestValidationError")


@pytest.mark.parametrize("meaning", MEANINGS, ids=lambda meaning: meaning.code)
def test_each_code_in_answer_to_an_order(meaning):
    outcome = codes.refusal([meaning.code], "told", Command.SUBMIT)

    if meaning.reason is None:
        assert isinstance(outcome, Unknown)
    else:
        assert Refused(
            f"RequestValidationError.{meaning.code}",
            f"told (Integral RequestValidationError.{meaning.code})",
            ord_rej_reason=meaning.reason,
        ) == outcome


def test_only_the_order_that_is_there_already_and_a_new_code_prove_nothing():
    assert ["DuplicateOrder"] == [each.code for each in MEANINGS if each.reason is None]
    assert isinstance(codes.refusal(["BrandNew"], "", Command.SUBMIT), Unknown)
    assert isinstance(codes.refusal(["amount", "DuplicateOrder"], "", Command.SUBMIT), Unknown)


def test_without_a_message_the_vendors_text_is_told():
    assert codes.refusal(["InvalidPrice"], "", Command.SUBMIT).text.startswith(
        "Accepted price invalid. Zero is invalid price."
    )


def test_any_code_refuses_a_cancel():
    outcome = codes.refusal(["tradingDisabled"], "", Command.CANCEL)

    assert (Refused, CxlRejReason.OTHER) == (type(outcome), outcome.cxl_rej_reason)


@pytest.mark.parametrize("meaning", MEANINGS, ids=lambda meaning: meaning.code)
def test_each_code_is_documented_as_it_is(meaning):
    verdict = f"refused, 103={meaning.reason.value}" if meaning.reason else "unknown"
    start = f"| {meaning.code} | {meaning.text} | {verdict} |"
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith(start)]

    assert 1 == len(lines)

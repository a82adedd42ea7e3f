"""The vendor's reason codes: what each proves, and that the document says the same."""

from pathlib import Path

from fixgw.model.enums import Command, CxlRejReason
from fixgw.model.venue import Refused, Unknown
from fixgw.venues.integral import codes
from fixgw.venues.integral.codes import MEANINGS
from tests.venues.documented import proved, table

VENDORS = Path(__file__).with_name("vendor_codes.txt")
"""The list "Reason codes" of its reference, without what all of them begin with."""


def test_a_code_is_found_wherever_it_stands():
    body = b'{"x":["RequestValidationError.amount, RequestValidationError.InvalidPrice"]}'

    assert ["amount", "InvalidPrice"] == codes.found_in(body)
    assert [] == codes.found_in(b"\xff RequestValidationError")


def test_each_code_of_the_vendor_proves_what_the_document_promises():
    promised = {code: (text, promise) for code, text, promise, _why in table("integral", "Code")}
    found = {}
    for line in VENDORS.read_text().splitlines():
        code, _, text = line.partition(" - ")
        outcome = codes.refusal([code], "told", Command.SUBMIT)
        assert f"told (Integral RequestValidationError.{code})" == outcome.text
        found[code] = (text, proved(outcome, Command.SUBMIT))

    assert promised == found
    assert set(promised) == {each.code for each in MEANINGS.rows}


def test_only_the_order_that_is_there_already_and_a_new_code_prove_nothing():
    assert ["DuplicateOrder"] == [each.code for each in MEANINGS.rows if each.proof.submit is None]
    assert isinstance(codes.refusal(["BrandNew"], "", Command.SUBMIT), Unknown)
    assert isinstance(codes.refusal(["amount", "DuplicateOrder"], "", Command.SUBMIT), Unknown)


def test_without_a_message_the_vendors_text_is_told():
    assert codes.refusal(["InvalidPrice"], "", Command.SUBMIT).text.startswith(
        "Accepted price invalid. Zero is invalid price."
    )


def test_any_code_refuses_a_cancel():
    outcome = codes.refusal(["tradingDisabled"], "", Command.CANCEL)

    assert (Refused, CxlRejReason.OTHER) == (type(outcome), outcome.cxl_rej_reason)

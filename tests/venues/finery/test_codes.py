"""What the document promises of each of the vendor's codes is what comes of it."""

import pytest

from fixgw.model.enums import Command
from fixgw.model.venue import Unknown
from fixgw.venues.finery import codes
from fixgw.venues.finery.codes import TABLE
from fixgw.venues.finery.schemas import ErrorBody
from tests.venues.documented import proved, table

COMMANDS = (Command.SUBMIT, Command.CANCEL, Command.REPLACE)
PROVE_NOTHING = {2, 4, 10, 15, 74, 100, 101, 102, 103, 104, 120}
"""Faults behind the door, an order with our own name, and words about other calls."""

PROMISED = {
    int(code): (text, submit, cancel, replace)
    for code, text, submit, cancel, replace, _why in table("finery", "Code | Text")
}


def test_each_code_proves_what_the_document_promises():
    found = {}
    for code, (text, *_) in PROMISED.items():
        outcomes = {each: codes.refusal(ErrorBody(code), each) for each in COMMANDS}
        assert {f"{text} (Finery {code})"} == {outcome.text for outcome in outcomes.values()}
        found[code] = (text, *(proved(outcome, each) for each, outcome in outcomes.items()))

    assert PROMISED == found


def test_no_code_is_known_that_the_document_does_not_have():
    assert list(PROMISED) == [row.code for row in TABLE.rows]


def test_what_may_have_been_booked_is_never_refused():
    nothing = ("unknown",) * 3

    assert PROVE_NOTHING == {code for code, (_, *proof) in PROMISED.items() if (*proof,) == nothing}


@pytest.mark.parametrize("code", [None, 0, -1, 29, 160, 999])
def test_a_code_that_is_not_listed_proves_nothing(code):
    for command in Command:
        assert isinstance(codes.refusal(ErrorBody(code), command), Unknown)


def test_the_parameter_that_is_wrong_is_named():
    assert codes.describe(ErrorBody(111, "price")) == "Field invalid, parameter price (Finery 111)"

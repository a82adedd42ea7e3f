"""A code proves what its row says, and nothing where no row says it."""

import pytest

from fixgw.model.enums import Command, CxlRejReason, OrdRejReason
from fixgw.model.venue import Refused, Unknown
from fixgw.venues.kit.codes import NOTHING, TURNED_AWAY, Meaning, Proof, CodeTable

TABLE: CodeTable[int] = CodeTable((
    Meaning(7, "no such market", Proof(submit=OrdRejReason.UNKNOWN_SYMBOL)),
    Meaning(8, "too late", Proof(
        cancel=CxlRejReason.TOO_LATE, replace=CxlRejReason.TOO_LATE, absent=True
    )),
    Meaning(9, "who are you", TURNED_AWAY),
    Meaning(10, "busy"),
))


@pytest.mark.parametrize("code, command, reason", [
    (7, Command.SUBMIT, OrdRejReason.UNKNOWN_SYMBOL),
    (8, Command.CANCEL, CxlRejReason.TOO_LATE),
    (8, Command.REPLACE, CxlRejReason.TOO_LATE),
    (9, Command.SUBMIT, OrdRejReason.BROKER_OPTION),
    (9, Command.CANCEL, CxlRejReason.BROKER_OPTION),
    (9, Command.REPLACE, CxlRejReason.BROKER_OPTION),
])
def test_what_a_row_proves(code, command, reason):
    outcome = TABLE.proof(code).outcome(command, str(code), "said")

    assert isinstance(outcome, Refused)
    shown = outcome.ord_rej_reason if command is Command.SUBMIT else outcome.cxl_rej_reason
    assert (str(code), "said", reason) == (outcome.code, outcome.text, shown)


@pytest.mark.parametrize("code, command", [
    (7, Command.CANCEL), (7, Command.REPLACE), (8, Command.SUBMIT), (10, Command.SUBMIT),
    (10, Command.CANCEL), (11, Command.SUBMIT), (None, Command.CANCEL),
])
def test_what_no_row_says_proves_nothing(code, command):
    assert Unknown("said") == TABLE.proof(code).outcome(command, str(code), "said")


def test_a_row_is_found_by_its_code():
    assert ("busy", NOTHING) == (TABLE.get(10).text, TABLE.get(10).proof)
    assert (None, None, NOTHING) == (TABLE.get(11), TABLE.get(None), TABLE.proof(11))
    assert TABLE.proof(8).absent


def test_a_code_stands_once():
    with pytest.raises(AssertionError):
        CodeTable((Meaning(1, "one"), Meaning(1, "other")))

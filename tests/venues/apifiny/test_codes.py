"""Every code of the manual, row by row, and what it proves."""

from pathlib import Path

import pytest

from fixgw.model.enums import Command, CxlRejReason, OrdRejReason
from fixgw.model.venue import Refused, Unknown
from fixgw.venues.apifiny import codes
from fixgw.venues.apifiny.codes import MEANINGS, NOTHING, Meaning
from fixgw.venues.apifiny.schemas import ErrorBody

# Codes after which an order may be live, whatever asked for it. By the text:
# a timeout, a fault of the server, a word that says nothing of this call, or
# an order with our own id that is there already.
PROVE_NOTHING = {
    65548, 65579, 65595, 131099, 131178, 196650, 196666, 196682, 196698, 262170, 262186,
    262250, 262266, 262299, 262427, 262443, 327722, 327723, 327755, 327946, 327948, 328042,
    328058, 393274, 393290, 393306, 393322, 393338, 393355, 393372, 393482, 393514, 393530,
}

SHARED = {327738, 327786, 327802, 327818, 393242}


DOCUMENT = Path(__file__).parents[3] / "docs" / "venues" / "apifiny.md"


def row_id(row: Meaning) -> str:
    return f"{row.codes[0]}-{row.text[:24]}"


def error(row: Meaning, code: int) -> ErrorBody:
    return ErrorBody(code, row.text)


def test_the_manual_has_seventy_rows():
    assert len(MEANINGS) == 70


@pytest.mark.parametrize("row", MEANINGS, ids=row_id)
def test_each_row_is_found_by_each_of_its_numbers(row):
    for code in row.codes:
        assert codes.meaning(error(row, code)) is row
        assert codes.meaning(ErrorBody(hex(code), row.text)) is row
        assert codes.meaning(ErrorBody(str(code), row.text)) is row


@pytest.mark.parametrize("row", MEANINGS, ids=row_id)
def test_each_row_proves_what_it_says_and_no_more(row):
    for code in row.codes:
        text = f"{row.text} (Apifiny {code})"
        submit = codes.refusal(error(row, code), Command.SUBMIT)
        cancel = codes.refusal(error(row, code), Command.CANCEL)
        if row.proof.submit is None:
            assert submit == Unknown(text)
        else:
            assert submit == Refused(str(code), text, ord_rej_reason=row.proof.submit)
        if row.proof.cancel is None:
            assert cancel == Unknown(text)
        else:
            assert cancel == Refused(str(code), text, cxl_rej_reason=row.proof.cancel)


@pytest.mark.parametrize("row", MEANINGS, ids=row_id)
def test_the_rows_that_prove_nothing_are_these(row):
    if row.codes[0] not in SHARED:
        assert (row.proof is NOTHING) == (row.codes[0] in PROVE_NOTHING)


@pytest.mark.parametrize(
    "row", [row for row in MEANINGS if "imeout" in row.text.lower()], ids=row_id
)
def test_no_timeout_proves_anything(row):
    assert row.proof is NOTHING


@pytest.mark.parametrize("code", sorted(SHARED))
def test_a_number_with_two_meanings_needs_its_message(code):
    for message in (None, "", "something else"):
        outcome = codes.refusal(ErrorBody(code, message), Command.SUBMIT)
        assert isinstance(outcome, Unknown)


@pytest.mark.parametrize(
    "code, message, submit, cancel",
    [
        (327786, "timeout for new order", None, None),
        (327786, "orderSide parameter error", OrdRejReason.OTHER, None),
        (327786, "Too many open orders, cannot", OrdRejReason.EXCEEDS_LIMIT, None),
        (327770, "", None, None),  # 0x05005A, the timeout
        (327787, "", OrdRejReason.OTHER, None),  # 0x05006B, orderSide
        (327802, "order id repeat", None, None),
        (327802, "cannot cancel order under", None, CxlRejReason.TOO_LATE),
        (327818, "incorrect timestamp format", OrdRejReason.OTHER, None),
        (327818, "timeout for cancel order", None, None),
        (393242, "Asset_AvailableNotEnough.", OrdRejReason.EXCEEDS_LIMIT, None),
        (393242, "withdraw ticket error", None, None),
        (5243242, "", None, CxlRejReason.UNKNOWN_ORDER),
        (1, "rate limit is exceeded", OrdRejReason.BROKER_OPTION, CxlRejReason.BROKER_OPTION),
        (2097162, "Timestamp for this request is outside of the recvWindow",
         OrdRejReason.BROKER_OPTION, CxlRejReason.BROKER_OPTION),
        (4711, "brand new", None, None),
        ("four", "no number", None, None),
        (None, None, None, None),
    ],
)
def test_by_number_and_message(code, message, submit, cancel):
    outcomes = [codes.refusal(ErrorBody(code, message), each) for each in Command]
    reasons = [
        isinstance(outcomes[0], Refused) and outcomes[0].ord_rej_reason or None,
        isinstance(outcomes[1], Refused) and outcomes[1].cxl_rej_reason or None,
    ]
    assert reasons == [submit, cancel]


@pytest.mark.parametrize(
    "code, message, absent",
    [
        (5243242, "", True),
        (327706, "", True),
        (327836, "", True),
        (327738, "Order doesn't exist, please change order ID.", True),
        (327738, "Order doesn't exist", True),
        (327738, "Order_OpenOrderNotExist", False),  # it may be filled
        (327739, "", False),
        (327948, "Order_Log_Not_Exist order", False),
        (131115, "Account doesn't exist, please verify account ID.", False),
    ],
)
def test_what_says_that_there_is_no_such_order(code, message, absent):
    assert codes.says_absent(ErrorBody(code, message)) is absent


@pytest.mark.parametrize("row", MEANINGS, ids=row_id)
def test_each_row_is_documented_as_it_is(row):
    submit, cancel = row.proof.submit, row.proof.cancel
    start = f"| {' / '.join(map(str, row.codes))} | {row.text[:60]}"
    verdicts = " | ".join(
        [
            f"refused, 103={submit.value}" if submit else "unknown",
            f"refused, 102={cancel.value}" if cancel else "unknown",
            "absent" if row.proof.absent else "failed",
        ]
    )
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith(start)]
    assert len(lines) == 1 and f"| {verdicts} |" in lines[0]

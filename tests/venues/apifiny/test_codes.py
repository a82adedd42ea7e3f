"""Every code of the vendor's manual: what our document promises of it is what comes of it."""

import re
from pathlib import Path

import pytest

from fixgw.model.enums import Command, CxlRejReason, OrdRejReason
from fixgw.model.venue import Refused, Unknown
from fixgw.venues.apifiny import codes
from fixgw.venues.apifiny.schemas import ErrorBody
from tests.venues.documented import proved, table

MANUAL = [
    (int(number), text, int(in_hex, 16))
    for number, text, in_hex in re.findall(
        r"^(\d+) (.*) (0x\w+)$",
        Path(__file__).with_name("manual_codes.txt").read_text(),
        re.MULTILINE,
    )
]
"""The manual's table "Apifiny Connect Status/Error Codes" as it is printed: number, text, and the
number again in hex, which in five rows is another one."""

COMMANDS = (Command.SUBMIT, Command.CANCEL)
NUMBERS = [number for number, _, _ in MANUAL]
SHARED = {number for number in NUMBERS if NUMBERS.count(number) > 1}

SERVER_SIDE = 0xB
"""The last digit, in hex, of a fault that is the venue's own."""

REFUSED_BY_ITS_TEXT = {
    "Account doesn't exist, please verify account ID.",
    "orderSide parameter error",
    "Permission denied. Invalid API key or permissions for action.",
}
"""Server side by their number, but each says that the request was turned away."""


def numbers(number: int, in_hex: int) -> list[int | str]:
    """In all ways in which a venue may write one of the manual's."""
    return [number, in_hex, hex(in_hex), str(number)]


def test_each_row_of_the_manual_proves_what_the_document_promises():
    found = {}
    promised = {
        (code, text): promise
        for code, text, *promise, _why in table("apifiny", "Code | Manual's text")
    }
    for number, text, in_hex in MANUAL:
        code = str(number) if number == in_hex else f"{number} / {in_hex}"
        # Two long texts are cut in the document.
        [key] = [k for k in promised if k[0] == code and text.startswith(k[1].removesuffix("…"))]
        for each in numbers(number, in_hex):
            error = ErrorBody(each, text)
            proof = [
                *(proved(codes.refusal(error, command), command) for command in COMMANDS),
                "absent" if codes.says_absent(error) else "failed",
            ]
            assert proof == found.setdefault(key, proof), key

    assert 70 == len(MANUAL)
    assert promised == found


def test_the_client_reads_the_venue_s_words_and_number():
    for number, text, _ in MANUAL:
        for command in COMMANDS:
            assert codes.refusal(ErrorBody(number, text), command).text == (
                f"{text} (Apifiny {number})"
            )


def test_no_timeout_and_no_fault_of_the_server_refuses_an_order():
    refused = {
        text for number, text, in_hex in MANUAL
        if in_hex % 16 == SERVER_SIDE or re.search("time ?out", text, re.IGNORECASE)
        if isinstance(codes.refusal(ErrorBody(number, text), Command.SUBMIT), Refused)
    }

    assert REFUSED_BY_ITS_TEXT == refused


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

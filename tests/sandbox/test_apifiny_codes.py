"""The codes, held against the manual's own arithmetic."""

from fixgw.sandbox.apifiny.codes import Code, Refusal, bad_request


def test_the_last_hexadecimal_digit_tells_whose_fault_it_is() -> None:
    """The manual says A is the client and B the server; C and D appear as well."""
    for code in Code:
        assert code.value[0] % 16 in (10, 11, 12, 13), code


def test_no_two_codes_share_both_number_and_text() -> None:
    assert len(Code.__members__) == len({code.value for code in Code})


def test_a_refusal_can_have_a_text_of_its_own() -> None:
    assert "rate" == Refusal(Code.REQUEST_TOO_OFTEN, "rate").message
    assert bad_request("limitPrice is missing").message.endswith("correct. limitPrice is missing")

"""Every error knows its reject."""

import pytest

from fixgw.fix import errors


@pytest.mark.parametrize(
    "error, reason, text",
    [
        (errors.InvalidTagNumber, 0, "Invalid tag number"),
        (errors.RequiredTagMissing, 1, "Required tag missing"),
        (errors.TagNotDefinedForMessage, 2, "Tag not defined for this message type"),
        (errors.NoTagValue, 4, "Tag specified without a value"),
        (errors.IncorrectTagValue, 5, "Value is incorrect (out of range) for this tag"),
        (errors.IncorrectDataFormat, 6, "Incorrect data format for value"),
        (errors.InvalidMsgType, 11, "Invalid MsgType"),
        (errors.RepeatedTag, 13, "Tag appears more than once"),
        (errors.TagOutOfOrder, 14, "Tag specified out of required order"),
        (errors.RepeatingGroupCountMismatch, 16, "Incorrect NumInGroup count for repeating group"),
        (errors.UnsupportedApplVerID, 18, "Invalid/Unsupported Application Version"),
    ],
)
def test_session_rejects(error: type[errors.InvalidMessage], reason: int, text: str) -> None:
    raised = error(44)

    assert (raised.session_reject_reason, raised.ref_tag, raised.text, raised.business) == (
        reason, 44, text, False
    )


def test_an_unsupported_message_type_is_a_business_reject() -> None:
    raised = errors.UnsupportedMsgType()

    assert (raised.business, raised.business_reject_reason, raised.ref_tag) == (True, 3, None)


def test_the_tag_shows_in_the_message() -> None:
    assert str(errors.NoTagValue(58)) == "Tag specified without a value (58)"

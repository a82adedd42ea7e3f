"""Every exception that reading FIX bytes can raise, as one tree.

    FixError
    ├── MessageTooLong             framing: disconnect, nothing can be answered
    ├── TooGarbled                 framing: too much that is no message; likewise
    ├── DictionaryError            start: a dictionary or dialect that cannot be used
    ├── GarbledMessage             not a FIX message: ignored, takes no MsgSeqNum(34)
    ├── IncorrectBeginString       answered with Logout(5), not with a reject
    └── InvalidMessage             answered with Reject(3), or BusinessMessageReject(j)
        ├── InvalidTagNumber              373=0
        ├── RequiredTagMissing            373=1
        ├── TagNotDefinedForMessage       373=2
        ├── NoTagValue                    373=4
        ├── IncorrectTagValue             373=5
        ├── IncorrectDataFormat           373=6
        ├── InvalidMsgType                373=11
        ├── RepeatedTag                   373=13
        ├── TagOutOfOrder                 373=14
        ├── RepeatingGroupOutOfOrder      373=15
        ├── RepeatingGroupCountMismatch   373=16
        ├── EmbeddedDelimiter             373=17
        ├── UnsupportedApplVerID          373=18
        ├── TooManyFields                 373=99
        └── UnsupportedMsgType            35=j, 380=3

An `InvalidMessage` knows its reject; it never knows how to send it. FIX 4.2 ends its list of
SessionRejectReason(373) at 11: whoever encodes for 4.2 leaves a higher one out.
"""

from __future__ import annotations

from typing import ClassVar


class FixError(Exception):
    """An error that a peer's bytes, or a dictionary file, can cause."""


class MessageTooLong(FixError):
    """BodyLength(9) announces more than this side will buffer."""


class TooGarbled(FixError):
    """Too much of the stream was no message: this is no FIX peer, or one that has lost its
    place."""


class DictionaryError(FixError):
    """A dictionary or dialect that cannot be used; the text names the place and the remedy."""


class GarbledMessage(FixError):
    """BeginString(8), BodyLength(9) and MsgType(35) are not the first three fields."""


class IncorrectBeginString(FixError):
    """BeginString(8) is not the one of this session."""


class InvalidMessage(FixError):
    """A whole message that breaks the dictionary's rules, with its reject."""

    session_reject_reason: ClassVar[int] = 99
    default_text: ClassVar[str] = "Other"
    business: ClassVar[bool] = False

    def __init__(self, ref_tag: int | None = None, text: str = "") -> None:
        self.ref_tag = ref_tag
        self.text = text or self.default_text
        super().__init__(self.text if ref_tag is None else f"{self.text} ({ref_tag})")


class InvalidTagNumber(InvalidMessage):
    """A tag that no dictionary knows, or that is not a tag at all."""

    session_reject_reason = 0
    default_text = "Invalid tag number"


class RequiredTagMissing(InvalidMessage):
    """A required field is missing."""

    session_reject_reason = 1
    default_text = "Required tag missing"


class TagNotDefinedForMessage(InvalidMessage):
    """A field of the standard that this MsgType(35) does not have."""

    session_reject_reason = 2
    default_text = "Tag not defined for this message type"


class NoTagValue(InvalidMessage):
    """`tag=` with no value."""

    session_reject_reason = 4
    default_text = "Tag specified without a value"


class IncorrectTagValue(InvalidMessage):
    """A value that is not one of the field's enumerated values."""

    session_reject_reason = 5
    default_text = "Value is incorrect (out of range) for this tag"


class IncorrectDataFormat(InvalidMessage):
    """A value that is not of the field's type."""

    session_reject_reason = 6
    default_text = "Incorrect data format for value"


class InvalidMsgType(InvalidMessage):
    """MsgType(35) is neither in the dictionary nor user-defined."""

    session_reject_reason = 11
    default_text = "Invalid MsgType"


class RepeatedTag(InvalidMessage):
    """A field appears twice outside a repeating group."""

    session_reject_reason = 13
    default_text = "Tag appears more than once"


class TagOutOfOrder(InvalidMessage):
    """A header field after the body began, or a body field after the trailer began."""

    session_reject_reason = 14
    default_text = "Tag specified out of required order"


class RepeatingGroupOutOfOrder(InvalidMessage):
    """An instance of a group does not begin with its first field, or its fields are out of
    order."""

    session_reject_reason = 15
    default_text = "Repeating group fields out of order"


class RepeatingGroupCountMismatch(InvalidMessage):
    """NumInGroup differs from the number of instances that follow."""

    session_reject_reason = 16
    default_text = "Incorrect NumInGroup count for repeating group"


class EmbeddedDelimiter(InvalidMessage):
    """A piece that is no `tag=value`: the value before it held an SOH, which only data may."""

    session_reject_reason = 17
    default_text = "Non-data value includes field delimiter (SOH character)"


class UnsupportedApplVerID(InvalidMessage):
    """ApplVerID(1128) asks for a version whose dictionary this session does not have."""

    session_reject_reason = 18
    default_text = "Invalid/Unsupported Application Version"


class TooManyFields(InvalidMessage):
    """More fields than `fix.limits` allows in a message."""

    default_text = "Too many fields"


class UnsupportedMsgType(InvalidMessage):
    """A user-defined MsgType(35): well formed, and not supported."""

    session_reject_reason = 11
    business_reject_reason = 3
    default_text = "Unsupported Message Type"
    business = True

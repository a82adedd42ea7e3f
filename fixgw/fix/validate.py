"""Validation of a message by the dictionary's rules: QuickFIX decides, and this file asks it.

QuickFIX is never given bytes that could harm it. It believes the length of a data field, and a
length that points beyond the message ends the process; it reads a number up to the first NUL. The
message is therefore split here first, and any part that QuickFIX would read differently is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import quickfix

from fixgw.fix.errors import (
    EmbeddedDelimiter,
    IncorrectDataFormat,
    IncorrectTagValue,
    InvalidMessage,
    InvalidMsgType,
    InvalidTagNumber,
    NoTagValue,
    RepeatedTag,
    RepeatingGroupCountMismatch,
    RequiredTagMissing,
    TagNotDefinedForMessage,
    TagOutOfOrder,
    UnsupportedMsgType,
)
from fixgw.fix.groups import GroupChecks
from fixgw.fix.shapes import OPEN_VALUES, PATTERNS, SESSION_NUMBERS, value_pattern
from fixgw.fix.tables import Group, Tables, length_tag
from fixgw.fix.timestamp import UtcTimestamps

SOH = "\x01"

#: Heartbeat, Logon, TestRequest, ResendRequest, Reject, SequenceReset, Logout: FIXT.1.1 has these
#: in its own dictionary, and QuickFIX knows them by this list.
ADMIN = frozenset("0A12345")

# QuickFIX's numbers are C++ ints; nine digits always fit.
_NUMBER = re.compile("-?[0-9]{1,9}")

# It takes any number of zeros before an integer; Python reads no text of more than 4,300 digits
# as one. None of more than 64 bits means anything in FIX.
_INTEGER = re.compile("-?[0-9]{1,20}")
_INTEGER_TYPES = frozenset(t for t, p in PATTERNS.items() if p == PATTERNS["INT"]) | {"SEQNUM"}
_TIMESTAMP_TYPES = frozenset({"TIME", "UTCTIMESTAMP"})
_stamps = UtcTimestamps()
_PLAIN_FIELD = re.compile(r"([1-9][0-9]{0,8}+)=([^\x00\x01]*+)\x01")
_PLAIN_FIELDS = re.compile(r"(?:[1-9][0-9]{0,8}+=[^\x00\x01]*+\x01)*+")

# QuickFIX takes `str` and wants it to be UTF-8, with a byte for a byte of BodyLength(9). No type
# and no enumerated value tells one byte above 0x7F from another, or from DEL.
_ASCII = bytes(range(0x80)) + b"\x7f" * 0x80

# https://www.fixtrading.org/standards/fix-session-layer-online/: SessionRejectReason(373).
_ERRORS: dict[type[Exception], type[InvalidMessage]] = {
    quickfix.InvalidTagNumber: InvalidTagNumber,
    quickfix.RequiredTagMissing: RequiredTagMissing,
    quickfix.FieldNotFound: RequiredTagMissing,
    quickfix.TagNotDefinedForMessage: TagNotDefinedForMessage,
    quickfix.NoTagValue: NoTagValue,
    quickfix.IncorrectTagValue: IncorrectTagValue,
    quickfix.IncorrectDataFormat: IncorrectDataFormat,
    quickfix.RepeatedTag: RepeatedTag,
    quickfix.TagOutOfOrder: TagOutOfOrder,
    quickfix.RepeatingGroupCountMismatch: RepeatingGroupCountMismatch,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Switches:
    """The strictness of a session: QuickFIX's settings, under QuickFIX's names and defaults."""

    validate_fields_out_of_order: bool = True
    validate_fields_have_values: bool = True
    validate_user_defined_fields: bool = True
    allow_unknown_msg_fields: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """One dictionary: QuickFIX's object for its XML, and the same as tables."""

    quickfix: Any  # quickfix.DataDictionary, which has no type hints
    tables: Tables
    groups: GroupChecks
    fields_have_values: bool = True
    """ValidateFieldsHaveValues; N: the caller removes fields without a value beforehand."""


class Authority:
    """Asks QuickFIX about whole messages of one session's version."""

    def __init__(self, session: Rules, application: Rules | None) -> None:
        self._session = session
        self._application = application or session
        # FIXT.1.1: the header is the session's, and of an application message QuickFIX leaves it
        # to the session to see that it has one at all.
        self._header_is_ours = application is not None
        self._data_tags = session.tables.data_tags | self._application.tables.data_tags
        self._groups: dict[str, Mapping[int, Group]] = {}

    def body(self, msg_type: str) -> Rules:
        """Return the dictionary of this message's body."""
        return self._session if msg_type in ADMIN else self._application

    def data_tags(self, msg_type: str) -> frozenset[int]:
        """Return the fields of this message whose end is given by a length."""
        return self._session.tables.data_tags if msg_type in ADMIN else self._data_tags

    def groups(self, msg_type: str) -> Mapping[int, Group]:
        """Return the repeating groups of this message, header and trailer included."""
        known = self._groups.get(msg_type)
        if known is None:
            body = self.body(msg_type).tables.groups(msg_type)
            known = self._groups[msg_type] = {**body, **self._session.tables.end_groups}
        return known

    def check(self, raw: bytes, msg_type: str, fields: Sequence[tuple[int, str]]) -> None:
        """Raise the first error in *raw*; *fields* are the result of `split`."""
        self._ask_quickfix(raw, msg_type)
        self._check_integers(msg_type, fields)
        self._check_times(msg_type, fields)
        self._check_open_values(msg_type, fields)
        if self._header_is_ours:
            tags = {tag for tag, _ in fields}
            for tag in self._session.tables.required_header:
                if tag not in tags:
                    raise RequiredTagMissing(tag)
        groups = self.groups(msg_type)
        if groups and any(tag in groups for tag, _ in fields):
            self.body(msg_type).groups.check(fields, groups)

    def _check_integers(self, msg_type: str, fields: Sequence[tuple[int, str]]) -> None:
        of_session, of_body = self._session.tables.types, self.body(msg_type).tables.types
        for tag, value in fields:
            if tag not in SESSION_NUMBERS:
                type_ = of_body.get(tag) or of_session.get(tag)
                if type_ not in _INTEGER_TYPES:
                    continue
            if not _INTEGER.fullmatch(value):
                raise IncorrectDataFormat(tag)

    def _check_times(self, msg_type: str, fields: Sequence[tuple[int, str]]) -> None:
        """Check times and dates: QuickFIX accepts `10:00:24.` as a time, and the 30th of February
        as a date."""
        of_session, of_body = self._session.tables.types, self.body(msg_type).tables.types
        for tag, value in fields:
            if (of_body.get(tag) or of_session.get(tag)) in _TIMESTAMP_TYPES:
                if _stamps.parse(value) is None:
                    raise IncorrectDataFormat(tag)

    def _check_open_values(self, msg_type: str, fields: Sequence[tuple[int, str]]) -> None:
        """Check the values whose list QuickFIX was not given: see `OPEN_VALUES`."""
        tables = self.body(msg_type).tables
        for tag, value in fields:
            if tag in OPEN_VALUES and tag in tables.values:
                pattern = value_pattern(tables.types[tag], tables.values[tag], tag=tag)
                if not re.fullmatch(pattern, value):
                    raise IncorrectTagValue(tag)

    def _ask_quickfix(self, raw: bytes, msg_type: str) -> None:
        session = self._session.quickfix
        text = raw.translate(_ASCII).decode("ascii")
        try:
            # The framer has checked length and checksum.
            message = quickfix.Message(text, session, self._application.quickfix, False)
            quickfix.DataDictionary.validate(message, session, self.body(msg_type).quickfix)
        except quickfix.InvalidMessageType as error:
            raise self._unknown_msg_type(msg_type) from error
        except (quickfix.FIXException, RuntimeError) as error:
            ours = _as_ours(error)
            if type(ours) is InvalidTagNumber and ours.ref_tag in self._application.tables.types:
                # A field of the application versions in a session message of FIXT.1.1, whose own
                # dictionary does not have it: the standard has (test case 14.c, not 14.a).
                ours = TagNotDefinedForMessage(ours.ref_tag)
            raise ours from error

    def _unknown_msg_type(self, msg_type: str) -> InvalidMessage:
        # FIX session test cases 2.q and 2.r: a type that is neither in the standard nor in the
        # range left to users is a session reject; one that is, and is not supported, a business
        # reject. FIXT.1.1 itself has types of which no application version knows.
        if msg_type.startswith("U") or msg_type in self._session.tables.msg_types:
            return UnsupportedMsgType()
        return InvalidMsgType()


def split(text: str, data_tags: frozenset[int]) -> list[tuple[int, str]]:
    """Cut *text* into its fields, in wire order.

    Raises on anything for which QuickFIX has no reject, or that would crash it.
    """
    if _PLAIN_FIELDS.fullmatch(text):
        plain = [(int(number), value) for number, value in _PLAIN_FIELD.findall(text)]
        if data_tags.isdisjoint([tag for tag, _ in plain]):
            return plain
    return _walk(text, data_tags)


def _walk(text: str, data_tags: frozenset[int]) -> list[tuple[int, str]]:
    fields: list[tuple[int, str]] = []
    at = 0
    while at < len(text):
        end = text.find(SOH, at)
        number, equals, value = text[at:end].partition("=")
        if not equals or end < 0:
            # Text between two SOH that is no field (test case 14.k).
            raise EmbeddedDelimiter(fields[-1][0] if fields else None)
        tag = _tag(number)
        if tag in data_tags:
            start = at + len(number) + 1
            end = _end_of_data(text, start, tag, fields[-1] if fields else (0, ""))
            value = text[start:end]
        elif "\0" in value:
            raise IncorrectDataFormat(tag)
        fields.append((tag, value))
        at = end + 1
    return fields


def _tag(number: str) -> int:
    if not _NUMBER.fullmatch(number):
        raise InvalidTagNumber()
    # `044=` would be Price(44) to QuickFIX, and unknown to any reader of the text.
    if number[0] in "-0":
        raise InvalidTagNumber(int(number))
    return int(number)


def _end_of_data(text: str, start: int, tag: int, before: tuple[int, str]) -> int:
    """Return where the SOH after a data field must be; its length is in the field before."""
    length, value = before
    if length != length_tag(tag) or not value:
        raise RequiredTagMissing(length_tag(tag), "Data field without its length before it")
    if not _NUMBER.fullmatch(value) or value[0] == "-":
        raise IncorrectDataFormat(length)
    end = start + int(value)
    if text[end:end + 1] != SOH:
        raise IncorrectTagValue(length, "Length is not that of the data field after it")
    return end


def _as_ours(error: Exception) -> InvalidMessage:
    kind = _ERRORS.get(type(error), InvalidMessage)
    ref_tag = getattr(error, "field", None) or None
    return kind(ref_tag, "" if kind is not InvalidMessage else str(error))

"""The fast check of a message: recognise its shape, instead of asking QuickFIX again.

The structure of a message is valid or not by the sequence of its tags alone, once two values are
fixed: those of NumInGroup fields, which determine how to read on, and ApplVerID(1128), which
determines the dictionary. A value is valid or not by its field's type and enumerated values alone.
A message that QuickFIX accepted therefore gives a regular expression, its shape: the same tags, any
valid values. A later message that matches is valid. One that does not match is not necessarily
wrong: QuickFIX is asked.

A shape never accepts a message that QuickFIX refuses. It may refuse one that QuickFIX accepts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from fixgw.fix.tables import Place, Tables

#: Shapes kept for one MsgType(35). A client has one for each kind of order it sends.
MAX_SHAPES = 16

#: Fields of the longest message that becomes a shape; compiling takes time with the length, and
#: of messages with groups as long as this no two are alike.
MAX_SHAPE_FIELDS = 128

#: Values of a list, behind its first, that a shape takes. QuickFIX is asked about longer ones.
SEVERAL_MAX = 32

#: Sequences of tags that are counted before one of them becomes a shape.
MAX_SIGHTINGS = 1024

# Compiling costs half a millisecond, fifty answers of QuickFIX. It pays at the second sight while
# there is room; later a shape must prove that it is worth pushing another out, or a client that
# mixes its fields at random would have us compile for ever.
SIGHTINGS_TO_LEARN = 2
SIGHTINGS_TO_DISPLACE = 100

BEGIN_STRING, BODY_LENGTH, MSG_TYPE, CHECK_SUM, APPL_VER_ID = 8, 9, 35, 10, 1128
LITERAL = frozenset({BEGIN_STRING, MSG_TYPE, APPL_VER_ID})

#: BeginSeqNo, EndSeqNo, MsgSeqNum, NewSeqNo, HeartBtInt, NextExpectedMsgSeqNum: the session reads
#: them as numbers, also those that a dictionary does not know and a switch lets through.
SESSION_NUMBERS = frozenset({7, 16, 34, 36, 108, 789})

_CHARACTER = r"[^\x00\x01]"
_TEXT = f"{_CHARACTER}++"
_INTEGER = r"-?+[0-9]{1,9}+"
_DECIMAL = r"-?+[0-9]{1,20}+(?:\.[0-9]{1,20}+)?+"
# The 29th of February is left to whoever knows the year.
_DATE = (
    r"(?!0000)[0-9]{4}(?:02(?:0[1-9]|1[0-9]|2[0-8])|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)"
    r"|(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01]))"
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]{1,9}+)?+"

#: What every value of a type looks like, for the types of which QuickFIX looks at the values.
#: The rest it takes for text; of text no NUL is taken here, and nothing empty.
PATTERNS: dict[str, str] = {
    "AMT": _DECIMAL,
    "BOOLEAN": "[YN]",
    "CHAR": _CHARACTER,
    "DAYOFMONTH": _INTEGER,
    "FLOAT": _DECIMAL,
    "INT": _INTEGER,
    "LENGTH": _INTEGER,
    "NUMINGROUP": _INTEGER,
    "PERCENTAGE": _DECIMAL,
    "PRICE": _DECIMAL,
    "PRICEOFFSET": _DECIMAL,
    "QTY": _DECIMAL,
    "SEQNUM": "[0-9]{1,18}+",
    "TIME": f"{_DATE}-{_TIME}",
    "UTCDATE": _DATE,
    "UTCDATEONLY": _DATE,
    "UTCTIMEONLY": _TIME,
    "UTCTIMESTAMP": f"{_DATE}-{_TIME}",
}
_FROM_100 = "[1-9][0-9]{2,8}"

#: Fields whose list of values the standard leaves open, and what else they may hold. QuickFIX's
#: XML has the list alone. FIX 4.2 and later, IDSource(22) and its kin: "100+ are reserved for
#: private security identifications". FIX 5.0, SettlType(63): a tenor, days, months, weeks or years;
#: TradingSessionID(336) and SubID(625): bilateral values are 100 and above, or begin with a letter.
#: FIX 4.4, TargetStrategy(847): "1000+ = reserved and available for bi-laterally agreed upon user
#: defined values".
OPEN_VALUES: dict[int, str] = {
    **dict.fromkeys((22, 305, 456, 459, 603, 606), _FROM_100),
    63: "[DMWY][0-9]{1,4}",
    336: rf"(?:{_FROM_100}|[A-Za-z][^\x00\x01]*+)",
    625: rf"(?:{_FROM_100}|[A-Za-z][^\x00\x01]*+)",
    847: "[1-9][0-9]{3,8}",
}

_SEVERAL_VALUES = frozenset({"MULTIPLECHARVALUE", "MULTIPLESTRINGVALUE", "MULTIPLEVALUESTRING"})

#: The key of a shape: all tags, and the values that determine how to read on.
Key = tuple[tuple[int, ...], tuple[str, ...]]


class Shape(NamedTuple):
    """One kind of valid message: the tags outside its groups, and the test for the whole text."""

    key: Key
    tags: tuple[int, ...]
    fullmatch: Callable[[str], re.Match[str] | None]


class Shapes:
    """The shapes of one MsgType(35), the last used first."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self._sightings: dict[Key, int] = {}

    def match(self, text: str) -> dict[int, str] | None:
        """Return the fields outside groups if *text* has a known shape."""
        for place, shape in enumerate(self.shapes):
            found = shape.fullmatch(text)
            if found is not None:
                if place:
                    self.shapes.insert(0, self.shapes.pop(place))
                return dict(zip(shape.tags, found.groups()))
        return None

    def is_due(self, key: Key) -> bool:
        """Count one more message that matched no shape; return True if its shape is to be learned
        now."""
        if len(key[0]) > MAX_SHAPE_FIELDS:
            return False
        if any(shape.key == key for shape in self.shapes):
            # Known, and yet no match: a value that QuickFIX accepts and the shape does not.
            return False
        seen = self._sightings.get(key, 0) + 1
        room = len(self.shapes) < MAX_SHAPES
        if seen >= (SIGHTINGS_TO_LEARN if room else SIGHTINGS_TO_DISPLACE):
            self._sightings.pop(key, None)
            return True
        if len(self._sightings) >= MAX_SIGHTINGS:
            self._sightings.clear()
        self._sightings[key] = seen
        return False

    def add(self, shape: Shape) -> None:
        """Learn *shape*; the least recently used one makes room."""
        self.shapes.insert(0, shape)
        del self.shapes[MAX_SHAPES:]


class Pattern:
    """Writes the regular expressions for one pair of header and body dictionaries."""

    def __init__(
        self,
        ends: Tables,
        is_end: Callable[[int], bool],
        body: Tables,
        chars_max: Mapping[int, int],
    ) -> None:
        """*chars_max*, by tag: a message with a longer value has no shape, and is refused where
        QuickFIX is asked."""
        self._chars_max = chars_max
        self._ends = ends
        self._is_end = is_end
        self._body = body
        self._values: dict[int, str] = {BODY_LENGTH: "[0-9]{1,9}+", CHECK_SUM: "[0-9]{3}"}

    def shape(self, key: Key, fields: Sequence[tuple[int, str]], places: Sequence[Place]) -> Shape:
        """Return the shape of *fields*, which are those of a valid message in wire order."""
        outside: list[int] = []
        parts: list[str] = []
        for (tag, value), place in zip(fields, places):
            literal = place.counts or tag in LITERAL
            pattern = re.escape(value) if literal else self._value(tag)
            if place.outside:
                outside.append(tag)
                parts.append(f"{tag}=({pattern})\x01")
            else:
                parts.append(f"{tag}=(?:{pattern})\x01")
        return Shape(key, tuple(outside), re.compile("".join(parts)).fullmatch)

    def _value(self, tag: int) -> str:
        known = self._values.get(tag)
        if known is None:
            tables = self._ends if self._is_end(tag) else self._body
            unknown = "INT" if tag in SESSION_NUMBERS else ""
            known = self._values[tag] = value_pattern(
                tables.types.get(tag, unknown),
                tables.values.get(tag),
                self._chars_max.get(tag),
                tag,
            )
        return known


def value_pattern(
    type_: str, values: frozenset[str] | None, chars_max: int | None = None, tag: int = 0
) -> str:
    """Return the pattern of a field's value: of its type, and of its enumerated values if it has
    any.

    *tag*: the field's; 0: of a field whose list is closed.
    """
    pattern = PATTERNS.get(type_, _TEXT)
    if chars_max is not None and pattern is _TEXT:
        pattern = f"{_CHARACTER}{{1,{chars_max}}}+"
    if values is None:
        return pattern
    several = type_ in _SEVERAL_VALUES
    # What the list has and QuickFIX never finds there: values that are not of the type, and in a
    # list parted by spaces values with a space.
    found = sorted(v for v in values if re.fullmatch(pattern, v) and not (several and " " in v))
    one = "|".join(map(re.escape, found)) or "(?!)"
    if tag in OPEN_VALUES and type_ != "CHAR":
        one = f"{one}|{OPEN_VALUES[tag]}"
    return f"(?:{one})(?: (?:{one})){{0,{SEVERAL_MAX}}}+" if several else one

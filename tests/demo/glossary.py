"""FIX numbers -> names, from the dictionaries that QuickFIX ships: what a person can read."""

from collections.abc import Iterator
from functools import cache
from xml.etree import ElementTree

from fixgw.fix.dictionary import find_dictionary
from tests.support.quickfix_initiator import Message, Version

LEFT_OUT = frozenset({8, 9, 10, 34, 35, 49, 52, 56})
"""The frame of every message: BeginString, BodyLength, CheckSum, numbers, CompIDs, SendingTime."""

FIRST = (
    150, 39, 11, 41, 32, 31, 14, 151, 6, 12, 13, 479, 851, 103, 102, 58, 55, 54, 38, 40, 44, 59,
)
"""Tags in the order in which they tell a story; the rest follows by number."""


AS_THE_STANDARD_HAS_IT = {
    (102, "2"): "broker or exchange option",
    (434, "2"): "order cancel/replace request",
}
"""Where QuickFIX's dictionaries abbreviate so much that it says something else."""


class Glossary:
    """The words of one FIX version."""

    def __init__(self, version: Version) -> None:
        self._names: dict[int, str] = {}
        self._values: dict[tuple[int, str], str] = {}
        self._messages: dict[str, str] = {}
        # Under FIXT.1.1 Logon and its like stand in a dictionary of their own.
        for file in (version.dictionary, "FIXT11.xml"):
            self._read(file)

    def _read(self, file: str) -> None:
        root = ElementTree.parse(find_dictionary(file)).getroot()
        for field in root.iterfind("fields/field"):
            tag = int(field.attrib["number"])
            self._names.setdefault(tag, field.attrib["name"])
            for value in field.iterfind("value"):
                name = value.attrib["description"].replace("_", " ").lower()
                self._values.setdefault((tag, value.attrib["enum"]), name)
        for message in root.iterfind("messages/message"):
            self._messages.setdefault(message.attrib["msgtype"], message.attrib["name"])

    def title(self, message: Message) -> str:
        """What kind of message it is."""
        return self._messages.get(message.msg_type, "message")

    def fields(self, message: Message) -> Iterator[tuple[str, int, str, str]]:
        """Name, tag, value and what the value means, if it stands for something."""
        shown = [tag for tag in message.fields if tag not in LEFT_OUT]
        for tag in sorted(shown, key=_place):
            value = message[tag]
            meaning = AS_THE_STANDARD_HAS_IT.get((tag, value)) or self._values.get((tag, value), "")
            yield self._names.get(tag, "?"), tag, value, meaning


def _place(tag: int) -> tuple[int, int]:
    return (FIRST.index(tag), 0) if tag in FIRST else (len(FIRST), tag)


@cache
def glossary(version: Version) -> Glossary:
    """The glossary of *version*, read once."""
    return Glossary(version)

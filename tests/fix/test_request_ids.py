"""Each message's name for itself is a field that the standard's dictionaries give that message."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

import pytest

from fixgw.fix.dictionary import APPLICATION_FILES, SESSION_FILES, find_dictionary
from fixgw.fix.request_ids import REQUEST_IDS, request_id

FILES = (SESSION_FILES["FIX.4.2"], SESSION_FILES["FIX.4.4"], *APPLICATION_FILES.values())
WITHOUT = {"CB", "j"}
"""UserNotification and BusinessMessageReject have no name of their own."""


def fields_of_messages() -> dict[str, set[int]]:
    """MsgType(35) of every application message of every version -> its fields outside groups."""
    found: dict[str, set[int]] = {}
    for file in FILES:
        root = ElementTree.parse(find_dictionary(file)).getroot()
        numbers = {each.get("name"): int(each.get("number", "")) for each in root.iter("field")
                   if each.get("number")}
        components = {each.get("name"): each for each in root.findall("components/component")}

        def tags(element: ElementTree.Element) -> Iterator[int]:
            for child in element:
                if child.tag == "field":
                    yield numbers[child.get("name")]
                elif child.tag == "component":
                    yield from tags(components[child.get("name")])

        for message in root.findall("messages/message"):
            if message.get("msgcat") == "app":
                found.setdefault(message.get("msgtype", ""), set()).update(tags(message))
    return found


def test_every_message_of_the_standard_is_listed_with_fields_that_it_has() -> None:
    known = fields_of_messages()

    assert set(known) - WITHOUT == set(REQUEST_IDS)
    assert {} == {
        msg_type: set(tags) - known[msg_type] for msg_type, tags in REQUEST_IDS.items()
        if set(tags) - known[msg_type]
    }


@pytest.mark.parametrize(("msg_type", "fields", "expected"), [
    ("V", {262: "M1", 11: "no"}, "M1"),
    ("AN", {710: "P1"}, "P1"),
    ("C", {147: "the subject"}, "the subject"),
    ("C", {164: "", 147: "the subject"}, "the subject"),
    ("U7", {11: "C1"}, "C1"),
    ("V", {11: "no"}, ""),
])
def test_the_first_field_that_is_there(
    msg_type: str, fields: dict[int, str], expected: str
) -> None:
    assert expected == request_id(msg_type, fields)

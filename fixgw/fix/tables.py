"""The contents of one dictionary XML as look-up tables: types, values, groups.

QuickFIX reads the same XML and decides; these tables hold nothing that it does not. Where the two
could differ, this file follows QuickFIX's reading, odd as it may be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

ROUTING_TIER = "RoutingTier"
"""The name by which a dialect's field for a venue's routing tier is known, whatever its number."""

# QuickFIX takes the length of a data field from the tag before it; Signature(89) is the exception.
SIGNATURE, SIGNATURE_LENGTH = 89, 93


@dataclass(frozen=True, slots=True)
class Group:
    """One repeating group: the tags of an instance with their ranks, and the groups nested in it.

    The lowest rank is the first field's, with which every instance begins.
    """

    members: Mapping[int, int]
    groups: Mapping[int, Group]


class Place(NamedTuple):
    """The place of one message's field: whether it is outside every group, and whether it counts a
    group."""

    outside: bool
    counts: bool


_PLAIN = Place(outside=True, counts=False)


def _value_named(fields: Sequence[Element], name: str, description: str) -> str:
    """Return the value of field *name* that the dictionary describes so, or ""."""
    values = (v for f in fields if f.attrib["name"] == name for v in f.iter("value"))
    return next((v.attrib["enum"] for v in values if v.get("description") == description), "")


def length_tag(data_tag: int) -> int:
    """Return the tag in which QuickFIX looks for the length of *data_tag*."""
    return SIGNATURE_LENGTH if data_tag == SIGNATURE else data_tag - 1


class Tables:
    """The tables of one XML. Groups are worked out when a message type is first asked for."""

    def __init__(self, root: Element) -> None:
        fields = root.findall("fields/field")
        self.tags = {field.attrib["name"]: int(field.attrib["number"]) for field in fields}
        self.types = {int(field.attrib["number"]): field.attrib["type"] for field in fields}
        self.values = {
            int(field.attrib["number"]): frozenset(v.attrib["enum"] for v in field.iter("value"))
            for field in fields
            if field.find("value") is not None
        }
        #: How a dialect writes post only in TimeInForce(59); "" where it has no value for it.
        self.post_only_tif = _value_named(fields, "TimeInForce", "POST_ONLY")
        #: A dialect's own field for a venue's routing tier; 0 where it has none.
        self.routing_tier_tag = self.tags.get(ROUTING_TIER, 0)
        self.data_tags = frozenset(tag for tag, type_ in self.types.items() if type_ == "DATA")
        self.header = self._tags_of(root.find("header"))
        self.trailer = self._tags_of(root.find("trailer"))
        self.required_header = tuple(
            self.tags[field.attrib["name"]]
            for field in root.iterfind("header/*")
            if field.get("required") == "Y"
        )
        self.msg_types = frozenset(m.attrib["msgtype"] for m in root.iterfind("messages/message"))
        self._components = {c.attrib["name"]: c for c in root.iterfind("components/component")}
        self._messages = {m.attrib["msgtype"]: m for m in root.iterfind("messages/message")}
        self._component_parts: dict[str, tuple[dict[int, int], dict[int, Group]]] = {}
        self._groups: dict[str, Mapping[int, Group]] = {}
        #: The groups of the standard header and trailer: NoHops(627), where a version has it.
        self.end_groups: Mapping[int, Group] = (
            self._groups_in(root.find("header")) | self._groups_in(root.find("trailer"))
        )

    def groups(self, msg_type: str) -> Mapping[int, Group]:
        """Return the groups in the body of *msg_type*, by their NumInGroup tag."""
        known = self._groups.get(msg_type)
        if known is None:
            known = self._groups[msg_type] = self._groups_in(self._messages.get(msg_type))
        return known

    def body_tags(self, msg_type: str) -> frozenset[int]:
        """Return the fields that *msg_type* may have in its body, outside groups."""
        node = self._messages.get(msg_type)
        return frozenset() if node is None else frozenset(self._parts(node)[0])

    def _tags_of(self, node: Element | None) -> frozenset[int]:
        children = () if node is None else node
        return frozenset(self.tags[c.attrib["name"]] for c in children if c.tag != "component")

    def _groups_in(self, node: Element | None) -> dict[int, Group]:
        return {} if node is None else self._parts(node)[1]

    def _parts(self, node: Element) -> tuple[dict[int, int], dict[int, Group]]:
        """Return the tags directly in *node*, components unfolded, with their ranks; and its
        groups."""
        members: dict[int, int] = {}
        groups: dict[int, Group] = {}
        for child in node:
            name = child.attrib["name"]
            if child.tag == "component":
                more_members, more_groups = self._component(name)
                for tag in more_members:
                    members.setdefault(tag, len(members))
                groups |= more_groups
                continue
            members.setdefault(self.tags[name], len(members))
            if child.tag == "group":
                groups[self.tags[name]] = Group(*self._parts(child))
        return members, groups

    def _component(self, name: str) -> tuple[dict[int, int], dict[int, Group]]:
        if name not in self._component_parts:
            self._component_parts[name] = self._parts(self._components[name])
        return self._component_parts[name]


def repair(root: Element) -> None:
    """Neutralise the parts of QuickFIX's own XML that it would misread, and add those that are
    missing.

    It takes the length of a data field from the tag one below. FIX 5.0 SP2 has data fields whose
    length has another tag; QuickFIX then takes the value of an unrelated field for the length and
    reads beyond the message. As STRING they end at the next SOH.
    """
    types = {int(f.attrib["number"]): f.attrib["type"] for f in root.iterfind("fields/field")}
    for field in root.iterfind("fields/field"):
        length = length_tag(int(field.attrib["number"]))
        if field.attrib["type"] == "DATA" and types.get(length) != "LENGTH":
            field.set("type", "STRING")
    _fill_msg_type_grp(root)


MSG_TYPE_GRP = (
    ("NoMsgTypes", 384, "NUMINGROUP", ""),
    ("RefMsgType", 372, "STRING", ""),
    ("MsgDirection", 385, "CHAR", "RS"),
    ("RefApplVerID", 1130, "STRING", ""),
    ("RefApplExtID", 1406, "INT", ""),
    ("RefCstmApplVerID", 1131, "STRING", ""),
    ("DefaultVerIndicator", 1410, "BOOLEAN", ""),
)
"""FIXT 1.1, component block MsgTypeGrp of Logon(A): name, number, type and values of the field that
counts and of those it counts. QuickFIX's FIXT11.xml has the component, and nothing in it."""


def _fill_msg_type_grp(root: Element) -> None:
    fields = root.find("fields")
    for component in root.iterfind("components/component[@name='MsgTypeGrp']"):
        if len(component) or fields is None:
            continue
        (counter, *_), *members = MSG_TYPE_GRP
        group = SubElement(component, "group", {"name": counter, "required": "N"})
        known = {field.attrib["name"] for field in fields}
        for name, number, type_, values in MSG_TYPE_GRP:
            if name not in known:
                field = SubElement(
                    fields, "field", {"number": str(number), "name": name, "type": type_}
                )
                for value in values:
                    SubElement(field, "value", {"enum": value, "description": value})
        for place, (name, *_) in enumerate(members):
            SubElement(group, "field", {"name": name, "required": "N" if place else "Y"})


def places(tags: Sequence[int], groups: Mapping[int, Group]) -> list[Place]:
    """Yield the place of each tag, in wire order.

    This follows QuickFIX's reading: after a NumInGroup field, the fields that follow belong to the
    group for as long as the group has a field of that tag.
    """
    if groups.keys().isdisjoint(tags):
        return [_PLAIN] * len(tags)
    found: list[Place] = []
    within: list[Group] = []
    for tag in tags:
        while within and tag not in within[-1].members:
            within.pop()
        counted = (within[-1].groups if within else groups).get(tag)
        found.append(Place(not within, counted is not None))
        if counted is not None:
            within.append(counted)
    return found

"""A client's own data dictionary, XML in QuickFIX's format, checked before QuickFIX sees it.

QuickFIX trusts the file: a component that contains itself ends the process, and so does one that
unfolds into a billion fields. The file is therefore parsed here without entities, within limits;
every name in it must resolve, and everything the gateway needs must be present. Errors are reported
with file, line and remedy. The result is as good as the standard's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import Element, SubElement
from xml.parsers import expat

from fixgw.fix.errors import DictionaryError
from fixgw.fix.shapes import PATTERNS

BYTES_MAX = 8_388_608
"""Size of one file. QuickFIX's largest, of FIX 5.0 SP2, has 1.5 MB."""

DEPTH_MAX = 32
"""Depth of nested elements. QuickFIX's have 5."""

FIELDS_MAX = 20_000
"""Fields of one message, its components unfolded. The largest of FIX 5.0 SP2 has 4,653."""

ALL_FIELDS_MAX = 1_000_000
"""Fields of all messages together; FIX 5.0 SP2 has 307,480."""

SECTIONS = ("header", "trailer", "messages", "components", "fields")
MEMBERS = ("field", "group", "component")

NEEDED: Mapping[str, tuple[int, ...]] = {
    "1": (112,), "2": (7, 16), "4": (36,), "A": (98, 108), "0": (), "3": (), "5": (),
    "D": (11, 40, 54), "F": (11,), "G": (11, 40, 54), "q": (11, 530), "AF": (584, 585),
    "XLQ": (6136,),
}
"""MsgType(35) -> the fields that the gateway reads without checking that they are present."""

ADMIN = "0A12345"
HEADER, TRAILER = (8, 9, 35, 49, 56, 34, 52), (10,)

DECIMALS = (38, 44, 152)
"""Fields that the gateway reads as numbers because their type says so."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_VALUE = re.compile(r"[^\x00-\x1f\x7f]+")


class OwnDictionaryError(DictionaryError):
    """The file that DataDictionary, or a related setting, names cannot be used."""


def read_own(path: Path, version: str) -> Element:
    """Return the dictionary of *version*, `FIX.4.4` or `FIX.5.0SP2`, in *path*."""
    return _Reader(path).dictionary(version)


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: dict[Element, int] = {}
        self._fields: dict[str, Element] = {}
        self._components: dict[str, Element] = {}
        self._measures: dict[str, tuple[int, int]] = {}
        """Of components: see `_measure`."""

    def dictionary(self, version: str) -> Element:
        root = self._parsed()
        self._check_version(root, version)
        sections = self._sections(root)
        self._read_fields(sections["fields"])
        for component in self._named(sections["components"], "component", "name"):
            self._components[component.attrib["name"]] = component
        for node in (sections["header"], sections["trailer"], *self._components.values()):
            self._check_members(node)
        for name, component in self._components.items():
            self._measure(component, (name,))
        messages = self._named(sections["messages"], "message", "msgtype")
        for message in messages:
            message.attrib.setdefault("name", message.attrib["msgtype"])
            message.attrib.setdefault("msgcat", "app")
            self._check_members(message)
        total = sum(self._measure(message)[0] for message in messages)
        if total > ALL_FIELDS_MAX:
            self._refuse(root, f"its messages unfold into {total} fields, above {ALL_FIELDS_MAX}")
        for end in ("header", "trailer"):
            self._unfold(sections[end])
        self._check_needed(sections, messages, version)
        return root

    # ------------------------------------------------------------------------- the XML

    def _parsed(self) -> Element:
        try:
            with self._path.open("rb") as file:
                text = file.read(BYTES_MAX + 1)
        except OSError as error:
            raise OwnDictionaryError(
                f"{self._path}: cannot be read: {error.strerror}; correct the path, which counts "
                "from the .cfg, or leave it out for the dictionary that QuickFIX ships"
            ) from None
        if len(text) > BYTES_MAX:
            raise OwnDictionaryError(f"{self._path}: has more than {BYTES_MAX} bytes")
        parser = expat.ParserCreate()
        open_: list[Element] = []
        roots: list[Element] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            if len(open_) >= DEPTH_MAX:
                self._at(parser.CurrentLineNumber, f"more than {DEPTH_MAX} elements deep")
            element = Element(name, attributes)
            (open_[-1] if open_ else roots).append(element)
            self._lines[element] = parser.CurrentLineNumber
            open_.append(element)

        def end(_: str) -> None:
            open_.pop()

        def doctype(*_: object) -> None:
            self._at(
                parser.CurrentLineNumber,
                "a DOCTYPE: entities are not read here; take it out, and write them out",
            )

        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.StartDoctypeDeclHandler = doctype
        try:
            parser.Parse(text, True)
        except expat.ExpatError as error:
            self._at(error.lineno, f"not XML: {expat.ErrorString(error.code)}")
        return roots[0]

    def _at(self, line: int, what: str) -> NoReturn:
        raise OwnDictionaryError(f"{self._path}, line {line}: {what}")

    def _refuse(self, node: Element, what: str) -> NoReturn:
        self._at(self._lines.get(node, 1), what)

    # ---------------------------------------------------------------------- its parts

    def _check_version(self, root: Element, version: str) -> None:
        if root.tag != "fix":
            self._refuse(root, f"<{root.tag}>, where QuickFIX's dictionaries begin with <fix>")
        has = root.attrib
        pack = has.get("servicepack", "0")
        found = f"{has.get('type', 'FIX')}.{has.get('major')}.{has.get('minor')}"
        named = found if pack in ("", "0") else f"{found}SP{pack}"
        # Many dictionaries of 5.0 SP1 and SP2 do not state which they are.
        if named != version and (found != version[:7] or "servicepack" in has):
            self._refuse(root, f"is for {named}, and the session speaks {version}")
        root.set("type", has.get("type", "FIX"))

    def _sections(self, root: Element) -> dict[str, Element]:
        found: dict[str, Element] = {}
        for section in list(root):
            if section.tag not in SECTIONS:
                self._refuse(section, f"<{section.tag}>: a section is {', '.join(SECTIONS)}")
            if section.tag in found:
                self._refuse(section, f"a second <{section.tag}>")
            found[section.tag] = section
        for name in SECTIONS:
            if name not in found:
                if name in ("fields", "messages"):
                    self._refuse(root, f"has no <{name}>")
                found[name] = SubElement(root, name)
        return found

    def _named(self, section: Element, tag: str, key: str) -> list[Element]:
        names: set[str] = set()
        for child in section:
            if child.tag != tag:
                self._refuse(child, f"<{child.tag}>, where <{tag}> is expected")
            name = self._attribute(child, key)
            if name in names:
                self._refuse(child, f"{key} {name!r} is there twice")
            names.add(name)
        return list(section)

    def _attribute(self, node: Element, key: str) -> str:
        value = node.attrib.get(key, "")
        if not _NAME.fullmatch(value) and not (key in ("msgtype", "number") and value.isalnum()
                                               and value.isascii()):
            self._refuse(node, f"<{node.tag}> without a proper {key}: {value[:40]!r}")
        return value

    def _read_fields(self, section: Element) -> None:
        numbers: dict[int, str] = {}
        for field in self._named(section, "field", "name"):
            name, number = field.attrib["name"], self._attribute(field, "number")
            if not re.fullmatch("[1-9][0-9]{0,8}", number):
                self._refuse(field, f"{name}: number {number!r} is no tag")
            if int(number) in numbers:
                self._refuse(field, f"{name}({number}): {numbers[int(number)]} has this number")
            numbers[int(number)] = name
            type_ = self._attribute(field, "type").upper()
            field.set("type", type_)
            if int(number) in DECIMALS and PATTERNS.get(type_) != PATTERNS["PRICE"]:
                self._refuse(field, f"{name}({number}) is a number, and its type is {type_}")
            self._read_values(field)
            self._fields[name] = field

    def _read_values(self, field: Element) -> None:
        seen: set[str] = set()
        open_ = field.attrib.get("allowOtherValues", "N").upper() in ("Y", "TRUE")
        for value in list(field):
            enum = value.attrib.get("enum", "")
            if value.tag != "value" or not _VALUE.fullmatch(enum):
                self._refuse(value, f"{field.attrib['name']}: expected <value enum=\"…\">")
            if enum in seen or open_:
                field.remove(value)
            seen.add(enum)

    # ------------------------------------------------------------------- what holds what

    def _check_members(self, node: Element) -> None:
        for child in node:
            if child.tag not in MEMBERS:
                self._refuse(child, f"<{child.tag}>: expected <{'>, <'.join(MEMBERS)}>")
            name = self._attribute(child, "name")
            known = self._components if child.tag == "component" else self._fields
            if name not in known:
                self._refuse(child, f"there is no {child.tag} {name!r}; define it, or correct it")
            child.set("required", "Y" if child.attrib.get("required", "N") in "Yy" else "N")
            if child.tag == "group":
                if not len(child):
                    self._refuse(child, f"group {name} is empty")
                self._check_members(child)
            elif len(child):
                self._refuse(child, f"<{child.tag}> {name} holds something")

    def _measure(self, node: Element, within: tuple[str, ...] = ()) -> tuple[int, int]:
        """Return the number of fields *node* unfolds into, and the depth of its components."""
        size = deep = 0
        if len(within) > DEPTH_MAX:
            self._refuse(node, f"is more than {DEPTH_MAX} components deep")
        for child in node:
            name = child.attrib["name"]
            if child.tag == "component":
                if name in within:
                    self._refuse(child, f"component {name} holds itself")
                if name not in self._measures:
                    inside = self._measure(self._components[name], (*within, name))
                    self._measures[name] = inside[0], inside[1] + 1
                more, depth = self._measures[name]
            else:
                more, depth = self._measure(child, within)
                more += 1
            size, deep = size + more, max(deep, depth)
        if size > FIELDS_MAX or deep > DEPTH_MAX:
            self._refuse(
                node,
                f"unfolds into more than {FIELDS_MAX} fields, or is more than {DEPTH_MAX} "
                "components deep",
            )
        return size, deep

    def _unfold(self, node: Element) -> None:
        """Unfold the components of a header or trailer, which QuickFIX would skip."""
        for child in list(node):
            if child.tag == "component":
                at = list(node).index(child)
                node.remove(child)
                inside = self._flat(self._components[child.attrib["name"]])
                for offset, member in enumerate(inside):
                    node.insert(at + offset, member)

    def _flat(self, component: Element) -> Iterator[Element]:
        for child in component:
            if child.tag == "component":
                yield from self._flat(self._components[child.attrib["name"]])
            else:
                yield child

    # ------------------------------------------------------------- what cannot be missed

    def _check_needed(
        self, sections: Mapping[str, Element], messages: list[Element], version: str
    ) -> None:
        names = {int(f.attrib["number"]): name for name, f in self._fields.items()}
        by_type = {message.attrib["msgtype"]: message for message in messages}
        if not version.startswith("FIX.5"):
            self._require(sections["header"], HEADER, names)
            self._require(sections["trailer"], TRAILER, names)
            for msg_type in ADMIN:
                if msg_type not in by_type:
                    self._refuse(sections["messages"], f"has no message of MsgType(35) {msg_type}")
        for msg_type, tags in NEEDED.items():
            if msg_type in by_type:
                self._require(by_type[msg_type], tags, names)

    def _require(self, node: Element, tags: tuple[int, ...], names: Mapping[int, str]) -> None:
        """Make the fields that the gateway needs required, whatever the file states."""
        for tag in tags:
            for child in node:
                if child.attrib["name"] == names.get(tag):
                    child.set("required", "Y")
                    break
            else:
                what = node.attrib.get("name", node.tag)
                self._refuse(node, f"{what} lacks the field of tag {tag}, and needs it here")

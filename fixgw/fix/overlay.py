"""One client dialect, laid over the standard dictionary.

A dialect file may only add to the standard or relax it, and gives the reason for every change. It
never invents: a name the dictionary does not know, a number already taken, a change that changes
nothing are errors, with file, line and the remedy. dictionaries/README.md explains the format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeVar
from xml.etree.ElementTree import Element, SubElement

import msgspec

from fixgw.fix.errors import DictionaryError
from fixgw.fix.own_dictionary import NEEDED
from fixgw.fix.tables import Tables
from fixgw.fix.ways import Ways

#: What a dialect may be for: BeginString(8), or the name of an application version under FIXT.1.1.
VERSIONS = ("FIX.4.2", "FIX.4.4", "FIXT.1.1", "FIX.5.0", "FIX.5.0SP1", "FIX.5.0SP2")

# Types that QuickFIX checks, or knows to be text. It would silently not check a misspelt one.
TYPES = frozenset(
    "AMT BOOLEAN CHAR COUNTRY CURRENCY DATA DAYOFMONTH EXCHANGE FLOAT INT LENGTH LOCALMKTDATE "
    "MONTHYEAR MULTIPLECHARVALUE MULTIPLESTRINGVALUE MULTIPLEVALUESTRING PERCENTAGE PRICE "
    "PRICEOFFSET QTY SEQNUM STRING UTCDATE UTCDATEONLY UTCTIMEONLY UTCTIMESTAMP".split()
)


EXECUTION_REPORT = "8"

NEVER_LEFT_OUT = frozenset({"ClOrdID", "LastShares", "LastQty", "OrigClOrdID", "Text"})
"""Fields that no dictionary requires, and no client can do without."""

EXECUTED = frozenset("12FGH")
"""ExecType(150) of executions, and of their correction and cancel."""


class _Change(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The keys of every entry: its reason, and its versions if not all of the dialect's."""

    reason: str
    versions: tuple[str, ...] = ()


C = TypeVar("C", bound=_Change)


class NewField(_Change, frozen=True, kw_only=True):
    """`[[new_field]]`: a user-defined field, or one that a later version of FIX defined."""

    number: int
    name: str
    type: str
    values: dict[str, str] = {}


class NewMessage(_Change, frozen=True, kw_only=True):
    """`[[new_message]]`: an application message that the standard does not have."""

    name: str
    msg_type: str
    required: tuple[str, ...] = ()
    group: dict[str, tuple[str, ...]] = {}
    """Repeating groups: the field that counts -> its members, the first of them required."""


class NewValues(_Change, frozen=True, kw_only=True):
    """`[[new_values]]`: more enumerated values for a field of the standard."""

    field: str
    values: dict[str, str]


class AddFields(_Change, frozen=True, kw_only=True):
    """`[[add_fields]]`: fields that messages may carry beyond the standard."""

    messages: tuple[str, ...]
    fields: tuple[str, ...]


class MakeOptional(_Change, frozen=True, kw_only=True):
    """`[[make_optional]]`: required fields that messages of this dialect may leave out."""

    messages: tuple[str, ...]
    fields: tuple[str, ...]


class Reports(_Change, frozen=True, kw_only=True):
    """`[reports]`: the form of ExecutionReports for clients of this dialect."""

    price_of_fill: Literal["order", "fill"] = "order"
    """The meaning of Price(44) in an execution's report."""
    leave_out: tuple[str, ...] = ()
    """Fields that the standard makes optional in a report, and that this dialect omits."""
    pending: bool = True
    """True if PendingNew, PendingCancel and PendingReplace are reported where PendingReports of the
    session is not set."""
    echo_post_only: bool = False
    """True if a post only order is reported with the dialect's value of TimeInForce(59)."""
    exec_types: dict[str, str] = {}
    """ExecType(150), and OrdStatus(39), that the dialect does not have -> the value reported
    instead."""
    correction_exec_type: str = ""
    """FIX 4.2: ExecType(150) of corrections and busts, which otherwise repeats OrdStatus(39)."""


class LogonWays(_Change, frozen=True, kw_only=True):
    """`[logon]`: the answer to a Logon with the right credentials that is refused."""

    refused: Literal["close", "logout"] = "close"


class DialectFile(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The whole of one `dictionaries/<dialect>.toml`."""

    description: str
    versions: tuple[str, ...]
    new_field: tuple[NewField, ...] = ()
    new_message: tuple[NewMessage, ...] = ()
    new_values: tuple[NewValues, ...] = ()
    add_fields: tuple[AddFields, ...] = ()
    make_optional: tuple[MakeOptional, ...] = ()
    reports: Reports | None = None
    logon: LogonWays | None = None


class Dialect:
    """One dialect file, checked as far as it can be without a dictionary."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._text = path.read_text(encoding="utf-8")
            self._file = msgspec.toml.decode(self._text, type=DialectFile)
        except OSError as error:
            raise DictionaryError(f"{path}: cannot be read: {error.strerror}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._misread(error) from error
        self._check_versions(self._file.versions)
        for change in self._changes():
            self._check_versions(change.versions, of_dialect=True)

    def lay_over(self, root: Element, version: str, *, lenient: bool = False) -> None:
        """Change *root*, the standard dictionary of *version*, into this dialect's.

        *lenient*: it is a client's own: changes that it already has, or to which it has nothing to
        apply, are skipped; a number with another meaning there is still an error.
        """
        if version not in self._file.versions:
            raise DictionaryError(
                f"{self.path}: this dialect is for {_listed(self._file.versions)}, not {version}; "
                f"name another dialect, or add {version} to its versions"
            )
        layer = _Layer(self, root, version, lenient)
        for field in self._for(version, self._file.new_field):
            layer.add_field(field)
        for message in self._for(version, self._file.new_message):
            layer.add_message(message)
        for values in self._for(version, self._file.new_values):
            layer.add_values(values)
        for addition in self._for(version, self._file.add_fields):
            layer.add_to_messages(addition)
        for relaxation in self._for(version, self._file.make_optional):
            layer.make_optional(relaxation)

    def ways(self, root: Element, version: str) -> Ways:
        """Return the report variations for clients of *version*; *root* is its dictionary, with
        this dialect laid over it."""
        reports = next(iter(self._for(version, filter(None, [self._file.reports]))), None)
        logon = next(iter(self._for(version, filter(None, [self._file.logon]))), None)
        answers = logon is not None and logon.refused == "logout"
        if reports is None:
            return Ways(answers_refused_logon=answers)
        tables = Tables(root)
        if reports.echo_post_only and not tables.post_only_tif:
            raise self.error(
                "echo_post_only",
                "echo_post_only: no value of TimeInForce is described as POST_ONLY; "
                "add one as [[new_values]]",
            )
        return Ways(
            fill_in_price=reports.price_of_fill == "fill",
            left_out=frozenset(self._left_out(name, tables, root) for name in reports.leave_out),
            pending_reports=reports.pending,
            post_only_tif=tables.post_only_tif if reports.echo_post_only else "",
            exec_types=self._exec_types(reports.exec_types, tables),
            correction_exec_type=self._correction(reports.correction_exec_type, tables),
            answers_refused_logon=answers,
        )

    def _left_out(self, name: str, tables: Tables, root: Element) -> int:
        required = {
            field.attrib["name"]
            for field in root.iterfind("messages/message[@msgtype='8']/*")
            if field.get("required") == "Y"
        }
        tag = tables.tags.get(name)
        if tag is None or tag not in tables.body_tags(EXECUTION_REPORT) - tables.groups(
            EXECUTION_REPORT
        ).keys():
            raise self.error(name, f"leave_out: an ExecutionReport has no field {name!r}")
        if name in required or name in NEVER_LEFT_OUT:
            raise self.error(
                name,
                f"leave_out: {name} stays: the standard requires it, and dictionaries of clients "
                "refuse a report without it" if name in required else
                f"leave_out: {name} stays: without it nobody knows what a report is about",
            )
        return tag

    def _exec_types(self, told: dict[str, str], tables: Tables) -> dict[str, str]:
        known = tables.values.get(tables.tags.get("ExecType", 0), frozenset())
        for value in (*told, *told.values()):
            if value not in known:
                raise self.error(value, f"exec_types: ExecType has no value {value!r}")
        for value in told:
            if value in EXECUTED:
                raise self.error(
                    value, f"exec_types: {value} is an execution, and cannot be told otherwise"
                )
        return told

    def _correction(self, value: str, tables: Tables) -> str:
        if value in EXECUTED:
            raise self.error(
                "correction_exec_type", f"correction_exec_type: {value} is an execution"
            )
        self._exec_types({value: value} if value else {}, tables)
        return value

    def error(self, word: str, what: str) -> DictionaryError:
        """Report error *what* at the line on which *word* first occurs."""
        for number, line in enumerate(self._text.splitlines(), 1):
            if re.search(rf"(?<![\w]){re.escape(word)}(?![\w])", line.partition("#")[0]):
                return DictionaryError(f"{self.path}, line {number}: {what}")
        return DictionaryError(f"{self.path}: {what}")

    def _misread(self, error: Exception) -> DictionaryError:
        unknown = re.search(r"unknown field `(.+?)`", str(error))
        if unknown is None:
            # Syntax errors name their line, wrong types their key.
            return DictionaryError(f"{self.path}: {error}")
        key = unknown[1]
        return self.error(key, f"unknown key {key!r}; dictionaries/README.md lists the keys")

    def _changes(self) -> Iterable[_Change]:
        file = self._file
        return (
            *file.new_field, *file.new_message, *file.new_values, *file.add_fields,
            *file.make_optional, *filter(None, [file.reports, file.logon]),
        )

    def _for(self, version: str, changes: Iterable[C]) -> list[C]:
        return [c for c in changes if version in (c.versions or self._file.versions)]

    def _check_versions(self, versions: Iterable[str], of_dialect: bool = False) -> None:
        for version in versions:
            if version not in VERSIONS:
                raise self.error(
                    version, f"unknown version {version!r}; it must be one of {_listed(VERSIONS)}"
                )
            if of_dialect and version not in self._file.versions:
                raise self.error(
                    version, f"{version} is not among the dialect's own versions; add it at the top"
                )


class _Layer:
    """One dialect being laid over one dictionary."""

    def __init__(self, dialect: Dialect, root: Element, version: str, lenient: bool) -> None:
        self._error = dialect.error
        self._lenient = lenient
        self._root = root
        self._version = version
        self._fields = {f.attrib["name"]: f for f in root.iterfind("fields/field")}
        self._names = {int(f.attrib["number"]): name for name, f in self._fields.items()}
        self._messages = {m.attrib["name"]: m for m in root.iterfind("messages/message")}
        self._components = {c.attrib["name"]: c for c in root.iterfind("components/component")}

    def add_field(self, new: NewField) -> None:
        taken = self._names.get(new.number)
        if self._lenient and taken == new.name:
            return
        if taken is not None:
            raise self._error(
                str(new.number),
                f"{new.name}({new.number}): {self._version} has {taken}({new.number}); "
                "take another number, or leave this version out of `versions`",
            )
        if new.name in self._fields:
            number = self._fields[new.name].attrib["number"]
            raise self._error(
                new.name,
                f"{self._version} has {new.name}({number}) already; "
                "take another name, or leave this version out of `versions`",
            )
        if new.type not in TYPES:
            raise self._error(
                new.type, f"{new.name}: unknown type {new.type!r}; one of {_listed(sorted(TYPES))}"
            )
        attributes = {"number": str(new.number), "name": new.name, "type": new.type}
        parent = self._root.find("fields")
        assert parent is not None, "a dictionary without <fields>"
        self._fields[new.name] = SubElement(parent, "field", attributes)
        self._names[new.number] = new.name
        _add_values(self._fields[new.name], new.values)

    def add_message(self, new: NewMessage) -> None:
        types = {message.attrib["msgtype"]: name for name, message in self._messages.items()}
        if self._lenient and types.get(new.msg_type) == new.name:
            return
        if new.msg_type in types or new.name in self._messages:
            taken = types.get(new.msg_type, new.name)
            raise self._error(
                new.name, f"{new.name}: {self._version} has {taken}({new.msg_type}) already"
            )
        attributes = {"name": new.name, "msgtype": new.msg_type, "msgcat": "app"}
        parent = self._root.find("messages")
        assert parent is not None, "a dictionary without <messages>"
        message = self._messages[new.name] = SubElement(parent, "message", attributes)
        for name in new.required:
            self._field(name)
            SubElement(message, "field", {"name": name, "required": "Y"})
        msg_types = self._fields.get("MsgType")
        if msg_types is not None and msg_types.find("value") is not None:
            _add_values(msg_types, {new.msg_type: new.name})
        for counter, members in new.group.items():
            self._field(counter)
            group = SubElement(message, "group", {"name": counter, "required": "Y"})
            for place, name in enumerate(members):
                self._field(name)
                SubElement(group, "field", {"name": name, "required": "N" if place else "Y"})

    def add_values(self, more: NewValues) -> None:
        if self._lenient and more.field not in self._fields:
            return
        field = self._field(more.field)
        has = {value.attrib["enum"] for value in field.iter("value")}
        if self._lenient and (not has or has >= more.values.keys()):
            return
        if not has:
            raise self._error(
                more.field,
                f"{self._version} takes any value for {more.field}; one more would forbid the rest",
            )
        for value in more.values:
            if value in has and not self._lenient:
                raise self._error(
                    more.field, f"{self._version} has {more.field} {value!r} already; take it out"
                )
        _add_values(field, {v: name for v, name in more.values.items() if v not in has})

    def add_to_messages(self, addition: AddFields) -> None:
        for message in self._messages_named(addition.messages):
            for name in addition.fields:
                if self._lenient and (
                    name not in self._fields or self._member(message, name) is not None
                ):
                    continue
                self._field(name)
                if self._member(message, name) is not None:
                    raise self._error(
                        name,
                        f"{message.attrib['name']} of {self._version} has {name} already; "
                        "take it out, or leave this version out of `versions`",
                    )
                SubElement(message, "field", {"name": name, "required": "N"})

    def make_optional(self, relaxation: MakeOptional) -> None:
        for message in self._messages_named(relaxation.messages):
            for name in relaxation.fields:
                if self._lenient and name not in self._fields:
                    continue
                number = int(self._field(name).attrib["number"])
                if number in NEEDED.get(message.attrib["msgtype"], ()):
                    raise self._error(
                        name, f"{name}: the gateway cannot do without it in this message"
                    )
                member = self._member(message, name)
                if self._lenient and (member is None or member.get("required") != "Y"):
                    continue
                if member is None or member.get("required") != "Y":
                    raise self._error(
                        name,
                        f"{message.attrib['name']} of {self._version} does not require {name}; "
                        "take it out, or leave this version out of `versions`",
                    )
                member.set("required", "N")

    def _field(self, name: str) -> Element:
        if name not in self._fields:
            raise self._error(
                name,
                f"{self._version} has no field {name!r}; "
                "correct the name, define it as a [[new_field]], or name the versions that have it",
            )
        return self._fields[name]

    def _messages_named(self, names: Iterable[str]) -> list[Element]:
        if self._lenient:
            names = [name for name in names if name in self._messages]
        for name in names:
            if name not in self._messages:
                raise self._error(
                    name,
                    f"{self._version} has no message {name!r}; "
                    "correct the name, or name the versions that have it",
                )
        return [self._messages[name] for name in names]

    def _member(self, message: Element, name: str) -> Element | None:
        """Find a field or group directly in *message*, unfolding the component that holds it.

        The component is copied into this message first: other messages share it, and a field
        relaxed for one must stay required in the others.
        """
        for child in list(message):
            if child.tag == "component":
                if self._holds(self._components[child.attrib["name"]], name):
                    self._unfold(message, child)
                    return self._member(message, name)
            elif child.attrib["name"] == name:
                return child
        return None

    def _holds(self, component: Element, name: str) -> bool:
        return any(
            self._holds(self._components[child.attrib["name"]], name)
            if child.tag == "component" else child.attrib["name"] == name
            for child in component
        )

    def _unfold(self, message: Element, reference: Element) -> None:
        at = list(message).index(reference)
        required = reference.get("required") == "Y"
        message.remove(reference)
        component = self._components[reference.attrib["name"]]
        for offset, child in enumerate(component):
            copy = Element(child.tag, dict(child.attrib))
            copy.extend(child)
            if child.tag != "component" and not required:
                copy.set("required", "N")
            message.insert(at + offset, copy)


def _add_values(field: Element, values: dict[str, str]) -> None:
    for value, description in values.items():
        SubElement(field, "value", {"enum": value, "description": description})


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)

"""The dictionary of one session: raw bytes of a whole message -> Message, or the reject it earned.

The standard dictionary is the one the installed quickfix ships; one dialect may be laid over it.
QuickFIX judges the first messages of a kind (validate.py), their shape the rest (shapes.py); both
give the same answer. This module knows nothing of sequence numbers or orders.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import quickfix

from fixgw.fix.errors import (
    DictionaryError,
    GarbledMessage,
    IncorrectBeginString,
    RepeatedTag,
    RequiredTagMissing,
    UnsupportedApplVerID,
)
from fixgw.fix.groups import GroupChecks
from fixgw.fix.limits import CHARS_MAX, IDENTIFIER_CHARS_MAX, check_count, check_lengths
from fixgw.fix.message import Message
from fixgw.fix.overlay import Dialect
from fixgw.fix.own_dictionary import read_own
from fixgw.fix.shapes import (
    APPL_VER_ID,
    BEGIN_STRING,
    BODY_LENGTH,
    MSG_TYPE,
    OPEN_VALUES,
    Pattern,
    Shapes,
)
from fixgw.fix.tables import Place, Tables, places, repair
from fixgw.fix.validate import ADMIN, Authority, Rules, Switches, split
from fixgw.fix.ways import AS_STANDARD, Ways

__all__ = ["Dictionaries", "Dictionary", "Switches"]

FIXT = "FIXT.1.1"

#: The files quickfix ships, by BeginString(8), or by ApplVerID(1128) under FIXT.1.1.
SESSION_FILES = {"FIX.4.2": "FIX42.xml", "FIX.4.4": "FIX44.xml", FIXT: "FIXT11.xml"}
APPLICATION_FILES = {"7": "FIX50.xml", "8": "FIX50SP1.xml", "9": "FIX50SP2.xml"}
APPLICATION_VERSIONS = {"7": "FIX.5.0", "8": "FIX.5.0SP1", "9": "FIX.5.0SP2"}

DEFAULT_SWITCHES = Switches()


class OwnFiles(NamedTuple):
    """The data dictionaries of a client that has its own; None: the standard's."""

    session: Path | None = None
    """DataDictionary, or TransportDataDictionary under FIXT.1.1."""
    application: Path | None = None
    """AppDataDictionary."""


STANDARD = OwnFiles()


class Dictionary:
    """The permitted contents of one version's messages, for one dialect and one set of switches.

    Sessions that agree in these share one Dictionary (see Dictionaries), and the shapes it has
    learned. Under FIXT.1.1 it is for one application version: a message whose ApplVerID(1128) asks
    for another is refused, SessionRejectReason(373) 18.
    """

    def __init__(
        self,
        begin_string: str,
        appl_ver_id: str | None,
        session: Rules,
        application: Rules | None,
        ways: Ways = AS_STANDARD,
    ) -> None:
        self.begin_string = begin_string
        self.appl_ver_id = appl_ver_id
        self._session = session
        self._drops_empty = not session.fields_have_values
        self._authority = Authority(session, application)
        #: How the dialect wants to be told things.
        self.ways = ways
        #: How the dialect writes post only in TimeInForce(59), or "".
        self.post_only_tif = (application or session).tables.post_only_tif
        #: The dialect's own field for a venue's routing tier, or 0.
        self.routing_tier_tag = (application or session).tables.routing_tier_tag
        own = {self.routing_tier_tag: IDENTIFIER_CHARS_MAX} if self.routing_tier_tag else {}
        self._chars_max = {**CHARS_MAX, **own}
        self._shapes: dict[str, Shapes] = {}
        self.fields_asked = 0
        """Number of fields in all messages so far that had no known shape: each field took
        processor time."""

    @classmethod
    def load(
        cls,
        begin_string: str,
        appl_ver_id: str | None = None,
        dialect: Path | None = None,
        switches: Switches = DEFAULT_SWITCHES,
        own: OwnFiles = STANDARD,
    ) -> Dictionary:
        """Read the standard dictionary and lay *dialect* over it. FIX 5.0 SP2 takes a second.

        *own*: a client's own XML, which replaces the standard's.
        """
        _check_version(begin_string, appl_ver_id)
        overlay = None if dialect is None else Dialect(dialect)
        root = _dictionary(SESSION_FILES[begin_string], begin_string, overlay, own.session)
        session, application = compile_rules(root, switches), None
        version = begin_string
        if appl_ver_id is not None:
            version = APPLICATION_VERSIONS[appl_ver_id]
            root = _dictionary(APPLICATION_FILES[appl_ver_id], version, overlay, own.application)
            application = compile_rules(root, switches)
        ways = AS_STANDARD if overlay is None else overlay.ways(root, version)
        return cls(begin_string, appl_ver_id, session, application, ways)

    def logon_has(self, tag: int) -> bool:
        """Return True if a Logon(35=A) may carry *tag*."""
        return tag in self._session.tables.body_tags("A")

    def parse(self, raw: bytes) -> Message:
        """Return the message in *raw*, which is one frame of the Framer.

        Raises InvalidMessage, which knows its reject; IncorrectBeginString; or GarbledMessage.
        """
        text = raw.decode("latin-1")
        start = text.find("\x0135=") + len("|35=")
        msg_type = text[start:text.find("\x01", start)]
        shapes = self._shapes.get(msg_type)
        if shapes is not None:
            fields = shapes.match(text)
            if fields is not None:
                return Message(msg_type, fields, raw)
        return self._ask(raw, text, msg_type)

    def _ask(self, raw: bytes, text: str, msg_type: str) -> Message:
        """Let QuickFIX judge the message, and remember the shape of one that it accepts."""
        # Before anything else: each further check of a message takes time with its fields.
        count = text.count("\x01")
        self.fields_asked += count
        check_count(count)
        authority = self._authority
        data_tags = authority.data_tags(msg_type)
        fields = split(text, data_tags)
        tags = [tag for tag, _ in fields]
        if tags[:3] != [BEGIN_STRING, BODY_LENGTH, MSG_TYPE]:
            raise GarbledMessage("BeginString(8), BodyLength(9), MsgType(35) are not first")
        if fields[0][1] != self.begin_string:
            raise IncorrectBeginString(f"BeginString(8) is not {self.begin_string}")
        if MSG_TYPE in tags[3:]:
            # QuickFIX would change over to the other type's dictionary in mid-message.
            raise RepeatedTag(MSG_TYPE)
        check_lengths(fields, self._chars_max)
        judged = raw
        if self._drops_empty and not all(value for _, value in fields):
            judged, fields = _without_empty(fields)
            tags = [tag for tag, _ in fields]
        if self.appl_ver_id is not None and msg_type not in ADMIN:
            _check_appl_ver_id(fields, self.appl_ver_id)
        authority.check(judged, msg_type, fields)

        where = places(tags, authority.groups(msg_type))
        if data_tags.isdisjoint(tags):
            self._learn(msg_type, fields, where)
        outside = {tag: value for (tag, value), place in zip(fields, where) if place.outside}
        return Message(msg_type, outside, raw)

    def _learn(self, msg_type: str, fields: list[tuple[int, str]], where: list[Place]) -> None:
        tags = tuple(tag for tag, _ in fields)
        counts = tuple(value for (_, value), place in zip(fields, where) if place.counts)
        shapes = self._shapes.setdefault(msg_type, Shapes())
        if shapes.is_due((tags, counts)):
            body = self._authority.body(msg_type).tables
            pattern = Pattern(self._session.tables, self._is_end, body, self._chars_max)
            shapes.add(pattern.shape((tags, counts), fields, where))

    def _is_end(self, tag: int) -> bool:
        """Return True if QuickFIX takes *tag* for a field of the header or trailer, in any
        version."""
        tables = self._session.tables
        return bool(
            tag in tables.header
            or tag in tables.trailer
            or quickfix.Message.isHeaderField(tag)
            or quickfix.Message.isTrailerField(tag)
        )


class Dictionaries:
    """Every dictionary the gateway uses, each loaded once."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[object, ...], Dictionary] = {}

    def get(
        self,
        begin_string: str,
        appl_ver_id: str | None = None,
        dialect: Path | None = None,
        switches: Switches = DEFAULT_SWITCHES,
        own: OwnFiles = STANDARD,
    ) -> Dictionary:
        """Return the dictionary for these parameters, loading it at the first call."""
        key = (begin_string, appl_ver_id, dialect, switches, own)
        if key not in self._loaded:
            self._loaded[key] = Dictionary.load(
                begin_string, appl_ver_id, dialect, switches, own
            )
        return self._loaded[key]


def _check_version(begin_string: str, appl_ver_id: str | None) -> None:
    if begin_string not in SESSION_FILES:
        raise DictionaryError(
            f"BeginString(8) {begin_string!r} is not one of {', '.join(SESSION_FILES)}"
        )
    if begin_string == FIXT and appl_ver_id not in APPLICATION_FILES:
        raise DictionaryError(
            f"FIXT.1.1 needs an ApplVerID(1128): one of {', '.join(APPLICATION_FILES)} "
            f"(FIX 5.0, 5.0 SP1, 5.0 SP2), not {appl_ver_id!r}"
        )
    if begin_string != FIXT and appl_ver_id is not None:
        raise DictionaryError(
            f"{begin_string} has no ApplVerID(1128); leave {appl_ver_id!r} out, or use FIXT.1.1"
        )


def _check_appl_ver_id(fields: list[tuple[int, str]], expected: str) -> None:
    for tag, value in fields:
        if tag == APPL_VER_ID and value != expected:
            raise UnsupportedApplVerID(APPL_VER_ID)


def _without_empty(fields: list[tuple[int, str]]) -> tuple[bytes, list[tuple[int, str]]]:
    """Apply ValidateFieldsHaveValues=N: treat a field without a value as if it had not been sent.

    QuickFIX lets such a field through and takes it for present: a required field without a value,
    an order whose ID is empty.
    """
    sent = [field for field in fields if field[1]]
    if not any(tag == MSG_TYPE for tag, _ in sent[:3]):
        raise RequiredTagMissing(MSG_TYPE)
    # BodyLength(9) and CheckSum(10) are those received; the framer has checked them.
    return "".join(f"{tag}={value}\x01" for tag, value in sent).encode("latin-1"), sent


def _dictionary(
    file: str, version: str, dialect: Dialect | None, own: Path | None = None
) -> Element:
    """Return the XML of the standard, or of *own*, with *dialect* laid over it."""
    if own is not None:
        root = read_own(own, version)
        if dialect is not None:
            dialect.lay_over(root, version, lenient=True)
        return root
    path = find_dictionary(file)
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise DictionaryError(
            f"{path}: cannot be read as a dictionary: {error}; install quickfix again"
        ) from error
    if dialect is not None:
        dialect.lay_over(root, version)
    return root


def compile_rules(root: Element, switches: Switches) -> Rules:
    """Pass the XML of a dictionary to QuickFIX, which in Python reads it from a file only."""
    repair(root)
    tables = Tables(root)
    for field in root.iterfind("fields/field"):
        if int(field.attrib["number"]) in OPEN_VALUES:
            # QuickFIX would refuse what the list leaves open; validate.py checks it instead.
            field[:] = []
    with tempfile.TemporaryDirectory(prefix="fixgw-") as folder:
        path = Path(folder, "dictionary.xml")
        ElementTree.ElementTree(root).write(path, encoding="utf-8")
        try:
            dictionary = quickfix.DataDictionary(str(path))
        except quickfix.FIXException as error:
            raise DictionaryError(f"QuickFIX does not take the dictionary: {error}") from error
    dictionary.checkFieldsOutOfOrder(switches.validate_fields_out_of_order)
    dictionary.checkFieldsHaveValues(switches.validate_fields_have_values)
    dictionary.checkUserDefinedFields(switches.validate_user_defined_fields)
    dictionary.allowUnknownMsgFields(switches.allow_unknown_msg_fields)
    return Rules(
        quickfix=dictionary,
        tables=tables,
        groups=GroupChecks(tables),
        fields_have_values=switches.validate_fields_have_values,
    )


def find_dictionary(file: str) -> Path:
    """Find a dictionary that the installed quickfix ships.

    It is among the distribution's data files, which pip puts under the environment's prefix; a
    user's or a system's installation has it elsewhere, as its list of files shows.
    """
    looked: list[str] = []
    for path in _places(file):
        if path.is_file():
            return path
        looked.append(str(path))
    raise DictionaryError(
        f"{file} is not where quickfix puts it ({', '.join(looked)}); "
        "install quickfix >= 1.16 with pip into the environment the gateway runs in"
    )


def _places(file: str) -> Iterator[Path]:
    yield Path(sys.prefix, "share", "quickfix", file)
    for name in metadata.packages_distributions().get("quickfix", []):
        for listed in metadata.files(name) or []:
            if listed.name == file:
                yield Path(str(listed.locate()))

"""A venue's JSON as types: read row by row, and in a damaged row field by field.

Any part of a venue's payload may be wrong. A payload that cannot be read at all is `Unreadable`. A
list is read row by row, so that one bad row hides no other. In a row that does not fit its type,
each field is tried by itself; null counts as an absent field where the field is optional. A field
that decides (which order, how much, at what price) must fit, or the row is `Damaged`; a field that
is only informative takes its default instead.

Nothing here knows a venue or judges a value: bounds of numbers and times are `venues.kit.border`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Raw, Struct

T = TypeVar("T", bound=Struct)
R = TypeVar("R")
P = TypeVar("P")

TEXT_CHARS_MAX = 200
"""Of the reason why something cannot be read: it quotes what a venue sent."""

REASON_CHARS_MAX = 400
"""Of an Unreadable, which may name several things; it goes to a log as it is."""

NULL = Raw(b"null")

MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""The errors that msgspec raises for bytes from elsewhere. RecursionError: nested too deep, also in
a field that nobody reads."""


class Unreadable(Exception):
    """The payload does not match the venue's documents; the text names the mismatch."""

    def __init__(self, text: str) -> None:
        super().__init__(text[:REASON_CHARS_MAX])


class Damaged(Struct, frozen=True):
    """A row that cannot be used, and whose it seems to be."""

    text: str
    name: object = None
    """The value of the field that names its order, if that could be read."""


class Rows(NamedTuple, Generic[R]):
    """The rows of a list: those that can be read, in order; and those that cannot."""

    rows: Sequence[R] = ()
    damaged: Sequence[Damaged] = ()


def is_null(raw: Raw) -> bool:
    """Return True if *raw* is null: not there, however it is said."""
    return bytes(raw) == b"null"


def payload_reader(kind: type[P]) -> Callable[[bytes | Raw], P]:
    """A function that reads bytes as *kind*, or raises Unreadable.

    Numbers may come as strings of digits: most vendors' documents and clients disagree there.
    """
    decode = msgspec.json.Decoder(kind, strict=False).decode

    def read(body: bytes | Raw) -> P:
        try:
            return decode(body)
        except MALFORMED as error:
            raise Unreadable(_why(error)) from None

    return read


def reader_or(kind: type[P], default: P) -> Callable[[bytes | Raw], P]:
    """A function that reads bytes as *kind*; *default* for anything else."""
    read_strictly = payload_reader(kind)

    def read(body: bytes | Raw) -> P:
        try:
            return read_strictly(body)
        except Unreadable:
            return default

    return read


class RowReader(Generic[T]):
    """Reads rows of one type.

    *decides*: the fields (by their names in the type) without which the row has no meaning. *name*:
    the field that names the order, for `Damaged.name`.
    """

    def __init__(self, row: type[T], *, decides: Collection[str], name: str = "") -> None:
        fields = msgspec.structs.fields(row)
        unknown = {*decides, *([name] if name else [])} - {field.name for field in fields}
        assert not unknown, f"{row.__name__} has no {unknown}"
        self._row = row
        self._array = row.__struct_config__.array_like
        self._decides = frozenset(decides)
        self._name = name
        self._decode = msgspec.json.Decoder(row, strict=False).decode
        self._fields = [
            (field, msgspec.json.Decoder(field.type, strict=False).decode) for field in fields
        ]

    def read(self, raw: bytes | Raw) -> T | Damaged:
        """The row; a field that only decorates and does not fit has its default."""
        try:
            return self._decode(raw)
        except MALFORMED as error:
            return self._by_fields(raw, _why(error))

    def whole(self, raw: bytes | Raw) -> T:
        """The row; raises Unreadable if it is damaged."""
        row = self.read(raw)
        if isinstance(row, Damaged):
            raise Unreadable(row.text)
        return row

    def read_all(self, raws: Iterable[Raw]) -> Rows[T]:
        """The rows of *raws*, one by one."""
        rows: list[T] = []
        damaged: list[Damaged] = []
        for raw in raws:
            row = self.read(raw)
            if isinstance(row, Damaged):
                damaged.append(row)
            else:
                rows.append(row)
        return Rows(rows, damaged)

    def _by_fields(self, raw: bytes | Raw, why: str) -> T | Damaged:
        try:
            values = self._values(raw)
        except MALFORMED:
            return Damaged(why)
        read: dict[str, Any] = {}
        wrong: list[str] = []
        for position, (field, decode) in enumerate(self._fields):
            value = values.get(position if self._array else field.encode_name)
            if value is not None and is_null(value) and not field.required:
                continue
            try:
                if value is not None:
                    read[field.name] = decode(value)
                    continue
            except MALFORMED as error:
                if field.name in self._decides:
                    wrong.append(f"{field.encode_name}: {_why(error)}")
                    continue
            if field.required:
                wrong.append(f"{field.encode_name} is missing or cannot be read")
        if wrong:
            return Damaged("; ".join(wrong)[:TEXT_CHARS_MAX], read.get(self._name))
        return self._row(**read)

    def _values(self, raw: bytes | Raw) -> Mapping[Any, Raw]:
        """Each field's bytes, by its name, or by its position in an array."""
        if self._array:
            return dict(enumerate(_decode_array(raw)))
        return _decode_object(raw)


read_list = payload_reader(list[Raw])
"""The elements of an array, unread."""
read_object = payload_reader(dict[str, Raw])
"""The values of an object, unread."""
read_text = reader_or(str, "")
"""A text; "" for anything else."""
read_number = reader_or(int | None, None)  # type: ignore[arg-type]
"""A number, or None."""

_decode_array = msgspec.json.Decoder(list[Raw]).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode


def _why(error: Exception) -> str:
    text = "nested too deep" if isinstance(error, RecursionError) else str(error)
    return text[:TEXT_CHARS_MAX]

"""A TOML file as typed values, with the line of each error.

TOML's floats are read as Decimal, so a price in a file is exact. Every error of a table is found,
not only the first. A value is never repeated in an error text: it could be a secret in the wrong
place.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from fixgw.model.errors import SettingsError
from fixgw.runtime.errors import SettingsErrors, unknown_key
from fixgw.runtime.secrets import Secret, secret_from
from fixgw.runtime.toml_lines import KeyPath, key_lines

T = TypeVar("T")

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Document:
    """One TOML file: its values, and the line of each of its keys."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self._text = text
        self.root = self._parse()

    def _parse(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self._text, parse_float=_decimal)
        except RecursionError:
            raise SettingsError(self.file, None, "nested too deep to read") from None
        except ValueError as error:
            # Python says where in words only.
            found = re.fullmatch(r"(.*) \(at (?:line (\d+), .*|end of document)\)", str(error))
            text = found[1] if found else str(error)
            last = self._text.rstrip("\n").count("\n") + 1
            line = int(found[2] or last) if found else None
            raise SettingsError(self.file, line, f"not TOML: {text}") from None

    @cached_property
    def lines(self) -> Mapping[KeyPath, int]:
        """The line of each key; computed only when there is an error to report."""
        return key_lines(self._text)

    def error(self, path: KeyPath, text: str) -> SettingsError:
        """Return the error in the value at *path*."""
        return SettingsError(self.file, self._line(path), f"{dotted(path)}: {text}")

    def _line(self, path: KeyPath) -> int | None:
        """Return the line of *path*, or of the nearest enclosing item that was written."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


class Table(Struct, frozen=True):
    """One table of a document, kept as it was read until its type is known."""

    document: Document
    path: KeyPath
    values: Mapping[str, Any]

    def decode(self, type: type[T]) -> T:
        """Return the table as a *type*, a Struct. Raise SettingsErrors with all that does not fit.

        A field typed `Secret` takes `{ env = "NAME" }` or `{ file = "PATH" }`, one typed `Path` a
        text; paths are relative to the directory of the file.
        """
        try:
            return self._convert(self.values, type)
        except msgspec.ValidationError as error:
            # That was the first error, and without its line: look for all of them. If no
            # value is wrong by itself it is a check between fields, a __post_init__.
            errors = list(self._errors(type, self.values, self.path))
            raise SettingsErrors(errors or [self.error((), plain(error))]) from None

    def error(self, path: KeyPath, text: str) -> SettingsError:
        """Return the error in the value at *path*, relative to this table."""
        return self.document.error(self.path + path, text)

    def _convert(self, value: object, type: type[T]) -> T:
        return msgspec.convert(value, type, strict=True, dec_hook=self._decode_ours)

    def _decode_ours(self, type: type, value: object) -> Secret | Path:
        directory = self.document.file.parent
        if type is Path:
            if not isinstance(value, str) or not value:
                raise ValueError("expected the path of a file")
            return directory / value
        assert type is Secret, f"no way to read a {type} from TOML"
        return secret_from(value, directory)

    def _errors(self, type: Any, value: object, path: KeyPath) -> Iterator[SettingsError]:
        """Yield all errors in *value*. Each leaf is converted alone, so that each has its own
        line."""
        type = _without_none(type)
        if isinstance(value, dict) and _is_struct(type):
            yield from self._struct_errors(type, value, path)
        elif isinstance(value, dict) and get_origin(type) in (dict, Mapping):
            for key, each in value.items():
                yield from self._errors(get_args(type)[1], each, path + (key,))
        elif isinstance(value, list) and get_origin(type) in (list, tuple):
            for index, each in enumerate(value):
                yield from self._errors(get_args(type)[0], each, path + (index,))
        else:
            yield from self._leaf_errors(type, value, path)

    def _struct_errors(
        self, type: type[Struct], table: dict[str, Any], path: KeyPath
    ) -> Iterator[SettingsError]:
        fields = {field.encode_name: field for field in msgspec.structs.fields(type)}
        for key, value in table.items():
            if key in fields:
                yield from self._errors(fields[key].type, value, path + (key,))
            else:
                yield self.document.error(path + (key,), unknown_key(key, fields))
        for key, field in fields.items():
            if field.required and key not in table:
                yield self.document.error(path + (key,), "missing; it has no default")

    def _leaf_errors(self, type: Any, value: object, path: KeyPath) -> Iterator[SettingsError]:
        if isinstance(value, Decimal) and not value.is_finite():
            yield self.document.error(path, "expected a finite number")
            return
        try:
            self._convert(value, type)
        except msgspec.ValidationError as error:
            choices = get_args(type) if get_origin(type) is Literal else ()
            text = f"expected one of {', '.join(map(str, choices))}" if choices else plain(error)
            yield self.document.error(path, text)


def dotted(path: KeyPath) -> str:
    """Return *path* as a person writes it: `venues.acme.keys[2]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if BARE_KEY.fullmatch(part) else f".{part!r}"
    return text.removeprefix(".")


def plain(error: msgspec.ValidationError) -> str:
    """Return msgspec's text, without its quoting and its own idea of the path."""
    text = str(error).partition(" - at `$")[0].replace("`", "")
    return text[:1].lower() + text[1:]


def _decimal(text: str) -> Decimal:
    """Return a TOML float, exact; what Decimal cannot hold becomes NaN, which no field accepts."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def _is_struct(type: Any) -> bool:
    return isinstance(type, msgspec.StructMeta)


def _without_none(type: Any) -> Any:
    """Return X for `X | None`: TOML has no null."""
    if get_origin(type) in (Union, UnionType):
        some = [each for each in get_args(type) if each is not None.__class__]
        return some[0] if len(some) == 1 else type
    return type

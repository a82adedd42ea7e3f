"""QuickFIX's settings file format: text to sections of keys, each with its line.

Read as QuickFIX (C++) reads it: keys in any case; blanks around keys, values and lines do not
count; `#` opens a comment only at the start of a line. Lines that QuickFIX silently ignores
(outside of a section, without `=`, a second [DEFAULT], a key written twice) are errors here.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from fixgw.model.errors import SettingsError

DEFAULT = "DEFAULT"
SESSION = "SESSION"


class Entry(Struct, frozen=True):
    """One `Key=Value`."""

    key: str
    """In its original spelling."""
    value: str
    line: int
    file: Path | None = None
    """Its file, if not the one that is read: see `counterparties`."""


class Section(Struct, frozen=True):
    """One `[DEFAULT]` or `[SESSION]`."""

    name: str
    line: int
    entries: dict[str, Entry]
    """By key in lower case."""


class Sections(Struct, frozen=True):
    """One file."""

    default: Section
    """Empty, at line 0, if there is none."""
    sessions: list[Section]

    def merged(self) -> Iterator[tuple[Section, Mapping[str, Entry]]]:
        """Yield each `[SESSION]`, and its entries with those of `[DEFAULT]` that it does not
        set."""
        for session in self.sessions:
            yield session, self.default.entries | session.entries


def parse(file: Path, text: str, errors: list[SettingsError]) -> Sections:
    """Return the sections of *text*, the content of *file*; add its errors to *errors*."""
    default = Section(DEFAULT, 0, {})
    sessions: list[Section] = []
    current: Section | None = None
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        try:
            if line.startswith("[") and line.endswith("]"):
                current = Section(_section_name(line), number, {})
                if current.name == SESSION:
                    sessions.append(current)
                elif default.line:
                    raise ValueError(f"a second [DEFAULT]; the first is on line {default.line}")
                else:
                    default = current
            else:
                _add(current, _entry(line, number))
        except ValueError as error:
            errors.append(SettingsError(file, number, str(error)))
    return Sections(default, sessions)


def _section_name(line: str) -> str:
    name = line[1:-1].strip()
    if name not in (DEFAULT, SESSION):
        raise ValueError(f"[{_shown(name)}] is no section: write [DEFAULT] or [SESSION]")
    return name


def _entry(line: str, number: int) -> Entry:
    key, equals, value = line.partition("=")
    key, value = key.strip(), value.strip()
    if not equals or not key:
        raise ValueError("expected Key=Value, [DEFAULT], [SESSION] or a # comment")
    if not (key + value).isprintable():
        raise ValueError(f"{_shown(key)}: holds a character that cannot be printed")
    return Entry(key, value, number)


def _add(section: Section | None, entry: Entry) -> None:
    if section is None:
        raise ValueError(f"{entry.key}: stands before any [DEFAULT] or [SESSION]")
    first = section.entries.setdefault(entry.key.lower(), entry)
    if first is not entry:
        raise ValueError(f"{entry.key}: written twice; the first is on line {first.line}")


def _shown(text: str) -> str:
    """Return *text* without characters that would disturb a terminal."""
    return "".join(each if each.isprintable() else "?" for each in text)

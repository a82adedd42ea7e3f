"""TargetCompID=*: one `[SESSION]` with AcceptorTemplate=Y that stands for many known clients.

When the settings are read, each client becomes a session of its own, with the template's keys and
its own differences, exactly as if it had been written out. An unknown client gets no session. A
`ClientSource` supplies the known ones. A value never gets into an error text here: it could be a
secret.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from fixgw.model.errors import SettingsError
from fixgw.runtime.cfg import Entry, Section
from fixgw.runtime.errors import unknown_key
from fixgw.runtime.text import text_of

ANY = "*"
"""TargetCompID of a template."""

FILE_BYTES_MAX = 8 * 1024 * 1024
COUNTERPARTIES_MAX = 20_000
"""Of one template. 5,000 take 0.2 s to read and some 30 MB."""

NAME = "targetcompid"
TEMPLATE_KEYS = ("acceptortemplate", "counterparties", "counterpartiesfile")
"""The keys that make a session a template, in lower case as in a section."""

FIXED = frozenset({*TEMPLATE_KEYS, "connectiontype", "beginstring", "sendercompid"})
"""The keys that cannot differ between clients."""

OTHER_IDS = (
    "sendercompid", "sendersubid", "senderlocationid", "targetsubid", "targetlocationid"
)


class TemplateClient(Struct, frozen=True):
    """One known client of a template."""

    comp_id: Entry
    entries: Mapping[str, Entry]
    """The client's differences from the template, by key in lower case."""


class ClientSource(Protocol):
    """A supplier of a template's clients: a list, a file, one day a directory service."""

    def counterparties(self, errors: list[SettingsError]) -> Iterable[TemplateClient]:
        """Return all clients; leave out one with an error, and add the error to *errors*.

        Raise SettingsError if there is no list of clients.
        """
        ...


class Listed:
    """Counterparties=A, B, C."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def counterparties(self, errors: list[SettingsError]) -> Iterator[TemplateClient]:
        """Yield the clients in the order of the list."""
        for name in self._entry.value.split(","):
            yield TemplateClient(Entry("TargetCompID", name.strip(), self._entry.line), {})


class CsvFile:
    """CounterpartiesFile=clients.csv: the first row names keys, each other row is a client."""

    def __init__(self, path: Path, known_keys: Iterable[str]) -> None:
        self._path = path
        self._names = {name.lower(): name for name in known_keys if name.lower() not in FIXED}

    def counterparties(self, errors: list[SettingsError]) -> Iterator[TemplateClient]:
        """Yield the clients from the first row to the last; an empty cell takes the template's
        value."""
        rows = csv.reader(io.StringIO(text_of(self._path, FILE_BYTES_MAX), newline=""), strict=True)
        head: list[str] | None = None
        try:
            for cells in rows:
                cells = [cell.strip() for cell in cells]
                if not any(cells) or cells[0].startswith("#"):
                    continue
                if head is None:
                    head = self._head(cells, rows.line_num)
                    continue
                try:
                    yield self._row(head, cells, rows.line_num)
                except SettingsError as error:
                    errors.append(error)
        except csv.Error as error:
            raise SettingsError(self._path, rows.line_num, f"not CSV: {error}") from None
        if head is None:
            raise SettingsError(self._path, None, "empty: its first row names keys, TargetCompID…")

    def _head(self, cells: list[str], line: int) -> list[str]:
        for cell in cells:
            if cell.lower() in FIXED:
                text = f"{cell}: is the template's, and the same for all its clients"
                raise SettingsError(self._path, line, text)
            if cell.lower() not in self._names:
                text = f"{cell}: {unknown_key(cell, list(self._names.values()))}"
                raise SettingsError(self._path, line, text)
        head = [cell.lower() for cell in cells]
        if len(set(head)) != len(head):
            raise SettingsError(self._path, line, "names a key twice")
        if NAME not in head:
            raise SettingsError(self._path, line, "TargetCompID: missing; name it in the first row")
        return head

    def _row(self, head: list[str], cells: list[str], line: int) -> TemplateClient:
        if len(cells) != len(head):
            text = (
                f"{len(cells)} values for {len(head)} keys; a value with a comma in it, such as a "
                'PasswordHash or several Accounts, stands in "quotes"'
            )
            raise SettingsError(self._path, line, text)
        for key, cell in zip(head, cells):
            if not cell.isprintable():
                text = f"{self._names[key]}: holds a character that cannot be printed"
                raise SettingsError(self._path, line, text)
        entries = {
            key: Entry(self._names[key], cell, line, self._path)
            for key, cell in zip(head, cells)
            if cell
        }
        if NAME not in entries:
            raise SettingsError(self._path, line, "TargetCompID: missing")
        return TemplateClient(entries.pop(NAME), entries)


def expanded(
    file: Path,
    section: Section,
    entries: Mapping[str, Entry],
    known_keys: Iterable[str],
    errors: list[SettingsError],
) -> Iterator[Mapping[str, Entry]]:
    """Yield the sessions that *section* stands for: itself, or one for each client of a template.

    Add errors to *errors*.
    """
    try:
        source = _source(file, section, entries, known_keys)
        if source is None:
            yield entries
            return
        seen: dict[str, Entry] = {}
        for client in source.counterparties(errors):
            error = _refusal(file, client.comp_id, seen)
            if error is None:
                yield {**entries, **client.entries, NAME: client.comp_id}
            else:
                errors.append(error)
    except SettingsError as error:
        errors.append(error)


def is_template(entries: Mapping[str, Entry]) -> bool:
    """Return True if these are the keys of a template, or of a client of one."""
    return "acceptortemplate" in entries and entries["acceptortemplate"].value == "Y"


def _refusal(file: Path, comp_id: Entry, seen: dict[str, Entry]) -> SettingsError | None:
    """Return the error in a client of this name, given the names already seen, or None."""
    first = seen.setdefault(comp_id.value, comp_id)
    if first is not comp_id:
        text = f"TargetCompID={comp_id.value}: is there already, on line {first.line}"
    elif comp_id.value == ANY:
        text = f"TargetCompID: {ANY} is not a client's name"
    elif len(seen) > COUNTERPARTIES_MAX:
        text = f"more than {COUNTERPARTIES_MAX} clients; make another template for the rest"
    else:
        return None
    return SettingsError(comp_id.file or file, comp_id.line, text)


def _source(
    file: Path, section: Section, entries: Mapping[str, Entry], known_keys: Iterable[str]
) -> ClientSource | None:
    """Return the source of a template's clients, or None if this is no template."""
    for key in OTHER_IDS:
        if key in entries and entries[key].value == ANY:
            text = f"{entries[key].key}: only TargetCompID may be {ANY}"
            raise SettingsError(file, entries[key].line, text)
    template = is_template(entries)
    name = entries.get(NAME)
    if (name is not None and name.value == ANY) != template:
        entry = entries["acceptortemplate"] if template else entries[NAME]
        way_out = "TargetCompID=* and AcceptorTemplate=Y go together"
        raise SettingsError(entry.file or file, entry.line, f"{entry.key}: {way_out}")
    given = [entries[key] for key in TEMPLATE_KEYS[1:] if key in entries]
    if not template:
        if given:
            text = f"{given[0].key}: only a template has it: TargetCompID=*, AcceptorTemplate=Y"
            raise SettingsError(file, given[0].line, text)
        return None
    if len(given) != 1:
        text = (
            "AcceptorTemplate: needs to know its clients, for nobody else gets a session: "
            "give one of Counterparties=A, B, C and CounterpartiesFile=clients.csv"
        )
        raise SettingsError(file, entries["acceptortemplate"].line, text)
    if given[0].key.lower() == "counterparties":
        return Listed(given[0])
    return CsvFile(file.parent / given[0].value, known_keys)

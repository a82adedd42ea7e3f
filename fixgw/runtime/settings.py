"""Reads a sessions directory: `gateway.toml` and one `<counterparty>.cfg` per client.

Nothing is guessed and nothing is ignored: an unknown key is an error, and the errors of all files
are found in one run, each with file, line and the way out. Only its adapter knows the meaning of a
venue's table, and only `fix.dictionary` that of a dialect.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from fixgw.model.accounts import DirectoryName
from fixgw.model.errors import SettingsError
from fixgw.model.ids import SessionKey, VenueName
from fixgw.runtime import cfg, supplied
from fixgw.runtime.errors import SettingsErrors
from fixgw.runtime.gateway_toml import GatewayToml, JournalTable, Limits, Listener, Log
from fixgw.runtime.read_sessions import read_sessions
from fixgw.runtime.session_settings import SessionSettings
from fixgw.runtime.text import text_of
from fixgw.runtime.toml import Document, Table
from fixgw.runtime.toml_lines import KeyPath

__all__ = [
    "Directory", "SessionSettings", "Settings", "SettingsErrors", "Table", "Venue", "Where", "read",
    "where",
]

GATEWAY_TOML = "gateway.toml"
DICTIONARIES = "dictionaries"
MAX_FILE_BYTES = 262_144


class Venue(Struct, frozen=True, kw_only=True):
    """`[venues.NAME]`: the adapter, and the keys that only the adapter understands."""

    name: VenueName
    adapter: str
    table: Table
    """All keys but `adapter`; the adapter decodes it into its own config struct."""


class Directory(Struct, frozen=True, kw_only=True):
    """`[directories.NAME]`: the same for a directory of accounts."""

    name: DirectoryName
    adapter: str
    table: Table


class Settings(Struct, frozen=True, kw_only=True):
    """A whole sessions directory, checked."""

    document: Document
    """gateway.toml, for errors that only a higher layer finds in it."""
    directory: Path
    dictionaries: Path
    """The directory of the dialects: `[gateway] dictionaries`, relative to the sessions directory;
    else the nearest `dictionaries/` beside it or beside a directory above it; else those that came
    with the gateway."""
    listener: Listener
    journal: JournalTable
    log: Log
    limits: Limits
    venues: Mapping[VenueName, Venue]
    sessions: Mapping[SessionKey, SessionSettings]
    directories: Mapping[DirectoryName, Directory] = {}
    notes: tuple[str, ...] = ()
    """Ignored keys in the files, each with file, line and the reason."""

    @property
    def journal_path(self) -> Path:
        """The journal's file."""
        return journal_path(self.directory, self.journal)


class Where(Struct, frozen=True, kw_only=True):
    """The facts a command needs to find a gateway and to name its venues. Neither secrets nor
    sessions are read for it, and other errors in the files do not matter."""

    directory: Path
    journal_path: Path
    venues: Mapping[VenueName, Mapping[str, Any]]
    """Each table as it was read, unchecked."""

    def adapter(self, name: VenueName) -> str:
        """Return the adapter in a venue's table; "" if there is none, or no such venue now."""
        return str(self.venues.get(name, {}).get("adapter", ""))


def where(directory: Path) -> Where:
    """Return the facts of the settings in *directory*. Raise SettingsError."""
    file = directory / GATEWAY_TOML
    document = Document(file, text_of(file, MAX_FILE_BYTES))
    table = document.root.get("journal", {})
    if not isinstance(table, dict):
        raise document.error(("journal",), "expected a table")
    journal = Table(document, ("journal",), table).decode(JournalTable)
    return Where(
        directory=directory,
        journal_path=journal_path(directory, journal),
        venues={
            VenueName(name): values for name, values in _tables(document.root.get("venues"))
        },
    )


def journal_path(directory: Path, journal: JournalTable) -> Path:
    """Return the file of *journal*, as the settings in *directory* name it."""
    return (directory / journal.path).resolve()


def read(directory: Path) -> Settings:
    """Return the settings in *directory*. Raise SettingsErrors with all errors."""
    return _Reader(directory).settings()


class _Reader:
    """Goes through one directory and collects the errors."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.errors: list[SettingsError] = []
        self.notes: list[str] = []
        self.gateway = GatewayToml()
        self.document: Document | None = None
        self.venues: dict[VenueName, Venue] = {}
        self.directories: dict[DirectoryName, Directory] = {}
        self.dictionaries = Path()
        self.sessions: dict[SessionKey, SessionSettings] = {}

    def settings(self) -> Settings:
        """Return all settings."""
        with self._gathering():
            self._read_gateway(self.directory / GATEWAY_TOML)
        gateway_is_good = not self.errors
        self._read_sessions()
        if gateway_is_good:
            # Else every session would be told of a venue that only seems to be missing.
            self._check_names()
        if self.errors:
            # What is wrong in a [DEFAULT] is wrong in each of its sessions: say it once.
            raise SettingsErrors(list({str(error): error for error in self.errors}.values()))
        assert self.document is not None, "else it could not be read, and that is an error"
        return Settings(
            document=self.document,
            directory=self.directory,
            dictionaries=self.dictionaries,
            listener=self.gateway.listener,
            journal=self.gateway.journal,
            log=self.gateway.log,
            limits=self.gateway.limits,
            venues=self.venues,
            sessions=self.sessions,
            directories=self.directories,
            notes=tuple(self.notes),
        )

    @contextmanager
    def _gathering(self) -> Iterator[None]:
        """Collect the errors raised inside, and continue after it."""
        try:
            yield
        except SettingsErrors as several:
            self.errors.extend(several.errors)
        except SettingsError as error:
            self.errors.append(error)

    def _read_gateway(self, file: Path) -> None:
        self.document = document = Document(file, text_of(file, MAX_FILE_BYTES))
        for name, values in _tables(document.root.get("venues")):
            with self._gathering():
                adapter, table = _adapter(document, ("venues", name), values, "apifiny")
                self.venues[VenueName(name)] = Venue(
                    name=VenueName(name), adapter=adapter, table=table
                )
        for name, values in _tables(document.root.get("directories")):
            with self._gathering():
                adapter, table = _adapter(document, ("directories", name), values, "broctagon")
                self.directories[DirectoryName(name)] = Directory(
                    name=DirectoryName(name), adapter=adapter, table=table
                )
        self.gateway = Table(document, (), document.root).decode(GatewayToml)
        self.dictionaries = _dictionaries(document, self.directory, self.gateway)

    def _read_sessions(self) -> None:
        files = sorted(each for each in self.directory.glob("*.cfg") if each.name[0] != ".")
        if not files:
            text = "no <counterparty>.cfg in it: without a session nobody can log on"
            self.errors.append(SettingsError(self.directory, None, text))
        for file in files:
            with self._gathering():
                sections = cfg.parse(file, text_of(file, MAX_FILE_BYTES), self.errors)
                for session in read_sessions(file, sections, self.errors, self.notes):
                    self._add(session)

    def _add(self, session: SessionSettings) -> None:
        first = self.sessions.setdefault(session.key, session)
        if (first.template is None) != (session.template is None):
            # What is written out for one client comes before what a template says of it.
            if first.template is not None:
                self.sessions[session.key] = session
        elif first is not session:
            text = (
                f"{session.key} is a session already, at {first.file}:{first.line}: "
                "give one of them other CompIDs, or delete it"
            )
            self.errors.append(SettingsError(session.file, session.line, text))

    def _check_names(self) -> None:
        dialects = {each.stem for each in self.dictionaries.glob("*.toml")}
        for session in self.sessions.values():
            if session.dialect not in dialects:
                text = f"Dialect: no {session.dialect}.toml in {self.dictionaries}"
                self.errors.append(session.error("dialect", text))
            for name in session.venues:
                if name not in self.venues:
                    text = f"Venues: no [venues.{name}] in {self.directory / GATEWAY_TOML}"
                    self.errors.append(session.error("venues", text))


def _tables(value: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the tables in *value*; `GatewayToml` refuses everything else in it."""
    if isinstance(value, dict):
        for name, each in value.items():
            if isinstance(each, dict):
                yield name, each


def _adapter(
    document: Document, path: KeyPath, values: Mapping[str, Any], example: str
) -> tuple[str, Table]:
    """Return the adapter of a table, and the part that only the adapter understands."""
    match values:
        case {"adapter": str(adapter), **rest}:
            return adapter, Table(document, path, rest)
    text = f'expected the name of an adapter, such as adapter = "{example}"'
    raise document.error((*path, "adapter"), text)


def _dictionaries(document: Document, directory: Path, gateway: GatewayToml) -> Path:
    given = gateway.gateway.dictionaries
    if given:
        if os.path.isdir(directory / given):
            return (directory / given).resolve()
        raise document.error(("gateway", "dictionaries"), "there is no such directory")
    for above in directory.resolve().parents:
        if os.path.isdir(above / DICTIONARIES):
            return above / DICTIONARIES
    return supplied.DICTIONARIES

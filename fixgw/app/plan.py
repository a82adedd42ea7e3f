"""The plan of a reload: the differences between the settings in force and those in the directory.
It carries out nothing.

Pure but for reading files, and slow: made in a thread of its own. No part of a plan is done by
halves: settings that cannot be changed while the gateway runs are named.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from fixgw.app.account_directories import unplaced_accounts
from fixgw.app.build import (
    certificates_not_asked_for,
    no_username_in_dialect,
    unknown_accounts,
    unknown_exchange,
)
from fixgw.app.dictionary_cache import DictionaryCache
from fixgw.app.renewal import Held, Renewal, renewals
from fixgw.directory.adapter import AccountDirectory
from fixgw.fix.dictionary import Dictionary
from fixgw.model.errors import SettingsError
from fixgw.model.ids import SessionKey, VenueName
from fixgw.ops.answers import Change, ChangeKind
from fixgw.runtime import settings as files
from fixgw.runtime.gateway_toml import GatewayToml
from fixgw.runtime.session_keys import KEYS
from fixgw.runtime.session_settings import SessionSettings
from fixgw.runtime.settings import Settings, SettingsErrors, read
from fixgw.venues.adapter import VenueAdapter

PLACES = frozenset({"file", "line", "lines", "files", "template"})
"""The place where a session was read; moving it changes nothing about it."""

IN_PLACE = frozenset({
    "description",
    # Permissions to trade: looked up for each order.
    "venues", "accounts", "default_exchange", "pending_reports",
    "replace_by_cancel", "venue_cancel_on_disconnect", "day",
    # Limits: each client's throttle is made anew, and empty.
    "max_messages_per_second", "max_messages_delay_seconds", "max_messages_rejected",
    "max_journal_megabytes",
    # Authentication: looked up at each Logon. A client that is logged on has passed it.
    "username", "password_hash", "allowed_remote_addresses", "certificate_names",
    "token_key_id", "token_secret", "token_accounts", "token_max_seconds",
    "signature_key", "signature_secret", "signature_max_seconds",
})
"""Settings that change without the client noticing. The session protocol, the dictionary or the
schedule depends on all others: such a client is logged out, and its session is then a different
one."""

RELOADED_TABLES = frozenset({"gateway", "venues", "directories"})
"""Tables of gateway.toml that are not compared key by key."""

FIELD_KEYS = {key.field: key.name for key in reversed(KEYS)}


class Changed(Struct, frozen=True):
    """One session that has changed."""

    settings: SessionSettings
    dictionary: Dictionary
    keys: tuple[str, ...]
    """The differences, by the names of the settings."""
    in_place: bool


class Plan(Struct, frozen=True, kw_only=True):
    """All changes to be made."""

    settings: Settings
    added: list[tuple[SessionSettings, Dictionary]]
    changed: list[Changed]
    removed: list[SessionKey]
    unchanged: int
    changes: list[Change]
    """Changes that will not be made, with the reasons."""
    renewals: list[Renewal]
    """Secrets."""


class InForce:
    """The configuration in force: the settings at start, and each session as it was last
    changed."""

    def __init__(
        self,
        settings: Settings,
        dictionaries: Mapping[SessionKey, Dictionary],
        venues: Mapping[VenueName, VenueAdapter],
        shelf: DictionaryCache,
        directories: Iterable[AccountDirectory] = (),
        held: Mapping[str, Held] | None = None,
    ) -> None:
        """*held*: the venues' and directories' tables in use, `[venues.NAME]`."""
        self.started_with = settings
        self.sessions = {
            key: (session, dictionaries[key]) for key, session in settings.sessions.items()
        }
        self._venues = venues
        self._shelf = shelf
        self._directories = tuple(directories)
        self._held = held or {}

    def plan(self) -> Plan:
        """Read the directory again; raise SettingsErrors with all errors."""
        settings = read(self.started_with.directory)
        errors: list[SettingsError] = []
        dictionaries = self._shelf.dictionaries(settings, errors)
        restart = list(restart_needed(self.started_with, settings))
        secrets = self._secrets(settings, restart, errors)
        if errors:
            raise SettingsErrors(errors)
        plan = Plan(
            settings=settings,
            added=[],
            changed=[],
            removed=[key for key in self.sessions if key not in settings.sessions],
            unchanged=0,
            changes=[
                Change(ChangeKind.RESTART, name, "needs a restart of the gateway")
                for name in restart
            ] + [each for each in secrets if isinstance(each, Change)],
            renewals=[each for each in secrets if isinstance(each, Renewal)],
        )
        unchanged = 0
        for session in settings.sessions.values():
            unchanged += self._sort(session, dictionaries[session.key], plan)
        return msgspec.structs.replace(plan, unchanged=unchanged)

    def _secrets(
        self, settings: Settings, restart: list[str], errors: list[SettingsError]
    ) -> list[Renewal | Change]:
        """Plan the changed secrets, in tables that have not changed otherwise."""
        found: list[Renewal | Change] = []
        tables = {f"[venues.{each.name}]": each.table for each in settings.venues.values()}
        for each in settings.directories.values():
            tables[f"[directories.{each.name}]"] = each.table
        for place, table in tables.items():
            held = self._held.get(place)
            if held is None or place in restart:
                continue
            try:
                found += renewals(place, held, table.decode(type(held.config)))
            except SettingsErrors as several:
                errors += several.errors
        return found

    def _sort(self, session: SessionSettings, dictionary: Dictionary, plan: Plan) -> bool:
        """Enter one session; return True if it is unchanged."""
        now = self.sessions.get(session.key)
        fields = () if now is None else differing(now[0], session)
        other_dictionary = now is not None and now[1] is not dictionary
        if now is not None and not fields and not other_dictionary:
            # It may stand elsewhere in the files: later messages about it name that place.
            self.sessions[session.key] = session, dictionary
            return True
        refusal = self._refusal(session, dictionary)
        if refusal:
            plan.changes.append(Change(ChangeKind.REFUSED, session.key, refusal))
        elif now is None:
            plan.added.append((session, dictionary))
        else:
            keys = [FIELD_KEYS[field] for field in fields]
            if other_dictionary and IN_PLACE.issuperset(fields):
                # No key names it: the contents of the dialect have changed.
                own = [Path(each).name for each in session.dictionary_files() if each]
                keys.append(" or ".join([f"{session.dialect}.toml", *own]))
            in_place = not other_dictionary and IN_PLACE.issuperset(fields)
            plan.changed.append(Changed(session, dictionary, tuple(keys), in_place))
        return False

    def _refusal(self, session: SessionSettings, dictionary: Dictionary) -> str:
        """Return the reason why the running gateway cannot take *session*; "": there is none."""
        missing = [name for name in session.venues if name not in self._venues]
        if missing:
            return f"Venues: {', '.join(missing)} needs a restart of the gateway"
        errors = unknown_accounts(session, self._venues)
        errors += unknown_exchange(session, self._held)
        errors += unplaced_accounts(session, self._directories, self._venues)
        errors += certificates_not_asked_for(session, self.started_with.listener)
        errors += no_username_in_dialect(session, dictionary)
        return "; ".join(map(str, errors))


def differing(one: SessionSettings, other: SessionSettings) -> tuple[str, ...]:
    """Return the fields in which two sessions of one key differ."""
    return tuple(
        field
        for field in one.__struct_fields__
        if field not in PLACES and getattr(one, field) != getattr(other, field)
    )


def restart_needed(one: Settings, other: Settings) -> Iterator[str]:
    """Yield the settings of gateway.toml that are read only at start and differ: `[listener]
    port`."""
    for field in msgspec.structs.fields(GatewayToml):
        if field.name not in RELOADED_TABLES:
            yield from _differing(
                f"[{field.name}]", getattr(one, field.name), getattr(other, field.name)
            )
    for table, before, after in (
        ("venues", _open_tables(one.venues), _open_tables(other.venues)),
        ("directories", _open_tables(one.directories), _open_tables(other.directories)),
    ):
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                yield f"[{table}.{name}]"


def _open_tables(tables: Mapping[Any, files.Venue | files.Directory]) -> dict[str, tuple[str, Any]]:
    return {str(name): (each.adapter, each.table.values) for name, each in tables.items()}


def _differing(table: str, one: Any, other: Any) -> Iterator[str]:
    for name in one.__struct_fields__:
        if getattr(one, name) != getattr(other, name):
            yield f"{table} {name}"

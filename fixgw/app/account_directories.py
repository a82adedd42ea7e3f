"""Settings -> directories of accounts, and the accounts that each of them is asked about."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from fixgw.directory.adapter import AccountDirectory
from fixgw.directory.registry import DIRECTORIES
from fixgw.model.accounts import DirectoryName, DirectoryTerms
from fixgw.model.errors import SettingsError
from fixgw.model.ids import VenueName
from fixgw.runtime import settings as files
from fixgw.runtime.errors import SettingsErrors
from fixgw.runtime.session_settings import SessionSettings
from fixgw.runtime.settings import Settings
from fixgw.venues.adapter import VenueAdapter


def directories_of(
    settings: Settings, errors: list[SettingsError]
) -> dict[DirectoryName, AccountDirectory]:
    """Return the directories that *settings* name; errors in them go to *errors*."""
    made: dict[DirectoryName, AccountDirectory] = {}
    for named in settings.directories.values():
        try:
            made[named.name] = _adapter(named)
        except SettingsErrors as several:
            errors += several.errors
            continue
        except SettingsError as error:
            errors.append(error)
            continue
        config = made[named.name].config
        errors += _unknown(named, "venues", config.venues, settings.venues)
        errors += _unknown(named, "sessions", config.sessions, settings.sessions)
    return made


def _adapter(named: files.Directory) -> AccountDirectory:
    kind = DIRECTORIES.get(named.adapter)
    if kind is None:
        known = ", ".join(sorted(DIRECTORIES))
        text = f"adapter {named.adapter!r} is not one of: {known}"
        raise named.table.error(("adapter",), text)
    config: Any = named.table.decode(kind.config)
    return kind.make(named.name, config)


def _unknown(
    named: files.Directory, key: str, names: Iterable[str], known: Collection[str]
) -> list[SettingsError]:
    return [
        named.table.error((key,), f"there is no {name}; known: {', '.join(sorted(known))}")
        for name in names
        if name not in known
    ]


def directory_terms(
    directory: AccountDirectory, venues: Mapping[VenueName, VenueAdapter]
) -> DirectoryTerms:
    """Return the terms of *directory* for the core."""
    config = directory.config
    return DirectoryTerms(
        name=directory.name,
        accounts={
            name: venue.accounts().difference(config.except_accounts)
            for name, venue in venues.items()
            if not config.venues or name in config.venues
        },
        sessions=frozenset(config.sessions) if config.sessions else None,
        refresh_ms=config.refresh_seconds * 1000,
        believed_ms=config.believed_seconds * 1000,
        min_free_margin=config.min_free_margin,
        refuse_logon=config.refuse_logon,
    )


def unplaced_accounts(
    session: SessionSettings,
    directories: Iterable[AccountDirectory],
    venues: Mapping[VenueName, VenueAdapter],
) -> list[SettingsError]:
    """Yield the errors in the Accounts of *session*: a directory would be asked about one of them,
    and its settings do not name the account there. All orders for it would be refused."""
    errors = []
    for directory in directories:
        terms = directory_terms(directory, venues)
        if terms.sessions is not None and session.key not in terms.sessions:
            continue
        asked = set().union(*(terms.accounts.get(venue, ()) for venue in session.venues))
        errors += [
            session.error(
                "accounts",
                f"Accounts: [directories.{directory.name}] does not say which account {account} "
                "is: give it an entry in accounts there, or name it in except_accounts",
            )
            for account in session.accounts
            if account in asked and not directory.knows(account)
        ]
    return errors


def places(venues: Mapping[VenueName, VenueAdapter]) -> dict[VenueName, frozenset[str]]:
    """Return venue -> the values of Account(1) there."""
    return {name: venue.accounts() for name, venue in venues.items()}


def asked_about(terms: DirectoryTerms, knows: Callable[[str], bool]) -> tuple[str, ...]:
    """Return every Account(1) that is looked up."""
    everywhere = frozenset().union(*terms.accounts.values())
    return tuple(sorted(account for account in everywhere if knows(account)))

"""The machine's side of the settings, for `fixgw check`: directories, files, addresses.

Nothing is started and nothing stays: a directory that could be created is not created, an available
port is not kept.
"""

import asyncio
import errno
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
from msgspec import Struct

from fixgw.acceptor.listener import CannotListen, bind
from fixgw.journal.files import holder
from fixgw.journal import old_database
from fixgw.journal.segments import segments
from fixgw.model.errors import JournalError, PluginError, SettingsError
from fixgw.runtime.settings import Settings, Venue
from fixgw.venues import registry


def wrong_places(settings: Settings) -> Iterator[SettingsError]:
    """Yield an error for each file, directory and address that `fixgw run` could not use."""
    yield from _journal(settings)
    yield from _listener(settings)
    for venue in settings.venues.values():
        try:
            kind = registry.adapter(venue.adapter)
            config = venue.table.decode(kind.config) if kind is not None else None
        except (PluginError, SettingsError):
            continue  # the adapter's maker reports it
        for key in kind.records if kind is not None else ():
            if text := _unusable((settings.directory / str(venue.table.values[key])).resolve()):
                yield venue.table.error((key,), text)
        yield from _certificates(venue, config)


def _journal(settings: Settings) -> Iterator[SettingsError]:
    path = settings.journal_path
    text = _unusable(path, is_directory=not path.is_file())
    if not text and path.exists():
        try:
            if path.is_dir():
                segments(path)
            else:
                old_database.check(path)
        except JournalError as error:
            text = str(error)
    if text:
        yield settings.document.error(("journal", "path"), text)


def _unusable(file: Path, *, is_directory: bool = False) -> str:
    """Return the reason why *file*, or files beside it (in it, if it *is_directory*), could not be
    created or written; "" if they could."""
    if file.is_dir() and not is_directory:
        return f"{file} is a directory: name a file in it"
    try:
        places = (file, *file.parents) if is_directory else file.parents
        above = next(each for each in places if each.exists())
        with tempfile.TemporaryDirectory(prefix=".fixgw-check-", dir=above):
            pass
        if file.is_file():
            with file.open("r+b"):
                pass
    except OSError as error:
        return (
            f"{file} cannot be made or written by this user ({error.strerror}): name another "
            "place, or run this as the user that runs the gateway"
        )
    return ""


def _listener(settings: Settings) -> Iterator[SettingsError]:
    async def take() -> None:
        for sock in await bind(settings.listener, settings.limits):
            sock.close()

    try:
        asyncio.run(take())
    except CannotListen as error:
        cause = error.__cause__
        if not isinstance(cause, OSError) or cause.errno != errno.EADDRINUSE:
            yield settings.document.error(("listener", "host"), str(error))
        elif holder(settings.journal_path) is None:
            # Not an error of the settings, and it may be free when the gateway starts.
            click.echo(f"note: {error}", err=True)


def _certificates(
    venue: Venue, value: object, path: tuple[str, ...] = ()
) -> Iterator[SettingsError]:
    """Yield the errors of a certificate and its key, for every table that has both."""
    if not isinstance(value, Struct):
        return
    fields = msgspec.structs.asdict(value)
    certificate, key = fields.get("certificate"), fields.get("key")
    if isinstance(certificate, Path) and isinstance(key, Path):
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror or str(error)
            yield venue.table.error(
                (*path, "certificate"), f"{certificate} with {key} cannot be used: {reason}"
            )
    for name, each in fields.items():
        yield from _certificates(venue, each, (*path, name))

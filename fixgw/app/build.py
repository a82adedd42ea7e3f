"""Settings -> a gateway: the one place where parts are chosen and joined."""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

from fixgw.acceptor.auth.history import LogonHistories
from fixgw.acceptor.listener import proxy_networks
from fixgw.acceptor.proxy_protocol import Networks
from fixgw.acceptor.tls import Tls, listener_tls
from fixgw.app.account_directories import (
    asked_about,
    directories_of,
    directory_terms,
    places,
    unplaced_accounts,
)
from fixgw.app.account_poller import AccountPoller
from fixgw.app.client_session import ClientSession
from fixgw.app.closed_on_file import ClosedOnFile
from fixgw.app.containment import Containment
from fixgw.app.dictionary_cache import DictionaryCache
from fixgw.app.disconnect_cancels import DisconnectCancels
from fixgw.app.gateway import Gateway
from fixgw.app.plausible import implausible
from fixgw.app.renewal import Held
from fixgw.core.engine import Engine, VenueTerms
from fixgw.core.routing import ClientTerms, Router
from fixgw.directory.registry import DIRECTORIES
from fixgw.fix.decode import Decoder
from fixgw.fix.dictionary import Dictionary
from fixgw.fix.encode import Encoder
from fixgw.fix.outbox import Numbers
from fixgw.fix.schedule import end_ms, hours
from fixgw.fix.session import Session
from fixgw.fix.timestamp import NANOSECONDS, UtcTimestamps
from fixgw.journal.index import SentIndex
from fixgw.journal.journal import Journal
from fixgw.journal.tick import SessionRow
from fixgw.loop.held import HeldLimits
from fixgw.model.accounts import DirectoryName, DirectoryTerms
from fixgw.model.errors import PluginError, SettingsError
from fixgw.model.ids import VenueName
from fixgw.model.session_events import SessionEvent
from fixgw.runtime.clock import Clock
from fixgw.runtime.errors import SettingsErrors
from fixgw.runtime.gateway_toml import Limits, Listener
from fixgw.runtime.session_settings import SessionSettings
from fixgw.runtime.settings import Settings, Venue
from fixgw.venues import registry
from fixgw.venues.adapter import VenueAdapter

USERNAME = 553


class Parts:
    """Build and check every part that *settings* name, and start nothing: `fixgw check`."""

    def __init__(self, settings: Settings) -> None:
        errors: list[SettingsError] = []
        self.settings = settings
        self.venues: dict[VenueName, VenueAdapter] = {}
        self.held: dict[str, Held] = {}
        """The venues' and directories' tables in use: `[venues.NAME]`."""
        for venue in settings.venues.values():
            try:
                kind, config = _config(venue)
                self.venues[venue.name] = kind.make(venue.name, config)
                self.held[f"[venues.{venue.name}]"] = Held(
                    config, kind.secrets,
                    None if kind.exchanges is None else frozenset(kind.exchanges(config)),
                )
            except SettingsErrors as several:
                errors += several.errors
            except SettingsError as error:
                errors.append(error)
        self.directories = directories_of(settings, errors)
        for name, directory in self.directories.items():
            renewable = DIRECTORIES[settings.directories[name].adapter].secrets
            self.held[f"[directories.{name}]"] = Held(directory.config, renewable)
        self.tls: Tls | None = None
        self.proxies: Networks = ()
        try:
            self.proxies = proxy_networks(settings)
            self.tls = listener_tls(settings)
        except SettingsError as error:
            errors.append(error)
        self.shelf = DictionaryCache()
        self.dictionaries = self.shelf.dictionaries(settings, errors)
        for session in settings.sessions.values():
            errors += unknown_accounts(session, self.venues)
            errors += unknown_exchange(session, self.held)
            errors += unplaced_accounts(session, self.directories.values(), self.venues)
            errors += certificates_not_asked_for(session, settings.listener)
            errors += no_username_in_dialect(session, self.dictionaries.get(session.key))
        if errors:
            raise SettingsErrors(errors)


def _config(venue: Venue) -> tuple[registry.VenueKind, Any]:
    """Return the adapter kind of *venue*, and its table in the adapter's own type."""
    try:
        kind = registry.adapter(venue.adapter)
    except PluginError as error:
        raise venue.table.error(("adapter",), str(error)) from error
    if kind is None:
        known = ", ".join(registry.adapters())
        raise venue.table.error(("adapter",), f"adapter {venue.adapter!r} is not one of: {known}")
    config = venue.table.decode(kind.config)
    if wrong := implausible(venue.table, config):
        raise SettingsErrors(wrong)
    return kind, config


def unknown_accounts(
    session: SessionSettings, venues: Mapping[VenueName, VenueAdapter]
) -> list[SettingsError]:
    """Yield the errors in the Accounts of *session*."""
    known: set[str] = set()
    for name in session.venues:
        if name not in venues:
            return []  # already reported
        known |= venues[name].accounts()
    return [
        session.error(
            "accounts",
            f"Accounts: {account} is no account of {', '.join(session.venues)}; "
            f"known: {', '.join(sorted(known)) or 'none'}",
        )
        for account in session.accounts
        if account not in known
    ]


def unknown_exchange(
    session: SessionSettings, held: Mapping[str, Held]
) -> list[SettingsError]:
    """Yield the error in the DefaultExchange of *session*: none of its venues has it."""
    known: set[str] = set()
    for name in session.venues:
        venue = held.get(f"[venues.{name}]")
        if venue is None or venue.exchanges is None:
            return []  # already reported, or not known
        known |= venue.exchanges
    if not session.default_exchange or session.default_exchange in known:
        return []
    return [
        session.error(
            "default_exchange",
            f"DefaultExchange: {session.default_exchange} is no exchange of "
            f"{', '.join(session.venues)}; known: {', '.join(sorted(known))}",
        )
    ]


def certificates_not_asked_for(
    session: SessionSettings, listener: Listener
) -> list[SettingsError]:
    """Yield the error in the CertificateNames of *session*: no client could present a
    certificate."""
    asked = listener.tls is not None and listener.tls.client_certificate != "none"
    if asked or not session.certificate_names:
        return []
    return [
        session.error(
            "certificate_names",
            "CertificateNames: clients are not asked for a certificate, so nobody could log on: "
            'set gateway.toml [listener.tls] client_ca and client_certificate = "optional"',
        )
    ]


def no_username_in_dialect(
    session: SessionSettings, dictionary: Dictionary | None
) -> list[SettingsError]:
    """Yield the error in the Username of *session*: its Logon could not carry one."""
    if not session.username or dictionary is None or dictionary.logon_has(USERNAME):
        return []
    return [
        session.error(
            "username",
            f"Username: a Logon of {session.begin_string} has no Username(553) in the dialect "
            f"{session.dialect}, so nobody could log on: add it there, or name another Dialect",
        )
    ]


def build(parts: Parts, journal: Journal, clock: Clock, limits: Limits) -> Gateway:
    """Return a gateway that continues from the contents of *journal*."""
    settings = parts.settings
    terms = [
        terms_of(session, parts.dictionaries[key]) for key, session in settings.sessions.items()
    ]
    venue_terms = {
        name: VenueTerms(
            adapter.capabilities, adapter.venue_order_id, limits.late_submit_seconds * 1_000,
            limits.filled_unlisted_seconds * 1_000,
        )
        for name, adapter in parts.venues.items()
    }
    at_venues = places(parts.venues)
    directories = {
        name: directory_terms(one, parts.venues) for name, one in parts.directories.items()
    }
    engine = Engine(Router(terms, at_venues), venue_terms, directories.values(), at_venues)
    presence, containment = DisconnectCancels(engine), Containment()
    memories = LogonHistories()

    def remember(event: SessionEvent) -> None:
        presence.replay(event)
        engine.replay_mass(event)
        memories.apply(event)
        containment.disabled.replay(event)

    rows = journal.replay(engine.replay, remember, engine.replay_venue, containment.replay)
    _check_open_orders(settings, engine)
    engine.begin_after(rows.last_order_id)
    rows |= journal.add_sessions((s for s in settings.sessions if s not in rows), clock.now_ms())
    maker = Maker(settings, journal.index)
    clients = {
        key: maker.client(session, parts.dictionaries[key], rows.pop(key))
        for key, session in settings.sessions.items()
    }
    look_ups = _look_ups(parts, directories, clock)
    return Gateway(
        clock, journal, engine, presence, clients, parts.venues, rows, memories, look_ups,
        containment,
        HeldLimits(settings.journal.held_ticks_max, settings.journal.held_bytes_max),
        ClosedOnFile(journal.path, engine, settings.journal.closed_minutes),
    )


def _look_ups(
    parts: Parts, terms: Mapping[DirectoryName, DirectoryTerms], clock: Clock
) -> dict[DirectoryName, AccountPoller]:
    """Return the poller of the directories."""
    return {
        name: AccountPoller(one, asked_about(terms[name], one.knows), clock)
        for name, one in parts.directories.items()
    }


def _check_open_orders(settings: Settings, engine: Engine) -> None:
    """Refuse to start without the venue, or the client, of an order that is not closed."""
    missing: Counter[str] = Counter()
    for order in engine.orders.open():
        if order.venue not in settings.venues:
            missing[f"[venues.{order.venue}]"] += 1
        if order.request.session not in settings.sessions:
            missing[f"session {order.request.session}"] += 1
    errors = [
        SettingsError(
            settings.directory, None,
            f"{name} is gone, and the journal has open orders of it ({count}): "
            "put it back until they are closed (`fixgw orders --open`)",
        )
        for name, count in missing.items()
    ]
    if errors:
        raise SettingsErrors(errors)


def terms_of(session: SessionSettings, dictionary: Dictionary) -> ClientTerms:
    """Return the terms of *session* for trading, and its dialect's own fields."""
    pending_reports = session.pending_reports
    if pending_reports is None:
        pending_reports = dictionary.ways.pending_reports
    return ClientTerms(
        session=session.key,
        venues=session.venues,
        accounts=session.accounts,
        default_exchange=session.default_exchange,
        pending_reports=pending_reports,
        post_only_tif=dictionary.post_only_tif,
        replace_by_cancel=session.replace_by_cancel,
        venue_cancel_on_disconnect=session.venue_cancel_on_disconnect,
        day_ends=partial(end_ms, hours(session)) if session.day == "GTC" else None,
    )


def _answers_refused_logon(session: SessionSettings, dictionary: Dictionary) -> bool:
    """Return True if a refused Logon is given the reason. A peer that has shown only CompIDs and an
    address could be anyone, and must not learn that there is such a session."""
    shown = set(session.logon_methods()) - {"address"}
    return bool(shown) and dictionary.ways.answers_refused_logon


class Maker:
    """Builds clients from the settings and from their numbers in the journal."""

    def __init__(self, settings: Settings, index: SentIndex) -> None:
        self._index = index
        self._heartbeat_seconds = settings.limits.heartbeat_seconds
        self._stamps = [UtcTimestamps(precision) for precision in range(NANOSECONDS + 1)]
        """One per TimestampPrecision, shared by the sessions that use it."""

    def client(
        self, session: SessionSettings, dictionary: Dictionary, row: SessionRow
    ) -> ClientSession:
        """Return the client of *session*, as at a start of the gateway: it continues from *row*."""
        numbers = Numbers(row.next_sender, row.next_target, row.epoch, row.since_ms)
        stamps = self._stamps[session.timestamp_precision]
        state = Session(
            session, hours(session), numbers, stamps, self._heartbeat_seconds,
            _answers_refused_logon(session, dictionary),
        )
        client = ClientSession(
            session,
            state,
            dictionary,
            Decoder(
                session.key,
                post_only_tif=dictionary.post_only_tif,
                routing_tier_tag=dictionary.routing_tier_tag,
            ),
            Encoder(
                session.begin_string, stamps, session.default_appl_ver_id, dictionary.ways
            ),
            row,
        )
        client.recover(self._index)
        return client

"""Settings -> a gateway: the one place where parts are chosen and joined."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from fixgw.app.client import Client
from fixgw.app.gateway import Gateway
from fixgw.core.engine import Engine, VenueTerms
from fixgw.core.routing import ClientTerms, Router
from fixgw.fix.decode import Decoder
from fixgw.fix.dictionary import Dictionaries, Dictionary, Switches
from fixgw.fix.encode import Encoder
from fixgw.fix.errors import DictionaryError
from fixgw.fix.outbox import Numbers
from fixgw.fix.schedule import schedule
from fixgw.fix.session import Session
from fixgw.fix.timestamp import UtcTimestamps
from fixgw.journal.journal import Journal, SessionRow
from fixgw.journal.replay import replay
from fixgw.model.errors import SettingsError
from fixgw.model.ids import VenueName
from fixgw.runtime.clock import Clock
from fixgw.runtime.errors import SettingsErrors
from fixgw.runtime.session_settings import SessionSettings
from fixgw.runtime.settings import Settings, Venue
from fixgw.venues.adapter import VenueAdapter
from fixgw.venues.registry import VENUES


class Parts:
    """All that settings name, made and checked, with nothing started: what `fixgw check` does."""

    def __init__(self, settings: Settings) -> None:
        errors: list[SettingsError] = []
        self.settings = settings
        self.venues: dict[VenueName, VenueAdapter] = {}
        for venue in settings.venues.values():
            try:
                self.venues[venue.name] = _adapter(venue)
            except SettingsErrors as several:
                errors += several.errors
            except SettingsError as error:
                errors.append(error)
        self.dictionaries: dict[str, Dictionary] = {}
        loaded = Dictionaries()
        for session in settings.sessions.values():
            try:
                self.dictionaries[session.key] = _dictionary(loaded, settings, session)
            except DictionaryError as error:
                errors.append(session.error("dialect", str(error)))
            errors += _unknown_accounts(session, self.venues)
        if errors:
            raise SettingsErrors(errors)


def _adapter(venue: Venue) -> VenueAdapter:
    kind = VENUES.get(venue.adapter)
    if kind is None:
        known = ", ".join(sorted(VENUES))
        raise venue.table.error(("adapter",), f"adapter {venue.adapter!r} is not one of: {known}")
    config: Any = venue.table.decode(kind.config)
    return kind.make(venue.name, config)


def _dictionary(
    loaded: Dictionaries, settings: Settings, session: SessionSettings
) -> Dictionary:
    switches = Switches(
        validate_fields_out_of_order=session.validate_fields_out_of_order,
        validate_fields_have_values=session.validate_fields_have_values,
        validate_user_defined_fields=session.validate_user_defined_fields,
        allow_unknown_msg_fields=session.allow_unknown_msg_fields,
    )
    dialect = settings.dictionaries / f"{session.dialect}.toml"
    version = session.default_appl_ver_id or None
    return loaded.get(session.begin_string, version, dialect, switches)


def _unknown_accounts(
    session: SessionSettings, venues: Mapping[VenueName, VenueAdapter]
) -> list[SettingsError]:
    known: set[str] = set()
    for name in session.venues:
        if name not in venues:
            return []  # told already
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


def build(parts: Parts, journal: Journal, clock: Clock, late_submit_ms: int) -> Gateway:
    """A gateway that continues from what *journal* holds."""
    settings = parts.settings
    terms = [_terms(session) for session in settings.sessions.values()]
    venue_terms = {
        name: VenueTerms(adapter.capabilities, adapter.venue_order_id, late_submit_ms)
        for name, adapter in parts.venues.items()
    }
    engine = Engine(Router(terms), venue_terms)
    rows = replay(journal.path, journal.database, engine.replay, journal.index)
    _check_open_orders(settings, engine)
    stamps = UtcTimestamps()
    clients = {}
    for session in settings.sessions.values():
        row = rows.get(session.key) or journal.add_session(session.key, clock.now_ms())
        dictionary = parts.dictionaries[session.key]
        clients[session.key] = _client(settings, session, dictionary, row, stamps)
    return Gateway(clock, journal, engine, clients, parts.venues)


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


def _terms(session: SessionSettings) -> ClientTerms:
    return ClientTerms(
        session=session.key,
        venues=session.venues,
        accounts=session.accounts,
        default_exchange=session.default_exchange,
        pending_reports=session.pending_reports,
    )


def _client(
    settings: Settings,
    session: SessionSettings,
    dictionary: Dictionary,
    row: SessionRow,
    stamps: UtcTimestamps,
) -> Client:
    numbers = Numbers(row.next_sender, row.next_target, row.epoch, row.since_ms)
    times = schedule(session.start_time, session.end_time, session.start_day, session.end_day)
    state = Session(session, times, numbers, stamps, settings.limits.heartbeat_seconds)
    return Client(
        session,
        state,
        dictionary,
        Decoder(session.key, post_only_tif=dictionary.post_only_tif),
        Encoder(session.begin_string, stamps),
        row,
    )

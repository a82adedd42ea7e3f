"""Which venue gets an order: the client's venues, SecurityExchange(207), Symbol(55).

A symbol may be written as the venue writes it, or as `BTC/USDT`, `BTCUSDT`, `BTC-USDT`.
Nothing is guessed: a symbol that fits two destinations is refused until the
client, or its session's DefaultExchange, says which.
"""

from collections.abc import Iterable

from msgspec import Struct

from fixgw.model.enums import BusinessRejectReason, OrdRejReason
from fixgw.model.errors import BusinessRefused, OrderRefused
from fixgw.model.ids import SessionKey, VenueName
from fixgw.model.instrument import Instrument


class ClientTerms(Struct, frozen=True, kw_only=True):
    """What one session may trade, and how it wants to be told. From its .cfg file."""

    session: SessionKey
    venues: tuple[VenueName, ...]
    accounts: tuple[str, ...]
    default_exchange: str = ""
    pending_reports: bool = True
    """Whether Pending New (150=A), Pending Cancel (150=6) and Pending Replace (150=E) are
    reported."""
    replace_by_cancel: bool = False
    """Where a venue cannot replace, cancel and then send a new order."""
    venue_cancel_on_disconnect: bool = False
    """Venues that can are to cancel its orders when our connection to them is lost."""


OTHER_SEPARATORS = ("", "-")
"""How a pair may be written beside `BASE/QUOTE`."""

_Key = tuple[str, str]
"""SecurityExchange(207), or "" where a client sends none, and Symbol(55)."""


class Router:
    """The instruments each session may trade, looked up in one step."""

    def __init__(self, terms: Iterable[ClientTerms]) -> None:
        self._terms = {t.session: t for t in terms}
        self._instruments: dict[VenueName, tuple[Instrument, ...]] = {}
        self._tables: dict[SessionKey, dict[_Key, Instrument | None]] = {}

    def terms(self, session: SessionKey) -> ClientTerms:
        return self._terms[session]

    def set_terms(self, terms: Iterable[ClientTerms]) -> None:
        """From now on these sessions and no others; what is at the venues stays as it is."""
        self._terms = {t.session: t for t in terms}
        self._make_tables()

    def concerned(self, venue: VenueName, accounts: Iterable[str]) -> list[SessionKey]:
        """The sessions that trade at *venue*, for one of *accounts* if any are named."""
        named = frozenset(accounts)
        return [
            session for session, terms in self._terms.items()
            if venue in terms.venues and (not named or named & set(terms.accounts))
        ]

    def load(self, venue: VenueName, instruments: tuple[Instrument, ...]) -> None:
        """What *venue* trades now; replaces what it said before."""
        self._instruments[venue] = instruments
        self._make_tables()

    def _make_tables(self) -> None:
        """One table for all sessions that trade at the same places; thousands may share it."""
        shared: dict[tuple[object, ...], dict[_Key, Instrument | None]] = {}
        self._tables = {}
        for session, terms in self._terms.items():
            places = (terms.venues, terms.default_exchange)
            if places not in shared:
                shared[places] = self._table(terms)
            self._tables[session] = shared[places]

    def _table(self, terms: ClientTerms) -> dict[_Key, Instrument | None]:
        instruments = [
            instrument for venue in terms.venues for instrument in self._instruments.get(venue, ())
        ]
        table: dict[_Key, Instrument | None] = {}
        for instrument in instruments:
            for name in {instrument.symbol, f"{instrument.base}/{instrument.quote}"}:
                self._enter(table, instrument, name, terms)
        # Other ways of writing a pair stand behind what a venue calls something by itself.
        others: dict[_Key, Instrument | None] = {}
        for instrument in instruments:
            for between in OTHER_SEPARATORS:
                name = f"{instrument.base}{between}{instrument.quote}"
                if name != instrument.symbol:
                    self._enter(others, instrument, name, terms)
        return others | table

    @staticmethod
    def _enter(
        table: dict[_Key, Instrument | None],
        instrument: Instrument,
        name: str,
        terms: ClientTerms,
    ) -> None:
        keys = [(instrument.exchange, name)]
        if terms.default_exchange in ("", instrument.exchange):
            keys.append(("", name))
        for key in keys:
            # None marks a name that fits more than one destination.
            table[key] = None if key in table else instrument

    def route(self, session: SessionKey, symbol: str, exchange: str) -> Instrument:
        """The instrument meant, or OrderRefused / BusinessRefused with the reason."""
        instrument = self._tables.get(session, _EMPTY).get((exchange, symbol))
        if instrument is not None and instrument.enabled:
            return instrument
        raise self._refusal(session, symbol, exchange, instrument)

    def _refusal(
        self, session: SessionKey, symbol: str, exchange: str, found: Instrument | None
    ) -> OrderRefused | BusinessRefused:
        terms = self._terms[session]
        if found is not None:
            return OrderRefused(
                OrdRejReason.EXCHANGE_CLOSED,
                f"Symbol(55) {symbol!r} is disabled at {found.exchange}",
            )
        waiting = [venue for venue in terms.venues if venue not in self._instruments]
        if waiting:
            return BusinessRefused(
                BusinessRejectReason.APPLICATION_NOT_AVAILABLE,
                f"venue {', '.join(waiting)} is not available yet",
            )
        known = self._tables.get(session, _EMPTY)
        exchanges = sorted({e for e, s in known if s == symbol and e})
        if not exchanges:
            text = f"Symbol(55) {symbol!r} is not traded at {' or '.join(terms.venues)}"
            return OrderRefused(OrdRejReason.UNKNOWN_SYMBOL, text)
        allowed = ", ".join(exchanges)
        return OrderRefused(
            OrdRejReason.UNKNOWN_SYMBOL,
            f"SecurityExchange(207) {exchange!r} does not trade Symbol(55) {symbol!r}; "
            f"allowed: {allowed}"
            if exchange
            else f"Symbol(55) {symbol!r} needs a SecurityExchange(207), one of: {allowed}",
        )


_EMPTY: dict[_Key, Instrument | None] = {}

"""The choice of venue for an order: the client's venues, Account(1), SecurityExchange(207),
Symbol(55).

An order goes to a venue that has its account, and to no other. A symbol may be written as the venue
writes it, or as `BTC/USDT`, `BTCUSDT`, `BTC-USDT`. Nothing is guessed: a symbol that fits two
destinations is refused until the client, or its session's DefaultExchange, selects one.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from msgspec import Struct

from fixgw.model.enums import BusinessRejectReason, OrdRejReason
from fixgw.model.errors import BusinessRefused, OrderRefused
from fixgw.model.ids import SessionKey, VenueName
from fixgw.model.instrument import Instrument


class ClientTerms(Struct, frozen=True, kw_only=True):
    """The trading terms of one session, and the form of its reports. From its .cfg file."""

    session: SessionKey
    venues: tuple[VenueName, ...]
    accounts: tuple[str, ...]
    default_exchange: str = ""
    pending_reports: bool = True
    """True if Pending New (150=A), Pending Cancel (150=6) and Pending Replace (150=E) are
    reported."""
    post_only_tif: str = ""
    """The TimeInForce(59) by which its dialect asks for post only; "": it has none."""
    replace_by_cancel: bool = False
    """True to cancel and then send a new order where a venue cannot replace."""
    venue_cancel_on_disconnect: bool = False
    """True if venues that can are to cancel its orders when our connection to them is lost."""
    day_ends: Callable[[int], int | None] | None = None
    """Returns the expiry of a Day order from a moment, both Unix milliseconds, where the venue has
    no Day; None: the session is closed then. Without it such an order is refused."""


OTHER_SEPARATORS = ("", "-")
"""Separators of a pair besides `BASE/QUOTE`."""

_Key = tuple[str, str]
"""SecurityExchange(207), or "" where a client sends none, and Symbol(55)."""

_Names = dict[_Key, Instrument | None]
"""None marks a name that fits more than one destination."""


class Router:
    """The instruments each session may trade, looked up in one step."""

    def __init__(
        self, terms: Iterable[ClientTerms], accounts_at: Mapping[VenueName, frozenset[str]]
    ) -> None:
        """*accounts_at*: venue -> every value of Account(1) there."""
        self._terms = {t.session: t for t in terms}
        self._accounts_at = accounts_at
        self._instruments: dict[VenueName, tuple[Instrument, ...]] = {}
        self._steps: dict[VenueName, dict[_Key, Decimal]] = {}
        """The step of quantities of each instrument that has one."""
        self._exchanges: dict[VenueName, frozenset[str]] = {}
        """The values of SecurityExchange(207) at each venue that has reported its instruments."""
        self._tables: dict[SessionKey, dict[str, _Names]] = {}
        """The instruments each session may trade for each account."""
        self._made: dict[tuple[tuple[VenueName, ...], str], _Names] = {}
        """Tables by venues and DefaultExchange."""

    def terms(self, session: SessionKey) -> ClientTerms:
        return self._terms[session]

    def set_terms(self, terms: Iterable[ClientTerms]) -> None:
        """Set the sessions, replacing all others; the venues' instruments stay unchanged."""
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
        """Set the instruments that *venue* trades now; replaces its previous list."""
        self._instruments[venue] = instruments
        self._steps[venue] = {
            (each.exchange, each.symbol): each.step for each in instruments if each.step
        }
        self._exchanges[venue] = frozenset(each.exchange for each in instruments)
        self._make_tables()

    def _make_tables(self) -> None:
        """Make one table for all that trade at the same places; thousands of sessions may share
        it."""
        shared: dict[tuple[object, ...], dict[str, _Names]] = {}
        self._made = {}
        self._tables = {}
        for session, terms in self._terms.items():
            places = (terms.venues, terms.accounts, terms.default_exchange)
            if places not in shared:
                shared[places] = {
                    account: self._of_account(account, terms) for account in terms.accounts
                }
            self._tables[session] = shared[places]

    def _venues(self, terms: ClientTerms, account: str) -> tuple[VenueName, ...]:
        """Return the venues where a session of *terms* trades for *account*."""
        return tuple(
            venue for venue in terms.venues if account in self._accounts_at.get(venue, ())
        )

    def _of_account(self, account: str, terms: ClientTerms) -> _Names:
        venues = self._venues(terms, account)
        return self._names(venues, self._default_exchange(venues, terms))

    def _names(self, venues: tuple[VenueName, ...], default_exchange: str = "") -> _Names:
        key = venues, default_exchange
        if key not in self._made:
            self._made[key] = self._table(venues, default_exchange)
        return self._made[key]

    def _default_exchange(self, venues: tuple[VenueName, ...], terms: ClientTerms) -> str:
        """Return the session's DefaultExchange, or "": none of *venues* has it, for certain."""
        default, exchanges = terms.default_exchange, self._exchanges
        elsewhere = all(
            venue in exchanges and default not in exchanges[venue] for venue in venues
        )
        return "" if elsewhere else default

    def _table(self, venues: tuple[VenueName, ...], default_exchange: str) -> _Names:
        instruments = [
            instrument for venue in venues for instrument in self._instruments.get(venue, ())
        ]
        table: _Names = {}
        for instrument in instruments:
            for name in {instrument.symbol, f"{instrument.base}/{instrument.quote}"}:
                self._enter(table, instrument, name, default_exchange)
        # Other ways of writing a pair rank below a venue's own names.
        others: _Names = {}
        for instrument in instruments:
            for between in OTHER_SEPARATORS:
                name = f"{instrument.base}{between}{instrument.quote}"
                if name != instrument.symbol:
                    self._enter(others, instrument, name, default_exchange)
        return others | table

    @staticmethod
    def _enter(table: _Names, instrument: Instrument, name: str, default_exchange: str) -> None:
        keys = [(instrument.exchange, name)]
        if default_exchange in ("", instrument.exchange):
            keys.append(("", name))
        for key in keys:
            table[key] = None if key in table else instrument

    def route(self, session: SessionKey, account: str, symbol: str, exchange: str) -> Instrument:
        """Return the instrument meant, at a venue of *account*; raise OrderRefused or
        BusinessRefused with the reason."""
        names = self._tables.get(session, _NO_ACCOUNTS).get(account, _NO_NAMES)
        instrument = names.get((exchange, symbol))
        if instrument is not None and instrument.enabled:
            return instrument
        raise self._refusal(session, account, symbol, exchange, instrument)

    def _refusal(
        self,
        session: SessionKey,
        account: str,
        symbol: str,
        exchange: str,
        found: Instrument | None,
    ) -> OrderRefused | BusinessRefused:
        if found is not None:
            return OrderRefused(
                OrdRejReason.EXCHANGE_CLOSED,
                f"Symbol(55) {symbol!r} is disabled at {found.exchange}",
            )
        terms = self._terms[session]
        if account not in terms.accounts:
            return not_allowed(account, terms)
        venues = self._venues(terms, account)
        known = self._tables.get(session, _NO_ACCOUNTS).get(account, _NO_NAMES)
        exchanges = sorted(e for e in self._exchanges_of(venues) if (e, symbol) in known)
        elsewhere = "" if exchanges and not exchange else self._elsewhere(
            [venue for venue in terms.venues if venue not in venues], symbol, exchange
        )
        if elsewhere:
            text = f"Account(1) {account!r} is an account of {_listed(venues)}, and {elsewhere}"
            return OrderRefused(OrdRejReason.UNKNOWN_ACCOUNT, text)
        waiting = [venue for venue in venues if venue not in self._instruments]
        if waiting:
            return BusinessRefused(
                BusinessRejectReason.APPLICATION_NOT_AVAILABLE,
                f"venue {', '.join(waiting)} is not available yet",
            )
        if not exchanges:
            text = f"Symbol(55) {symbol!r} is not traded at {_listed(venues)}"
            return OrderRefused(OrdRejReason.UNKNOWN_SYMBOL, text)
        allowed = ", ".join(exchanges)
        return OrderRefused(
            OrdRejReason.UNKNOWN_SYMBOL,
            f"SecurityExchange(207) {exchange!r} does not trade Symbol(55) {symbol!r}; "
            f"allowed: {allowed}"
            if exchange
            else f"Symbol(55) {symbol!r} needs a SecurityExchange(207), one of: {allowed}",
        )

    def step_of(self, venue: VenueName, exchange: str, symbol: str) -> Decimal | None:
        """Return the step of quantities of *symbol*; None if it is not known."""
        return self._steps.get(venue, _NO_STEPS).get((exchange, symbol))

    def is_named(self, symbol: str, venue: VenueName, exchange: str, venue_symbol: str) -> bool:
        """Return True if Symbol(55) *symbol* is a way to write the venue's *venue_symbol*."""
        if symbol == venue_symbol:
            return True
        names = self._names((venue,))
        if (exchange, venue_symbol) in names:
            named = names.get((exchange, symbol))
            return named is not None and named.symbol == venue_symbol
        # It is not traded there any more, or the venue has not reported its instruments yet.
        return _bare(symbol) == _bare(venue_symbol)

    def _exchanges_of(self, venues: Iterable[VenueName]) -> set[str]:
        return set().union(*(self._exchanges.get(venue, _NO_EXCHANGES) for venue in venues))

    def _elsewhere(self, others: list[VenueName], symbol: str, exchange: str) -> str:
        """Return the part of an order that *others* have, which lack its account; "": none."""
        if exchange:
            having = [
                venue for venue in others if exchange in self._exchanges.get(venue, _NO_EXCHANGES)
            ]
            what = f"SecurityExchange(207) {exchange!r} is"
        else:
            having = [venue for venue in others if ("", symbol) in self._names((venue,))]
            what = f"Symbol(55) {symbol!r} is traded"
        return f"{what} at {_listed(having)}" if having else ""


def not_allowed(account: str, terms: ClientTerms) -> OrderRefused:
    """Return the refusal of an order for an account that is none of the session's."""
    return OrderRefused(
        OrdRejReason.UNKNOWN_ACCOUNT,
        f"Account(1) {account!r} is not allowed for this session; "
        f"allowed: {', '.join(terms.accounts) or 'none'}",
    )


def _bare(symbol: str) -> str:
    """Return a pair in one form, however it is written."""
    return symbol.replace("/", "").replace("-", "")


def _listed(venues: Iterable[VenueName]) -> str:
    return " or ".join(venues)


_NO_STEPS: dict[_Key, Decimal] = {}
_NO_NAMES: _Names = {}
_NO_ACCOUNTS: dict[str, _Names] = {}
_NO_EXCHANGES: frozenset[str] = frozenset()

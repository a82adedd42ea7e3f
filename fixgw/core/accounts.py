"""Permission to trade, by the latest answers of the account directories. Never asks, never waits.

A directory's answer is evaluated when it arrives; an order costs one look into a dict. A directory
that is down is recognised by the age of its last answer. Free margin is compared with the minimum
that the settings require of an account, and with nothing of the order: a market order has no price,
and the margin an order will need is for the trading platform to determine.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from msgspec import Struct

from fixgw.core.orders.leg import Leg
from fixgw.core.routing import ClientTerms
from fixgw.model.accounts import AccountsLoaded, AccountState, DirectoryTerms, LookUpAccount
from fixgw.model.effects import RaiseAlert
from fixgw.model.enums import OrdRejReason
from fixgw.model.errors import OrderRefused
from fixgw.model.ids import SessionKey, VenueName
from fixgw.model.now import Now
from fixgw.model.number import text

NOBODY_MAY_TRADE = "no account of this session may trade"
"""Text(58) of the Logout that answers a Logon; its reader has authenticated."""

OpenOrders = Callable[[], Iterable[Leg]]
Emit = Callable[[LookUpAccount | RaiseAlert], None]
Refusal = tuple[OrdRejReason, str]

_NONE: frozenset[str] = frozenset()


class Accounts:
    """The answers of all directories, and their consequences for orders and Logons."""

    def __init__(
        self,
        directories: Iterable[DirectoryTerms],
        accounts_at: Mapping[VenueName, frozenset[str]],
        emit: Emit,
        open_orders: OpenOrders,
    ) -> None:
        """*accounts_at*: venue -> every value of Account(1) there, asked about or not."""
        self._directories = {terms.name: _Directory(terms, emit) for terms in directories}
        self._accounts_at = accounts_at
        self._emit = emit
        self._open_orders = open_orders
        self._of_venue: dict[str, list[_Directory]] = {}
        for directory in self._directories.values():
            for venue in directory.terms.accounts:
                self._of_venue.setdefault(venue, []).append(directory)

    def on_loaded(self, loaded: AccountsLoaded, now: Now) -> None:
        """Apply a directory's answer: it counts from now on, for everything it was asked about."""
        directory = self._directories[loaded.directory]
        stopped = directory.load(loaded)
        if not stopped:
            return
        orders: dict[str, list[Leg]] = {}
        for order in self._open_orders():
            if order.account in stopped and directory.decides(
                order.request.session, order.venue, order.account
            ):
                orders.setdefault(order.account, []).append(order)
        for account, its_orders in orders.items():
            self._emit(RaiseAlert(
                event="account_stopped_with_open_orders", order_id=its_orders[0].order_id,
                text=f"{stopped[account]}; open orders of it: {len(its_orders)}",
            ))

    def check(self, session: SessionKey, venue: str, account: str, now: Now) -> None:
        """Raise OrderRefused unless every directory concerned lets *account* trade."""
        for directory in self._of_venue.get(venue, ()):
            known = directory.known.get(account)
            if known is None or known.refusal is not None or known.until_ms < now.mono_ms:
                directory.refuse(session, venue, account, now)

    def at_logon(self, terms: ClientTerms, now: Now) -> str:
        """Return the reason why a session may not log on, for its client to read; "" if it may.

        Only a directory's answer keeps it out, never its silence, and never one that has open
        orders: a client that cannot log on cannot cancel. Answers that are too old by then are
        requested anew.
        """
        session = terms.session
        places = [
            (venue, account)
            for venue in terms.venues
            for account in terms.accounts
            if account in self._accounts_at.get(venue, _NONE)
        ]
        for directory in self._directories.values():
            directory.freshen(session, places, now)
        barred = [
            any(each.bars(session, *place, now) for each in self._of_venue.get(place[0], ()))
            for place in places
        ]
        if not places or not all(barred):
            return ""
        if any(order.request.session == session for order in self._open_orders()):
            return ""
        return NOBODY_MAY_TRADE


class _Known(Struct, frozen=True, gc=False):
    """The latest answer about one account."""

    refusal: Refusal | None
    barred: bool
    """It may not trade whatever its margin: unknown, disabled or read-only."""
    asked_at_ms: int
    until_ms: int
    """Time until which the answer counts."""


class _Directory:
    """One directory and its latest answer on each account."""

    def __init__(self, terms: DirectoryTerms, emit: Emit) -> None:
        self.terms = terms
        self.known: dict[str, _Known] = {}
        self._emit = emit

    def decides(self, session: SessionKey, venue: str, account: str) -> bool:
        """Return True if it is asked where *session* trades for *account* at *venue*."""
        terms = self.terms
        return account in terms.accounts.get(venue, _NONE) and (
            terms.sessions is None or session in terms.sessions
        )

    def load(self, loaded: AccountsLoaded) -> dict[str, str]:
        """Keep an answer; return the accounts that may not trade any more, and the reasons."""
        stopped = {}
        for account, state in loaded.accounts.items():
            before = self.known.get(account)
            barred = _barred(account, state)
            refusal = barred or _short_of_margin(account, state, self.terms.min_free_margin)
            asked_at_ms = loaded.asked_at_ms
            until_ms = asked_at_ms + self.terms.believed_ms
            self.known[account] = _Known(refusal, barred is not None, asked_at_ms, until_ms)
            # The first answer after a start may be about an account with orders, too.
            if barred is not None and (before is None or not before.barred):
                stopped[account] = barred[1]
        return stopped

    def refuse(self, session: SessionKey, venue: str, account: str, now: Now) -> None:
        """Raise OrderRefused with the reason, and have the directory queried: its answer may have
        changed by now. Returns if it is not asked about such an order."""
        if not self.decides(session, venue, account):
            return
        self._emit(LookUpAccount(self.terms.name))
        known, name = self.known.get(account), self.terms.name
        if known is not None and known.until_ms >= now.mono_ms:
            assert known.refusal is not None, "else check had let it through"
            raise OrderRefused(*known.refusal)
        if known is None and self.known:
            raise OrderRefused(
                OrdRejReason.UNKNOWN_ACCOUNT,
                f"Account(1) {account!r} is unknown: directory {name} has said nothing of it yet",
            )
        since = "yet" if known is None else f"for {(now.mono_ms - known.asked_at_ms) // 1000} s"
        raise OrderRefused(
            OrdRejReason.OTHER,
            f"Account(1) {account!r} cannot be checked: directory {name} has not answered {since}",
        )

    def freshen(
        self, session: SessionKey, places: Iterable[tuple[str, str]], now: Now
    ) -> None:
        """Have it queried if its answer on one of *places* is older than it should be."""
        for venue, account in places:
            known = self.known.get(account)
            old = known is None or now.mono_ms - known.asked_at_ms > self.terms.refresh_ms
            if old and self.decides(session, venue, account):
                self._emit(LookUpAccount(self.terms.name))
                return

    def bars(self, session: SessionKey, venue: str, account: str, now: Now) -> bool:
        """Return True if it answers, and its answer counts, that *session* is not admitted for
        *account*."""
        known = self.known.get(account)
        return (
            known is not None and known.barred and known.until_ms >= now.mono_ms
            and self.terms.refuse_logon and self.decides(session, venue, account)
        )


def _barred(account: str, state: AccountState | None) -> Refusal | None:
    """Return the reason why *account* may not trade, whatever its margin; None if it may."""
    if state is None:
        why = "is unknown to the directory"
    elif not state.enabled:
        why = "is disabled"
    elif state.read_only:
        why = "is read-only"
    else:
        return None
    return OrdRejReason.UNKNOWN_ACCOUNT, f"Account(1) {account!r} {why}"


def _short_of_margin(
    account: str, state: AccountState | None, needed: Decimal | Mapping[str, Decimal] | None
) -> Refusal | None:
    """Return the reason why *account* has too little margin to trade; None if it has enough."""
    assert state is not None, "who is unknown is barred"
    if needed is None:
        return None
    least = needed if isinstance(needed, Decimal) else needed.get(state.currency)
    name, free = f"Account(1) {account!r}", state.free_margin
    if least is None:
        why = f"{name}: no min_free_margin is set for its currency {state.currency!r}"
    elif free is None:
        why = f"{name}: nothing is known of its free margin"
    elif free < least:
        unit = f" {state.currency}".rstrip()
        why = f"{name} has {text(free)}{unit} of free margin, {text(least)} is needed"
    else:
        return None
    return OrdRejReason.EXCEEDS_LIMIT, why

"""Balances by account and currency, available or frozen for open orders.

Amounts only ever move, so the sum of a currency over all accounts changes by deposits alone. No
balance may go below zero: a caller that asks for it gets an error and nothing is booked.
"""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from fixgw.sandbox.exact import exact


class InsufficientFunds(Exception):
    """The account has less than the booking needs."""

    def __init__(self, account: str, currency: str, needed: Decimal, present: Decimal) -> None:
        super().__init__(f"{account} has {present:f} {currency}, {needed:f} needed")
        self.currency = currency


class Balance(Struct, frozen=True):
    """One account's balance of one currency."""

    available: Decimal = Decimal(0)
    frozen: Decimal = Decimal(0)

    @property
    def amount(self) -> Decimal:
        """All of it."""
        return self.available + self.frozen


EMPTY = Balance()


class Ledger:
    """The balances of one venue's customers."""

    def __init__(self) -> None:
        self._accounts: dict[str, dict[str, Balance]] = {}

    def balance(self, account: str, currency: str) -> Balance:
        """Return *account*'s balance of *currency*; zero, if it never had any."""
        return self._accounts.get(account, {}).get(currency, EMPTY)

    def balances(self, account: str) -> Iterator[tuple[str, Balance]]:
        """(currency, balance) of everything *account* ever held."""
        return iter(self._accounts.get(account, {}).items())

    @exact
    def total(self, currency: str) -> Decimal:
        """Return the sum of *currency* over all accounts."""
        held = (books.get(currency, EMPTY) for books in self._accounts.values())
        return sum((balance.amount for balance in held), Decimal(0))

    @exact
    def receive(self, account: str, currency: str, amount: Decimal) -> None:
        """Add to what is available."""
        old = self.balance(account, currency)
        self._book(account, currency, old.available + amount, old.frozen)

    @exact
    def freeze(self, account: str, currency: str, amount: Decimal) -> None:
        """Set aside for an order."""
        old = self.balance(account, currency)
        self._book(account, currency, old.available - amount, old.frozen + amount)

    @exact
    def release(self, account: str, currency: str, amount: Decimal) -> None:
        """Give back what an order no longer needs."""
        old = self.balance(account, currency)
        self._book(account, currency, old.available + amount, old.frozen - amount)

    @exact
    def spend(self, account: str, currency: str, amount: Decimal) -> None:
        """Pay out of what was set aside."""
        old = self.balance(account, currency)
        self._book(account, currency, old.available, old.frozen - amount)

    def _book(self, account: str, currency: str, available: Decimal, frozen: Decimal) -> None:
        if available < 0 or frozen < 0:
            old = self.balance(account, currency)
            short, present = (
                (available, old.available) if available < 0 else (frozen, old.frozen)
            )
            raise InsufficientFunds(account, currency, present - short, present)
        self._accounts.setdefault(account, {})[currency] = Balance(available, frozen)

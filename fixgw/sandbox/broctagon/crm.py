"""Users and trading accounts: the CRM's own record. No socket and no clock in here."""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from fixgw.sandbox.broctagon.config import AccountSettings, Settings, UserSettings
from fixgw.sandbox.broctagon.wire import (
    AccountRef,
    AccountView,
    ListView,
    Refusal,
    TransferBody,
    UserView,
    number,
)
from fixgw.sandbox.exact import average, exact, is_plain

LIMIT_DEFAULT, LIMIT_MAX = 10, 500
LEVEL_PLACES = 2
PERCENT = 100


class Account(Struct):
    """One account as it stands."""

    terms: AccountSettings

    @exact
    def view(self, user: UserSettings | None) -> AccountView:
        """Return the account as a list shows it. No position has a profit here, so the equity is
        the amount paid in."""
        terms = self.terms
        equity = terms.balance + terms.credit
        free = equity - terms.margin
        level = Decimal(0)
        if terms.margin:
            level = average(equity * PERCENT, terms.margin, LEVEL_PLACES)
        return AccountView(
            login=terms.login, group=terms.group, currency=terms.currency,
            balance=number(terms.balance), credit=number(terms.credit),
            available_withdrawal=number(free - terms.credit), leverage=terms.leverage,
            equity=number(equity), margin_free=number(free), margin=number(terms.margin),
            margin_level=number(level), name=user.name if user else "",
            email=user.email if user else "", enable=int(terms.enable),
            enable_readonly=int(terms.enable_readonly),
        )

    @exact
    def pay_in(self, amount: Decimal) -> None:
        """A deposit, or with a negative amount a withdrawal."""
        terms = self.terms
        if amount < 0 and terms.balance - terms.margin < -amount:
            raise Refusal(400, "insufficient_funds")
        self.terms = replace(terms, balance=terms.balance + amount)


class Crm:
    """All users and accounts, in the order of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._connections = frozenset(settings.connections)
        self._users = {user.id: user for user in settings.users}
        self._repeat_ms = settings.behaviour.repeat_seconds * 1000
        self._accounts = {_key(each): Account(each) for each in settings.accounts}
        self._comments: dict[tuple[int, str], int] = {}

    def accounts(
        self, platform: str, connection_id: str, user_id: str, skip: int, limit: int
    ) -> ListView:
        """Return a part of the list of one connection."""
        if connection_id not in self._connections:
            raise Refusal(400, f"{platform}_connection_not_found")
        every = [
            each for (its_platform, its_connection, _), each in self._accounts.items()
            if (its_platform, its_connection) == (platform, connection_id)
            and user_id in ("", each.terms.user_id)
        ]
        part = every[skip:skip + limit]
        return ListView(
            len(every), [each.view(self._users.get(each.terms.user_id)) for each in part]
        )

    def users(self, type: str, suspended: str, skip: int, limit: int) -> ListView:
        """Return a part of the list of users; "" for what is not asked for."""
        every = [
            user for user in self._users.values()
            if type in ("", user.type) and suspended in ("", str(user.suspended).lower())
        ]
        return ListView(len(every), [self._user(user) for user in every[skip:skip + limit]])

    def _user(self, user: UserSettings) -> UserView:
        refs = [
            AccountRef(platform=platform, connection_id=connection, trading_id=str(login))
            for (platform, connection, login), account in self._accounts.items()
            if account.terms.user_id == user.id
        ]
        return UserView(
            id=user.id, name=user.name, email=user.email, type=user.type,
            kyc_status="verified", trading_accounts=refs,
        )

    def transfer(self, login: int, body: TransferBody, sign: int, now: int) -> bool:
        """Pay in or out; whether it was done: False if its comment came a moment ago."""
        if body.connection_id not in self._connections:
            raise Refusal(400, "mt4_connection_not_found")
        account = self._accounts.get(("mt4", body.connection_id, login))
        if account is None:
            raise Refusal(400, "mt4_account_not_found")
        if not is_plain(body.amount) or body.amount <= 0 or (
            body.currency != account.terms.currency
        ):
            raise Refusal(400, "invalid_request", "amount or currency")
        last = self._comments.get((login, body.comment))
        if last is not None and now - last < self._repeat_ms:
            return False
        account.pay_in(sign * body.amount)
        self._comments[login, body.comment] = now
        return True

    def every_account(self) -> list[AccountSettings]:
        """For the operator."""
        return [account.terms for account in self._accounts.values()]

    def put(self, account: AccountSettings) -> None:
        """Add it, or change what it was: the broker's back office."""
        if account.connection_id not in self._connections:
            raise ValueError(f"connection {account.connection_id!r} is not defined")
        self._accounts[_key(account)] = Account(account)

    def remove(self, account: AccountSettings) -> None:
        """It was deleted."""
        self._accounts.pop(_key(account), None)


def _key(terms: AccountSettings) -> tuple[str, str, int]:
    return terms.platform, terms.connection_id, terms.login

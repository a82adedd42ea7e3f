"""Settings of one Broctagon CRM: the table `[directories.NAME]` of gateway.toml.

Holds values and the rules between them. Facts that the vendor's pages do not show are assumptions
with a switch each, off or on the safe side: docs/venues/broctagon.md lists them.
"""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from fixgw.directory.config import DirectoryConfig
from fixgw.runtime.secrets import Secret

Platform = Literal["mt4", "mt5"]
Seconds = Annotated[float, Meta(gt=0)]

MT4_ACCOUNTS = "/public/v1/mt4/accounts"
"""Vendor, "Get MT4 Accounts"."""

LIMIT_MAX = 500
"""Records of one answer: vendor, "Get MT4 Accounts", `limit`."""

LOGIN = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
"""A number of the trading platform, as Account(1) writes it."""

ENCRYPTED_NOT_NEEDED = frozenset({"127.0.0.1", "::1", "localhost"})


class Listing(Struct, frozen=True):
    """One list of accounts at the CRM."""

    platform: Platform
    connection_id: str
    user_id: str = ""


class AccountAt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The CRM's account of one Account(1); the table above supplies missing values."""

    login: Annotated[int, Meta(ge=1)]
    platform: Platform | None = None
    connection_id: str = ""
    user_id: str = ""


class BroctagonConfig(DirectoryConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole table."""

    url: str
    """The CRM's address, up to and without `/public/v1`. Encrypted, if not on this machine."""

    key: Secret
    """The API key: CRM Back Office - Settings - Dev Space - Open API Keys."""

    platform: Platform = "mt4"
    """The trading platform of accounts that do not name one."""

    connection_id: str = ""
    """The platform's connection in the CRM, for accounts that do not name one."""

    account_is_login: bool = False
    """True: an Account(1) of digits that is not in `accounts` is itself the login."""

    accounts: dict[str, AccountAt] = {}
    """Account(1) -> the CRM's account."""

    mt5_path: str = ""
    """ASSUMPTION. The path of MT5's list of accounts, such as /public/v1/mt5/accounts; "": MT5
    accounts cannot be looked up. The vendor's page was not seen; the list is read like MT4's."""

    silent_is_read_only: bool = True
    """ASSUMPTION. True: an account without `enable_readonly` is read-only."""

    page_size: Annotated[int, Meta(ge=1, le=LIMIT_MAX)] = LIMIT_MAX
    """Records per answer."""

    accounts_max: Annotated[int, Meta(ge=1)] = 100_000
    """A list with a higher count is not read."""

    requests_per_second: Annotated[int, Meta(ge=0)] = 5
    """ASSUMPTION. Requests in any second, 0: no limit. The vendor names none."""

    connect_timeout_seconds: Seconds = 3.0
    """For a connection, TLS included."""

    request_timeout_seconds: Seconds = 10.0
    """From the first byte sent to the whole answer."""

    attempts: Annotated[int, Meta(ge=1, le=10)] = 3
    """Requests for one page before the look-up is given up."""

    backoff_min_seconds: Seconds = 0.25
    """Pause before the second attempt; doubles with each, with jitter."""

    backoff_max_seconds: Seconds = 30.0
    """The longest pause between two attempts, and the longest Retry-After that is obeyed."""

    def __post_init__(self) -> None:
        super().__post_init__()
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url: an address such as https://crm.example.com")
        if parts.query or parts.fragment or parts.username is not None:
            raise ValueError("url: scheme, host, port and path only")
        if parts.scheme == "http" and parts.hostname not in ENCRYPTED_NOT_NEEDED:
            raise ValueError("url must begin with https: the key goes with each request")
        if not self.key.reveal().isascii() or not self.key.reveal().isprintable():
            raise ValueError("key: printable ASCII only, as a header needs it")
        if self.mt5_path and not re.fullmatch(r"/[!-~]*", self.mt5_path):
            raise ValueError("mt5_path must begin with / and hold no spaces")
        if self.backoff_max_seconds < self.backoff_min_seconds:
            raise ValueError("backoff_max_seconds is less than backoff_min_seconds")
        if not self.accounts and not self.account_is_login:
            raise ValueError("no account is named: fill accounts, or set account_is_login = true")
        if self.account_is_login:
            self._check("account_is_login", self.platform, self.connection_id)
        for name, at in self.accounts.items():
            self._check(f"accounts.{name}", at.platform or self.platform,
                        at.connection_id or self.connection_id)

    def _check(self, what: str, platform: Platform, connection_id: str) -> None:
        if not connection_id:
            raise ValueError(f"{what} needs a connection_id")
        if platform == "mt5" and not self.mt5_path:
            raise ValueError(
                f"{what} is of mt5, whose list of accounts is an assumption: set mt5_path, such as "
                "/public/v1/mt5/accounts, if your CRM has it there"
            )

    def place(self, account: str) -> tuple[Listing, int] | None:
        """Return the list and the login of *account*, or None if the settings do not define
        them."""
        at = self.accounts.get(account)
        if at is not None:
            listing = Listing(
                at.platform or self.platform, at.connection_id or self.connection_id, at.user_id
            )
            return listing, at.login
        if self.account_is_login and LOGIN.fullmatch(account):
            return Listing(self.platform, self.connection_id), int(account)
        return None

    def path(self, platform: Platform) -> str:
        """Return the path of *platform*'s list of accounts."""
        return MT4_ACCOUNTS if platform == "mt4" else self.mt5_path

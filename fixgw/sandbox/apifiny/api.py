"""From a signed request to the bytes of its reply: key, rate limit, call and venue are checked,
then the call is made.

Sans-IO, and the same for REST and for the 2022 socket. The order of the checks is ours
(ASSUMPTION): signature, rate, parameters, account, permission, venue. A refusal is a reply like any
other: the manual answers application errors with HTTP 200.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from msgspec import Struct

from fixgw.sandbox.apifiny.auth import Keys
from fixgw.sandbox.apifiny.calls import Access, Call, PublicCall, Scope, VenueRule
from fixgw.sandbox.apifiny.codes import Code, Refusal, bad_request
from fixgw.sandbox.apifiny.config import AccountSettings, KeySettings
from fixgw.sandbox.apifiny.exchange import Exchange
from fixgw.sandbox.apifiny.limits import RateLimit
from fixgw.sandbox.apifiny.params import OrderIdOnly, Unreadable, read
from fixgw.sandbox.apifiny.wire import encode, failure, success
from fixgw.sandbox.faults import Faults

# The unified url, and the word some calls take for "all venues".
ALL_VENUES = frozenset({"APIFINY", "GBBO"})


class Reply(Struct, frozen=True):
    """The answer, and its receiver, if that is known."""

    body: bytes
    account_id: str | None = None


class Api:
    """The venue's API, with no wire on it."""

    def __init__(self, exchange: Exchange, faults: Faults) -> None:
        settings = exchange.settings
        self._faults = faults
        self.exchange = exchange
        self.keys = Keys(settings.keys, settings.behaviour.recv_window_ms)
        self._rate = RateLimit(settings.behaviour.requests_per_second)
        self._accounts = {account.account_id: account for account in settings.accounts}

    def answer_public(self, call: PublicCall, path_venue: str | None, now: int) -> Reply:
        """Answer a call that anybody may make."""
        try:
            host = self.host_venue(path_venue)
        except Refusal as refusal:
            return Reply(failure(refusal))
        return Reply(success(call.answer(self.exchange, host, now)))

    def answer(
        self,
        call: Call,
        path_venue: str | None,
        headers: Mapping[str, str],
        sent: bytes,
        now: int,
    ) -> Reply:
        """Answer a REST call. *sent* is the body of a POST or the raw query of a GET."""
        account_id = None
        try:
            signed = raw = sent
            if call.method == "GET":
                signed, raw = unescaped(sent), query_json(sent)
            key = self.keys.authenticate(headers, signed, raw, now)
            account_id = key.account_id
            host = self.host_venue(path_venue)
            return self._perform(call, key, host, raw, now, default_account=None)
        except Refusal as refusal:
            return Reply(failure(refusal), account_id)

    def answer_action(
        self, call: Call, key: KeySettings, host: str | None, data: bytes, now: int
    ) -> Reply:
        """Answer an action of the 2022 socket, where the account goes without saying."""
        try:
            return self._perform(call, key, host, data, now, default_account=key.account_id)
        except Refusal as refusal:
            return Reply(failure(refusal), key.account_id)

    def account(self, key: KeySettings) -> AccountSettings:
        """Return the account of a key."""
        return self._accounts[key.account_id]

    def note_new_order(self, sent: bytes) -> None:
        """Count a newOrder that has arrived, whatever becomes of it."""
        try:
            order_id = read(sent, OrderIdOnly).order_id
        except Unreadable:
            return
        if order_id:
            self.exchange.new_order_calls[order_id] += 1

    def host_venue(self, path_venue: str | None) -> str | None:
        """Return the one venue a path stands for; None, if it stands for all."""
        if path_venue is None:
            return self.exchange.settings.behaviour.colocated_venue or None
        if path_venue in ALL_VENUES:
            return None
        return self.exchange.venue(path_venue).name

    def _perform(
        self,
        call: Call,
        key: KeySettings,
        host: str | None,
        raw: bytes,
        now: int,
        default_account: str | None,
    ) -> Reply:
        self._rate.count(key.account_id, now)
        try:
            params = read(raw, call.params)
        except Unreadable as error:
            raise bad_request(str(error)) from None
        self._check_account(params.account_id or default_account, key)
        account = self.account(key)
        _check_access(call, key, account)
        scope = Scope(account, self._venue(call, host, params.venue), now)
        result = call.answer(self.exchange, scope, params)
        if isinstance(result, list) and (lists := self._faults.for_list(call.name)):
            result = lists.rows(result)
            if call.name == "queryOrderInfo" and not result:
                raise Refusal(Code.ORDER_NOT_EXIST)
        bare = call.bare and self.exchange.settings.behaviour.bare_lists
        return Reply(encode(result) if bare else success(result), key.account_id)

    def _check_account(self, account_id: str | None, key: KeySettings) -> None:
        if account_id is None:
            raise bad_request("accountId is missing")
        if account_id not in self._accounts:
            raise Refusal(Code.ACCOUNT_NOT_EXIST)
        if account_id != key.account_id:
            raise Refusal(Code.PERMISSION_DENIED)

    def _venue(self, call: Call, host: str | None, named: str | None) -> str | None:
        """Return the venue of the call, or None; `venue` must agree with the url it came in by."""
        if call.venue is VenueRule.OPTIONAL and (named is None or named in ALL_VENUES):
            return host
        if named is None:
            raise bad_request("venue is missing")
        if named in ALL_VENUES:
            # Smart order routing, which this sandbox does not do.
            raise Refusal(Code.EXCHANGE_IN_MAINTENANCE)
        venue = self.exchange.venue(named).name
        if host not in (None, venue):
            raise Refusal(Code.VENUE_MISMATCH)
        return venue


def unescaped(query: bytes) -> bytes:
    """Return the text that a GET signs: the query in sending order, without its escapes."""
    return unquote(query.decode(errors="replace")).encode()


def query_json(query: bytes) -> bytes:
    """Return the parameters of a query as a JSON object of strings; empty ones are left out."""
    return encode(dict(parse_qsl(query.decode(errors="replace"))))


def _check_access(call: Call, key: KeySettings, account: AccountSettings) -> None:
    """Refuse by "Account Status": RESTRICTED may only query, SUSPENDED may do nothing."""
    trades = call.access is Access.TRADE
    if account.status == "SUSPENDED" or (account.status == "RESTRICTED" and trades):
        raise Refusal(Code.ACCOUNT_STATUS)
    if trades and not key.can_trade:
        raise Refusal(Code.PERMISSION_DENIED)

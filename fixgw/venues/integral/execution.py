"""Integral as a VenueAdapter: joins the parts of this folder and distributes the work.

It decides which account's order entry handles a command, and nothing else. A command for an account
or a place that is no longer configured is answered, not lost.
"""

import random
from collections.abc import Iterator, Mapping, Sequence

from fixgw.model.capabilities import Capabilities
from fixgw.model.effects import EndedOrder, ReplaceOrder, SubmitOrder, VenueCommand
from fixgw.model.enums import OrdType, TimeInForce
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.venue import ConnectionHealth, InstrumentsLoaded, StreamRestored
from fixgw.runtime.clock import Clock
from fixgw.venues.base import BaseAdapter
from fixgw.venues.http import HttpClient
from fixgw.venues.integral import symbols
from fixgw.venues.integral.build import EXPIRY_SECONDS_MAX
from fixgw.venues.integral.config import IntegralConfig
from fixgw.venues.integral.login import KEPT_HEADERS, Login
from fixgw.venues.integral.order_entry import OrderEntry
from fixgw.venues.integral.trading_halt import TradingHalt
from fixgw.venues.kit import names
from fixgw.venues.strangers import Strangers
from fixgw.venues.stream import Random


NO_REPLACE = (
    "replacing is off: the vendor shows no order with originalCoId; cancel the order and send "
    "another"
)

_GTC, _IOC = TimeInForce.GOOD_TILL_CANCEL, TimeInForce.IMMEDIATE_OR_CANCEL
_FOK, _GTD = TimeInForce.FILL_OR_KILL, TimeInForce.GOOD_TILL_DATE


class Integral(BaseAdapter):
    """One configured Integral venue."""

    def __init__(
        self,
        name: VenueName,
        config: IntegralConfig,
        *,
        clock: Clock | None = None,
        random: Random = random.random,
    ) -> None:
        super().__init__(name, accounts=config.accounts, clock=clock, random=random)
        self.capabilities = capabilities(config)
        self._config = config
        self._symbols = frozenset(config.instruments)
        self._told_what_trades = False
        self._halt = TradingHalt(name, self._tell)
        self._entries: dict[str, OrderEntry] = {}

    def venue_order_id(self, order_id: OrderID, account: str) -> VenueOrderID:
        """The order's name at the venue: a pure function, so a restart finds it again."""
        return names.venue_order_id(order_id, self._config.co_id_prefix)

    # -------------------------------------------------------- its operator

    def _connections(self) -> Iterator[ConnectionHealth]:
        return (entry.polling.connection() for entry in self._entries.values())

    def _skews(self) -> list[int]:
        skews = (entry.login.skew_ms for entry in self._entries.values())
        return [skew_ms for skew_ms in skews if skew_ms is not None]

    def reconcile(self) -> None:
        """Have the core ask about every open order, and list what else is active."""
        super().reconcile()
        for entry in self._entries.values():
            entry.polling.list_now()

    def resume(self) -> None:
        """Let new orders leave again after HTTP 500."""
        self._halt.resume()

    # ----------------------------------------------------------- its life

    def _begin(self) -> None:
        http = self._open_http(self._config, KEPT_HEADERS)
        for account in self._config.accounts:
            self._start_account(account, http)

    def _start_account(self, name: str, http: HttpClient) -> None:
        config = self._config
        account = config.accounts[name]
        login = Login(
            name=name,
            account=account,
            config=config,
            http=http,
            clock=self._clock,
            random=self._random,
        )
        entry = self._entries[name] = OrderEntry(
            account=name,
            config=config,
            login=login,
            clock=self._clock,
            random=self._random,
            halt=self._halt,
            deliver=self._tell,
            strangers=Strangers(self.name, self._tell),
            restored=lambda: self._restored(name),
        )
        self._run(login.keep(), f"{name} login")
        self._run(entry.polling.poll(), f"{name} polling")
        if config.corrections_hours:
            self._run(entry.polling.look_back(), f"{name} corrections")
        self._start_workers(entry, config.rest_workers, name)

    def _restored(self, account: str) -> None:
        """The venue answers (again): what happened while it did not is asked for by the core."""
        if not self._told_what_trades:
            self._told_what_trades = True
            found = symbols.instruments(self._config, self.name)
            self._tell(InstrumentsLoaded(self.name, found))
        self._tell(StreamRestored(self.name, account))

    def recall(self, ended: Sequence[EndedOrder]) -> None:
        """Look for corrections of what ended before this process began."""
        for each in ended:
            entry = self._entries.get(each.order.account)
            if entry is not None:
                entry.recall(each)

    # --------------------------------------------------------------- work

    def perform(self, commands: Sequence[VenueCommand]) -> None:
        """Take commands on, in order; each is answered through `deliver`, now or later."""
        for command in commands:
            order = command.order
            entry = self._entries.get(order.account)
            place = f"{order.symbol} for {order.account}"
            if entry is None:
                self._no_such_place(command, place)
                continue
            match command:
                case SubmitOrder() | ReplaceOrder() if order.symbol not in self._symbols:
                    self._no_such_place(command, place)
                case ReplaceOrder() if not self.capabilities.replace:
                    self._refuse(command, self.capabilities.replace_text)
                case _:
                    entry.take(command)


# ----------------------------------------------- the declared Capabilities, by the settings


def capabilities(config: IntegralConfig) -> Capabilities:
    """Of one configured venue."""
    times = _times(config)
    terms = _terms(config)
    return Capabilities(
        ord_types=frozenset(times),
        times_in_force=frozenset().union(*times.values()),
        times_in_force_of=times,
        post_only=False,
        cash_order_qty=False,
        market_needs_price=True,
        # At best and Algo: the vendor's table has no price for them.
        market_without_price=frozenset({_FOK, _GTC}),
        needs=_needs(config),
        terms=frozenset().union(*terms.values()),
        terms_of=terms,
        expire_seconds_max=EXPIRY_SECONDS_MAX,
        # "Cancel a single active order": one that is RECEIVED is not active yet.
        cancel_before_accepted=False,
        replace=config.replace_by_original_co_id,
        replace_text=NO_REPLACE,
        pushes=False,
        corrections_hours=config.corrections_hours,
        absence_proof_ms=int(config.absence_proof_seconds * 1000),
        orders_waiting_max=config.queue_limit,
        client_order_id=_client_order_id(config),
        limits=_limits(config),
    )


def _times(config: IntegralConfig) -> dict[OrdType, frozenset[TimeInForce]]:
    """Market takes DAY as well: the core lets it pass, as it never rests."""
    times = {
        OrdType.LIMIT: frozenset({_GTC, _IOC, _GTD}) | ({_FOK} if config.limit_fok else set()),
        OrdType.MARKET: frozenset({_IOC, _FOK, _GTC}),
        OrdType.STOP: frozenset({_GTC}),
        OrdType.PREVIOUSLY_QUOTED: frozenset({_FOK}),
    }
    if config.stop_limit:
        times[OrdType.STOP_LIMIT] = times[OrdType.STOP]
    return times


def _terms(config: IntegralConfig) -> Mapping[OrdType, frozenset[str]]:
    always = {"currency"}
    if any(account.on_behalf_of for account in config.accounts.values()):
        always.add("on_behalf_of")
    terms = {
        OrdType.LIMIT: {"expire_time"} | ({"target_strategy"} if config.algo_price else set()),
        OrdType.MARKET: {"settl_date", "target_strategy"},
        OrdType.STOP: {"stop_px", "exec_inst"},
        OrdType.PREVIOUSLY_QUOTED: {"quote_id"},
    }
    if config.stop_limit:
        terms[OrdType.STOP_LIMIT] = terms[OrdType.STOP]
    return {ord_type: frozenset(always | names) for ord_type, names in terms.items()}


def _needs(config: IntegralConfig) -> Mapping[OrdType, frozenset[str]]:
    stop = frozenset({"price"} if config.stop_trigger else {"price", "exec_inst"})
    needs = {OrdType.STOP: stop, OrdType.PREVIOUSLY_QUOTED: frozenset({"price"})}
    if config.stop_limit:
        needs[OrdType.STOP_LIMIT] = stop
    return needs


def _client_order_id(config: IntegralConfig) -> str:
    form = f"{config.co_id_prefix!r} and 16 digits" if config.co_id_prefix else "16 digits"
    return f"coId: {form}, never used twice; the vendor says only that it is a string"


def _limits(config: IntegralConfig) -> tuple[str, ...]:
    rate = f"{config.requests_per_second} requests in any second" \
        if config.requests_per_second else "no limit of requests"
    return (
        f"{rate} for each account (requests_per_second; the vendor documents none)",
        f"an order with an end lives {EXPIRY_SECONDS_MAX} s at most",
    )

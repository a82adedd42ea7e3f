"""Integral as a VenueAdapter: joins the parts of this folder and hands out the work.

It decides which desk does a command, and nothing else. A command that names
an account or a place that is no longer configured is answered, not lost.
"""

import random
from collections.abc import Sequence

from fixgw.model.effects import CancelOrder, QueryOrder, ReplaceOrder, SubmitOrder, VenueCommand
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.venue import InstrumentsLoaded, StreamRestored, VenueHealth
from fixgw.runtime.clock import Clock
from fixgw.venues.base import BaseAdapter
from fixgw.venues.http import HttpClient
from fixgw.venues.integral import abilities, ids, symbols
from fixgw.venues.integral.config import IntegralConfig
from fixgw.venues.integral.desk import Desk
from fixgw.venues.integral.halt import Halt
from fixgw.venues.integral.login import KEPT_HEADERS, Login
from fixgw.venues.stream import Random
from fixgw.venues.strangers import Strangers


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
        self.capabilities = abilities.capabilities(config)
        self._config = config
        self._symbols = frozenset(config.instruments)
        self._told_what_trades = False
        self._halt = Halt(name, self._tell)
        self._desks: dict[str, Desk] = {}

    def venue_order_id(self, order_id: OrderID, account: str) -> VenueOrderID:
        """The order's name at the venue: a pure function, so a restart finds it again."""
        return ids.co_id(order_id, self._config.co_id_prefix)

    # -------------------------------------------------------- its operator

    def health(self) -> VenueHealth:
        """A connection for each account: whether its last list of active orders was answered."""
        desks = [desk.status() for desk in self._desks.values()]
        skews = [desk.clock_ahead_ms for desk in desks if desk.clock_ahead_ms is not None]
        return VenueHealth(
            connections=tuple(desk.connection for desk in desks),
            clock_skew_ms=max(skews, key=abs, default=None),
            headroom=tuple(desk.headroom for desk in desks if desk.headroom is not None),
            instruments=super().health().instruments,
        )

    def reconcile(self) -> None:
        """Have the core ask about every open order, and list what else is active."""
        super().reconcile()
        for desk in self._desks.values():
            desk.list_now()

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
        desk = self._desks[name] = Desk(
            name=name,
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
        self._run(desk.poll(), f"{name} polling")
        for number in range(config.rest_workers):
            self._run(desk.work(), f"{name} worker {number}")

    def _restored(self, account: str) -> None:
        """The venue answers (again): what happened while it did not is asked for by the core."""
        if not self._told_what_trades:
            self._told_what_trades = True
            found = symbols.instruments(self._config, self.name)
            self._tell(InstrumentsLoaded(self.name, found))
        self._tell(StreamRestored(self.name, account))

    # --------------------------------------------------------------- work

    def perform(self, commands: Sequence[VenueCommand]) -> None:
        """Take commands on, in order; each is answered through `deliver`, now or later."""
        for command in commands:
            order = command.order
            desk = self._desks.get(order.account)
            place = f"{order.symbol} for {order.account}"
            if desk is None:
                self._no_such_place(command, place)
                continue
            match command:
                case SubmitOrder() | ReplaceOrder() if order.symbol not in self._symbols:
                    self._no_such_place(command, place)
                case SubmitOrder():
                    desk.submit(command)
                case CancelOrder():
                    desk.cancel(command)
                case QueryOrder():
                    desk.query(command)
                case ReplaceOrder() if self.capabilities.replace:
                    desk.replace(command)
                case ReplaceOrder():
                    self._refuse(command, self.capabilities.replace_text)

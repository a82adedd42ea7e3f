"""Whatever a client and a venue say, and whenever: nothing raises, and no report contradicts
another. The venue here tells the truth, lies, repeats itself and answers what nobody asked.

The machines are steered: client and venue mostly mean what is there, so that each run meets every
kind of replace, cancel and doubt. How often is counted, and a run that met too little fails.
"""

import sys
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from fixgw.core.orders.leg import Leg
from fixgw.model.effects import ReplaceOrder
from fixgw.model.enums import (
    CLOSED,
    Command,
    CxlRejReason,
    CxlRejResponseTo,
    ExecType,
    OrdStatus,
    Verdict,
)
from fixgw.model.errors import BusinessRefused, VerdictRefused
from fixgw.model.events import (
    CancelDecided,
    CancelRefusedByVenue,
    CancelRejected,
    CancelRequested,
    OrderPlaced,
    OrderReplaced,
    OutcomeUnknown,
    ReplacedInFull,
    ReplacementSubmitted,
    ReplaceRejected,
    ReplaceRequested,
    Rerouted,
    SubmittedAgain,
    VenueCanceled,
    VenueExpired,
    VenueFill,
    VenueRefused,
    VerdictRecorded,
)
from fixgw.model.ids import OrderID
from fixgw.model.number import ZERO
from fixgw.model.reports import (
    ExecutionReport,
    OrderCancelReject,
    OrderMassCancelReport,
    Report,
)
from fixgw.model.session_events import MassCancelBegun
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    Fill,
    NewsUnreadable,
    OrderUpdate,
    QueryFailed,
    Refused,
    Unknown,
    VenueHeld,
    VenueInput,
    VenueNotice,
    VenueStatus,
)
from tests.support import order_view as view
from tests.support.ledger import Ledger
from tests.support.orders import (
    ABSENCE_PROOF_MS,
    ACCOUNTS,
    CAPABILITIES,
    INSTRUMENTS,
    START_MS,
    VENUE,
    Exchange,
    state,
    stream_restored,
)

KNOWN_NAMES = ("A", "B", "C", "D", "E", "F")
CL_ORD_IDS = st.sampled_from(KNOWN_NAMES)
NAMES = st.sampled_from(("", "", "", "", "", "", "A", "B", "C", "D"))
"""Of a request: mostly one that nobody used before."""
RESEND = st.sampled_from(("", "", "", "|97=Y"))
WHICH = st.integers(0, 5)
QUANTITIES = st.integers(0, 12).map(Decimal)
STATUSES = st.sampled_from(VenueStatus)
SYMBOLS = st.sampled_from(("BTC/USDT", "BTC/USDT", "BTCUSDT", "ETH/USDT", "ETHUSDT"))
SCOPES = st.sampled_from((
    "", "", "|54=1", "|54=2", "|1=ACCOUNT", "|1=OTHER", "|207=ACME", "|207=ELSE",
    "|530=1|585=1|55=BTC/USDT", "|530=1|585=1|55=ETHUSDT", "|530=1|585=1|55=ETH/USDT|54=2|1=OTHER",
))
"""Of a request about many orders: what they have to have."""
NATIVE_IDS = st.sampled_from(("", "", "n1", "n2", "n3"))

FILLS = st.builds(
    Fill,
    cum_qty=QUANTITIES,
    last_qty=st.integers(0, 6).map(Decimal),
    last_px=st.sampled_from((Decimal(99), Decimal("100.5"))),
    at=st.just(0),
    venue_exec_id=st.sampled_from(("", "t1", "t2", "t3", "5")),
)

KNOWN = st.fixed_dictionaries(
    {},
    optional={
        "cum_qty": QUANTITIES,
        "avg_px": st.sampled_from((Decimal(0), Decimal(100))),
        "fill": FILLS,
        "fills": st.lists(FILLS, max_size=3).map(tuple),
        "asked": st.booleans(),
        "native_id": NATIVE_IDS,
        "attempt": st.sampled_from((0, 1)),
    },
)

MASS_CANCEL = "OrderMassCancelRequest(35=q) "
"""What Text(58) of what follows from one begins with."""

DAY_MS = 3_600_000

SETTLE_ROUNDS = 40
SETTLE_MS = 31_000
"""Longer than any pause between two questions."""


class AnyInput(RuleBasedStateMachine):
    """Any client and any venue."""

    replaces = False
    """Whether the venue replaces in one step."""
    by_cancel = False
    """Whether the client wants it to be done by a cancel and a new order."""
    exchange_type: type[Exchange] = Exchange

    def __init__(self, reached: Counter[str] | None = None) -> None:
        super().__init__()
        self.reached: Counter[str] = Counter() if reached is None else reached
        capabilities = replace(CAPABILITIES, replace=self.replaces)
        self.exchange = self.exchange_type(
            capabilities, replace_by_cancel=self.by_cancel, instruments=INSTRUMENTS,
            accounts=ACCOUNTS, day_ends=_day_ends,
        )
        self.ledger = Ledger()
        self.told: list[Report] = []
        self.at_once: list[Report] = []
        """Those that answer a request that was not taken on."""
        self.requested: Counter[tuple[CxlRejResponseTo, str]] = Counter()
        """The cancels and replaces that were taken on."""
        self.nameless: set[str] = set()
        """The orders of cancels that had no ClOrdID(11) of their own."""
        self.held = False
        self.scopes: dict[str, dict[str, str]] = {}
        """Of each request about many orders: what they have to have, by tag."""
        self.names = 0
        self.seen_events = self.seen_commands = 0

    # ------------------------------------------------------------------ what is there

    @property
    def engine_orders(self) -> list[Leg]:
        return view.orders_at_venue(self.exchange.engine)

    @property
    def live(self) -> list[Leg]:
        """The orders that a client can mean and of which something may work."""
        orders = [order for order in self.engine_orders if view.standing(order) is order]
        return [order for order in orders if view.is_open(order)]

    @property
    def at_venue(self) -> list[Leg]:
        return self.engine_orders

    @property
    def working(self) -> list[Leg]:
        """What may be executed at the venue."""
        return [
            order for order in self.engine_orders
            if not view.has_not_left(order) and not view.ended(order)
        ]

    @property
    def over(self) -> list[Leg]:
        """What has ended, or was replaced, and may be executed even so."""
        return [order for order in self.engine_orders if view.ended(order)]

    @property
    def replaced_open(self) -> list[Leg]:
        """What was replaced and may have executed more than was told."""
        return [o for o in self.engine_orders if view.was_replaced(o) and not view.all_is_known(o)]

    def _name(self, name: str) -> str:
        if name:
            return name
        self.names += 1
        return f"N{self.names}"

    # ---------------------------------------------------------------------- the client

    @initialize(
        sizes=st.lists(st.sampled_from(("38=10", "38=10|59=0", "38=8", "40=1|152=1000")),
                       min_size=1, max_size=3),
        symbol=SYMBOLS, side=st.sampled_from("12"), taken=st.booleans(),
        size=st.sampled_from(("", "11", "9", "5")), told=st.integers(0, 2),
    )
    def first_orders(
        self, sizes: list[str], symbol: str, side: str, taken: bool, size: str, told: int
    ) -> None:
        """Some orders, and mostly a replace that has come so far."""
        for first, account in zip(sizes, (ACCOUNTS * 2), strict=False):
            self.order("", first, symbol, account, side, "")
            if taken:
                self.does_as_told(0, True, "")
        if size:
            self.replace_a_new_order(symbol, ACCOUNTS[0], side, True, told, size, "")
            for _ in range(told):
                if self.ledger.in_hand:
                    self.does_as_told(0, True, "")

    @rule(
        name=NAMES,
        size=st.sampled_from(
            ("38=10", "38=10", "38=8", "40=1|152=1000", "38=10|59=3", "38=10|59=0", "38=0")
        ),
        symbol=SYMBOLS, account=st.sampled_from(ACCOUNTS), side=st.sampled_from("12"),
        resend=RESEND,
    )
    def order(
        self, name: str, size: str, symbol: str, account: str, side: str, resend: str
    ) -> None:
        if "152=" in size:
            side = "1"
        self._send(f"35=D|11={self._name(name)}|{size}|55={symbol}|1={account}|54={side}{resend}")

    @rule(cl_ord_id=CL_ORD_IDS, orig=WHICH, resend=RESEND)
    def cancel_any(self, cl_ord_id: str, orig: int, resend: str) -> None:
        self._ask(f"35=F|11={cl_ord_id}|41={self._any_name(orig)}{resend}", CancelRequested)

    def _any_name(self, which: int) -> str:
        """Of any order there ever was, replaced ones as well; or one of none."""
        names = ["NONE", *(order.request.cl_ord_id for order in self.exchange.engine.orders)]
        return names[which % len(names)]

    @precondition(lambda self: self.live)
    @rule(name=NAMES, which=WHICH, resend=RESEND)
    def cancel(self, name: str, which: int, resend: str) -> None:
        order = self.live[which % len(self.live)]
        orig = order.request.cl_ord_id
        self._ask(f"35=F|11={self._name(name)}|41={orig}{resend}", CancelRequested)

    @precondition(lambda self: self.live)
    @rule(which=WHICH)
    def cancel_without_a_name(self, which: int) -> None:
        order = self.live[which % len(self.live)]
        self._ask(f"35=F|11={order.request.cl_ord_id}", CancelRequested)

    @rule(
        cl_ord_id=CL_ORD_IDS,
        orig=WHICH,
        size=st.sampled_from(("38=10", "38=12", "38=7", "38=1", "38=12|59=3", "38=0")),
        price=st.sampled_from(("", "|44=101")),
        resend=RESEND,
    )
    def replace_any(self, cl_ord_id: str, orig: int, size: str, price: str, resend: str) -> None:
        self._ask(
            f"35=G|11={cl_ord_id}|41={self._any_name(orig)}|{size}{price}{resend}",
            ReplaceRequested,
        )

    @precondition(lambda self: self.live)
    @rule(
        name=NAMES, which=WHICH, price=st.sampled_from(("", "|44=101")), resend=RESEND,
        size=st.sampled_from(("10", "12", "11", "7", "4", "1")),
    )
    def replace(self, name: str, which: int, size: str, price: str, resend: str) -> None:
        self._replace(self.live[which % len(self.live)], self._name(name), size, price, resend)

    @precondition(lambda self: self._replaceable())
    @rule(
        which=WHICH, price=st.sampled_from(("", "|44=101")),
        size=st.sampled_from(("11", "12", "9", "5", "3")),
    )
    def replace_what_works(self, which: int, size: str, price: str) -> None:
        orders = self._replaceable()
        self._replace(orders[which % len(orders)], self._name(""), size, price, "")

    @precondition(lambda self: not self.held)
    @rule(
        symbol=SYMBOLS, account=st.sampled_from(ACCOUNTS), side=st.sampled_from("12"),
        taken=st.sampled_from((True, True, False)), qty=st.integers(0, 5),
        size=st.sampled_from(("11", "10", "9", "5", "4")), price=st.sampled_from(("", "|44=101")),
    )
    def replace_a_new_order(
        self, symbol: str, account: str, side: str, taken: bool, qty: int, size: str, price: str
    ) -> None:
        """One that was executed in part, or not, or that the venue has not answered yet."""
        self.order("", "38=10", symbol, account, side, "")
        order = self.exchange.order(f"N{self.names}")
        if taken:
            self._done(order.order_id, Command.SUBMIT, said=True, native_id="")
            if qty:
                self._execute(order, qty, Decimal(100), True, "")
        self._replace(order, self._name(""), size, price, "")

    def _replaceable(self) -> list[Leg]:
        return [
            order for order in self.live
            if not view.is_pending(order) and order.request.order_qty is not None
        ]

    def _replace(self, order: Leg, name: str, size: str, price: str, resend: str) -> None:
        request = order.request
        self._ask(
            f"35=G|11={name}|41={request.cl_ord_id}|38={size}{price}|59={request.time_in_force}"
            f"|40={request.ord_type}|54={request.side}|55={request.symbol}|1={order.account}"
            f"{resend}", ReplaceRequested,
        )

    @precondition(lambda self: self.live)
    @rule(scope=SCOPES)
    def mass_cancel(self, scope: str) -> None:
        name = self._mass_name("M", scope)
        meant = [o for o in self.live if self._fits(o, self.scopes[name])]
        events, told = len(self.exchange.events), len(self.told)
        self._send(f"35=q|11={name}{scope}")
        answers = [r for r in self.told[told:] if isinstance(r, OrderMassCancelReport)]
        self.reached["mass cancels"] += 1
        if any(isinstance(e, MassCancelBegun) for e in self.exchange.events[events:]):
            return  # it is done later
        if answers[0].reject_reason is not None:
            return  # so many wait before it that it is refused
        self.reached["orders in mass cancels"] += len(meant)
        assert [len(meant)] == [r.affected for r in answers]
        for order in meant:
            left = [order, view.next_one(order)]
            assert all(
                not view.is_open(each) or view.ended(each) or view.is_being_cancelled(each)
                for each in left if each is not None
            ), "each of them is cancelled"

    @precondition(lambda self: self.live)
    @rule(scope=SCOPES)
    def mass_status(self, scope: str) -> None:
        name = self._mass_name("S", scope)
        self.reached["mass statuses"] += 1
        try:
            self.exchange.client(f"35=AF|11={name}{scope}")
        except BusinessRefused:
            return  # there is one before it
        self._listen()

    def _mass_name(self, letter: str, scope: str) -> str:
        self.names += 1
        name = f"{letter}{self.names}"
        wanted = dict(field.split("=") for field in scope.strip("|").split("|") if field)
        self.scopes[name] = wanted
        return name

    @staticmethod
    def _fits(order: Leg, wanted: dict[str, str]) -> bool:
        """Worked out by itself: from what its client said when it was placed."""
        request = order.request
        has = {
            "54": (str(request.side),), "1": (order.account,), "207": ("ACME",),
            "55": ("BTC/USDT", "BTCUSDT") if "BTC" in request.symbol else ("ETH/USDT", "ETHUSDT"),
        }
        return all(value in has[tag] for tag, value in wanted.items() if tag in has)

    def _send(self, message: str) -> None:
        try:
            self.exchange.client(message)
        except BusinessRefused:
            assert self.held, "nothing else keeps a venue from taking orders here"
        self._listen()

    def _ask(self, message: str, taken_on: type[CancelRequested] | type[ReplaceRequested]) -> None:
        """A request that must be answered, at once or later, and once."""
        events, told = len(self.exchange.events), len(self.told)
        self._send(message)
        cancels = taken_on is CancelRequested
        for event in self.exchange.events[events:]:
            if type(event) is taken_on:
                if cancels and "|41=" not in message:
                    self.nameless.add(event.cl_ord_id)
                    return
                self.requested[
                    CxlRejResponseTo.ORDER_CANCEL_REQUEST if cancels
                    else CxlRejResponseTo.ORDER_CANCEL_REPLACE_REQUEST, event.cl_ord_id
                ] += 1
                return
        answers = [r for r in self.told[told:] if not isinstance(r, OrderMassCancelReport)]
        assert len(answers) == 1, "it is answered, and once"
        self.at_once.append(answers[0])
        if isinstance(answers[0], OrderCancelReject):
            self.reached[f"{'cancels' if cancels else 'replaces'} not taken on"] += 1

    def _listen(self) -> None:
        """Take in what came of the last input."""
        events = self.exchange.events[self.seen_events:]
        commands = self.exchange.sent[self.seen_commands:]
        self.seen_events += len(events)
        self.seen_commands += len(commands)
        pending = dict(self.ledger.replacing)
        for event in events:
            self._reaches(event, pending)
        for command in commands:
            self.reached["replaces sent"] += type(command) is ReplaceOrder
        self.ledger.read(events, commands, self.exchange.mono_ms)
        self._orders_that_do_not_fit_are_left_alone(events)
        self.told += self.exchange.raw_reports()

    def _reaches(self, event: object, replacing: dict[OrderID, OrderID]) -> None:
        """What of all there is this run has met."""
        kind, reached = type(event), self.reached
        match event:
            case CancelDecided():
                reached[f"cancels decided: {event.cause.name}"] += 1
            case VerdictRecorded():
                reached["verdicts"] += 1
            case VenueFill():
                reached["fills"] += 1
                reached["fills that cross a replace"] += event.order_id in replacing
                order = self.exchange.engine.orders.get(event.order_id)
                assert order is not None
                reached["fills of a replaced order"] += view.was_replaced(order)
            case OutcomeUnknown():
                reached[f"in doubt: {event.command}"] += 1
            case _:
                if kind in COUNTED:
                    reached[COUNTED[kind]] += 1

    def _orders_that_do_not_fit_are_left_alone(self, events: list[object]) -> None:
        """What follows from a mass cancel touches none that it did not mean."""
        for event in events:
            text = getattr(event, "text", "")
            if isinstance(text, str) and text.startswith(MASS_CANCEL):
                order_id = event.order_id  # type: ignore[attr-defined]
                order = self.exchange.engine.orders.get(order_id)
                name = text.removeprefix(MASS_CANCEL).partition(":")[0]
                assert order is not None and self._fits(order, self.scopes[name])

    @rule(cl_ord_id=CL_ORD_IDS)
    def status(self, cl_ord_id: str) -> None:
        self._send(f"35=H|11={cl_ord_id}")

    @precondition(lambda self: self.live)
    @rule(really=st.sampled_from((True, False)))
    def gone(self, really: bool) -> None:
        if really:
            self.exchange.client_gone()
            self._listen()

    @rule()
    def back(self) -> None:
        self.exchange.client_back()
        self._listen()

    # ----------------------------------------------------------------------- the venue

    def _venue(self, message: VenueInput) -> None:
        """The venue says it; and what does not prove an end does not end anything."""
        proves = True
        for update in _updates(message):
            order = self.exchange.engine.orders.get(update.order_id)
            if order is not None and not view.has_not_left(order):
                self.ledger.said(update, view.quantity_of(order))
        if isinstance(message, OrderUpdate) and message.status is VenueStatus.ABSENT:
            order = self.exchange.engine.orders.get(message.order_id)
            proves = order is not None and (
                view.is_accepted(order)  # it arrived
                or self.ledger.absence_may_be_proof(message.order_id, ABSENCE_PROOF_MS)
            )
            if not proves:
                kinds = [kind for of, kind in self.ledger.in_hand if of == message.order_id]
                self.reached["absent while a submit is in hand"] += Command.SUBMIT in kinds
                self.reached["absent while a replace is in hand"] += Command.REPLACE in kinds
        events = len(self.exchange.events)
        self.exchange.handle(message)
        if isinstance(message, CommandOutcome):
            self.ledger.answered(message.order_id, message.command, self.exchange.mono_ms)
        if isinstance(message, QueryFailed):
            self.ledger.questions.pop(message.order_id, None)
        self._listen()
        if not proves:
            assert not [
                event for event in self.exchange.events[events:]
                if isinstance(event, PROVEN_ABSENT)
            ], "no proof of absence while a command may still arrive"

    @precondition(lambda self: self.working)
    @rule(
        which=WHICH, qty=st.integers(1, 6), px=st.sampled_from((Decimal(99), Decimal("100.5"))),
        named=st.booleans(), native_id=NATIVE_IDS,
    )
    def executes(self, which: int, qty: int, px: Decimal, named: bool, native_id: str) -> None:
        """The truth: a part of an order, or what is left of it."""
        order = self.working[which % len(self.working)]
        self._execute(order, qty, px, named, native_id)

    @precondition(lambda self: self._being_replaced())
    @rule(which=WHICH, qty=st.integers(1, 3), named=st.booleans())
    def executes_meanwhile(self, which: int, qty: int, named: bool) -> None:
        """The same of an order, or of the other, while a replace is pending."""
        orders = self._being_replaced()
        self._execute(orders[which % len(orders)], qty, Decimal(100), named, "")

    def _being_replaced(self) -> list[Leg]:
        return [order for order in self.working if order.order_id in self.ledger.replacing]

    @precondition(lambda self: self.over)
    @rule(which=WHICH, qty=st.integers(1, 3), named=st.booleans())
    def executes_late(self, which: int, qty: int, named: bool) -> None:
        """The same of one that has ended, or that was replaced."""
        orders = self.replaced_open or self.over
        self._execute(orders[which % len(orders)], qty, Decimal(100), named, "")

    def _execute(
        self, order: Leg, qty: int, px: Decimal, named: bool, native_id: str
    ) -> None:
        so_far = view.executed_of(order)
        self.names += 1
        fill = Fill(
            cum_qty=so_far + qty, last_qty=Decimal(qty), last_px=px, at=0,
            venue_exec_id=f"x{self.names}" if named else "",
        )
        quantity = view.quantity_of(order)
        full = quantity is not None and fill.cum_qty >= quantity
        self._venue(OrderUpdate(
            order_id=order.order_id, cum_qty=fill.cum_qty, fill=fill, native_id=native_id,
            status=VenueStatus.FILLED if full else VenueStatus.WORKING,
        ))

    @precondition(lambda self: self.at_venue)
    @rule(which=WHICH, status=STATUSES, known=KNOWN)
    def update(self, which: int, status: VenueStatus, known: dict[str, object]) -> None:
        order = self.at_venue[which % len(self.at_venue)]
        self._venue(_update(order, status, known))

    @precondition(lambda self: self.ledger.questions)
    @rule(
        which=WHICH, known=KNOWN, listed=st.booleans(), native_id=NATIVE_IDS,
        status=st.sampled_from((
            VenueStatus.WORKING, VenueStatus.WORKING, VenueStatus.WORKING, VenueStatus.ABSENT,
            VenueStatus.ABSENT, VenueStatus.CANCELED, VenueStatus.FILLED, VenueStatus.PENDING,
        )),
    )
    def answers_question(
        self, which: int, status: VenueStatus, known: dict[str, object], listed: bool,
        native_id: str,
    ) -> None:
        """What was asked, truly or not."""
        questions = list(self.ledger.questions)
        order = self.exchange.engine.orders.get(questions[which % len(questions)])
        assert order is not None
        if listed:
            truth = self.ledger.truth(order.order_id, asked=True)
            self._venue(replace(truth, status=status, native_id=native_id))
        else:
            self._venue(_update(order, status, known | {"asked": True}))

    @precondition(lambda self: self.ledger.in_hand)
    @rule(which=WHICH, said=st.booleans(), native_id=NATIVE_IDS)
    def does_as_told(self, which: int, said: bool, native_id: str) -> None:
        """A command is done; the venue may say what came of it, or leave that for its stream."""
        self._done(*self._in_hand(which), said=said, native_id=native_id)

    def _done(self, order_id: OrderID, command: Command, *, said: bool, native_id: str) -> None:
        status = VenueStatus.CANCELED if command is Command.CANCEL else VenueStatus.WORKING
        update = OrderUpdate(
            order_id=order_id, status=status, native_id=native_id,
            cum_qty=self.ledger.executed(order_id),
        )
        old = self.ledger.replaces_sent.get(order_id) if command is Command.REPLACE else None
        gone = None if old is None else OrderUpdate(
            order_id=old, status=VenueStatus.CANCELED, cum_qty=self.ledger.executed(old)
        )
        self._venue(CommandOutcome(
            order_id, command, Acked(update if said or gone else None, gone if said else None)
        ))

    @precondition(lambda self: self.ledger.in_hand)
    @rule(
        which=WHICH, status=STATUSES, known=KNOWN, of_old=KNOWN,
        kind=st.sampled_from(("taken", "done", "replaced", "refused", "refused", "elsewhere",
                              "unknown", "unknown", "pending")),
    )
    def answers_command(
        self, which: int, kind: str, status: VenueStatus, known: dict[str, object],
        of_old: dict[str, object],
    ) -> None:
        """What it was told to do, in any way there is; it may lie about what became of it."""
        order_id, command = self._in_hand(which)
        order = self.exchange.engine.orders.get(order_id)
        assert order is not None
        self._outcome(order, command, kind, status, known, of_old)

    def _in_hand(self, which: int) -> tuple[OrderID, Command]:
        commands = list(self.ledger.in_hand)
        of_replaces = [each for each in commands if each[0] in self.ledger.replacing]
        if of_replaces and which < 4:
            commands = of_replaces
        return commands[which % len(commands)]

    @precondition(lambda self: self.ledger.in_hand)
    @rule(which=WHICH)
    def refuses(self, which: int) -> None:
        """What it was told to do it proves not to have done."""
        order_id, command = self._in_hand(which)
        self._venue(CommandOutcome(order_id, command, Refused("no", "no")))

    @precondition(lambda self: self.ledger.in_hand)
    @rule(which=WHICH)
    def is_absent(self, which: int) -> None:
        """Of a command that may still be on its way, the venue knows nothing."""
        order_id, _ = self._in_hand(which)
        self._venue(OrderUpdate(order_id=order_id, status=VenueStatus.ABSENT, asked=True))

    @precondition(lambda self: self.ledger.in_hand)
    @rule(which=WHICH, seconds=st.sampled_from((1, 9, 12, 20, 60)))
    def is_lost(self, which: int, seconds: int) -> None:
        """A command never arrives: the venue says so, a while later."""
        order_id, command = self._in_hand(which)
        self._venue(CommandOutcome(order_id, command, Unknown("timeout")))
        self.exchange.wait(seconds)
        self._listen()
        if order_id in self.ledger.questions:
            self._venue(OrderUpdate(order_id=order_id, status=VenueStatus.ABSENT, asked=True))

    @precondition(lambda self: self.at_venue)
    @rule(
        which=WHICH, command=st.sampled_from(Command),
        kind=st.sampled_from(("taken", "done", "replaced", "refused", "elsewhere", "unknown")),
        status=STATUSES, known=KNOWN, of_old=KNOWN,
    )
    def outcome(
        self, which: int, command: Command, kind: str, status: VenueStatus,
        known: dict[str, object], of_old: dict[str, object],
    ) -> None:
        """The answer to a command that nobody may have given."""
        order = self.at_venue[which % len(self.at_venue)]
        self._outcome(order, command, kind, status, known, of_old)

    def _outcome(
        self, order: Leg, command: Command, kind: str, status: VenueStatus,
        known: dict[str, object], of_old: dict[str, object],
    ) -> None:
        update = _update(order, status, known)
        old = view.before(order) or order
        gone = _update(old, VenueStatus.CANCELED, of_old)
        ends = {
            "taken": Acked(),
            "done": Acked(update),
            "replaced": Acked(update, gone),
            "refused": Refused("no", "no"),
            "pending": Refused("no", "no", cxl_rej_reason=CxlRejReason.ALREADY_PENDING),
            "elsewhere": Refused("no", "no", reroute="there"),
            "unknown": Unknown("timeout"),
        }
        self._venue(CommandOutcome(order.order_id, command, ends[kind]))

    @precondition(lambda self: self.ledger.questions)
    @rule(which=WHICH)
    def question_failed(self, which: int) -> None:
        questions = list(self.ledger.questions)
        self._venue(QueryFailed(questions[which % len(questions)], "timeout"))

    @precondition(lambda self: self.working)
    @rule(which=WHICH)
    def news_unreadable(self, which: int) -> None:
        order = self.working[which % len(self.working)]
        self._venue(NewsUnreadable(order.order_id, "lastQty is a list"))

    @precondition(lambda self: self.at_venue)
    @rule(account=st.sampled_from(ACCOUNTS))
    def stream_came_back(self, account: str) -> None:
        word = stream_restored(account)
        self.exchange.venue(word)
        self._listen()

    @precondition(lambda self: self.at_venue)
    @rule(
        which=WHICH, verdict=st.sampled_from(Verdict), last_qty=st.integers(1, 6),
        in_doubt=st.booleans(),
    )
    def operator(self, which: int, verdict: Verdict, last_qty: int, in_doubt: bool) -> None:
        filled = verdict is Verdict.FILLED
        engine = self.exchange.engine
        waited_for = [o for o in self.at_venue if o.order_id in view.unsettled(engine)]
        orders = waited_for if in_doubt and waited_for else self.at_venue
        try:
            engine.record_verdict(
                orders[which % len(orders)].order_id, verdict, "ann", "as the desk says",
                self.exchange.moment,
                last_qty=Decimal(last_qty) if filled else None,
                last_px=Decimal(100) if filled else None,
            )
        except VerdictRefused:
            assert not any(engine.take()), "what is refused does nothing"
        self.exchange.tick(0)
        self._listen()

    @precondition(lambda self: not self.held)
    @rule(really=st.sampled_from((False, False, True)))
    def no_more_orders(self, really: bool) -> None:
        if really:
            self._venue(VenueHeld(venue=VENUE, text="stop"))

    @precondition(lambda self: self.held)
    @rule()
    def orders_again(self) -> None:
        assert self.exchange.engine.resume_venue(VENUE, "ann", self.exchange.moment)
        self.exchange.tick(0)
        self._listen()

    @rule(known=st.booleans())
    def something_else(self, known: bool) -> None:
        if known:
            self._venue(VenueNotice(venue=VENUE, kind="margin.call", text="pay"))
        else:
            self._venue(OrderUpdate(order_id=OrderID("1"), status=VenueStatus.WORKING))

    # ------------------------------------------------------------- time, and its absence

    @rule(milliseconds=st.sampled_from((0, 100, 2_000, 15_000, 70_000)))
    def time_passes(self, milliseconds: int) -> None:
        self.exchange.tick(milliseconds)
        self._listen()

    @rule(milliseconds=st.sampled_from((-3_600_000, -5_000, 5_000, 3_600_000)))
    def clock_is_set(self, milliseconds: int) -> None:
        self.exchange.set_clock(milliseconds)
        self._listen()

    @rule()
    def process_dies(self) -> None:
        self._listen()
        before = {order.order_id: state(order) for order in self.exchange.engine.orders}
        self.exchange.restart()
        self.ledger.died(self.exchange.mono_ms)
        self.reached["restarts"] += 1
        engine = self.exchange.engine
        assert before == {order.order_id: state(order) for order in engine.orders}
        assert view.unsettled(engine) == view.proofs(engine)

    def teardown(self) -> None:
        """The venue comes to its senses; then nothing stays open, and nothing is waited for."""
        if sys.exc_info()[0] is None:
            self._settle()

    def _settle(self) -> None:
        engine = self.exchange.engine
        for _ in range(SETTLE_ROUNDS):
            for order_id, command in list(self.ledger.in_hand):
                old = self.ledger.replaces_sent.get(order_id)
                gone = command is Command.REPLACE and old is not None
                self._venue(CommandOutcome(order_id, command, Acked(
                    self.ledger.truth(order_id, asked=False),
                    self.ledger.truth(old, asked=False) if gone and old is not None else None,
                )))
            waited_for = view.proofs(engine)
            for order in self.engine_orders:
                asked = view.is_open(order) or order.order_id in waited_for
                if asked and not view.has_not_left(order):
                    self._venue(self.ledger.truth(order.order_id, asked=True))
            self.exchange.tick(SETTLE_MS)
            self._listen()
            self._check_all()
            if not view.proofs(engine) and not self.live:
                break
        engine = self.exchange.engine
        assert not {o.order_id for o in self.engine_orders if view.is_open(o)}
        assert not view.unsettled(engine) | view.proofs(engine)

    def _check_all(self) -> None:
        for check in (
            self.what_was_reported_holds, self.somebody_asks_about_what_is_unsettled,
            self.a_submit_follows_on_record, self.each_request_is_answered_once,
            self.orders_that_replace_each_other_are_one, self.quantities_are_those_commanded,
        ):
            check()

    # ------------------------------------------------------------------------ invariants

    @invariant()
    def what_was_reported_holds(self) -> None:
        self._listen()
        by_exec_id: dict[str, ExecutionReport] = {}
        by_order: dict[str, list[ExecutionReport]] = {}
        answers: Counter[tuple[str, int]] = Counter()
        for report in self.told:
            if not isinstance(report, ExecutionReport):
                continue
            if report.mass_status_req_id:
                answers[report.mass_status_req_id, report.tot_num_reports] += 1
                self._check_mass_status(report)
            if report.order_id != "NONE":
                by_order.setdefault(report.order_id, []).append(report)
                if report.exec_id != "0":
                    assert by_exec_id.setdefault(report.exec_id, report) == report
        for (_, total), count in answers.items():
            assert count <= max(total, 1)
        for reports in by_order.values():
            check_story(reports)

    def _check_mass_status(self, report: ExecutionReport) -> None:
        order = self.exchange.engine.orders.get(OrderID(report.order_id))
        if report.order_id != "NONE":
            assert order is not None
            assert self._fits(order, self.scopes[report.mass_status_req_id])

    @invariant()
    def somebody_asks_about_what_is_unsettled(self) -> None:
        engine = self.exchange.engine
        unsettled, proofs = view.unsettled(engine), view.proofs(engine)
        assert unsettled <= proofs
        for order in engine.orders:
            if not view.is_open(order):
                assert not view.is_pending(order), "closed and final: nothing is pending"
                if order.order_id in proofs:
                    assert view.only_asked_about(engine, order.order_id)

    @invariant()
    def a_submit_follows_on_record(self) -> None:
        on_record = Counter(
            event.order_id
            for event in self.exchange.events
            if type(event) in (SubmittedAgain, Rerouted, ReplacementSubmitted)
            or type(event) is OrderPlaced and not event.replaces
        )
        assert self.exchange.submits == on_record
        for order in self.exchange.engine.orders:
            if view.in_one_step(order):
                # To submit it would be to have two at work.
                assert on_record[order.order_id] <= 1

    @invariant()
    def nothing_new_goes_to_a_venue_that_is_held(self) -> None:
        commands = self.exchange.commands()
        held = VENUE in self.exchange.engine.held
        if held and self.held:
            assert not [c for c in commands if c.startswith(("submit", "replace"))]
        self.held = held

    @invariant()
    def each_request_is_answered_once(self) -> None:
        self._listen()
        pending = Counter(
            each for order in self.exchange.engine.orders for each in view.requests_pending(order)
        )
        later = [r for r in self.told if not any(r is each for each in self.at_once)]
        answered = Counter(map(answers, later))
        for kind, name in self.requested.keys() | answered.keys() - {None}:
            # A cancel that has no name of its own is answered by the order's.
            if name not in self.nameless:
                key = kind, name
                assert self.requested[key] == pending[key] + answered[key]

    @invariant()
    def orders_that_replace_each_other_are_one(self) -> None:
        for order in self.exchange.engine.orders:
            view.check_chain(order)

    @invariant()
    def quantities_are_those_commanded(self) -> None:
        """What the venue was given to do last is what an order's end is measured by."""
        ledger = self.ledger
        for order in self.engine_orders:
            order_id = order.order_id
            executed, quantity = view.executed_of(order), view.quantity_of(order)
            assert executed == ledger.executed(order_id)
            assert view.native_id_of(order) == ledger.named[order_id][-1]
            if order_id in ledger.replaces_sent:
                # One that was replaced is measured by nothing any more.
                if view.stands_in_a_chain(order) and not view.was_replaced(order):
                    whole = order.request.order_qty
                    assert whole is not None
                    assert quantity == max(whole - view.executed_before(order), ZERO)
            elif order_id in ledger.commanded:
                assert quantity == ledger.commanded[order_id]
            if view.is_filled(order) and order_id not in (ledger.closed_by_fill | ledger.in_full):
                # However much those before it executed, late: what the venue works is not filled.
                assert quantity is not None and executed >= quantity
                # One that takes the place of what has executed all has nothing left to do.
                assert executed or view.in_one_step(order)


COUNTED: dict[type, str] = {
    OrderPlaced: "orders",
    ReplaceRequested: "replaces taken on",
    OrderReplaced: "replaces accepted",
    ReplacementSubmitted: "replacements that left",
    ReplacedInFull: "replaced in full",
    ReplaceRejected: "replaces refused",
    CancelRequested: "cancels of clients",
    CancelRefusedByVenue: "cancels refused by the venue",
    CancelRejected: "cancels rejected",
    VenueCanceled: "ends: canceled",
    VenueExpired: "ends: expired",
    VenueRefused: "ends: refused",
    SubmittedAgain: "submitted again",
    Rerouted: "rerouted",
}

PROVEN_ABSENT = (SubmittedAgain, Rerouted, VenueRefused, VenueCanceled, VenueExpired)
"""What follows where a venue has proven that it does not have an order."""


def _day_ends(at: int) -> int:
    return START_MS + ((at - START_MS) // DAY_MS + 1) * DAY_MS


def _update(order: Leg, status: VenueStatus, known: dict[str, object]) -> OrderUpdate:
    """One that has ended executed, by default, what is known."""
    ends = status in (VenueStatus.CANCELED, VenueStatus.EXPIRED)
    if ends and not known.keys() & {"cum_qty", "fill", "fills"}:
        known = known | {"cum_qty": view.executed_of(order)}
    return OrderUpdate(order_id=order.order_id, status=status, **known)  # type: ignore[arg-type]


def _updates(message: VenueInput) -> list[OrderUpdate]:
    """What *message* says of orders."""
    if isinstance(message, OrderUpdate):
        return [message]
    if isinstance(message, CommandOutcome) and isinstance(message.outcome, Acked):
        return [u for u in (message.outcome.update, message.outcome.replaced) if u is not None]
    return []


def answers(report: Report) -> tuple[CxlRejResponseTo, str] | None:
    """The request that *report* is the answer to, if there was one."""
    if isinstance(report, OrderCancelReject):
        return report.response_to, report.cl_ord_id
    if isinstance(report, ExecutionReport):
        if report.exec_type is ExecType.REPLACED:
            return CxlRejResponseTo.ORDER_CANCEL_REPLACE_REQUEST, report.cl_ord_id
        if report.exec_type is ExecType.CANCELED and report.orig_cl_ord_id is not None:
            return CxlRejResponseTo.ORDER_CANCEL_REQUEST, report.cl_ord_id
    return None


def check_story(reports: list[ExecutionReport]) -> None:
    """The reports of one order, in the order they were sent."""
    executions: dict[str, tuple[Decimal, Decimal]] = {}
    first_told: dict[str, str] = {}
    pending: set[str] = set()
    took_a_place = False
    for report in reports:
        _execution(report, executions, first_told)
        executed = sum((qty for qty, _ in executions.values()), ZERO)
        spent = sum((qty * px for qty, px in executions.values()), ZERO)
        assert report.cum_qty == executed
        if report.ord_status in CLOSED:
            assert report.leaves_qty == 0
        elif report.order_qty is None:
            assert report.cash_order_qty is not None
            assert report.leaves_qty == max(report.cash_order_qty - spent, Decimal(0))
        else:
            assert report.leaves_qty == max(report.order_qty - executed, Decimal(0))
        if report.ord_status is OrdStatus.FILLED and report.order_qty is not None:
            assert executed >= report.order_qty
        took_a_place = took_a_place or report.exec_type is ExecType.REPLACED
        # FIX 4.2, OrdStatus(39) 5: the order took another one's place, and nothing of it is
        # executed.
        assert report.replaced == (took_a_place and not executed)
        if report.exec_type in (ExecType.PENDING_REPLACE, ExecType.PENDING_CANCEL):
            assert report.exec_id not in pending, "each has an ExecID(17) of its own"
            pending.add(report.exec_id)
    ends = Counter(
        report.exec_type for report in reports if "-D" not in report.exec_id
    )
    for end in (ExecType.NEW, ExecType.CANCELED, ExecType.REJECTED, ExecType.EXPIRED):
        assert ends[end] <= 1


def _execution(
    report: ExecutionReport, executions: dict[str, tuple[Decimal, Decimal]],
    first_told: dict[str, str],
) -> None:
    """Book *report*, if it is of an execution; *first_told*: a correction -> what it corrects."""
    kinds = (ExecType.TRADE, ExecType.TRADE_CORRECT, ExecType.TRADE_CANCEL)
    if report.exec_type not in kinds:
        return
    if report.exec_type is ExecType.TRADE:
        assert report.last_qty is not None and report.last_qty > 0
        name = first_told[report.exec_id] = report.exec_id
        assert name not in executions, "an execution is told once"
    else:
        assert report.exec_ref_id is not None
        name = first_told[report.exec_id] = first_told[report.exec_ref_id]
    if report.exec_type is ExecType.TRADE_CANCEL:
        executions[name] = ZERO, ZERO
    else:
        assert report.last_qty is not None and report.last_px is not None
        executions[name] = report.last_qty, report.last_px


class ReplacesInOneStep(AnyInput):
    replaces = True


class ReplacesByCancel(AnyInput):
    by_cancel = True


ALL_REACH = {
    "orders": 200, "fills": 150, "restarts": 80, "mass cancels": 30, "mass statuses": 30,
    "orders in mass cancels": 30, "cancels of clients": 50, "cancels not taken on": 50,
    "cancels refused by the venue": 10, "cancels rejected": 5, "cancels decided: DEPARTURE": 10,
    "cancels decided: REQUEST": 20, "verdicts": 40, "ends: canceled": 100, "ends: refused": 15,
    "in doubt: cancel": 5, "absent while a submit is in hand": 5,
}
"""So often at least, in each run of each machine. About a quarter of what it is today."""

REACH: dict[type[AnyInput], dict[str, int]] = {
    AnyInput: {"replaces not taken on": 100, "in doubt: submit": 5},
    ReplacesInOneStep: {
        "replaces taken on": 80, "replaces sent": 50, "replaces accepted": 50,
        "replaces refused": 20, "replaces not taken on": 50, "fills that cross a replace": 20,
        "fills of a replaced order": 8, "absent while a replace is in hand": 5,
    },
    ReplacesByCancel: {
        "replaces taken on": 60, "cancels decided: REPLACE": 60, "replacements that left": 20,
        "replaces accepted": 20, "replaces refused": 30, "replaces not taken on": 50,
        "fills that cross a replace": 30,
    },
}


@pytest.mark.drawn
@pytest.mark.parametrize("machine", REACH)
def test_whatever_is_said(machine: type[AnyInput]) -> None:
    reached: Counter[str] = Counter()

    def begin() -> AnyInput:
        return machine(reached)

    begin.__name__ = machine.__name__  # hypothesis draws by it: for each something else
    run_state_machine_as_test(
        begin,  # type: ignore[arg-type]
        settings=settings(max_examples=150, stateful_step_count=50),
    )

    too_rare = {
        what: (reached[what], least)
        for what, least in (ALL_REACH | REACH[machine]).items() if reached[what] < least
    }
    assert {} == too_rare, "a run that does not meet it proves nothing of it"

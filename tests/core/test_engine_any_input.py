"""Whatever a client and a venue say, and whenever: nothing raises, and no report contradicts
another. The venue here tells the truth, lies, repeats itself and answers what nobody asked."""

from collections import Counter
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from fixgw.core.order import Order
from fixgw.model.enums import CLOSED, Command, CxlRejResponseTo, ExecType, OrdStatus, Verdict
from fixgw.model.errors import BusinessRefused, VerdictRefused
from fixgw.model.events import (
    CancelRequested,
    OrderPlaced,
    ReplacementSubmitted,
    ReplaceRequested,
    Rerouted,
    SubmittedAgain,
)
from fixgw.model.ids import OrderID
from fixgw.model.reports import ExecutionReport, OrderCancelReject, Report
from fixgw.model.venue import (
    Acked,
    Fill,
    OrderUpdate,
    Refused,
    Unknown,
    VenueHeld,
    VenueNotice,
    VenueStatus,
)
from tests.support.orders import (
    CAPABILITIES,
    VENUE,
    Exchange,
    news,
    no_answer,
    outcome,
    state,
    stream_restored,
)

CL_ORD_IDS = st.sampled_from(("A", "B", "C", "D", "E", "F"))
QUANTITIES = st.integers(0, 12).map(Decimal)
STATUSES = st.sampled_from(VenueStatus)

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
    },
)


class AnyInput(RuleBasedStateMachine):
    """Any client and any venue."""

    replaces = False
    """Whether the venue replaces in one step."""
    by_cancel = False
    """Whether the client wants it to be done by a cancel and a new order."""

    def __init__(self) -> None:
        super().__init__()
        capabilities = replace(CAPABILITIES, replace=self.replaces)
        self.exchange = Exchange(capabilities, replace_by_cancel=self.by_cancel)
        self.told: list[Report] = []
        self.at_once: list[Report] = []
        """Those that answer a request that was not taken on."""
        self.requested: Counter[tuple[CxlRejResponseTo, str]] = Counter()
        """The cancels and replaces that were taken on."""
        self.nameless: set[str] = set()
        """The orders of cancels that had no ClOrdID(11) of their own."""
        self.held = False

    # ---------------------------------------------------------------------- the client

    @rule(
        cl_ord_id=CL_ORD_IDS,
        size=st.sampled_from(("38=10", "40=1|152=1000", "38=10|59=3", "38=0")),
        resend=st.sampled_from(("", "|97=Y")),
    )
    def order(self, cl_ord_id: str, size: str, resend: str) -> None:
        self._send(f"35=D|11={cl_ord_id}|{size}{resend}")

    @rule(cl_ord_id=CL_ORD_IDS, orig=CL_ORD_IDS, resend=st.sampled_from(("", "|97=Y")))
    def cancel(self, cl_ord_id: str, orig: str, resend: str) -> None:
        self._ask(f"35=F|11={cl_ord_id}|41={orig}{resend}", CancelRequested)

    @rule(cl_ord_id=CL_ORD_IDS)
    def cancel_without_a_name(self, cl_ord_id: str) -> None:
        self._ask(f"35=F|11={cl_ord_id}", CancelRequested)

    @rule(
        cl_ord_id=CL_ORD_IDS,
        orig=CL_ORD_IDS,
        size=st.sampled_from(("38=10", "38=12", "38=7", "38=1", "38=12|59=3", "38=0")),
        price=st.sampled_from(("", "|44=101")),
        resend=st.sampled_from(("", "|97=Y")),
    )
    def replace(self, cl_ord_id: str, orig: str, size: str, price: str, resend: str) -> None:
        self._ask(f"35=G|11={cl_ord_id}|41={orig}|{size}{price}{resend}", ReplaceRequested)

    @rule(cl_ord_id=CL_ORD_IDS, side=st.sampled_from(("", "|54=1", "|54=2")))
    def mass_cancel(self, cl_ord_id: str, side: str) -> None:
        self._send(f"35=q|11={cl_ord_id}{side}")

    @rule(cl_ord_id=CL_ORD_IDS)
    def mass_status(self, cl_ord_id: str) -> None:
        self._send(f"35=AF|11={cl_ord_id}")

    def _send(self, message: str) -> None:
        try:
            self.exchange.client(message)
        except BusinessRefused:
            assert self.held, "nothing else keeps a venue from taking orders here"

    def _ask(self, message: str, taken_on: type[CancelRequested] | type[ReplaceRequested]) -> None:
        """A request that must be answered, at once or later, and once."""
        self._listen()
        events, told = len(self.exchange.events), len(self.told)
        self._send(message)
        self._listen()
        for event in self.exchange.events[events:]:
            if type(event) is taken_on:
                cancels = taken_on is CancelRequested
                if cancels and "|41=" not in message:
                    self.nameless.add(event.cl_ord_id)
                    return
                self.requested[
                    CxlRejResponseTo.ORDER_CANCEL_REQUEST if cancels
                    else CxlRejResponseTo.ORDER_CANCEL_REPLACE_REQUEST, event.cl_ord_id
                ] += 1
                return
        assert len(self.told) == told + 1, "it is answered, and once"
        self.at_once.append(self.told[-1])

    def _listen(self) -> None:
        self.told += self.exchange.raw_reports()

    @rule(cl_ord_id=CL_ORD_IDS)
    def status(self, cl_ord_id: str) -> None:
        self._send(f"35=H|11={cl_ord_id}")

    @rule()
    def gone(self) -> None:
        self.exchange.client_gone()

    @rule()
    def back(self) -> None:
        self.exchange.client_back()

    # ----------------------------------------------------------------------- the venue

    @property
    def at_venue(self) -> list[OrderID]:
        return [order.order_id for order in self.exchange.engine.orders if order.venue]

    def _order(self, number: int) -> OrderID:
        return self.at_venue[number % len(self.at_venue)]

    @precondition(lambda self: self.at_venue)
    @rule(number=st.integers(0, 3), status=STATUSES, known=KNOWN)
    def update(self, number: int, status: VenueStatus, known: dict[str, object]) -> None:
        order = self.exchange.engine.orders.get(self._order(number))
        assert order is not None
        self.exchange.handle(news(status, **known)(self.exchange, order))

    @precondition(lambda self: self.at_venue)
    @rule(
        number=st.integers(0, 3),
        command=st.sampled_from(Command),
        kind=st.sampled_from(("taken", "done", "replaced", "refused", "elsewhere", "unknown")),
        status=STATUSES,
        known=KNOWN,
        of_old=KNOWN,
    )
    def outcome(
        self,
        number: int,
        command: Command,
        kind: str,
        status: VenueStatus,
        known: dict[str, object],
        of_old: dict[str, object],
    ) -> None:
        order = self.exchange.engine.orders.get(self._order(number))
        assert order is not None
        update = OrderUpdate(order_id=order.order_id, status=status, **known)
        old = (order.replaces or order).order_id
        ends = {
            "taken": Acked(),
            "done": Acked(update),
            "replaced": Acked(
                update, OrderUpdate(order_id=old, status=VenueStatus.CANCELED, **of_old)
            ),
            "refused": Refused("no", "no"),
            "elsewhere": Refused("no", "no", reroute="there"),
            "unknown": Unknown("timeout"),
        }
        self.exchange.handle(outcome(command, ends[kind])(self.exchange, order))

    @precondition(lambda self: self.at_venue)
    @rule(number=st.integers(0, 3))
    def question_failed(self, number: int) -> None:
        order = self.exchange.engine.orders.get(self._order(number))
        assert order is not None
        self.exchange.handle(no_answer()(self.exchange, order))

    @precondition(lambda self: self.at_venue)
    @rule()
    def stream_came_back(self) -> None:
        self.exchange.venue(stream_restored())

    @precondition(lambda self: self.at_venue)
    @rule(
        number=st.integers(0, 5), verdict=st.sampled_from(Verdict), last_qty=st.integers(1, 6)
    )
    def operator(self, number: int, verdict: Verdict, last_qty: int) -> None:
        filled = verdict is Verdict.FILLED
        try:
            self.exchange.engine.record_verdict(
                self._order(number), verdict, "ann", "as the desk says", self.exchange.moment,
                last_qty=Decimal(last_qty) if filled else None,
                last_px=Decimal(100) if filled else None,
            )
        except VerdictRefused:
            assert ([], []) == self.exchange.engine.take(), "what is refused does nothing"
        self.exchange.tick(0)

    @rule()
    def no_more_orders(self) -> None:
        self.exchange.handle(VenueHeld(venue=VENUE, text="stop"))

    @precondition(lambda self: self.held)
    @rule()
    def orders_again(self) -> None:
        assert self.exchange.engine.resume_venue(VENUE, "ann", self.exchange.moment)
        self.exchange.tick(0)

    @rule()
    def notice(self) -> None:
        self.exchange.handle(VenueNotice(venue=VENUE, kind="margin.call", text="pay"))

    @rule()
    def order_nobody_knows(self) -> None:
        update = OrderUpdate(order_id=OrderID("1"), status=VenueStatus.WORKING)
        self.exchange.handle(update)

    # ------------------------------------------------------------- time, and its absence

    @rule(milliseconds=st.sampled_from((0, 100, 2_000, 15_000, 70_000)))
    def time_passes(self, milliseconds: int) -> None:
        self.exchange.tick(milliseconds)

    @rule(milliseconds=st.sampled_from((-3_600_000, -5_000, 5_000, 3_600_000)))
    def clock_is_set(self, milliseconds: int) -> None:
        self.exchange.set_clock(milliseconds)

    @rule()
    def process_dies(self) -> None:
        before = {order.order_id: state(order) for order in self.exchange.engine.orders}
        self.exchange.restart()
        engine = self.exchange.engine
        assert before == {order.order_id: state(order) for order in engine.orders}
        unsettled = {order.order_id for order in engine.orders if order.unsettled}
        assert unsettled == {order_id for order_id in before if engine.inflight.get(order_id)}

    # ------------------------------------------------------------------------ invariants

    @invariant()
    def what_was_reported_holds(self) -> None:
        self._listen()
        by_exec_id: dict[str, ExecutionReport] = {}
        by_order: dict[str, list[ExecutionReport]] = {}
        for report in self.told:
            if isinstance(report, ExecutionReport) and report.order_id != "NONE":
                by_order.setdefault(report.order_id, []).append(report)
                if report.exec_id != "0":
                    assert by_exec_id.setdefault(report.exec_id, report) == report
        for reports in by_order.values():
            check_story(reports)

    @invariant()
    def somebody_asks_about_what_is_unsettled(self) -> None:
        engine = self.exchange.engine
        for order in engine.orders:
            watch = engine.inflight.get(order.order_id)
            if order.unsettled:
                assert watch is not None
            if not order.open:
                assert watch is None or watch.short_of is not None

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
            if order.native:
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
            (CxlRejResponseTo.ORDER_CANCEL_REQUEST, order.cancel.cl_ord_id)
            for order in self.exchange.engine.orders
            if order.cancel is not None and order.status is OrdStatus.PENDING_CANCEL
        )
        pending.update(
            (CxlRejResponseTo.ORDER_CANCEL_REPLACE_REQUEST, order.replacement.request.cl_ord_id)
            for order in self.exchange.engine.orders
            if order.replacing and order.replacement is not None
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
            check_chain(order)


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


def check_chain(order: Order) -> None:
    """Whichever of them *order* is."""
    chain, after = order.chain, order.replacement
    if chain is None:
        return
    assert chain.current.chain is chain and chain.current.beneath is not OrdStatus.REPLACED
    assert not chain.current.waits, "what never left stands for nothing"
    legs = [chain.current]
    while legs[-1].replaces is not None:
        legs.append(legs[-1].replaces)
    assert chain.root_id == legs[-1].order_id
    assert chain.cum_qty == sum(leg.cum_qty for leg in legs)
    assert chain.unsure == sum(not leg.final for leg in legs[1:])
    if order.replacing:
        assert order is chain.current and after is not None
        assert after.chain is chain and not after.accepted
        # Never may both work, unless the venue sees to it.
        assert after.waits or after.native or order.beneath in CLOSED


def check_story(reports: list[ExecutionReport]) -> None:
    """The reports of one order, in the order they were sent."""
    executed = spent = Decimal(0)
    for report in reports:
        if report.exec_type is ExecType.TRADE:
            assert report.last_qty is not None and report.last_qty > 0
            assert report.last_px is not None
            executed += report.last_qty
            spent += report.last_qty * report.last_px
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
    ends = Counter(
        report.exec_type for report in reports if "-D" not in report.exec_id
    )
    for end in (ExecType.NEW, ExecType.CANCELED, ExecType.REJECTED, ExecType.EXPIRED):
        assert ends[end] <= 1


class ReplacesInOneStep(AnyInput):
    replaces = True


class ReplacesByCancel(AnyInput):
    by_cancel = True


TestAnyInput = AnyInput.TestCase
TestReplacesInOneStep = ReplacesInOneStep.TestCase
TestReplacesByCancel = ReplacesByCancel.TestCase
TestAnyInput.settings = TestReplacesInOneStep.settings = TestReplacesByCancel.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None
)

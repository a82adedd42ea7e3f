"""Whatever a client and a venue say, and whenever: nothing raises, and no report contradicts
another. The venue here tells the truth, lies, repeats itself and answers what nobody asked."""

from collections import Counter
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fixgw.model.enums import CLOSED, Command, ExecType, OrdStatus
from fixgw.model.events import SubmittedAgain
from fixgw.model.ids import OrderID
from fixgw.model.reports import ExecutionReport, OrderCancelReject
from fixgw.model.venue import Acked, Fill, OrderUpdate, Refused, Unknown, VenueStatus
from tests.support.orders import Exchange, news, no_answer, outcome, state, stream_restored

CL_ORD_IDS = st.sampled_from(("A", "B", "C", "D"))
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

    def __init__(self) -> None:
        super().__init__()
        self.exchange = Exchange()
        self.told: list[ExecutionReport | OrderCancelReject] = []

    # ---------------------------------------------------------------------- the client

    @rule(
        cl_ord_id=CL_ORD_IDS,
        size=st.sampled_from(("38=10", "40=1|152=1000", "38=10|59=3", "38=0")),
        resend=st.sampled_from(("", "|97=Y")),
    )
    def order(self, cl_ord_id: str, size: str, resend: str) -> None:
        self.exchange.client(f"35=D|11={cl_ord_id}|{size}{resend}")

    @rule(cl_ord_id=CL_ORD_IDS, orig=CL_ORD_IDS, resend=st.sampled_from(("", "|97=Y")))
    def cancel(self, cl_ord_id: str, orig: str, resend: str) -> None:
        self.exchange.client(f"35=F|11={cl_ord_id}|41={orig}{resend}")

    @rule(cl_ord_id=CL_ORD_IDS)
    def cancel_without_a_name(self, cl_ord_id: str) -> None:
        self.exchange.client(f"35=F|11={cl_ord_id}")

    @rule(cl_ord_id=CL_ORD_IDS)
    def status(self, cl_ord_id: str) -> None:
        self.exchange.client(f"35=H|11={cl_ord_id}")

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
        kind=st.sampled_from(("taken", "done", "refused", "unknown")),
        status=STATUSES,
        known=KNOWN,
    )
    def outcome(
        self,
        number: int,
        command: Command,
        kind: str,
        status: VenueStatus,
        known: dict[str, object],
    ) -> None:
        order = self.exchange.engine.orders.get(self._order(number))
        assert order is not None
        update = OrderUpdate(order_id=order.order_id, status=status, **known)
        ends = {
            "taken": Acked(),
            "done": Acked(update),
            "refused": Refused("no", "no"),
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
        self.told += self.exchange.raw_reports()
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
        submits = self.exchange.submits
        again = Counter(e.order_id for e in self.exchange.events if type(e) is SubmittedAgain)
        assert submits == {order_id: 1 + again[order_id] for order_id in self.at_venue}


def check_story(reports: list[ExecutionReport]) -> None:
    """The reports of one order, in the order they were sent."""
    executed = Decimal(0)
    for report in reports:
        if report.exec_type is ExecType.TRADE:
            assert report.last_qty is not None and report.last_qty > 0
            executed += report.last_qty
        assert report.cum_qty == executed
        if report.ord_status in CLOSED or report.order_qty is None:
            assert report.leaves_qty == 0
        else:
            assert report.leaves_qty == max(report.order_qty - executed, Decimal(0))
        if report.ord_status is OrdStatus.FILLED and report.order_qty is not None:
            assert executed >= report.order_qty
    ends = Counter(
        report.exec_type for report in reports if "-D" not in report.exec_id
    )
    for end in (ExecType.NEW, ExecType.CANCELED, ExecType.REJECTED, ExecType.EXPIRED):
        assert ends[end] <= 1


TestAnyInput = AnyInput.TestCase
TestAnyInput.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)

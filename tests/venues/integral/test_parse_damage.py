"""Every payload of the vendor's pages, every field damaged: the gateway lives, and what can be told
is. Each case goes the way of a real one, without the network: what reads an answer, then the
border, then an engine that has the order.
"""

import pytest
from msgspec.structs import replace

from fixgw.model.ids import VenueOrderID
from fixgw.model.venue import Acked, OrderUpdate, QueryFailed
from fixgw.runtime.clock import ManualClock
from fixgw.venues.kit.border import Border
from fixgw.venues.integral import parse
from fixgw.venues.integral.parse import NotFound
from fixgw.venues.outcome import Answer
from fixgw.venues.kit.payloads import Unreadable
from tests.support.damage import OF_THE_WHOLE, Case, failures
from tests.support.orders import START_MS, VENUE, Exchange, accepted
from tests.venues.integral.payload import payload

PLACED = payload("place_limit_reply")
TRADES = payload("done_trades")
ROW = TRADES.strip()[1:-1]
OTHER = ROW.replace(b"258100", b"258101").replace(b"1000000", b"7").replace(b"1.09", b"1.08")
TAGS = ("150", "32", "31", "14")
DECIDE = frozenset({
    "tradeId", "coId", "orderId", "status", "side", "symbol", "currency", "dealtAmount", "rate",
    "spotRate", "tradeType",
})


class Scene:
    """An order that works at the venue, and its client."""

    def __init__(self) -> None:
        self.exchange = Exchange()
        self.exchange.client("35=D|11=X|38=2000000|")
        self.exchange.venue(accepted())
        self.exchange.reports()
        self.exchange.commands()
        self.order = replace(
            self.exchange.order("X").venue_order(),
            symbol="EUR/USD", venue_order_id=VenueOrderID("8932452311944"),
        )
        self.border = Border(VENUE, self.exchange.handle, ManualClock(START_MS))

    def asked(self, order: bytes, trades: bytes) -> None:
        """A question is answered by *order* and *trades*, as `queries` and `questions` do."""
        order_id = self.order.order_id
        try:
            listed = parse.read_orders(Answer(200, order))
            rows = () if isinstance(listed, NotFound) else listed.of("8932452311944")
            if len(rows) != 1:
                raise Unreadable("not there")
            update = parse.order_update(rows[0], self.order, order)
            found = parse.read_trades(Answer(200, trades))
            executed = parse.executions(
                found, self.order, ("Verified",), ("Cancelled",), "4820276016"
            )
            update = parse.with_fills(update, executed)
            self.border(replace(update, asked=True))
        except Unreadable as error:
            self.border(QueryFailed(order_id, str(error)))

    def told(self) -> list[str]:
        """The executions that the client was told of; each report is looked at."""
        reports = self.exchange.reports(*TAGS)
        for report in reports:
            assert len(report) < 200, report
            assert "|31=0|" not in report and "=-" not in report, report
        return [each for each in reports if each.startswith("150=F")]


NEW = PLACED.replace(b"RECEIVED", b"WORKING")
BOTH = ["150=F|32=1000000|31=1.0971678|14=1000000", "150=F|32=7|31=1.0871678|14=1000007"]


def test_an_execution_with_a_damaged_decoration_is_told() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        scene.asked(NEW, case.payload)
        told = scene.told()
        if case.field not in DECIDE and case.damage not in OF_THE_WHOLE and len(case.path) > 1:
            assert BOTH[:1] == told
        scene.asked(NEW, b"[%b,%b]" % (ROW, OTHER))
        assert told or BOTH == scene.told()

    assert [] == failures(TRADES, look)


def test_a_damaged_trade_hides_no_other() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        scene.asked(NEW, b"[%b,%b]" % (case.payload, OTHER))
        assert case.damage in OF_THE_WHOLE or any("32=7|" in each for each in scene.told())

    assert [] == failures(ROW, look)


def test_a_damaged_order_in_a_list_hides_no_other() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        other = case.payload.replace(b"8932452311944", b"another")
        scene.asked(b"[%b,%b]" % (other, NEW), TRADES)
        assert case.damage in OF_THE_WHOLE or BOTH[:1] == scene.told()

    assert [] == failures(PLACED, look)


@pytest.mark.parametrize("co_id", [b"null", b"7", b'""', b"[]"])
def test_an_active_order_without_a_name_hides_no_execution_of_others(co_id: bytes) -> None:
    scene = Scene()
    nameless = PLACED.replace(b'"8932452311944"', co_id)

    scene.asked(b"[%b,%b]" % (nameless, NEW), TRADES)

    assert BOTH[:1] == scene.told()


def test_a_damaged_order_is_an_answer_or_none() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        scene.asked(case.payload, TRADES)
        told = scene.told()
        if case.field not in DECIDE and case.damage not in OF_THE_WHOLE:
            assert BOTH[:1] == told

    assert [] == failures(NEW, look)


def test_a_damaged_answer_to_a_command_is_an_answer() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        for trust in (True, False):
            for status in (200, 202, 400, 404):
                answer = Answer(status, case.payload)
                outcome, _ = parse.submit_outcome(answer, scene.order, trust_400=trust)
                parse.cancel_outcome(answer, trust_400=trust)
                if isinstance(outcome, Acked) and outcome.update is not None:
                    assert isinstance(outcome.update, OrderUpdate)
                    scene.border(outcome.update)
        scene.told()

    assert [] == failures(PLACED, look)


def test_a_damaged_login_is_one_or_says_why() -> None:
    def look(case: Case) -> None:
        try:
            login = parse.login(Answer(200, case.payload))
        except Unreadable as error:
            assert str(error)
            assert case.field not in ("errorCode", "responseTuples") or (
                case.damage in OF_THE_WHOLE
            )
        else:
            assert login.life_seconds > 0

    assert [] == failures(payload("login_reply"), look)

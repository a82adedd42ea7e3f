"""Every payload of the document, every field damaged: the gateway lives, and what can be told is.

Each case goes the way of a real one: the stream's or a webhook's event, or an answer, to the sum of
what was told, then the border, then an engine that has the order. Only the disk is left out.
"""

from collections.abc import Iterator

from fixgw.model.capabilities import Capabilities
from fixgw.model.enums import Command
from fixgw.model.ids import OrderID
from fixgw.model.venue import OrderUpdate
from fixgw.runtime.clock import ManualClock
from fixgw.venues.asmlink import parse
from fixgw.venues.asmlink.events import Events
from fixgw.venues.asmlink.parse import Tell
from fixgw.venues.asmlink.received import Received
from fixgw.venues.kit.border import Border
from fixgw.venues.outcome import Answer
from fixgw.venues.kit.payloads import Unreadable
from tests.support.damage import OF_THE_WHOLE, Case, failures
from tests.support.orders import CAPABILITIES, START_MS, VENUE, Exchange, accepted
from tests.venues.asmlink.payload import payload
from tests.venues.asmlink.venue import rules

EVENT = payload("webhook_order_filled").replace(b"2024-08-15T09", b"2023-11-14T09")
REPLY = payload("http_order_route_reply")
TAGS = ("11", "150", "32", "31", "14")
DECIDE = frozenset({
    "event_type", "order_id", "execution_status", "fill_price", "fill_quantity", "status",
})


class Kept:
    """A record that forgets."""

    def add(self, order_id: OrderID, tell: Tell, now_ms: int) -> None:
        """Nothing is kept."""

    def tells(self, order_id: OrderID) -> Iterator[Tell]:
        return iter(())

    def placed(self, order_id: OrderID) -> None:
        """Nothing is known."""

    def notice(self, event_id: str, now_ms: int, notice: object = None) -> bool:
        return True


class Scene:
    """Two orders, X and Y, that work at the venue."""

    def __init__(self, capabilities: Capabilities = CAPABILITIES) -> None:
        self.exchange = Exchange(capabilities)
        for name in ("X", "Y"):
            self.exchange.client(f"35=D|11={name}|38=5000000|")
            self.exchange.venue(accepted())
        self.exchange.reports()
        self.exchange.commands()
        clock = ManualClock(START_MS)
        self.border = Border(VENUE, self.exchange.handle, clock)
        self.told_of = Received(Kept(), clock, rules())  # type: ignore[arg-type]
        self.events = Events(
            venue=VENUE, prefix="FX-", received=self.told_of,
            store=Kept(),  # type: ignore[arg-type]
            clock=clock, deliver=self.border, waiting=self,
        )

    def answer_decides(self, order_id: OrderID, attempt: int) -> bool:
        return False

    def of(self, order: str, sample: bytes) -> bytes:
        """*sample* about our order *order*, under an event_id of its own."""
        ours = b"FX-" + self.exchange.order(order).order_id.encode()
        return sample.replace(b"ORD-20240815-00421", ours).replace(
            b"evt_8f3a91c4d02e", b"evt_" + order.encode()
        )

    def hear(self, order: str, body: bytes) -> bool:
        """An event of the stream; whether it was taken."""
        try:
            self.events.take(self.of(order, body), "stream")
        except Unreadable as error:
            assert str(error)
            return False
        return True

    def told(self, order: str = "X") -> list[str]:
        """The executions that the client was told of; each report is looked at."""
        reports = self.exchange.reports(*TAGS)
        for report in reports:
            assert len(report) < 200, report
            assert "|31=0|" not in report and "=-" not in report, report
        return [each for each in reports if each.startswith(f"11={order}|150=F")]


def filled(order: str) -> list[str]:
    return [f"11={order}|150=F|32=5000000|31=1.08423|14=5000000"]


def test_an_event_with_a_damaged_decoration_is_told_and_the_next_one_taken() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        taken = scene.hear("X", case.payload)
        told = scene.told()
        if case.field not in DECIDE and case.damage not in OF_THE_WHOLE:
            assert taken and filled("X") == told
        assert scene.hear("Y", EVENT)
        assert filled("Y") == scene.told("Y")

    assert [] == failures(EVENT, look)


def test_an_order_whose_execution_cannot_be_read_is_asked_about() -> None:
    for written in (b"0", b"[]", b'"rubbish"', b"-1", b'"NaN"', b"1E+400"):
        scene = Scene()
        assert not scene.hear("X", EVENT.replace(b"1.08423", written))

        assert [] == scene.told()
        assert ["query X"] == scene.exchange.commands(), written


def test_a_damaged_answer_is_one() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        order_id = scene.exchange.order("X").order_id
        for status in (200, 400, 503):
            answer = parse.answer(
                Answer(status, scene.of("X", case.payload)), f"FX-{order_id}", Command.SUBMIT,
                START_MS, trust=True,
            )
            if isinstance(answer, Tell):
                update = scene.told_of.take_anyway(order_id, answer)
                assert isinstance(update, OrderUpdate)
                scene.border(update)
                if case.field not in DECIDE:
                    assert filled("X") == scene.told()
            elif status == 200 and case.damage not in OF_THE_WHOLE:
                assert case.field in DECIDE

    assert [] == failures(REPLY, look)


def test_a_damaged_notice_ends_nothing() -> None:
    notice = EVENT.replace(b"order.filled", b"margin.call").replace(
        b'"idempotent"', b'"message":"call","idempotent"'
    )

    def look(case: Case) -> None:
        scene = Scene()
        scene.hear("X", case.payload)
        scene.told()
        assert scene.hear("Y", EVENT)
        assert filled("Y") == scene.told("Y")

    assert [] == failures(notice, look)

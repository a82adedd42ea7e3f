"""Damaged events that come again and by several ways: each execution is told once, each notice too.

Each case goes the way of a real one: an event through `Events`, as stream and webhooks hand it
over, an answer through the desk; on a real record, then the border, then an engine that has the
order. What one damaged payload alone does is in `test_parse_damage`.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixgw.model.effects import QueryOrder, SubmitOrder
from fixgw.model.ids import OrderID
from fixgw.model.venue import VenueInput, VenueNotice
from fixgw.runtime.clock import ManualClock
from fixgw.venues.asmlink.credentials import Credentials
from fixgw.venues.asmlink.order_entry import OrderEntry
from fixgw.venues.asmlink.events import Events
from fixgw.venues.asmlink.parse import Source
from fixgw.venues.asmlink.store import Store
from fixgw.venues.asmlink.received import Received
from fixgw.venues.asmlink.webhooks import BAD, OK, Listener
from fixgw.venues.kit.border import Border
from fixgw.venues.http import Request
from fixgw.venues.outcome import Answer
from fixgw.venues.kit.payloads import Unreadable
from tests.support.damage import OF_THE_WHOLE, Case, failures
from tests.support.orders import VENUE, Exchange, accepted
from tests.support.ports import free_port
from tests.venues.asmlink.payload import payload
from tests.venues.asmlink.venue import config, order, webhooks, rules

TAGS = ("11", "150", "32", "31", "14")
FILLED_MS = 1_723_714_264_913
"""When the samples' fill was."""
PREFIX = "FIXGW-"

SAMPLE = payload("webhook_order_filled").replace(b"5000000", b"4")
REPLY = payload("http_order_route_reply").replace(b"5000000", b"4")

EVENT_DECIDES = {"event_type", "order_id", "execution_status", "fill_price", "fill_quantity"}
REPLY_DECIDES = {"order_id", "status", "fill_price", "fill_quantity"}


class Scene:
    """Two orders for 10, X and Y, and what is on record of them: nothing."""

    runner: asyncio.Runner
    record: Store
    settings_path: Path

    def __init__(self, *, known: bool = True) -> None:
        for table in ("tells", "notices", "untold"):
            self.record._database.execute(f"DELETE FROM {table}")
        self.exchange = Exchange()
        for which in ("X", "Y"):
            self.exchange.client(f"35=D|11={which}|38=10|")
            if known:
                self.exchange.venue(accepted())
        self.exchange.reports()
        self.exchange.commands()
        self.clock = ManualClock(FILLED_MS + 100)
        self.heard: list[VenueInput] = []
        self.border = Border(VENUE, self._hear, self.clock)
        self.told = Received(self.record, self.clock, rules())
        self.body = b""
        self.settings = config(
            "http://127.0.0.1", self.settings_path, status_path="/order/{order_id}"
        )
        self.desk = OrderEntry(
            config=self.settings,
            credentials=Credentials(self.settings.api_key), http=self,  # type: ignore[arg-type]
            clock=self.clock, received=self.told, tier=lambda order: "TIER_1", deliver=self.border,
        )
        self.events = Events(
            venue=VENUE, prefix=PREFIX, received=self.told, store=self.record, clock=self.clock,
            deliver=self.border, waiting=self.desk,
        )

    def _hear(self, said: VenueInput) -> None:
        self.heard.append(said)
        self.exchange.handle(said)

    def of(self, which: str, sample: bytes) -> bytes:
        """*sample* of the document, about our order."""
        ours = PREFIX + self.exchange.order(which).order_id
        named = sample.replace(b"ORD-20240815-00421", ours.encode())
        return named.replace(b"evt_8f3a91c4d02e", b"evt_" + which.encode())

    def take(self, body: bytes, source: Source = "webhook") -> bool:
        """Whether the event was taken."""
        try:
            self.events.take(body, source)
        except Unreadable as error:
            assert 0 < len(str(error)) < 500
            return False
        return True

    async def send(self, request: Request) -> Answer:
        """The venue's answer to whatever is asked."""
        return Answer(200, self.body)

    def answer(self, work: SubmitOrder | QueryOrder, body: bytes) -> None:
        """Have the desk send *work*, which is answered with *body*."""
        self.body = body
        self.runner.run(self._answer(work))

    async def _answer(self, work: SubmitOrder | QueryOrder) -> None:
        before = len(self.heard)
        if isinstance(work, SubmitOrder):
            self.desk.command(work)
        else:
            self.desk.query(work)
        working = asyncio.ensure_future(self.desk.work())
        while len(self.heard) == before:
            await asyncio.sleep(0)
            assert not working.done(), working.exception()
        working.cancel()
        await asyncio.wait([working])

    def order(self, which: str):
        """It, as a command has it."""
        return order(order_id=OrderID(self.exchange.order(which).order_id), quantity="10")

    def reports(self) -> list[str]:
        """All executions that clients were told of; each report is looked at."""
        reports = self.exchange.reports(*TAGS)
        for report in reports:
            assert len(report) < 200, report
            assert "|31=0|" not in report and "=-" not in report, report
        return [each for each in reports if "|150=F" in each]


@pytest.fixture(scope="module", autouse=True)
def what_all_cases_share(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An event loop, and the file of a record, which each case empties."""
    folder = tmp_path_factory.mktemp("asmlink")
    Scene.settings_path = folder / "unused.sqlite"
    Scene.record = Store(folder / "told.sqlite")
    with asyncio.Runner() as Scene.runner:
        yield
    Scene.record.close()


def filled(which: str) -> list[str]:
    return [f"11={which}|150=F|32=4|31=1.08423|14=4"]


def untouched(case: Case, fields: set[str]) -> bool:
    """Whether what is damaged is for people to read only."""
    return case.field not in fields and case.damage not in OF_THE_WHOLE


# ----------------------------------------------------------------- events


@pytest.mark.parametrize("source", ["webhook", "stream"])
def test_an_event_with_a_damaged_decoration_is_told_once_and_the_next_one_understood(
    source: Source,
) -> None:
    def look(case: Case) -> None:
        scene = Scene()
        body = scene.of("X", case.payload)
        taken = scene.take(body, source)
        told = scene.reports()
        if untouched(case, EVENT_DECIDES):
            assert taken and filled("X") == told
        # It comes again, by the same way, as webhooks do.
        scene.take(body.replace(b'"delivery_attempt":1', b'"delivery_attempt":2'), source)
        assert [] == scene.reports()
        assert scene.take(scene.of("Y", SAMPLE), source) and filled("Y") == scene.reports()

    assert [] == failures(SAMPLE, look)


def test_an_event_whose_decoration_is_damaged_in_one_way_only_is_told_once() -> None:
    """The stream, the webhook and the answer to the order tell of the same fill."""

    def look(case: Case) -> None:
        if not untouched(case, EVENT_DECIDES) or case.field == "event_id":
            return
        scene = Scene(known=False)
        scene.take(scene.of("X", case.payload), "stream")
        scene.take(scene.of("X", SAMPLE), "webhook")
        scene.answer(SubmitOrder(scene.order("X")), scene.of("X", REPLY))
        assert filled("X") == scene.reports()

    assert [] == failures(SAMPLE, look)


def test_a_damaged_notice_is_one_and_reaches_the_clients_once() -> None:
    call = (
        b'{"event_id":"evt_9","event_type":"margin.call","account_id":"CORP-ENT-0042",'
        b'"timestamp_utc":"2024-08-15T09:31:04.913Z","message":"equity below 100 %",'
        b'"order_id":"ORD-1","symbol":"EURUSD","delivery_attempt":1}'
    )

    def look(case: Case) -> None:
        scene = Scene()
        body = case.payload
        for attempt in (1, 2):
            scene.take(body.replace(b'"delivery_attempt":1', b'"delivery_attempt":%d' % attempt))
        notices = [each for each in scene.heard if isinstance(each, VenueNotice)]
        if untouched(case, {"event_type"}):
            assert 1 == len(notices)
        for each in notices:
            assert len(each.text) <= 400 and each.text.isascii()

    assert [] == failures(call, look)


def test_a_webhook_that_cannot_be_read_is_refused_and_said_and_the_next_one_is_taken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    scene = Scene()
    listener = Listener(webhooks(free_port()), scene.events, scene.clock)
    bodies = [
        b"", b"\xff", b"[" * 3_000, b'{"event_type":' * 3_000, b"[]", b"7", b"NaN",
        scene.of("X", SAMPLE).replace(b'"FILLED"', b"[]").replace(b'"order.filled"', b"[]"),
        scene.of("X", SAMPLE).replace(b"0.31", b"[" * 3_000 + b"]" * 3_000),
        scene.of("X", SAMPLE).replace(b"1.08423", b"0"),
        b'{"event_type":"order.filled","order_id":{}}',
    ]
    assert [BAD] * len(bodies) == [listener._take(body) for body in bodies]
    assert len(bodies) == capsys.readouterr().out.count("webhook_unreadable")
    assert OK == listener._take(scene.of("X", SAMPLE))
    assert filled("X") == scene.reports()


# ---------------------------------------------------------------- answers


def test_a_damaged_answer_to_an_order_is_one_and_what_is_told_is_told_once() -> None:
    def look(case: Case) -> None:
        scene = Scene(known=False)
        scene.answer(SubmitOrder(scene.order("X")), scene.of("X", case.payload))
        told = scene.reports()
        if untouched(case, REPLY_DECIDES):
            assert filled("X") == told
            scene.take(scene.of("X", SAMPLE), "stream")
            assert [] == scene.reports(), "it is the same fill"
        scene.take(scene.of("Y", SAMPLE), "stream")
        assert filled("Y") == scene.reports()

    assert [] == failures(REPLY, look)


def test_a_damaged_answer_to_a_question_is_one_or_the_question_failed() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        scene.answer(QueryOrder(scene.order("X")), scene.of("X", case.payload))
        first = scene.reports()
        scene.answer(QueryOrder(scene.order("X")), scene.of("X", REPLY))
        told = first + scene.reports()
        if untouched(case, REPLY_DECIDES):
            assert filled("X") == told

    assert [] == failures(REPLY.replace(b"FILLED", b"PARTIAL_FILL"), look)


def test_a_damaged_error_is_shown_or_not_and_proves_nothing_more() -> None:
    def look(case: Case) -> None:
        scene = Scene(known=False)
        scene.answer(SubmitOrder(scene.order("X")), case.payload)
        scene.reports()

    assert [] == failures(b'{"error":{"code":"INVALID_REQUEST","message":"quantity"}}', look)

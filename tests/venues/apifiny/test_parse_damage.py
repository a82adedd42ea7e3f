"""Every payload of the manual, every field damaged: the gateway lives, and what can be told is.

Each case goes the way of a real one: the socket's session or the pure parts that read an answer,
then the border, then an engine that has the order.
"""

from decimal import Decimal as D

import pytest
from msgspec import Raw

from fixgw.model.enums import Command
from fixgw.model.venue import (
    CommandOutcome,
    InstrumentsLoaded,
    OrderUpdate,
    VenueStatus,
)
from fixgw.runtime.clock import ManualClock
from fixgw.venues.apifiny import parse
from fixgw.venues.apifiny.schemas import read_symbols, read_time, read_venues
from fixgw.venues.apifiny.session import OrderSession
from fixgw.venues.apifiny.symbols import exchange_enabled, instruments
from fixgw.venues.kit.border import Border
from fixgw.venues.outcome import Answer
from fixgw.venues.kit.payloads import Unreadable
from fixgw.venues.strangers import Strangers
from tests.support.damage import OF_THE_WHOLE, Case, failures, with_at
from tests.support.orders import START_MS, VENUE, Exchange, accepted
from tests.venues.apifiny.payload import payload
from tests.venues.apifiny.venue import config, order

DIGITS = "00000001"
CONFIG = config("http://venue", in_flight_limit=3)
TAGS = ("11", "150", "32", "31", "14")

DECIDE = frozenset({
    "orderId", "filledCumulativeQuantity", "lastFilledQuantity", "lastFilledPrice", "orderStatus",
    "payload", "result", "error",
})
"""Without these, or with others, an update is another one."""


class Scene:
    """Two orders, X and Y, that work at the venue, and a socket."""

    def __init__(self) -> None:
        self.exchange = Exchange()
        for name in ("X", "Y"):
            self.exchange.client(f"35=D|11={name}|38=1.12|")
            self.exchange.venue(accepted())
        self.exchange.reports()
        self.border = Border(VENUE, self.exchange.handle, ManualClock(START_MS))
        self.session = OrderSession(
            account_digits=DIGITS, config=CONFIG,
            strangers=Strangers(VENUE, self.border), deliver=self.border,
        )
        self.session.opened(0.0, None)

    def of(self, order: str, sample: bytes) -> bytes:
        """*sample* of the manual, about our order *order*, in its last 16 digits."""
        ours = (DIGITS + self.exchange.order(order).order_id).encode()
        for theirs in (b"000000121574697605570321", b"000000011584603011942221"):
            sample = sample.replace(theirs, ours)
        return sample

    def told(self, order: str = "X") -> list[str]:
        """The executions that the client was told of *order*; each report is looked at."""
        reports = self.exchange.reports(*TAGS)
        for report in reports:
            assert len(report) < 200, report
            assert "|31=0|" not in report and "=-" not in report, report
        return [each for each in reports if each.startswith(f"11={order}|150=F")]


FILLED = ["11=X|150=F|32=1.12|31=100|14=1.12"]
UPDATE = payload("ws_order_update").replace(b"100.0", b"100")
LISTED = payload("http_list_filled_order")
ROW = UPDATE[UPDATE.index(b"{", 1) : UPDATE.rindex(b"}", 0, -2) + 1]


def test_an_update_with_a_damaged_decoration_is_told_and_the_next_one_understood() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        scene.session.receive([scene.of("X", case.payload)], 1.0)
        told = scene.told()
        if case.field not in DECIDE and case.damage not in OF_THE_WHOLE:
            assert FILLED == told
        if case.damage in OF_THE_WHOLE:
            assert scene.session.unreadable
        scene.session.receive([scene.of("Y", UPDATE)], 2.0)
        assert ["11=Y|150=F|32=1.12|31=100|14=1.12"] == scene.told("Y")

    assert [] == failures(UPDATE, look)


def test_a_damaged_row_hides_no_other() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        frame = b'{"logTimestamp":1552116459536,"payload":[%b,%b]}' % (
            scene.of("X", case.payload), scene.of("Y", ROW)
        )
        scene.session.receive([frame], 1.0)
        assert case.damage in OF_THE_WHOLE or scene.told("Y")

    assert [] == failures(ROW, look)


@pytest.mark.parametrize("field", ["filledCumulativeQuantity", "lastFilledQuantity"])
def test_an_order_whose_execution_cannot_be_read_is_asked_about(field: str) -> None:
    for written in (b'""', b"[]", b'"rubbish"', b'"1E+400"', b'"NaN"', b"-1"):
        scene = Scene()
        scene.exchange.commands()
        before = b'"%b": 1.12' % field.encode()
        assert before in UPDATE
        frame = scene.of("X", UPDATE).replace(before, b'"%b": %b' % (field.encode(), written))
        scene.session.receive([frame], 1.0)

        assert [] == scene.told()
        assert "X" in " ".join(scene.exchange.commands()), written


@pytest.mark.parametrize("written", [b"7", b"{}", b'["rubbish"]', b"null", b'""'])
def test_after_an_execution_that_names_no_order_that_can_be_read_everything_is_asked(
    written: bytes,
) -> None:
    scene = Scene()
    scene.session.receive([with_at(UPDATE, ("payload", "orderId"), written)], 1.0)

    assert scene.session.unreadable


@pytest.mark.parametrize(
    "name", ["http_new_order", "http_list_filled_order", "http_error_timestamp"]
)
def test_a_damaged_answer_to_a_command_is_an_answer(name: str) -> None:
    def look(case: Case) -> None:
        scene = Scene()
        order_id = scene.exchange.order("X").order_id
        for command in (Command.SUBMIT, Command.CANCEL):
            result = Answer(200, scene.of("X", case.payload))
            outcome = parse.command_outcome(result, DIGITS + order_id, command, trust_4xx=True)
            if command is Command.CANCEL:  # the submit is answered already
                scene.border(CommandOutcome(order_id, command, outcome))
        scene.told()

    assert [] == failures(payload(name), look)


@pytest.mark.parametrize("name", ["http_new_order", "http_list_open_order"])
def test_a_damaged_answer_to_a_question_is_an_answer_or_none(name: str) -> None:
    def look(case: Case) -> None:
        scene = Scene()
        order_id = scene.exchange.order("X").order_id
        result = Answer(200, scene.of("X", case.payload))
        scene.border(parse.query_result(result, order_id, DIGITS + order_id))
        scene.told()

    assert [] == failures(payload(name), look)


def test_a_damaged_list_of_executions_gives_those_that_were_or_is_asked_for_again() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        order_id = scene.exchange.order("X").order_id
        asked = OrderUpdate(
            order_id=order_id, status=VenueStatus.WORKING, cum_qty=D("0.01"), asked=True
        )
        listed = Answer(200, scene.of("X", case.payload))
        scene.border(parse.with_fills(asked, order(), listed))
        told = scene.told()
        if case.field not in DECIDE and case.damage not in OF_THE_WHOLE:
            assert ["11=X|150=F|32=0.01|31=9000|14=0.01"] == told

    assert [] == failures(LISTED, look)


@pytest.mark.parametrize(
    "name",
    ["http_list_symbol_info", "http_list_venue_info", "http_current_time_millis",
     "http_get_commission_rate"],
)
def test_damaged_reference_data_leave_out_what_is_damaged(name: str) -> None:
    def look(case: Case) -> None:
        answer = Answer(200, case.payload)
        parse.commission_rate(answer)
        try:
            rows: list[Raw] = read_symbols(case.payload).result or []
            found, left_out = instruments(rows, VENUE, "VENUE1", True)
            heard: list[InstrumentsLoaded] = []
            Border(VENUE, heard.append, ManualClock(START_MS))(  # type: ignore[arg-type]
                InstrumentsLoaded(VENUE, found)
            )
            exchange_enabled(read_venues(case.payload).result or [], "VENUE1")
            read_time(case.payload)
        except Unreadable:
            return
        if name == "http_list_symbol_info" and case.path[:2] != ("result", 1):
            assert case.path == ("result",) or "BCHUSDT" in {one.symbol for one in found}
        assert all(why.strip() for why in left_out)

    assert [] == failures(payload(name), look)


@pytest.mark.parametrize("name", ["ws_account_update", "ws_ping", "http_new_order"])
def test_damaged_frames_of_any_kind_end_nothing(name: str) -> None:
    def look(case: Case) -> None:
        scene = Scene()
        scene.session.receive([scene.of("X", case.payload)], 1.0)
        scene.told()
        scene.session.receive([scene.of("Y", UPDATE)], 2.0)
        assert scene.told("Y")

    assert [] == failures(payload(name), look)

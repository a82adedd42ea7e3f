"""What a venue says, checked before the gateway hears it."""

from decimal import Decimal
from typing import Any

import pytest
import structlog
from msgspec.structs import replace

from fixgw.model.enums import Command
from fixgw.model.ids import OrderID, VenueName
from fixgw.model.instrument import Instrument
from fixgw.model.number import ZERO, add, average, multiply, text
from fixgw.model.settlement import Settlement
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    Fill,
    InstrumentsLoaded,
    NewsUnreadable,
    OrderUpdate,
    QueryFailed,
    Refused,
    Unknown,
    UnknownOrderSeen,
    VenueHeld,
    VenueInput,
    VenueNotice,
    VenueStatus,
)
from fixgw.runtime.clock import ManualClock
from fixgw.venues.kit import border
from fixgw.venues.kit.border import Border

NOW_MS = 1_700_000_000_000
DAY_MS = 86_400_000
ORDER = OrderID("0000000000000001")
FILL = Fill(
    cum_qty=Decimal("0.3"), last_qty=Decimal("0.10"), last_px=Decimal("27000.50"), at=NOW_MS,
    venue_exec_id="T1", commission=Decimal("0.01"), commission_currency="USD",
)
UPDATE = OrderUpdate(
    order_id=ORDER, status=VenueStatus.WORKING, cum_qty=Decimal("0.3"), fill=FILL, at=NOW_MS,
    native_id="N1",
)
IMPOSSIBLE = [
    "0", "-5", "NaN", "sNaN", "Infinity", "1E+999999", "1E+400", "1E-120", "1E-400",
    "1" * 120, "0." + "1" * 120, "1E+30", "1." + "9" * 400, "1." + "0" * 500 + "1",
]
POSSIBLE = ["1E-40", "0.00000001", "27000.50", "9" * 30, "1E+29", "1." + "0" * 200]


@pytest.fixture
def lines() -> Any:
    with structlog.testing.capture_logs() as caught:
        yield caught


def test_why_an_order_could_not_be_asked_about_is_logged_once_a_minute_and_order(lines):
    told, other = Told(), OrderID("0000000000000002")
    for each in (ORDER, ORDER, other):
        told.say(QueryFailed(each, "HTTP 502"))
    told.clock.advance(59_000)
    told.say(QueryFailed(ORDER, "HTTP 503"))
    told.clock.advance(1_000)
    told.say(QueryFailed(ORDER, "HTTP 504"))

    assert 5 == len(told.inputs), "the core hears of each"
    assert [
        (each["event"], each["venue"], each["order_id"], each["reason"]) for each in lines
    ] == [
        ("question_failed", "ACME", ORDER, "HTTP 502"),
        ("question_failed", "ACME", other, "HTTP 502"),
        ("question_failed", "ACME", ORDER, "HTTP 504"),
    ]


def test_the_orders_of_which_a_failed_question_was_logged_are_not_kept_for_ever(monkeypatch):
    monkeypatch.setattr(border, "FAILURES_REMEMBERED", 3)
    told = Told()
    for number in range(10):
        told.say(QueryFailed(OrderID(f"{number:016d}"), "HTTP 502"))
    assert 3 == len(told.border._failures)


class Told:
    """A border, and what came through it."""

    def __init__(self) -> None:
        self.inputs: list[VenueInput] = []
        self.clock = ManualClock(NOW_MS)
        self.border = Border(VenueName("ACME"), self.inputs.append, self.clock)  # type: ignore

    def say(self, said: VenueInput) -> Any:
        self.border(said)
        return self.inputs[-1]

    def first(self, said: VenueInput) -> Any:
        """What came first of it."""
        self.inputs.clear()
        self.border(said)
        return self.inputs[0]


@pytest.fixture
def told() -> Told:
    return Told()


def test_what_is_sound_is_handed_over_as_it_is(told: Told) -> None:
    assert UPDATE is told.say(UPDATE)


@pytest.mark.parametrize("field", ["last_px", "last_qty", "cum_qty"])
@pytest.mark.parametrize("number", IMPOSSIBLE)
def test_an_execution_that_cannot_be_true_is_not_told_but_its_total_is(
    told: Told, field: str, number: str
) -> None:
    heard = told.say(replace(UPDATE, fill=replace(FILL, **{field: Decimal(number)})))

    update, again = told.inputs
    assert replace(UPDATE, fill=None) == update
    assert NewsUnreadable(ORDER, "an execution cannot be true") == again == heard


@pytest.mark.parametrize("field", ["last_px", "last_qty"])
@pytest.mark.parametrize("number", POSSIBLE)
def test_an_execution_of_any_size_that_can_be_true_is_told(
    told: Told, field: str, number: str
) -> None:
    fill = replace(FILL, cum_qty=Decimal("9" * 30), **{field: Decimal(number)})

    assert fill == told.say(replace(UPDATE, fill=fill)).fill


@pytest.mark.parametrize("field", ["last_px", "last_qty", "cum_qty", "commission"])
def test_an_execution_is_told_without_zeros_that_fill_megabytes(told: Told, field: str) -> None:
    changed = {"cum_qty": Decimal(3), field: Decimal("3." + "0" * 1_000_000)}
    fill = replace(FILL, **changed)

    heard = told.say(replace(UPDATE, cum_qty=Decimal("3." + "0" * 1_000_000), fill=fill))

    assert fill == heard.fill and Decimal(3) == heard.cum_qty
    assert "3" == text(getattr(heard.fill, field)) == text(heard.cum_qty)


def test_a_commission_of_nothing_is_told_without_its_zeros(told: Told) -> None:
    fill = replace(FILL, commission=Decimal("0E-20000000"))

    assert "0" == text(told.say(replace(UPDATE, fill=fill)).fill.commission)


def test_the_largest_and_the_smallest_add_up_exactly() -> None:
    large, small = Decimal("9" * 30), Decimal("1E-40")

    notional = add(multiply(large, large), multiply(small, small))

    assert ZERO < average(notional, add(large, small)) <= large


def test_an_answer_with_an_execution_that_cannot_be_true_is_asked_for_again(told: Told) -> None:
    fills = (FILL, replace(FILL, last_px=ZERO, venue_exec_id="T2"))

    heard = told.say(replace(UPDATE, asked=True, fill=None, fills=fills))

    assert QueryFailed(ORDER, "an execution cannot be true") == heard


def test_the_only_execution_of_an_order_can_be_taken_back(told: Told) -> None:
    bust = replace(FILL, cum_qty=ZERO, last_px=ZERO, busted=True)
    news = replace(UPDATE, cum_qty=ZERO, fill=None, fills=(bust,))

    assert news is told.say(news)


@pytest.mark.parametrize("changes", [{"venue_exec_id": ""}, {"cum_qty": Decimal("NaN")}])
def test_what_was_taken_back_has_a_name_and_a_total(told: Told, changes: dict[str, Any]) -> None:
    bust = replace(FILL, busted=True, **changes)

    assert None is told.first(replace(UPDATE, fill=None, fills=(bust,))).fills


@pytest.mark.parametrize("total", ["-1", "NaN", "1E+400"])
def test_an_answer_with_a_total_that_cannot_be_true_is_none(told: Told, total: str) -> None:
    heard = told.say(replace(UPDATE, asked=True, fill=None, cum_qty=Decimal(total)))

    assert QueryFailed(ORDER, "the venue's total cannot be true") == heard


def test_the_answer_to_a_command_stays_one(told: Told) -> None:
    update = replace(UPDATE, asked=True, fill=replace(FILL, last_px=ZERO))

    heard = told.first(CommandOutcome(ORDER, Command.SUBMIT, Acked(update)))

    wanted = replace(UPDATE, fill=None)
    assert CommandOutcome(ORDER, Command.SUBMIT, Acked(wanted)) == heard


@pytest.mark.parametrize(
    "at",
    [-62_135_596_800_000, -1, 1, 915_148_800_000, NOW_MS + DAY_MS + 1, NOW_MS * 1000,
     253_402_300_800_000, 10**30],
)
def test_a_time_that_cannot_be_is_ours(told: Told, at: int) -> None:
    heard = told.say(replace(UPDATE, at=at, fill=replace(FILL, at=at)))

    assert NOW_MS == heard.at == heard.fill.at


def test_a_time_that_was_not_told_stays_untold(told: Told) -> None:
    assert 0 == told.say(replace(UPDATE, at=0)).at


@pytest.mark.parametrize("at", [946_684_800_000, NOW_MS + DAY_MS])
def test_a_time_from_2000_to_a_day_ahead_is_the_venues(told: Told, at: int) -> None:
    assert at == told.say(replace(UPDATE, fill=replace(FILL, at=at))).fill.at


@pytest.mark.parametrize("number", ["NaN", "1E+20000000", "1E+999999999", "-Infinity", "1E+30"])
def test_a_commission_that_cannot_be_is_left_out(told: Told, number: str) -> None:
    fill = replace(FILL, commission=Decimal(number))

    assert replace(FILL, commission=None) == told.say(replace(UPDATE, fill=fill)).fill


def test_a_rebate_is_a_commission(told: Told) -> None:
    fill = replace(FILL, commission=Decimal("-0.25"))

    assert fill == told.say(replace(UPDATE, fill=fill)).fill


@pytest.mark.parametrize("number", ["NaN", "sNaN", "0", "-1", "1E+400"])
def test_an_average_price_that_cannot_be_is_none(told: Told, number: str) -> None:
    assert told.say(replace(UPDATE, avg_px=Decimal(number))).avg_px is None


def test_names_are_never_cut(told: Told) -> None:
    long = "A" * 101
    assert told.say(replace(UPDATE, native_id=long)).native_id == ""
    for name in (long, "a\x01b"):
        assert told.first(replace(UPDATE, fill=replace(FILL, venue_exec_id=name))).fill is None


def test_texts_are_one_line_and_bounded(told: Told) -> None:
    said = "Zeile 1\nüber\x01" + "A" * 9_000

    for heard in (
        told.say(replace(UPDATE, text=said)).text,
        told.say(replace(UPDATE, fill=replace(FILL, text=said))).fill.text,
        told.say(QueryFailed(ORDER, said)).text,
        told.say(CommandOutcome(ORDER, Command.SUBMIT, Refused(said, said))).outcome.text,
        told.say(CommandOutcome(ORDER, Command.SUBMIT, Unknown(said))).outcome.text,
        told.say(UnknownOrderSeen(VenueName("ACME"), said, said)).text,
        told.say(VenueNotice(venue=VenueName("ACME"), kind=said, text=said)).text,
        told.say(VenueHeld(venue=VenueName("ACME"), text=said)).text,
    ):
        assert heard.startswith("Zeile 1??ber?A")
        assert 400 == len(heard)


def test_how_it_is_settled_is_bounded_and_its_dates_are_dates(told: Told) -> None:
    good = Settlement(date="20230615", trade_date="20230613", currency="USD", counterparty="LP")
    bad = Settlement(
        date="2023-06-15", trade_date="1" * 200, currency="US\n", counterparty="L" * 5000
    )

    assert good == told.say(replace(UPDATE, fill=replace(FILL, settlement=good))).fill.settlement
    assert told.say(replace(UPDATE, fill=replace(FILL, settlement=bad))).fill.settlement == (
        Settlement(currency="US?", counterparty="L" * border.WORD_CHARS_MAX)
    )


def test_an_instrument_with_an_impossible_limit_is_left_out_and_named(told: Told) -> None:
    good = Instrument(
        venue=VenueName("ACME"), exchange="ACME", symbol="BTCUSD", base="BTC", quote="USD",
        tick=Decimal("0.01"), step=ZERO,
    )
    bad = [
        replace(good, symbol="A", tick=Decimal("NaN")),
        replace(good, symbol="B", step=Decimal("-1")),
        replace(good, symbol="C", max_qty=Decimal("1E+110")),
        replace(good, symbol=""),
        replace(good, symbol="D" * 65),
    ]

    with structlog.testing.capture_logs() as logs:
        heard = told.say(InstrumentsLoaded(VenueName("ACME"), (good, *bad)))

    assert (good,) == heard.instruments
    assert ["instrument A", "instrument B", "instrument C"] == [
        line["what"] for line in logs[:3]
    ]


def test_the_name_of_an_unknown_state_is_alerted_once(told: Told) -> None:
    update = replace(UPDATE, status=VenueStatus.UNCLEAR, state="PARTIALLY_FILLED")

    with structlog.testing.capture_logs() as logs:
        heard = [told.border(update) or told.inputs[-1] for _ in range(3)]

    assert [update] * 3 == heard
    assert ["venue_state_unknown"] == [line["event"] for line in logs]
    assert "PARTIALLY_FILLED" == logs[0]["state"]


def test_a_flood_of_nonsense_writes_few_lines(told: Told) -> None:
    bad = replace(UPDATE, at=1)

    with structlog.testing.capture_logs() as logs:
        for _ in range(500):
            told.say(bad)
        told.clock.advance(61_000)
        told.say(bad)

    assert border.LINES_A_MINUTE + 2 == len(logs)
    assert 500 - border.LINES_A_MINUTE == logs[-2]["count"]

"""What QuickFIX's settings do to a session, each as its documentation says."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.session import VERSIONS, Exchange, judged_by_quickfix, milliseconds

BAR = "\x01"


def header(raw: bytes) -> list[str]:
    """The tags of a message, in their order."""
    return [field.partition("=")[0] for field in raw.decode("latin-1").split(BAR)[:-1]]


def value(raw: bytes, tag: int) -> str | None:
    fields = dict(each.split("=", 1) for each in raw.decode("latin-1").split(BAR)[:-1])
    return fields.get(str(tag))


# ------------------------------------------------------------------------ LogonTime


def test_at_logout_time_the_client_is_logged_out_and_the_numbers_go_on() -> None:
    exchange = Exchange(
        start_time=time(9), end_time=time(17), logout_time=time(10, 0, 20)
    ).log_on()
    exchange.wait(20)
    exchange.expect("35=5|34=2|58=the session's LogoutTime is reached")

    exchange.client("35=5|34=2")
    exchange.wait(60)
    assert "Logout" == exchange.closed
    assert (3, 3) == exchange.numbers
    assert 0 == exchange.session.numbers.epoch


def test_a_report_after_logout_time_has_the_next_number_of_the_day() -> None:
    exchange = Exchange(start_time=time(9), end_time=time(17), logout_time=time(10, 0, 5)).log_on()
    exchange.wait(60)
    exchange.report("E1")

    assert [(0, 3)] == list(exchange.store)


def test_a_logon_before_logon_time_is_not_answered() -> None:
    exchange = Exchange(start_time=time(9), end_time=time(17), logon_time=time(11)).connect()
    exchange.client("35=A|34=1|98=0|108=30")

    exchange.expect_nothing()
    assert "Logon outside LogonTime and LogoutTime" == exchange.closed


def test_the_end_of_the_day_is_named_where_both_end() -> None:
    exchange = Exchange(start_time=time(9), end_time=time(10, 0, 20), logon_time=time(9)).log_on()
    exchange.wait(20)

    exchange.expect("35=5|34=2|58=the session's EndTime is reached")


# ------------------------------------------------------------------- the clock set back


def test_a_clock_set_back_over_the_end_resets_the_numbers_once() -> None:
    exchange = Exchange(start_time=time(9), end_time=time(10, 0, 20))
    exchange.wait(21)
    assert 1 == exchange.session.numbers.epoch

    exchange.clock.set_wall(exchange.clock.now_ms() - 5_000)
    exchange.report("E1")
    exchange.wait(10)

    assert 1 == exchange.session.numbers.epoch
    assert (2, 1) == exchange.numbers


def test_numbers_begun_by_a_clock_that_was_years_ahead_still_end_with_the_day() -> None:
    exchange = Exchange(
        start_time=time(9), end_time=time(10, 0, 20), next_sender=7, next_target=9
    )
    today = exchange.clock.now_ms()
    exchange.session.numbers.since_ms = today + 86_400_000 * 365

    exchange.wait(1)
    assert (7, 9) == exchange.numbers
    exchange.wait(20)
    assert (1, 1) == exchange.numbers


def test_daylight_saving_time_moves_the_end_of_the_day() -> None:
    exchange = Exchange(
        start_time=time(9, 30), end_time=time(16), time_zone=ZoneInfo("America/New_York")
    )
    summer_close = milliseconds(datetime.fromisoformat("2026-03-09T20:00+00:00"))
    exchange.clock.set_wall(summer_close - 20_000)
    exchange.wait(0.1)
    exchange.log_on()
    exchange.wait(20)

    exchange.expect("35=5|34=2|58=the session's EndTime is reached")


# --------------------------------------------------------------- TimestampPrecision


@pytest.mark.parametrize(
    ("precision", "text"),
    [(0, ""), (3, ".000"), (6, ".000000"), (9, ".000000000")],
)
@pytest.mark.parametrize("version", ["FIX.4.2", "FIX.4.4", "FIX.5.0SP2"])
def test_times_have_as_many_decimals_as_asked_for(version: str, precision: int, text: str) -> None:
    exchange = Exchange(version, timestamp_precision=precision).log_on()
    exchange.report("E1")
    exchange.client("35=2|34=2|7=2|16=2")

    first, again = exchange.written
    assert f"20260105-10:00:00{text}" == value(first, 52)
    assert (value(first, 52), value(first, 52)) == (value(again, 52), value(again, 122))


def test_what_a_client_sends_may_have_any_precision() -> None:
    exchange = Exchange(timestamp_precision=0).log_on()
    exchange.client("35=1|34=2|112=A|52=20260105-10:00:00.123456789")

    exchange.expect("35=0|34=2|112=A")


# ------------------------------------------------------------- SubID and LocationID


FOUR = {
    "sender_sub_id": "BOOK",
    "sender_location_id": "LDN",
    "target_sub_id": "DESK",
    "target_location_id": "NYC",
}


@pytest.mark.parametrize("version", VERSIONS)
def test_sub_ids_and_locations_stand_in_every_header(version: str) -> None:
    exchange = Exchange(version, **FOUR).connect()
    exchange.client("35=A|34=1|98=0|108=30", "35=1|34=2|112=T", "35=2|34=3|7=1|16=0")
    exchange.report("E1")
    exchange.client("35=2|34=4|7=3|16=0")

    assert ["A", "0", "4", "8", "8"] == [value(raw, 35) for raw in exchange.written]
    for raw in exchange.written:
        assert ["BOOK", "LDN", "DESK", "NYC"] == [value(raw, tag) for tag in (50, 142, 57, 143)]
        assert {"50", "142", "57", "143"} <= set(header(raw)[:14])
    for raw in exchange.written[:3]:
        judged_by_quickfix(version, raw)


def test_only_those_that_are_configured_are_sent() -> None:
    exchange = Exchange(target_sub_id="DESK").connect()
    exchange.client("35=A|34=1|98=0|108=30")

    exchange.expect("35=A|34=1|57=DESK|98=0|108=30")


# -------------------------------------------------------------- LastMsgSeqNumProcessed


def test_each_message_tells_the_last_number_processed() -> None:
    exchange = Exchange(enable_last_msg_seq_num_processed=True).connect()
    exchange.client("35=A|34=1|98=0|108=30", "35=1|34=2|112=T")
    exchange.report("E1")
    exchange.client("35=2|34=3|7=1|16=2")
    exchange.client("35=5|34=4")

    exchange.expect(
        "35=A|34=1|369=1|98=0|108=30",
        "35=0|34=2|369=2|112=T",
        "35=8|34=3|369=2|17=E1",
        "35=4|34=1|43=Y|369=3|123=Y|36=3",
        "35=5|34=4|369=4",
    )


# ------------------------------------------------------------------- recovery's details


def test_our_logon_may_tell_the_number_that_we_expect() -> None:
    exchange = Exchange(next_target=5, send_next_expected_msg_seq_num=True).connect()
    exchange.client("35=A|34=5|98=0|108=30")

    exchange.expect("35=A|34=1|98=0|108=30|789=6")


def test_a_client_that_does_not_speak_of_it_is_asked_for_the_gap_all_the_same() -> None:
    """QuickFIX waits, and for ever where the client does not know NextExpectedMsgSeqNum(789)."""
    exchange = Exchange(next_target=5, send_next_expected_msg_seq_num=True).connect()
    exchange.client("35=A|34=7|98=0|108=30")

    exchange.expect("35=A|34=1|98=0|108=30|789=5", "35=2|34=2|7=5|16=0")


def test_a_closed_resend_interval_names_the_end_of_the_gap() -> None:
    exchange = Exchange(closed_resend_interval=True).log_on()
    exchange.client("35=0|34=5")

    exchange.expect("35=2|34=2|7=2|16=4")


def test_a_resend_request_that_is_a_duplicate_may_be_passed_over() -> None:
    exchange = Exchange(ignore_poss_dup_resend_requests=True).log_on()
    exchange.report("E1")
    exchange.written.clear()
    exchange.client(f"35=2|34=2|43=Y|122={exchange.time}|7=2|16=2")
    exchange.expect_nothing()

    exchange.client("35=2|34=3|7=2|16=2")
    exchange.expect("35=8|34=2|43=Y|17=E1")
    assert (3, 4) == exchange.numbers


def test_a_resend_request_that_is_a_duplicate_is_served_by_default() -> None:
    exchange = Exchange().log_on()
    exchange.report("E1")
    exchange.written.clear()
    exchange.client(f"35=2|34=2|43=Y|122={exchange.time}|7=2|16=2")

    exchange.expect("35=8|34=2|43=Y|17=E1")


def test_a_duplicate_without_orig_sending_time_may_be_passed_over() -> None:
    exchange = Exchange(requires_orig_sending_time=False).log_on()
    exchange.client("35=0|34=1|43=Y", "35=1|34=2|112=T")

    exchange.expect("35=0|34=2|112=T")


# -------------------------------------------------------------------------- silence


@pytest.mark.parametrize(
    ("given", "asked", "given_up"),
    [
        ({}, 36, 72),
        ({"test_request_delay_multiplier": 0.5}, 45, 72),
        ({"heart_beat_timeout_multiplier": 0.5}, 36, 45),
        ({"test_request_delay_multiplier": 1.0, "heart_beat_timeout_multiplier": 2.0}, 60, 90),
    ],
)
def test_how_long_a_silence_may_be(given: dict[str, Any], asked: int, given_up: int) -> None:
    exchange = Exchange(**given).log_on()  # HeartBtInt(108)=30
    begun = exchange.clock.now_ms()
    at: dict[str, float] = {}
    while not exchange.closed:
        exchange.wait(0.1)
        for raw in exchange.written:
            at.setdefault(value(raw, 35) or "", (exchange.clock.now_ms() - begun) / 1000)
        exchange.written.clear()

    assert asked == pytest.approx(at["1"], abs=0.2)
    assert given_up == pytest.approx((exchange.clock.now_ms() - begun) / 1000, abs=0.2)
    assert "Timed out waiting for heartbeat" == exchange.closed
    assert "5" not in at


def test_a_client_that_is_given_up_may_be_told_so() -> None:
    exchange = Exchange(send_logout_before_disconnect_from_timeout=True).log_on()
    exchange.wait(71)
    exchange.written.clear()
    exchange.wait(1.2)

    exchange.expect("35=5|34=4|58=Timed out waiting for heartbeat")
    assert "Timed out waiting for heartbeat" == exchange.closed

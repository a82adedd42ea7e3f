"""When the numbers start again, by whatever reason: what had not reached the client follows."""

from datetime import time

import pytest

from tests.support.session import ORDER, VERSIONS, Exchange, judged_by_quickfix

LOGON = "35=A|34=1|98=0|108=30"


def away_with(*exec_ids: str, **given: object) -> Exchange:
    """A client that was there once, and went; these reports came since."""
    exchange = Exchange(**given).log_on()  # type: ignore[arg-type]
    exchange.client("35=5|34=2")
    exchange.report(*exec_ids)
    exchange.written.clear()
    return exchange


# ------------------------------------------------------------------------ at a Logon


@pytest.mark.parametrize("version", VERSIONS)
def test_unread_reports_follow_the_logon_as_possible_resends(version: str) -> None:
    exchange = away_with("E3", "E4", version=version)
    exchange.wait(60)
    exchange.connect().client(f"{LOGON}|141=Y")

    exchange.expect(
        "35=A|34=1|98=0|108=30|141=Y",
        "35=8|34=2|49=FIXGW|97=Y|52=20260105-10:01:00.000|56=CLIENT|17=E3",
        "35=8|34=3|49=FIXGW|97=Y|52=20260105-10:01:00.000|56=CLIENT|17=E4",
    )
    exchange.report("E5")
    exchange.expect("35=8|34=4|17=E5")
    assert exchange.numbers == (5, 2)


def test_asked_for_again_they_are_marked_twice_and_say_when_they_were_sent_first() -> None:
    exchange = away_with("E3")
    exchange.connect().client(f"{LOGON}|141=Y")
    exchange.written.clear()
    exchange.wait(10)
    exchange.client("35=2|34=2|7=1|16=0")

    exchange.expect(
        "35=4|34=1|43=Y|123=Y|36=2",
        "35=8|34=2|43=Y|97=Y|52=20260105-10:00:10.000|122=20260105-10:00:00.000|17=E3",
    )


def test_asked_for_before_they_were_written_they_come_once() -> None:
    exchange = away_with("E3")
    exchange.connect().client(f"{LOGON}|141=Y", "35=2|34=2|7=1|16=0")

    exchange.expect(
        "35=A|34=1|98=0|108=30|141=Y", "35=4|34=1|43=Y|123=Y|36=2", "35=8|34=2|97=Y|17=E3"
    )


def test_quickfix_finds_a_carried_report_valid() -> None:
    exchange = Exchange("FIX.5.0SP2", sender_sub_id="DESK", enable_last_msg_seq_num_processed=True)
    report = "37=O|17=E1|150=0|39=0|55=BTC/USD|54=1|151=1|14=0|6=0|"
    exchange.session.send("8", report.replace("|", "\x01"), exchange.clock.now())
    exchange.connect().client(f"{LOGON}|141=Y")
    exchange.client("35=2|34=2|7=1|16=0")

    for raw in exchange.written:
        judged_by_quickfix("FIX.5.0SP2", raw)
    exchange.expect(
        "35=A|34=1|50=DESK|369=1|98=0|108=30|141=Y|1137=9",
        f"35=8|34=2|50=DESK|97=Y|369=1|{report}",
        "35=4|34=1|43=Y|50=DESK|369=2|123=Y|36=2",
        f"35=8|34=2|50=DESK|43=Y|97=Y|122=20260105-10:00:00.000|369=2|{report}",
    )


def test_reset_on_logon_carries_too() -> None:
    exchange = away_with("E3", reset_on_logon=True)
    exchange.connect().client(LOGON)

    exchange.expect("35=A|34=1|98=0|108=30", "35=8|34=2|97=Y|17=E3")


def test_a_client_that_logged_out_is_not_told_again() -> None:
    exchange = Exchange().log_on()
    exchange.report("E2", "E3")
    exchange.client("35=5|34=2")
    exchange.written.clear()
    exchange.connect().client(f"{LOGON}|141=Y")

    exchange.expect("35=A|34=1|98=0|108=30|141=Y")


def test_what_had_not_arrived_when_it_logged_out_is_told_again() -> None:
    exchange = Exchange().log_on()
    exchange.acknowledges = False
    exchange.report("E2")
    exchange.client("35=5|34=2")
    exchange.written.clear()
    exchange.connect().client(f"{LOGON}|141=Y")

    exchange.expect("35=A|34=1|98=0|108=30|141=Y", "35=8|34=2|97=Y|17=E2")


@pytest.mark.parametrize("seconds", [0, 29])
def test_what_arrived_and_nobody_said_that_it_was_read_is_told_again(seconds: int) -> None:
    """The client's kernel took it; the client may have been killed, or hung, before it looked."""
    exchange = Exchange().log_on()
    exchange.report("E2")
    exchange.wait(seconds)
    exchange.client("35=0|34=2")
    exchange.report("E3")
    exchange.hang_up()
    exchange.written.clear()
    exchange.connect().client(f"{LOGON}|141=Y")

    exchange.expect(
        "35=A|34=1|98=0|108=30|141=Y", "35=8|34=2|97=Y|17=E2", "35=8|34=3|97=Y|17=E3"
    )


# --------------------------------------------------------------- TestRequest and Heartbeat


def test_what_nobody_said_was_read_is_asked_about_after_heart_bt_int() -> None:
    exchange = Exchange().log_on()
    exchange.wait(40)
    exchange.client("35=0|34=2")
    exchange.expect("35=0|34=2", "35=1|34=3|112=TEST-0-3")

    exchange.report("E4")
    exchange.wait(29.9)
    exchange.client("35=0|34=3")
    exchange.expect("35=8|34=4|17=E4")
    exchange.wait(0.1)
    exchange.expect("35=1|34=5|112=TEST-0-5")


def test_the_heartbeat_that_answers_proves_what_was_sent_before_the_question() -> None:
    exchange = Exchange().log_on()
    exchange.report("E2", "E3")
    exchange.wait(30)
    exchange.expect("35=8|34=2|17=E2", "35=8|34=3|17=E3", "35=1|34=4|112=TEST-0-4")
    exchange.report("E5")
    exchange.client("35=0|34=2|112=TEST-0-4")
    exchange.hang_up()
    exchange.written.clear()
    exchange.connect().client(f"{LOGON}|141=Y")

    exchange.expect("35=A|34=1|98=0|108=30|141=Y", "35=8|34=2|97=Y|17=E5")


@pytest.mark.parametrize("said", ["35=0|34=2", "35=0|34=2|112=TEST-0-3", "35=1|34=2|112=TEST-0-4"])
def test_a_heartbeat_that_answers_something_else_proves_nothing(said: str) -> None:
    exchange = Exchange().log_on()
    exchange.report("E2", "E3")
    exchange.wait(30)
    exchange.client(said)
    exchange.hang_up()
    exchange.written.clear()
    exchange.connect().client(f"{LOGON}|141=Y")

    exchange.expect(
        "35=A|34=1|98=0|108=30|141=Y", "35=8|34=2|97=Y|17=E2", "35=8|34=3|97=Y|17=E3"
    )


def test_an_answer_after_a_resend_request_proves_nothing() -> None:
    """It may have been given without regard to what was asked for."""
    exchange = Exchange().log_on()
    exchange.report("E2", "E3")
    exchange.wait(30)
    exchange.client("35=2|34=2|7=3|16=3", "35=0|34=3|112=TEST-0-4")
    exchange.hang_up()
    exchange.written.clear()
    exchange.connect().client(f"{LOGON}|141=Y")

    exchange.expect("35=A|34=1|98=0|108=30|141=Y", "35=8|34=2|97=Y|17=E3")


def test_an_answer_to_what_was_asked_before_the_numbers_started_again_proves_nothing() -> None:
    exchange = Exchange().log_on()
    exchange.report("E2", "E3")
    exchange.wait(30)
    exchange.client(f"{LOGON}|141=Y")
    exchange.wait(40)
    exchange.client("35=0|34=2|112=TEST-0-4")
    exchange.hang_up()
    exchange.written.clear()
    exchange.connect().client(f"{LOGON}|141=Y")

    exchange.expect(
        "35=A|34=1|98=0|108=30|141=Y", "35=8|34=2|97=Y|17=E2", "35=8|34=3|97=Y|17=E3"
    )


def test_nothing_is_asked_where_nothing_is_in_doubt_and_once_a_heart_bt_int_at_most() -> None:
    exchange = Exchange().log_on()
    for seq_num in range(2, 5):
        exchange.wait(30)
        exchange.expect(f"35=0|34={seq_num}")
        exchange.client(f"35=0|34={seq_num}")
    exchange.report("E5")
    exchange.wait(30)
    exchange.client("35=0|34=5")
    exchange.expect("35=8|34=5|17=E5", "35=1|34=6|112=TEST-0-6")
    exchange.wait(29.9)
    exchange.expect_nothing()
    exchange.client("35=0|34=6")
    exchange.wait(0.1)
    exchange.expect("35=1|34=7|112=TEST-0-7")
    exchange.client("35=0|34=7|112=TEST-0-7")
    exchange.wait(30)
    exchange.expect("35=0|34=8")


def test_a_client_without_heartbeats_is_asked_too() -> None:
    exchange = Exchange().connect()
    exchange.client("35=A|34=1|98=0|108=0")
    exchange.report("E2")
    exchange.wait(30)
    exchange.expect("35=A|34=1|98=0|108=0", "35=8|34=2|17=E2", "35=1|34=3|112=TEST-0-3")
    exchange.wait(20)
    exchange.client("35=0|34=2|112=TEST-0-3")
    exchange.wait(600)
    exchange.expect_nothing()


def test_twice_reset_before_anything_is_read() -> None:
    exchange = away_with("E3", "E4")
    exchange.acknowledges = False
    exchange.connect().client(f"{LOGON}|141=Y")
    exchange.hang_up()
    exchange.report("E5")
    exchange.written.clear()
    exchange.connect().client(f"{LOGON}|141=Y")

    exchange.expect(
        "35=A|34=1|98=0|108=30|141=Y",
        *(f"35=8|34={n}|97=Y|17=E{n + 1}" for n in (2, 3, 4)),
    )
    assert exchange.session.numbers.epoch == 2
    assert len(exchange.store) == 3, "nothing was stored twice"


def test_a_logon_that_is_refused_leaves_the_unread_reports_where_they_are() -> None:
    exchange = away_with("E3")
    exchange.connect().client("35=A|34=1|98=0|108=3000|141=Y")
    exchange.written.clear()
    assert exchange.session.numbers.epoch == 0

    exchange.connect().client(f"{LOGON}|141=Y")
    exchange.expect("35=A|34=1|98=0|108=30|141=Y", "35=8|34=2|97=Y|17=E3")


def test_they_go_out_in_shares_and_what_comes_meanwhile_follows_in_order() -> None:
    exchange = away_with("E3", "E4", "E5", resend_messages_per_tick=2)
    exchange.connect().client(f"{LOGON}|141=Y")
    exchange.expect(
        "35=A|34=1|98=0|108=30|141=Y", "35=8|34=2|97=Y|17=E3", "35=8|34=3|97=Y|17=E4"
    )
    exchange.client("35=1|34=2|112=hello", f"35=D|34=3|11=C1|{'55=X|54=1|60=x'}")
    exchange.report("E6")
    exchange.turn()

    types = [raw.split(b"\x0135=")[1][:1] for raw in exchange.written]
    assert types == [b"8", b"0", b"3", b"8"]


def test_what_the_client_has_asked_for_proves_what_it_has() -> None:
    exchange = Exchange().log_on()
    exchange.acknowledges = False
    exchange.report("E2", "E3", "E4")
    exchange.hang_up()
    exchange.connect().client("35=A|34=2|98=0|108=30", "35=2|34=3|7=4|16=0")
    exchange.hang_up()
    exchange.written.clear()
    exchange.connect().client(f"{LOGON}|141=Y")

    exchange.expect("35=A|34=1|98=0|108=30|141=Y", "35=8|34=2|97=Y|17=E4")


def test_next_expected_proves_the_same() -> None:
    exchange = Exchange().log_on()
    exchange.acknowledges = False
    exchange.report("E2", "E3")
    exchange.hang_up()
    exchange.connect().client("35=A|34=2|98=0|108=30|789=4")
    exchange.hang_up()
    exchange.written.clear()
    exchange.connect().client(f"{LOGON}|141=Y")

    exchange.expect("35=A|34=1|98=0|108=30|141=Y")


def test_a_client_that_goes_on_for_long_without_asking_had_everything() -> None:
    exchange = Exchange().log_on()
    exchange.acknowledges = False
    exchange.report("E2")
    exchange.hang_up()
    exchange.log_on(2)
    exchange.wait(30)
    exchange.client("35=0|34=3")
    exchange.expect("35=0|34=4")
    exchange.wait(10)
    exchange.expect("35=1|34=5|112=TEST-0-5")
    exchange.client("35=0|34=4|112=TEST-0-5")
    exchange.hang_up()
    exchange.written.clear()
    exchange.connect().client(f"{LOGON}|141=Y")

    exchange.expect("35=A|34=1|98=0|108=30|141=Y")


def test_a_report_that_came_before_its_turn_is_not_thought_to_be_known() -> None:
    """The client saw 4 arrive, could not use it without 2, and starts again instead of asking."""
    exchange = away_with("E3")
    exchange.connect().client("35=A|34=3|98=0|108=30")
    exchange.report("E5")
    exchange.hang_up()
    exchange.written.clear()
    exchange.connect().client(f"{LOGON}|141=Y")

    exchange.expect(
        "35=A|34=1|98=0|108=30|141=Y", "35=8|34=2|97=Y|17=E3", "35=8|34=3|97=Y|17=E5"
    )


# ------------------------------------------------------------------ in a running session


def test_a_running_session_starts_its_numbers_again() -> None:
    exchange = Exchange().log_on()
    exchange.client("35=1|34=2|112=one")
    exchange.written.clear()
    exchange.client(f"{LOGON}|141=Y")

    exchange.expect("35=A|34=1|98=0|108=30|141=Y")
    assert not exchange.closed
    assert exchange.numbers == (2, 2)
    exchange.report("E2")
    exchange.client("35=1|34=2|112=two")
    exchange.expect("35=8|34=2|17=E2", "35=0|34=3|112=two")
    assert exchange.events == ["logged on"]


def test_what_was_not_proven_before_a_running_session_starts_again_comes_again() -> None:
    """It may have been written after the client's Logon was, and be dropped with the old numbers:
    the Logon waited its turn behind other messages."""
    exchange = Exchange().log_on()
    exchange.report("E2")
    exchange.client(f"{LOGON}|141=Y")

    exchange.expect(
        "35=8|34=2|17=E2", "35=A|34=1|98=0|108=30|141=Y", "35=8|34=2|97=Y|17=E2"
    )


def test_a_running_session_starts_again_in_the_middle_of_a_resend() -> None:
    exchange = away_with("E3", "E4", resend_messages_per_tick=1)
    exchange.log_on(3)
    exchange.client("35=2|34=4|7=3|16=0")
    exchange.expect("35=8|34=3|43=Y|17=E3")

    exchange.client(f"{LOGON}|141=Y")
    exchange.expect("35=A|34=1|98=0|108=30|141=Y", "35=8|34=2|97=Y|17=E3")


def test_a_running_session_does_not_start_again_for_a_logon_that_is_refused() -> None:
    exchange = Exchange().log_on()
    exchange.client("35=A|34=1|98=0|108=3000|141=Y")

    exchange.expect("35=5|34=2|58=HeartBtInt(108) 3000 is not within 0 and 60 seconds")
    assert exchange.closed
    assert exchange.numbers == (3, 2)
    assert exchange.session.numbers.epoch == 0


def test_what_came_early_is_forgotten_with_the_old_numbers() -> None:
    exchange = Exchange().log_on()
    exchange.client("35=1|34=3|112=early")
    exchange.expect("35=2|34=2|7=2|16=0")
    exchange.client(f"{LOGON}|141=Y", "35=1|34=2|112=new")

    exchange.expect("35=A|34=1|98=0|108=30|141=Y", "35=0|34=2|112=new")
    assert exchange.numbers == (3, 3)


# -------------------------------------------------------- at Logout, at EndTime, when it is gone


@pytest.mark.parametrize("how", ["reset_on_logout", "reset_on_disconnect"])
def test_a_reset_when_the_client_goes_carries_what_came_after_our_logout(how: str) -> None:
    exchange = Exchange(**{how: True}).log_on()
    exchange.log_out("maintenance")
    exchange.report("E3")
    exchange.client("35=5|34=2")
    assert exchange.numbers == (2, 1)

    exchange.written.clear()
    exchange.connect().client(LOGON, "35=2|34=2|7=1|16=0")
    exchange.expect(
        "35=A|34=2|98=0|108=30",
        "35=8|34=1|43=Y|97=Y|17=E3",
        "35=4|34=2|43=Y|123=Y|36=3",
    )


def test_a_new_day_begins_with_the_unread_reports_of_the_old_one() -> None:
    exchange = Exchange(hours=(time(9), time(10, 0, 20))).log_on()
    exchange.wait(20)
    exchange.expect("35=5|34=2|58=the session's EndTime is reached")
    exchange.report("E3")
    exchange.client("35=5|34=2")
    exchange.wait(0.1)
    exchange.report("E2")
    assert exchange.numbers == (3, 1)

    exchange.wait(23 * 3_600)
    exchange.connect().client(LOGON, "35=2|34=2|7=1|16=0")
    exchange.expect(
        "35=A|34=3|98=0|108=30",
        "35=8|34=1|43=Y|97=Y|17=E3",
        "35=8|34=2|43=Y|17=E2",
        "35=4|34=3|43=Y|123=Y|36=4",
    )


def test_a_clock_set_back_over_end_time_does_not_start_the_numbers_again() -> None:
    exchange = Exchange(hours=(time(9), time(10, 0, 20)))
    exchange.report("E1")
    exchange.wait(21)
    assert exchange.session.numbers.epoch == 1

    exchange.clock.set_wall(exchange.clock.now_ms() - 10_000)
    exchange.report("E2")
    exchange.wait(12)
    assert exchange.session.numbers.epoch == 1
    assert exchange.numbers == (3, 1)


@pytest.mark.parametrize("days", [1, 2])
def test_a_session_that_is_renewed_without_a_pause_logs_its_client_out(days: int) -> None:
    """The hours that sessions/example.cfg shows; and a clock that jumps over the pause."""
    exchange = Exchange(hours=(time(0), time(0)) if days == 1 else (time(9), time(17))).log_on()
    exchange.report("E1")
    exchange.expect("35=8|34=2|17=E1")
    exchange.clock.set_wall(exchange.clock.now_ms() + days * 86_400_000)
    exchange.wait(0.1)
    exchange.expect("35=5|34=3|58=the session's EndTime is reached")
    exchange.report("E2")
    exchange.client("35=5|34=2")
    exchange.wait(0.1)
    assert exchange.numbers == (2, 1)

    exchange.connect().client(LOGON, "35=2|34=2|7=1|16=0")
    exchange.expect(
        "35=A|34=2|98=0|108=30", "35=8|34=1|43=Y|97=Y|17=E2", "35=4|34=2|43=Y|123=Y|36=3"
    )


def test_reports_do_not_use_up_the_reset_of_the_day() -> None:
    exchange = Exchange(reset_on_logout=True, reset_seq_num_flag="daily").log_on()
    exchange.hang_up()
    exchange.log_on(1, "141=Y")
    exchange.client("35=5|34=2")
    exchange.report("E1")
    exchange.written.clear()

    exchange.connect().client("35=A|34=1|98=0|108=30|141=Y")
    exchange.expect("35=A|34=1|98=0|108=30|141=Y", "35=8|34=2|97=Y|17=E1")


# -------------------------------------------------------------------- goodbye meanwhile


@pytest.mark.parametrize("ours", ["", "the gateway stops"])
def test_a_client_s_logout_is_answered_in_the_middle_of_a_resend(ours: str) -> None:
    exchange = Exchange(resend_messages_per_tick=2)
    exchange.report("E1", "E2", "E3", "E4", "E5", "E6")
    exchange.log_on(1, "141=Y")
    if ours:
        exchange.log_out(ours)
        exchange.expect("35=8|34=4|97=Y|17=E3", "35=8|34=5|97=Y|17=E4")
    exchange.client("35=5|34=2")
    exchange.expect("35=5|34=8" + f"|58={ours}" * bool(ours))

    left = 5 if ours else 3
    exchange.connect().client("35=A|34=1|98=0|108=30|141=Y")
    exchange.expect("35=A|34=1|98=0|108=30|141=Y", *[
        f"35=8|34={n}|97=Y|17=E{n + left - 2}" for n in (2, 3)
    ])


def test_what_came_before_its_turn_is_not_done_after_the_client_s_logout() -> None:
    exchange = Exchange().log_on()
    exchange.client(f"35=D|34=3|11=C1|{ORDER}")
    exchange.client("35=5|34=2")
    assert [] == exchange.applications
    assert exchange.numbers[1] == 3


# --------------------------------------------------- MaxMessagesInResendRequest of ours


def test_a_long_gap_is_asked_for_in_portions() -> None:
    exchange = Exchange(max_messages_in_resend_request=3).log_on()
    exchange.client("35=0|34=9")
    exchange.expect("35=2|34=2|7=2|16=4")

    exchange.client("35=0|34=2|43=Y|122=20260105-10:00:00", "35=0|34=10")
    exchange.expect_nothing()
    exchange.client("35=4|34=3|43=Y|122=20260105-10:00:00|123=Y|36=5")
    exchange.expect("35=2|34=3|7=5|16=7")
    exchange.client("35=4|34=5|43=Y|122=20260105-10:00:00|123=Y|36=8")
    exchange.expect("35=2|34=4|7=8|16=0")
    exchange.client("35=0|34=8|43=Y|122=20260105-10:00:00")
    exchange.expect_nothing()
    assert exchange.numbers == (5, 11)

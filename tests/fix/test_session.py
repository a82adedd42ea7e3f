"""One session beyond the standard's test cases (tests/conformance/session): settings, time,
recovery, and what a hostile client can send. FIX 4.4 unless the version matters."""

from datetime import time

import pytest

from fixgw.fix import early
from fixgw.fix.outbox import LARGEST_SEQ_NUM
from fixgw.fix.wire import header_fields
from tests.support.fixtext import fix
from tests.support.session import ORDER, VERSIONS, Exchange, judged_by_quickfix


@pytest.fixture
def exchange() -> Exchange:
    return Exchange().log_on()


# ------------------------------------------------------------------------------- logon


@pytest.mark.parametrize("version", VERSIONS)
def test_the_answer_to_a_logon_is_whole(version: str) -> None:
    exchange = Exchange(version).connect()

    exchange.client("35=A|34=1|98=0|108=30")
    begin_string, appl_ver_id = VERSIONS[version]
    exchange.expect(
        f"8={begin_string}|35=A|34=1|49=FIXGW"
        "|52=20260105-10:00:00.000|56=CLIENT|98=0|108=30"
        + (f"|1137={appl_ver_id}" if appl_ver_id else "")
    )
    assert exchange.events == ["logged on"]
    assert exchange.session.logged_on


def test_reset_seq_num_flag_starts_both_numbers_again() -> None:
    exchange = Exchange(next_sender=7, next_target=9)
    exchange.report("E7")
    exchange.connect().client("35=A|34=1|98=0|108=30|141=Y")

    exchange.expect("35=A|34=1|98=0|108=30|141=Y", "35=8|34=2|97=Y|17=E7")
    assert exchange.numbers == (3, 2)
    assert exchange.session.numbers.epoch == 1

    exchange.client("35=2|34=2|7=1|16=0")
    exchange.expect("35=4|34=1|43=Y|123=Y|36=2", "35=8|34=2|43=Y|97=Y|17=E7")


def test_reset_on_logon_starts_the_numbers_again_without_being_asked() -> None:
    exchange = Exchange(next_sender=7, next_target=9, reset_on_logon=True).connect()

    exchange.client("35=A|34=1|98=0|108=30")
    exchange.expect("35=A|34=1|98=0|108=30")
    assert exchange.numbers == (2, 2)


def test_reset_on_logout() -> None:
    exchange = Exchange(reset_on_logout=True).log_on()

    exchange.client("35=5|34=2")
    exchange.expect("35=5|34=2")
    assert exchange.numbers == (1, 1)

    exchange.connect().client("35=A|34=1|98=0|108=30")
    exchange.expect("35=A|34=1|98=0|108=30")


def test_reset_on_logout_in_the_middle_of_a_resend() -> None:
    exchange = Exchange(reset_on_logout=True, resend_messages_per_tick=1).log_on()
    exchange.report("E2", "E3", "E4")
    exchange.written.clear()
    exchange.client("35=2|34=2|7=2|16=0")
    exchange.expect("35=8|34=2|43=Y|17=E2")

    exchange.client("35=5|34=3")
    exchange.expect("35=5|34=5")
    assert exchange.closed == "Logout"
    assert exchange.numbers == (3, 1), "E3 and E4, which it had asked for"


def test_reset_on_disconnect() -> None:
    exchange = Exchange(reset_on_disconnect=True).log_on()
    exchange.hang_up()

    assert exchange.numbers == (1, 1)
    exchange.report("E1")
    assert list(exchange.store) == [(1, 1)]


def test_reset_on_disconnect_carries_what_the_client_did_not_prove() -> None:
    exchange = Exchange(reset_on_disconnect=True).log_on()
    exchange.report("E2")
    exchange.hang_up()

    assert exchange.numbers == (2, 1)
    exchange.report("E3")
    assert list(exchange.store) == [(0, 2), (1, 2)]


def test_a_disconnect_before_the_logon_resets_nothing() -> None:
    exchange = Exchange(next_sender=5, next_target=5, reset_on_disconnect=True).connect()
    exchange.hang_up()

    assert exchange.numbers == (5, 5)


def test_what_is_reported_after_the_last_logout_of_a_reset_belongs_to_the_new_numbers() -> None:
    exchange = Exchange(reset_on_logout=True).log_on()
    exchange.client("35=5|34=2")
    exchange.report("E1")

    exchange.written.clear()
    exchange.connect().client("35=A|34=1|98=0|108=30", "35=2|34=2|7=1|16=0")
    exchange.expect(
        "35=A|34=2|98=0|108=30",
        "35=8|34=1|43=Y|17=E1",
        "35=4|34=2|43=Y|123=Y|36=3",
    )


LOGONS_THAT_CANNOT_BE_ANSWERED = {
    "35=A|34=8|98=0|108=30": "MsgSeqNum too low, expecting 9 but received 8",
    "35=A|34=8|43=Y|122=20260105-09:59:59|98=0|108=30":
        "MsgSeqNum too low, expecting 9 but received 8",
    "35=A|34=9|98=0|108=-1": "HeartBtInt(108) -1 is not within 0 and 60 seconds",
    "35=A|34=9|98=0|108=61": "HeartBtInt(108) 61 is not within 0 and 60 seconds",
    "35=A|34=9|98=0|108=2147483647": "HeartBtInt(108) 2147483647 is not within 0 and 60 seconds",
    "35=A|34=9|98=0|108=30|789=8":
        "NextExpectedMsgSeqNum(789) too high, expecting 7 but received 8",
    "35=A|34=9|98=0|108=30|789=0":
        "NextExpectedMsgSeqNum(789) too low, expecting 7 but received 0",
    "35=A|34=9|52=20260105-09:57:59.999|98=0|108=30":
        "SendingTime accuracy problem: 120.001 s late, 120 s allowed",
    "35=A|34=9|52=20260105-10:02:00.001|98=0|108=30":
        "SendingTime accuracy problem: 120.001 s early, 120 s allowed",
    "35=A|34=0|98=0|108=30|141=Y": "MsgSeqNum too low, expecting 1 but received 0",
    "35=A|34=1|98=0|108=61|141=Y": "HeartBtInt(108) 61 is not within 0 and 60 seconds",
    "35=A|34=1|98=0|108=30|789=7|141=Y":
        "NextExpectedMsgSeqNum(789) too high, expecting 1 but received 7",
}


@pytest.mark.parametrize("logon", LOGONS_THAT_CANNOT_BE_ANSWERED)
def test_a_logon_that_cannot_be_answered_hears_why_and_moves_only_our_number(logon: str) -> None:
    exchange = Exchange(next_sender=7, next_target=9).connect()
    exchange.client(logon)

    why = LOGONS_THAT_CANNOT_BE_ANSWERED[logon]
    exchange.expect(f"35=5|34=7|58={why}")
    assert exchange.closed == why
    assert exchange.numbers == (8, 9)
    assert exchange.session.numbers.epoch == 0
    assert exchange.events == []


@pytest.mark.parametrize("version", ["FIX.5.0", "FIX.5.0SP1", "FIX.5.0SP2"])
def test_default_appl_ver_id_must_be_the_sessions(version: str) -> None:
    own = VERSIONS[version][1]
    exchange = Exchange(version).connect()
    exchange.client("35=A|34=1|98=0|108=30|1137=6")

    exchange.expect(f"35=5|34=1|58=DefaultApplVerID(1137) 6 is not this session's, {own}")
    assert exchange.closed


@pytest.mark.parametrize(("asked", "longest"), [(0, 60), (60, 60), (45, 45)])
def test_the_clients_heart_bt_int_rules_up_to_a_limit(asked: int, longest: int) -> None:
    exchange = Exchange(max_heart_bt_int=longest if longest < 60 else None).connect()
    exchange.client(f"35=A|34=1|98=0|108={asked}")

    exchange.expect(f"35=A|34=1|98=0|108={asked}")


def test_max_heart_bt_int_is_the_longest() -> None:
    exchange = Exchange(max_heart_bt_int=10).connect()
    exchange.client("35=A|34=1|98=0|108=11")

    exchange.expect("35=5|34=1|58=HeartBtInt(108) 11 is not within 0 and 10 seconds")


def test_encryption_is_refused() -> None:
    exchange = Exchange().connect()
    exchange.client("35=A|34=1|98=1|108=30")

    exchange.expect("35=5|34=1|58=EncryptMethod(98) 1 is not supported, only 0")


def test_a_logon_that_came_early_takes_its_number_in_its_turn() -> None:
    exchange = Exchange().connect()
    exchange.client("35=A|34=3|98=0|108=30")
    exchange.expect("35=A|34=1|98=0|108=30", "35=2|34=2|7=1|16=0")
    exchange.client(f"35=4|34=1|43=Y|122={exchange.time}|123=Y|36=3")

    exchange.expect_nothing()
    assert exchange.numbers == (3, 4)


def test_a_second_logon_ends_the_connection(exchange: Exchange) -> None:
    exchange.client("35=A|34=2|98=0|108=30")

    exchange.expect_nothing()
    assert exchange.closed == "a second Logon in a running session"
    assert exchange.numbers == (2, 2)
    assert exchange.events == ["logged on", "logged out"]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_kind_of_message_of_the_session_is_valid_to_quickfix(version: str) -> None:
    exchange = Exchange(version).connect()
    exchange.client("35=A|34=1|98=0|108=30")
    exchange.client("35=1|34=2|112=x", "35=1|34=3", "35=U1|34=4", "35=2|34=5|7=1|16=0")
    exchange.client("35=0|34=9")
    exchange.wait(36)
    exchange.log_out("good night")

    assert "A03j4j22115" == "".join(header_fields(raw)[35] for raw in exchange.written)
    for raw in exchange.written:
        judged_by_quickfix(version, raw)


# ------------------------------------------------------ NextExpectedMsgSeqNum(789) at logon


def test_next_expected_as_it_is() -> None:
    exchange = Exchange(next_sender=7, next_target=9).connect()
    exchange.client("35=A|34=9|98=0|108=30|789=7")

    exchange.expect("35=A|34=7|98=0|108=30|789=10")


def test_next_expected_lower_is_resent_without_a_resend_request() -> None:
    exchange = Exchange()
    exchange.report("E1", "E2", "E3")
    exchange.connect().client("35=A|34=1|98=0|108=30|789=2")

    exchange.expect(
        "35=A|34=4|98=0|108=30|789=2",
        "35=8|34=2|43=Y|17=E2",
        "35=8|34=3|43=Y|17=E3",
        "35=4|34=4|43=Y|123=Y|36=5",
    )
    exchange.report("E5")
    exchange.expect("35=8|34=5|17=E5")


def test_next_expected_of_ours_asks_for_the_clients_gap_so_no_resend_request_does() -> None:
    exchange = Exchange(next_target=5).connect()
    exchange.client("35=A|34=8|98=0|108=30|789=1")
    exchange.expect("35=A|34=1|98=0|108=30|789=5")

    exchange.client(
        f"35=D|34=9|11=C9|{ORDER}",
        f"35=D|34=5|43=Y|122={exchange.time}|11=C5|{ORDER}",
        f"35=4|34=6|43=Y|122={exchange.time}|123=Y|36=8",
    )
    exchange.expect_nothing()
    assert exchange.applications == ["D C5", "D C9"]
    assert exchange.numbers == (2, 10)


def test_next_expected_is_told_unasked_where_the_settings_say_so() -> None:
    exchange = Exchange(next_target=5, send_next_expected_msg_seq_num=True).connect()
    exchange.client("35=A|34=5|98=0|108=30")

    exchange.expect("35=A|34=1|98=0|108=30|789=6")


def test_a_client_that_does_not_tell_its_next_expected_is_asked_for_its_gap_as_ever() -> None:
    exchange = Exchange(next_target=5, send_next_expected_msg_seq_num=True).connect()
    exchange.client("35=A|34=8|98=0|108=30")

    exchange.expect("35=A|34=1|98=0|108=30|789=5", "35=2|34=2|7=5|16=0")


# -------------------------------------------------------------------------------- time


def test_no_heart_bt_int_no_heartbeats() -> None:
    exchange = Exchange().connect()
    exchange.client("35=A|34=1|98=0|108=0")
    exchange.written.clear()

    exchange.wait(300)
    exchange.expect_nothing()
    assert not exchange.closed


def test_timers_begin_at_the_logon() -> None:
    exchange = Exchange().log_on()
    exchange.wait(40)
    exchange.hang_up()
    exchange.connect()
    exchange.wait(50)
    exchange.written.clear()
    exchange.client("35=A|34=2|98=0|108=30")
    exchange.wait(30)

    exchange.expect("35=A|34=4|98=0|108=30", "35=0|34=5")


def test_a_duplicate_is_a_sign_of_life(exchange: Exchange) -> None:
    exchange.wait(35)
    exchange.client(f"35=0|34=1|43=Y|122={exchange.sent_ago(30)}")
    exchange.wait(20)

    exchange.expect("35=0|34=2")


def test_while_a_test_request_waits_for_its_answer_no_heartbeat_is_sent(
    exchange: Exchange
) -> None:
    exchange.wait(10)
    exchange.report("E2")
    exchange.wait(62)

    exchange.expect("35=8|34=2|17=E2", "35=1|34=3|112=TEST-0-3")
    assert exchange.closed == "Timed out waiting for heartbeat"
    assert exchange.events == ["logged on", "logged out"]


def test_the_wall_clock_is_set_and_no_timer_moves() -> None:
    exchange = Exchange(check_latency=False).log_on()
    exchange.clock.set_wall(exchange.clock.now_ms() + 3_600_000)
    exchange.wait(29.9)
    exchange.expect_nothing()

    exchange.wait(0.1)
    exchange.expect("35=0|34=2|52=20260105-11:00:30.000")


def test_max_latency() -> None:
    exchange = Exchange(max_latency=5).log_on()
    exchange.client(f"35=0|34=2|52={exchange.sent_ago(5)}")
    exchange.expect_nothing()

    exchange.client(f"35=0|34=3|52={exchange.sent_ago(5.001)}")
    exchange.expect(
        "35=3|34=2|45=3|371=52|372=0|373=10|58=SendingTime accuracy problem: 5.001 s late, "
        "5 s allowed",
        "35=5|34=3|58=SendingTime accuracy problem: 5.001 s late, 5 s allowed",
    )


@pytest.mark.parametrize(("problem", "said", "text"), [
    ("52=20260105-09:57:59", "371=52|372=D|373=10",
     "SendingTime accuracy problem: 121 s late, 120 s allowed"),
    ("49=SOMEBODY", "371=49|372=D|373=9", "CompID problem"),
    ("56=ELSEWHERE", "371=56|372=D|373=9", "CompID problem"),
])
def test_an_order_that_cannot_be_trusted_is_counted_once_and_not_handed_on(
    exchange: Exchange, problem: str, said: str, text: str
) -> None:
    exchange.client(f"35=D|34=2|{problem}|11=C1|{ORDER}")

    exchange.expect(f"35=3|34=2|45=2|{said}|58={text}", f"35=5|34=3|58={text}")
    assert exchange.applications == []
    assert exchange.numbers == (4, 3)


def test_latency_and_comp_ids_unchecked() -> None:
    exchange = Exchange(check_latency=False, check_comp_id=False).connect()
    exchange.client(
        "35=A|34=1|49=SOMEBODY|52=19991231-00:00:00|98=0|108=30",
        f"35=D|34=2|49=SOMEBODY|56=ELSEWHERE|52=20991231-00:00:00|11=C1|{ORDER}",
    )

    exchange.expect("35=A|34=1|98=0|108=30")
    assert exchange.applications == ["D C1"]


# ---------------------------------------------------------------------------- schedule

OFFICE = (time(9), time(17))


def test_a_logon_outside_the_hours_is_not_answered() -> None:
    exchange = Exchange(hours=(time(11), time(17))).connect()
    exchange.client("35=A|34=1|98=0|108=30|141=Y")

    exchange.expect_nothing()
    assert exchange.closed == "Logon outside StartTime and EndTime"
    assert exchange.numbers == (1, 1)


def test_the_end_of_the_day() -> None:
    exchange = Exchange(hours=(time(9), time(10, 0, 20))).log_on()
    exchange.wait(20)
    exchange.expect("35=5|34=2|58=the session's EndTime is reached")
    assert exchange.numbers == (3, 2)

    exchange.client("35=5|34=2")
    assert exchange.closed == "Logout"
    assert exchange.numbers == (3, 3)

    exchange.wait(0.1)
    assert exchange.numbers == (1, 1)
    assert exchange.session.numbers.epoch == 1
    exchange.wait(60)
    assert exchange.session.numbers.epoch == 1


def test_the_end_of_the_day_without_an_answer() -> None:
    exchange = Exchange(hours=(time(9), time(10, 0, 20)), logout_timeout=5).log_on()
    exchange.wait(24.9)
    exchange.expect("35=5|34=2|58=the session's EndTime is reached")
    assert exchange.events == ["logged on"]

    exchange.wait(0.2)
    assert exchange.events == ["logged on", "logged out"]
    assert exchange.closed == "no answer to our Logout"
    assert exchange.numbers == (1, 1)


def test_the_first_report_after_the_end_of_the_day_has_the_first_number_of_the_next() -> None:
    """It may come before the timer looks at the session, or before a Logon does."""
    exchange = Exchange(hours=OFFICE).log_on()
    exchange.report("E2")
    exchange.client("35=5|34=2")
    exchange.clock.advance(8 * 3_600_000)
    exchange.report("E1")

    assert list(exchange.store) == [(0, 2), (1, 1)]
    exchange.wait(0.1)
    assert exchange.session.numbers.epoch == 1


def test_numbers_of_which_nobody_knows_when_they_began_begin_now() -> None:
    exchange = Exchange(hours=OFFICE, next_sender=7, next_target=9)
    exchange.session.numbers.since_ms = 0
    exchange.wait(0.1)

    assert exchange.numbers == (7, 9)
    assert exchange.session.numbers.since_ms == exchange.clock.now_ms()


def test_a_client_that_is_there_at_the_end_keeps_its_numbers_until_it_has_gone() -> None:
    exchange = Exchange(hours=OFFICE).log_on()
    exchange.clock.advance(7 * 3_600_000)
    exchange.report("E2")

    exchange.expect("35=8|34=2|17=E2")
    assert exchange.session.numbers.epoch == 0


def test_a_session_that_was_away_over_the_end_begins_anew_at_logon() -> None:
    exchange = Exchange(hours=OFFICE, next_sender=7, next_target=9)
    exchange.clock.advance(24 * 3_600_000)
    exchange.connect().client("35=A|34=1|98=0|108=30")

    exchange.expect("35=A|34=1|98=0|108=30")
    assert exchange.numbers == (2, 2)


# ---------------------------------------------------------------------------- recovery


def test_resend_requests_for_what_was_never_sent(exchange: Exchange) -> None:
    exchange.report("E2")
    exchange.written.clear()
    exchange.client(
        "35=2|34=2|7=3|16=0",
        "35=2|34=3|7=3|16=9",
        "35=2|34=4|7=18446744073709551615|16=18446744073709551615",
        "35=2|34=5|7=2|16=1",
    )
    exchange.expect_nothing()
    assert exchange.numbers == (3, 6)

    exchange.client("35=2|34=6|7=2|16=18446744073709551615")
    exchange.expect("35=8|34=2|43=Y|17=E2")


def test_a_resend_request_from_0(exchange: Exchange) -> None:
    exchange.client("35=2|34=2|7=0|16=0")

    exchange.expect(
        "35=3|34=2|45=2|371=7|372=2|373=5|58=Value is incorrect (out of range) for this tag"
    )
    assert exchange.numbers == (3, 3)


def test_a_resend_request_out_of_turn_is_served_and_not_counted(exchange: Exchange) -> None:
    exchange.report("E2")
    exchange.written.clear()

    exchange.client("35=2|34=1|7=2|16=0")
    exchange.expect("35=8|34=2|43=Y|17=E2")
    assert exchange.numbers == (3, 2)


def test_a_resend_request_too_high_is_served_and_then_the_gap_asked_for(
    exchange: Exchange
) -> None:
    exchange.report("E2")
    exchange.written.clear()

    exchange.client("35=2|34=9|7=2|16=0")
    exchange.expect("35=8|34=2|43=Y|17=E2", "35=2|34=3|7=2|16=0")
    assert exchange.numbers == (4, 2)


def test_a_reject_that_is_too_high_is_no_gap_and_not_counted(exchange: Exchange) -> None:
    exchange.client("35=3|34=9|45=1")

    exchange.expect_nothing()
    assert exchange.numbers == (2, 2)


def test_nothing_stored_is_one_gap_fill(exchange: Exchange) -> None:
    for number in range(2, 6):
        exchange.client(f"35=1|34={number}|112=x")
    exchange.written.clear()

    exchange.client("35=2|34=6|7=1|16=0")
    exchange.expect("35=4|34=1|43=Y|123=Y|36=6")


def test_a_resent_message_says_when_it_was_sent_first(exchange: Exchange) -> None:
    exchange.report("E2")
    exchange.wait(7)
    exchange.written.clear()

    exchange.client("35=2|34=2|7=1|16=0")
    exchange.expect(
        "35=4|34=1|43=Y|52=20260105-10:00:07.000|122=20260105-10:00:07.000|123=Y|36=2",
        "35=8|34=2|43=Y|52=20260105-10:00:07.000|122=20260105-10:00:00.000|17=E2",
    )


def test_a_resend_goes_out_in_shares_and_what_comes_meanwhile_follows_in_order() -> None:
    exchange = Exchange(resend_messages_per_tick=2).log_on()
    exchange.report("E2", "E3", "E4", "E5")
    exchange.written.clear()

    exchange.client("35=2|34=2|7=1|16=0")
    exchange.expect(
        "35=4|34=1|43=Y|123=Y|36=2", "35=8|34=2|43=Y|17=E2", "35=8|34=3|43=Y|17=E3"
    )
    exchange.report("E6")
    exchange.expect("35=8|34=4|43=Y|17=E4", "35=8|34=5|43=Y|17=E5")
    exchange.report("E7")
    exchange.expect("35=8|34=6|17=E6", "35=8|34=7|17=E7")
    exchange.turn()
    exchange.report("E8")
    exchange.expect("35=8|34=8|17=E8")


def test_runs_of_administrative_messages_stay_one_gap_fill_across_shares() -> None:
    exchange = Exchange(resend_messages_per_tick=1).log_on()
    exchange.report("E2")
    exchange.client("35=1|34=2|112=a", "35=1|34=3|112=b")
    exchange.report("E5")
    exchange.written.clear()

    exchange.client("35=2|34=4|7=1|16=0")
    exchange.expect("35=4|34=1|43=Y|123=Y|36=2", "35=8|34=2|43=Y|17=E2")
    exchange.turn()
    exchange.expect("35=4|34=3|43=Y|123=Y|36=5", "35=8|34=5|43=Y|17=E5")


def test_what_we_answer_during_a_resend_is_not_lost() -> None:
    """A Reject, the answer to a TestRequest, a ResendRequest of ours: they come in their turn."""
    exchange = Exchange(resend_messages_per_tick=2).log_on()
    exchange.report("E2", "E3", "E4")
    exchange.written.clear()

    exchange.client("35=2|34=2|7=2|16=0")
    exchange.expect("35=8|34=2|43=Y|17=E2", "35=8|34=3|43=Y|17=E3")
    exchange.client("35=1|34=3|112=there?", "35=1|34=4", "35=0|34=9")
    exchange.expect(
        "35=8|34=4|43=Y|17=E4",
        "35=0|34=5|112=there?",
        "35=3|34=6|45=4|371=112|372=1|373=1|58=Required tag missing",
        "35=2|34=7|7=5|16=0",
    )


def test_a_second_resend_request_while_the_first_is_served() -> None:
    exchange = Exchange(resend_messages_per_tick=2).log_on()
    exchange.report("E2", "E3", "E4", "E5")
    exchange.written.clear()

    exchange.client("35=2|34=2|7=2|16=0")
    exchange.expect("35=8|34=2|43=Y|17=E2", "35=8|34=3|43=Y|17=E3")
    exchange.client("35=2|34=3|7=2|16=0")
    exchange.expect("35=8|34=2|43=Y|17=E2", "35=8|34=3|43=Y|17=E3")
    exchange.turn()
    exchange.expect("35=8|34=4|43=Y|17=E4", "35=8|34=5|43=Y|17=E5")
    exchange.turn()
    exchange.expect_nothing()


def test_a_resend_request_for_what_was_written_a_moment_ago_while_catching_up() -> None:
    """Each number is written once as new, and again, as often as it is asked for, as duplicate."""
    exchange = Exchange(resend_messages_per_tick=2).log_on()
    exchange.reads = False
    exchange.report("E2")
    exchange.report("E3", "E4", "E5", "E6", "E7")
    exchange.expect("35=8|34=2|17=E2")

    exchange.read_on()
    exchange.expect("35=8|34=3|17=E3", "35=8|34=4|17=E4")
    exchange.client("35=2|34=2|7=2|16=3")
    exchange.expect("35=8|34=2|43=Y|17=E2", "35=8|34=3|43=Y|17=E3")
    exchange.turn()
    exchange.expect("35=8|34=5|17=E5", "35=8|34=6|17=E6")
    exchange.client("35=2|34=3|7=6|16=0")
    exchange.expect("35=8|34=6|43=Y|17=E6", "35=8|34=7|17=E7")
    exchange.turn()
    exchange.expect_nothing()


def test_a_client_that_does_not_read_gets_it_all_when_it_does() -> None:
    exchange = Exchange().log_on()
    exchange.reads = False
    exchange.report("E2")
    exchange.expect("35=8|34=2|17=E2")
    exchange.report("E3")
    exchange.client("35=1|34=2|112=there?")
    exchange.report("E5")
    exchange.expect_nothing()

    exchange.read_on()
    exchange.expect("35=8|34=3|17=E3", "35=0|34=4|112=there?", "35=8|34=5|17=E5")
    exchange.report("E6")
    exchange.expect("35=8|34=6|17=E6")


def test_a_client_that_asks_again_and_does_not_read() -> None:
    exchange = Exchange().log_on()
    exchange.report("E2", "E3")
    exchange.reads = False
    exchange.report("E4")
    exchange.report("E5")
    exchange.client("35=2|34=2|7=3|16=3")
    exchange.written.clear()

    exchange.read_on()
    exchange.expect("35=8|34=3|43=Y|17=E3", "35=8|34=5|17=E5")


def test_the_connection_is_lost_in_the_middle_of_a_resend() -> None:
    exchange = Exchange(resend_messages_per_tick=1).log_on()
    exchange.report("E2", "E3")
    exchange.client("35=2|34=2|7=2|16=0", "35=1|34=3|112=x")
    exchange.hang_up()
    exchange.written.clear()

    exchange.connect().client("35=A|34=4|98=0|108=30")
    exchange.expect("35=A|34=5|98=0|108=30")
    exchange.client("35=2|34=5|7=3|16=0")
    exchange.expect("35=8|34=3|43=Y|17=E3")
    exchange.turn()
    exchange.expect("35=4|34=4|43=Y|123=Y|36=6")


def test_an_order_that_came_early_is_taken_when_the_gap_ends_in_an_invalid_message(
    exchange: Exchange
) -> None:
    exchange.client(f"35=D|34=3|11=C3|{ORDER}")
    exchange.expect("35=2|34=2|7=2|16=0")
    exchange.client(f"35=1|34=2|43=Y|122={exchange.time}")

    exchange.expect("35=3|34=3|45=2|371=112|372=1|373=1|58=Required tag missing")
    assert exchange.applications == ["D C3"]
    assert exchange.numbers == (4, 4)


def test_an_unsupported_message_that_came_early_is_refused_in_its_turn(
    exchange: Exchange
) -> None:
    exchange.client("35=U1|34=3|11=C3")
    exchange.expect("35=2|34=2|7=2|16=0")
    exchange.client(f"35=4|34=2|43=Y|122={exchange.time}|123=Y|36=3")

    assert exchange.applications == ["U1 C3"], "whoever decodes it refuses it"
    assert exchange.numbers == (3, 4)


def test_a_gap_fill_passes_over_what_came_early(exchange: Exchange) -> None:
    exchange.client(f"35=D|34=4|11=C4|{ORDER}", f"35=D|34=6|11=C6|{ORDER}")
    exchange.client(f"35=4|34=2|43=Y|122={exchange.time}|123=Y|36=6")

    assert exchange.applications == ["D C6"]
    assert exchange.numbers == (3, 7)


def test_a_gap_that_is_filled_in_part_is_not_asked_for_again(exchange: Exchange) -> None:
    exchange.client("35=0|34=5")
    exchange.expect("35=2|34=2|7=2|16=0")
    exchange.client(f"35=4|34=2|43=Y|122={exchange.time}|123=Y|36=4", "35=0|34=6")

    exchange.expect_nothing()
    assert exchange.numbers == (3, 4)


def test_a_gap_is_asked_for_again_only_where_the_settings_say_so() -> None:
    exchange = Exchange(send_redundant_resend_requests=True).log_on()
    exchange.client("35=0|34=4", "35=0|34=5")

    exchange.expect("35=2|34=2|7=2|16=0", "35=2|34=3|7=2|16=0")


def test_a_duplicate_that_never_came_before_needs_orig_sending_time_too(
    exchange: Exchange
) -> None:
    """As the standard has it; QuickFIX looks at it where the number is too low, only."""
    exchange.client(f"35=D|34=2|43=Y|11=C2|{ORDER}")

    exchange.expect("35=3|34=2|45=2|371=122|372=D|373=1|58=Required tag missing")
    assert exchange.applications == []
    assert exchange.numbers == (3, 3)


def test_the_next_gap_is_asked_for(exchange: Exchange) -> None:
    exchange.client("35=0|34=3", f"35=0|34=2|43=Y|122={exchange.time}")
    exchange.client("35=0|34=6")

    exchange.expect("35=2|34=2|7=2|16=0", "35=2|34=3|7=4|16=0")


def test_the_next_gap_is_asked_for_after_a_gap_fill(exchange: Exchange) -> None:
    exchange.client("35=0|34=3", f"35=4|34=2|43=Y|122={exchange.time}|123=Y|36=4")
    exchange.client("35=0|34=6")

    exchange.expect("35=2|34=2|7=2|16=0", "35=2|34=3|7=4|16=0")


def test_the_early_messages_have_a_limit(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(early, "EARLY_MESSAGES_MAX", 2)
    exchange.client(*(f"35=D|34={n}|11=C{n}|{ORDER}" for n in (3, 4, 5)))
    exchange.expect("35=2|34=2|7=2|16=0")
    exchange.client(f"35=0|34=2|43=Y|122={exchange.time}")
    assert exchange.applications == ["D C3", "D C4"]

    exchange.client(f"35=D|34=5|43=Y|122={exchange.time}|11=C5|{ORDER}")
    assert exchange.applications == ["D C3", "D C4", "D C5"]


def test_an_early_message_does_not_grow_stale_while_it_waits(exchange: Exchange) -> None:
    exchange.client(f"35=D|34=3|11=C3|{ORDER}")
    for _ in range(5):
        exchange.wait(25)
        exchange.client("35=0|34=4")
    exchange.client(f"35=0|34=2|43=Y|122={exchange.time}")

    assert exchange.applications == ["D C3"]


def test_early_messages_do_not_outlive_the_connection(exchange: Exchange) -> None:
    exchange.client(f"35=D|34=3|11=C3|{ORDER}")
    exchange.hang_up()
    exchange.log_on(1, "141=Y")
    exchange.client("35=0|34=2")

    assert exchange.applications == []
    assert exchange.numbers == (2, 3)


def test_a_gap_is_asked_for_again_on_a_new_connection(exchange: Exchange) -> None:
    exchange.client(f"35=D|34=3|11=C3|{ORDER}")
    exchange.hang_up()
    exchange.written.clear()
    exchange.connect().client("35=A|34=4|98=0|108=30")

    exchange.expect("35=A|34=3|98=0|108=30", "35=2|34=4|7=2|16=0")


def test_what_was_not_written_does_not_reach_the_next_connection(exchange: Exchange) -> None:
    now = exchange.clock.now()
    exchange.session.send("8", "17=E2\x01", now)
    exchange.session.disconnected(now)
    exchange.turn()

    exchange.expect_nothing()
    assert list(exchange.store) == [(0, 2)]


# ------------------------------------------------------------------------------- logout


def test_reports_after_our_logout_are_kept(exchange: Exchange) -> None:
    exchange.log_out("maintenance")
    exchange.report("E3")
    exchange.expect("35=5|34=2|58=maintenance")
    exchange.log_out("said before")
    exchange.client("35=5|34=2")
    exchange.expect_nothing()

    exchange.connect().client("35=A|34=3|98=0|108=30", "35=2|34=4|7=3|16=0")
    exchange.expect(
        "35=A|34=4|98=0|108=30", "35=8|34=3|43=Y|17=E3", "35=4|34=4|43=Y|123=Y|36=5"
    )


def test_reports_of_the_tick_that_answers_a_logout_are_kept(exchange: Exchange) -> None:
    """After the Logout nothing is written: the client is gone and would miss it."""
    session, now = exchange.session, exchange.clock.now()
    session.receive(exchange.dictionary.parse(exchange.whole("35=5|34=2")), now)
    session.send("8", "17=E3\x01", now)
    exchange.turn()

    exchange.expect("35=5|34=2")
    assert list(exchange.store) == [(0, 3)]


@pytest.mark.parametrize("seq_num", [1, 5])
def test_a_logout_out_of_turn_is_answered_and_not_counted(seq_num: int) -> None:
    exchange = Exchange().log_on()
    exchange.client(f"35=5|34={seq_num}")

    exchange.expect("35=5|34=2")
    assert exchange.closed == "Logout"
    assert exchange.numbers == (3, 2)


def test_our_logout_during_a_resend_comes_last() -> None:
    exchange = Exchange(resend_messages_per_tick=1).log_on()
    exchange.report("E2", "E3")
    exchange.written.clear()
    exchange.client("35=2|34=2|7=2|16=0")
    exchange.log_out("maintenance")
    exchange.turn()

    exchange.expect(
        "35=8|34=2|43=Y|17=E2", "35=8|34=3|43=Y|17=E3", "35=5|34=4|58=maintenance"
    )


def test_a_logout_before_the_logon_says_nothing() -> None:
    exchange = Exchange().connect()
    exchange.log_out("maintenance")
    exchange.expect_nothing()
    assert exchange.numbers == (1, 1)


def test_the_reason_of_a_logout_is_made_printable(exchange: Exchange) -> None:
    exchange.log_out("caf\xe9\x0134=99")

    exchange.expect("35=5|34=2|58=caf??34=99")


# --------------------------------------------------------------------- hostile messages


@pytest.mark.parametrize("seq_num", ["", "x", "-1", "1.0", "\xb2", "9" * 21, "9" * 5000])
def test_a_msg_seq_num_that_is_no_number_ends_the_session(seq_num: str) -> None:
    exchange = Exchange().log_on()
    exchange.client(f"35=0|34={seq_num}")

    assert exchange.closed.startswith("invalid message: ")
    assert len(exchange.written) == 1
    assert b"\x0135=5\x01" in exchange.written[0]
    assert exchange.numbers == (3, 2)


def test_no_msg_seq_num_ends_the_session(exchange: Exchange) -> None:
    exchange.feed(fix(f"8=FIX.4.4|35=0|49=CLIENT|56=FIXGW|52={exchange.time}"))

    exchange.expect("35=5|34=2|58=Required tag missing: MsgSeqNum(34)")
    assert exchange.closed == "invalid message: Required tag missing (34)"


def test_a_msg_seq_num_below_0_is_too_low_in_fix_42() -> None:
    exchange = Exchange("FIX.4.2").log_on()
    exchange.client("35=0|34=-1")

    exchange.expect("35=5|34=2|58=MsgSeqNum too low, expecting 2 but received -1")


def test_the_largest_msg_seq_num_is_a_gap(exchange: Exchange) -> None:
    exchange.client("35=0|34=18446744073709551615")

    exchange.expect("35=2|34=2|7=2|16=0")
    assert exchange.numbers == (3, 2)


@pytest.mark.parametrize("gap_fill", ["123=Y|", ""])
def test_a_new_seq_no_has_a_limit(exchange: Exchange, gap_fill: str) -> None:
    exchange.client(f"35=4|34=2|{gap_fill}36={LARGEST_SEQ_NUM + 1}")
    exchange.expect(
        "35=3|34=2|45=2|371=36|372=4|373=5|58=Value is incorrect (out of range) for this tag"
    )
    assert exchange.numbers == (3, 2)

    exchange.client(f"35=4|34=2|{gap_fill}36={LARGEST_SEQ_NUM}")
    assert exchange.numbers == (3, LARGEST_SEQ_NUM)


@pytest.mark.parametrize("missing", ["49", "52", "56"])
def test_a_message_of_no_known_type_with_half_a_header(missing: str) -> None:
    exchange = Exchange().log_on()
    header = {"34": "2", "49": "CLIENT", "56": "FIXGW", "52": exchange.time}
    del header[missing]
    text = "|".join(f"{tag}={value}" for tag, value in header.items())
    exchange.feed(fix(f"8=FIX.4.4|35=U1|{text}"))

    if missing == "52":
        exchange.expect("35=3|34=2|45=2|371=52|372=U1|373=1|58=Required tag missing")
        return
    exchange.expect(
        f"35=3|34=2|45=2|371={missing}|372=U1|373=9|58=CompID problem",
        "35=5|34=3|58=CompID problem",
    )


def test_an_invalid_message_out_of_turn_is_refused_and_not_counted(exchange: Exchange) -> None:
    exchange.client("35=1|34=9")
    exchange.expect("35=3|34=2|45=9|371=112|372=1|373=1|58=Required tag missing")
    assert exchange.numbers == (3, 2)


def test_an_invalid_sequence_reset_is_refused_and_not_counted(exchange: Exchange) -> None:
    exchange.client("35=4|34=2|123=Y")

    exchange.expect("35=3|34=2|45=2|371=36|372=4|373=1|58=Required tag missing")
    assert exchange.numbers == (3, 2)


def test_a_test_req_id_of_any_bytes_comes_back(exchange: Exchange) -> None:
    exchange.client("35=1|34=2|112=\xe9\xff\x7f=")

    exchange.expect("35=0|34=2|112=\xe9\xff\x7f=")


def test_an_application_message_that_was_counted_is_refused_later(exchange: Exchange) -> None:
    message = exchange.dictionary.parse(exchange.whole(f"35=D|34=2|11=C1|{ORDER}"))
    exchange.session.receive(message, exchange.clock.now())
    exchange.session.refuse(message, 5, 59, "Value is incorrect", exchange.clock.now())
    exchange.session.refuse(message, 99, None, "Other", exchange.clock.now())
    exchange.turn()

    exchange.expect(
        "35=3|34=2|45=2|371=59|372=D|373=5|58=Value is incorrect",
        "35=3|34=3|45=2|372=D|373=99|58=Other",
    )
    assert exchange.numbers == (4, 3)


@pytest.mark.parametrize("text", ["35=0|34=1", "35=1|34=1|112=x", "35=2|34=1|7=1|16=0",
                                  "35=3|34=1|45=1", "35=4|34=1|36=9", "35=5|34=1",
                                  "35=zz|34=1", "35=U1|34=1", "35=1|34=1", "8=FIX.4.1|35=A|34=1"])
def test_before_the_logon_nothing_is_answered(text: str) -> None:
    exchange = Exchange().connect()
    exchange.client(text)

    exchange.expect_nothing()
    assert exchange.closed
    assert exchange.numbers == (1, 1)

"""What guessing costs, and whom."""

from fixgw.acceptor.auth.backoff import (
    FAILURES_MAX,
    FIRST_WAIT_SECONDS,
    SOURCES_MAX,
    WAIT_SECONDS_MAX,
    WINDOW_SECONDS,
    FailureBackoff,
    Source,
    source,
)
from fixgw.model.ids import SessionKey
from fixgw.runtime.admission import Standing

ONE = SessionKey("FIX.4.4:FIXGW->ONE")
TWO = SessionKey("FIX.4.4:FIXGW->TWO")
HERE, THERE = "192.0.2.1", "198.51.100.1"


def there(address: str, session: str = ONE, known: bool = False) -> Source:
    return source(address, session, known=known)


def fail(
    penalties: FailureBackoff,
    address: str,
    session: str = ONE,
    now: float = 0.0,
    times: int = 1,
    known: bool = False,
) -> float:
    return [penalties.failed(there(address, session, known), session, now)
            for _ in range(times)][-1]


def test_each_failure_takes_twice_as_long_as_the_one_before_up_to_a_limit() -> None:
    penalties = FailureBackoff()

    waits = [fail(penalties, HERE) for _ in range(6)]

    first = FIRST_WAIT_SECONDS
    assert [first, first * 2, first * 4, first * 8, WAIT_SECONDS_MAX, WAIT_SECONDS_MAX] == waits


def test_after_a_failure_the_address_waits() -> None:
    penalties = FailureBackoff()
    wait = fail(penalties, HERE, now=100.0)

    assert wait == penalties.wait_seconds(there(HERE), 100.0)
    assert 0.0 == penalties.wait_seconds(there(HERE), 100.0 + wait)


def test_too_many_failures_block_an_address_until_the_window_has_passed() -> None:
    penalties = FailureBackoff()
    fail(penalties, HERE, times=FAILURES_MAX - 1)
    assert not penalties.blocked(there(HERE), 1.0)

    fail(penalties, HERE, now=1.0)

    assert penalties.blocked(there(HERE), 1.0)
    assert penalties.blocked(there(HERE, TWO), 1.0)
    assert not penalties.blocked(there(HERE), WINDOW_SECONDS)


def test_an_attack_on_a_session_does_not_touch_its_client_elsewhere() -> None:
    penalties = FailureBackoff()
    fail(penalties, HERE, times=100)

    clients = there(THERE)
    assert not penalties.blocked(clients, 0.0)
    assert 0.0 == penalties.wait_seconds(clients, 0.0)


def test_a_failure_of_a_session_under_attack_takes_long_from_anywhere() -> None:
    penalties = FailureBackoff()
    fail(penalties, HERE, times=5)

    assert WAIT_SECONDS_MAX == fail(penalties, THERE, ONE)
    assert FIRST_WAIT_SECONDS == fail(penalties, "203.0.113.1", TWO)


def test_who_is_known_at_an_address_is_not_shut_out_by_another_there() -> None:
    penalties = FailureBackoff()
    fail(penalties, HERE, TWO, times=FAILURES_MAX)

    assert penalties.blocked(there(HERE, TWO), 0.0)
    assert not penalties.blocked(there(HERE, known=True), 0.0)


def test_who_shares_an_address_with_a_client_has_no_more_guesses_than_others() -> None:
    penalties = FailureBackoff()
    fail(penalties, HERE, times=FAILURES_MAX, known=True)

    assert penalties.blocked(there(HERE, known=True), 0.0)


def test_a_good_logon_forgives_the_session_there_and_nobody_else() -> None:
    penalties = FailureBackoff()
    fail(penalties, HERE, times=FAILURES_MAX - 1, known=True)
    fail(penalties, HERE, TWO, times=FAILURES_MAX)

    penalties.succeeded(there(HERE, known=True))

    assert 0.0 == penalties.wait_seconds(there(HERE, known=True), 1.0)
    assert penalties.blocked(there(HERE, TWO), 1.0)


def test_who_was_refused_makes_room_first_for_as_long_as_its_failures_count() -> None:
    penalties = FailureBackoff()
    fail(penalties, HERE, now=1.0)

    assert Standing.REFUSED is penalties.standing(there(HERE), 1.0)
    assert Standing.REFUSED is penalties.standing(there(HERE, TWO), WINDOW_SECONDS)
    assert Standing.STRANGER is penalties.standing(there(HERE), 1.0 + WINDOW_SECONDS)
    assert Standing.STRANGER is penalties.standing(there(THERE), 1.0)


def test_all_addresses_of_an_ipv6_network_are_one() -> None:
    penalties = FailureBackoff()
    for number in range(FAILURES_MAX):
        fail(penalties, f"2001:db8::{number:x}")

    assert penalties.blocked(there("2001:db8::ffff"), 0.0)
    assert not penalties.blocked(there("2001:db8:0:1::1"), 0.0)


def test_nothing_grows_without_end() -> None:
    penalties = FailureBackoff()
    for number in range(SOURCES_MAX + 100):
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        fail(penalties, address, f"made up {number}")

    assert SOURCES_MAX == len(penalties._of_source) == len(penalties._not_before)
    assert len(penalties._of_bucket) <= 1_024

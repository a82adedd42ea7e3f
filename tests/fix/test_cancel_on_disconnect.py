"""Cancel on disconnect at Logon and Logout: what is asked for, what is in force, what is told."""

from datetime import time

import pytest

from fixgw.fix.cancel_on_disconnect import TAGS, answer, in_force, keeps_orders, problem
from fixgw.fix.session_events import Left
from fixgw.model.cancel_on import ByClient, CancelOn, CancelTerms
from tests.support.session import VERSIONS, Exchange, settings

LOGON = "35=A|34=1|98=0|108=30"
OFF, DISCONNECT, LOGOUT, BOTH = (
    CancelOn.NEVER, CancelOn.DISCONNECT, CancelOn.LOGOUT, CancelOn.BOTH
)


def fields(text: str) -> dict[int, str]:
    """`8013=Y|…` as a message's fields."""
    pairs = (each.split("=", 1) for each in text.split("|") if each)
    return {int(tag): value for tag, value in pairs}


class Departing(Exchange):
    """An exchange that keeps what the session says of departures."""

    def __init__(self, version: str = "FIX.4.4", **given: object) -> None:
        super().__init__(version, **given)
        self.left: list[Left] = []

    def _take_facts(self) -> None:
        self.left += [fact for fact in self.session.facts if type(fact) is Left]
        super()._take_facts()

    @property
    def terms(self) -> CancelTerms:
        return self.session.departure.terms


# --------------------------------------------------------------------------------- at Logon


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("asked", "on"),
    [
        ("8013=Y", BOTH), ("8013=S", BOTH), ("8013=N", OFF),
        ("9001=Y", BOTH), ("9001=N", OFF),
        ("8674=0", DISCONNECT), ("8674=1", OFF), ("8674=Y", DISCONNECT), ("8674=N", OFF),
        ("5001=Y", DISCONNECT), ("5001=N", OFF),
        ("35002=0", OFF), ("35002=1", DISCONNECT), ("35002=2", LOGOUT), ("35002=3", BOTH),
        ("35002=3|35003=1500", BOTH),
    ],
)
def test_the_answer_says_under_the_client_s_tag_what_is_in_force(
    version: str, asked: str, on: CancelOn
) -> None:
    exchange = Departing(version).connect()
    exchange.client(f"{LOGON}|{asked}")

    appl_ver_id = VERSIONS[version][1]
    version_told = f"|1137={appl_ver_id}" if appl_ver_id else ""
    exchange.expect(f"{LOGON}{version_told}|{asked}")
    assert (on, 1500 if "35003" in asked else 0) == exchange.terms


def test_who_does_not_ask_is_told_nothing_and_has_what_the_operator_set() -> None:
    exchange = Departing(cancel_on_disconnect=LOGOUT, cancel_on_disconnect_seconds=7).connect()
    exchange.client(LOGON)

    exchange.expect(LOGON)
    assert (LOGOUT, 7_000) == exchange.terms


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("8013=X", "CancelOrdersOnDisconnect(8013) 'X' is not one of Y, S, N"),
        ("8013=y", "CancelOrdersOnDisconnect(8013) 'y' is not one of Y, S, N"),
        ("9001=1", "CancelOnDisconnect(9001) '1' is not one of Y, N"),
        ("8674=2", "CancelOrdersOnDisconnectFlag(8674) '2' is not one of 0, 1, Y, N"),
        ("5001=T", "EnableCOD(5001) 'T' is not one of Y, N"),
        ("35002=4", "CancelOnDisconnectType(35002) '4' is not one of 0, 1, 2, 3"),
        ("35002=3|35003=-1", "CODTimeoutWindow(35003) '-1' is no number of milliseconds"),
        ("35002=3|35003=1.5", "CODTimeoutWindow(35003) '1.5' is no number of milliseconds"),
        ("35003=1000", "CODTimeoutWindow(35003) without CancelOnDisconnectType(35002)"),
        (
            "8013=Y|9001=N",
            "CancelOrdersOnDisconnect(8013) and CancelOnDisconnect(9001) contradict each other",
        ),
    ],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_not_understood_is_refused_with_a_logout_that_says_so(
    version: str, asked: str, text: str
) -> None:
    exchange = Departing(version).connect()
    exchange.client(f"{LOGON}|{asked}")

    exchange.expect(f"35=5|34=1|58={text}")
    assert text == exchange.closed
    assert [] == exchange.left
    assert not exchange.session.logged_on


def test_each_tag_has_a_value_for_not_at_all() -> None:
    assert {number for number, tag in TAGS.items() if OFF in tag.meanings.values()} == set(TAGS)


@pytest.mark.parametrize(
    ("by_client", "asked", "force", "told"),
    [
        # By default a client may ask for more than the operator set, and not for less.
        (ByClient.MORE, "8013=N", DISCONNECT, "8013=Y"),
        (ByClient.MORE, "8674=1", DISCONNECT, "8674=0"),
        (ByClient.MORE, "8674=N", DISCONNECT, "8674=Y"),
        (ByClient.MORE, "35002=2", BOTH, "35002=3"),
        (ByClient.MORE, "9001=Y", BOTH, "9001=Y"),
        (ByClient.ANY, "8013=N", OFF, "8013=N"),
        (ByClient.ANY, "35002=2", LOGOUT, "35002=2"),
        (ByClient.NONE, "9001=Y", DISCONNECT, "9001=Y"),
        (ByClient.NONE, "35002=2", DISCONNECT, "35002=1"),
        (ByClient.NONE, "8674=1", DISCONNECT, "8674=0"),
    ],
)
def test_the_operator_bounds_what_a_client_may_choose(
    by_client: ByClient, asked: str, force: CancelOn, told: str
) -> None:
    given = settings(
        cancel_on_disconnect=DISCONNECT, cancel_on_disconnect_by_client=by_client
    )
    terms = in_force(fields(asked), given)

    assert "" == problem(fields(asked))
    assert force == terms.on
    assert told.replace("|", "\x01") + "\x01" == answer(fields(asked), terms)


@pytest.mark.parametrize(("asked", "told"), [("8013=Y", "N"), ("8674=0", "1"), ("35002=3", "0")])
def test_a_client_that_may_choose_nothing_hears_that_it_is_off(asked: str, told: str) -> None:
    given = settings(cancel_on_disconnect_by_client=ByClient.NONE)
    terms = in_force(fields(asked), given)

    assert OFF is terms.on
    assert asked.partition("=")[0] + f"={told}\x01" == answer(fields(asked), terms)


@pytest.mark.parametrize(
    ("operator", "by_client", "asked_ms", "window_ms"),
    [
        (OFF, ByClient.MORE, "9000", 9_000),
        (OFF, ByClient.MORE, "60001", 60_000),
        (OFF, ByClient.MORE, "0", 0),
        (DISCONNECT, ByClient.MORE, "9000", 5_000),
        (DISCONNECT, ByClient.MORE, "1000", 1_000),
        (DISCONNECT, ByClient.ANY, "9000", 9_000),
        (DISCONNECT, ByClient.NONE, "1000", 5_000),
    ],
)
def test_a_window_longer_than_the_operator_s_is_less_protection(
    operator: CancelOn, by_client: ByClient, asked_ms: str, window_ms: int
) -> None:
    given = settings(
        cancel_on_disconnect=operator,
        cancel_on_disconnect_seconds=5,
        cancel_on_disconnect_by_client=by_client,
    )
    asked = fields(f"35002=1|35003={asked_ms}")
    terms = in_force(asked, given)

    assert window_ms == terms.window_ms
    assert answer(asked, terms).endswith(f"\x0135003={window_ms}\x01")


def test_what_was_agreed_on_lasts_until_the_next_logon() -> None:
    exchange = Departing().log_on(more="8013=Y")
    exchange.hang_up()
    assert BOTH is exchange.terms.on

    exchange.log_on(2)
    assert OFF is exchange.terms.on


# ----------------------------------------------------------------------------- how it leaves


def test_a_logout_of_the_client_is_told_at_once_and_once() -> None:
    exchange = Departing().log_on(more="8013=Y")
    exchange.client("35=5|34=2")

    exchange.expect("35=5|34=2")
    assert [Left(logout=True)] == exchange.left
    assert ["logged on", "logged out"] == exchange.events


def test_a_lost_connection() -> None:
    exchange = Departing().log_on()
    exchange.hang_up()

    assert [Left(logout=False)] == exchange.left


def test_the_end_of_the_session_s_hours_is_a_logout() -> None:
    exchange = Departing(hours=(time(9), time(10, 0, 1))).log_on()
    exchange.wait(5)

    assert [Left(logout=True)] == exchange.left


@pytest.mark.parametrize(
    "message",
    ["35=0|34=1", "35=0|34=2|49=SOMEBODY", "35=0|34=2|52=20200101-00:00:00", "8=FIX.4.2|35=0|34=2"],
)
def test_an_error_that_we_end_the_session_for_is_a_disconnect(message: str) -> None:
    """Even where the client answers our Logout with its own."""
    exchange = Departing().log_on()
    exchange.client(message)
    if not exchange.closed:
        exchange.client("35=5|34=3")

    assert exchange.closed
    assert [Left(logout=False)] == exchange.left


def test_a_silent_client_has_lost_its_connection() -> None:
    exchange = Departing().log_on()
    exchange.wait(120)

    assert [Left(logout=False)] == exchange.left


def test_a_logout_of_the_gateway_is_a_disconnect() -> None:
    exchange = Departing().log_on()
    exchange.log_out("the operator wants it so")
    exchange.client("35=5|34=2")

    assert [Left(logout=False)] == exchange.left


def test_who_was_never_let_in_does_not_leave() -> None:
    exchange = Departing().connect()
    exchange.hang_up()

    assert [] == exchange.left


# ------------------------------------------------------------------- DontCancelOnDisconnect


def test_a_client_takes_back_at_logout_what_it_asked_for_itself() -> None:
    exchange = Departing().log_on(more="9001=Y")
    exchange.client("35=5|34=2|9003=Y")

    exchange.expect("35=5|34=2")
    assert [Left(logout=True, keeps_orders=True)] == exchange.left


def test_what_the_operator_set_is_not_taken_back_and_the_client_is_told() -> None:
    exchange = Departing(cancel_on_disconnect=LOGOUT).log_on()
    exchange.client("35=5|34=2|9003=Y")

    exchange.expect(
        "35=5|34=2|58=DontCancelOnDisconnect(9003) is not allowed: orders are cancelled"
    )
    assert [Left(logout=True)] == exchange.left


@pytest.mark.parametrize(
    ("operator", "by_client", "on", "keeps"),
    [
        (BOTH, ByClient.ANY, BOTH, True),
        (BOTH, ByClient.NONE, BOTH, False),
        (DISCONNECT, ByClient.MORE, BOTH, True),
        # Nothing would be cancelled at a Logout anyway.
        (DISCONNECT, ByClient.MORE, DISCONNECT, False),
    ],
)
def test_whether_9003_keeps_orders(
    operator: CancelOn, by_client: ByClient, on: CancelOn, keeps: bool
) -> None:
    given = settings(cancel_on_disconnect=operator, cancel_on_disconnect_by_client=by_client)

    assert keeps is keeps_orders({9003: "Y"}, given, CancelTerms(on))[0]
    assert (False, "") == keeps_orders({9003: "N"}, given, CancelTerms(on))

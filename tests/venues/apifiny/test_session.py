"""One socket, frame by frame; time is set by hand."""

import sys
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.model.enums import Command, OrdRejReason
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    OrderUpdate,
    Refused,
    Unknown,
    UnknownOrderSeen,
    VenueStatus,
)
from fixgw.venues.apifiny.session import OrderSession
from fixgw.venues.strangers import Strangers
from tests.venues.apifiny.payload import payload
from tests.venues.apifiny.venue import config

LOGIN = b'{"action":"auth"}'
OK = b'{"result":"success","error":null}'
SUBMIT, CANCEL = Command.SUBMIT, Command.CANCEL


def name(number: int) -> VenueOrderID:
    """The venue's name of our order *number*."""
    return VenueOrderID(f"00000001{number:016d}")


def ours(number: int) -> OrderID:
    return OrderID(f"{number:016d}")


def reply(number: int, status: str = "SUBMITTED") -> bytes:
    order = f'"orderId":"{name(number)}","orderStatus":"{status}"'
    return f'{{"result":[{{{order}}}],"error":null}}'.encode()


def error(code: int = 2097162, message: str = "Signature Error") -> bytes:
    return f'{{"result":null,"error":{{"code":{code},"message":"{message}"}}}}'.encode()


class Socket:
    """A session with a socket that was opened at time 0."""

    def __init__(self, *, login: bytes | None = LOGIN, errors_in_order: bool = False) -> None:
        self.heard: list[object] = []
        self.session = OrderSession(
            account_digits="00000001",
            config=config(
                "http://venue", in_flight_limit=3, request_timeout_seconds=5,
                websocket_errors_in_order=errors_in_order,
            ),
            strangers=Strangers(VenueName("apifiny"), self.heard.append),
            deliver=self.heard.append,
        )
        self.session.opened(0.0, login)

    def receive(self, *frames: bytes, at: float = 1.0) -> list[object]:
        """What was delivered for *frames*."""
        self.heard.clear()
        self.session.receive(frames, at)
        return list(self.heard)

    def lost(self) -> list[object]:
        self.heard.clear()
        self.session.lost("it broke")
        return list(self.heard)


@pytest.fixture
def socket() -> Socket:
    """Logged in."""
    made = Socket()
    made.receive(OK)
    made.session.outgoing.clear()
    return made


def acked(number: int, command: Command, status: VenueStatus) -> CommandOutcome:
    update = OrderUpdate(order_id=ours(number), status=status)
    return CommandOutcome(ours(number), command, Acked(update))


# --------------------------------------------------------------------- log-in


def test_the_signed_stream_is_ready_when_it_is_open():
    socket = Socket(login=None)
    assert (socket.session.state, socket.session.outgoing) == ("ready", [])


def test_the_socket_of_2022_logs_in_first():
    socket = Socket()
    assert (socket.session.state, socket.session.outgoing) == ("login", [LOGIN])

    socket.receive(b'{"ping":1}')
    assert socket.session.state == "login"
    socket.receive(OK)
    assert socket.session.state == "ready"


def test_a_log_in_that_is_refused_gives_the_socket_up():
    socket = Socket()
    socket.receive(error())

    assert socket.session.state == "login"
    assert socket.session.due(1.0) == "the log-in was refused: Signature Error (Apifiny 2097162)"


def test_a_log_in_that_is_not_answered_gives_the_socket_up():
    socket = Socket()
    assert socket.session.due(10.0) == ""
    assert socket.session.due(10.1) == "the log-in was not answered in 10 s"


def test_the_next_socket_begins_anew():
    socket = Socket()
    socket.receive(error())
    socket.lost()
    socket.session.opened(20.0, LOGIN)

    assert (socket.session.state, socket.session.due(20.1)) == ("login", "")


# ------------------------------------------------------- heartbeats and updates


def test_a_ping_is_answered_with_its_number(socket):
    socket.receive(payload("ws_ping"))
    assert socket.session.outgoing == [b'{"pong":1492420473027}']


def test_a_silent_socket_is_given_up(socket):
    assert socket.session.due(76.0) == ""
    assert socket.session.due(76.1) == "nothing was heard for 75 s"


def test_any_frame_is_a_sign_of_life(socket):
    socket.receive(b'{"ping":1}', at=50.0)
    assert socket.session.due(120.0) == ""


def test_the_manuals_order_update_is_of_another_account(socket):
    assert socket.receive(payload("ws_order_update"), payload("ws_order_update")) == [
        UnknownOrderSeen("apifiny", "000000121574697605570321", "VENUE1 BTCUSD FILLED")
    ]


def test_an_update_of_ours(socket):
    text = payload("ws_order_update").replace(b"000000121574697605570321", name(1).encode())
    (update,) = socket.receive(text)

    assert (update.order_id, update.status, update.cum_qty, update.asked) == (
        "0000000000000001",
        VenueStatus.FILLED,
        Decimal("1.12"),
        False,
    )
    assert update.fill.last_px == Decimal("100.0")


def test_an_update_of_balances_says_nothing_of_orders(socket):
    assert socket.receive(payload("ws_account_update")) == []
    assert socket.session.notes == []


def test_what_cannot_be_read_is_noted_and_the_rest_goes_on(socket):
    frames = [b"<html>", b"\xff", b'{"payload":{"orderId":7}}', reply(1, "MYSTERY"), reply(2)]

    mystery, works = socket.receive(*frames)

    assert (ours(1), VenueStatus.UNCLEAR, "MYSTERY") == (
        mystery.order_id, mystery.status, mystery.state
    )
    assert ours(2) == works.order_id
    assert socket.session.unreadable
    assert len(socket.session.notes) == 3


# ------------------------------------------------------------------- commands


def test_a_reply_answers_the_command_that_names_its_order(socket):
    socket.session.submitted(name(1), 1.0)
    socket.session.submitted(name(2), 1.0)
    socket.session.cancelled(name(3), 1.0)

    assert socket.receive(reply(2), reply(3), reply(1, "PENDING_SUBMIT")) == [
        acked(2, SUBMIT, VenueStatus.WORKING),
        acked(3, CANCEL, VenueStatus.WORKING),
        acked(1, SUBMIT, VenueStatus.PENDING),
    ]
    assert socket.session.in_flight == 0


def test_a_reply_may_come_as_an_object(socket):
    socket.session.submitted(name(1), 1.0)
    as_object = reply(1).replace(b"[", b"").replace(b"]", b"")

    assert socket.receive(as_object) == [acked(1, SUBMIT, VenueStatus.WORKING)]


def test_a_submit_and_a_cancel_of_one_order_are_answered_in_turn(socket):
    socket.session.submitted(name(1), 1.0)
    socket.session.cancelled(name(1), 1.0)

    assert socket.receive(reply(1), reply(1)) == [
        acked(1, SUBMIT, VenueStatus.WORKING),
        acked(1, CANCEL, VenueStatus.WORKING),
    ]


def test_a_reply_to_nothing_is_the_venues_view_all_the_same(socket):
    assert socket.receive(reply(1)) == [
        OrderUpdate(order_id=ours(1), status=VenueStatus.WORKING)
    ]


def test_a_reply_that_cannot_be_read_leaves_its_command_unknown(socket):
    socket.session.submitted(name(1), 1.0)
    assert socket.receive(reply(1, "MYSTERY")) == [
        CommandOutcome(ours(1), SUBMIT, Unknown("orderStatus 'MYSTERY' is not known"))
    ]


def test_a_rejected_order_is_refused(socket):
    socket.session.submitted(name(1), 1.0)
    (ended,) = socket.receive(reply(1, "REJECTED"))
    assert isinstance(ended.outcome, Refused)


def test_an_error_answers_the_only_command_in_flight(socket):
    socket.session.submitted(name(1), 1.0)
    (ended,) = socket.receive(error(327978, "order id rule error"))

    assert (ended.order_id, ended.outcome.ord_rej_reason) == (ours(1), OrdRejReason.OTHER)
    assert socket.session.in_flight == 0


def test_an_error_among_several_waits_until_only_one_command_can_have_caused_it(socket):
    for number in (1, 2, 3):
        socket.session.submitted(name(number), 1.0)

    assert socket.receive(error(327978, "order id rule error"), at=2.0) == []
    socket.session.submitted(name(4), 3.0)  # left later: not the cause
    assert socket.receive(reply(3)) == [acked(3, SUBMIT, VenueStatus.WORKING)]
    ended = socket.receive(reply(1))

    assert [(each.order_id, type(each.outcome)) for each in ended] == [
        (ours(1), Acked),
        (ours(2), Refused),
    ]
    assert socket.session.in_flight == 1


def test_as_many_errors_as_commands_refuse_them_all_if_each_error_proves_it(socket):
    socket.session.submitted(name(1), 1.0)
    socket.session.submitted(name(2), 1.0)
    ended = socket.receive(error(327978, "order id rule error"), error(), at=2.0)

    assert [type(each.outcome) for each in ended] == [Refused, Refused]


def test_one_error_among_them_that_proves_nothing_leaves_them_all_unknown(socket):
    socket.session.submitted(name(1), 1.0)
    socket.session.submitted(name(2), 1.0)
    ended = socket.receive(error(), error(65595, "server busy please wait"), at=2.0)

    assert [type(each.outcome) for each in ended] == [Unknown, Unknown]


def test_an_error_that_could_be_anothers_is_not_held_against_a_new_command(socket):
    socket.session.submitted(name(1), 1.0)
    socket.session.submitted(name(2), 1.0)
    socket.receive(error(), at=2.0)  # 1 or 2
    socket.session.submitted(name(3), 3.0)
    assert socket.receive(error(), at=4.0) == []  # the other of these, or 3

    assert [type(each.outcome) for each in socket.receive(reply(2), at=5.0)] == [
        Acked,
        Refused,  # 1: two errors for 1 and 3
        Refused,
    ]


@given(st.data())
def test_whatever_the_order_of_replies_an_outcome_is_true_and_told_once(data):
    """Commands leave and are answered in any order; which of them fail is the venue's secret."""
    socket = Socket(login=None)
    unanswered: dict[int, bool] = {}
    fails: dict[int, bool] = {}
    told: list[CommandOutcome] = []
    for now in range(data.draw(st.integers(1, 30))):
        if unanswered and data.draw(st.booleans()):
            number = data.draw(st.sampled_from(sorted(unanswered)))
            frame = error() if unanswered.pop(number) else reply(number)
            told += socket.receive(frame, at=float(now))
        else:
            fails[now] = unanswered[now] = data.draw(st.booleans())
            socket.session.submitted(name(now), float(now))
    if not unanswered:
        assert socket.session.in_flight == 0
    told += socket.lost()

    assert sorted(each.order_id for each in told) == [ours(number) for number in sorted(fails)]
    for each in told:
        if not isinstance(each.outcome, Unknown):
            assert isinstance(each.outcome, Refused) is fails[int(each.order_id)]


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python *work* takes: its work, whatever machine does it."""
    count = 0

    def trace(frame: object, event: str, argument: object) -> object:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def refused_mass_cancel(orders: int) -> int:
    """A venue that refuses every cancel of so many: the steps it costs to tell."""
    socket = Socket(login=None)
    for number in range(orders):
        socket.session.cancelled(name(number), 1.0)
    told = steps(lambda: socket.session.receive([error()] * orders, 2.0))
    assert [type(each.outcome) for each in socket.heard] == [Refused] * orders
    return told


def refused_in_turn(orders: int) -> int:
    """An error, and the next order leaves, again and again; then replies to all but these."""
    socket = Socket(login=None)
    for number in range(orders):
        socket.session.submitted(name(number), 1.0)

    def work() -> None:
        for number in range(orders, 2 * orders):
            socket.session.receive([error()], 2.0)
            socket.session.submitted(name(number), 2.0)
        socket.session.receive(map(reply, range(2 * orders - 1, orders - 1, -1)), 3.0)

    told = steps(work)
    assert len(socket.heard) == 2 * orders and socket.session.in_flight == 0
    return told


@pytest.mark.parametrize("venue", [refused_mass_cancel, refused_in_turn])
def test_the_work_on_errors_grows_with_their_number_and_not_with_its_square(venue):
    """Seen: 1,000 refused orders stopped everybody for 6 s, 10,000 for ever."""
    few, many = venue(100), venue(400)
    assert many < 5 * few


def test_an_error_answers_by_order_of_leaving_also_within_one_reading_of_the_clock(socket):
    socket.session.submitted(name(1), 1.0)
    socket.session.submitted(name(2), 1.0)
    assert socket.receive(error(), at=1.0) == []
    socket.session.submitted(name(3), 1.0)  # the error was here already: not its cause

    assert [type(each.outcome) for each in socket.receive(reply(1), at=1.0)] == [Acked, Refused]
    assert socket.session.in_flight == 1


def test_an_error_that_finds_no_command_ends_with_the_socket(socket):
    socket.session.submitted(name(1), 1.0)
    socket.session.submitted(name(2), 1.0)
    socket.receive(error(), at=2.0)

    assert socket.session.due(6.1) == "a command was not answered in 5 s"
    assert [type(each.outcome) for each in socket.lost()] == [Unknown, Unknown]
    socket.session.opened(7.0, None)
    socket.session.submitted(name(3), 7.0)
    assert socket.receive(reply(3)) == [acked(3, SUBMIT, VenueStatus.WORKING)]


def test_an_error_answers_the_oldest_command_by_assumption():
    socket = Socket(errors_in_order=True)
    socket.receive(OK)
    socket.session.submitted(name(1), 1.0)
    socket.session.submitted(name(2), 1.0)
    (ended,) = socket.receive(error())

    assert (ended.order_id, type(ended.outcome)) == (ours(1), Refused)
    assert socket.session.in_flight == 1


def test_an_error_that_answers_nothing_is_noted(socket):
    assert socket.receive(error()) == []
    assert socket.session.notes == [
        "an error that answers nothing: Signature Error (Apifiny 2097162)"
    ]


def test_a_result_and_an_error_at_once_answer_nothing(socket):
    socket.session.submitted(name(1), 1.0)
    both = reply(1).replace(b'"error":null', b'"error":{"code":2097162,"message":"x"}')

    assert socket.receive(both) == []
    assert socket.session.in_flight == 1


def test_a_command_without_an_answer_ends_the_socket(socket):
    socket.session.submitted(name(1), 1.0)
    socket.session.submitted(name(2), 4.0)
    socket.receive(b'{"ping":1}', at=5.0)

    assert socket.session.due(6.0) == ""
    assert socket.session.due(6.1) == "a command was not answered in 5 s"


def test_a_lost_socket_leaves_all_in_flight_unknown(socket):
    socket.session.submitted(name(1), 1.0)
    socket.session.cancelled(name(2), 1.0)
    unknown = Unknown("the socket was lost: it broke")

    assert socket.lost() == [
        CommandOutcome(ours(1), SUBMIT, unknown),
        CommandOutcome(ours(2), CANCEL, unknown),
    ]
    assert (socket.session.state, socket.session.in_flight) == ("closed", 0)
    assert socket.lost() == []


def test_there_is_a_limit_in_flight(socket):
    for number in range(3):
        assert not socket.session.full
        socket.session.submitted(name(number), 1.0)
    assert socket.session.full

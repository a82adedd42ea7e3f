"""One socket, sans-IO: status, binding, replies by their numbers, feed, heartbeats, the end."""

from decimal import Decimal as D

import msgspec
import pytest

from fixgw.model.enums import Command, OrdRejReason
from fixgw.model.ids import OrderID
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    OrderUpdate,
    Refused,
    Unknown,
    UnknownOrderSeen,
    VenueStatus,
)
from fixgw.venues.finery import build, session
from fixgw.venues.finery.memory import Memory
from fixgw.venues.finery.session import OrderSession
from fixgw.venues.strangers import Strangers
from tests.venues.finery.payload import payload
from tests.venues.finery.venue import VENUE, config, order

NAME = OrderID("1795174355156000")
UP, DOWN = payload("ws_status.json"), b'["X",0,"Z",2]'
EMPTY = b'["O",0,"S",[]]'
ROW = '["BTC-USD",0,0,%d,1001,1795174355156000,10000000000,100000000,%d,1,0]'
DEAL = (
    b'["O",0,"D",["BTC-USD",0,0,0,1001,1795174355156000,10000000000,100000000,60000000,1,'
    b'5,23,1,10000000000,40000000,4000000000,0,2,0,2,0,0,1,0]]'
)


class Bench:
    """A session, what it delivered, and a clock."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.memory = Memory()
        self.session = OrderSession(
            config=config("http://venue", in_flight_limit=3, request_timeout_seconds=5),
            memory=self.memory,
            strangers=Strangers(VENUE, self.heard.append),
            deliver=self.heard.append,
        )
        self.now = 100.0

    def say(self, *messages: bytes) -> None:
        self.session.receive(messages, self.now)

    def ready(self) -> "Bench":
        self.session.opened(self.now)
        self.say(UP, EMPTY)
        self.session.outgoing.clear()
        self.session.resync_wanted = False
        return self

    def submit(self) -> int:
        """The reqId of a new order's frame."""
        mine = order(order_id=NAME)
        frame = self.session.command(Command.SUBMIT, mine, build.add(mine), self.now)
        return int(msgspec.json.decode(frame)["reqId"])

    def sent(self) -> list[dict]:
        frames, self.session.outgoing = self.session.outgoing, []
        return [msgspec.json.decode(frame) for frame in frames]


def test_the_feed_is_bound_once_the_venue_is_connected_and_the_snapshot_makes_it_ready():
    bench = Bench()
    bench.session.opened(bench.now)
    assert (bench.session.state, bench.sent()) == ("connecting", [])
    bench.say(UP)
    assert (bench.session.state, bench.sent()) == ("binding", [{"event": "bind", "feed": "O"}])
    bench.say(b'["O",0,"S",[%s]]' % (ROW % (0, 60000000)).encode())
    assert bench.session.state == "ready"
    (update,) = bench.heard
    assert (update.status, update.cum_qty) == (VenueStatus.WORKING, D("0.4"))


def snapshot(orders: int) -> bytes:
    """Feed O with so many orders of ours that rest."""
    rows = (
        b'["BTC-USD",0,0,0,%d,%d,10000000000,100000000,60000000,1,0]' % (number, int(NAME) + number)
        for number in range(orders)
    )
    return b'["O",0,"S",[%s]]' % b",".join(rows)


def test_a_long_snapshot_is_taken_in_turns_and_what_came_behind_it_follows():
    bench = Bench()
    bench.session.opened(bench.now)
    bench.say(UP)
    orders = 2 * session.ROWS_A_TURN + 10
    bench.say(snapshot(orders), DEAL)
    bench.say(b'["O",0,"-",%s]' % (ROW % (0, 0)).encode())
    heard = [len(bench.heard)]
    while bench.session.more:
        assert bench.session.state == "binding"
        bench.session.go_on(bench.now)
        heard.append(len(bench.heard))

    assert heard == [session.ROWS_A_TURN, 2 * session.ROWS_A_TURN, orders + 2]
    assert (bench.session.state, bench.session.resync_wanted) == ("ready", True)
    assert [update.status for update in bench.heard[-2:]] == [
        VenueStatus.WORKING, VenueStatus.FILLED,
    ]


def test_a_socket_that_is_lost_within_a_snapshot_forgets_the_rest_of_it():
    bench = Bench()
    bench.session.opened(bench.now)
    bench.say(UP, snapshot(session.ROWS_A_TURN + 1), DEAL)
    bench.session.lost("gone")
    assert not bench.session.more
    bench.session.opened(bench.now)
    bench.say(UP, EMPTY)
    assert (bench.session.state, len(bench.heard)) == ("ready", session.ROWS_A_TURN)


def test_while_the_venue_is_not_connected_nothing_is_owed_and_then_all_is_bound_anew():
    bench = Bench().ready()
    bench.say(DOWN)
    assert bench.session.state == "connecting"
    bench.now += 20
    assert bench.session.due(bench.now) == ""
    bench.say(UP)
    assert [(frame["event"], frame["feed"]) for frame in bench.sent()] == [
        ("unbind", "O"), ("bind", "O"),
    ]
    # The binding may or may not have survived.
    bench.say(b'["O",0,"Z",101]', EMPTY)
    assert bench.session.state == "ready"


def test_a_status_that_says_nothing_new_has_all_asked_about():
    bench = Bench().ready()
    bench.say(UP)

    assert (bench.session.state, bench.session.resync_wanted) == ("ready", True)


def test_replies_name_their_request():
    bench = Bench().ready()
    first, second = bench.submit(), bench.submit()
    bench.say(b'{"event":"request","reqId":%d,"error":79}' % second)
    bench.say(b'{"event":"request","reqId":%d,"reply":{"id":1,"remainingSize":100000000}}' % first)

    refused, accepted = bench.heard
    assert refused == CommandOutcome(
        NAME,
        Command.SUBMIT,
        Refused("79", "Add failed: limits (Finery 79)", ord_rej_reason=OrdRejReason.EXCEEDS_LIMIT),
    )
    assert isinstance(accepted.outcome, Acked)
    assert bench.session.in_flight == 0


def test_the_samples_of_replies_are_understood():
    bench = Bench().ready()
    assert bench.submit() == 1
    bench.say(payload("ws_error.json"))
    (refused,) = bench.heard

    assert refused.outcome.text == (
        "API method parameter is invalid or missing, parameter price (Finery 9)"
    )


def test_a_reply_for_another_order_leaves_the_outcome_unknown():
    bench = Bench().ready()
    assert bench.submit() == 1
    bench.say(payload("ws_reply.json"))

    assert isinstance(bench.heard[0].outcome, Unknown)


@pytest.mark.parametrize("reply", [b'"reply":{"what":1}', b'"method":"add"', b'"reply":[]'])
def test_a_reply_that_says_nothing_leaves_the_outcome_unknown(reply):
    bench = Bench().ready()
    number = bench.submit()
    bench.say(b'{"event":"request","reqId":%d,%s}' % (number, reply))

    assert isinstance(bench.heard[0].outcome, Unknown)


def test_a_reply_that_nobody_waits_for_is_noted():
    bench = Bench().ready()
    bench.say(b'{"event":"request","reqId":99,"error":79}', b'{"error":9}', b'{"event":"ping"}')

    assert bench.heard == [] and len(bench.session.notes) == 2


def test_a_deal_and_a_removal_are_heard():
    bench = Bench().ready()
    bench.say(DEAL, b'["O","BTC-USD","-",%s]' % (ROW % (1, 60000000)).encode())
    fill, end = bench.heard

    assert isinstance(fill, OrderUpdate) and fill.fill.venue_exec_id == "23"
    assert (end.status, end.cum_qty, end.text) == (
        VenueStatus.CANCELED, D("0.4"), "cancelled by client",
    )


def test_several_rows_in_one_message_are_each_heard():
    bench = Bench().ready()
    one = (ROW % (0, 100000000)).encode()
    bench.say(b'["O",0,"+",[%s,%s]]' % (one, one))

    assert len(bench.heard) == 2


def test_an_order_that_was_replaced_by_hand_has_all_asked_about():
    bench = Bench().ready()
    bench.say(b'["O",0,"-",%s]' % (ROW % (0, 60000000)).encode())

    assert (bench.heard, bench.session.resync_wanted) == ([], True)


def test_an_order_that_is_not_ours_is_told_once():
    bench = Bench().ready()
    theirs = (ROW % (0, 1)).replace("1795174355156000", "77").encode()
    bench.say(b'["O",0,"+",%s]' % theirs, b'["O",0,"-",%s]' % theirs)

    assert [type(one) for one in bench.heard] == [UnknownOrderSeen]


@pytest.mark.parametrize(
    "message",
    [
        b"", b"hello", b"\xff", b"[", b"[]", b"{}", b'["O"]', b'["O",0,"-",[1]]', b'["O",0,"?",0]',
        b'["B",0,"S",[]]', b'["O",0,"D",["x"]]', b'["X",0,"Z",[]]', b"[" * 3000, b'["O",0,"S",7]',
    ],
)
def test_what_cannot_be_read_changes_no_order(message):
    bench = Bench().ready()
    bench.say(message)

    assert bench.heard == []


# ----------------------------------------------------------------- the end


def test_a_binding_that_is_refused_ends_the_socket():
    bench = Bench()
    bench.session.opened(bench.now)
    bench.say(UP, payload("ws_not_bound.json"))
    assert "Not connected (Finery 2)" in bench.session.due(bench.now)
    # The code was once seen inside an array.
    bench.session.opened(bench.now)
    bench.say(UP, b'["O",0,"Z",[3]]')
    assert "Not authorised" in bench.session.due(bench.now)


def test_an_unsubscription_nobody_asked_for_ends_the_socket():
    bench = Bench().ready()
    bench.say(b'["O",0,"U",0]')

    assert "unsubscribed" in bench.session.due(bench.now)


@pytest.mark.parametrize("said", [[], [UP]])
def test_a_socket_that_does_not_become_ready_is_given_up(said):
    bench = Bench()
    bench.session.opened(bench.now)
    bench.say(*said)
    assert bench.session.due(bench.now + 10) == ""

    assert "for more than 10 s" in bench.session.due(bench.now + 10.1)


def test_a_command_without_an_answer_ends_the_socket_and_is_unknown():
    bench = Bench().ready()
    bench.submit()
    assert bench.session.due(bench.now + 5) == ""
    reason = bench.session.due(bench.now + 5.1)
    assert "not answered in 5 s" in reason
    bench.session.lost(reason)
    (ended,) = bench.heard

    assert (type(ended.outcome), ended.order_id) == (Unknown, NAME)
    assert bench.session.state == "closed"


def test_heartbeats_are_requests_whose_replies_are_owed():
    bench = Bench().ready()
    assert (bench.session.due(bench.now + 24), bench.sent()) == ("", [])
    bench.session.due(bench.now + 25)
    (beat,) = bench.sent()
    assert (beat["event"], beat["method"]) == ("request", "limits")
    bench.now += 26
    bench.say(b'{"event":"request","reqId":%d,"reply":[]}' % beat["reqId"])
    assert (bench.heard, bench.session.due(bench.now + 6)) == ([], "")

    bench.session.due(bench.now + 30)
    assert "not answered" in bench.session.due(bench.now + 36)


def test_no_more_than_the_limit_is_in_flight():
    bench = Bench().ready()
    for _ in range(3):
        assert not bench.session.full
        bench.submit()
    assert bench.session.full


def test_notes_are_bounded():
    bench = Bench().ready()
    bench.say(*[b"?"] * 1000)

    assert len(bench.session.notes) == 20

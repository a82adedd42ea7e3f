"""The socket's shell around a session: what it writes, what it refuses, when it has all asked."""

from collections.abc import Sequence
from decimal import Decimal

import structlog

from fixgw.model.effects import CancelOrder, ReplaceOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command, OrdRejReason, OrdType, Side, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.venue import CommandOutcome, Refused
from fixgw.runtime.clock import ManualClock
from fixgw.venues.order_socket import RESYNC_SECONDS_MIN, OrderSocket
from fixgw.venues.stream import Opening


class Session:
    """One that understands `up`, `down`, `ask` and `note`, and echoes the rest."""

    def __init__(self) -> None:
        self.state = "closed"
        self.outgoing: list[bytes] = []
        self.notes: list[str] = []
        self.resync_wanted = False
        self.unreadable = False
        self.in_flight = 0

    @property
    def full(self) -> bool:
        return self.in_flight >= 2

    def receive(self, messages: Sequence[bytes], now: float) -> None:
        for message in messages:
            match message:
                case b"up":
                    self.state, self.resync_wanted = "ready", True
                case b"down":
                    self.state = "login"
                case b"ask":
                    self.resync_wanted = True
                case b"rubbish":
                    self.unreadable = True
                case b"note":
                    self.notes.append("odd")
                case _:
                    self.outgoing.append(message)

    def due(self, now: float) -> str:
        if now < 10:
            self.outgoing.append(b"beat")
            return ""
        return "too quiet"

    def lost(self, reason: str) -> None:
        self.state = "closed"


class Socket(OrderSocket[Session]):
    def opening(self) -> Opening:
        return Opening("ws://h", {})

    def _opened(self, now: float) -> None:
        self._session.state = "login"
        self._session.outgoing.append(b"hello")

    def _frame(self, kind: Command, order: VenueOrder, now: float) -> bytes:
        if order.symbol == "ODD":
            raise OrderRefused(OrdRejReason.UNKNOWN_SYMBOL, "no such thing")
        self._session.in_flight += 1
        return f"{kind} {order.order_id}".encode()


class Replacing(Socket):
    def _replace_frame(self, command: ReplaceOrder, now: float) -> bytes:
        return f"replace {command.order.order_id} by {command.replacement.order_id}".encode()


class Wire:
    """The connection: each write by itself."""

    def __init__(self) -> None:
        self.writes: list[list[bytes]] = []
        self.alive = True

    def send(self, messages: list[bytes]) -> None:
        self.writes.append(list(messages))


class Scene:
    def __init__(self, kind: type[Socket] = Socket) -> None:
        self.clock = ManualClock()
        self.heard: list[CommandOutcome] = []
        self.asked = 0
        self.wire = Wire()
        self.socket = kind(
            Session(), clock=self.clock, deliver=self.heard.append, restored=self.restored,
            log=structlog.get_logger(),
        )

    def restored(self) -> None:
        self.asked += 1

    def ready(self) -> "Scene":
        self.socket.opened(self.wire)
        self.socket.received([b"up"])
        self.wire.writes.clear()
        return self


def order(order_id: str, symbol: str = "EUR/USD") -> VenueOrder:
    return VenueOrder(
        order_id=OrderID(order_id), venue=VenueName("v"), venue_order_id=VenueOrderID(order_id),
        account="A", exchange="X", symbol=symbol, side=Side.BUY, ord_type=OrdType.MARKET,
        time_in_force=TimeInForce.DAY, post_only=False, order_qty=Decimal(1),
        cash_order_qty=None, price=None, placed_at=0,
    )


def test_what_the_session_wants_said_is_written_at_once():
    scene = Scene()
    scene.socket.opened(scene.wire)
    scene.socket.received([b"1", b"2"])
    assert scene.socket.tick() == ""
    assert scene.wire.writes == [[b"hello"], [b"1", b"2"], [b"beat"]]
    scene.clock.advance(10_000)
    assert scene.socket.tick() == "too quiet"


def test_orders_taken_together_leave_in_one_write_and_what_cannot_leave_is_refused():
    scene = Scene().ready()
    for command in (
        SubmitOrder(order("1")), SubmitOrder(order("2", "ODD")), CancelOrder(order("3")),
        SubmitOrder(order("4")),
    ):
        assert scene.socket.take(command, 0.0)
    scene.socket.flush()
    scene.socket.flush()
    assert scene.wire.writes == [[b"submit 1", b"cancel 3"]]
    assert scene.socket.in_flight == 2
    full = "2 commands wait for their answers already; nothing was sent"
    assert scene.heard == [
        CommandOutcome(
            OrderID("2"), Command.SUBMIT,
            Refused("not sent", "no such thing", ord_rej_reason=OrdRejReason.UNKNOWN_SYMBOL),
        ),
        CommandOutcome(OrderID("4"), Command.SUBMIT, Refused("not sent", full)),
    ]


def test_a_replace_is_the_new_order_s_and_leaves_where_the_venue_has_one():
    scene = Scene().ready()
    both = ReplaceOrder(order("1"), order("2"))
    assert scene.socket.take(both, 0.0)
    (refused,) = scene.heard
    assert (refused.order_id, refused.command, refused.outcome.text) == (
        OrderID("2"), Command.REPLACE, "the venue has no replace",
    )

    scene = Scene(Replacing).ready()
    assert scene.socket.take(both, 0.0)
    scene.socket.flush()
    assert (scene.wire.writes, scene.heard) == ([[b"replace 1 by 2"]], [])


def test_while_it_is_not_up_it_takes_no_order():
    scene = Scene()
    assert not scene.socket.take(SubmitOrder(order("1")), 0.0)
    scene.socket.opened(scene.wire)
    assert not scene.socket.take(SubmitOrder(order("1")), 0.0)
    scene.socket.received([b"up"])
    assert scene.socket.up and scene.socket.take(SubmitOrder(order("1")), 0.0)


def test_a_server_that_has_just_hung_up_is_given_no_order():
    """Not a byte of it can leave, so it goes the way that it goes while the socket is not up."""
    scene = Scene().ready()
    scene.wire.alive = False
    assert not scene.socket.take(SubmitOrder(order("1")), 0.0)
    scene.socket.flush()
    assert (scene.wire.writes, scene.heard) == ([], [])


def test_what_was_taken_and_not_written_dies_with_the_socket():
    scene = Scene().ready()
    scene.socket.take(SubmitOrder(order("1")), 0.0)
    scene.socket.lost("gone")
    scene.ready()
    scene.socket.flush()
    assert scene.wire.writes == []


def test_everything_is_asked_about_when_it_comes_up_and_when_that_is_wanted():
    scene = Scene().ready()
    assert scene.asked == 1
    scene.socket.resync()
    scene.socket.received([b"ask", b"ask"])
    assert scene.asked == 3


def test_a_venue_that_sends_rubbish_without_end_has_everything_asked_about_now_and_then():
    scene = Scene().ready()
    for _ in range(100):
        scene.socket.received([b"rubbish"])
    assert scene.asked == 1

    scene.clock.advance(int(RESYNC_SECONDS_MIN * 1000))
    scene.socket.tick()
    scene.socket.tick()
    assert scene.asked == 2


def test_a_question_that_is_wanted_while_it_is_down_is_asked_once_when_it_is_up():
    scene = Scene()
    scene.socket.resync()
    scene.socket.opened(scene.wire)
    scene.socket.received([b"ask"])
    scene.socket.resync()
    assert scene.asked == 0
    scene.socket.received([b"up"])
    assert scene.asked == 1


def test_a_loss_and_a_return_in_one_read_have_everything_asked_about():
    scene = Scene().ready()
    scene.socket.received([b"down", b"up"])
    assert scene.asked == 2


def test_what_an_operator_should_know_is_logged(capsys):
    scene = Scene().ready()
    scene.socket.received([b"note"])
    scene.socket.received([])
    assert capsys.readouterr().out.count("stream_note") == 1

"""The socket's shell with the venue's session: what one read may hold."""

from fixgw.runtime.clock import SystemClock
from fixgw.runtime.secrets import Secret
from fixgw.venues.finery.clock import VenueClock
from fixgw.venues.finery.credentials import Credentials, Nonces
from fixgw.venues.finery.memory import Memory
from fixgw.venues.finery.session import OrderSession, SessionLimits
from fixgw.venues.finery.streams import OrderStream
from fixgw.venues.strangers import Strangers
from tests.venues.finery.payload import payload
from tests.venues.finery.venue import VENUE

UP, DOWN, EMPTY = payload("ws_status.json"), b'["X",0,"Z",2]', b'["O",0,"S",[]]'


class Wire:
    def send(self, messages: list[bytes]) -> None:
        """Nobody looks."""


def test_a_market_lost_and_found_again_in_one_read_has_all_orders_asked_about():
    """The new snapshot has what is open; what ended meanwhile only a question finds."""
    asked: list[int] = []
    stream = OrderStream(
        url="ws://h", cod=False,
        credentials=Credentials(account="A", key="k", secret=Secret("s")),
        nonces=Nonces(),
        session=OrderSession(
            limits=SessionLimits(
                login_seconds=10, answer_seconds=5, heartbeat_seconds=25, in_flight=3
            ),
            memory=Memory(10),
            strangers=Strangers(VENUE, lambda message: None),
            deliver=lambda message: None,
        ),
        clock=VenueClock(SystemClock(), follows=True),
        deliver=lambda message: None,
        restored=lambda: asked.append(1),
    )
    stream.opened(Wire())
    stream.received([UP, EMPTY])
    assert (stream.up, len(asked)) == (True, 1)

    stream.received([DOWN, UP, EMPTY])
    assert (stream.up, len(asked)) == (True, 2)

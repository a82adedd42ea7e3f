"""The socket's shell with the venue's session: what one read may hold."""

import asyncio

from fixgw.runtime.clock import SystemClock
from fixgw.runtime.secrets import Secret
from fixgw.venues.kit.clock import FollowedClock
from fixgw.venues.finery.credentials import Credentials, Nonces
from fixgw.venues.finery.memory import Memory
from fixgw.venues.finery.session import ROWS_A_TURN, OrderSession
from fixgw.venues.finery.socket import OrderStream
from fixgw.venues.strangers import Strangers
from tests.venues.finery.payload import payload
from tests.venues.finery.test_session import snapshot
from tests.venues.finery.venue import VENUE, config

UP, DOWN, EMPTY = payload("ws_status.json"), b'["X",0,"Z",2]', b'["O",0,"S",[]]'


class Wire:
    def send(self, messages: list[bytes]) -> None:
        """Nobody looks."""


def order_stream(asked: list[int], heard: list[object]) -> OrderStream:
    """One that counts in *asked* how often everything is to be asked about."""
    return OrderStream(
        url="ws://h", cod=False,
        credentials=Credentials(account="A", key="k", secret=Secret("s")),
        nonces=Nonces(),
        session=OrderSession(
            config=config("http://venue", in_flight_limit=3, request_timeout_seconds=5),
            memory=Memory(),
            strangers=Strangers(VENUE, heard.append),
            deliver=heard.append,
        ),
        clock=FollowedClock(SystemClock(), follows=True),
        deliver=heard.append,
        restored=lambda: asked.append(1),
    )


def test_a_market_lost_and_found_again_in_one_read_has_all_orders_asked_about():
    """The new snapshot has what is open; what ended meanwhile only a question finds."""
    asked: list[int] = []
    stream = order_stream(asked, [])
    stream.opened(Wire())
    stream.received([UP, EMPTY])
    assert (stream.up, len(asked)) == (True, 1)

    stream.received([DOWN, UP, EMPTY])
    assert (stream.up, len(asked)) == (True, 2)


def test_a_snapshot_of_many_orders_keeps_nobody_waiting():
    """Others have their turn of the loop after each part of it."""
    asked: list[int] = []
    heard: list[object] = []

    async def run() -> int:
        stream, turns = order_stream(asked, heard), 0
        stream.opened(Wire())
        stream.received([UP, snapshot(10 * ROWS_A_TURN)])
        assert len(heard) == ROWS_A_TURN
        while not stream.up:
            await asyncio.sleep(0)
            turns += 1
        return turns

    assert asyncio.run(run()) >= 9
    assert (len(heard), len(asked)) == (10 * ROWS_A_TURN, 1)

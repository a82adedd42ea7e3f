"""How the venue sees an order whose own name for it may have been told wrong."""

import asyncio

import pytest
from msgspec.structs import replace

from fixgw.model.ids import VenueOrderID
from fixgw.venues.integral.build import Call
from fixgw.venues.integral.parse import NotFound
from fixgw.venues.integral.queries import Queries
from fixgw.venues.integral.watch import Watched
from fixgw.venues.outcome import Answer
from fixgw.venues.kit.payloads import Unreadable
from tests.venues.integral.payload import payload
from tests.venues.integral.venue import config, order

PLACED = payload("place_limit_reply")
RIGHT = "4820276016"


class Venue:
    """Knows one order, by the server's id and by coId."""

    def __init__(self, *, there: bool = True, reply: bytes = PLACED) -> None:
        self.asked: list[str] = []
        self.config = config("http://127.0.0.1")
        self._there = there
        self._reply = reply

    async def send(self, call: Call) -> Answer:
        self.asked.append(call.path)
        by_id = "?" not in call.path
        if not self._there or (by_id and not call.path.endswith(RIGHT)):
            return Answer(404, b"")
        return Answer(200, self._reply if by_id else b"[%b]" % self._reply)


def watching(server_id: str) -> Watched:
    """An order that is looked at, known to the server as *server_id*."""
    mine = replace(order(), venue_order_id=VenueOrderID("8932452311944"))
    return Watched(mine, 0.0, 1.0, server_id=server_id)


def test_an_order_whose_server_id_was_told_wrong_is_found_by_ours():
    """Without that it was asked for by the wrong one for ever, and its executions were not told."""
    venue, watched = Venue(), watching("999")
    queries = Queries(venue)  # type: ignore[arg-type]

    with pytest.raises(Unreadable, match="orderId 999"):
        asyncio.run(queries.row(watched))
    found = asyncio.run(queries.row(watched))

    assert not isinstance(found, NotFound)
    assert RIGHT == found[0].server_id == watched.server_id
    assert ["/v2/orders/999", "/v2/orders?coId=8932452311944"] == venue.asked


def test_an_order_that_is_not_there_is_asked_for_by_both_names_in_turn():
    venue, watched = Venue(there=False), watching(RIGHT)
    queries = Queries(venue)  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(Unreadable):
            asyncio.run(queries.row(watched))
        assert isinstance(asyncio.run(queries.row(watched)), NotFound)

    assert 4 == len(venue.asked) and 2 == len(set(venue.asked))


@pytest.mark.parametrize(
    "name", [rb'"a\r\nb"', '"\N{SNOWMAN}"'.encode(), b'"' + b"9" * 1000 + b'"']
)
def test_what_can_be_no_name_is_not_taken_for_the_server_s(name):
    reply = PLACED.replace(b'"4820276016"', name).replace(b"4820276016", name)
    queries, watched = Queries(Venue(reply=reply)), watching("")  # type: ignore[arg-type]

    asyncio.run(queries.row(watched))

    assert "" == watched.server_id

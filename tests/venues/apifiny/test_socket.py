"""Private sockets: lost, silent, repeated; against the sandbox."""

from fixgw.model.effects import SubmitOrder
from fixgw.model.enums import Side, TimeInForce
from fixgw.model.venue import (
    Acked,
    OrderUpdate,
    Refused,
    StreamRestored,
    UnknownOrderSeen,
    VenueStatus,
)
from fixgw.venues.apifiny.config import Exchange
from fixgw.venues.apifiny.execution import Apifiny
from tests.venues.apifiny.venue import (
    ALL_WAYS,
    MAKER,
    REST,
    SOCKET,
    VENUE,
    Bench,
    config,
    order,
    order_id,
    play,
)


@ALL_WAYS
def test_a_dropped_stream_comes_back_and_says_so(way):
    stream = "order" if way is REST else "stream"

    async def scene(venue: Bench) -> None:
        await venue.arm(stream, "drop_stream")
        before = venue.count(StreamRestored)
        mine = order()
        venue.submit(mine)

        await venue.until(lambda: venue.count(StreamRestored) > before or None)
        # What the lost frame said comes from the list of open orders.
        await venue.status(mine, VenueStatus.WORKING)

    play(scene, **way)


def test_updates_that_come_twice_are_passed_on_twice_with_one_identity():
    async def scene(venue: Bench) -> None:
        mine = await venue.working(order())
        await venue.arm("order", "duplicate_updates", times=10)
        venue.submit(order(MAKER, Side.SELL))

        def twice() -> list[OrderUpdate] | None:
            found = [
                m
                for m in venue.heard
                if isinstance(m, OrderUpdate) and m.fill and m.order_id == mine.order_id
            ]
            return found if len(found) == 2 else None

        first, second = await venue.until(twice)
        assert first == second

    play(scene, **REST)


def test_an_open_order_of_somebody_else_is_told_once_and_left_alone():
    async def scene(venue: Bench) -> None:
        name = f"SDK_{order_id()}"
        stranger = order(venue_order_id=name)
        venue.submit(stranger)
        await venue.outcome(stranger)
        seen = await venue.first(UnknownOrderSeen)
        assert (seen.venue, seen.venue_order_id) == (VENUE, name)

        before = venue.count(StreamRestored)
        await venue.arm("order", "drop_stream")
        await venue.working(order())
        await venue.until(lambda: venue.count(StreamRestored) > before or None)
        await venue.ask(order())  # behind the list of open orders in the queue
        assert venue.count(UnknownOrderSeen) == 1

    play(scene, **REST, rest_workers=1)


def test_to_reconcile_asks_about_all_orders_and_looks_for_others():
    async def scene(venue: Bench) -> None:
        async def listed(times: int) -> bool:
            return len(await venue.requests("listOpenOrder")) >= times

        await venue.eventually(lambda: listed(2))
        before = venue.count(StreamRestored)
        venue.adapter.reconcile()
        assert venue.count(StreamRestored) - before == 2
        await venue.eventually(lambda: listed(4))

    play(scene, **REST)


def test_the_stream_is_resynchronised_from_time_to_time():
    async def scene(venue: Bench) -> None:
        await venue.until(lambda: venue.count(StreamRestored) >= 4 or None)

    play(scene, **REST, resync_seconds=0.05)


def test_a_silent_stream_is_replaced():
    async def scene(venue: Bench) -> None:
        await venue.until(lambda: venue.count(StreamRestored) >= 4 or None)

    play(scene, **REST, idle_seconds=0.1)


def test_while_the_socket_is_down_orders_leave_by_rest():
    async def scene(venue: Bench) -> None:
        url = venue.sandbox.url
        places = {
            "VENUE1": Exchange(rest_url=f"{url}/ac/v2/VENUE1", orders_url="ws://127.0.0.1:1/")
        }
        other = Apifiny(VENUE, config(url, exchanges=places, **SOCKET))
        other.start(venue.deliver)
        mine = order()
        other.perform([SubmitOrder(mine)])
        assert isinstance(await venue.outcome(mine), Acked)
        await other.stop()

    play(scene)


def test_a_socket_with_all_it_may_have_in_flight_takes_no_more():
    async def scene(venue: Bench) -> None:
        orders = [order(price=str(price)) for price in range(1, 6)]
        venue.submit(*orders)
        ended = [await venue.outcome(each) for each in orders]

        assert [type(one) for one in ended] == [Acked, Acked, Refused, Refused, Refused]
        assert ended[-1].text == (
            "2 commands wait for their answers already; nothing was sent"
        )
        assert len(await venue.requests("newOrder")) == 2

    play(scene, **SOCKET, in_flight_limit=2)


def test_an_order_that_cannot_be_said_does_not_leave_and_spoils_nothing():
    async def scene(venue: Bench) -> None:
        odd = order(time_in_force=TimeInForce.DAY)
        good = order()
        venue.submit(odd, good)

        assert isinstance(await venue.outcome(odd), Refused)
        assert isinstance(await venue.outcome(good), Acked)

    play(scene, **SOCKET)


def test_an_error_among_many_refuses_the_one_it_belongs_to():
    async def scene(venue: Bench) -> None:
        orders = [order(price=str(price)) for price in range(1, 21)]
        orders[7] = order(quantity="100", price="100000")
        venue.submit(*orders)
        ended = [await venue.outcome(each) for each in orders]

        assert [number for number, one in enumerate(ended) if isinstance(one, Refused)] == [7]
        assert sum(isinstance(one, Acked) for one in ended) == 19

    play(scene, **SOCKET)

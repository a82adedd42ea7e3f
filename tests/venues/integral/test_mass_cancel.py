"""Many cancels as one call: only where nothing else would be cancelled by it."""

from fixgw.model.enums import Command
from fixgw.model.venue import Acked, Refused, VenueStatus
from tests.venues.integral.venue import Bench, order, play

MANY = 12
ONE_BY_ONE = {"rest_workers": 1, "cancel_all_from": 3}


async def rest(venue: Bench, many: int = MANY) -> list:
    orders = [order(price=f"1.0{number:02}") for number in range(1, many + 1)]
    venue.submit(*orders)
    for each in orders:
        await venue.status(each, VenueStatus.WORKING)
    return orders


async def canceled(venue: Bench, orders: list) -> tuple[int, int]:
    """All of *orders* end; by how many calls for all, and for one."""
    venue.cancel(*orders)
    for each in orders:
        assert await venue.outcome(each, Command.CANCEL) == Acked()
        await venue.status(each, VenueStatus.CANCELED)
    return (
        len(await venue.requests("cancelAllOrders")), len(await venue.requests("cancelOrder"))
    )


def test_cancels_of_all_that_works_leave_as_one():
    async def scene(venue: Bench) -> None:
        assert (1, 0) == await canceled(venue, await rest(venue))

    play(scene, **ONE_BY_ONE)


def test_an_order_that_is_to_stay_stays():
    async def scene(venue: Bench) -> None:
        orders = await rest(venue)
        assert (0, MANY - 1) == await canceled(venue, orders[1:])
        assert VenueStatus.WORKING is (await venue.ask(orders[0])).status

    play(scene, **ONE_BY_ONE)


def test_an_order_of_somebody_else_stays():
    async def scene(venue: Bench) -> None:
        orders = await rest(venue)
        await venue.place_by_hand("by-hand")
        await venue.eventually(lambda: at_work(venue))
        assert (0, MANY) == await canceled(venue, orders)
        assert await at_work(venue)

    async def at_work(venue: Bench) -> bool:
        rows = (await venue.operate("GET", "orders"))["orders"]
        return [row["order"]["status"] for row in rows if row["order"]["coId"] == "by-hand"] == [
            "NEW"
        ]

    play(scene, **ONE_BY_ONE)


def test_an_order_that_comes_with_the_cancels_leaves_after_them_and_stays():
    async def scene(venue: Bench) -> None:
        orders = await rest(venue)
        late = order(price="1.05")
        venue.cancel(*orders)
        venue.submit(late)
        for each in orders:
            await venue.status(each, VenueStatus.CANCELED)
        await venue.status(late, VenueStatus.WORKING)
        await venue.ask(late)
        assert 1 == len(await venue.requests("cancelAllOrders"))
        calls = [each["call"] for each in (await venue.operate("GET", "requests"))["requests"]]
        assert calls.index("cancelAllOrders") < len(calls) - calls[::-1].index("placeOrder")

    play(scene, cancel_all_from=3)


def test_a_list_that_is_not_answered_leaves_them_to_go_one_by_one():
    async def scene(venue: Bench) -> None:
        orders = await rest(venue)
        await venue.arm("queryOrders", "http_502", times=1_000)
        venue.cancel(*orders)
        for each in orders:
            assert await venue.outcome(each, Command.CANCEL) == Acked()
        await venue.operate("DELETE", "faults")
        for each in orders:
            await venue.status(each, VenueStatus.CANCELED)
        assert [] == await venue.requests("cancelAllOrders")

    play(scene, **ONE_BY_ONE)


def test_an_answer_that_proves_nothing_leaves_all_of_them_unknown():
    async def scene(venue: Bench) -> None:
        orders = await rest(venue)
        await venue.arm("cancelAllOrders", "http_502")
        venue.cancel(*orders)
        for each in orders:
            outcome = await venue.outcome(each, Command.CANCEL)
            assert not isinstance(outcome, Acked | Refused), outcome

    play(scene, **ONE_BY_ONE)


def test_it_is_never_used_unless_the_settings_say_so():
    async def scene(venue: Bench) -> None:
        assert (0, MANY) == await canceled(venue, await rest(venue))

    play(scene, rest_workers=1)

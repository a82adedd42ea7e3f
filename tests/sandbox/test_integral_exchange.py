"""What the venue does with orders beyond matching them: algorithms, currencies, replaces."""

from decimal import Decimal as D

import pytest

from tests.sandbox.integral_bench import Client, play


async def trades(client: Client, order_id: str) -> list[tuple[D, D]]:
    rows = (await client.call("GET", f"/v2/trades?orderId={order_id}")).body
    return [(row["dealtAmount"], row["rate"]) for row in rows]


TWAP = {"type": "Algo", "targetStrategy": "TWAP", "price": None}


def test_an_algorithm_trades_part_after_part_and_expires_with_what_it_did_not_find():
    async def scene(trader: Client, bank: Client) -> None:
        rests = (await bank.place("Sell", "700", price=D("1.2"))).body
        await bank.until(rests["orderId"], "NEW")
        order = (await trader.place(size="1000", **TWAP)).body
        await trader.until(order["orderId"], "EXPIRED")
        assert [D(250), D(250), D(200)] == [
            dealt for dealt, _ in await trades(trader, order["orderId"])
        ]

    play(scene, "algo_slice_ms = 1")


def test_an_algorithm_can_be_cancelled_between_its_parts():
    async def scene(trader: Client, bank: Client) -> None:
        order = (await trader.place(size="1000", **TWAP)).body
        await trader.until(order["orderId"], "NEW")
        await trader.call("DELETE", f"/v2/orders/{order['orderId']}")
        await trader.until(order["orderId"], "CANCELLED")

    play(scene, "algo_slice_ms = 60000")


def test_what_a_part_did_not_find_the_next_one_looks_for():
    async def scene(trader: Client, bank: Client) -> None:
        order = (await trader.place(size="1000", **TWAP)).body
        await trader.until(order["orderId"], "NEW")
        rests = (await bank.place("Sell", "1000", price=D("1.2"))).body
        await bank.until(rests["orderId"], "FILLED")
        await trader.until(order["orderId"], "FILLED")
        assert D(1000) == sum(dealt for dealt, _ in await trades(trader, order["orderId"]))

    play(scene, "algo_slice_ms = 50")


def test_an_order_in_the_term_currency_trades_its_size_of_that():
    async def scene(trader: Client, bank: Client) -> None:
        order = (await trader.place(size="1100", price=D("1.1"), currency="USD")).body
        await trader.until(order["orderId"], "NEW")
        await bank.place("Sell", "400", price=D("1.1"))
        await trader.until(order["orderId"], "PARTIALLY_FILLED")
        await bank.place("Sell", "600", price=D("1.1"))
        await trader.until(order["orderId"], "FILLED")
        assert [(D(440), D("1.1")), (D(660), D("1.1"))] == await trades(trader, order["orderId"])
        row = (await trader.call("GET", f"/v2/trades?orderId={order['orderId']}")).body[0]
        assert ("USD", D(400)) == (row["currency"], row["settledAmount"])

    play(scene)


def test_one_order_takes_the_place_of_another_and_its_size_counts_what_that_traded():
    async def scene(trader: Client, bank: Client) -> None:
        old = (await trader.place(size="1000", price=D("1.1"))).body
        await trader.until(old["orderId"], "NEW")
        await bank.place("Sell", "400", price=D("1.1"))
        await trader.until(old["orderId"], "PARTIALLY_FILLED")
        new = (await trader.place(
            size="1500", price=D("1.2"), originalCoId=old["coId"]
        )).body
        await trader.until(new["orderId"], "NEW")
        await trader.until(old["orderId"], "CANCELLED")
        await bank.place("Sell", "5000", price=D("1.2"))
        await trader.until(new["orderId"], "FILLED")
        assert [(D(1100), D("1.2"))] == await trades(trader, new["orderId"])

    play(scene)


def test_a_replace_to_less_than_was_traded_is_rejected_and_the_order_stays():
    async def scene(trader: Client, bank: Client) -> None:
        old = (await trader.place(size="1000", price=D("1.1"))).body
        await trader.until(old["orderId"], "NEW")
        await bank.place("Sell", "400", price=D("1.1"))
        await trader.until(old["orderId"], "PARTIALLY_FILLED")
        new = (await trader.place(size="300", originalCoId=old["coId"])).body
        rejected = await trader.until(new["orderId"], "REJECTED")
        assert "RequestValidationError.InvalidOrderQty" == rejected["reason"]
        await trader.until(old["orderId"], "PARTIALLY_FILLED")

    play(scene)


@pytest.mark.parametrize("name", ["nobody's", "over"])
def test_an_order_that_is_not_active_is_not_replaced(name):
    async def scene(trader: Client, bank: Client) -> None:
        over = (await trader.place(coId="over", timeInForce="IOC")).body
        await trader.until(over["orderId"], "EXPIRED")
        assert 400 == (await trader.place(originalCoId=name)).status

    play(scene)


async def filled(trader: Client, bank: Client) -> tuple[str, str]:
    """An order that has traded; the ids of both."""
    order = (await trader.place(size="1000", price=D("1.1"))).body
    await trader.until(order["orderId"], "NEW")
    await bank.place("Sell", "1000", price=D("1.1"))
    await trader.until(order["orderId"], "FILLED")
    [row] = (await trader.call("GET", f"/v2/trades?orderId={order['orderId']}")).body
    assert "Verified" == row["status"]
    return order["orderId"], row["tradeId"]


def test_a_trade_can_be_amended_and_then_taken_back():
    async def scene(trader: Client, bank: Client) -> None:
        order_id, trade_id = await filled(trader, bank)
        path = f"/sandbox/trades/{trade_id}"
        await trader.call("POST", path, {"dealtAmount": D(900), "rate": D("1.09")})
        assert [(D(900), D("1.09"))] == await trades(trader, order_id)
        await trader.call("DELETE", path)
        row = (await trader.call("GET", f"/v2/trades/{trade_id}")).body
        assert ("Cancelled", D(900)) == (row["status"], row["dealtAmount"])
        assert "FILLED" == (await trader.until(order_id, "FILLED"))["status"]
        assert 404 == (await trader.call("DELETE", "/sandbox/trades/other")).status
        assert 400 == (await trader.call("POST", path, {"rate": D(0)})).status

    play(scene)


def test_the_lists_can_be_told_to_be_behind():
    async def scene(trader: Client, bank: Client) -> None:
        order_id, _ = await filled(trader, bank)
        rests = (await trader.place(price=D(1))).body
        await trader.until(rests["orderId"], "NEW")
        behind = {"tradesBehindMs": 3_600_000, "ordersHidden": True}
        assert behind == (await trader.call("POST", "/sandbox/lists", behind)).body
        assert [] == await trades(trader, order_id)
        for path in (f"/v2/orders/{rests['orderId']}", f"/v2/orders?coId={rests['coId']}"):
            assert 404 == (await trader.call("GET", path)).status
        assert [] == (await trader.call("GET", "/v2/orders")).body
        await trader.call("POST", "/sandbox/lists", {})
        assert 1 == len(await trades(trader, order_id))
        assert 1 == len((await trader.call("GET", "/v2/orders")).body)

    play(scene)

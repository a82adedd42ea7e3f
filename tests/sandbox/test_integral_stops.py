"""Stop orders: what each flag means, and that they wait until then."""

from decimal import Decimal as D

import pytest

from tests.sandbox.integral_bench import Client, play

STOP = {"type": "Stop", "timeInForce": None, "price": D("1.3")}


async def market(bank: Client) -> None:
    """The bid is 1.10, the offer 1.20."""
    for side, price in (("Buy", "1.10"), ("Sell", "1.20")):
        placed = (await bank.place(side, "1000", price=D(price))).body
        await bank.until(placed["orderId"], "NEW")


@pytest.mark.parametrize(
    ("flag", "price"), [("BidTrigger", "1.10"), ("OfferTrigger", "1.20"), ("MidTrigger", "1.15")]
)
def test_a_stop_to_buy_is_due_when_its_side_of_the_market_has_come_up_to_it(flag, price):
    async def scene(trader: Client, bank: Client) -> None:
        await market(bank)
        above = (await trader.place(
            **STOP, stopPrice=D(price) + D("0.0001"), execFlags=[flag]
        )).body
        at = (await trader.place(size="400", **STOP, stopPrice=D(price), execFlags=[flag])).body
        await trader.until(at["orderId"], "FILLED")
        await trader.until(above["orderId"], "NEW")
        reply = await trader.call("DELETE", f"/v2/orders/{above['orderId']}")
        assert 202 == reply.status
        await trader.until(above["orderId"], "CANCELLED")

    play(scene)


def test_a_stop_to_sell_waits_until_the_market_has_come_down_to_it():
    async def scene(trader: Client, bank: Client) -> None:
        await market(bank)
        order = (await trader.place(
            "Sell", "400", type="Stop", timeInForce=None, price=D("1.00"), stopPrice=D("1.05"),
            execFlags=["BidTrigger"],
        )).body
        await trader.until(order["orderId"], "NEW")
        # Somebody takes the bid away; the next one is lower.
        await bank.place("Buy", "700", price=D("1.05"))
        taken = (await bank.place("Sell", "1000", price=D("1.10"))).body
        await bank.until(taken["orderId"], "FILLED")
        await trader.until(order["orderId"], "FILLED")
        [trade] = (await trader.call("GET", f"/v2/trades?orderId={order['orderId']}")).body
        assert (D(400), D("1.05")) == (trade["dealtAmount"], trade["rate"])

    play(scene)


@pytest.mark.parametrize(
    ("kind", "status"), [("Stop", "EXPIRED"), ("StopLimit", "PARTIALLY_FILLED")]
)
def test_what_a_triggered_stop_does_not_find_rests_only_with_a_limit(kind, status):
    async def scene(trader: Client, bank: Client) -> None:
        await market(bank)
        order = (await trader.place(
            size="1500", **{**STOP, "type": kind}, stopPrice=D("1.20"), execFlags=["OfferTrigger"]
        )).body
        await trader.until(order["orderId"], status)
        trades = (await trader.call("GET", f"/v2/trades?orderId={order['orderId']}")).body
        assert [D(1000)] == [trade["dealtAmount"] for trade in trades]

    play(scene)


@pytest.mark.parametrize(
    "changes",
    [
        {"stopPrice": None, "execFlags": ["BidTrigger"]},
        {"stopPrice": D(1), "execFlags": []},
        {"stopPrice": D(1), "execFlags": ["LastTrigger"]},
        {"stopPrice": D(1), "execFlags": ["BidTrigger", "MidTrigger"]},
    ],
)
def test_a_stop_names_its_price_and_one_trigger(changes):
    async def scene(trader: Client, bank: Client) -> None:
        assert 400 == (await trader.place(**{**STOP, **changes})).status

    play(scene)

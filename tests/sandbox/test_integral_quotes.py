"""Rates that were quoted, and orders at them."""

from decimal import Decimal as D

import pytest

from tests.sandbox.integral_bench import Client, play

CODE = "RequestValidationError."


async def offered(bank: Client, trader: Client) -> dict[str, object]:
    """Somebody sells 1000 at 1.2; the rate that says so."""
    placed = (await bank.place("Sell", "1000", price=D("1.2"))).body
    await bank.until(placed["orderId"], "NEW")
    return (await trader.call("GET", "/v2/rates/spot?symbol=EUR/USD")).body


def quoted(rate: dict[str, object], **changes: object) -> dict[str, object]:
    return {
        "type": "PQ", "timeInForce": "FOK", "price": D("1.2"), "rateId": rate["rateId"], **changes
    }


def test_a_rate_has_a_name_by_which_it_can_be_ordered_at():
    async def scene(trader: Client, bank: Client) -> None:
        rate = await offered(bank, trader)
        assert ("EUR/USD", D("1.2"), D(1000)) == (
            rate["symbol"], rate["offer"], rate["offerLimit"],
        )
        assert "bid" not in rate
        placed = (await trader.place(size="400", **quoted(rate))).body
        await trader.until(placed["orderId"], "FILLED")

    play(scene)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"rateId": "NOBODY"}, "InvalidQuoteID"),
        ({"price": D("1.21")}, "PriceMismatch"),
        ({"side": "Sell"}, "PriceMismatch"),
    ],
)
def test_a_quote_is_ordered_at_as_it_was_given(changes, code):
    async def scene(trader: Client, bank: Client) -> None:
        rate = await offered(bank, trader)
        answer = await trader.place(**quoted(rate, **changes))
        assert (400, CODE + code) == (answer.status, answer.body["reason"])

    play(scene)


def test_a_quote_ends():
    async def scene(trader: Client, bank: Client) -> None:
        rate = await offered(bank, trader)
        while (await trader.call("GET", "/v2/rates/spot?symbol=EUR/USD")).body["time"] <= (
            rate["time"] + 1
        ):
            pass
        answer = await trader.place(**quoted(rate))
        assert (400, CODE + "QuoteExpired") == (answer.status, answer.body["reason"])

    play(scene, "quote_ttl_ms = 1")

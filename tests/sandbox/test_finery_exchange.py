"""The Finery sandbox's exchange: whatever is sent to it, nothing is lost and nothing invented."""

from hypothesis import given, settings
from hypothesis import strategies as st

from fixgw.sandbox.finery.codes import Refusal
from fixgw.sandbox.finery.config import parse
from fixgw.sandbox.finery.exchange import UNIT, Exchange
from fixgw.sandbox.finery.orders import KINDS
from fixgw.sandbox.finery.params import Add
from tests.sandbox.finery_bench import SETTINGS

CLIENTS = (1, 2, 3)
STEP = 1_000_000

orders = st.builds(
    lambda client, side, kind, size, price, volume: (client, side, kind, size, price, volume),
    st.sampled_from(CLIENTS),
    st.sampled_from(["bid", "ask"]),
    st.sampled_from(sorted(KINDS)),
    st.integers(1, 10 * UNIT),
    st.integers(95, 105),
    st.one_of(st.none(), st.integers(1, 1000)),
)


def venue() -> Exchange:
    return Exchange(parse(SETTINGS.replace("role", "# role").replace("net_limits", "# net"), "t"))


@settings(max_examples=60, deadline=None)
@given(st.lists(orders, max_size=25))
def test_what_one_gets_another_gives(sent: list[tuple]) -> None:
    exchange = venue()
    for now, (client, side, kind, size, price, volume) in enumerate(sent):
        by_volume = volume is not None and kind not in ("limit", "postonly")
        try:
            exchange.add(
                client,
                Add(
                    instrument="BTC-USD",
                    side=side,
                    type=kind,
                    size=None if by_volume else size,
                    volume=volume * STEP if by_volume else None,
                    price=None if kind.startswith("market") else price * UNIT,
                ),
                now,
            )
        except Refusal:
            continue
    for currency in ("BTC", "USD"):
        assert 0 == sum(exchange.net(client, currency) for client in CLIENTS)
    deals: dict[int, list[int]] = {}
    for order in exchange.orders():
        executed = sum(deal.size for deal in order.deals)
        if order.by_volume:
            # What is worth less than half a step counts as nothing.
            assert 0 <= order.left <= order.initial
        else:
            assert order.initial == order.left + executed
        assert order.is_open == (order in exchange.open_orders(order.client_id))
        assert not (order.is_open and order.kind.name.endswith(("IOC", "FOK")))
        assert not (order.kind.name.endswith("FOK") and order.reason)
        for deal in order.deals:
            deals.setdefault(deal.deal_id, []).append(deal.size)
    assert all(len(sides) == 2 and sides[0] == sides[1] for sides in deals.values())


def test_a_volume_is_rounded_to_the_nearest_step_as_in_the_vendor_s_sample() -> None:
    text = SETTINGS.replace("balance_step = 1000000", "balance_step = 100")
    exchange = Exchange(parse(text.replace("net_limits", "# net").replace("role", "# role"), "t"))
    price = 6_674_859_047_600
    sell = Add(instrument="BTC-USD", side="ask", type="limit", size=85_000_000, price=price)
    exchange.add(2, sell, 1)
    buy = Add(instrument="BTC-USD", side="bid", type="marketIOC", size=UNIT)
    order = exchange.add(1, buy, 2)

    # 6674859047600 x 0.85 = 5673630190460
    assert [5_673_630_190_500] == [deal.volume for deal in order.deals]

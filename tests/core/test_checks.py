"""Orders refused before anything leaves, and in which words."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fixgw.core.checks import account_of, check_order
from fixgw.core.routing import ClientTerms
from fixgw.model.capabilities import Capabilities
from fixgw.model.enums import OrdType, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.model.requests import NewOrderSingle
from tests.support.orders import BTC_USDT, CAPABILITIES, CLIENT, VENUE, request

INSTRUMENT = replace(
    BTC_USDT,
    tick=Decimal("0.01"),
    step=Decimal("0.001"),
    min_px=Decimal(1),
    max_px=Decimal(200_000),
    min_qty=Decimal("0.001"),
    max_qty=Decimal(100),
    min_notional=Decimal(10),
    max_notional=Decimal(1_000_000),
)
PLAIN = Capabilities(
    ord_types=frozenset({OrdType.LIMIT}),
    times_in_force=frozenset({TimeInForce.GOOD_TILL_CANCEL}),
    post_only=False,
    cash_order_qty=False,
    cancel_before_accepted=False,
    absence_proof_ms=0,
)


def new_order(fields: str) -> NewOrderSingle:
    order = request(f"35=D|11=X|{fields}")
    assert isinstance(order, NewOrderSingle)
    return order


def refusal(fields: str, capabilities: Capabilities = CAPABILITIES) -> str:
    with pytest.raises(OrderRefused) as refused:
        check_order(new_order(fields), INSTRUMENT, capabilities)
    return f"103={refused.value.reason}|58={refused.value.text}"


@pytest.mark.parametrize(
    "fields",
    [
        "38=0.001|44=10000",
        "38=100|44=10000",
        "38=1|44=123.45|54=2",
        "38=1|44=100.00|59=3",
        "38=1|44=100|59=4",
        "38=1|44=100|18=6",
        "38=1|40=1|54=2|59=3",
        "38=1|40=1|54=2|59=0",
        "152=10|40=1",
        "152=10.123456|40=1|59=0",
    ],
)
def test_taken(fields: str) -> None:
    check_order(new_order(fields), INSTRUMENT, CAPABILITIES)


HERE = "of BTCUSDT at ACME"

REFUSED = {
    # what is asked for
    "38=1|54=5": "103=11|58=Side(54) 5 is not taken by the venue; allowed: 1, 2",
    "38=1|40=3": "103=11|58=OrdType(40) 3 is not taken by the venue; allowed: 1, 2",
    "38=1|59=6": "103=11|58=TimeInForce(59) 6 is not taken by the venue; allowed: 1, 3, 4",
    "38=1|59=0": "103=11|58=TimeInForce(59) 0 is not taken by the venue; allowed: 1, 3, 4",
    "38=1|18=6|59=3": "103=11|58=ExecInst(18) 6 (post only) goes with OrdType(40) 2 "
    "and TimeInForce(59) 1",
    # how much
    "44=100": "103=13|58=OrderQty(38) is missing",
    "38=0": "103=13|58=OrderQty(38) 0 is not above 0",
    "38=-1": "103=13|58=OrderQty(38) -1 is not above 0",
    "38=0.0001": f"103=3|58=OrderQty(38) 0.0001 is below the minimum 0.001 {HERE}",
    "38=100.001": f"103=3|58=OrderQty(38) 100.001 is above the maximum 100 {HERE}",
    "38=1.0005": f"103=13|58=OrderQty(38) 1.0005 is not a multiple of the step 0.001 {HERE}",
    # at which price
    "38=1|44=-5": "103=99|58=Price(44) -5 is not above 0",
    "38=50|44=0.5": f"103=3|58=Price(44) 0.5 is below the minimum 1 {HERE}",
    "38=1|44=200000.01": f"103=3|58=Price(44) 200000.01 is above the maximum 200000 {HERE}",
    "38=1|44=100.001": f"103=99|58=Price(44) 100.001 is not a multiple of the tick 0.01 {HERE}",
    "38=0.09|44=100": f"103=3|58=Price(44) x OrderQty(38) 9.00 is below the minimum 10 {HERE}",
    "38=100|44=10000.01": "103=3|58=Price(44) x OrderQty(38) 1000001.00 is above the maximum "
    f"1000000 {HERE}",
    # an amount to spend
    "38=1|152=100": "103=11|58=CashOrderQty(152) is taken for a market buy only; "
    "send OrderQty(38)",
    "40=1|54=2|152=100": "103=11|58=CashOrderQty(152) is taken for a market buy only; "
    "send OrderQty(38)",
    "40=1|38=1": "103=11|58=a market buy spends CashOrderQty(152), an amount of USDT, "
    "and takes no OrderQty(38)",
    "40=1|152=-5": "103=13|58=CashOrderQty(152) -5 is not above 0",
    "40=1|152=9": f"103=3|58=CashOrderQty(152) 9 is below the minimum 10 {HERE}",
}


@pytest.mark.parametrize(("fields", "why"), REFUSED.items(), ids=REFUSED)
def test_refused(fields: str, why: str) -> None:
    assert why == refusal(fields)


def test_refused_by_what_the_venue_lacks() -> None:
    assert refusal("38=1|40=1", PLAIN) == (
        "103=11|58=OrdType(40) 1 is not taken by the venue; allowed: 2"
    )
    assert refusal("38=1|18=6", PLAIN) == (
        "103=11|58=ExecInst(18) 6 (post only) is not taken by the venue"
    )


def test_a_market_buy_by_quantity_where_the_venue_takes_it() -> None:
    by_quantity = replace(CAPABILITIES, cash_order_qty=False)

    check_order(new_order("40=1|38=1"), INSTRUMENT, by_quantity)
    assert "CashOrderQty(152) is taken for a market buy only" in refusal(
        "40=1|152=100", by_quantity
    )


def test_a_limit_of_none_is_not_checked() -> None:
    check_order(new_order("38=0.00000001|44=0.00000001"), BTC_USDT, CAPABILITIES)


def test_a_tick_of_0_is_none() -> None:
    anywhere = replace(BTC_USDT, tick=Decimal(0), step=Decimal("0.0"))

    check_order(new_order("38=0.123|44=0.456"), anywhere, CAPABILITIES)


# ----------------------------------------------------------------------------- account


def terms(*accounts: str) -> ClientTerms:
    return ClientTerms(session=CLIENT, venues=(VENUE,), accounts=accounts)


def account_refusal(fields: str, *accounts: str) -> str:
    with pytest.raises(OrderRefused) as refused:
        account_of(new_order(fields), terms(*accounts))
    return f"103={refused.value.reason}|58={refused.value.text}"


def test_the_only_account_need_not_be_named() -> None:
    assert "A" == account_of(new_order("38=1"), terms("A"))


def test_a_named_account() -> None:
    assert "B" == account_of(new_order("38=1|1=B"), terms("A", "B"))


def test_an_account_must_be_named_among_several() -> None:
    assert "103=15|58=Account(1) is needed: this session trades for A, B" == account_refusal(
        "38=1", "A", "B"
    )


def test_an_account_of_somebody_else() -> None:
    assert account_refusal("38=1|1=C", "A", "B") == (
        "103=15|58=Account(1) 'C' is not allowed for this session; allowed: A, B"
    )
    assert account_refusal("38=1|1=C") == (
        "103=15|58=Account(1) 'C' is not allowed for this session; allowed: none"
    )

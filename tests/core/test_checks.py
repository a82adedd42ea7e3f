"""Orders refused before anything leaves, and in which words."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from fixgw.core.checks import account_of, check_order
from fixgw.core.routing import ClientTerms
from fixgw.model.capabilities import Capabilities
from fixgw.model.enums import OrdType, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.model.requests import NewOrderSingle
from fixgw.model.terms import FIELDS, Terms
from tests.support.orders import BTC_USDT, CAPABILITIES, CLIENT, START_MS, VENUE, request

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
        check_order(new_order(fields), INSTRUMENT, capabilities, START_MS)
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
    check_order(new_order(fields), INSTRUMENT, CAPABILITIES, START_MS)


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


@pytest.mark.parametrize(("fields", "why"), [
    ("38=1|59=6", "TimeInForce(59) 6 is not taken by the venue; allowed: 1, 3, 4, 7"),
    ("38=1|18=6|59=3", "TimeInForce(59) 7 (post only) goes with OrdType(40) 2"),
])
def test_a_list_of_what_is_allowed_has_the_dialects_values(fields: str, why: str) -> None:
    with pytest.raises(OrderRefused) as refused:
        check_order(new_order(fields), INSTRUMENT, CAPABILITIES, START_MS, "7")
    assert why == refused.value.text


def test_refused_by_what_the_venue_lacks() -> None:
    assert refusal("38=1|40=1", PLAIN) == (
        "103=11|58=OrdType(40) 1 is not taken by the venue; allowed: 2"
    )
    assert refusal("38=1|18=6", PLAIN) == (
        "103=11|58=ExecInst(18) 6 (post only) is not taken by the venue"
    )


def test_a_market_buy_by_quantity_where_the_venue_takes_it() -> None:
    by_quantity = replace(CAPABILITIES, cash_order_qty=False)

    check_order(new_order("40=1|38=1"), INSTRUMENT, by_quantity, START_MS)
    assert refusal("40=1|152=100", by_quantity) == (
        "103=11|58=CashOrderQty(152) is not taken by the venue; send OrderQty(38)"
    )


def test_a_limit_of_none_is_not_checked() -> None:
    check_order(new_order("38=0.00000001|44=0.00000001"), BTC_USDT, CAPABILITIES, START_MS)


def test_a_tick_of_0_is_none() -> None:
    anywhere = replace(BTC_USDT, tick=Decimal(0), step=Decimal("0.0"))

    check_order(new_order("38=0.123|44=0.456"), anywhere, CAPABILITIES, START_MS)


# ------------------------------------------------- what one venue has and another has not

ALL_TYPES = replace(
    CAPABILITIES,
    ord_types=frozenset(OrdType),
    times_in_force=CAPABILITIES.times_in_force | {TimeInForce.GOOD_TILL_DATE},
    terms=frozenset(FIELDS),
)


def test_an_order_type_may_have_times_in_force_of_its_own() -> None:
    venue = replace(
        CAPABILITIES,
        times_in_force_of={OrdType.MARKET: frozenset({TimeInForce.IMMEDIATE_OR_CANCEL})},
    )

    assert refusal("40=1|54=2|38=1|59=4", venue) == (
        "103=11|58=TimeInForce(59) 4 is not taken by the venue; allowed: 3"
    )
    for fields in ("40=1|54=2|38=1|59=3", "40=1|54=2|38=1|59=0", "38=1|59=4"):
        check_order(new_order(fields), INSTRUMENT, venue, START_MS)


def test_an_order_type_that_takes_a_quantity_or_an_amount() -> None:
    either = replace(
        CAPABILITIES, cash_order_qty=False, cash_or_quantity=frozenset({OrdType.LIMIT})
    )

    for fields in ("38=1|44=100", "152=100|44=100", "152=100|54=2|44=100"):
        check_order(new_order(fields), INSTRUMENT, either, START_MS)
    assert refusal("38=1|152=100|44=100", either) == (
        "103=11|58=OrderQty(38) and CashOrderQty(152) exclude each other; send one"
    )
    assert refusal("44=100", either) == "103=13|58=OrderQty(38) is missing"
    assert refusal("152=9|44=100", either) == (
        f"103=3|58=CashOrderQty(152) 9 is below the minimum 10 {HERE}"
    )
    assert refusal("152=100|44=100.001", either) == (
        f"103=99|58=Price(44) 100.001 is not a multiple of the tick 0.01 {HERE}"
    )
    assert refusal("40=1|152=100", either) == (
        "103=11|58=CashOrderQty(152) is taken for OrdType(40) 2 only; send OrderQty(38)"
    )


def test_a_market_order_may_have_to_name_the_worst_price() -> None:
    venue = replace(CAPABILITIES, market_needs_price=True, cash_order_qty=False)

    check_order(new_order("40=1|38=1|44=100"), INSTRUMENT, venue, START_MS)
    assert refusal("40=1|38=1", venue) == (
        "103=99|58=Price(44) is missing: a market order at this venue names the worst price that "
        "it may trade at"
    )
    assert refusal("40=1|38=1|44=100.001", venue) == (
        f"103=99|58=Price(44) 100.001 is not a multiple of the tick 0.01 {HERE}"
    )


def test_a_market_order_of_some_times_in_force_may_have_to_name_none() -> None:
    venue = replace(
        CAPABILITIES, market_needs_price=True, cash_order_qty=False,
        market_without_price=frozenset({TimeInForce.FILL_OR_KILL}),
    )

    check_order(new_order("40=1|38=1|59=4"), INSTRUMENT, venue, START_MS)
    assert refusal("40=1|38=1|59=4|44=100", venue) == (
        "103=11|58=Price(44) is not taken by the venue for a market order with TimeInForce(59) 4"
    )
    assert refusal("40=1|38=1|59=3", venue).startswith("103=99|58=Price(44) is missing")


def test_an_order_type_may_need_fields_that_fix_does_not_require() -> None:
    venue = replace(ALL_TYPES, needs={OrdType.STOP: frozenset({"price", "exec_inst"})})
    stop = {"stop_px": Decimal(99)}

    assert with_terms("38=1|40=3|44=100", venue, exec_inst="9", **stop) == ""
    assert with_terms("38=1|40=3|44=100", venue, **stop) == (
        "103=99|58=ExecInst(18) is missing: the venue needs it with OrdType(40) 3"
    )
    assert with_terms("38=1|40=3", venue, exec_inst="9", **stop) == (
        "103=99|58=Price(44) is missing: the venue needs it with OrdType(40) 3"
    )
    assert with_terms("38=1|40=3", **stop) == ""


def with_terms(
    fields: str, capabilities: Capabilities = ALL_TYPES, **terms: Any
) -> str:
    """Why the order with these terms is refused; "" if it is not."""
    order = replace(new_order(fields), terms=Terms(**terms))
    try:
        check_order(order, INSTRUMENT, capabilities, START_MS)
    except OrderRefused as refused:
        return f"103={refused.reason}|58={refused.text}"
    return ""


EACH: dict[str, tuple[str, Any, str]] = {
    "currency": ("38=100|44=100", "USDT", "Currency(15) 'USDT'"),
    "stop_px": ("38=1|40=3", Decimal("99.5"), "StopPx(99)"),
    "expire_time": ("38=1|59=6", START_MS + 1, "ExpireTime(126)"),
    "min_qty": ("38=1", Decimal("0.5"), "MinQty(110)"),
    "max_floor": ("38=1", Decimal(0), "MaxFloor(111)"),
    "exec_inst": ("38=1", "G", "ExecInst(18) 'G'"),
    "ex_destination": ("38=1", "TIER_2", "ExDestination(100) 'TIER_2'"),
    "target_strategy": ("38=1", "1", "TargetStrategy(847) '1'"),
    "strategy_parameters": ("38=1", "slow", "TargetStrategyParameters(848) 'slow'"),
    "quote_id": ("38=1", "Q1", "QuoteID(117) 'Q1'"),
    "settl_date": ("38=1", "20260107", "SettlDate(64) '20260107'"),
}


@pytest.mark.parametrize("name", EACH)
def test_a_term_is_taken_where_the_venue_says_so_and_refused_by_name_elsewhere(name: str) -> None:
    fields, value, named = EACH[name]
    without = replace(ALL_TYPES, terms=ALL_TYPES.terms - {name})

    assert with_terms(fields, **{name: value}) == ""
    assert with_terms(fields, without, **{name: value}) == (
        f"103=11|58={named} is not taken by the venue"
    )


def test_an_order_type_may_take_terms_of_its_own() -> None:
    venue = replace(ALL_TYPES, terms_of={OrdType.MARKET: frozenset({"settl_date"})})
    no_cash = replace(venue, cash_order_qty=False)

    assert with_terms("38=1|40=1", no_cash, settl_date="20260107") == ""
    assert with_terms("38=1|40=1", no_cash, quote_id="Q1") == (
        "103=11|58=QuoteID(117) 'Q1' is not taken by the venue"
    )
    assert with_terms("38=1", venue, quote_id="Q1") == ""


def test_an_end_may_be_too_far_away() -> None:
    venue = replace(ALL_TYPES, expire_seconds_max=10)

    assert with_terms("38=1|59=6", venue, expire_time=START_MS + 10_999) == ""
    assert with_terms("38=1|59=6", venue, expire_time=START_MS + 11_000) == (
        "103=11|58=ExpireTime(126) is 11 s away; the venue takes 10 s at most"
    )


def test_what_changes_nothing_is_taken_anywhere() -> None:
    assert EACH.keys() | {"on_behalf_of"} == FIELDS.keys()
    none = replace(ALL_TYPES, terms=frozenset())

    assert with_terms("38=1", none, currency="BTC") == ""
    assert with_terms("38=1", none, ex_destination="ACME") == ""
    assert with_terms("38=1", none, ex_destination="acme") == ""
    assert with_terms("38=1", none, on_behalf_of="FUND7") == ""


@pytest.mark.parametrize(("fields", "terms"), [
    ("38=1", {"min_qty": Decimal(1)}), ("38=1", {"min_qty": Decimal(0)}),
    ("38=1", {"max_floor": Decimal(0)}), ("38=1|59=6", {"expire_time": START_MS + 1}),
])
def test_terms_at_their_limits_are_taken(fields: str, terms: dict[str, Any]) -> None:
    assert with_terms(fields, **terms) == ""


TERMS_REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("38=1", {"currency": "EUR"},
     "103=11|58=Currency(15) 'EUR' is not taken by the venue; allowed: BTC, USDT"),
    ("38=1|40=3", {}, "103=99|58=StopPx(99) is missing"),
    ("38=1|40=3", {"stop_px": Decimal(0)}, "103=99|58=StopPx(99) 0 is not above 0"),
    ("38=1|40=4|44=100", {"stop_px": Decimal("99.001")},
     f"103=99|58=StopPx(99) 99.001 is not a multiple of the tick 0.01 {HERE}"),
    ("38=1|40=4|44=100.001", {"stop_px": Decimal(99)},
     f"103=99|58=Price(44) 100.001 is not a multiple of the tick 0.01 {HERE}"),
    ("38=1|44=100", {"stop_px": Decimal(99)},
     "103=11|58=StopPx(99) goes with OrdType(40) 3 and 4"),
    ("38=1|59=6", {"expire_time": START_MS}, "103=99|58=ExpireTime(126) was 0 ms ago"),
    ("38=1|59=6", {"expire_time": START_MS - 5000},
     "103=99|58=ExpireTime(126) was 5000 ms ago"),
    ("38=1", {"expire_time": START_MS + 1},
     "103=11|58=ExpireTime(126) and ExpireDate(432) go with TimeInForce(59) 6"),
    ("38=1", {"min_qty": Decimal("1.001")},
     "103=13|58=MinQty(110) 1.001 is above OrderQty(38) 1"),
    ("38=1", {"min_qty": Decimal(-1)}, "103=13|58=MinQty(110) -1 is below 0"),
    ("38=1", {"max_floor": Decimal(-1)}, "103=13|58=MaxFloor(111) -1 is below 0"),
]


@pytest.mark.parametrize(("fields", "terms", "why"), TERMS_REFUSED)
def test_terms_refused(fields: str, terms: dict[str, Any], why: str) -> None:
    assert why == with_terms(fields, **terms)


def test_a_quantity_of_the_quote_asset_has_the_limits_of_the_notional() -> None:
    # 10.0005 is on no step of the base asset, and 100,001 above its maximum.
    assert with_terms("38=10.0005|44=100", currency="USDT") == ""
    assert with_terms("38=100001|44=100", currency="USDT") == ""
    assert with_terms("38=9|44=100", currency="USDT") == (
        f"103=3|58=OrderQty(38) 9 is below the minimum 10 {HERE}"
    )
    assert with_terms("38=10.0005|44=100", currency="BTC") == (
        f"103=13|58=OrderQty(38) 10.0005 is not a multiple of the step 0.001 {HERE}"
    )


@pytest.mark.parametrize(
    "limits, fields, why",
    [
        ({"min_notional": Decimal(10)}, "38=1|44=9", "9 is below the minimum 10"),
        ({"max_notional": Decimal(10)}, "38=1|44=11", "11 is above the maximum 10"),
    ],
)
def test_a_notional_with_one_limit_is_held_to_it(
    limits: dict[str, Decimal], fields: str, why: str
) -> None:
    with pytest.raises(OrderRefused, match=why):
        check_order(new_order(fields), replace(BTC_USDT, **limits), CAPABILITIES, START_MS)


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

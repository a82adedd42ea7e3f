"""The ledger: money moves, it is neither made nor lost, and nobody goes below zero."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.sandbox.ledger import Balance, InsufficientFunds, Ledger


def test_an_order_freezes_spends_and_releases() -> None:
    ledger = Ledger()
    ledger.receive("A", "USD", Decimal(100))
    ledger.freeze("A", "USD", Decimal(60))
    ledger.spend("A", "USD", Decimal(50))
    ledger.release("A", "USD", Decimal(10))

    assert Balance(available=Decimal(50), frozen=Decimal(0)) == ledger.balance("A", "USD")
    assert Decimal(50) == ledger.balance("A", "USD").amount


def test_too_little_is_refused_and_nothing_booked() -> None:
    ledger = Ledger()
    ledger.receive("A", "USD", Decimal(100))

    with pytest.raises(InsufficientFunds, match="A has 100 USD, 100.01 needed"):
        ledger.freeze("A", "USD", Decimal("100.01"))
    with pytest.raises(InsufficientFunds):
        ledger.spend("A", "USD", Decimal(1))

    assert Balance(Decimal(100), Decimal(0)) == ledger.balance("A", "USD")


def test_an_account_without_the_currency_has_nothing() -> None:
    assert Balance() == Ledger().balance("A", "USD")
    assert [] == list(Ledger().balances("A"))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["freeze", "release", "spend"]),
            st.sampled_from(["A", "B"]),
            st.integers(0, 2000).map(lambda cents: Decimal(cents).scaleb(-8)),
        )
    )
)
def test_only_spending_lowers_the_sum(moves: list[tuple[str, str, Decimal]]) -> None:
    ledger = Ledger()
    expected = Decimal(0)
    for account in ("A", "B"):
        ledger.receive(account, "USD", Decimal("0.00002"))
        expected += Decimal("0.00002")
    for name, account, amount in moves:
        try:
            getattr(ledger, name)(account, "USD", amount)
        except InsufficientFunds:
            continue
        if name == "spend":
            expected -= amount
        balance = ledger.balance(account, "USD")
        assert balance.available >= 0 and balance.frozen >= 0
    assert expected == ledger.total("USD")

"""Rows of a venue's JSON: a damaged row hides no other, a damaged decoration no row."""

from decimal import Decimal

import msgspec
import pytest
from msgspec import Raw, Struct

from fixgw.venues.kit import payloads
from fixgw.venues.kit.payloads import Damaged, RowReader, Unreadable, payload_reader
from tests.support.damage import damaged


class Trade(Struct, rename="camel", frozen=True):
    order_id: str = ""
    last_qty: Decimal | None = None
    counter_party: str = ""
    is_taker: bool | None = None


class Deal(Struct, array_like=True, frozen=True):
    order_id: int
    size: int
    note: str = ""


class Trades(Struct, frozen=True):
    rows: list[Raw]


TRADES = RowReader(Trade, decides={"order_id", "last_qty"}, name="order_id")
DEALS = RowReader(Deal, decides={"order_id", "size"}, name="order_id")
GOOD = b'{"orderId":"A1","lastQty":0.10,"counterParty":"X","isTaker":true}'


@pytest.mark.parametrize("written", [b"null", b'""', b"7", b"[]", b"{}", b'"maybe"'])
def test_what_only_decorates_is_dropped_where_it_does_not_fit(written: bytes) -> None:
    row = TRADES.read(GOOD.replace(b"true", written))

    assert Trade("A1", Decimal("0.10"), "X", None) == row


def test_null_is_as_good_as_no_field_where_there_may_be_none() -> None:
    assert Trade("", None, "X", None) == TRADES.read(
        b'{"orderId":null,"lastQty":null,"counterParty":"X","isTaker":[]}'
    )


@pytest.mark.parametrize("written", [b'""', b"[]", b"{}", b'"much"', b"true"])
def test_a_row_without_what_decides_is_damaged_and_says_whose_it_is(written: bytes) -> None:
    row = TRADES.read(GOOD.replace(b"0.10", written))

    assert isinstance(row, Damaged)
    assert row.name == "A1"
    assert "lastQty" in row.text


def test_one_row_hides_no_other() -> None:
    read = payload_reader(Trades)
    rows = read(b'{"rows":[%b,null,7,{"orderId":null},%b]}' % (GOOD, GOOD)).rows

    good, bad = TRADES.read_all(rows)

    assert ["A1", "", "A1"] == [each.order_id for each in good]
    assert 2 == len(bad)


def test_a_row_that_is_needed_whole_is_unreadable_if_it_is_damaged() -> None:
    assert "A1" == TRADES.whole(GOOD).order_id
    with pytest.raises(Unreadable, match="lastQty"):
        TRADES.whole(GOOD.replace(b"0.10", b"[]"))


def test_rows_may_be_arrays() -> None:
    assert Deal(4, 5, "x") == DEALS.read(b'[4,5,"x",null]')
    assert Deal(4, 5) == DEALS.read(b"[4,5,{}]")
    assert Damaged("size: Expected `int`, got `array`", 4) == DEALS.read(b"[4,[]]")
    assert Damaged("size is missing or cannot be read", 4) == DEALS.read(b"[4]")


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[" * 5_000, b'{"rows":' + b"[" * 5_000, b'{"rows":NaN}', b'{"rows":7}']
)
def test_a_payload_that_cannot_be_read_says_why(body: bytes) -> None:
    with pytest.raises(Unreadable) as raised:
        payload_reader(Trades)(body)

    assert 0 < len(str(raised.value)) <= 200


def test_no_damage_raises() -> None:
    read = payload_reader(Trades)
    seen = 0
    for case in damaged(b'{"rows":[%b],"more":{"of":[1.5]}}' % GOOD):
        try:
            for raw in read(case.payload).rows:
                TRADES.read(raw)
        except Unreadable:
            continue
        seen += 1

    assert seen > 100


def test_a_reader_names_fields_that_exist() -> None:
    with pytest.raises(AssertionError):
        RowReader(Trade, decides={"last_quantity"})


def test_a_field_that_is_nested_too_deep_is_named_so() -> None:
    row = TRADES.read(b'{"orderId":"A1","x":' + b"[" * 5_000 + b"]" * 5_000 + b"}")

    assert row == Damaged("nested too deep")
    assert msgspec.json.encode(row)


def test_a_reason_is_never_as_long_as_what_it_is_about():
    assert len(str(Unreadable("symbol is " + "A" * 1_000_000))) < 1_000


def test_what_only_decorates_has_a_default_where_it_cannot_be_read():
    assert [payloads.read_text(Raw(each)) for each in (b'"a"', b"1", b"null", b"{")] == [
        "a", "", "", "",
    ]
    assert [payloads.read_number(Raw(each)) for each in (b"1", b'"1"', b'"a"', b"null")] == [
        1, 1, None, None,
    ]

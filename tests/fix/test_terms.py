"""What only some orders say: read from whole messages, and told back as each version can."""

from decimal import Decimal
from typing import Any

import pytest

from fixgw.fix.errors import IncorrectDataFormat, IncorrectTagValue, InvalidMessage
from fixgw.fix.terms import NUMBER_CHARS_MAX, TermsReader, TermsWriter
from fixgw.fix.timestamp import UtcTimestamps
from fixgw.model.terms import FIELDS, PLAIN, Terms
from tests.fix.test_decode import LIMIT, parse
from tests.support.session import VERSIONS

TEN = 1767607200000
"""2026-01-05, 10:00:00 UTC."""

ALL = {
    "currency": "USD",
    "stop_px": Decimal("99.50"),
    "expire_time": TEN + 1,
    "min_qty": Decimal("0.10"),
    "max_floor": Decimal("1.0"),
    "exec_inst": "G M",
    "ex_destination": "TIER_2",
    "target_strategy": "1",
    "strategy_parameters": "slow",
    "quote_id": "Q1",
    "settl_date": "20260107",
    "on_behalf_of": "FUND7",
}


def read(body: str, version: str = "FIX.4.4", tier: int = 0) -> Terms:
    """The terms of a NewOrderSingle(35=D) that the dictionary has found valid."""
    return TermsReader(tier).read(parse("D", body, version).fields)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_field_of_a_message(version: str) -> None:
    sent = (
        "115=FUND7|" + LIMIT + "|15=USD|99=99.50|126=20260105-10:00:00.001|110=0.10|111=1.0"
        "|18=G M|100=TIER_2|847=1|848=slow|117=Q1|64=20260107"
    )

    assert read(sent, version) == Terms(**ALL)
    assert ALL.keys() == FIELDS.keys()


@pytest.mark.parametrize("version", VERSIONS)
def test_an_order_that_says_nothing_of_the_kind_shares_one_object(version: str) -> None:
    message = parse("D", f"{LIMIT}|1=ACC|207=VENUE|59=1", version)

    assert TermsReader().tags.isdisjoint(message.fields)
    assert TermsReader().read(message.fields) is PLAIN
    assert read(f"{LIMIT}|18=6", version) is PLAIN


@pytest.mark.parametrize("version", ["FIX.5.0", "FIX.5.0SP1", "FIX.5.0SP2"])
def test_fix50_shows_a_display_qty(version: str) -> None:
    assert read(f"{LIMIT}|1138=1.0", version) == Terms(max_floor=Decimal("1.0"))
    assert read(f"{LIMIT}|1138=1.0|111=1", version) == Terms(max_floor=Decimal(1))


def test_post_only_is_no_term_and_the_rest_of_exec_inst_is() -> None:
    assert read(f"{LIMIT}|18=G 6 M") == Terms(exec_inst="G M")


@pytest.mark.parametrize(("sent", "milliseconds"), [
    ("126=20260105-10:00:00", TEN),
    ("126=20260105-10:00:00.250", TEN + 250),
    # The end of the day, in UTC: 14 hours less a millisecond later.
    ("432=20260105", TEN + 14 * 3_600_000 - 1),
    ("432=20260106|126=20260105-10:00:00", TEN),
    ("126=20260105-10:00:00|432=20260106", TEN),
])
def test_when_an_order_expires(sent: str, milliseconds: int) -> None:
    assert read(f"{LIMIT}|{sent}") == Terms(expire_time=milliseconds)


def test_a_routing_tier_in_a_field_of_the_dialects_own() -> None:
    fields = parse("D", f"{LIMIT}|20100=TIER_3").fields

    assert TermsReader(20100).read(fields) == Terms(ex_destination="TIER_3")
    assert 20100 in TermsReader(20100).tags
    assert TermsReader().read(fields) is PLAIN
    assert read(f"{LIMIT}|100=TIER_3|20100=TIER_3", tier=20100) == Terms(ex_destination="TIER_3")


@pytest.mark.parametrize(("sent", "error", "tag"), [
    ("126=20260231-10:00:00", IncorrectDataFormat, 126),
    ("126=19691231-23:59:59", IncorrectTagValue, 126),
    ("432=20260231", IncorrectDataFormat, 432),
    ("432=tomorrow", IncorrectDataFormat, 432),
    ("432=2026010", IncorrectDataFormat, 432),
    ("432=19691231", IncorrectTagValue, 432),
    ("64=T+2", IncorrectDataFormat, 64),
    ("64=20261301", IncorrectDataFormat, 64),
    ("99=" + "9" * (NUMBER_CHARS_MAX + 1), IncorrectDataFormat, 99),
    ("110=" + "9" * (NUMBER_CHARS_MAX + 1), IncorrectDataFormat, 110),
    ("111=1|1138=2", IncorrectTagValue, 1138),
    ("100=TIER_1|20100=TIER_2", IncorrectTagValue, 20100),
])
def test_a_value_that_means_nothing(
    sent: str, error: type[InvalidMessage], tag: int
) -> None:
    with pytest.raises(error) as refused:
        read(f"{LIMIT}|{sent}", "FIX.5.0SP2", tier=20100)
    assert type(refused.value) is error
    assert refused.value.ref_tag == tag


@pytest.mark.parametrize("sent", ["abc", "NaN", "Infinity", "1E5", "", "-"])
def test_a_number_that_no_dictionary_has_looked_at(sent: str) -> None:
    # AllowUnknownMsgFields=Y lets DisplayQty(1138) of a later version through as it comes.
    fields = parse("D", LIMIT).fields | {1138: sent}

    if not sent:
        assert TermsReader().read(fields) is PLAIN
        return
    with pytest.raises(IncorrectDataFormat):
        TermsReader().read(fields)


COMMON = "15=USD|18=G M|99=99.50|110=0.10|"
AFTER = "64=20260107|126=20260105-10:00:00.001|"
STRATEGY = "847=1|848=slow|"


@pytest.mark.parametrize(("version", "told"), [
    ("FIX.4.2", f"{COMMON}111=1.0|{AFTER}"),
    ("FIX.4.4", f"{COMMON}111=1.0|{AFTER}{STRATEGY}"),
    ("FIX.5.0", f"{COMMON}1138=1.0|{AFTER}{STRATEGY}"),
    ("FIX.5.0SP1", f"{COMMON}1138=1.0|{AFTER}{STRATEGY}"),
    ("FIX.5.0SP2", f"{COMMON}1138=1.0|{AFTER}100=TIER_2|{STRATEGY}"),
])
def test_told_back_as_far_as_the_version_can(version: str, told: str) -> None:
    writer = TermsWriter(version, UtcTimestamps())

    assert writer.write(Terms(**ALL), False).replace("\x01", "|") == told
    assert writer.write(PLAIN, False) == ""


@pytest.mark.parametrize(("exec_inst", "post_only", "told"), [
    ("G", True, "18=6 G|"), ("", True, "18=6|"), ("G", False, "18=G|"), ("", False, ""),
])
def test_exec_inst_is_one_field(exec_inst: str, post_only: bool, told: str) -> None:
    writer = TermsWriter("FIX.4.4", UtcTimestamps())

    assert writer.write(Terms(exec_inst=exec_inst), post_only).replace("\x01", "|") == told


@pytest.mark.parametrize(("strategy", "told"), [("3", "847=3|"), ("1000", "")])
def test_a_strategy_between_two_parties_is_in_no_standard_dictionary(
    strategy: str, told: str
) -> None:
    terms: dict[str, Any] = {"target_strategy": strategy}

    assert TermsWriter("FIX.4.4", UtcTimestamps()).write(Terms(**terms), False) == (
        told.replace("|", "\x01")
    )

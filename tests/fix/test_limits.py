"""Messages with too many fields, and texts that are too long: refused, by shape or by QuickFIX."""

from pathlib import Path

import pytest

from fixgw.fix.dictionary import Dictionary
from fixgw.fix.errors import IncorrectTagValue, InvalidMessage, InvalidMsgType, TooManyFields
from fixgw.fix.limits import (
    CHARS_MAX,
    FIELDS_MAX,
    IDENTIFIER_CHARS_MAX,
    PARAMETERS_CHARS_MAX,
    VALUES_CHARS_MAX,
)
from fixgw.fix.wire import header_fields
from tests.fix.corpus import VALID
from tests.support.fixtext import fix

HEAD = "8=FIX.4.4|35=D|34=2|49=A|56=B|52=20260105-10:00:00|"
REST = "54=1|60=20260105-10:00:00|38=1|40=2|44=100|"
FIXGW = Path(__file__).parents[2] / "dictionaries" / "fixgw.toml"


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    return Dictionary.load("FIX.4.4")


def parties(entries: int) -> bytes:
    """A valid order with so many entries in one group of three fields."""
    group = "".join(f"448=P{n}|447=D|452={n % 20 + 1}|" for n in range(entries))
    return fix(f"{HEAD}11=A|453={entries}|{group}55=X|{REST}")


def test_a_group_of_thousands_is_refused_before_anybody_reads_it(dictionary: Dictionary) -> None:
    dictionary.parse(parties(50))

    with pytest.raises(TooManyFields) as refused:
        dictionary.parse(parties(2_000))
    assert (99, "6016 fields; the most is 256") == (
        refused.value.session_reject_reason, refused.value.text
    )


def test_as_many_fields_as_may_be(dictionary: Dictionary) -> None:
    entries = (FIELDS_MAX - 16) // 3
    assert 453 in dictionary.parse(parties(entries)).fields
    with pytest.raises(TooManyFields):
        dictionary.parse(parties(entries + 1))


@pytest.mark.parametrize(
    ("tag", "name"),
    [(11, "ClOrdID"), (55, "Symbol"), (1, "Account"), (207, "SecurityExchange"), (15, "Currency"),
     (848, "TargetStrategyParameters"), (115, "OnBehalfOfCompID")],
)
def test_a_text_that_is_kept_may_be_so_long_and_not_longer(
    dictionary: Dictionary, tag: int, name: str
) -> None:
    def order(value: str) -> bytes:
        fields = {11: "A", 55: "X", tag: value}
        in_header = f"115={fields.pop(115)}|" if 115 in fields else ""
        return fix(HEAD + in_header + "".join(f"{t}={v}|" for t, v in fields.items()) + REST)

    most = CHARS_MAX[tag]
    # By QuickFIX first, then by its shape: both say the same.
    for _ in range(4):
        assert "x" * most == dictionary.parse(order("x" * most)).fields[tag]
        with pytest.raises(IncorrectTagValue) as refused:
            dictionary.parse(order("x" * (most + 1)))
        assert (tag, f"{name}({tag}) has {most + 1} characters; the most is {most}") == (
            refused.value.ref_tag, refused.value.text
        )


def test_a_list_of_values_that_goes_on_and_on(dictionary: Dictionary) -> None:
    def order(count: int) -> bytes:
        return fix(f"{HEAD}11=A|18={' '.join('6' * count)}|55=X|{REST}")

    for _ in range(4):
        assert 18 in dictionary.parse(order(100)).fields
        with pytest.raises(IncorrectTagValue):
            dictionary.parse(order(30_000))


def test_a_cancel_names_its_order_by_no_more_either(dictionary: Dictionary) -> None:
    cancel = fix(f"{HEAD.replace('35=D', '35=F')}41={'x' * 129}|11=C|55=X|54=1|"
                 "60=20260105-10:00:00|38=1|")
    with pytest.raises(IncorrectTagValue, match=r"OrigClOrdID\(41\) has 129 characters"):
        dictionary.parse(cancel)


def test_a_message_type_of_60_kb(dictionary: Dictionary) -> None:
    with pytest.raises(InvalidMsgType):
        dictionary.parse(fix(HEAD.replace("35=D", "35=U" + "x" * 60_000)))


def test_what_nobody_keeps_may_be_as_long_as_its_message(dictionary: Dictionary) -> None:
    for _ in range(4):
        assert dictionary.parse(fix(f"{HEAD}11=A|55=X|{REST}58={'x' * 60_000}|"))


@pytest.mark.parametrize("version", VALID, ids=str)
def test_all_that_the_standard_s_own_messages_say_is_within_the_limits(
    version: tuple[str, str | None]
) -> None:
    dictionary = Dictionary.load(*version)
    for raw in VALID[version]:
        dictionary.parse(raw)


def test_a_dialect_s_routing_tier_is_a_name_as_well() -> None:
    dictionary = Dictionary.load("FIX.4.4", dialect=FIXGW)
    order = f"{HEAD}11=A|55=X|{REST}{dictionary.routing_tier_tag}="
    assert dictionary.parse(fix(f"{order}{'x' * 128}|"))
    with pytest.raises(InvalidMessage, match=r"Tag 20100 has 129 characters"):
        dictionary.parse(fix(f"{order}{'x' * 129}|"))


def test_the_head_of_a_message_with_too_many_fields_is_enough_to_answer_it() -> None:
    fields = header_fields(parties(8_000))

    assert ("D", "2") == (fields[35], fields[34])
    assert len(fields) < FIELDS_MAX


def test_the_document_for_clients_says_the_same() -> None:
    text = (Path(__file__).parents[2] / "docs" / "for-clients.md").read_text()

    assert f"It may have {FIELDS_MAX} fields" in text
    for most in sorted({IDENTIFIER_CHARS_MAX, VALUES_CHARS_MAX, PARAMETERS_CHARS_MAX}):
        assert f"\n| {most:,} | " in text

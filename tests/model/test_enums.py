"""Values on the wire: those that the standard has under that tag, and what it calls them."""

from enum import StrEnum
from xml.etree import ElementTree

from fixgw.fix.dictionary import find_dictionary
from fixgw.model import enums

KINDS = [
    value
    for value in vars(enums).values()
    if isinstance(value, type) and issubclass(value, StrEnum) and value is not StrEnum
]
ON_THE_WIRE = [kind for kind in KINDS if kind not in (enums.Command, enums.Verdict)]


OTHERWISE = {
    "BROKER_OPTION": "BROKER_CREDIT",
    "MARKET_OPTION": "MARKET",
}
"""Later editions of the standard call it so; QuickFIX's dictionary still has the older name."""


def test_each_value_is_the_standard_s_of_that_name() -> None:
    fields = {
        field.get("number"): field
        for field in ElementTree.parse(find_dictionary("FIX50SP2.xml")).iter("field")
        if field.get("number")
    }
    for kind in ON_THE_WIRE:
        name, _, rest = (kind.__doc__ or "").partition("(")
        field = fields[rest.partition(")")[0]]
        values = {each.get("enum"): each.get("description") or "" for each in field.iter("value")}
        assert name == field.get("name")
        for ours in kind:
            theirs = values[ours.value]
            # We leave out what the tag says already: EXCEEDS_LIMIT is ORDER_EXCEEDS_LIMIT.
            said = set(theirs.split("_")) >= set(ours.name.split("_"))
            assert said or OTHERWISE.get(ours.name) == theirs, (name, ours.name, theirs)


def test_a_value_writes_itself() -> None:
    assert "39=6" == f"39={enums.OrdStatus.PENDING_CANCEL}"


def test_a_closed_order_is_neither_new_nor_pending() -> None:
    open_ones = set(enums.OrdStatus) - enums.CLOSED

    assert {"NEW", "PARTIALLY_FILLED", "PENDING_CANCEL", "PENDING_NEW", "PENDING_REPLACE"} == {
        status.name for status in open_ones
    }

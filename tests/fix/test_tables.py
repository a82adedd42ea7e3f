"""The tables read the XML as QuickFIX does."""

from xml.etree import ElementTree

import pytest

from fixgw.fix.dictionary import APPLICATION_FILES, SESSION_FILES, find_dictionary
from fixgw.fix.tables import Group, Place, Tables, length_tag, places, repair

FILES = (*SESSION_FILES.values(), *APPLICATION_FILES.values())


def tables(file: str) -> Tables:
    root = ElementTree.parse(find_dictionary(file)).getroot()
    repair(root)
    return Tables(root)


def test_types_and_values() -> None:
    fix44 = tables("FIX44.xml")

    assert fix44.types[44] == "PRICE"
    assert fix44.values[54] >= {"1", "2"}
    assert 44 not in fix44.values
    assert fix44.required_header == (8, 9, 35, 49, 56, 34, 52)


@pytest.mark.parametrize("file", FILES)
def test_no_standard_dictionary_has_a_routing_tier(file: str) -> None:
    assert tables(file).routing_tier_tag == 0


def test_groups_unfold_components_and_nest() -> None:
    parties = tables("FIX44.xml").groups("D")[453]

    assert list(parties.members) == [448, 447, 452, 802]
    assert list(parties.groups[802].members) == [523, 803]


def test_header_groups() -> None:
    assert tables("FIX44.xml").end_groups[627].members.keys() == {628, 629, 630}
    assert tables("FIX42.xml").end_groups == {}


@pytest.mark.parametrize("file", FILES)
def test_every_data_field_has_its_length_one_below_and_beside_it(file: str) -> None:
    """QuickFIX looks there; anything else would have it read beyond the message."""
    read = tables(file)
    assert read.data_tags
    assert {read.types[length_tag(tag)] for tag in read.data_tags} == {"LENGTH"}
    for msg_type in read.msg_types:
        for group in _all_groups(read.groups(msg_type).values()):
            for tag in read.data_tags:
                assert (tag in group.members) == (length_tag(tag) in group.members)


def _all_groups(groups: object) -> list[Group]:
    found: list[Group] = []
    for group in groups:  # type: ignore[attr-defined]
        found += [group, *_all_groups(group.groups.values())]
    return found


def test_repair_takes_away_data_fields_whose_length_is_elsewhere() -> None:
    # EncodedWarningText(2521) follows WarningText(2520); its length is EncodedWarningTextLen(2522).
    assert tables("FIX50SP2.xml").types[2521] == "STRING"


def test_places() -> None:
    inner = Group(frozenset({523, 803}), {})
    parties = {453: Group(frozenset({448, 447, 802}), {802: inner})}
    tags = [55, 453, 448, 802, 523, 803, 523, 448, 447, 54]

    assert places(tags, parties) == [
        Place(True, False),
        Place(True, True),
        Place(False, False),
        Place(False, True),
        *[Place(False, False)] * 5,
        Place(True, False),
    ]


def test_the_message_types_of_a_fixt_logon() -> None:
    """QuickFIX's FIXT11.xml has the component MsgTypeGrp and nothing in it."""
    logon = tables("FIXT11.xml")

    group = logon.groups("A")[384]
    assert list(group.members) == [372, 385, 1130, 1406, 1131, 1410]
    assert 384 in logon.body_tags("A")
    assert (logon.types[384], logon.values[385]) == ("NUMINGROUP", {"R", "S"})


@pytest.mark.parametrize("file", FILES)
def test_no_component_is_empty(file: str) -> None:
    root = ElementTree.parse(find_dictionary(file)).getroot()
    repair(root)

    assert [] == [c.attrib["name"] for c in root.iterfind("components/component") if not len(c)]

"""What a shape accepts, QuickFIX accepts: the same fields, for every version and every change."""

import re
from functools import cache
from random import Random
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

import pytest
import quickfix
from hypothesis import given, settings
from hypothesis import strategies as st

from fixgw.fix import shapes
from fixgw.fix.dictionary import (
    APPLICATION_FILES,
    SESSION_FILES,
    Dictionary,
    compile_rules,
    find_dictionary,
)
from fixgw.fix.errors import FixError, RepeatingGroupCountMismatch
from fixgw.fix.framing import Framer
from fixgw.fix.shapes import PATTERNS, Shape, Shapes, value_pattern
from fixgw.fix.validate import Authority, Switches
from tests.fix.corpus import ODD_VALUES, VALID, spoil
from tests.support.fixtext import fix

Version = tuple[str, str | None]


@cache
def learned(version: Version) -> Dictionary:
    """A dictionary that knows the shapes of the whole corpus."""
    dictionary = Dictionary.load(*version)
    for raw in VALID[version]:
        for _ in range(shapes.SIGHTINGS_TO_LEARN):
            dictionary.parse(raw)
    return dictionary


@cache
def fresh(version: Version) -> Dictionary:
    """A dictionary that learns nothing from valid messages it sees once only."""
    return Dictionary.load(*version)


@cache
def standard(version: Version) -> tuple[quickfix.DataDictionary, quickfix.DataDictionary]:
    session = quickfix.DataDictionary(str(find_dictionary(SESSION_FILES[version[0]])))
    if version[1] is None:
        return session, session
    return session, quickfix.DataDictionary(str(find_dictionary(APPLICATION_FILES[version[1]])))


def quickfix_fields(version: Version, raw: bytes, tags: list[int]) -> dict[int, str]:
    """Validate by nothing but QuickFIX, which raises; return its values of *tags*."""
    session, application = standard(version)
    message = quickfix.Message(raw.decode(), session, application, True)
    body = session if message.isAdmin() else application
    quickfix.DataDictionary.validate(message, session, body)
    parts = (message.getHeader(), message, message.getTrailer())
    return {tag: next(p.getField(tag) for p in parts if p.isSetField(tag)) for tag in tags}


def fields_or_error(dictionary: Dictionary, raw: bytes) -> dict[int, str] | None:
    try:
        return dictionary.parse(raw).fields
    except FixError:
        return None


def by_shape(dictionary: Dictionary, raw: bytes) -> dict[int, str] | None:
    text = raw.decode("latin-1")
    known = dictionary._shapes.get(text.split("\x01")[2].removeprefix("35="))
    return known.match(text) if known else None


@pytest.mark.parametrize("version", VALID, ids=str)
def test_every_valid_message_without_data_gets_a_shape(version: Version) -> None:
    for raw in VALID[version]:
        shaped = by_shape(learned(version), raw)
        if b"\x0196=" in raw:
            assert shaped is None
        else:
            assert shaped == fresh(version).parse(raw).fields


@pytest.mark.parametrize("version", VALID, ids=str)
@settings(max_examples=400, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_a_shape_accepts_nothing_that_quickfix_refuses(version: Version, random: Random) -> None:
    raw = spoil(random.choice(VALID[version]), random)
    if Framer().feed(raw) != [raw]:
        return
    shaped = by_shape(learned(version), raw)

    if shaped is not None:
        assert shaped == fields_or_error(fresh(version), raw)
        if _is_utf_8(raw):
            assert quickfix_fields(version, raw, list(shaped)) == {
                tag: value.encode("latin-1").decode() for tag, value in shaped.items()
            }
    assert fields_or_error(learned(version), raw) == fields_or_error(fresh(version), raw)


@settings(deadline=None)
@given(st.sampled_from(list(VALID)), st.binary(max_size=60), st.integers(0, 200))
def test_no_bytes_raise_anything_but_ours(version: Version, junk: bytes, at: int) -> None:
    for raw in (junk, VALID[version][0][:at] + junk + VALID[version][0][at:]):
        fields_or_error(learned(version), raw)


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def quickfix_takes(type_: str, values: str, value: str) -> bool:
    """Whether QuickFIX takes *value* for a field of *type_*, by a dictionary of that one field."""
    root = ElementTree.fromstring(
        f"""<fix type="FIX" major="4" minor="4">
        <header><field name="MsgType" required="Y"/></header>
        <trailer><field name="CheckSum" required="N"/></trailer>
        <messages><message name="M" msgtype="M"><field name="F" required="Y"/></message></messages>
        <fields><field number="8" name="BeginString" type="STRING"/>
        <field number="9" name="BodyLength" type="LENGTH"/>
        <field number="35" name="MsgType" type="STRING"/>
        <field number="10" name="CheckSum" type="STRING"/>
        <field number="1" name="F" type="{type_}">{values}</field></fields></fix>"""
    )
    rules = compile_rules(root, Switches())
    try:
        Authority(rules, None).check(fix(f"8=FIX.4.4|35=M|1={value}|"), "M", ())
    except FixError:
        return False
    return True


@pytest.mark.parametrize("type_", sorted(PATTERNS))
def test_what_a_pattern_takes_quickfix_takes_for_that_type(type_: str) -> None:
    pattern = re.compile(value_pattern(type_, None))
    taken = [value for value in ODD_VALUES if pattern.fullmatch(value)]

    assert taken, f"no odd value is a {type_}"
    assert [value for value in taken if not quickfix_takes(type_, "", value)] == []


@pytest.mark.parametrize("type_", sorted({*PATTERNS, "STRING", "MULTIPLEVALUESTRING"}))
def test_what_is_enumerated_and_taken_quickfix_takes(type_: str) -> None:
    listed = [v for v in ODD_VALUES if v.isprintable() and v.isascii()]
    values = "".join(f"<value enum={quoteattr(value)}/>" for value in listed)
    pattern = re.compile(value_pattern(type_, frozenset(listed)))
    taken = [value for value in listed if pattern.fullmatch(value)]

    assert taken
    assert [value for value in taken if not quickfix_takes(type_, values, value)] == []


def test_enumerated_values_replace_the_type() -> None:
    assert re.fullmatch(value_pattern("CHAR", frozenset({"1", "2", "10"})), "2")
    # QuickFIX: one character only, whatever the list says.
    assert not re.fullmatch(value_pattern("CHAR", frozenset({"1", "2", "10"})), "10")
    assert not re.fullmatch(value_pattern("INT", frozenset({"x"})), "x")


def test_several_values_are_parted_by_one_space() -> None:
    pattern = value_pattern("MULTIPLEVALUESTRING", frozenset({"6", "G"}))

    assert [bool(re.fullmatch(pattern, v)) for v in ("6", "6 G", "G 6 6", "6  G", " 6", "6 ", "")] \
        == [True, True, True, False, False, False, False]


def shape(number: int) -> Shape:
    return Shape(((number,), ()), (number,), re.compile(f"({number})").fullmatch)


def test_a_shape_is_learned_at_the_second_sight_and_then_no_more() -> None:
    kept = Shapes()
    key = ((8, 9, 35), ())

    assert [kept.is_due(key) for _ in range(shapes.SIGHTINGS_TO_LEARN)] == [False, True]
    kept.add(Shape(key, (8, 9, 35), re.compile("").fullmatch))
    assert not any(kept.is_due(key) for _ in range(shapes.SIGHTINGS_TO_DISPLACE))


def test_the_shape_used_last_stands_first_and_the_one_used_longest_ago_goes() -> None:
    kept = Shapes()
    for number in range(shapes.MAX_SHAPES):
        kept.add(shape(number))
    assert kept.match("0") == {0: "0"}
    kept.add(shape(99))

    assert [s.tags[0] for s in kept.shapes[:2]] == [99, 0]
    assert len(kept.shapes) == shapes.MAX_SHAPES
    assert kept.match("1") is None


def test_a_full_house_makes_room_only_for_what_comes_often() -> None:
    kept = Shapes()
    for number in range(shapes.MAX_SHAPES):
        kept.add(shape(number))
    sights = [kept.is_due(((99,), ())) for _ in range(shapes.SIGHTINGS_TO_DISPLACE)]

    assert sights == [False] * (shapes.SIGHTINGS_TO_DISPLACE - 1) + [True]


def test_a_client_that_mixes_its_fields_does_not_fill_the_memory() -> None:
    kept = Shapes()
    for number in range(3 * shapes.MAX_SIGHTINGS):
        kept.is_due(((number,), ()))

    assert len(kept._sightings) <= shapes.MAX_SIGHTINGS


def test_the_longest_messages_are_never_shapes() -> None:
    kept = Shapes()
    key = (tuple(range(shapes.MAX_SHAPE_FIELDS + 1)), ())

    assert not any(kept.is_due(key) for _ in range(10))


def test_group_members_are_not_taken_for_fields_of_the_message() -> None:
    raw = fix(
        "8=FIX.4.4|35=D|34=2|49=A|56=B|52=20260105-10:00:00|11=C1|"
        "453=1|448=P|447=D|452=1|55=X|54=1|60=20260105-10:00:00|38=1|40=1|"
    )
    dictionary = Dictionary.load("FIX.4.4")
    for _ in range(3):
        fields = dictionary.parse(raw).fields
        assert (fields[453], 448 in fields, fields[55]) == ("1", False, "X")


def test_another_count_is_another_shape() -> None:
    head = "8=FIX.4.4|35=D|34=2|49=A|56=B|52=20260105-10:00:00|11=C1|"
    tail = "448=P|447=D|452=1|55=X|54=1|60=20260105-10:00:00|38=1|40=1|"
    dictionary = Dictionary.load("FIX.4.4")
    for _ in range(3):
        dictionary.parse(fix(f"{head}453=1|{tail}"))

    with pytest.raises(RepeatingGroupCountMismatch):
        dictionary.parse(fix(f"{head}453=2|{tail}"))

"""Messages as bytes: picked apart, resent, made safe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.fix.framing import Framer
from fixgw.fix.wire import (
    as_carried,
    as_resent,
    clean,
    first_fields,
    header_fields,
    is_seq_num,
    needles_of,
    sub_ids,
)
from tests.support.fixtext import fix, readable


def test_header_fields_of_anything_between_separators() -> None:
    text = "8=FIX.4.4|35=D|34=7|34=8|58=a=b|=x|nonsense|-1=x|\xb2=x|49=\xe9|"

    raw = text.replace("|", "\x01").encode("latin-1")
    assert header_fields(raw) == {8: "FIX.4.4", 35: "D", 34: "7", 58: "a=b", 49: "\xe9"}


def test_header_fields_of_a_tag_that_is_too_long() -> None:
    assert header_fields(b"1234567890=x\x01123456789=y\x01") == {123456789: "y"}


@given(st.binary())
def test_header_fields_takes_any_bytes(raw: bytes) -> None:
    header_fields(raw)


@given(st.lists(st.tuples(st.sampled_from((8, 35, 49, 553, 53, 5)), st.text("a=|5\xe9"))))
def test_first_fields_are_those_of_the_header_fields_that_were_asked_for(
    fields: list[tuple[int, str]],
) -> None:
    text = "".join(f"{tag}={value}|" for tag, value in fields)
    raw = text.replace("|", "\x01").encode("latin-1")

    asked = {tag: value for tag, value in header_fields(raw).items() if tag in (8, 35, 553, 5)}
    assert asked == first_fields(raw, needles_of(8, 35, 553, 5))


@pytest.mark.parametrize("text", ["0", "7", "0012", "18446744073709551615"])
def test_a_seq_num(text: str) -> None:
    assert is_seq_num(text)


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "x", "\xb2", "\u0663", "1" * 21])
def test_no_seq_num(text: str) -> None:
    assert not is_seq_num(text)


def test_a_message_sent_again_is_whole() -> None:
    first = fix(
        "8=FIX.4.4|35=8|34=12|49=FIXGW|52=20260105-10:00:00.000|56=CLIENT|17=E1|58=35=8 52=x 10=0|"
    )

    assert readable(as_resent(first, "20260105-10:00:07.500")) == readable(fix(
        "8=FIX.4.4|35=8|34=12|49=FIXGW|43=Y|52=20260105-10:00:07.500|122=20260105-10:00:00.000"
        "|56=CLIENT|17=E1|58=35=8 52=x 10=0|"
    ))


@given(st.text(st.characters(codec="latin-1", exclude_characters="\x01|"), min_size=1))
def test_a_message_sent_again_keeps_its_body_and_is_a_frame(value: str) -> None:
    first = fix(f"8=FIX.4.4|35=8|34=1|49=A|52=20260105-10:00:00.000|56=B|17=E1|58={value}")

    again = as_resent(first, "20260105-10:00:01.000")
    assert Framer().feed(again) == [again]
    assert header_fields(again)[58] == value


@pytest.mark.parametrize(("text", "safe"), [
    ("unknown symbol", "unknown symbol"),
    ("", "-"),
    ("a\x01b\r\n\tc\x7f", "a?b???c?"),
    ("caf\xe9 \u4f59\u989d", "caf? ??"),
    ("x" * 513, "x" * 512),
    (" ~", " ~"),
])
def test_clean(text: str, safe: str) -> None:
    assert clean(text) == safe


def test_clean_to_a_limit() -> None:
    assert clean("abcdef", 3) == "abc"


@given(st.text())
def test_what_is_clean_can_stand_in_a_field(text: str) -> None:
    safe = clean(text)

    assert safe and all(" " <= c <= "~" for c in safe)
    assert clean(safe) == safe


@pytest.mark.parametrize(
    ("sub_id", "location_id", "fields"),
    [
        ("", "", ""),
        ("DESK", "", "50=DESK\x01"),
        ("", "NYC", "142=NYC\x01"),
        ("DESK", "NYC", "50=DESK\x01142=NYC\x01"),
    ],
)
def test_sub_ids(sub_id: str, location_id: str, fields: str) -> None:
    assert fields == sub_ids(sub_id, location_id, 50, 142)


@pytest.mark.parametrize(("again", "marks"), [
    (False, "97=Y|52=20260105-10:00:07.500"),
    (True, "43=Y|97=Y|52=20260105-10:00:07.500|122=20260105-10:00:00.000"),
])
def test_a_message_carried_to_another_number_is_whole(again: bool, marks: str) -> None:
    first = fix(
        "8=FIX.4.4|35=8|34=12|49=FIXGW|50=DESK|52=20260105-10:00:00.000|56=CLIENT|369=88|17=E1"
        "|58=35=8 34=9 52=x 10=0|"
    )
    carried = as_carried(first, 7, "20260105-10:00:07.500", again=again, processed=3)

    assert readable(carried) == readable(fix(
        f"8=FIX.4.4|35=8|34=7|49=FIXGW|50=DESK|{marks}|56=CLIENT|369=3|17=E1"
        "|58=35=8 34=9 52=x 10=0|"
    ))

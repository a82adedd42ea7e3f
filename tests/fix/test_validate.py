"""QuickFIX's verdicts as our errors, and what QuickFIX must not be given."""

import subprocess
import sys

import pytest

from fixgw.fix import errors
from fixgw.fix.dictionary import Dictionary
from fixgw.fix.validate import Switches, split
from tests.fix.corpus import VALID
from tests.support.fixtext import fix

HEAD = "34=2|49=A|56=B|52=20260105-10:00:00|"
ORDER = HEAD + "11=C1|55=X|54=1|60=20260105-10:00:00|38=1|40=2|44=1.5|"

FIX44 = Dictionary.load("FIX.4.4")
SP1 = Dictionary.load("FIXT.1.1", "8")


def refused(dictionary: Dictionary, text: str) -> tuple[type[errors.FixError], int | None]:
    """Return which error *text* earns, and its RefTagID(371)."""
    with pytest.raises(errors.InvalidMessage) as raised:
        dictionary.parse(fix(text))
    return type(raised.value), raised.value.ref_tag


@pytest.mark.parametrize(
    "spoilt, error, ref_tag",
    [
        ("35=D|" + ORDER + "7777=1|", errors.InvalidTagNumber, 7777),
        ("35=D|" + ORDER + "0=1|", errors.InvalidTagNumber, 0),
        ("35=D|" + ORDER + "-1=1|", errors.InvalidTagNumber, -1),
        ("35=D|" + ORDER + "058=x|", errors.InvalidTagNumber, 58),
        ("35=D|" + ORDER + "x=1|", errors.InvalidTagNumber, None),
        ("35=D|" + ORDER + "2147483648=1|", errors.InvalidTagNumber, None),
        ("35=D|" + ORDER + "nothing|", errors.EmbeddedDelimiter, 44),
        ("35=D|" + ORDER + "=|", errors.InvalidTagNumber, None),
        ("35=D|" + ORDER.replace("54=1|", ""), errors.RequiredTagMissing, 54),
        ("35=D|" + ORDER.replace("34=2|", ""), errors.RequiredTagMissing, 34),
        ("35=D|" + ORDER + "112=x|", errors.TagNotDefinedForMessage, 112),
        ("35=D|" + ORDER + "58=|", errors.NoTagValue, 58),
        ("35=D|" + ORDER.replace("54=1|", "54=Z|"), errors.IncorrectTagValue, 54),
        ("35=D|" + ORDER + "18=6 !|", errors.IncorrectTagValue, 18),
        ("35=D|" + ORDER.replace("44=1.5|", "44=1,5|"), errors.IncorrectDataFormat, 44),
        ("35=D|" + ORDER.replace("34=2|", "34=-2|"), errors.IncorrectDataFormat, 34),
        ("35=D|" + ORDER + "126=20260105-25:00:00|", errors.IncorrectDataFormat, 126),
        ("35=zz|" + ORDER, errors.InvalidMsgType, None),
        ("35=D|" + ORDER + "11=C2|", errors.RepeatedTag, 11),
        ("35=D|35=D|" + ORDER, errors.RepeatedTag, 35),
        ("35=D|" + ORDER + "50=x|", errors.TagOutOfOrder, 50),
        ("35=D|" + ORDER + "453=2|448=A|", errors.RepeatingGroupCountMismatch, 453),
        ("35=D|" + ORDER + "453=1|447=D|452=1|", errors.RepeatingGroupOutOfOrder, 447),
    ],
)
def test_each_verdict_is_the_reject_of_the_same_meaning(
    spoilt: str, error: type[errors.FixError], ref_tag: int | None
) -> None:
    assert refused(FIX44, f"8=FIX.4.4|{spoilt}") == (error, ref_tag)


def test_a_user_defined_message_type_is_not_supported_rather_than_invalid() -> None:
    assert refused(FIX44, f"8=FIX.4.4|35=U7|{HEAD}") == (errors.UnsupportedMsgType, None)


def test_another_begin_string_is_no_matter_for_a_reject() -> None:
    with pytest.raises(errors.IncorrectBeginString):
        FIX44.parse(fix(f"8=FIX.4.2|35=0|{HEAD}"))


@pytest.mark.parametrize("raw", [b"", b"8=FIX.4.4\x01", b"9=5\x018=FIX.4.4\x0135=0\x01"])
def test_what_is_no_frame_is_garbled(raw: bytes) -> None:
    with pytest.raises(errors.GarbledMessage):
        FIX44.parse(raw)


def test_an_application_message_under_fixt_needs_its_header() -> None:
    """QuickFIX leaves this to its session."""
    for tag, field in ((49, "49=A|"), (56, "56=B|"), (34, "34=2|"), (52, "52=20260105-10:00:00|")):
        text = "8=FIXT.1.1|35=D|" + ORDER.replace(field, "")
        assert refused(SP1, text) == (errors.RequiredTagMissing, tag)


def test_fixt_checks_the_header_by_one_dictionary_and_the_body_by_the_other() -> None:
    order = "8=FIXT.1.1|35=D|" + ORDER
    assert refused(SP1, order.replace("34=2|", "34=x|")) == (errors.IncorrectDataFormat, 34)
    assert refused(SP1, order.replace("44=1.5|", "44=x|")) == (errors.IncorrectDataFormat, 44)
    # Logon(A) is in neither FIX50.xml nor its kin.
    logon = f"8=FIXT.1.1|35=A|{HEAD}98=0|108=30|"
    assert refused(SP1, logon) == (errors.RequiredTagMissing, 1137)
    assert SP1.parse(fix(logon + "1137=8|")).fields[1137] == "8"


def test_appl_ver_id_other_than_the_sessions() -> None:
    order = ORDER.replace("34=2|", "1128=%s|34=2|")
    assert SP1.parse(fix("8=FIXT.1.1|35=D|" + order % "8")).fields[1128] == "8"
    assert refused(SP1, "8=FIXT.1.1|35=D|" + order % "9") == (errors.UnsupportedApplVerID, 1128)


@pytest.mark.parametrize("value", ["caf\xe9", "\xff\xfe", "\xc3\xa9", "\x80", "a\tb"])
def test_bytes_of_text_come_back_as_they_were(value: str) -> None:
    raw = fix(f"8=FIX.4.4|35=D|{ORDER}58={value}|")
    for _ in range(3):
        message = FIX44.parse(raw)
        assert (message.fields[58], message.raw) == (value, raw)


@pytest.mark.parametrize(
    "field, tag", [("44=1.5\0", 44), ("58=a\0b", 58), ("59=\0", 59), ("44=\xb2", 44)]
)
def test_nul_and_foreign_digits_are_a_wrong_format(field: str, tag: int) -> None:
    text = "8=FIX.4.4|35=D|" + ORDER.replace("44=1.5|", "") + field + "|"
    assert refused(FIX44, text) == (errors.IncorrectDataFormat, tag)


@pytest.mark.parametrize(
    "text, tag",
    [
        ("35=1|" + HEAD.replace("34=2", "34={}2") + "112=x|", 34),
        ("35=2|" + HEAD + "7={}1|16=0|", 7),
        ("35=2|" + HEAD + "7=1|16={}0|", 16),
        ("35=4|" + HEAD + "36={}9|", 36),
        ("35=A|" + HEAD + "98=0|108={}30|", 108),
        ("35=A|" + HEAD + "98=0|108=30|383={}1|", 383),
    ],
)
def test_an_integer_longer_than_any_is_a_wrong_format(text: str, tag: int) -> None:
    for _ in range(3):
        FIX44.parse(fix("8=FIX.4.4|" + text.format("000")))
        too_long = "8=FIX.4.4|" + text.format("0" * 5_000)
        assert refused(FIX44, too_long) == (errors.IncorrectDataFormat, tag)


def test_what_the_session_reads_as_a_number_is_one_also_where_unknown_fields_may_pass() -> None:
    lax = Dictionary.load("FIX.4.2", switches=Switches(allow_unknown_msg_fields=True))
    logon = f"8=FIX.4.2|35=A|{HEAD}98=0|108=30|789="
    for _ in range(3):
        lax.parse(fix(f"{logon}7|"))
        assert refused(lax, f"{logon}x|") == (errors.IncorrectDataFormat, 789)
    empty = Dictionary.load("FIX.4.4", switches=Switches(validate_fields_have_values=False))
    for field in ("34=2", "108=30"):
        tag = int(field.partition("=")[0])
        logon = f"8=FIX.4.4|35=A|{HEAD}98=0|108=30|".replace(field, f"{tag}=")
        assert refused(empty, logon) == (errors.RequiredTagMissing, tag)


def test_data_fields_hold_anything() -> None:
    raw = fix(f"8=FIX.4.4|35=A|{HEAD}98=0|108=30|95=9|96=a\x0110=\0\xff\x01b|")
    for _ in range(3):
        assert FIX44.parse(raw).fields[96] == "a\x0110=\0\xff\x01b"


@pytest.mark.parametrize(
    "data, error, ref_tag",
    [
        ("95=4|96=abc|", errors.IncorrectTagValue, 95),
        ("95=2|96=abc|", errors.IncorrectTagValue, 95),
        ("95=100000000|96=abc|", errors.IncorrectTagValue, 95),
        ("95=-1|96=abc|", errors.IncorrectDataFormat, 95),
        ("95=9999999999|96=abc|", errors.IncorrectDataFormat, 95),
        ("95=x|96=abc|", errors.IncorrectDataFormat, 95),
        ("96=abc|95=3|", errors.RequiredTagMissing, 95),
        ("95=3|58=x|96=abc|", errors.RequiredTagMissing, 95),
        ("095=100000|096=abc|", errors.InvalidTagNumber, 95),
    ],
)
def test_data_fields_with_a_wrong_length(
    data: str, error: type[errors.FixError], ref_tag: int
) -> None:
    assert refused(FIX44, f"8=FIX.4.4|35=A|{HEAD}98=0|108=30|{data}") == (error, ref_tag)


def test_no_length_ends_the_process() -> None:
    """QuickFIX alone reads beyond the message here, and takes the process with it."""
    script = f"""
from fixgw.fix.dictionary import Dictionary
from fixgw.fix.errors import InvalidMessage
from tests.support.fixtext import fix

dictionary = Dictionary.load("FIX.4.4")
refused = 0
for length in (-2147483648, -50, -1, 4, 100, 100000, 100000000, 2147483647):
    for data in ("95=%d|96=abc|", "90=%d|91=abc|", "93=%d|89=abc|", "354=%d|355=abc|"):
        try:
            dictionary.parse(fix("8=FIX.4.4|35=A|{HEAD}98=0|108=30|" + data % length))
        except InvalidMessage:
            refused += 1
print(refused)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "32\n")


def test_switches_have_quickfixs_meaning() -> None:
    lenient = Dictionary.load(
        "FIX.4.4",
        switches=Switches(
            validate_fields_out_of_order=False,
            validate_fields_have_values=False,
            validate_user_defined_fields=False,
            allow_unknown_msg_fields=True,
        ),
    )
    raw = fix(f"8=FIX.4.4|35=D|{ORDER}58=|9999=x|112=y|4444=z|50=sub|")
    for _ in range(3):
        fields = lenient.parse(raw).fields
        assert [fields[tag] for tag in (9999, 112, 4444, 50)] == ["x", "y", "z", "sub"]
        assert 58 not in fields


EMPTY_ALLOWED = Switches(validate_fields_have_values=False)
"""ValidateFieldsHaveValues=N."""

LENIENT = Dictionary.load("FIX.4.4", switches=EMPTY_ALLOWED)

SENT = {
    "D": f"{ORDER}1=ACC|59=1|18=6|126=20260106-00:00:00|58=x|453=1|448=P|447=D|452=1|",
    "F": f"{HEAD}41=C0|11=C1|55=X|54=1|60=20260105-10:00:00|38=1|37=7|",
    "G": f"{ORDER}41=C0|37=7|",
    "H": f"{HEAD}11=C1|55=X|54=1|790=S1|",
    "q": f"{HEAD}11=C1|530=1|55=X|54=1|60=20260105-10:00:00|",
    "AF": f"{HEAD}584=M1|585=1|55=X|54=1|",
    "A": f"{HEAD}98=0|108=30|141=Y|95=2|96=ab|553=u|554=p|789=1|",
    "0": f"{HEAD}112=x|",
    "1": f"{HEAD}112=x|",
    "2": f"{HEAD}7=1|16=0|",
    "3": f"{HEAD}45=1|58=x|",
    "4": f"{HEAD}123=Y|36=9|",
    "5": f"{HEAD}58=bye|",
    "j": f"{HEAD}372=8|380=0|",
}
"""A message of each type that means something here, with fields of every type."""


def _emptied() -> list[tuple[str, int, str, str]]:
    """Each message with one field without a value, and without the field."""
    cases = []
    for msg_type, text in SENT.items():
        fields = text.rstrip("|").split("|")
        for place, field in enumerate(fields):
            tag = field.partition("=")[0]
            if tag != "96":  # has the value that its length says
                head, rest = [f"8=FIX.4.4|35={msg_type}", *fields[:place]], fields[place + 1:]
                emptied, without = "|".join([*head, f"{tag}=", *rest]), "|".join([*head, *rest])
                cases.append((msg_type, int(tag), emptied, without))
    return cases


@pytest.mark.parametrize(
    ("msg_type", "tag", "emptied", "without"), _emptied(), ids=lambda each: str(each)[:3]
)
def test_a_field_without_a_value_is_as_if_it_had_not_been_sent(
    msg_type: str, tag: int, emptied: str, without: str
) -> None:
    def outcome(text: str) -> object:
        try:
            fields = LENIENT.parse(fix(text)).fields
        except errors.InvalidMessage as error:
            return type(error), error.ref_tag
        return {each: value for each, value in fields.items() if each not in (9, 10)}

    for _ in range(3):  # also by the shape that was learned
        assert outcome(emptied) == outcome(without)


def test_the_same_in_every_version() -> None:
    for begin_string, appl_ver_id in VALID:
        lenient = Dictionary.load(begin_string, appl_ver_id, switches=EMPTY_ALLOWED)
        handling = "21=1|" if begin_string == "FIX.4.2" else ""
        order = f"8={begin_string}|35=D|{ORDER}{handling}"
        assert refused(lenient, order.replace("11=C1", "11=")) == (errors.RequiredTagMissing, 11)
        assert refused(lenient, order.replace("49=A", "49=")) == (errors.RequiredTagMissing, 49)
        assert 58 not in lenient.parse(fix(f"{order}58=|44444=|")).fields


def test_a_message_without_a_type_does_not_reach_quickfix() -> None:
    assert refused(LENIENT, f"8=FIX.4.4|35=|{ORDER}") == (errors.RequiredTagMissing, 35)


def test_a_group_without_a_count_is_a_group_without_a_count() -> None:
    assert 453 not in LENIENT.parse(fix(f"8=FIX.4.4|35=D|{ORDER}453=|")).fields
    stray = f"8=FIX.4.4|35=D|{ORDER}453=|448=A|"
    assert refused(LENIENT, stray) == (errors.TagNotDefinedForMessage, 448)
    # The first field of an instance is what an instance begins with.
    nameless = f"8=FIX.4.4|35=D|{ORDER}453=1|448=|447=D|"
    assert refused(LENIENT, nameless) == (errors.RepeatingGroupOutOfOrder, 447)


def test_split_keeps_wire_order_and_repetitions() -> None:
    assert split("8=F\x0155=X\x0155=Y\x01", frozenset()) == [(8, "F"), (55, "X"), (55, "Y")]
    assert split("95=3\x0196=\x01=\x01\x01", frozenset({96})) == [(95, "3"), (96, "\x01=\x01")]

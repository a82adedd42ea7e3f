"""What may stand inside a repeating group, and where."""

import pytest

from fixgw.fix import errors
from fixgw.fix.dictionary import Dictionary
from fixgw.fix.validate import Switches
from tests.support.fixtext import fix

HEAD = "8=FIX.4.4|35=D|34=2|49=A|56=B|52=20260105-10:00:00|"
ORDER = HEAD + "11=C1|55=X|54=1|60=20260105-10:00:00|38=1|40=2|44=1.5|"
EMPTY = "453=1|448=A|447=|"

FIX44 = Dictionary.load("FIX.4.4")
NO_VALUES = Dictionary.load("FIX.4.4", switches=Switches(validate_fields_have_values=False))


@pytest.mark.parametrize(
    "groups",
    [
        "453=0|",
        "453=1|448=A|",
        "453=2|448=A|447=D|452=1|448=B|447=D|452=3|",
        "453=2|448=A|802=2|523=x|803=1|523=y|803=2|448=B|802=1|523=z|",
        "78=2|79=A|80=1|79=B|80=2|453=1|448=A|452=1|",
        "78=2|79=A|539=1|524=N|525=D|538=1|80=1.|79=B|80=.5|",
        "453=1|448=Gr\xfc\xdfe|447=D|",
    ],
)
def test_groups_with_their_fields_in_order_are_valid(groups: str) -> None:
    for _ in range(3):  # judged, learned, recognised
        assert FIX44.parse(fix(ORDER + groups)).fields[11] == "C1"


@pytest.mark.parametrize(
    "groups, error, ref_tag",
    [
        ("453=1|447=D|452=1|", errors.RepeatingGroupOutOfOrder, 447),
        ("453=1|448=A|452=1|447=D|", errors.RepeatingGroupOutOfOrder, 447),
        ("453=2|448=A|447=D|448=B|452=1|447=D|", errors.RepeatingGroupOutOfOrder, 447),
        ("78=2|79=A|80=50|661=1|79=B|", errors.RepeatingGroupOutOfOrder, 661),
        ("453=1|448=A|802=1|803=1|523=x|", errors.RepeatingGroupOutOfOrder, 803),
        ("453=1|448=A|802=1|523=x|447=D|", errors.RepeatingGroupOutOfOrder, 447),
        (EMPTY, errors.NoTagValue, 447),
        ("453=1|448=A|452=one|", errors.IncorrectDataFormat, 452),
        ("453=1|448=A|447=~|", errors.IncorrectTagValue, 447),
        ("453=1|448=A|802=1|523=x|803=failboat|", errors.IncorrectDataFormat, 803),
        ("78=1|79=A|80=1e3|", errors.IncorrectDataFormat, 80),
        ("78=1|79=A|80=.|", errors.IncorrectDataFormat, 80),
    ],
)
def test_what_is_wrong_in_a_group_names_the_field(
    groups: str, error: type[errors.InvalidMessage], ref_tag: int
) -> None:
    for _ in range(3):
        with pytest.raises(error) as raised:
            FIX44.parse(fix(ORDER + groups))
        assert raised.value.ref_tag == ref_tag


def test_a_shape_learned_from_good_groups_lets_no_bad_value_in() -> None:
    for _ in range(3):
        FIX44.parse(fix(ORDER + "78=1|79=A|80=1|"))
    with pytest.raises(errors.IncorrectDataFormat):
        FIX44.parse(fix(ORDER + "78=1|79=A|80=x|"))


def test_validate_fields_have_values_n_takes_empty_members_for_absent_ones() -> None:
    assert NO_VALUES.parse(fix(ORDER + EMPTY)).fields[11] == "C1"
    with pytest.raises(errors.RepeatingGroupOutOfOrder):
        NO_VALUES.parse(fix(ORDER + "453=1|448=|447=D|"))


@pytest.mark.parametrize("nested", [
    "802=2|523=x|803=1|", "802=1|523=x|803=1|523=y|803=2|", "802=0|523=x|803=1|", "802=3|",
])
@pytest.mark.parametrize("behind", ["", "448=B|447=D|452=1|"])
def test_a_group_within_a_group_has_as_many_entries_as_it_says(nested: str, behind: str) -> None:
    count = 2 if behind else 1
    for _ in range(3):
        with pytest.raises(errors.RepeatingGroupCountMismatch) as raised:
            FIX44.parse(fix(ORDER + f"453={count}|448=A|447=D|452=1|{nested}{behind}"))
        assert raised.value.ref_tag == 802


def test_a_group_of_the_header_has_as_many_entries_as_it_says() -> None:
    hops = ORDER.replace("52=20260105-10:00:00|", "52=20260105-10:00:00|627=2|628=HUB|", 1)
    with pytest.raises(errors.RepeatingGroupCountMismatch) as raised:
        FIX44.parse(fix(hops))
    assert raised.value.ref_tag == 627

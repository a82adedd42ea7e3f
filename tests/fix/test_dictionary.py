"""The dictionaries that ship, the dialects over them, and what they let through."""

import sys
from pathlib import Path

import pytest

from fixgw.fix.dictionary import Dictionaries, Dictionary, Switches, find_dictionary
from fixgw.fix.errors import (
    DictionaryError,
    IncorrectDataFormat,
    IncorrectTagValue,
    InvalidMessage,
    RequiredTagMissing,
    TagNotDefinedForMessage,
)
from tests.fix.corpus import VALID
from tests.support.fixtext import fix
from tests.support.session import VERSIONS, dictionary

DIALECTS = Path(__file__).parents[2] / "dictionaries"
FIXGW = DIALECTS / "fixgw.toml"
APIFINY = DIALECTS / "apifiny-fix42.toml"

HEAD = "34=2|49=A|56=B|52=20260105-10:00:00|"


@pytest.mark.parametrize("version", VALID, ids=str)
def test_every_version_loads_with_and_without_the_default_dialect(
    version: tuple[str, str | None]
) -> None:
    for dialect in (None, FIXGW):
        loaded = Dictionary.load(*version, dialect)
        for raw in VALID[version]:
            assert loaded.parse(raw).raw == raw


def test_a_message_by_quickfix_and_by_its_shape_is_the_same() -> None:
    loaded = Dictionary.load("FIX.4.4")
    raw = fix(f"8=FIX.4.4|35=0|{HEAD}112=x|")

    messages = [loaded.parse(raw) for _ in range(4)]
    assert messages == [messages[0]] * 4
    assert messages[0].fields == {
        8: "FIX.4.4", 9: "47", 35: "0", 34: "2", 49: "A", 56: "B", 52: "20260105-10:00:00",
        112: "x", 10: messages[0].fields[10],
    }
    assert (messages[0].msg_type, messages[0].seq_num) == ("0", 2)


@pytest.mark.parametrize("version", ["FIX.4.2", "FIX.4.4"])
def test_the_default_dialects_logon(version: str) -> None:
    logon = (
        f"8={version}|35=A|{HEAD}98=0|108=30|553=user|554=secret|925=new|789=7|58=hello|"
        "8013=S|9001=Y|8674=Y|5001=Y|"
    )
    assert Dictionary.load(version, dialect=FIXGW).parse(fix(logon)).fields[8013] == "S"
    with pytest.raises(TagNotDefinedForMessage):
        Dictionary.load(version).parse(fix(logon))


def test_the_default_dialects_logon_and_logout_under_fixt() -> None:
    loaded = Dictionary.load("FIXT.1.1", "8", FIXGW)

    logon = fix(f"8=FIXT.1.1|35=A|{HEAD}98=0|108=30|1137=8|9001=N|")
    assert loaded.parse(logon).fields[9001] == "N"
    assert loaded.parse(fix(f"8=FIXT.1.1|35=5|{HEAD}9003=Y|")).fields[9003] == "Y"
    with pytest.raises(IncorrectDataFormat):
        loaded.parse(fix(f"8=FIXT.1.1|35=5|{HEAD}9003=X|"))


@pytest.mark.parametrize("appl_ver_id", ["7", "8", "9"])
@pytest.mark.parametrize("types", [
    "384=2|372=D|385=S|372=8|385=R|",
    "384=1|372=D|385=S|1130=9|1406=2|1131=OURS|1410=Y|",
    "384=1|372=D|",
    "384=0|",
])
def test_a_fixt_logon_may_list_message_types(appl_ver_id: str, types: str) -> None:
    loaded = Dictionary.load("FIXT.1.1", appl_ver_id, FIXGW)

    logon = fix(f"8=FIXT.1.1|35=A|{HEAD}98=0|108=30|{types}1137={appl_ver_id}|")
    for _ in range(3):
        assert loaded.parse(logon).fields[1137] == appl_ver_id


def test_a_wrong_list_of_message_types_is_refused() -> None:
    loaded = Dictionary.load("FIXT.1.1", "9", FIXGW)

    for types in ("384=3|372=D|372=8|", "384=1|372=D|385=X|", "384=1|385=S|"):
        with pytest.raises(InvalidMessage):
            loaded.parse(fix(f"8=FIXT.1.1|35=A|{HEAD}98=0|108=30|{types}1137=9|"))


@pytest.mark.parametrize("version", VALID, ids=str)
def test_the_standard_itself_has_what_the_default_dialect_leaves_out(
    version: tuple[str, str | None]
) -> None:
    handling = "21=1|" if version[0] == "FIX.4.2" else ""
    time = "20260105-10:00:00"
    loaded = Dictionary.load(*version, dialect=FIXGW)
    for text in (
        f"35=D|{HEAD}11=C|{handling}18=6|55=X|207=V|54=1|60={time}|152=1|40=1|59=6|126={time}|",
        f"35=F|{HEAD}41=C|11=D|55=X|207=V|54=1|60={time}|38=1|58=x|",
        f"35=G|{HEAD}41=C|11=D|{handling}55=X|207=V|54=1|60={time}|38=1|40=1|59=6|126={time}|",
        f"35=H|{HEAD}11=C|55=X|207=V|54=1|58=x|",
    ):
        loaded.parse(fix(f"8={version[0]}|{text}"))


@pytest.mark.parametrize(("version", "field"), [
    (("FIX.4.2", None), "22=101|48=X"),
    (("FIX.4.4", None), "22=100|48=X"),
    (("FIX.4.4", None), "454=1|455=X|456=100"),
    (("FIX.4.4", None), "847=1001"),
    (("FIXT.1.1", "9"), "847=123456"),
    (("FIXT.1.1", "9"), "63=M1"),
    (("FIXT.1.1", "9"), "386=1|336=NIGHT"),
])
def test_values_beyond_a_list_that_the_standard_leaves_open(
    version: tuple[str, str | None], field: str
) -> None:
    loaded = Dictionary.load(*version, FIXGW)
    order = f"8={version[0]}|35=D|{HEAD}11=C|21=1|55=X|54=1|60=20260105-10:00:00|38=1|40=1|"

    for _ in range(3):  # judged, learned, recognised
        assert loaded.parse(fix(f"{order}{field}|")).fields[11] == "C"
    for text in (f"{order}22=99|48=X|", f"{order}847=999|", f"{order}63=X1|"):
        with pytest.raises((IncorrectTagValue, IncorrectDataFormat, TagNotDefinedForMessage)):
            loaded.parse(fix(text))


def test_apifinys_messages() -> None:
    loaded = Dictionary.load("FIX.4.2", dialect=APIFINY)
    for text in (
        f"35=A|{HEAD}98=0|108=30|141=Y|95=11|96=eyJ.eyJ.sig|",
        f"35=D|{HEAD}11=C1|55=BTCUSDT|21=1|40=2|59=7|60=20260105-10:00:00|54=1|44=9|1=STA-1|38=1|"
        "207=VENUE1|58=new Order|",
        f"35=F|{HEAD}11=C1|1=STA-1|207=VENUE1|58=Cancel Order|",
        f"35=H|{HEAD}11=C1|1=STA-1|207=VENUE1|",
    ):
        loaded.parse(fix(f"8=FIX.4.2|{text}"))


def test_apifinys_cancel_is_not_the_standards() -> None:
    with pytest.raises(RequiredTagMissing) as raised:
        Dictionary.load("FIX.4.2").parse(fix(f"8=FIX.4.2|35=F|{HEAD}11=C1|1=STA-1|207=VENUE1|"))

    assert raised.value.ref_tag == 41


@pytest.mark.parametrize(
    "begin_string, appl_ver_id, what",
    [
        ("FIX.4.3", None, "'FIX.4.3' is not one of FIX.4.2, FIX.4.4, FIXT.1.1"),
        ("FIXT.1.1", None, "needs an ApplVerID.1128.: one of 7, 8, 9"),
        ("FIXT.1.1", "6", "needs an ApplVerID.1128.: one of 7, 8, 9"),
        ("FIX.4.4", "9", "FIX.4.4 has no ApplVerID.1128."),
    ],
)
def test_versions_that_are_none(begin_string: str, appl_ver_id: str | None, what: str) -> None:
    with pytest.raises(DictionaryError, match=what):
        Dictionary.load(begin_string, appl_ver_id)


def test_a_dialect_for_another_version() -> None:
    with pytest.raises(DictionaryError, match="is for FIX.4.2, not FIX.4.4"):
        Dictionary.load("FIX.4.4", dialect=APIFINY)


def test_where_quickfix_puts_its_dictionaries() -> None:
    assert find_dictionary("FIX44.xml").read_bytes().startswith(b"<fix")


def test_without_them_the_error_says_what_to_do() -> None:
    with pytest.raises(DictionaryError, match="FIX99.xml is not where quickfix puts it .*install"):
        find_dictionary("FIX99.xml")


def test_they_are_found_by_the_distributions_own_list(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))

    assert find_dictionary("FIX44.xml").is_file()


def test_each_dictionary_is_loaded_once() -> None:
    dictionaries = Dictionaries()
    plain = dictionaries.get("FIX.4.2")

    assert dictionaries.get("FIX.4.2") is plain
    assert dictionaries.get("FIX.4.2", dialect=FIXGW) is not plain
    lenient = Switches(allow_unknown_msg_fields=True)
    assert dictionaries.get("FIX.4.2", switches=lenient) is not plain


@pytest.mark.parametrize("version", VERSIONS)
def test_the_default_dialects_orders(version: str) -> None:
    loaded = dictionary(version)
    begin_string = VERSIONS[version][0]
    order = "11=C1|55=X|54=1|60=20260105-10:00:00|38=1|40=1|21=1|20100=TIER_2|847=1000|848=slow"

    assert loaded.routing_tier_tag == 20100
    for msg_type, body in (("D", order), ("G", f"41=C0|{order}")):
        message = loaded.parse(fix(f"8={begin_string}|35={msg_type}|{HEAD}{body}|"))
        assert [message.fields[tag] for tag in (20100, 847, 848)] == ["TIER_2", "1000", "slow"]


def test_a_dialect_without_a_routing_tier() -> None:
    assert Dictionary.load("FIX.4.2", None, APIFINY).routing_tier_tag == 0

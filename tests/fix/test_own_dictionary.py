"""A client's own data dictionary takes the standard's place, and no file of it ends the process."""

import re
from pathlib import Path

import pytest

from fixgw.fix import own_dictionary
from fixgw.fix.dictionary import (
    APPLICATION_FILES,
    SESSION_FILES,
    Dictionary,
    OwnFiles,
    find_dictionary,
)
from fixgw.fix.errors import DictionaryError, InvalidMessage, RequiredTagMissing
from fixgw.fix.own_dictionary import OwnDictionaryError, read_own
from tests.fix.corpus import VALID
from tests.support.fixtext import fix

FIXGW = Path(__file__).parents[2] / "dictionaries" / "fixgw.toml"
HEAD = "34=2|49=A|56=B|52=20260105-10:00:00|"
ORDER = f"8=FIX.4.4|35=D|{HEAD}11=C1|55=X|54=1|60=20260105-10:00:00|38=1|40=2|44=1.5|"
STOCK = find_dictionary("FIX44.xml").read_text()
NEW_ORDER = next(line for line in STOCK.splitlines() if "NewOrderSingle" in line)


def own(path: Path, text: str, dialect: Path | None = FIXGW) -> Dictionary:
    file = path / "client.xml"
    file.write_text(text)
    return Dictionary.load("FIX.4.4", dialect=dialect, own=OwnFiles(file))


def with_desk() -> str:
    """FIX44.xml with a field of the client's own in NewOrderSingle(35=D)."""
    text = STOCK.replace("<fields>", '<fields><field number="9702" name="Desk" type="STRING"/>')
    return text.replace(NEW_ORDER, NEW_ORDER + '<field name="Desk" required="N"/>')


@pytest.mark.parametrize("version", VALID, ids=str)
def test_quickfixs_own_files_are_taken_with_the_default_dialect_over_them(
    version: tuple[str, str | None]
) -> None:
    begin_string, appl_ver_id = version
    application = find_dictionary(APPLICATION_FILES[appl_ver_id]) if appl_ver_id else None
    files = OwnFiles(find_dictionary(SESSION_FILES[begin_string]), application)
    loaded = Dictionary.load(begin_string, appl_ver_id, FIXGW, own=files)

    for raw in VALID[version]:
        assert loaded.parse(raw).raw == raw
    assert loaded.logon_has(9001)


def test_a_field_of_the_clients_own_is_valid(tmp_path: Path) -> None:
    loaded = own(tmp_path, with_desk())

    for _ in range(3):  # judged, learned, recognised
        assert loaded.parse(fix(f"{ORDER}9702=FX|")).fields[9702] == "FX"
    with pytest.raises(InvalidMessage):
        Dictionary.load("FIX.4.4", dialect=FIXGW).parse(fix(f"{ORDER}9702=FX|"))


def test_a_message_that_the_file_lacks_is_none(tmp_path: Path) -> None:
    start = STOCK.index(next(x for x in STOCK.splitlines() if "name='OrderStatusRequest'" in x
                             or 'name="OrderStatusRequest"' in x))
    end = STOCK.index("</message>", start) + len("</message>")
    loaded = own(tmp_path, STOCK[:start] + STOCK[end:])

    with pytest.raises(InvalidMessage):
        loaded.parse(fix(f"8=FIX.4.4|35=H|{HEAD}11=C1|55=X|54=1|"))


def test_what_the_gateway_cannot_do_without_stays_required(tmp_path: Path) -> None:
    start = STOCK.index(NEW_ORDER)
    end = STOCK.index("</message>", start)
    lax = re.sub("required=(['\"])Y", r"required=\1N", STOCK[start:end])
    loaded = own(tmp_path, STOCK[:start] + lax + STOCK[end:])

    loaded.parse(fix(ORDER.replace("60=20260105-10:00:00|", "")))
    for field, tag in (("11=C1|", 11), ("40=2|", 40), ("54=1|", 54)):
        with pytest.raises(RequiredTagMissing) as raised:
            loaded.parse(fix(ORDER.replace(field, "")))
        assert raised.value.ref_tag == tag


def _replaced(pattern: str, by: str) -> str:
    text, count = re.subn(pattern, by, STOCK, count=1, flags=re.DOTALL)
    assert count, pattern
    return text


COMPONENT = "<components>"
SPOILT = {
    "no XML": ("hello", "line 1: not XML: syntax error"),
    "cut off": (STOCK[:20_000], "not XML: "),
    "empty": ("", "line 1: not XML: no element found"),
    "another root": ("<a/>", "line 1: <a>, where QuickFIX's dictionaries begin with <fix>"),
    "entities": (
        '<!DOCTYPE fix [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><fix>&b;</fix>',
        "line 1: a DOCTYPE: entities are not read here",
    ),
    "a file of the machine": (
        '<!DOCTYPE fix SYSTEM "file:///etc/passwd"><fix/>', "line 1: a DOCTYPE",
    ),
    "another version": (
        _replaced("minor=(.)4.", r"minor=\g<1>2\g<1>"), "is for FIX.4.2, and the session speaks",
    ),
    "no fields": ("<fix type='FIX' major='4' minor='4'><messages/></fix>", "has no <fields>"),
    "a field twice": (
        STOCK.replace("<fields>", "<fields><field number='44' name='Prize' type='PRICE'/>"),
        "Price(44): Prize has this number",
    ),
    "a number that is none": (
        STOCK.replace("<fields>", "<fields><field number='-1' name='Desk' type='INT'/>"),
        "without a proper number: '-1'",
    ),
    "an unknown field": (
        STOCK.replace(NEW_ORDER, NEW_ORDER + "<field name='Desk' required='N'/>"),
        "there is no field 'Desk'; define it, or correct it",
    ),
    "an unknown component": (
        STOCK.replace(NEW_ORDER, NEW_ORDER + "<component name='Desks'/>"),
        "there is no component 'Desks'",
    ),
    "an empty group": (
        STOCK.replace(NEW_ORDER, NEW_ORDER + "<group name='NoAllocs'/>"), "group NoAllocs is empty",
    ),
    "a component that holds itself": (
        STOCK.replace(
            COMPONENT,
            COMPONENT + "<component name='A'><component name='B'/></component>"
            "<component name='B'><component name='A'/></component>",
        ).replace(NEW_ORDER, NEW_ORDER + "<component name='A'/>"),
        "holds itself",
    ),
    "a billion fields": (
        STOCK.replace(COMPONENT, COMPONENT + "".join(
            f"<component name='L{n}'>" + f"<component name='L{n + 1}'/>" * 10 + "</component>"
            for n in range(9)
        ) + "<component name='L9'><field name='Text'/></component>").replace(
            NEW_ORDER, NEW_ORDER + "<component name='L0'/>"
        ),
        "unfolds into more than",
    ),
    "components ten thousand deep": (
        STOCK.replace(COMPONENT, COMPONENT + "".join(
            f"<component name='L{n}'><component name='L{n + 1}'/></component>"
            for n in range(10_000)
        ) + "<component name='L10000'><field name='Text'/></component>"),
        "components deep",
    ),
    "the same the other way round": (
        STOCK.replace(
            COMPONENT, COMPONENT + "<component name='L10000'><field name='Text'/></component>"
            + "".join(
                f"<component name='L{n}'><component name='L{n + 1}'/></component>"
                for n in range(9_999, -1, -1)
            ),
        ),
        "components deep",
    ),
    "a group a thousand deep": (
        STOCK.replace(
            NEW_ORDER,
            NEW_ORDER + "<group name='NoAllocs'>" * 1_000 + "</group>" * 1_000,
        ),
        "elements deep",
    ),
    "a price that is text": (
        _replaced("(number=.44. name=.Price. type=.)PRICE", r"\g<1>STRING"),
        "Price(44) is a number, and its type is STRING",
    ),
    "no ClOrdID": (
        STOCK.replace(NEW_ORDER, "<message name='N' msgtype='D'></message>"
                      "<message name='Other' msgtype='UX'>"),
        "N lacks the field of tag 11",
    ),
    "no header": (_replaced("<header>.*?</header>", ""), "header lacks the field of tag 8"),
    "no Logon": (
        _replaced("msgtype=(.)A.", r"msgtype=\g<1>UY\g<1>"), "has no message of MsgType(35) A",
    ),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_bad_file_is_told_and_ends_nothing(tmp_path: Path, what: str) -> None:
    text, why = SPOILT[what]
    with pytest.raises(OwnDictionaryError) as raised:
        own(tmp_path, text)
    assert str(raised.value).startswith(f"{tmp_path}/client.xml, line ")
    assert why in str(raised.value)


def test_a_component_that_holds_itself_and_that_nobody_uses(tmp_path: Path) -> None:
    loop = "<component name='A'><component name='A'/></component>"
    with pytest.raises(OwnDictionaryError, match="component A holds itself"):
        own(tmp_path, STOCK.replace(COMPONENT, COMPONENT + loop))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OwnDictionaryError, match="cannot be read: No such file.*correct the path"):
        read_own(tmp_path / "none.xml", "FIX.4.4")


def test_a_file_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_dictionary, "BYTES_MAX", 1_000)
    with pytest.raises(OwnDictionaryError, match="has more than 1000 bytes"):
        own(tmp_path, STOCK)


def test_a_tag_that_means_something_else_in_the_dialect(tmp_path: Path) -> None:
    text = STOCK.replace("<fields>", "<fields><field number='9001' name='Desk' type='STRING'/>")

    with pytest.raises(DictionaryError, match=re.escape("has Desk(9001); take another number")):
        own(tmp_path, text)
    assert own(tmp_path, text, None).begin_string == "FIX.4.4"


def test_no_dialect_makes_optional_what_the_gateway_needs(tmp_path: Path) -> None:
    dialect = tmp_path / "lax.toml"
    dialect.write_text(
        'description = "x"\nversions = ["FIX.4.4"]\n[[make_optional]]\n'
        'messages = ["NewOrderSingle"]\nfields = ["OrdType"]\nreason = "x"\n'
    )
    with pytest.raises(DictionaryError, match="OrdType: the gateway cannot do without it"):
        Dictionary.load("FIX.4.4", dialect=dialect)

"""A dialect changes what it says, and nothing it should not."""

import re
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from fixgw.fix.dictionary import Dictionary, find_dictionary
from fixgw.fix.errors import DictionaryError
from fixgw.fix.overlay import Dialect
from fixgw.fix.ways import AS_STANDARD, Ways

HEAD = 'description = "Test."\nversions = ["FIX.4.2", "FIX.4.4"]\n'


def laid_over(path: Path, text: str, file: str = "FIX44.xml", version: str = "FIX.4.4") -> Element:
    dialect = path / "test.toml"
    dialect.write_text(HEAD + text)
    root = ElementTree.parse(find_dictionary(file)).getroot()
    Dialect(dialect).lay_over(root, version)
    return root


def members(root: Element, message: str) -> dict[str, str]:
    return {
        child.attrib["name"]: child.attrib.get("required", "N")
        for child in root.iterfind(f"messages/message[@name='{message}']/*")
    }


def test_new_field_in_a_message(tmp_path: Path) -> None:
    root = laid_over(
        tmp_path,
        """
[[new_field]]
number = 9001
name = "CancelOnDisconnect"
type = "CHAR"
values = { Y = "YES", N = "NO" }
reason = "test"

[[add_fields]]
messages = ["Logon"]
fields = ["CancelOnDisconnect"]
reason = "test"
""",
    )

    field = root.find("fields/field[@name='CancelOnDisconnect']")
    assert field is not None
    assert (field.attrib["number"], field.attrib["type"]) == ("9001", "CHAR")
    assert [value.attrib["enum"] for value in field] == ["Y", "N"]
    assert members(root, "Logon")["CancelOnDisconnect"] == "N"


def test_new_value(tmp_path: Path) -> None:
    root = laid_over(
        tmp_path,
        '[[new_values]]\nfield = "TimeInForce"\nvalues = { 8 = "POST" }\nreason = "test"\n',
    )

    values = root.findall("fields/field[@name='TimeInForce']/value")
    assert values[-1].attrib == {"enum": "8", "description": "POST"}


def test_a_new_message_may_be_sent_and_has_its_fields_and_groups(tmp_path: Path) -> None:
    root = laid_over(
        tmp_path,
        """
[[new_message]]
name = "Answer"
msg_type = "XYZ"
required = ["Text"]
group = { NoLegs = ["LegSymbol", "LegSide"] }
reason = "test"
""",
    )

    message = root.find("messages/message[@name='Answer']")
    assert message is not None
    assert (message.attrib["msgtype"], message.attrib["msgcat"]) == ("XYZ", "app")
    assert members(root, "Answer") == {"Text": "Y", "NoLegs": "Y"}
    assert [f.attrib["name"] for f in message.iterfind("group/field")] == ["LegSymbol", "LegSide"]
    assert root.find("fields/field[@name='MsgType']/value[@enum='XYZ']") is not None


def test_a_field_of_a_shared_component_is_relaxed_for_one_message_only(tmp_path: Path) -> None:
    fields, components = '<field name="A" number="1" type="INT"/>', '<field name="A" required="Y"/>'
    message = '<message name="M%d" msgtype="%d"><component name="C" required="Y"/></message>'
    root = ElementTree.fromstring(
        f"<fix><messages>{message % (1, 1)}{message % (2, 2)}</messages>"
        f'<components><component name="C">{components}</component></components>'
        f"<fields>{fields}</fields></fix>"
    )
    dialect = tmp_path / "test.toml"
    dialect.write_text(
        HEAD + '[[make_optional]]\nmessages = ["M1"]\nfields = ["A"]\nreason = "t"\n'
    )
    Dialect(dialect).lay_over(root, "FIX.4.4")

    assert members(root, "M1") == {"A": "N"}
    assert members(root, "M2") == {"C": "Y"}
    assert root.find("components/component/field[@required='Y']") is not None


def test_unfolding_leaves_the_rest_of_the_component_as_it_was(tmp_path: Path) -> None:
    text = (
        '[[add_fields]]\nmessages = ["Logon"]\nfields = ["NewPassword"]\nreason = "t"\n'
        'versions = ["FIX.4.4"]\n'
    )
    before = ElementTree.parse(find_dictionary("FIX44.xml")).getroot()
    after = laid_over(tmp_path, text)

    assert members(after, "NewOrderSingle") == members(before, "NewOrderSingle")


def test_an_entry_for_another_version_is_left_out(tmp_path: Path) -> None:
    text = (
        '[[add_fields]]\nmessages = ["Logon"]\nfields = ["NewPassword"]\n'
        'versions = ["FIX.4.4"]\nreason = "t"\n'
    )

    assert "NewPassword" in members(laid_over(tmp_path, text), "Logon")
    assert "NewPassword" not in members(laid_over(tmp_path, text, "FIX42.xml", "FIX.4.2"), "Logon")


@pytest.mark.parametrize(
    "text, line, what",
    [
        ("colour = 1\n", 3, "unknown key 'colour'"),
        ('[[new_feild]]\nreason = "t"\n', 3, "unknown key 'new_feild'"),
        ('[[add_fields]]\nmessages = ["Logon"]\nfields = ["Text"]\nwhy = "t"\nreason = "t"\n', 6,
         "unknown key 'why'"),
        ('[[add_fields]]\nmessages = ["Logon"]\nfields = ["Txet"]\nreason = "t"\n', 5,
         "FIX.4.4 has no field 'Txet'"),
        ('[[add_fields]]\nmessages = ["Login"]\nfields = ["Text"]\nreason = "t"\n', 4,
         "FIX.4.4 has no message 'Login'"),
        ('[[add_fields]]\nmessages = ["NewOrderSingle"]\nfields = ["Symbol"]\nreason = "t"\n', 5,
         "NewOrderSingle of FIX.4.4 has Symbol already"),
        ('[[make_optional]]\nmessages = ["NewOrderSingle"]\nfields = ["Price"]\nreason = "t"\n', 5,
         "NewOrderSingle of FIX.4.4 does not require Price"),
        ('[[new_values]]\nfield = "Side"\nvalues = { 1 = "X" }\nreason = "t"\n', 4,
         "FIX.4.4 has Side '1' already"),
        ('[[new_values]]\nfield = "Text"\nvalues = { 1 = "X" }\nreason = "t"\n', 4,
         "FIX.4.4 takes any value for Text"),
        ('[[new_field]]\nnumber = 44\nname = "Mine"\ntype = "INT"\nreason = "t"\n', 4,
         "Mine(44): FIX.4.4 has Price(44); take another number"),
        ('[[new_field]]\nnumber = 9000\nname = "Price"\ntype = "INT"\nreason = "t"\n', 5,
         "FIX.4.4 has Price(44) already"),
        ('[[new_field]]\nnumber = 9000\nname = "Mine"\ntype = "INTEGER"\nreason = "t"\n', 6,
         "Mine: unknown type 'INTEGER'"),
        ('[[new_message]]\nname = "Mine"\nmsg_type = "D"\nreason = "t"\n', 4,
         "Mine: FIX.4.4 has NewOrderSingle(D) already"),
        ('[[new_message]]\nname = "Mine"\nmsg_type = "X1"\nrequired = ["Txet"]\nreason = "t"\n', 6,
         "FIX.4.4 has no field 'Txet'"),
        ('[[new_values]]\nfield = "Side"\nvalues = { z = "Z" }\nversions = ["FIX.4.9"]\n'
         'reason = "t"\n', 6, "unknown version 'FIX.4.9'"),
        ('[[new_values]]\nfield = "Side"\nvalues = { z = "Z" }\nversions = ["FIXT.1.1"]\n'
         'reason = "t"\n', 6, "FIXT.1.1 is not among the dialect's own versions"),
    ],
)
def test_errors_name_file_line_and_what(tmp_path: Path, text: str, line: int, what: str) -> None:
    with pytest.raises(DictionaryError) as raised:
        laid_over(tmp_path, text)

    assert str(raised.value).startswith(f"{tmp_path / 'test.toml'}, line {line}: {what}")


@pytest.mark.parametrize("text", ["[[new_field]]\nnumber = 'x'\n", "= 1", "[[new_values]]\n"])
def test_what_cannot_be_read_names_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(DictionaryError, match="test.toml: "):
        laid_over(tmp_path, text)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match="no.toml: cannot be read: No such file"):
        Dialect(tmp_path / "no.toml")


def test_a_dialect_is_not_for_every_version(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match="is for FIX.4.2, FIX.4.4, not FIX.5.0SP2"):
        laid_over(tmp_path, "", "FIX50SP2.xml", "FIX.5.0SP2")


def ways_of(path: Path, text: str) -> Ways:
    dialect = path / "test.toml"
    dialect.write_text(HEAD + text)
    return Dictionary.load("FIX.4.2", dialect=dialect).ways


def test_ways_of_a_dialect(tmp_path: Path) -> None:
    """That of Apifiny is in test_encode.py, by what it makes of reports."""
    assert AS_STANDARD == ways_of(tmp_path, "")
    assert Ways(pending_reports=False) == ways_of(
        tmp_path, '[reports]\npending = false\nreason = "test"\n'
    )
    assert AS_STANDARD == ways_of(
        tmp_path, '[reports]\npending = false\nreason = "test"\nversions = ["FIX.4.4"]\n'
    )
    assert Ways(answers_refused_logon=True) == ways_of(
        tmp_path, '[logon]\nrefused = "logout"\nreason = "test"\n'
    )


@pytest.mark.parametrize(("option", "why"), [
    ('leave_out = ["AvgPx"]', "line 4: leave_out: AvgPx stays: the standard requires it"),
    ('leave_out = ["LastShares"]', "line 4: leave_out: LastShares stays: without it nobody knows"),
    ('leave_out = ["NoSuchField"]', "an ExecutionReport has no field 'NoSuchField'"),
    ('exec_types = { Z = "0" }', "line 4: exec_types: ExecType has no value 'Z'"),
    ('exec_types = { 2 = "0" }', "2 is an execution, and cannot be told otherwise"),
    ('correction_exec_type = "1"', "line 4: correction_exec_type: 1 is an execution"),
    ('correction_exec_type = "Z"', "line 4: exec_types: ExecType has no value 'Z'"),
    ("echo_post_only = true", "no value of TimeInForce is described as POST_ONLY"),
    ('price_of_fill = "both"', "Invalid enum value 'both'"),
])
def test_ways_that_will_not_do(tmp_path: Path, option: str, why: str) -> None:
    with pytest.raises(DictionaryError, match=re.escape(why)):
        ways_of(tmp_path, f'[reports]\n{option}\nreason = "test"\n')

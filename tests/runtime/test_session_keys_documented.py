"""docs/settings.md has every key, with its default, and every refused one, with its reason."""

import re
from pathlib import Path

import msgspec

from fixgw.runtime.other_keys import IGNORED, REFUSED
from fixgw.runtime.session_keys import KEYS
from fixgw.runtime.session_settings import SessionSettings

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "settings.md").read_text()
EXAMPLE = (ROOT / "sessions" / "example.cfg").read_text()

ROW = re.compile(
    r"^\| (?P<keys>`[^|]*) \| (?P<text>[^|]*) \|(?: (?P<value>[^|]*) \|)?", re.MULTILINE
)


def rows(heading: str) -> list[tuple[list[str], str, str]]:
    """The table below *heading*: the keys of a row, and its next two columns."""
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [
        (re.findall(r"`([^`]*)`", match["keys"]), match["text"], match["value"])
        for match in ROW.finditer(section)
    ]


def written(value: object) -> str:
    """A default as a .cfg writes it."""
    return {True: "Y", False: "N"}[value] if isinstance(value, bool) else str(value)


def defaults() -> dict[str, str]:
    """Of the keys whose default is a plain value."""
    fields = {field.name: field.default for field in msgspec.structs.fields(SessionSettings)}
    values = {key.name: fields.get(key.field) for key in KEYS}
    values["MillisecondsInTimeStamp"] = True  # it fills a field of another kind
    return {
        name: written(value)
        for name, value in values.items()
        if value != "" and (isinstance(value, str) or type(value) in (bool, int, float))
    }


def test_every_key_has_a_row_and_every_row_a_key() -> None:
    documented = [key for keys, _, _ in rows("The keys") for key in keys]

    assert sorted(key.name for key in KEYS) == sorted(documented)


def test_the_defaults_are_those_of_the_code() -> None:
    told = {keys[0]: value.strip("`") for keys, _, value in rows("The keys")}
    known = defaults()

    assert known == {name: told[name] for name in known}


def test_every_refused_key_has_its_reason_and_what_is_let_through() -> None:
    documented = {
        key.lower(): (text, tuple(re.findall(r"`([^`]*)`", value)))
        for keys, text, value in rows("Keys of QuickFIX's that are refused")
        for key in keys
    }

    assert {name: (each.reason, each.harmless) for name, each in REFUSED.items()} == documented


def test_every_ignored_key_has_its_reason() -> None:
    documented = {
        key.lower(): text
        for keys, text, _ in rows("Keys of QuickFIX's that are ignored")
        for key in keys
    }

    assert IGNORED == documented


def test_no_reason_says_not_yet() -> None:
    assert [] == [name for name, each in REFUSED.items() if "not yet" in each.reason]


def test_every_key_stands_in_the_example_under_one_name() -> None:
    other_names = {"EnableNextExpectedMsgSeqNum", "ResendRequestChunkSize"}
    shown = set(re.findall(r"\b(\w+)=", EXAMPLE)) | {"DefaultApplVerID"}

    assert "DefaultApplVerID" in EXAMPLE
    assert {key.name for key in KEYS} - other_names == shown & {key.name for key in KEYS}


def test_what_the_example_calls_a_default_is_the_default() -> None:
    told = dict(re.findall(r"^# (\w+)=(\S+)$", EXAMPLE, re.MULTILINE))
    known = {name: value for name, value in defaults().items() if name in told}

    assert 20 < len(known)
    assert known == {name: told[name] for name in known}

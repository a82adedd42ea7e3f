"""QuickFIX's settings format, and what QuickFIX passes over in silence."""

from pathlib import Path

import pytest

from fixgw.model.errors import SettingsError
from fixgw.runtime.cfg import parse


def parsed(text: str) -> list[dict[str, str]]:
    """The sessions of *text*, each with what it has from [DEFAULT]; it must be good."""
    errors: list[SettingsError] = []
    sections = parse(Path("client.cfg"), text, errors)
    assert [] == [str(each) for each in errors]
    return [
        {name: entry.value for name, entry in entries.items()} for _, entries in sections.merged()
    ]


def test_a_session_has_what_default_sets_and_it_does_not() -> None:
    text = "[SESSION]\nA=2\n[DEFAULT]\nA=1\nB=1\n[SESSION]\n"

    assert [{"a": "2", "b": "1"}, {"a": "1", "b": "1"}] == parsed(text)


@pytest.mark.parametrize(
    "line",
    ["SenderCompID=FIXGW", "sendercompid=FIXGW", "  SENDERCOMPID\t=  FIXGW  \r"],
)
def test_case_of_keys_and_blanks_do_not_count(line: str) -> None:
    assert [{"sendercompid": "FIXGW"}] == parsed(f"[SESSION]\n{line}\n")


def test_a_comment_stands_at_the_start_of_a_line_only() -> None:
    assert [{"a": "1 # one", "b": "x=y"}] == parsed("#\n[SESSION]\n  # A=2\nA=1 # one\nB=x=y\n")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("A=1", "1: A: stands before any [DEFAULT] or [SESSION]"),
        ("[DEFAULT]\nhello", "2: expected Key=Value, [DEFAULT], [SESSION] or a # comment"),
        ("[DEFAULT]\n=1", "2: expected Key=Value, [DEFAULT], [SESSION] or a # comment"),
        ("[session]", "1: [session] is no section: write [DEFAULT] or [SESSION]"),
        ("[DEFAULT]\n[DEFAULT]", "2: a second [DEFAULT]; the first is on line 1"),
        ("[DEFAULT]\nA=1\n\na=2", "4: a: written twice; the first is on line 2"),
        ("[DEFAULT]\nA=\x1b[2J", "2: A: holds a character that cannot be printed"),
        ("[\x1b]", "1: [?] is no section: write [DEFAULT] or [SESSION]"),
    ],
)
def test_errors(text: str, error: str) -> None:
    errors: list[SettingsError] = []

    parse(Path("client.cfg"), text, errors)

    assert [f"client.cfg:{error}"] == [str(each) for each in errors]

"""A table as a struct of whoever knows its type, and the line of each error in it."""

from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
from msgspec import Struct

from fixgw.model.errors import SettingsError
from fixgw.runtime.errors import SettingsErrors
from fixgw.runtime.secrets import Secret
from fixgw.runtime.toml import Document, Table


class Account(Struct, frozen=True, forbid_unknown_fields=True):
    key_id: str
    secret: Secret


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    symbol: str
    tick: Decimal = Decimal(1)


class Acme(Struct, frozen=True, forbid_unknown_fields=True):
    """As an adapter would write it."""

    url: str = "https://acme.example"
    accounts: dict[str, Account] = {}
    rules: tuple[Rule, ...] = ()
    mode: Literal["fast", "safe"] = "safe"
    wait_seconds: float = 1.0
    proof: Rule | None = None

    def __post_init__(self) -> None:
        if self.mode == "fast" and not self.accounts:
            raise ValueError("mode fast needs an account")


ACME_KEYS = "accounts, mode, proof, rules, url, wait_seconds"


def acme(text: str, directory: Path = Path()) -> Acme:
    document = Document(directory / "g.toml", "[venues.acme]\n" + text)
    table = Table(document, ("venues", "acme"), document.root["venues"]["acme"])
    return table.decode(Acme)


def errors(text: str, directory: Path = Path()) -> list[str]:
    with pytest.raises(SettingsErrors) as caught:
        acme(text, directory)
    return [str(each).replace(f"{directory}/", "") for each in caught.value.errors]


def test_numbers_are_exact() -> None:
    found = acme("rules = [{ symbol = 'X', tick = 0.1 }, { symbol = 'Y', tick = 5 }]")

    assert [Decimal("0.1"), Decimal(5)] == [rule.tick for rule in found.rules]


def test_a_float_may_be_written_either_way() -> None:
    assert [0.5, 2.0] == [
        acme("wait_seconds = 0.5").wait_seconds,
        acme("wait_seconds = 2").wait_seconds,
    ]


def test_a_secret_is_read_from_where_the_table_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME", "from the environment")
    (tmp_path / "key").write_text("from the file\n")
    (tmp_path / "key").chmod(0o600)

    found = acme(
        "[venues.acme.accounts]\n"
        "A = { key_id = 'a', secret = { env = 'ACME' } }\n"
        "B = { key_id = 'b', secret = { file = 'key' } }\n",
        tmp_path,
    )

    assert ["from the environment", "from the file"] == [
        account.secret.reveal() for account in found.accounts.values()
    ]


def test_all_errors_are_found_each_with_its_line() -> None:
    text = """
ulr = "x"
mode = "quick"
wait_seconds = "1"

[[venues.acme.rules]]
symbol = "X"
tick = inf

[[venues.acme.rules]]
tick = 1

[venues.acme.accounts.A]
key_id = "a"
secret = "hunter2"
"""
    assert [
        "g.toml:3: venues.acme.ulr: unknown key; did you mean url?",
        "g.toml:4: venues.acme.mode: expected one of fast, safe",
        "g.toml:5: venues.acme.wait_seconds: expected float, got str",
        "g.toml:9: venues.acme.rules[0].tick: expected a finite number",
        "g.toml:11: venues.acme.rules[1].symbol: missing; it has no default",
        "g.toml:16: venues.acme.accounts.A.secret: a secret does not stand in a settings file: "
        'write { env = "NAME" } or { file = "secrets/NAME" }',
    ] == errors(text)


def test_a_key_that_is_no_bare_word_is_quoted_in_the_text() -> None:
    assert ["g.toml:2: venues.acme.'a\\x1b.b': unknown key; known are " + ACME_KEYS] == errors(
        '"a\\u001b.b" = 1'
    )


def test_a_struct_that_may_be_absent_is_looked_into_as_well() -> None:
    assert ["g.toml:2: venues.acme.proof.symbol: expected str, got int"] == errors(
        "proof = { symbol = 1 }"
    )


def test_a_value_in_place_of_a_table() -> None:
    assert ["g.toml:2: venues.acme.accounts: expected object, got int"] == errors("accounts = 1")


def test_a_rule_between_fields() -> None:
    assert ["g.toml:1: venues.acme: mode fast needs an account"] == errors("mode = 'fast'")


def test_a_secret_that_cannot_be_read(tmp_path: Path) -> None:
    text = "accounts.A = { key_id = 'a', secret = { file = 'gone' } }"

    assert [
        "g.toml:2: venues.acme.accounts.A.secret: cannot read gone: No such file or directory"
    ] == errors(text, tmp_path)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a = 1\nb = ", "g.toml:2: not TOML: Invalid value"),
        ("a = 1\na = 2", "g.toml:2: not TOML: Cannot overwrite a value"),
        ("a = '''", "g.toml:1: not TOML: Expected \"'''\""),
        ("a = " + "[" * 100_000, "g.toml: nested too deep to read"),
    ],
)
def test_a_text_that_is_not_toml(text: str, error: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Document(Path("g.toml"), text)

    assert error == str(caught.value)


class _Placed(Struct):
    file: Path


def test_a_path_is_from_the_directory_of_the_file(tmp_path: Path) -> None:
    for written, meant in (("../var/a", tmp_path / "../var/a"), ("/a", Path("/a"))):
        document = Document(tmp_path / "some.toml", f'file = "{written}"')
        assert _Placed(meant) == Table(document, (), document.root).decode(_Placed)


@pytest.mark.parametrize("written", ['""', "7"])
def test_what_is_no_path_is_told(written: str) -> None:
    document = Document(Path("some.toml"), f"file = {written}")
    with pytest.raises(SettingsErrors, match="some.toml:1: file: expected the path of a file"):
        Table(document, (), document.root).decode(_Placed)

"""The settings: what they may say, what they default to, and that the documents tell them all."""

from decimal import Decimal as D
from pathlib import Path

import msgspec
import pytest

from fixgw.directory.broctagon.config import AccountAt, BroctagonConfig, Listing
from fixgw.runtime.errors import SettingsErrors
from fixgw.runtime.toml import Document, Table

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "docs" / "venues" / "broctagon.md"
SETTINGS = 5
"""The number of the document's section on them."""
KEY = "not-a-secret-crm-key"
LEAST = """
url = "https://crm.example.com"
key = { file = "key" }
connection_id = "real-1"
[accounts]
A1 = { login = 1001 }
"""


def read(tmp_path: Path, text: str = LEAST, key: str = KEY) -> BroctagonConfig:
    """The settings in *text*, with *key* in the file that they name."""
    (tmp_path / "key").write_text(key)
    (tmp_path / "key").chmod(0o600)
    document = Document(tmp_path / "gateway.toml", text)
    return Table(document, (), document.root).decode(BroctagonConfig)


def test_little_is_needed(tmp_path):
    config = read(tmp_path)

    assert (30, 60, None, "", True) == (
        config.refresh_seconds, config.believed_seconds, config.min_free_margin, config.mt5_path,
        config.refuse_logon,
    )
    assert KEY not in repr(config)


def test_an_account_is_found_by_the_table_or_is_itself_the_login(tmp_path):
    text = LEAST.replace("[accounts]", (
        'account_is_login = true\nmt5_path = "/public/v1/mt5/accounts"\n[accounts]\n'
        '77 = { login = 7 }\nA2 = { login = 2001, platform = "mt5", connection_id = "five-1", '
        'user_id = "U1234567" }'
    ))
    config = read(tmp_path, text)
    mt4 = Listing("mt4", "real-1")

    assert {
        "A1": (mt4, 1001), "A2": (Listing("mt5", "five-1", "U1234567"), 2001), "77": (mt4, 7),
        "1002": (mt4, 1002), "01002": None, "0": None, "-1": None, "A3": None, "١": None, "": None,
        "9" * 19: None,
    } == {name: config.place(name) for name in
          ("A1", "A2", "77", "1002", "01002", "0", "-1", "A3", "١", "", "9" * 19)}
    assert "/public/v1/mt4/accounts" == config.path("mt4")
    assert "/public/v1/mt5/accounts" == config.path("mt5")


def test_only_the_table_tells_unless_the_settings_say_otherwise(tmp_path):
    assert read(tmp_path).place("1001") is None


@pytest.mark.parametrize(
    "written, read_as",
    [("100", D(100)), ("0.01", D("0.01")), ("{ USD = 100, EUR = 0.5 }",
                                            {"USD": D(100), "EUR": D("0.5")})],
)
def test_a_margin_is_exact(tmp_path, written, read_as):
    assert read_as == read(tmp_path, f"min_free_margin = {written}{LEAST}").min_free_margin


@pytest.mark.parametrize(
    "line, why",
    [
        ('url = "http://crm.example.com"', "https"),
        ('url = "crm.example.com"', "an address"),
        ('url = "https://user@crm.example.com"', "host, port and path only"),
        ('url = "https://crm.example.com/?a=b"', "host, port and path only"),
        ('connection_id = ""', "needs a connection_id"),
        ('platform = "mt5"', "mt5_path"),
        ("A1 = { login = 0 }", "login"),
        ('A1 = { login = 1, platform = "mt6" }', "mt4, mt5"),
        ("A1 = { login = 1, odd = 2 }", "odd"),
        ("min_free_margin = -1", "not below 0"),
        ("min_free_margin = { USD = nan }", "min_free_margin"),
        ("last_known_minutes = 1\nrefresh_seconds = 31", "two refresh_seconds"),
        ("refresh_seconds = 0", "refresh_seconds"),
        ('mt5_path = "mt5"', "mt5_path"),
        ("page_size = 501", "page_size"),
        ("attempts = 0", "attempts"),
        ("backoff_min_seconds = 31", "backoff_max_seconds"),
        ('venue = "apifiny"', "did you mean venues"),
        ('key = "in the file"', "a secret does not stand"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, line, why):
    name = line.partition(" ")[0]
    kept = [each for each in LEAST.splitlines() if not each.startswith(f"{name} =")]
    text = "\n".join(kept)
    text = f"{text}\n{line}" if name == "A1" else f"{line}\n{text}"

    with pytest.raises(SettingsErrors, match=why):
        read(tmp_path, text)


def test_somebody_must_be_named(tmp_path):
    with pytest.raises(SettingsErrors, match="no account is named"):
        read(tmp_path, LEAST.partition("[accounts]")[0])


def test_a_plain_address_is_for_this_machine_only(tmp_path):
    assert read(tmp_path, LEAST.replace("https://crm.example.com", "http://127.0.0.1:8750"))


def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(tmp_path):
    with pytest.raises(SettingsErrors, match="printable ASCII") as told:
        read(tmp_path, key="canary\x01key")
    assert "canary" not in str(told.value)


@pytest.mark.parametrize("type_", [BroctagonConfig, AccountAt])
def test_every_setting_is_told_of(type_):
    text = DOCUMENT.read_text()

    assert [] == [f.name for f in msgspec.structs.fields(type_) if f"`{f.name}`" not in text]


def test_the_documents_table_has_the_defaults():
    rows = [
        [cell.strip().strip("`") for cell in line.split("|")[1:3]]
        for line in DOCUMENT.read_text().split("\n## ")[SETTINGS].splitlines()
        if line.startswith("| `")
    ]
    told = dict(rows)
    fields = {f.name: f for f in msgspec.structs.fields(BroctagonConfig)}

    assert set(told) == set(fields)
    for name, field in fields.items():
        default = field.default
        if default is msgspec.NODEFAULT:
            written = "required" if field.default_factory is msgspec.NODEFAULT else "none"
        elif isinstance(default, bool):
            written = str(default).lower()
        else:
            written = f"{default:g}" if isinstance(default, int | float) else default or "none"
        assert (name, written) == (name, told[name])


def test_the_example_names_what_is_needed():
    example = (ROOT / "sessions" / "gateway.toml").read_text()

    assert "# [directories.crm]" in example
    assert '# adapter = "broctagon"' in example

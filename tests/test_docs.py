"""What exists is documented: commands in the README, settings in the example, decisions listed."""

import re
from pathlib import Path

import msgspec
from fixgw.cli.main import COMMANDS
from fixgw.directory.config import DirectoryConfig
from fixgw.runtime.gateway_toml import GatewayToml

ROOT = Path(__file__).resolve().parents[1]

OPEN = ("venues", "directories")
"""Tables whose keys are an adapter's; its own document has them."""


def test_every_command_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()

    assert [] == [command for command in COMMANDS if f"| `fixgw {command}" not in readme]


def test_every_setting_of_the_gateway_stands_in_the_example() -> None:
    example = (ROOT / "sessions" / "gateway.toml").read_text()
    tables = {f.name: f.type for f in msgspec.structs.fields(GatewayToml) if f.name not in OPEN}
    keys = {
        f"[{table}] {field.name}"
        for table, type_ in tables.items()
        for field in msgspec.structs.fields(type_)
    }

    assert set() == {key for key in keys if f"{key.split()[1]} =" not in example}


def test_what_the_example_calls_a_default_is_the_default() -> None:
    example = (ROOT / "sessions" / "gateway.toml").read_text()
    defaults = msgspec.to_builtins(GatewayToml())
    defaults["directories"] = msgspec.to_builtins(DirectoryConfig())
    told = dict(re.findall(r"^# (\w+) = (\d+)\b", example, re.MULTILINE))
    known = {key: value for table in defaults.values() for key, value in table.items()}

    assert {key: known[key] for key in told} == {key: int(value) for key, value in told.items()}


def test_every_decision_is_listed() -> None:
    directory = ROOT / "docs" / "decisions"
    listed = (directory / "README.md").read_text()

    assert [] == [d.name for d in directory.glob("0*.md") if f"({d.name})" not in listed]


def headings(document: Path) -> set[str]:
    """What a link may name behind its #: each heading as forges write it."""
    found = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in found}


def test_every_event_of_the_log_that_is_explained_is_logged_somewhere() -> None:
    section = (ROOT / "docs" / "operating.md").read_text().partition("## The log")[2]
    explained = {
        name
        for row in re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    code = "".join(path.read_text() for path in (ROOT / "fixgw").rglob("*.py"))

    assert 20 < len(explained)
    assert set() == {name for name in explained if f'"{name}"' not in code}


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = []
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")]:
        for target, place in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", document.read_text()):
            file = document.parent / target if target else document
            if "://" in target or file.exists() and (not place or place in headings(file)):
                continue
            broken.append(f"{document.relative_to(ROOT)} -> {target}#{place}")

    assert [] == broken


def test_every_module_that_a_document_names_exists() -> None:
    """`core.orders.client_order`, `fixgw.venues.http.KEEP_ALIVE_SECONDS` and `tests/conftest.py`.

    The release notes are left out: they say what was there at the time.
    """
    packages = "|".join(each.name for each in (ROOT / "fixgw").iterdir() if each.is_dir())
    dotted = rf"`(?:fixgw\.)?((?:{packages})(?:\.\w+)+)(?:\(\))?`"
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]
    named, missing = set(), set()
    for document in documents:
        text = document.read_text()
        for name in re.findall(dotted, text):
            named.add(name)
            if not exists_in_fixgw(name):
                missing.add(f"{document.relative_to(ROOT)}: {name}")
        for path in re.findall(r"\b(?:fixgw|tests)/[\w/.-]*\w", text):
            named.add(path)
            if not (ROOT / path).exists():
                missing.add(f"{document.relative_to(ROOT)}: {path}")

    assert 60 < len(named)
    assert set() == missing


def exists_in_fixgw(dotted: str) -> bool:
    """True for a package, a module, a name in one, and a class in a package: `loop.OrderLoop`."""
    *path, last = dotted.split(".")
    if (base := ROOT.joinpath("fixgw", *path, last)).is_dir() or base.with_suffix(".py").is_file():
        return True
    place = ROOT.joinpath("fixgw", *path)
    if place.is_dir():
        return any(f"class {last}" in each.read_text() for each in place.glob("*.py"))
    file = place.with_suffix(".py")
    defined = re.compile(rf"^ *(?:class |def |){last}\b", re.MULTILINE)
    return file.is_file() and bool(defined.search(file.read_text()))

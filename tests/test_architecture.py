"""The shape of the code: what import-linter does not check."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "fixgw").rglob("*.py"))
LINES_MAX = 480


def test_a_file_says_what_it_is() -> None:
    silent = [
        str(module.relative_to(ROOT))
        for module in MODULES
        if module.name != "__init__.py" and not ast.get_docstring(ast.parse(module.read_text()))
    ]

    assert 300 < len(MODULES)
    assert [] == silent


def test_a_file_holds_one_idea() -> None:
    """A file that is longer than this has become two."""
    lines = {module: len(module.read_text().splitlines()) for module in MODULES}

    assert {} == {m: n for m, n in lines.items() if n > LINES_MAX}


def test_the_tests_of_a_module_stand_where_it_stands() -> None:
    """tests/<package>/test_<module>[_<aspect>].py belongs to fixgw/<package>/<module>.py."""
    packages = {p.name for p in (ROOT / "fixgw").iterdir() if (p / "__init__.py").exists()}
    strays = [
        test
        for package in packages
        for test in (ROOT / "tests" / package).rglob("test_*.py")
        if not _module_of(package, test)
    ]

    assert [] == strays


def _module_of(package: str, test: Path) -> bool:
    """Whether some module of *package* has the name *test* begins with."""
    name = test.stem.removeprefix("test_")
    stems = {m.stem for m in MODULES if m.relative_to(ROOT).parts[1] == package}
    stems |= {m.parent.name for m in MODULES if m.relative_to(ROOT).parts[1] == package}
    return any(name == stem or name.startswith(f"{stem}_") for stem in stems)

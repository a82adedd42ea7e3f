"""The shape of the code: what import-linter does not check."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "fixgw").rglob("*.py"))

LINES_TO_ASK_AT = 700
LONG: Mapping[str, str] = {}
"""A file that is longer, as `fixgw/core/engine.py` -> why it is still one idea."""

TYPE_IGNORES_MAX = 6

NAMED_TUPLE = frozenset({"_replace", "_asdict", "_fields", "_make"})
"""Public, whatever they begin with: a named tuple keeps the other names for its fields."""

NAMED_TWICE: Mapping[str, int] = {}
"""Classes of one name that are to get names of their own, and how many there are. It may only
become shorter."""


@cache
def parsed(module: Path) -> ast.Module:
    return ast.parse(module.read_text())


def name_of(module: Path) -> str:
    """As it is imported: `fixgw.core.engine`."""
    parts = module.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.Module, names: Mapping[str, Path]) -> set[str]:
    """The modules of *names* that *tree* imports anywhere, for the type checker too."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & names.keys()
        elif isinstance(node, ast.ImportFrom) and node.module in names:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in names else node.module)
    return found


def circles(needs: Mapping[str, set[str]]) -> list[set[str]]:
    """The groups of modules each of which needs, by way of others, all of its group."""
    reached: dict[str, set[str]] = {}
    for name in needs:
        seen: set[str] = set()
        waiting = list(needs[name])
        while waiting:
            next_ = waiting.pop()
            if next_ not in seen:
                seen.add(next_)
                waiting += needs[next_]
        reached[name] = seen
    found: list[set[str]] = []
    for name, all_needed in reached.items():
        circle = {other for other in all_needed if name in reached[other]}
        if circle and circle not in found:
            found.append(circle)
    return found


def foreign_privates(tree: ast.Module) -> Iterator[str]:
    """Each private name that *tree* uses and does not define: `10: order._status`.

    A class may use what is private to the class it is made of: `self._tell`.
    """
    own = {
        name
        for node in ast.walk(tree)
        for name in (
            [node.name] if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            else [node.attr] if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            else [node.id] if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            else [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str)
            else []
        )
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fixgw"):
            for alias in node.names:
                if is_private(alias.name):
                    yield f"{node.lineno}: {node.module}.{alias.name}"
        elif isinstance(node, ast.Attribute) and is_private(node.attr):
            of_itself = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            if not of_itself and node.attr not in own:
                yield f"{node.lineno}: {ast.unparse(node)}"


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in NAMED_TUPLE


def test_a_file_says_what_it_is() -> None:
    silent = [
        str(module.relative_to(ROOT))
        for module in MODULES
        if module.name != "__init__.py" and not ast.get_docstring(parsed(module))
    ]

    assert 300 < len(MODULES)
    assert [] == silent


def test_a_long_file_is_asked_whether_it_is_one_idea() -> None:
    """It may be: then it stands in LONG, with the reason."""
    lines = {str(m.relative_to(ROOT)): len(m.read_text().splitlines()) for m in MODULES}
    long = {module for module, count in lines.items() if count > LINES_TO_ASK_AT}

    assert set(LONG) == long


def test_no_module_needs_itself_by_way_of_others() -> None:
    names = {name_of(module): module for module in MODULES}
    needs = {name: imported(parsed(module), names) - {name} for name, module in names.items()}

    assert [] == circles(needs)


@pytest.mark.parametrize(("needs", "found"), [
    ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
    ({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}, [{"a", "b", "c"}]),
    ({"a": {"b"}, "b": {"a"}, "c": {"d", "a"}, "d": {"c"}}, [{"a", "b"}, {"c", "d"}]),
])
def test_a_circle_is_found(needs: dict[str, set[str]], found: list[set[str]]) -> None:
    assert found == circles(needs)


def test_an_import_for_the_type_checker_is_one() -> None:
    source = """
from typing import TYPE_CHECKING
import fixgw.a
if TYPE_CHECKING:
    from fixgw import b
    from fixgw.c import Thing
"""
    names = dict.fromkeys(("fixgw", "fixgw.a", "fixgw.b", "fixgw.c", "fixgw.d"), ROOT)

    assert {"fixgw.a", "fixgw.b", "fixgw.c"} == imported(ast.parse(source), names)


def test_what_is_private_is_used_by_its_own_module_alone() -> None:
    used = {str(m.relative_to(ROOT)): list(foreign_privates(parsed(m))) for m in MODULES}

    assert {} == {module: names for module, names in used.items() if names}


@pytest.mark.parametrize(("line", "found"), [
    ("order._status", ["1: order._status"]),
    ("self._order._status", ["1: self._order._status"]),
    ("from fixgw.a import _b", ["1: fixgw.a._b"]),
    ("self._tell()", []), ("row._replace(id=1)", []), ("order.__class__", []),
    ("class A:\n    def f(self, other):\n        self._x = other._x", []),
    ("from os import _exit", []),
])
def test_a_use_of_what_is_private_elsewhere_is_found(line: str, found: list[str]) -> None:
    assert found == list(foreign_privates(ast.parse(line)))


def test_the_type_checker_is_silenced_in_a_few_places_only() -> None:
    silenced = [
        f"{module.relative_to(ROOT)}:{number}"
        for module in MODULES
        for number, line in enumerate(module.read_text().splitlines(), 1)
        if re.search(r"#\s*type:\s*ignore", line)
    ]

    assert len(silenced) <= TYPE_IGNORES_MAX, silenced


def test_a_class_has_a_name_of_its_own() -> None:
    """Venues, and the sandboxes that stand for them, may each have a Config."""
    where: dict[str, list[str]] = defaultdict(list)
    for module in MODULES:
        parts = module.relative_to(ROOT).parts
        of_a_venue = parts[1] == "venues" and len(parts) > 3 and parts[2] != "kit"
        if parts[1] == "sandbox" or of_a_venue:
            continue
        for node in parsed(module).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where[node.name].append(name_of(module))
    several = {name: len(modules) for name, modules in where.items() if len(modules) > 1}

    assert {} == {name: where[name] for name in several if several[name] > NAMED_TWICE.get(name, 1)}


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

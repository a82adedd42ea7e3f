"""CI tests the same every time: what is drawn there is drawn from seeds that stand in the code."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from tests.support.seeds import SOAK_SEED, VARIABLE

ROOT = Path(__file__).resolve().parents[1]

DRAWS = {"uuid", "secrets"}
"""Modules that are nothing but chance."""

SEEDED = {"Random", "seed"}
"""Of the module random: what takes a seed."""


def test_hypothesis_draws_the_same_every_time() -> None:
    """Unless `make soak` is at work; nor has it a memory of what failed on one machine."""
    default = hypothesis.settings.default

    assert default is not None
    assert (SOAK_SEED is None) is default.derandomize
    assert default.database is None


def test_nothing_else_draws() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for line in _draws(ast.parse(path.read_text()))
    ]

    assert [] == found


def test_what_draws_is_found() -> None:
    """Else the test above could not fail."""
    source = """
import random, uuid
from random import Random, choice
from secrets import token_hex
Random()
random.random()
random.Random()
os.urandom(8)
Random(7), random.Random(7), random.seed(7), self.random.random()
"""

    assert [2, 3, 4, 5, 6, 7, 8] == sorted(_draws(ast.parse(source)))
    assert [] == list(_draws(ast.parse("random = Random(7)\nrandom.random()")))


def _draws(tree: ast.Module) -> Iterator[int]:
    """The lines that draw, or could, from a generator without a seed."""
    nodes = list(ast.walk(tree))
    imported = {each.name for node in nodes if isinstance(node, ast.Import) for each in node.names}
    for node in nodes:
        match node:
            case ast.Import(names=names):
                draws = any(each.name in DRAWS for each in names)
            case ast.ImportFrom(module="random", names=names):
                draws = any(each.name != "Random" for each in names)
            case ast.ImportFrom(module=module):
                draws = module in DRAWS
            case ast.Call(func=ast.Name(id="Random"), args=arguments):
                draws = not arguments
            case ast.Call(func=ast.Attribute(attr="urandom")):
                draws = True
            case ast.Call(func=ast.Attribute(value=ast.Name(id="random"), attr=name), args=given):
                # Where the module is not imported it is the name of a generator.
                draws = "random" in imported and not (name in SEEDED and given)
            case _:
                continue
        if draws:
            yield node.lineno


@given(st.integers())
def drawn(number: int) -> None:
    """Printed by a process of its own, below."""
    print(number)


def _told(**environment: str) -> str:
    code = (
        "import tests.conftest, tests.support.seeds as s, tests.test_same_every_time as t; "
        "t.drawn(); print(*s.seeds(3))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True,
        env={**{k: v for k, v in os.environ.items() if k != VARIABLE}, **environment},
    )
    return process.stdout


def test_two_runs_draw_the_same_and_a_soak_draws_something_else() -> None:
    first, second = _told(), _told()

    assert first == second
    assert "0 1 2" == first.splitlines()[-1]
    assert "70000 70001 70002" == _told(**{VARIABLE: "7"}).splitlines()[-1]

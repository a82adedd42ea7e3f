"""What whoever opens the repository sees first: nothing stands there that has no business there."""

import hashlib
import shutil
from pathlib import Path

import pytest

from tests.packaging.tree import files
from tests.support.processes import REPOSITORY

ROOT = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "dictionaries",
    "docs",
    "fixgw",
    "requirements",
    "sessions",
    "setup.cfg",
    "setup.py",
    "tests",
}

APACHE_2_0 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""SHA-256 of the text as the foundation publishes it."""

BUILT = (".whl", ".gz", ".zip", ".so", ".pyc", ".sqlite")


def test_the_root_holds_what_belongs_there_and_nothing_else() -> None:
    assert ROOT == {name.partition("/")[0] for name in files()}


def test_nothing_that_was_built_is_committed() -> None:
    assert [] == [name for name in files() if name.endswith(BUILT)]


def test_the_licence_is_the_whole_text_of_apache_2_0() -> None:
    assert APACHE_2_0 == hashlib.sha256((REPOSITORY / "LICENSE").read_bytes()).hexdigest()


@pytest.mark.parametrize("stranger", ["tool-1.0-py3-none-any.whl", "notes.txt"])
def test_a_stranger_is_found_without_git_too(tmp_path: Path, stranger: str) -> None:
    shutil.copy(REPOSITORY / ".gitignore", tmp_path)
    for name in ("README.md", stranger, "gateway.log", ".venv/pyvenv.cfg", "var/a"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert {".gitignore", "README.md", stranger} == files(root=tmp_path)

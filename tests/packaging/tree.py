"""The files of this tree: what git keeps, or, where there is no git, what lies in the folder."""

import subprocess
from fnmatch import fnmatch
from pathlib import Path

from tests.support.processes import REPOSITORY


def files(*folders: str, root: Path = REPOSITORY) -> set[str]:
    """Those of *root*, or under its *folders*, by their names from there."""
    if (root / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", *folders], cwd=root, check=True, capture_output=True
        )
        return set(listed.stdout.decode().split("\0")) - {""}
    # An archive of a release: nobody but .gitignore says what in it was made since.
    ignored = [line.rstrip("/") for line in (root / ".gitignore").read_text().split()]
    found: set[str] = set()
    for top in (root / each for each in folders or ("",)):
        for path in top.rglob("*"):
            name = path.relative_to(root)
            if path.is_file() and not any(_is(part, ignored) for part in name.parts):
                found.add(str(name))
    return found


def _is(name: str, patterns: list[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)

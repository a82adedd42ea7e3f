"""What `make mutants` changes, and which tests it asks for each file: quick ones first.

Files are found where they are, so nothing here has to follow when one moves.
"""

from pathlib import Path

CHANGED = ("core/**/*.py", *(f"fix/{name}.py" for name in (
    "session", "outbox", "unsent", "unconfirmed", "carried", "carried_over", "gap", "early",
)))
"""Below fixgw/. A name that is not there is a file that has moved, or will."""

ASKED: dict[str, tuple[tuple[str, ...], ...]] = {
    "core": (
        ("tests/core/**/test_{stem}*.py",),
        ("tests/core/**/test_*.py", "tests/conformance/orders/test_*.py"),
        ("tests/core/test_engine_any_input.py",),
    ),
    "fix": (
        ("tests/fix/test_{stem}*.py",),
        ("tests/fix/test_session*.py", "tests/fix/test_outbox*.py", "tests/fix/test_un*.py",
         "tests/fix/test_carried*.py", "tests/fix/test_gap*.py", "tests/fix/test_early*.py",
         "tests/fix/test_missing*.py", "tests/fix/test_resets*.py", "tests/fix/test_liveness*.py"),
        ("tests/conformance/session/test_*.py", "tests/app/test_client_session_resets.py"),
    ),
}
"""Package -> the tests that are asked, one group after the other, until one notices; {stem} is the
name of the file that is changed."""

SLOW = frozenset({"test_engine_any_input.py", "test_engine_crash.py"})
"""Not asked with the rest of their folder."""


def files(root: Path) -> list[Path]:
    """Those that are changed, below *root*/fixgw."""
    package = root / "fixgw"
    found = {each for pattern in CHANGED for each in package.glob(pattern)}
    return sorted(each for each in found if each.name != "__init__.py")


def groups(root: Path, path: str) -> list[list[str]]:
    """The tests to ask about the file *path*, below fixgw/, as pytest takes them."""
    package, stem = path.split("/")[0], Path(path).stem
    asked: set[Path] = set()
    found = []
    for group in ASKED[package]:
        named = {
            each for pattern in group for each in root.glob(pattern.format(stem=stem))
            if each.name not in SLOW or "*" not in pattern
        }
        found.append([str(each.relative_to(root)) for each in sorted(named - asked)])
        asked |= named
    return [group for group in found if group]

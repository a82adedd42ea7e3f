"""What `make mutants` changes, and which tests it asks for each file: quick ones first.

Files are found where they are, so nothing here has to follow when one moves.
"""

from pathlib import Path

CHANGED = ("core/**/*.py", *(f"fix/{name}.py" for name in (
    "session", "outbox", "unsent", "unconfirmed", "carried", "carried_over", "gap", "early",
)))
"""Below fixgw/. A name that is not there is a file that has moved, or will."""

SLOW = ("test_engine_any_input.py", "test_engine_crash.py")
"""Asked last, and only about what all others missed."""

ASKED = {
    "core": (
        ("tests/core",),
        ("tests/conformance/test_orders*.py", "tests/app/test_operator.py",
         "tests/app/test_gateway_portions.py", "tests/core/test_engine_any_input.py"),
        ("tests/core/test_engine_crash.py",),
    ),
    "fix": (
        ("tests/fix/test_[s-u]*.py", "tests/fix/test_outbox*.py", "tests/fix/test_c*.py",
         "tests/fix/test_gap*.py", "tests/fix/test_early*.py", "tests/fix/test_missing*.py",
         "tests/fix/test_resets*.py", "tests/fix/test_liveness*.py"),
        ("tests/app/test_client*.py",),
    ),
}
"""Package -> the tests asked one group after the other, until one notices."""


def files(root: Path) -> list[Path]:
    """Those that are changed, below *root*/fixgw."""
    package = root / "fixgw"
    found = {each for pattern in CHANGED for each in package.glob(pattern)}
    return sorted(each for each in found if each.name != "__init__.py")


def groups(root: Path, package: str) -> list[list[str]]:
    """The tests to ask about a file of *package*, as pytest takes them."""
    return [
        [
            str(each.relative_to(root))
            for pattern in group for path in sorted(root.glob(pattern))
            for each in (sorted(path.glob("test_*.py")) if path.is_dir() else [path])
            if each.name not in SLOW or pattern.endswith(".py")
        ]
        for group in ASKED[package]
    ]

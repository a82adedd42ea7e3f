"""`make mutants` itself: what it changes, what it leaves alone, and that it notices."""

from pathlib import Path

import pytest

from tests.mutants import __main__ as command
from tests.mutants.changes import changed, mutants
from tests.mutants.equivalent import EQUIVALENT, Equivalent
from tests.mutants.targets import files, groups
from tests.support.processes import REPOSITORY

SOURCE = '''"""A file."""

LIMIT = 5


class Counter:
    """Counts."""

    def add(self, number: int = 1) -> int:
        """Add *number*."""
        assert number < 3
        if number > 0 and not self.closed:
            self.total += number
            self.log(f"{number + 1} more")
        return self.total
'''


def test_every_kind_of_change_of_what_a_function_does() -> None:
    changes = [(each.line, each.change) for each in mutants("core/counter.py", SOURCE)]

    assert sorted(changes) == [
        (12, "0 -> 1"), (12, "and -> or"), (12, "compared otherwise"), (12, "not left out"),
        (13, "left out"), (14, "left out"), (15, "returns None"),
    ]


def test_a_change_is_one_and_the_file_stays_python() -> None:
    found = mutants("core/counter.py", SOURCE)
    sources = [changed(SOURCE, each.number) for each in found]

    assert len(set(sources)) == len(found)
    for each, source in zip(found, sources, strict=True):
        compile(source, each.path, "exec")
        assert str(each).startswith(f"core/counter.py:{each.line}: {each.change}: ")
    assert "if number > 0 or not self.closed" in "".join(sources)


def test_it_finds_the_core_and_tests_for_each_file_of_it() -> None:
    found = files(REPOSITORY)
    packages = {each.relative_to(REPOSITORY / "fixgw").parts[0] for each in found}

    assert packages == {"core", "fix"} and len(found) > 25
    for path in found:
        asked = groups(REPOSITORY, str(path.relative_to(REPOSITORY / "fixgw")))
        assert len(asked) > 1
        assert all((REPOSITORY / each).is_file() for group in asked for each in group)


def test_a_sample_is_the_same_every_time_and_leaves_out_what_makes_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = mutants("core/counter.py", SOURCE)
    none = Equivalent("counter.py", "self.total += number", "left out", "of this test")
    monkeypatch.setattr(command, "EQUIVALENT", (none,))

    assert command.drawn(found, 3, 7) == command.drawn(found, 3, 7)
    assert len(command.drawn(found, 3, 7)) == 3
    assert [each.line for each in command.drawn(found, 0, 7)].count(13) == 0


def test_a_change_is_tried_in_a_copy_and_the_copy_is_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "fixgw" / "core").mkdir(parents=True)
    (tmp_path / "tests" / "core").mkdir(parents=True)
    for package in ("fixgw", "fixgw/core", "tests", "tests/core"):
        (tmp_path / package / "__init__.py").touch()
    path = tmp_path / "fixgw" / "core" / "counter.py"
    path.write_text(
        "def count(number):\n    return number + 1\n\n\ndef lost():\n    return 1 > 0\n"
    )
    (tmp_path / "tests" / "core" / "test_counter.py").write_text(
        "from fixgw.core.counter import count\n\n\ndef test():\n    assert count(1) == 2\n"
    )
    monkeypatch.setattr(command, "PYTEST", ("--rootdir", str(tmp_path)))

    survivors = command.play(mutants("core/counter.py", path.read_text()), tmp_path, 2)

    assert {(each.line, each.change) for each in survivors} == {
        (6, "compared otherwise"), (6, "1 -> 2"), (6, "0 -> 1"),
    }
    assert 1 == command.verdict(6, survivors)
    assert 0 == command.verdict(100, survivors)


def test_what_makes_no_difference_says_why() -> None:
    assert all(each.reason and each.source for each in EQUIVALENT)

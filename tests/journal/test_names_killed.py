"""Compaction dies while it writes or merges names, or cannot write: no name is lost."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixgw.journal.names import Names, write_names
from tests.support.compacting import FILED_AT, THEN_AT, first_rows, next_rows
from tests.support.dying import TOO_LARGE, Dying
from tests.support.filed import FiledOrder

FIRST = first_rows()
NEXT = next_rows()
STEPS_MIN = 8


@pytest.fixture(scope="module")
def dying() -> Iterator[Dying]:
    with Dying() as made:
        yield made


@pytest.fixture
def prepare(tmp_path: Path) -> Callable[[int], Path]:
    """Make a directory with three files of the FIRST orders' names."""
    def made(step: int) -> Path:
        directory = tmp_path / str(step)
        directory.mkdir()
        write_first(directory)
        return directory

    return made


def write_first(directory: Path) -> None:
    for number, tick in enumerate((1, 5, 9)):
        last = tick + 3 if tick < 9 else FILED_AT
        write_names(directory, tick, last, FIRST[number * 7:number * 7 + 7])


def all_there(directory: Path, wanted: list[FiledOrder], through: int) -> bool:
    names = Names(directory)
    assert [] == names.missing(through)
    return all(names.may_have(row.session, name) for row in wanted for name in row.names)


def test_killed_at_any_step_of_a_merge_no_name_is_lost(
    dying: Dying, prepare: Callable[[int], Path]
) -> None:
    steps = 0
    for directory in dying.steps("merge", prepare):
        steps += 1
        assert all_there(directory, FIRST, FILED_AT)
        assert sum(len(row.names) for row in FIRST) == len(Names(directory)), "each once"
        assert (0, "") == dying.run("merge", directory)
        assert all_there(directory, FIRST, FILED_AT)
        assert 1 == len(list(directory.iterdir())), "nothing is left behind"

    assert STEPS_MIN < steps


def test_killed_at_any_step_of_writing_a_file_is_there_or_not(
    dying: Dying, prepare: Callable[[int], Path]
) -> None:
    found = []
    for directory in dying.steps("names", prepare):
        assert all_there(directory, FIRST, FILED_AT)
        found.append(Names(directory).missing(THEN_AT))
        assert (0, "") == dying.run("names", directory)
        assert all_there(directory, [*FIRST, *NEXT], THEN_AT)

    assert [[(FILED_AT + 1, THEN_AT)], []] == [found[0], found[-1]]


@pytest.mark.parametrize("job", ["merge", "names"])
def test_killed_in_the_middle_of_a_write_no_name_is_lost(
    dying: Dying, prepare: Callable[[int], Path], job: str
) -> None:
    codes = set()
    for at in (0, 1, 4_095, 4_096, 4_100, 4_200, 1 << 20):
        directory = prepare(at)
        codes.add(dying.run(job, directory, "torn", at)[0])
        assert all_there(directory, FIRST, FILED_AT)
        assert (0, "") == dying.run(job, directory)
        assert all_there(directory, FIRST, FILED_AT)

    assert {0, TOO_LARGE} == codes


@pytest.mark.parametrize("job", ["merge", "names"])
def test_a_full_disk_changes_nothing_and_the_next_attempt_writes_all(
    dying: Dying, prepare: Callable[[int], Path], job: str
) -> None:
    for at in (0, 1, 4_095, 4_096, 4_100, 4_200):
        directory = prepare(at)
        code, text = dying.run(job, directory, "full", at)

        assert 0 == code, text
        assert "Nothing on record is lost, and the next attempt begins again" in text
        assert all_there(directory, [*FIRST, *NEXT] if job == "names" else FIRST, FILED_AT)
        assert not list(directory.glob("*.partial"))


@pytest.mark.parametrize("job", ["merge", "names"])
def test_a_directory_that_cannot_be_written_is_told(
    dying: Dying, everybodys: Path, job: str
) -> None:
    write_first(everybodys)
    code, text = dying.run(job, everybodys, "read-only")

    assert 0 == code, text
    assert "Permission denied; check that disk (space, permissions)" in text
    assert all_there(everybodys, [*FIRST, *NEXT] if job == "names" else FIRST, FILED_AT)

"""Compaction dies while it files orders, or cannot write: a reader sees either before or after."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fixgw.journal.closed import ClosedOrders
from tests.support.compacting import FILED_AT, THEN_AT, first_rows, next_rows
from tests.support.dying import KILLED, TOO_LARGE, Dying

PAGE = 4096

FIRST = first_rows()
NEXT = next_rows()
AFTER = {row.root: row for row in [*FIRST, *NEXT]}


@pytest.fixture(scope="module")
def dying() -> Iterator[Dying]:
    with Dying() as made:
        yield made


@pytest.fixture
def prepare(tmp_path: Path) -> Callable[[int], Path]:
    """Make a directory with a file of the FIRST orders."""
    def made(step: int) -> Path:
        directory = tmp_path / str(step)
        directory.mkdir()
        with closing(ClosedOrders(directory / "closed.sqlite")) as closed:
            closed.file(FIRST, FILED_AT)
        return directory

    return made


def state(directory: Path) -> str:
    """Read everything; return "before" or "after"."""
    with closing(ClosedOrders(directory / "closed.sqlite", read_only=True)) as reader:
        through = reader.filed_through
        wanted = {row.root: row for row in FIRST} if through == FILED_AT else AFTER
        assert through in (FILED_AT, THEN_AT)
        assert len(wanted) == len(reader)
        assert [wanted[root].events for root in sorted(wanted, reverse=True)] == list(
            reader.newest(1_000)
        )
        for row in NEXT:
            for name in row.names:
                found = reader.by_name(row.session, name)
                assert found == (wanted[row.root].events if row.root in wanted else None)
    return "before" if through == FILED_AT else "after"


def test_killed_at_any_step_it_has_filed_all_or_nothing(
    dying: Dying, prepare: Callable[[int], Path]
) -> None:
    found = []
    for directory in dying.steps("file", prepare):
        found.append(state(directory))
        assert (0, "") == dying.run("file", directory)
        assert "after" == state(directory)

    assert 10 < len(found)
    assert ["before", "after"] == sorted(set(found), reverse=True)
    assert sorted(found, reverse=True) == ["before"] * found.count("before") + ["after"] * (
        found.count("after")), "and then it is filed"


def test_killed_at_any_step_a_new_file_is_made_or_not(dying: Dying, tmp_path: Path) -> None:
    def empty(step: int) -> Path:
        directory = tmp_path / str(step)
        directory.mkdir()
        return directory

    for directory in dying.steps("file", empty):
        assert (0, "") == dying.run("file", directory)
        with closing(ClosedOrders(directory / "closed.sqlite", read_only=True)) as reader:
            assert (THEN_AT, len(NEXT)) == (reader.filed_through, len(reader))


def test_killed_in_the_middle_of_a_write_it_has_filed_all_or_nothing(
    dying: Dying, prepare: Callable[[int], Path]
) -> None:
    """The kernel ends it as soon as a file becomes longer than so much."""
    found = []
    for pages in range(1, 100):
        directory = prepare(pages)
        code, text = dying.run("file", directory, "torn", pages * PAGE // 2)
        assert code in (0, TOO_LARGE), text
        found.append(state(directory))
        if code == 0:
            break
        assert (0, "") == dying.run("file", directory)
        assert "after" == state(directory)

    assert "before" in found
    assert "after" == found[-1]


def test_a_full_disk_changes_nothing_and_the_next_attempt_files_all(
    dying: Dying, prepare: Callable[[int], Path]
) -> None:
    told = set()
    for pages in range(1, 100):
        directory = prepare(pages)
        code, text = dying.run("file", directory, "full", pages * PAGE // 2)
        assert 0 == code, text
        assert "after" == state(directory)
        told.add(text)
        if not text:
            break

    told.remove("")
    assert told
    for text in told:
        assert "Nothing on record is lost, and the next attempt begins again" in text


def test_a_directory_that_cannot_be_written_is_told(
    dying: Dying, everybodys: Path
) -> None:
    with closing(ClosedOrders(everybodys / "closed.sqlite")) as closed:
        closed.file(FIRST, FILED_AT)

    code, text = dying.run("file", everybodys, "read-only")

    assert 0 == code, text
    assert "closed orders" in text
    assert "check that disk (space, permissions). Nothing on record is lost" in text
    assert "after" == state(everybodys)


def test_it_is_killed(dying: Dying, prepare: Callable[[int], Path]) -> None:
    """Else the tests above would show nothing."""
    assert KILLED == dying.run("file", prepare(1), "killed", 1)[0]

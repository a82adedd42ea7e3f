"""Compaction dies while it archives, deletes or prunes, or cannot write: no tick is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixgw.journal.archive import DIRECTORY, read_archived
from fixgw.journal.segments import segments
from tests.support.archiving import make_segments
from tests.support.dying import TOO_LARGE, Dying

KINDS = ["small", "large", "small"]


@pytest.fixture(scope="module")
def dying() -> Iterator[Dying]:
    with Dying() as made:
        yield made


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The segments, name to bytes, and the index of each."""
    directory = tmp_path_factory.mktemp("segments")
    found = {}
    for segment in make_segments(directory, KINDS):
        found[segment.path.name] = segment.path.read_bytes()
        found[segment.path.with_suffix(".sent").name] = b"where messages are"
    return found


def put(directory: Path, written: dict[str, bytes]) -> Path:
    directory.mkdir(exist_ok=True)
    for name, data in written.items():
        (directory / name).write_bytes(data)
    return directory


def ticks(directory: Path) -> dict[str, bytes]:
    """All segments, from wherever they are; those in the archive are whole."""
    found = {path.name: path.read_bytes() for path in directory.glob("*.ticks")}
    for path in (directory / DIRECTORY).glob("*.zst"):
        name = path.name.partition("-")[2].removesuffix(".zst")
        data = b"".join(read_archived(path))
        assert found.setdefault(name, data) == data
    return found


def test_killed_at_any_step_no_tick_is_lost(
    dying: Dying, tmp_path: Path, written: dict[str, bytes]
) -> None:
    wanted = {name: data for name, data in written.items() if name.endswith(".ticks")}
    steps = 0
    for directory in dying.steps("retire", lambda step: put(tmp_path / str(step), written)):
        steps += 1
        assert wanted == ticks(directory)
        assert (0, "") == dying.run("retire", directory)
        assert wanted == ticks(directory)
        assert 1 == len(segments(directory)) == len(list(directory.glob("*.sent")))
        assert 4 == len(list((directory / DIRECTORY).iterdir())), "nothing else is left behind"

    assert 20 < steps


def test_killed_in_the_middle_of_a_write_no_tick_is_lost(
    dying: Dying, tmp_path: Path, written: dict[str, bytes]
) -> None:
    wanted = {name: data for name, data in written.items() if name.endswith(".ticks")}
    codes = set()
    for at in (0, 50, 99, 500, 3_000, 1 << 30):
        directory = put(tmp_path / str(at), written)
        codes.add(dying.run("retire", directory, "torn", at)[0])
        assert wanted == ticks(directory)
        assert (0, "") == dying.run("retire", directory)
        assert wanted == ticks(directory)
        assert 1 == len(segments(directory))

    assert {0, TOO_LARGE} == codes


def test_a_full_disk_deletes_nothing_and_the_next_attempt_archives_all(
    dying: Dying, tmp_path: Path, written: dict[str, bytes]
) -> None:
    wanted = {name: data for name, data in written.items() if name.endswith(".ticks")}
    for at in (0, 50, 99, 500, 3_000):
        directory = put(tmp_path / str(at), written)
        code, text = dying.run("retire", directory, "full", at)

        assert 0 == code, text
        assert "File too large; check that disk (space, permissions)" in text
        assert wanted == ticks(directory)
        assert 1 == len(segments(directory))
        assert not list((directory / DIRECTORY).glob("*.partial"))


def test_a_directory_that_cannot_be_written_is_told(
    dying: Dying, everybodys: Path, written: dict[str, bytes]
) -> None:
    put(everybodys, written)
    code, text = dying.run("retire", everybodys, "read-only")

    assert 0 == code, text
    assert "Permission denied; check that disk (space, permissions)" in text
    assert 1 == len(segments(everybodys))


def test_killed_at_any_step_of_pruning_what_is_left_is_whole(
    dying: Dying, tmp_path: Path, written: dict[str, bytes]
) -> None:
    def prepare(step: int) -> Path:
        directory = put(tmp_path / str(step), written)
        assert (0, "") == dying.run("retire", directory)
        return directory

    steps = 0
    for directory in dying.steps("prune", prepare):
        steps += 1
        ticks(directory)  # reads all that is there
        assert (0, "") == dying.run("prune", directory)
        assert [] == list((directory / DIRECTORY).iterdir())

    assert 4 < steps

"""A segment goes into the archive whole, and comes out of it as it was."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
import zstandard

from fixgw.journal import archive as module
from fixgw.journal.archive import SealedSegment, may_go, prune, read_archived, retire
from fixgw.journal.segments import HEAD, Segment, head, record, segments
from fixgw.model.errors import JournalError
from tests.support.archiving import NOVEMBER_14, content, make_segments
from tests.support.filed import DAY_MS, START_MS

NOW = START_MS + 10 * DAY_MS
SEGMENT = Segment(Path("x.ticks"), 11, 0, START_MS - DAY_MS)
SEALED = SealedSegment(SEGMENT, 20, START_MS)


def goes(sealed: SealedSegment = SEALED, **facts: object) -> bool:
    given = {"now_ms": NOW, "keep_days": 10, "snapshots": [20, 30], "needed": [], **facts}
    return may_go(sealed, **given)  # type: ignore[arg-type]


# ------------------------------------------------------------------------ which may go


def test_an_old_segment_goes_that_nothing_needs() -> None:
    assert goes()


@pytest.mark.parametrize("facts", [
    {"now_ms": NOW - 1}, {"keep_days": 11}, {"snapshots": []}, {"snapshots": [19, 30]},
    {"snapshots": [30, 19]}, {"needed": [11]}, {"needed": [5, 20, 99]},
], ids=str)
def test_a_segment_stays_that_is_young_or_that_something_needs(facts: dict[str, object]) -> None:
    assert not goes(**facts)


@pytest.mark.parametrize("facts", [
    {"now_ms": NOW + DAY_MS}, {"keep_days": 0}, {"snapshots": [20]}, {"needed": [10, 21]},
], ids=str)
def test_what_is_needed_of_other_segments_keeps_none(facts: dict[str, object]) -> None:
    assert goes(**facts)


# ------------------------------------------------------------------------- in and out


@pytest.mark.parametrize("kind", ["empty", "small", "large"])
def test_a_segment_comes_out_as_it_was(tmp_path: Path, kind: str) -> None:
    [segment] = make_segments(tmp_path, [kind])
    was = segment.path.read_bytes()
    path = retire(segment, tmp_path / "archive")

    assert f"{NOVEMBER_14}-{segment.path.name}.zst" == path.name
    assert was == b"".join(read_archived(path))
    assert [path, path.with_name(path.name + ".sha256")] == sorted(path.parent.iterdir())
    assert not segment.path.exists()
    assert 0o600 == path.stat().st_mode & 0o777


def test_the_usual_tools_check_and_unpack_it(tmp_path: Path) -> None:
    [segment] = make_segments(tmp_path, ["large"])
    was = segment.path.read_bytes()
    path = retire(segment, tmp_path / "archive")

    line = path.with_name(path.name + ".sha256").read_text()
    assert f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" == line
    if shutil.which("sha256sum"):
        subprocess.run(
            ["sha256sum", "--check", "--strict", f"{path.name}.sha256"], cwd=path.parent,
            check=True, capture_output=True,
        )
    assert was == zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()


def test_the_index_of_a_segment_goes_with_it(tmp_path: Path) -> None:
    [segment, other] = make_segments(tmp_path, ["small", "small"])
    for each in (segment, other):
        each.path.with_suffix(".sent").write_bytes(b"where messages are")
    retire(segment, tmp_path / "archive")

    assert [other] == segments(tmp_path)
    assert [other.path.with_suffix(".sent")] == list(tmp_path.glob("*.sent"))


def test_a_segment_that_was_archived_before_is_compared_and_deleted(tmp_path: Path) -> None:
    [segment] = make_segments(tmp_path, ["small"])
    was = segment.path.read_bytes()
    path = retire(segment, tmp_path / "archive")
    archived = path.stat().st_mtime_ns
    segment.path.write_bytes(was)
    path.with_name(path.name + ".sha256").unlink()
    assert path == retire(segment, tmp_path / "archive")

    assert not segment.path.exists()
    assert archived == path.stat().st_mtime_ns, "it is not written again"
    assert was == b"".join(read_archived(path))
    assert path == retire(segment, tmp_path / "archive"), "nor once more"


@pytest.mark.parametrize("other", [
    b"rubbish", b"", zstandard.compress(b"another segment"),
], ids=["rubbish", "empty", "another"])
def test_a_segment_stays_if_its_name_in_the_archive_is_taken(
    tmp_path: Path, other: bytes
) -> None:
    [segment] = make_segments(tmp_path, ["small"])
    was = segment.path.read_bytes()
    taken = tmp_path / "archive" / f"{NOVEMBER_14}-{segment.path.name}.zst"
    taken.parent.mkdir()
    taken.write_bytes(other)

    with pytest.raises(JournalError, match="it differs from the segment of that name") as raised:
        retire(segment, taken.parent)
    assert str(raised.value).startswith(f"{taken}: ")
    assert (was, other) == (segment.path.read_bytes(), taken.read_bytes())

    taken.unlink()
    assert was == b"".join(read_archived(retire(segment, taken.parent)))


@pytest.mark.parametrize("longer", [b"x", b"x" * 1_000_000])
def test_a_segment_that_is_longer_than_its_copy_stays(tmp_path: Path, longer: bytes) -> None:
    [segment] = make_segments(tmp_path, ["small"])
    was = segment.path.read_bytes()
    retire(segment, tmp_path / "archive")
    for changed in (was + longer, was[:-1]):
        segment.path.write_bytes(changed)
        with pytest.raises(JournalError, match="it differs"):
            retire(segment, tmp_path / "archive")
        assert changed == segment.path.read_bytes()


def test_a_copy_that_the_disk_has_changed_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read back before the segment is deleted."""
    [segment] = make_segments(tmp_path, ["small"])
    was = segment.path.read_bytes()
    written = module.write_all

    def wrong(descriptor: int, data: bytes) -> None:
        written(descriptor, data[:-2] + b"xx" if len(data) > 1 else data)

    monkeypatch.setattr(module, "write_all", wrong)
    with pytest.raises(JournalError, match="it differs"):
        retire(segment, tmp_path / "archive")
    assert was == segment.path.read_bytes()
    assert [] == list((tmp_path / "archive").iterdir())

    monkeypatch.undo()
    assert was == b"".join(read_archived(retire(segment, tmp_path / "archive")))


# ------------------------------------------------------------------------ reading it


def test_a_damaged_archive_is_told_before_anything_of_it_is_used(tmp_path: Path) -> None:
    [segment] = make_segments(tmp_path, ["large"])
    path = retire(segment, tmp_path / "archive")
    whole = path.read_bytes()
    for damaged in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[:-1], whole + b"x", b""):
        path.write_bytes(damaged)
        with pytest.raises(JournalError, match="its checksum is wrong; put another copy"):
            next(read_archived(path))


def test_an_archived_file_without_its_checksum_is_told(tmp_path: Path) -> None:
    [segment] = make_segments(tmp_path, ["small"])
    path = retire(segment, tmp_path / "archive")
    path.with_name(path.name + ".sha256").unlink()

    with pytest.raises(JournalError, match="with its .sha256 beside it"):
        next(read_archived(path))


# ---------------------------------------------------------------------- how long it stays


def archived(directory: Path, *days: str) -> list[str]:
    directory.mkdir(exist_ok=True)
    for day in days:
        for suffix in ("", ".sha256"):
            (directory / f"{day}-00000000000000000001.ticks.zst{suffix}").write_bytes(b"")
    return sorted(path.name for path in directory.iterdir())


def test_old_files_of_the_archive_are_deleted(tmp_path: Path) -> None:
    directory = tmp_path / "archive"
    # START_MS is in the 14th of November; a segment may go on into the day after its own.
    archived(directory, "20231111", "20231112", "20231113", "20231114")
    deleted = prune(directory, 2, START_MS + DAY_MS)

    assert ["20231111"] == [path.name[:8] for path in deleted]
    assert ["20231112", "20231113", "20231114"] == sorted(
        {path.name[:8] for path in directory.iterdir()}
    )
    assert 6 == len(list(directory.iterdir()))
    assert [] == prune(directory, 2, START_MS + DAY_MS)


def test_with_no_days_the_archive_is_kept_for_good(tmp_path: Path) -> None:
    there = archived(tmp_path / "archive", "20001111", "20231112")

    assert [] == prune(tmp_path / "archive", 0, START_MS)
    assert there == archived(tmp_path / "archive")


def test_what_is_not_the_archives_own_stays(tmp_path: Path) -> None:
    names = ["notes.txt", "20001111", "20001111-1.ticks", "2000111-1.ticks.zst", "x.sha256"]
    for name in names:
        (tmp_path / name).write_bytes(b"")

    assert [] == prune(tmp_path, 1, START_MS)
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())


def test_a_checksum_that_was_left_alone_is_deleted_too(tmp_path: Path) -> None:
    archived(tmp_path, "20001111")
    (tmp_path / "20001111-00000000000000000001.ticks.zst").unlink()

    assert [] == prune(tmp_path, 1, START_MS)
    assert [] == list(tmp_path.iterdir())


def test_an_archive_that_is_not_there_has_nothing_old(tmp_path: Path) -> None:
    assert [] == prune(tmp_path / "none", 1, START_MS)


def test_segments_of_the_tests_are_real(tmp_path: Path) -> None:
    """Else the archive was tried with something else than what it will hold."""
    [segment] = make_segments(tmp_path, ["small"])
    data = segment.path.read_bytes()

    assert head(1, 0, START_MS) == data[:HEAD.size]
    assert data[HEAD.size:].startswith(record(1, 0, content(1)))

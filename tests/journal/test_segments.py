"""Segments: torn ticks are cut off, what was on the disk is never given up, and power may fail."""

import os
import random
import shutil
from pathlib import Path

import pytest

from fixgw.journal import embedded
from fixgw.journal.embedded import EmbeddedEngine
from fixgw.journal.files import make_directory
from fixgw.journal.follow import Follower, follow
from fixgw.journal.journal import Journal
from fixgw.journal.segments import HEAD, find_end, record, segment_path, segments
from fixgw.journal.tick import Tick, encode
from fixgw.model.errors import JournalError
from tests.journal.test_journal import accepted


def engine(path: Path, segment_bytes: int = 1_000) -> EmbeddedEngine:
    make_directory(path)
    return EmbeddedEngine(path, "process", find_end(path), segment_bytes)


def put(made: EmbeddedEngine, *numbers: int) -> None:
    for number in numbers:
        made.put(Tick(number, number, 0, events=[accepted(number)]))


def numbers(path: Path) -> list[int]:
    """The ticks of the journal; each holds what was put into it."""
    found = list(follow(path))
    assert [[accepted(each.number)] for each in found] == [each.events for each in found]
    return [each.number for each in found]


def test_a_full_segment_is_sealed_and_the_next_goes_on(path: Path) -> None:
    made = engine(path)
    put(made, *range(1, 51))
    made.close()

    assert len(segments(path)) > 3
    assert list(range(1, 51)) == numbers(path)
    again = engine(path)
    put(again, 51)
    again.close()
    assert list(range(1, 52)) == numbers(path)


def test_a_segment_of_yesterday_is_sealed(path: Path) -> None:
    made = engine(path, segment_bytes=1_000_000)
    put(made, 1, 2)
    made.put(Tick(3, 3 + embedded.DAY_MS, 0, events=[accepted(3)]))
    made.close()

    assert [1, 3] == [each.first for each in segments(path)]


@pytest.mark.parametrize("missing", [1, 20, 60])
def test_a_torn_tick_is_cut_off(path: Path, missing: int) -> None:
    made = engine(path, segment_bytes=1_000_000)
    put(made, 1, 2, 3)
    made.close()
    file = segment_path(path, 1)
    os.truncate(file, file.stat().st_size - missing)

    end = find_end(path)

    assert 2 == end.last and end.cut > 0
    again = engine(path)
    put(again, 3, 4)
    again.close()
    assert [1, 2, 3, 4] == numbers(path)


def test_a_segment_whose_head_is_torn_was_never_begun(path: Path) -> None:
    made = engine(path)
    put(made, *range(1, 21))
    made.close()
    last = segments(path)[-1]
    os.truncate(last.path, HEAD.size - 1)

    assert last.first - 1 == find_end(path).last
    assert not last.path.exists()


def test_a_damaged_tick_that_was_on_the_disk_stops_the_start(path: Path) -> None:
    made = engine(path, segment_bytes=1_000_000)
    put(made, 1, 2)
    made.sync()
    put(made, 3)  # which says that the two were on the disk
    made.close()
    file = segment_path(path, 1)
    content = bytearray(file.read_bytes())
    content[HEAD.size + 40] ^= 1
    file.write_bytes(content)

    with pytest.raises(JournalError, match="is damaged: tick 1 cannot be read, and 2 ticks were"):
        find_end(path)
    assert content == file.read_bytes(), "nothing is cut"


def test_a_damaged_sealed_segment_stops_who_reads(path: Path) -> None:
    made = engine(path)
    put(made, *range(1, 51))
    made.sync()
    put(made, 51)
    made.close()
    second = segments(path)[1]
    content = bytearray(second.path.read_bytes())
    content[HEAD.size + 40] ^= 1
    second.path.write_bytes(content)

    with pytest.raises(JournalError, match=f"tick {second.first} cannot be read"):
        list(follow(path))


@pytest.mark.parametrize("seed", range(20))
def test_power_fails_and_no_tick_that_was_durable_is_missing(path: Path, seed: int) -> None:
    """What was not synced is taken away: the end of any file, in any order."""
    draw = random.Random(seed)
    made = engine(path, segment_bytes=2_000)
    synced, last, sizes = 0, 0, dict[Path, int]()
    for _ in range(draw.randint(1, 6)):
        for _ in range(draw.randint(0, 15)):
            last += 1
            put(made, last)
        if draw.random() < 0.6:
            made.sync()
            synced = last
            sizes = {each.path: each.path.stat().st_size for each in segments(path)}
    made.close()
    for each in segments(path):
        size = each.path.stat().st_size
        kept = draw.randint(sizes.get(each.path, 0), size)
        if draw.random() < 0.3 and kept < size:
            with open(each.path, "r+b") as file:  # the length arrived, the content did not
                file.seek(kept)
                file.write(bytes(size - kept))
        else:
            os.truncate(each.path, kept)

    again = engine(path, segment_bytes=2_000)

    assert synced <= again.last <= last
    put(again, again.last + 1)
    again.close()
    assert list(range(1, again.last + 1)) == numbers(path)


# ------------------------------------------------------------------------- followers


def test_a_follower_gets_each_tick_once_across_segments_and_a_restart(path: Path) -> None:
    made = engine(path)
    put(made, 1, 2)
    follower = Follower(path)
    seen = [each.number for each in follower.read()]
    for last in range(3, 60, 7):
        put(made, *range(made.last + 1, last))
        seen += [each.number for each in follower.read()]
    made.close()
    made = engine(path)
    put(made, made.last + 1)
    seen += [each.number for each in follower.read()]

    assert list(range(1, made.last + 1)) == seen
    made.close()
    follower.close()


def test_a_follower_may_begin_anywhere(path: Path) -> None:
    made = engine(path)
    put(made, *range(1, 51))
    made.close()

    for after in (0, 1, 17, 49, 50, 99):
        assert list(range(after + 1, 51)) == [each.number for each in follow(path, after)]


def test_a_follower_survives_that_segments_are_dropped(path: Path) -> None:
    made = engine(path)
    put(made, *range(1, 51))
    follower = Follower(path)
    ticks = follower.read()
    first = next(ticks).number
    for each in segments(path)[:3]:
        each.path.unlink()
    rest = [each.number for each in ticks]

    kept = segments(path)[0].first
    assert 1 == first and list(range(kept, 51)) == rest[-(51 - kept):]
    assert 50 == len(rest) + 1 + follower.skipped
    made.close()
    follower.close()


def test_a_follower_is_not_shown_what_may_be_taken_back(path: Path) -> None:
    """With durability "power" a tick that is not synced may be gone after a restart."""
    journal = Journal.open(path, "power")
    journal.add_events([accepted(1)])
    journal.commit(0)
    assert [1] == [each.number for each in follow(path)]
    with open(segment_path(path, 1), "ab") as file:
        file.write(record(2, 1, encode(Tick(2, 0, 1, events=[accepted(2)]))))

    assert [1] == [each.number for each in follow(path)]
    journal.close()
    shutil.copytree(path, path.with_name("copy"))
    Journal.open(path.with_name("copy"), "power").close()
    assert [1, 2] == [each.number for each in follow(path.with_name("copy"))]

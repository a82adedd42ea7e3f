"""A hash is found in a file of any size, wherever in it."""

from array import array
from pathlib import Path
from random import Random

import pytest

from fixgw.journal.names_file import NamesFile, NamesHeader, write_file
from tests.support.seeds import seeds

LAST = (1 << 64) - 1
ENDS = (0, 1, 1 << 52, (1 << 52) - 1, 1 << 63, (1 << 63) - 1, LAST - 1, LAST)
"""Of all hashes, and of buckets."""


def written(directory: Path, hashes: set[int]) -> NamesFile:
    header = NamesHeader(first=1, last=1, first_day=0, last_day=0)
    return NamesFile(write_file(directory, header, [array("Q", sorted(hashes))]))


@pytest.mark.drawn
@pytest.mark.parametrize("seed", seeds(2))
@pytest.mark.parametrize("count", [0, 1, 2, 15, 16, 17, 300, 70_000])
def test_every_hash_is_found_and_no_other(tmp_path: Path, count: int, seed: int) -> None:
    random = Random(seed)
    hashes = {random.getrandbits(64) for _ in range(count)}
    file = written(tmp_path, hashes)

    assert all(map(file.has, hashes))
    others = {*ENDS, *(each + by & LAST for each in hashes for by in (-1, 1))} - hashes
    assert not any(map(file.has, others))


@pytest.mark.parametrize("hashes", [
    set(ENDS), {0}, {LAST}, set(range(1_000)), set(range(LAST - 1_000, LAST + 1)),
], ids=["ends", "first", "last", "all at the beginning", "all at the end"])
def test_hashes_that_lie_together_are_found(tmp_path: Path, hashes: set[int]) -> None:
    file = written(tmp_path, hashes)

    assert all(map(file.has, hashes))
    assert not any(map(file.has, {*ENDS, 1_000, 1_001, 1 << 40, LAST - 1_001} - hashes))

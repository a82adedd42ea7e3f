"""A directory of segments, of ticks with orders in them."""

from pathlib import Path

from fixgw.journal.segments import Segment, head, record, segment_path, segments
from fixgw.journal.tick import Tick, encode
from tests.support.filed import START_MS, rows

NOVEMBER_14 = "20231114"
"""The day of START_MS."""

TICKS = {"empty": 0, "small": 3, "large": 300}


def content(number: int) -> bytes:
    """A tick, encoded."""
    events = rows(1, first=number)[0].events
    return encode(Tick(number=number, at=START_MS + number, durable=0, events=events))


def make_segments(directory: Path, kinds: list[str]) -> list[Segment]:
    """Write segments of these kinds, and return them."""
    number = position = 0
    for kind in kinds:
        data = head(number + 1, position, START_MS)
        path = segment_path(directory, number + 1)
        for number in range(number + 1, number + 1 + TICKS[kind]):
            data += record(number, 0, content(number))
        path.write_bytes(data)
        position += len(data)
    return segments(directory)

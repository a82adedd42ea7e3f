"""A venue's payload, damaged in one field after the other.

`damaged(payload)` takes JSON as a vendor's document shows it, and yields copies of it: each field,
each element and each container replaced, one at a time, by each of DAMAGES.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

MARK = "@ here @"

DAMAGES: dict[str, bytes] = {
    "null": b"null",
    "empty": b'""',
    "number": b"7",
    "fraction": b"0.125",
    "text": b'"rubbish"',
    "long text": b'"' + b"A" * 5_000 + b'"',
    "controls": rb'"a\u0001b\nc\u0000"',
    "not ASCII": '"\N{SNOWMAN}"'.encode(),
    "true": b"true",
    "list": b"[]",
    "list of text": b'["rubbish"]',
    "object": b"{}",
    "NaN as text": b'"NaN"',
    "signaling NaN": b'"sNaN"',
    "NaN": b"NaN",
    "infinite": b'"-Infinity"',
    "1E+400": b"1E+400",
    "-1E+400": b"-1E+400",
    "1E+400 as text": b'"1E+400"',
    "1E+999999": b'"1E+999999"',
    "1E-120": b"1E-120",
    "0": b"0",
    "0 as text": b'"0"',
    "-1": b"-1",
    "200 digits": b"9" * 200,
    "200 digits as text": b'"' + b"9" * 200 + b'"',
    "200 decimals": b"0." + b"1" * 200,
    "nested": b"[" * 50 + b"]" * 50,
    "nested deep": b"[" * 2_000 + b"]" * 2_000,
    "nested objects": b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    "year 1": b'"0001-01-01T00:00:00Z"',
    "year 1, ms": b"-62135596800000",
    "year 1999, ms": b"915148800000",
    "year 9999, offset": b'"9999-12-31T23:59:59.999-12:00"',
    "year 10000": b'"10000-01-01T00:00:00Z"',
    "year 10000, ms": b"253402300800000",
    "microseconds": b"1700000000000000",
    "seconds": b"1700000000",
    "beyond 64 bits": b"18446744073709551616",
}
"""By a name for the test's message."""

OF_THE_WHOLE = frozenset({"NaN", "nested deep", "nested objects"})
"""Those after which the payload is no JSON, or none that can be read, anywhere."""

Path = tuple[str | int, ...]

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Case(Struct, frozen=True):
    """One place damaged in one way."""

    path: Path
    damage: str
    payload: bytes

    @property
    def field(self) -> str:
        """The field that is damaged, or that holds what is."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "")

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))}: {self.damage}"


def damaged(payload: bytes) -> Iterator[Case]:
    """Copies of *payload*, each with one place damaged."""
    for path in paths(payload):
        for name, damage in DAMAGES.items():
            yield Case(path, name, with_at(payload, path, damage))


def paths(payload: bytes) -> list[Path]:
    """Where *payload* can be damaged: every field, element and container but the whole."""
    return list(_paths(_decode(payload), ()))


def with_at(payload: bytes, path: Path, damage: bytes) -> bytes:
    """*payload* with the bytes *damage* in the place of what stands at *path*."""
    whole = _decode(payload)
    parent: Any = whole
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = MARK
    return _encode(whole).replace(_encode(MARK), damage)


def _paths(value: Any, here: Path) -> Iterator[Path]:
    steps: list[Any] = []
    if isinstance(value, dict):
        steps = list(value)
    elif isinstance(value, list):
        steps = list(range(len(value)))
    for step in steps:
        yield (*here, step)
        yield from _paths(value[step], (*here, step))


def failures(payload: bytes, look: Callable[[Case], object]) -> list[str]:
    """What went wrong when *look* was given each damaged copy of *payload*: for one assertion."""
    found = []
    for case in damaged(payload):
        try:
            look(case)
        except Exception as error:
            found.append(f"{case}: {type(error).__name__} {error}"[:300])
    return found

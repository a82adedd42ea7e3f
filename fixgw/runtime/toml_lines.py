"""The line of each key of a TOML text, which tomllib knows and does not expose.

No grammar of its own: the parser itself shows where a statement ends.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any

KeyPath = tuple[str | int, ...]
"""The path of a value: keys, and an index for each array on the way."""


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line on which each key of a valid TOML *text* is written.

    A value over several lines has the line of its key, and so has everything inside it.
    """
    lines: dict[KeyPath, int] = {}
    arrays: Counter[KeyPath] = Counter()
    header: KeyPath = ()
    for line, statement, tree in _statements(text):
        if statement.lstrip().startswith("["):
            header = _header_path(tree, arrays)
            found = [header]
        else:
            found = [header + path for path in _paths(tree)]
        for path in found:
            for end in range(1, len(path) + 1):
                lines.setdefault(path[:end], line)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield each header and each `key = value` of a valid *text*: its first line, its text, its
    tree.

    The parser itself shows where a statement ends: one that continues on the next line is not valid
    TOML until it is complete.
    """
    first, statement = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        statement += line + "\n"
        try:
            tree = tomllib.loads(statement)
        except ValueError:
            continue
        if tree:
            yield first, statement, tree
        first, statement = number + 1, ""


def _header_path(tree: dict[str, Any], arrays: Counter[KeyPath]) -> KeyPath:
    """Return the path that `[a.b]` or `[[a.b]]` opens; *arrays* counts the tables of each array."""
    path: KeyPath = ()
    inner: Any = tree
    while isinstance(inner, dict) and inner:
        ((key, inner),) = inner.items()
        path += (key,)
        if isinstance(inner, list):
            arrays[path] += 1
        if path in arrays:
            path += (arrays[path] - 1,)
    return path


def _paths(value: object) -> Iterator[KeyPath]:
    """Yield the path of everything inside *value*."""
    inside: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(value, dict):
        inside = iter(value.items())
    elif isinstance(value, list):
        inside = iter(enumerate(value))
    for key, each in inside:
        yield (key,)
        for rest in _paths(each):
            yield (key, *rest)

"""Tables that forget: whatever a venue sends, they stay at most so long."""

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def remember(table: dict[K, V], key: K, value: V, most: int) -> None:
    """Keep *value* in *table*; forget the oldest entry where a new one would be one too many."""
    if key not in table and len(table) >= most:
        del table[next(iter(table))]
    table[key] = value

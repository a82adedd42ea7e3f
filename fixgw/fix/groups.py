"""Validation of repeating groups, whose contents QuickFIX does not check.

QuickFIX counts the instances of a group and checks for required fields in them; it accepts any
order of the fields and any values, and does not count a group within another, or in the header. FIX
has an order there (session test case 14.j), and an error outside a group is as much an error
inside. Only whole messages that QuickFIX has accepted are checked: this module need not determine
where a group ends in a broken one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from fixgw.fix.errors import (
    IncorrectDataFormat,
    IncorrectTagValue,
    NoTagValue,
    RepeatingGroupCountMismatch,
    RepeatingGroupOutOfOrder,
)
from fixgw.fix.shapes import PATTERNS, value_pattern
from fixgw.fix.tables import Group, Tables

Matches = Callable[[str], re.Match[str] | None]

#: Numbers as QuickFIX accepts them outside groups. A shape is stricter, as QuickFIX backs it up;
#: nothing backs this up.
_DECIMAL = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)").fullmatch
_DECIMAL_TYPES = frozenset(t for t, pattern in PATTERNS.items() if pattern == PATTERNS["PRICE"])


class _Open:
    """A group that is being read, and the progress within its instance."""

    __slots__ = ("group", "counter", "announced", "instances", "rank")

    def __init__(self, group: Group, counter: int, announced: str) -> None:
        """*counter*: the NumInGroup field that has opened it, with the value *announced*."""
        self.group = group
        self.counter = counter
        self.announced = announced
        self.instances = 0
        self.rank = -1
        """Rank of the instance's last field; -1 before the first instance."""

    def step(self, tag: int) -> None:
        """Check the next field of the group."""
        rank = self.group.members[tag]
        if rank == 0:
            self.rank = 0
            self.instances += 1
        elif self.rank < 0 or rank <= self.rank:
            raise RepeatingGroupOutOfOrder(tag)
        else:
            self.rank = rank

    def close(self) -> None:
        """Check the group after its last field."""
        if int(self.announced) != self.instances:
            raise RepeatingGroupCountMismatch(self.counter)


class GroupChecks:
    """The checks of one message body's dictionary."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._patterns: dict[int, tuple[Matches, Matches]] = {}

    def check(self, fields: Iterable[tuple[int, str]], groups: Mapping[int, Group]) -> None:
        """Raise the first error in the *groups* of a message with these *fields*, in wire order.

        Raises RepeatingGroupOutOfOrder, RepeatingGroupCountMismatch, NoTagValue,
        IncorrectDataFormat or IncorrectTagValue.
        """
        within: list[_Open] = []
        for tag, value in fields:
            while within and tag not in within[-1].group.members:
                within.pop().close()
            if within:
                within[-1].step(tag)
                self._check_value(tag, value)
            counted = (within[-1].group.groups if within else groups).get(tag)
            if counted is not None:
                within.append(_Open(counted, tag, value))
        while within:
            within.pop().close()

    def _check_value(self, tag: int, value: str) -> None:
        if not value:
            raise NoTagValue(tag)
        if tag in self._tables.data_tags:
            return
        of_type, of_values = self._patterns.get(tag) or self._learn(tag)
        if not of_type(value):
            raise IncorrectDataFormat(tag)
        if not of_values(value):
            raise IncorrectTagValue(tag)

    def _learn(self, tag: int) -> tuple[Matches, Matches]:
        type_, values = self._tables.types.get(tag, ""), self._tables.values.get(tag)
        of_type = (
            _DECIMAL if type_ in _DECIMAL_TYPES
            else re.compile(value_pattern(type_, None)).fullmatch
        )
        of_values = of_type
        if values is not None:
            of_values = re.compile(value_pattern(type_, values, tag=tag)).fullmatch
        self._patterns[tag] = of_type, of_values
        return of_type, of_values

"""The line of each key of a TOML text."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.runtime.toml_lines import KeyPath, key_lines

EVERY_FORM = '''\
# a comment = 1
top = 1
"quoted key" = 2

[table]
key = 1
dotted.inner.key = 2
inline = { a = 1, b = [2, 3] }
array = [
    1,  # a comment with = and ]
    { a = 1 },
]
text = """
[no.table]
no.key = 1
"""

[table.sub]
key = 1

[[array]]
key = 1
[array.sub]
key = 1

[[array]]
key = 2
[[array.nested]]
key = 3
[[array.nested]]
key = 4
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted key",), 3),
        (("table",), 5),
        (("table", "key"), 6),
        (("table", "dotted", "inner"), 7),
        (("table", "dotted", "inner", "key"), 7),
        (("table", "inline", "a"), 8),
        (("table", "inline", "b", 1), 8),
        (("table", "array"), 9),
        (("table", "array", 1, "a"), 9),
        (("table", "text"), 13),
        (("table", "sub"), 18),
        (("table", "sub", "key"), 19),
        (("array",), 21),
        (("array", 0), 21),
        (("array", 0, "sub", "key"), 24),
        (("array", 1), 26),
        (("array", 1, "key"), 27),
        (("array", 1, "nested", 0, "key"), 29),
        (("array", 1, "nested", 1), 30),
        (("array", 1, "nested", 1, "key"), 31),
    ],
)
def test_each_form_of_a_key(path: KeyPath, line: int) -> None:
    assert line == key_lines(EVERY_FORM)[path]


def test_every_key_has_a_line_and_nothing_else_has() -> None:
    assert paths(tomllib.loads(EVERY_FORM)) == set(key_lines(EVERY_FORM))


def paths(value: Any, here: KeyPath = ()) -> set[KeyPath]:
    inside: Any = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    found = {here} if here else set()
    return found.union(*(paths(each, (*here, key)) for key, each in inside))


KEYS = st.lists(st.sampled_from(["a", "b", "'c d'"]), min_size=1, max_size=3).map(".".join)
VALUES = st.sampled_from(["1", "'x'", "[\n1,\n2]", "{ a = [{ b = 1 }] }", "'''\n[a]\n'''"])
STATEMENTS = st.one_of(
    st.builds("{} = {}".format, KEYS, VALUES), KEYS.map("[{}]".format), KEYS.map("[[{}]]".format)
)


@given(st.lists(STATEMENTS, max_size=8).map("\n".join))
def test_any_valid_text(text: str) -> None:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert paths(values) == set(key_lines(text))

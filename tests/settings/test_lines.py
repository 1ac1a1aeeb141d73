"""The line of each key of a TOML text."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime

import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from whyburn.settings.lines import LineIndex

TEXT = '''\
# comment with [brackets] and = signs
top = 1
"quoted key" = "a # no comment"
[a]           # a header
x = """
[not.a.header]
y = 1
"""
b.c.d = [
  1, # one
  [2, "]"],
  { e = "}" },
]
[[rows]]
one = 1
[rows.sub]
two = '#'
[[rows]]
one = \'\'\'
[[rows]]
\'\'\'
   three . "fo\\"ur" = {"five" = [1, 2], six.seven = 2026-01-01 10:00:00}
[[rows.inner]]
[[rows.inner]]
eight = 8
'''


def test_every_kind_of_key() -> None:
    """Headers, arrays of tables, dotted and quoted keys, inline tables and list elements have their own lines."""
    tomllib.loads(TEXT)  # the example is TOML
    index = LineIndex(TEXT)
    expected = {
        ("top",): 2,
        ("quoted key",): 3,
        ("a",): 4,
        ("a", "x"): 5,
        ("a", "b", "c", "d"): 9,
        ("a", "b", "c", "d", 1): 11,
        ("a", "b", "c", "d", 2, "e"): 12,
        ("rows", 0): 14,
        ("rows", 0, "one"): 15,
        ("rows", 0, "sub", "two"): 17,
        ("rows", 1): 18,
        ("rows", 1, "one"): 19,
        ("rows", 1, "three", 'fo"ur', "six", "seven"): 22,
        ("rows", 1, "inner", 0): 23,
        ("rows", 1, "inner", 1, "eight"): 25,
    }

    assert expected == {path: index.line(path) for path in expected}


def test_unknown_key_has_the_line_of_its_table() -> None:
    """What is not in the text is placed where it is missing."""
    index = LineIndex(TEXT)

    assert (index.line(("rows", 1, "absent")), index.line(("nowhere",))) == (18, 1)


VALUES = st.recursive(
    st.text(max_size=8) | st.integers(-9, 9) | st.booleans() | st.just(datetime(2026, 5, 1, 10, tzinfo=UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=5))
def test_any_document(data: dict[str, object]) -> None:
    """The line of every top-level key of any document is the one that begins with it."""
    text = tomlkit.dumps(data)
    lines = text.split("\n")
    index = LineIndex(text)
    begins = [lines[index.line((key,)) - 1].lstrip("[").startswith(tomlkit.key(key).as_string()) for key in data]

    assert all(begins)

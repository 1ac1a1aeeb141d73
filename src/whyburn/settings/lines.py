"""On which line of a TOML text each key stands.

`tomllib` gives values without places, and a message without a line sends people searching. This reads a text that
`tomllib` has accepted, so it need not judge it, only walk it: headers, dotted and quoted keys, arrays of tables, inline
tables, and strings and comments in which none of these mean anything.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

Path = tuple[str | int, ...]

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_TOKENS = {
    "part": _KEY,
    "blank": r"(?:[ \t\r\n]|\#[^\n]*)*",
    "string": r'''"""(?:[^\\]|\\.)*?"{3,5}|\'{3}.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\'''',
    "bare": r"[^\s,\]\}#]+(?: [0-9][^\s,\]\}#]*)?",
}


class LineIndex:
    """Lines by key path; array elements are numbered from 0, as in `("pricing", "virtual", 2, "model")`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        self._patterns = {name: re.compile(pattern, re.DOTALL) for name, pattern in _TOKENS.items()}
        self._pos = 0
        self._walk()

    def line(self, path: Path) -> int:
        """The line of a key or table; of what has no line of its own, that of the nearest table around it."""
        for length in range(len(path), 0, -1):
            found = self._lines.get(path[:length])
            if found is not None:
                return found
        return 1

    def _walk(self) -> None:
        table: Path = ()
        self._skip("blank")
        while self._pos < len(self._text):
            table = self._header() if self._text[self._pos] == "[" else self._pair(table)
            self._skip("blank")

    def _header(self) -> Path:
        start = self._pos
        many = self._text.startswith("[[", start)
        self._pos += 2 if many else 1
        parts = self._key()
        self._pos += 2 if many else 1
        table = self._resolve(parts, start, many=many)
        self._lines.setdefault(table, self._line_at(start))
        return table

    def _resolve(self, parts: list[str], start: int, *, many: bool) -> Path:
        """The path that a header means: inside an array of tables its last element."""
        path: Path = ()
        for place, part in enumerate(parts):
            path = (*path, part)
            if many and place == len(parts) - 1:
                self._lines.setdefault(path, self._line_at(start))
                self._counts[path] = self._counts.get(path, 0) + 1
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
            self._lines.setdefault(path, self._line_at(start))
        return path

    def _pair(self, table: Path) -> Path:
        """`key = value`; returns the table that it stands in."""
        line = self._line_at(self._pos)
        path = table
        for part in self._key():
            path = (*path, part)
            self._lines.setdefault(path, line)
        self._pos += 1  # the equals sign
        self._value(path)
        return table

    def _key(self) -> list[str]:
        """The parts of a dotted key, up to the sign after it."""
        parts = []
        while True:
            self._skip("blank")
            raw = self._skip("part")
            if not raw:
                raise ValueError("not a key")
            parts.append(_unquoted(raw))
            self._skip("blank")
            if not self._text.startswith(".", self._pos):
                return parts
            self._pos += 1

    def _value(self, path: Path) -> None:
        self._skip("blank")
        opening = self._text[self._pos : self._pos + 1]
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline(path)
        elif not (self._skip("string") if opening in {'"', "'"} else self._skip("bare")):
            raise ValueError("not a value")

    def _array(self, path: Path) -> None:
        self._pos += 1
        number = 0
        while not self._closes("]"):
            self._lines[(*path, number)] = self._line_at(self._pos)
            self._value((*path, number))
            number += 1

    def _inline(self, path: Path) -> None:
        self._pos += 1
        while not self._closes("}"):
            self._pair(path)

    def _closes(self, sign: str) -> bool:
        """Moves past blanks and commas, and past the closing sign if it is next."""
        self._skip("blank")
        while self._text.startswith(",", self._pos):
            self._pos += 1
            self._skip("blank")
        if self._pos >= len(self._text):
            raise ValueError("not closed")
        if self._text[self._pos] != sign:
            return False
        self._pos += 1
        return True

    def _skip(self, token: str) -> str:
        match = self._patterns[token].match(self._text, self._pos)
        if match is None:
            return ""
        self._pos = match.end()
        return match.group()

    def _line_at(self, position: int) -> int:
        return bisect_right(self._starts, position)


def _unquoted(raw: str) -> str:
    if raw[0] not in "\"'":
        return raw
    if "\\" not in raw or raw[0] == "'":
        return raw[1:-1]
    return str(next(iter(tomllib.loads(f"{raw} = 0"))))

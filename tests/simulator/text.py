"""Invented text of an exact size: the same key always gives the same text, and a file has the same lines in every read.

Tokens are the truth; bytes follow from them by a ratio that depends on who tokenises and on the kind of text, as it
does in reality. Nobody who reads a log gets to know the ratio.
"""

from __future__ import annotations

import zlib
from typing import Literal, NamedTuple

Texture = Literal["prose", "code", "data"]
RATIO: dict[str, dict[str, float]] = {
    "claude": {"prose": 3.7, "code": 2.9, "data": 2.5},
    "codex": {"prose": 4.3, "code": 3.6, "data": 3.2},
}
"""Bytes per token."""
_WORDS = (
    "cart", "price", "round", "total", "order", "stock", "item", "user", "session", "cache", "query", "parse", "merge",
    "field", "header", "token", "report", "batch", "worker", "retry", "ledger", "amount", "discount", "voucher", "tax",
    "region", "locale", "format", "import", "export", "schema", "index", "shelf", "basket", "refund", "invoice",
    "payment", "gateway", "signal", "filter", "bucket", "window", "period", "account", "profile", "address", "country",
    "currency", "parcel", "courier", "return", "label", "notice", "widget", "layout", "theme", "button", "dialog",
    "column", "record", "cursor", "offset", "handler", "adapter",
)  # fmt: skip
_MASK = (1 << 64) - 1


class Passage(NamedTuple):
    """A text that can be written out when it is needed."""

    key: str
    size: int
    """Bytes."""
    texture: Texture = "prose"
    first: int = 1
    """Number of its first line in the text that the key names."""
    numbered: bool = False
    """Each line begins with its number, as file readers of agents show it."""
    head: str = ""
    tail: str = ""
    """Literal text before and after, inside the size."""
    changed: int = 0
    """A line that differs from what the key says; 0 is none."""

    def write(self) -> str:
        """The text itself, in ASCII, exactly as long as promised unless head and tail alone are longer."""
        room = self.size - len(self.head) - len(self.tail)
        body = "" if room <= 0 else _body(self, room)
        return self.head + body + self.tail


def _body(passage: Passage, room: int) -> str:
    lines: list[str] = []
    number, length = passage.first, 0
    while length < room:
        text = line(passage.key, number, passage.texture)
        if number == passage.changed:
            text = f"{text}  # adjusted"
        if passage.numbered:
            text = f"{number}\t{text}"
        lines.append(text)
        length += len(text) + 1
        number += 1
    body = "\n".join(lines)[:room]
    return body[:-1] + "." if body[-1].isspace() else body.ljust(room, ".")


def line(key: str, number: int, texture: Texture) -> str:
    """One line of the text that a key names."""
    seed = zlib.crc32(key.encode())
    mixed = ((seed << 20) ^ (number * 0x9E3779B97F4A7C15)) & _MASK
    mixed = ((mixed ^ (mixed >> 31)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed ^= mixed >> 27
    return _LINES[texture](mixed, number)


def _word(mixed: int, place: int) -> str:
    return _WORDS[(mixed >> (6 * place)) & 63]


def _prose(mixed: int, _number: int) -> str:
    a, b, c, d = (_word(mixed, place) for place in range(4))
    return _SENTENCES[(mixed >> 40) % len(_SENTENCES)].format(a=a, b=b, c=c, d=d)


def _code(mixed: int, number: int) -> str:
    a, b, c, d = (_word(mixed, place) for place in range(4))
    return _STATEMENTS[(mixed >> 40) % len(_STATEMENTS)].format(a=a, b=b, c=c, d=d, n=number)


def _data(mixed: int, number: int) -> str:
    a, b, c = (_word(mixed, place) for place in range(3))
    return f"[{number:05d}] {a}.{b} status={200 + mixed % 7} {c}_id={mixed & 0xFFFFFF:06x} bytes={mixed % 9973}"


_SENTENCES = (
    "The {a} of each {b} goes through the {c} before the {d} is written.",
    "I look at how the {a} reaches the {b}, because the {c} depends on it.",
    "So far the {a} agrees with the {b}; what remains is the {c} of the {d}.",
    "When a {a} is missing, the {b} falls back to the {c} and keeps the {d}.",
    "Next comes the {a}, then the {b} of every {c}.",
)
_STATEMENTS = (
    "def {a}_{b}_{n}({c}, {d}):",
    "    {a} = {b}_{c}({d}, {n})",
    "    if {a}.{b} > {n}:",
    "        return {a}_{c}.{d}({b})",
    '    raise ValueError(f"no {a} for {{{b}}}")',
    "    for {a} in {b}.{c}():",
    "        {d}.append({a}.{b})",
    "# the {a} is settled once per {b}",
)
_LINES = {"prose": _prose, "code": _code, "data": _data}

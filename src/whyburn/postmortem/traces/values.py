"""Dirty fields as values: counts, dollars, times, texts, whatever type a program wrote them in.

What cannot be understood is None and not an error: a trace is written by all kinds of programs, and one odd field must
not cost the record. Numbers are exact: JSON is read with decimals, so that no float ever holds money.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST = 10**15
"""A count or a time beyond this is a mistake."""
MOST_PREVIEW = 240
"""Characters of an event's text that are kept, the ellipsis included."""
MOST_NAME = 80
"""Characters of a command or path within a sentence."""
MOST_USD = 10**6
PER_TOKEN = 4
"""Characters per token where a trace gives only text; whatever rests on it is called estimated."""
MOST_DIGITS = 400
_PICO = 10**12
_WORD = re.compile(r"[^a-z0-9_.:-]+")
_INSTANTS = ((10**16, 10**6), (10**14, 10**3))
"""A time without a unit is in nanoseconds or microseconds where it would be centuries away in milliseconds."""


def loads(text: str | bytes) -> Any:
    """Decode JSON with decimals; ValueError when it is none, or nested or long beyond reason."""
    if isinstance(text, bytes):
        text = text.strip(b"\0\r\n\t ").removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    try:
        return json.loads(text, parse_float=decimal, parse_constant=lambda _: None)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def first(record: Mapping[str, Any], names: Iterable[str]) -> Any:
    """The first of several names of one field that is not empty."""
    for name in names:
        value = record.get(name)
        if value is not None and value not in ("", [], {}):
            return value
    return None


def decimal(value: object) -> Decimal | None:
    """A number, also one in quotes or with a dollar sign; None when it is none or not finite."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        return None
    if isinstance(value, str) and len(value) > MOST_DIGITS:
        return None
    try:
        found = Decimal(value.strip().removeprefix("$").replace("_", "") if isinstance(value, str) else value)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def count(value: object) -> int | None:
    """A number of tokens, milliseconds or the like; a fraction is cut off, a negative one is none."""
    found = decimal(value)
    return int(found) if found is not None and 0 <= found <= MOST else None


def pico(value: object) -> int | None:
    """Dollars as pico-dollars, to the nearest one."""
    found = decimal(value)
    return round(found * _PICO) if found is not None and 0 <= found <= MOST_USD else None


def truth(value: object) -> bool | None:
    """A yes or no, also as text."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False, "1": True, "0": False}.get(str(value).strip().lower())


def text(value: object) -> str:
    """A text; of a list or object its texts, one after the other, of a content block its words."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, (list, tuple)):
        return "\n".join(filter(None, map(text, value)))
    if isinstance(value, dict):
        return text(first(value, ("text", "content", "message", "output")) or "")
    return "" if value is None or isinstance(value, bool) else str(value)[:64]


def word(value: object) -> str:
    """A name such as a status or category: small letters, no white space."""
    return _WORD.sub("_", text(value).strip().lower()).strip("_")[:40]


def names(value: object) -> tuple[str, ...]:
    """A list of texts, or a text with commas; each once."""
    if isinstance(value, str):
        parts: Iterable[object] = value.split(",")
    else:
        parts = value if isinstance(value, list) else [value]
    found = (text(first(one, ("path", "file", "name", "id"))) if isinstance(one, dict) else text(one) for one in parts)
    return tuple(dict.fromkeys(one.strip()[:500] for one in found if one.strip()))


def preview(value: str) -> str:
    """The beginning of a text on one line."""
    return short(" ".join(value[: 4 * MOST_PREVIEW].split()), MOST_PREVIEW)


def short(value: str, most: int = MOST_NAME) -> str:
    """The text, its end replaced by … where it is too long."""
    return value if len(value) <= most else f"{value[: most - 1]}…"


def many(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def estimate(value: str) -> int:
    """Tokens of a text, from its length."""
    return max(1, len(value) // PER_TOKEN) if value.strip() else 0


def hash_of(value: str) -> str:
    """A name for a text whose white space does not matter; empty for an empty one."""
    folded = " ".join(value.split())
    return blake2b(folded.encode("utf-8", "replace"), digest_size=8).hexdigest() if folded else ""


def instant(value: object) -> int | None:
    """Milliseconds since 1970: of an ISO text, or of a number of seconds, milliseconds, micro- or nanoseconds."""
    number = decimal(value)
    if number is None:
        return _iso(value) if isinstance(value, str) else None
    if not 0 < number < 10**20:
        return None
    for least, unit in _INSTANTS:
        if number >= least:
            return int(number / unit)
    return int(number) if number >= 10**11 else int(number * 1000)


def _iso(value: str) -> int | None:
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    try:
        return int(found.timestamp() * 1000 + 0.5)
    except (OverflowError, ValueError):
        return None

"""Single values as people read them: tokens, money, times, names from logs.

Texts from logs are hostile: whatever could move a cursor, recolour a terminal or reorder what is read goes away in
`clean`. Numbers are cut from integers, no float is involved. Unknown is "—", none is "·"; money that exists is never
shown as nothing.
"""

from __future__ import annotations

import os
import re

UNKNOWN = "—"
NONE = "·"
_PICO = 10**12
_CENT = _PICO // 100
_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # a title, a link
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # colours, cursor moves
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # device strings
    r"|\x1b[ -/]*[0-~]?"
)
_BLOCKS = " ▏▎▍▌▋▊▉█"
_SPARKS = "▁▂▃▄▅▆▇█"
_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60_000, 3_600_000, 86_400_000


# --- texts -----------------------------------------------------------------------------------------------------------


def clean(text: object) -> str:
    """A text from a log on one line, without escape sequences, control, zero-width and direction characters."""
    found = str(text)
    if found.isprintable():
        return found
    found = _ESCAPES.sub("", found)
    return " ".join("".join(one if one.isprintable() else " " if one.isspace() else "" for one in found).split())


def width_of(text: str) -> int:
    """Columns that a clean text takes: two for a wide (CJK, emoji) character, none for a combining one."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def shorten(text: str, width: int) -> str:
    """The text in at most `width` columns, its middle replaced by … where it does not fit."""
    if width_of(text) <= width:
        return text
    if width < 2:
        return "…"[:width]
    tail = _taken(reversed(text), width // 2)
    head = _taken(text, width - 1 - width_of(tail))
    return f"{head}…{tail[::-1]}"


def cut(text: str, width: int) -> str:
    """The text in at most `width` columns, its end replaced by … where it does not fit: for prose."""
    if width_of(text) <= width:
        return text
    return f"{_taken(text, width - 1).rstrip()}…" if width > 1 else "…"[:width]


def path(text: str) -> str:
    """A path with `~` for the home folder."""
    home = os.environ.get("HOME") or os.path.expanduser("~")
    found = clean(text)
    if found == home:
        return "~"
    return "~" + found[len(home) :] if len(home) > 1 and found.startswith(home + os.sep) else found


def count_of(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 call", "2,310 calls"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _columns(character: str) -> int:
    if character.isascii():
        return 1
    from unicodedata import category, east_asian_width  # noqa: PLC0415  most names are ASCII

    if category(character) in {"Mn", "Me"}:
        return 0
    return 2 if east_asian_width(character) in {"W", "F"} else 1


def _taken(characters: object, width: int) -> str:
    """As many of the characters as fit."""
    taken, used = [], 0
    for one in characters:  # type: ignore[attr-defined]
        used += _columns(one)
        if used > width:
            break
        taken.append(one)
    return "".join(taken)


# --- numbers ---------------------------------------------------------------------------------------------------------


def tokens(number: int | None) -> str:
    """A count of tokens: 999, 412.1k, 21.64M, 3.02B."""
    if number is None:
        return UNKNOWN
    if number < 1000:
        return str(number)
    for unit, places, sign in ((1000, 1, "k"), (10**6, 2, "M"), (10**9, 2, "B")):
        scaled = _scaled(number, unit, places)
        if scaled < 1000 * 10**places or sign == "B":
            whole, part = divmod(scaled, 10**places)
            return f"{whole:,}.{part:0{places}d}{sign}"
    raise AssertionError(number)


def money(pico: int | None) -> str:
    """Dollars to the cent; what is less than a cent and not nothing is "<$0.01"."""
    if pico is None:
        return UNKNOWN
    sign = "-" if pico < 0 else ""
    if 0 < abs(pico) < _CENT:
        return f"{sign}<$0.01"
    whole, part = divmod(_scaled(abs(pico), _PICO, 2), 100)
    return f"{sign}${whole:,}.{part:02d}"


def percent(part: int, whole: int) -> str:
    """A share; "—" of nothing, "<1%" for what is small, "100%" for all of it only."""
    if whole <= 0:
        return UNKNOWN
    scaled = _scaled(part * 100, whole, 0)
    if part and not scaled:
        return "<1%"
    return "99%" if scaled == 100 and part != whole else f"{scaled}%"


def duration(ms: int | None) -> str:
    """A length of time in its two largest units: 12 s, 41 m, 2 h 10, 3 d 4 h."""
    if ms is None:
        return UNKNOWN
    if ms < _SECOND:
        return f"{max(ms, 0)} ms"
    if ms < _MINUTE:
        return f"{ms // _SECOND} s"
    if ms < _HOUR:
        return f"{ms // _MINUTE} m"
    if ms < _DAY:
        return f"{ms // _HOUR} h {ms % _HOUR // _MINUTE:02d}"
    return f"{ms // _DAY} d {ms % _DAY // _HOUR} h"


def ago(ms: int, now_ms: int) -> str:
    """How long before now: "2 s ago"; a clock that went back shows "just now"."""
    gone = now_ms - ms
    if gone < _SECOND:
        return "just now"
    for unit, sign in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if gone >= unit:
            return f"{gone // unit} {sign} ago"
    return f"{gone // _SECOND} s ago"


def size(number: int) -> str:
    """Bytes: 812 B, 6.9 MB."""
    if number < 1000:
        return f"{number} B"
    for unit, sign in ((1000, "kB"), (10**6, "MB"), (10**9, "GB")):
        scaled = _scaled(number, unit, 1)
        if scaled < 10_000 or sign == "GB":
            return f"{scaled // 10:,}.{scaled % 10} {sign}"
    raise AssertionError(number)


def _scaled(number: int, unit: int, places: int) -> int:
    """number / unit with some decimal places, as an integer, half away from zero."""
    return (number * int(10**places) * 2 + unit) // (2 * unit)


# --- little pictures -------------------------------------------------------------------------------------------------


def bar(value: int, most: int, width: int) -> str:
    """A bar in eighths of a character; what is more than nothing is never invisible."""
    if value <= 0 or most <= 0 or width <= 0:
        return ""
    eighths = max(1, value * width * 8 // most)
    full, rest = divmod(min(eighths, width * 8), 8)
    return "█" * full + _BLOCKS[rest].strip()


def spark(values: list[int], width: int | None = None) -> str:
    """A sparkline scaled to its maximum, "·" for nothing; more values than columns are summed in groups."""
    if width is not None and len(values) > width > 0:
        step = -(-len(values) // width)
        values = [sum(values[at : at + step]) for at in range(0, len(values), step)]
    most = max(values, default=0)
    if most <= 0:
        return NONE * len(values)
    return "".join(_SPARKS[min(7, value * 8 // (most + 1))] if value > 0 else NONE for value in values)

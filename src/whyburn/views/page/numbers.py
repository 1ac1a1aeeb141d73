"""Numbers of a page: money with as many places as its column needs, times, shares, ticks of axes.

What is formatted here is finished (`Markup`): it holds no text of a log.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from markupsafe import Markup

from whyburn.views import words
from whyburn.views.postmortem import facts

if TYPE_CHECKING:
    from datetime import tzinfo

_PICO = 10**12
NOT_RECORDED = Markup.escape(facts.NOT_RECORDED)
_UNKNOWN = Markup("—")


def places_of(pico: int) -> int:
    """How many decimals the parts of a bill are shown with."""
    return 2 if pico >= 20 * _PICO else 3 if pico >= _PICO else 4


def dollars(pico: int | None, places: int = 2) -> Markup:
    """Dollars to some decimals; what is less than the last one and not nothing is "<$0.001"."""
    if pico is None:
        return _UNKNOWN
    unit = 10 ** (12 - places)
    rounded = (abs(pico) * 2 + unit) // (2 * unit)
    sign = "-" if pico < 0 else ""
    if not rounded and pico:
        return Markup.escape(f"{sign}<$0.{1:0{places}d}")
    whole, part = divmod(rounded, 10**places)
    return Markup.escape(f"{sign}${whole:,}.{part:0{places}d}")


def money(pico: int | None) -> Markup:
    """Dollars to the cent, as every other surface says them."""
    return Markup.escape(words.money(pico))


def count(number: int | None) -> Markup:
    """A whole number with its thousands parted."""
    return _UNKNOWN if number is None else Markup.escape(f"{number:,}")


def count_of(number: int, one: str, many: str | None = None) -> Markup:
    """A number with its noun."""
    return Markup.escape(words.count_of(number, one, many))


def tokens(number: int | None) -> Markup:
    """A count of tokens, short: 412.1k."""
    return Markup.escape(words.tokens(number))


def percent(part: int, whole: int) -> Markup:
    """A share."""
    return Markup.escape(words.percent(part, whole))


def duration(ms: int | None) -> Markup:
    """A length of time."""
    return Markup.escape(words.duration(ms))


def share(part: int, whole: int) -> Markup:
    """A share as a length of SVG: "12.34%"; nothing for a negative one (a correction has no length)."""
    scaled = max(part, 0) * 10_000 // whole if whole > 0 else 0
    return Markup.escape(f"{scaled // 100}.{scaled % 100:02}".rstrip("0").rstrip(".") + "%")


def moment(ms: int | None, zone: tzinfo = UTC, *, date: bool = True) -> Markup:
    """An instant to the minute."""
    if ms is None:
        return _UNKNOWN
    at = datetime.fromtimestamp(ms / 1000, zone)
    return Markup.escape(f"{at:%Y-%m-%d %H:%M}" if date else f"{at:%H:%M}")


def period(first_ms: int | None, last_ms: int | None, zone: tzinfo = UTC) -> Markup:
    """Two instants, the date once where it is the same."""
    first, last = moment(first_ms, zone), moment(last_ms, zone)
    if first == last or last_ms is None:
        return first
    return Markup.escape(f"{first} – {last[11:] if first[:10] == last[:10] else last}")


def ticks(most: int, about: int = 4) -> list[int]:
    """Round numbers from 0 to at most `most`: steps of 1, 2 or 5 times a power of ten, about so many of them."""
    unit = 1
    while True:
        for step in (unit, 2 * unit, 5 * unit):
            if most // step <= about:
                return list(range(0, most + 1, step))
        unit *= 10


def short_tokens(number: int) -> Markup:
    """A round count of tokens on an axis: 50k."""
    return Markup.escape(words.tokens(number).replace(".0k", "k").replace(".00M", "M"))


def short_dollars(pico: int) -> Markup:
    """A round amount on an axis: $0.50, $0.002."""
    whole, part = divmod(pico, _PICO)
    digits = f"{part:012}".rstrip("0").ljust(2, "0")
    return Markup.escape(f"${whole:,}.{digits}" if part else f"${whole:,}")

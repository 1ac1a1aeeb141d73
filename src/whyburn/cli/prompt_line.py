"""The words of the statusline: one element each, in the order that the settings ask for, cut to their width.

Elements without a value are left out; areas and burn rates have none in this version. Imports nothing: every prompt
waits for this module.
"""

from __future__ import annotations

ELEMENTS = ("harness", "model", "tokens", "cached", "cost", "quota", "unpriced")
NOTHING = "whyburn: no usage sources"
_LETTERS = {"source": "s", "actual": "a", "virtual": "v"}
_MINUTES = ((10_080, "w"), (1_440, "d"), (60, "h"), (1, "m"))


def line(prepared: dict[str, object]) -> str:
    """The line of a prepared row."""
    row = prepared.get("row")
    if not isinstance(row, dict):
        return NOTHING
    elements = prepared.get("elements") or ELEMENTS
    words = [_word(str(name), row, prepared) for name in elements]  # type: ignore[attr-defined]  # a list, as prepared
    text = " · ".join(word for word in words if word)
    width = _int(prepared.get("max_width")) or len(text)
    return text if len(text) <= width else text[: width - 1] + "…"


def _word(name: str, row: dict[str, object], prepared: dict[str, object]) -> str:
    """One element; empty for what is not known."""
    basis = str(prepared.get("basis") or "virtual")
    cost, prompt, cached = row.get(f"{basis}_pico"), _int(row.get("prompt")), _int(row.get("cached"))
    reasoning, unpriced = _int(row.get("reasoning")), _int(row.get("unpriced_calls"))
    virtual, actual = row.get("virtual_pico"), row.get("actual_pico")
    said = {
        "harness": clean(row.get("harness")),
        "provider": clean(row.get("provider")),
        "model": clean(row.get("model")),
        "session": clean(row.get("session"))[:8],
        "tokens": f"{_count(_int(row.get('tokens')))} tok",
        "cached": f"+{_count(cached)} cached" if cached else "",
        "reasoning": f"r:{_count(reasoning)}" if reasoning else "",
        "cost": "" if cost is None else f"{_LETTERS.get(basis, '')}{_dollars(_int(cost))}",
        "savings": "" if virtual is None or actual is None else f"saved {_dollars(_int(virtual) - _int(actual))}",
        "cache_ratio": f"cache {100 * cached // prompt}%" if prompt else "",
        "quota": _quota(prepared.get("quota")),
        "unpriced": f"?{unpriced}" if unpriced else "",
        "cwd": clean(row.get("cwd")),
    }
    return said.get(name, "")


def clean(name: object) -> str:
    """A name from a log, without what a terminal would obey, and short."""
    return "".join(char for char in str(name or "") if char.isprintable())[:40]


def _quota(windows: object) -> str:
    """Each reported window's use, the shortest first: `5h 62% 1w 40%`."""
    return " ".join(f"{_length(minutes)} {used // 100}%" for minutes, used, *_ in windows or ())  # type: ignore[attr-defined]


def _length(minutes: int) -> str:
    return next(f"{minutes // unit}{letter}" for unit, letter in _MINUTES if minutes % unit == 0)


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _count(number: int) -> str:
    if number < 1000:
        return str(number)
    return f"{number / 1000:.1f}k" if number < 1_000_000 else f"{number / 1_000_000:.2f}M"


def _dollars(pico: int) -> str:
    cents = (abs(pico) + 5 * 10**9) // 10**10
    sign = "-" if pico < 0 else ""
    if pico and not cents:
        return "<$0.01"
    return f"{sign}${cents // 100}.{cents % 100:02d}"

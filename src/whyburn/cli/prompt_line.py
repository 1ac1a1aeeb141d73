"""The words of the statusline: one element each, in the order that the settings ask for, cut to their width.

Elements without a value are left out; areas and burn rates have none in this version. Imports nothing
but the words of reports: every prompt waits for this module.
"""

from __future__ import annotations

from whyburn.views.words import clean, money, tokens

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
        "harness": _name(row.get("harness")),
        "provider": _name(row.get("provider")),
        "model": _name(row.get("model")),
        "session": _name(row.get("session"))[:8],
        "tokens": f"{tokens(_int(row.get('tokens')))} tok",
        "cached": f"+{tokens(cached)} cached" if cached else "",
        "reasoning": f"r:{tokens(reasoning)}" if reasoning else "",
        "cost": "" if cost is None else f"{_LETTERS.get(basis, '')}{money(_int(cost))}",
        "savings": "" if virtual is None or actual is None else f"saved {money(_int(virtual) - _int(actual))}",
        "cache_ratio": f"cache {100 * cached // prompt}%" if prompt else "",
        "quota": _quota(prepared.get("quota")),
        "unpriced": f"?{unpriced}" if unpriced else "",
        "cwd": _name(row.get("cwd")),
    }
    return said.get(name, "")


def _name(name: object) -> str:
    """A name from a log, without what a terminal would obey, and short."""
    return clean(name or "")[:40]


def _quota(windows: object) -> str:
    """Each reported window's use, the shortest first: `5h 62% 1w 40%`."""
    return " ".join(f"{_length(minutes)} {used // 100}%" for minutes, used, *_ in windows or ())  # type: ignore[attr-defined]


def _length(minutes: int) -> str:
    return next(f"{minutes // unit}{letter}" for unit, letter in _MINUTES if minutes % unit == 0)


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0

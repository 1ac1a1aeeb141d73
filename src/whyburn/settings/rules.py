"""Which keys `config.toml` and `machine.toml` have, and which values each accepts.

One table serves the loader, `config set` and the tests. A rule's `check` returns the value as the program uses it or
raises `ValueError` with the second half of a sentence: "write never, auto or always".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from whyburn.clock import WEEKDAYS, zone
from whyburn.errors import PeriodError
from whyburn.settings.paths import expand
from whyburn.settings.schema import STATUSLINE_ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MACHINE_NAME_MAX = 80

ELEMENTS = (
    *STATUSLINE_ELEMENTS,
    "provider",
    "session",
    "reasoning",
    "context",
    "cache_ratio",
    "stale",
    "agent",
    "savings",
    "reset",
    "cwd",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one key accepts."""

    kind: Literal["text", "integer", "boolean", "list"]
    """How `config set` reads the text it is given."""
    check: Callable[[object], object]


def shown(value: object) -> str:
    """A value as it looks in TOML, short and on one line."""
    if isinstance(value, str):
        text = one_line(value)
        return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        text = ", ".join(map(shown, value))
        return f"[{text}]" if len(text) <= 60 else "a list"
    return "a table" if isinstance(value, dict) else str(value)[:40]


def one_line(text: str) -> str:
    """The text without line ends, terminal escapes and other letters that cannot be seen."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def listed(words: Iterable[str], last: str = "or") -> str:
    """The words as a sentence lists them: a, b or c."""
    *most, end = words
    return f"{', '.join(most)} {last} {end}" if most else end


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or all of them where they are few."""
    from difflib import get_close_matches  # noqa: PLC0415  only to explain a mistake

    names = list(known)
    near = get_close_matches(word.lower().replace("-", "_"), names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"known here: {', '.join(names)}"


def _one_of(*words: str) -> Rule:
    def check(value: object) -> str:
        if isinstance(value, str) and value in words:
            return value
        raise ValueError(f"write {listed(words)}")

    return Rule("text", check)


def _integer(lowest: int, highest: int) -> Rule:
    def check(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        raise ValueError(f"write a whole number from {lowest} to {highest}")

    return Rule("integer", check)


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("write true or false")


def text_value(value: object) -> str:
    """A non-blank text on one line, trimmed."""
    if isinstance(value, str) and value.strip() and value.isprintable():
        return value.strip()
    raise ValueError("write a text on one line, in quotes")


def machine_name(value: object) -> str:
    """A name that fits a column: no control characters, at most 80 characters, not blank."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("write a name, in quotes")
    if len(value.strip()) > MACHINE_NAME_MAX:
        raise ValueError(f"write at most {MACHINE_NAME_MAX} characters")
    if not value.isprintable():
        raise ValueError("write a name without control characters")
    return value.strip()


def _time_zone(value: object) -> str:
    try:
        return zone(text_value(value)).name
    except PeriodError as error:
        raise ValueError(str(error).partition(" — ")[2] or "write an IANA name such as Europe/Berlin") from None


def word_list(value: object, *, known: Iterable[str] | None, what: str) -> tuple[str, ...]:
    """A list of different known words, at least one; without `known` any word goes."""
    if not isinstance(value, list) or not value:
        raise ValueError(f"write a list with at least one {what}")
    allowed = None if known is None else tuple(known)
    words: list[str] = []
    for one in value:
        if not isinstance(one, str) or not one.strip() or not one.isprintable():
            raise ValueError(f"{shown(one)} is not the name of a {what}")
        word = one.strip()
        if allowed is not None and word not in allowed:
            raise ValueError(f"{shown(one)} is not a {what} ({nearest(word, allowed)})")
        if word in words:
            raise ValueError(f"{shown(one)} is named twice")
        words.append(word)
    return tuple(words)


def _elements(value: object) -> tuple[str, ...]:
    return word_list(value, known=ELEMENTS, what="statusline element")


def _harnesses(value: object) -> tuple[str, ...]:
    """Only the shape: which harnesses exist is known to those that have loaded the registry (`harness_names`)."""
    return word_list(value, known=None, what="harness")


def source_places(value: object) -> tuple[str, ...]:
    """One path or a list of paths, `~` expanded."""
    many = value if isinstance(value, list) else [value]
    places = [one for one in many if isinstance(one, str) and one.strip() and "\0" not in one]
    if not places or len(places) < len(many):
        raise ValueError("write a path or a list of paths, in quotes")
    return tuple(map(expand, places))


CONFIG: dict[str, dict[str, Rule]] = {
    "imports": {
        "missing_source": _one_of("warn", "error", "skip"),
        "include_raw_json": Rule("boolean", _boolean),
    },
    "reports": {
        "refresh": _one_of("never", "auto", "always"),
        "min_refresh_interval_secs": _integer(0, 86_400),
        "timezone": Rule("text", _time_zone),
        "week_start": _one_of(*WEEKDAYS),
    },
    "costing": {
        "default_actual_mode": _one_of("source", "zero", "pricing"),
        "default_virtual_mode": _one_of("pricing", "zero"),
        "price_profile": Rule("text", text_value),
    },
    "statusline": {
        "basis": _one_of("source", "actual", "virtual"),
        "max_width": _integer(10, 1000),
        "elements": Rule("list", _elements),
    },
}
"""Section, then key. The field of the same name in `schema` holds the value."""

HARNESSES = Rule("list", _harnesses)
"""`imports.harnesses`, apart from the others because it is judged in two steps."""

TABLES: dict[str, Rule] = {
    "imports.sources": Rule("list", source_places),
    "costing.provider_aliases": Rule("text", text_value),
}
"""Tables whose keys are names that the user chooses."""

MACHINE: dict[str, Rule] = {"name": Rule("text", machine_name)}

RULE_ROW: dict[str, Rule] = {
    "harness": Rule("text", text_value),
    "provider": Rule("text", text_value),
    "model": Rule("text", text_value),
    "mode": _one_of("source", "zero", "pricing"),
}
"""Keys of an `[[actual_cost]]` row."""

UNSUPPORTED = frozenset(
    {
        "areas",
        "sync",
        "costing.missing_price",
        "context_window",
        "pricing.actual.cached_output_usd_per_1m",
        "pricing.actual.context_label",
        "pricing.virtual.cached_output_usd_per_1m",
        "pricing.virtual.context_label",
        "statusline.cache",
        "statusline.thresholds",
        "statusline.default_harness",
        "statusline.refresh",
        "statusline.session",
        "statusline.show_emojis",
        "statusline.color",
        "statusline.empty",
        "statusline.active_session_window_minutes",
    }
)
"""Valid in files of other versions and without effect in this one: said by `config validate`, else passed over."""

HOMES = {
    "config.toml": ("imports", "reports", "costing", "actual_cost", "statusline", "areas", "sync", "context_window"),
    "machine.toml": ("machine",),
    "prices.toml": ("pricing",),
    "subscriptions.toml": ("subscriptions",),
}
"""Which file a section belongs in."""

"""What a call says about how it was served: speed, service tier and place, as words of the price book.

Only what the log says was *used* counts. Words that mean 'nothing special' become nothing; an unknown word stays, finds
no price set of its own and leaves the call unpriced, because a mode never falls back to the standard price in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN = frozenset({"", "standard", "default", "auto", "normal", "on_demand", "standard_only", "none", "not_available"})
_ANYWHERE = frozenset({"", "global", "not_available", "none", "unknown"})


class Mode(NamedTuple):
    """The price set a call asks for."""

    name: str
    """`fast`, `priority`, `flex`, `batch` …; empty for standard."""
    said: str
    """As it is shown: `speed=fast`, `service_tier=flex`; empty for standard."""


def mode_of(speed: str | None, service_tier: str | None, names: Mapping[str, str]) -> Mode:
    """The mode of a call; two special words at once are a mode of their own, which no table lists today."""
    parts = []
    for field, value in (("speed", speed), ("service_tier", service_tier)):
        word = (value or "").strip().lower()
        if word not in _PLAIN:
            parts.append((names.get(word, word), f"{field}={word}"))
    words = list(dict.fromkeys(word for word, _ in parts))
    return Mode("+".join(words), ",".join(said for _, said in parts))


def place_of(geo: str | None) -> str:
    """The modifier of the place a call was pinned to, such as `geo=us`; empty for anywhere."""
    word = (geo or "").strip().lower()
    return "" if word in _ANYWHERE else f"geo={word}"

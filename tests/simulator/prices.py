"""What a token costs, in pico-dollars: the simulator's own small list, so that it owes nothing to what it checks.

The numbers are list prices of November 2026. Rates are (fresh input, cache read, 5-minute write, 1-hour write, output).
"""

from __future__ import annotations

from typing import NamedTuple


class Price(NamedTuple):
    """Pico-dollars per token."""

    fresh: int
    read: int
    write5: int
    write1: int
    output: int

    def times(self, factor: int) -> Price:
        """All rates multiplied."""
        return Price(*(rate * factor for rate in self))


def _usd(fresh: float, read: float, write5: float, write1: float, output: float) -> Price:
    return Price(*(round(rate * 1_000_000) for rate in (fresh, read, write5, write1, output)))


_OPUS = _usd(5, 0.5, 6.25, 10, 25)
_SONNET = _usd(3, 0.3, 3.75, 6, 15)
_CODEX = _usd(1.25, 0.125, 1.25, 1.25, 10)
PRICES = {
    "claude-opus-4-5-20251101": _OPUS,
    "claude-opus-4-6": _OPUS,
    "claude-opus-4-7": _OPUS,
    "claude-opus-4-8": _OPUS,
    "claude-sonnet-4-5-20250929": _SONNET,
    "claude-haiku-4-5-20251001": _usd(1, 0.1, 1.25, 2, 5),
    "gpt-5-codex": _CODEX,
    "gpt-5.1-codex": _CODEX,
    "gpt-5.1-codex-mini": _usd(0.25, 0.025, 0.25, 0.25, 2),
    "gpt-5.4": _usd(2.5, 0.25, 2.5, 2.5, 15),
    "gpt-5.4-mini": _usd(0.75, 0.075, 0.75, 0.75, 4.5),
}
_LONG = {"gpt-5.4": (272_000, _usd(5, 0.5, 5, 5, 22.5))}
"""Models with a second rate for prompts above a size."""
_FAST = {"claude-opus-4-8": 2}
"""Models with a fast mode, and how many times as much it costs."""
SEARCH = 10_000_000_000
"""Pico-dollars for one web search."""


def price_of(model: str, prompt: int, speed: str | None = None, *, flat: bool = False) -> Price:
    """The price of one call; `flat` ignores the size of its prompt."""
    price = PRICES[model]
    if not flat and model in _LONG and prompt > _LONG[model][0]:
        price = _LONG[model][1]
    return price.times(_FAST[model]) if speed == "fast" else price

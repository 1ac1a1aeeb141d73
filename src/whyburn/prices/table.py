"""The shape of a price table in memory: listed models, their dated periods, tiers, modes and uplifts.

The snapshot files and the user's rows both become these values, so that one piece of code (`tariff`) decides which of
them applies. All money is pico-dollars per token, all instants are UTC milliseconds, all intervals are half-open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whyburn.prices.schedule import Schedule


class Prices(NamedTuple):
    """Six prices per token; None where the class has no price of its own."""

    input: int
    output: int
    cache_read: int | None
    write_5m: int | None
    write_1h: int | None
    reasoning: int | None

    def times(self, numerator: int, denominator: int) -> Prices:
        """The prices after a factor; halves of a pico-dollar are rounded away from zero."""
        base, rest = self[:2], self[2:]
        return Prices(
            *(_times(one, numerator, denominator) for one in base),
            *(None if one is None else _times(one, numerator, denominator) for one in rest),
        )


def _times(price: int, numerator: int, denominator: int) -> int:
    return (price * numerator * 2 + denominator) // (2 * denominator)


class Tier(NamedTuple):
    """Prices for prompts with `above < prompt <= up_to`; every token of such a request pays them, output too."""

    above: int
    up_to: int | None
    prices: Prices


@dataclass(frozen=True, slots=True)
class Period:
    """What a model cost in one mode from one instant to another."""

    from_ms: int | None
    until_ms: int | None
    basis: str
    """How the start is known: `documented`, `commit` (a catalogue recorded it) or `observed`."""
    source: str
    tiers: tuple[Tier, ...]
    """In the order in which they are tried."""
    search: int = 0
    free: bool = False
    single: bool = False
    """Only one source lists it."""


class Uplift(NamedTuple):
    """A factor on every token class, applied last, such as 1.1 for inference in one country."""

    when: str
    """The modifier it belongs to, such as `geo=us`."""
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Listed:
    """Everything a table knows of one model of one provider."""

    table: str
    provider: str
    model: str
    periods: Mapping[str, tuple[Period, ...]]
    """By mode; the standard mode is the empty word."""
    aliases: tuple[str, ...] = ()
    uplifts: tuple[Uplift, ...] = ()
    schedule: Schedule | None = None
    category: str | None = None
    release_status: str | None = None

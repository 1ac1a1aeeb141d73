"""A price row as a person wrote it in `prices.toml` or `prices/*.toml`.

Only the shape and the place it came from; which row applies to a call is decided by `whyburn.prices`. Amounts are exact
decimals in US dollars per million tokens (web searches: per thousand), `None` where the file does not say: what a
missing amount falls back to is a rule of pricing and not of the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from decimal import Decimal

Table = Literal["virtual", "actual"]


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One `[[pricing.virtual]]` or `[[pricing.actual]]` table."""

    table: Table
    provider: str
    model: str
    aliases: tuple[str, ...]
    input_usd: Decimal
    output_usd: Decimal
    cached_input_usd: Decimal | None
    cache_write_usd: Decimal | None
    cache_write_1h_usd: Decimal | None
    reasoning_usd: Decimal | None
    web_search_usd_per_1k: Decimal | None
    category: str | None
    release_status: str | None
    context_min: int | None
    """Smallest prompt (input + cache read + cache write of one call) the row is for, inclusive."""
    context_max: int | None
    """Largest prompt the row is for, inclusive."""
    valid_from_ms: int | None
    """First instant the row holds for; None: since ever."""
    valid_until_ms: int | None
    """First instant the row no longer holds for; None: until further notice."""
    file: str

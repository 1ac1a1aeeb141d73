"""What the price book lists, and why a price applies. Needs no ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whyburn import clock
from whyburn.api.costing import load_book
from whyburn.prices.filters import PriceFilters

if TYPE_CHECKING:
    from whyburn.prices.explain import Explanation
    from whyburn.prices.listing import ListedRow
    from whyburn.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of price tables: the user's own first. `of` counts them before the limit."""

    rows: list[ListedRow]
    of: int
    filters: PriceFilters

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"filters": self.filters.as_dict(), "of": self.of, "prices": [row.as_dict() for row in self.rows]}


def list_prices(settings: Settings, filters: PriceFilters | None = None) -> Listing:
    """The rows of the user's files and of the built-in table that fit; unless sorted, the user's own come first."""
    from whyburn.prices.listing import list_rows  # noqa: PLC0415  reads price tables

    asked = filters or PriceFilters()
    rows = list_rows(load_book(settings), asked)
    if asked.sort is None:
        rows.sort(key=lambda row: row.table == "snapshot")
    return Listing(rows[: asked.limit], len(rows), asked)


def explain_price(
    settings: Settings, model: str, provider: str | None = None, *, at_ms: int | None = None,
    prompt_tokens: int | None = None, speed: str | None = None, service_tier: str | None = None, geo: str | None = None,
) -> Explanation:  # fmt: skip
    """Which row applies to a model at a moment (now, unless told), and why."""
    from whyburn.prices.explain import explain  # noqa: PLC0415

    return explain(
        load_book(settings), model, provider, at_ms=clock.now_ms() if at_ms is None else at_ms,
        prompt_tokens=prompt_tokens, speed=speed, service_tier=service_tier, geo=geo,
    )  # fmt: skip

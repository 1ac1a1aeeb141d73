"""Which price rows are wanted, and in which order: the same question for the tables and for what was used."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from whyburn.prices.listing import Table

Sort = Literal["provider", "model", "input", "cached", "cache-write", "output", "reasoning", "category", "release"]
SORTS: tuple[Sort, ...] = (
    "provider", "model", "input", "cached", "cache-write", "output", "reasoning", "category", "release",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PriceFilters:
    """Which rows are wanted, in which order; None does not restrict."""

    table: Table = "all"
    provider: str | None = None
    model: str | None = None
    """Matches a model's id or one of its aliases."""
    query: str | None = None
    """A part of any word of the row."""
    category: str | None = None
    release_status: str | None = None
    sort: Sort | None = None
    limit: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Only what is set."""
        return {name: value for name, value in asdict(self).items() if value is not None and value != "all"}

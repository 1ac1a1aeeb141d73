"""Which price rows are wanted, and in which order: one question for the price tables and for what was used."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from whyburn.names import identity
from whyburn.prices.providers import seller

if TYPE_CHECKING:
    from collections.abc import Mapping

Table = Literal["virtual", "actual", "snapshot", "all"]
TABLES: tuple[Table, ...] = get_args(Table)
Sort = Literal["provider", "model", "input", "cached", "cache-write", "output", "reasoning", "category", "release"]
SORTS: tuple[Sort, ...] = get_args(Sort)
_AMOUNTS = {
    "input": "input",
    "cached": "effective_cached_input",
    "cache-write": "effective_cache_write",
    "output": "output",
    "reasoning": "effective_reasoning",
}
"""Orders by an amount, and the field that they look at: what is billed, also where a class has no price of its own."""


class Traits(NamedTuple):
    """What of a row filters and orders look at, whatever the row is."""

    table: str
    providers: tuple[str, ...]
    """The row is ordered by the first one and found by any; so with the models."""
    models: tuple[str, ...]
    """Ids and aliases."""
    category: str | None
    release_status: str | None
    more: tuple[str | None, ...]
    """Other words of the row that a text search finds."""
    amounts: Mapping[str, str] | None
    """The JSON form of the prices; None for a row without a price."""
    place: tuple[Any, ...] = ()
    """Settles the order of rows of one model."""


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

    @property
    def seller(self) -> str | None:
        """The asked provider as price tables name it."""
        return None if self.provider is None else seller(self.provider.strip().lower())


def fits(row: Traits, asked: PriceFilters) -> bool:
    """Whether a row passes every filter that is set."""
    return (
        asked.table in {"all", row.table}
        and (asked.seller is None or any(asked.seller in {seller(one.lower()), identity(one)} for one in row.providers))
        and (asked.model is None or identity(asked.model) in map(identity, row.models))
        and (asked.query is None or asked.query.lower() in _text(row))
        and (asked.category is None or _same(asked.category, row.category))
        and (asked.release_status is None or _same(asked.release_status, row.release_status))
    )


def sort_key(row: Traits, sort: Sort) -> tuple[Any, ...]:
    """Orders rows, amounts by their value; rows without the value to sort by come last."""
    tail = (row.providers[0], row.models[0], *row.place)
    if sort == "provider":
        return tail
    if sort == "model":
        return (row.models[0], *tail)
    if sort in {"category", "release"}:
        word = row.category if sort == "category" else row.release_status
        return (word is None, word or "", *tail)
    if row.amounts is None:
        return (True, (), *tail)
    whole, _, rest = row.amounts[_AMOUNTS[sort]].partition(".")
    return (False, (int(whole), rest), *tail)


def _text(row: Traits) -> str:
    words = (row.table, *row.providers, *row.models, row.category, row.release_status, *row.more)
    return " ".join(word for word in words if word).lower()


def _same(asked: str, value: str | None) -> bool:
    return (value or "").lower() == asked.strip().lower()

"""`prices list`: the rows of the user's tables and of the snapshot, as plain data.

Each row has the raw amounts of its table and the `effective_*` amounts that a class without a price of its own is
billed at. Filters and sort keys are those of the command; nothing is read but the tables that can match.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from whyburn.prices import snapshot
from whyburn.prices.explain import usd
from whyburn.prices.providers import seller
from whyburn.prices.schedule import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whyburn.prices.book import Book
    from whyburn.prices.table import Listed, Period, Tier

Table = Literal["virtual", "actual", "snapshot", "all"]
SORT_KEYS = (
    "provider", "model", "input", "cached", "cache-write", "output", "reasoning", "category", "release",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One price row; amounts are US dollars per million tokens as decimal strings."""

    table: str
    """`virtual`, `actual` (both the user's) or `snapshot`."""
    provider: str
    model: str
    aliases: tuple[str, ...]
    mode: str
    """Empty for the standard prices, else `fast`, `priority`, `flex`, `batch` …"""
    context_above: int | None
    context_max: int | None
    input: str
    output: str
    cached_input: str | None
    cache_write: str | None
    cache_write_1h: str | None
    reasoning: str | None
    web_search_per_1000: str | None
    category: str | None
    release_status: str | None
    status: str
    valid_from: str | None
    valid_until: str | None
    valid_basis: str
    single_source: bool
    source: str

    @property
    def effective(self) -> dict[str, str]:
        """What every class is billed at."""
        write = self.cache_write or self.input
        return {
            "effective_cached_input": self.cached_input or self.input,
            "effective_cache_write": write,
            "effective_cache_write_1h": self.cache_write_1h or write,
            "effective_reasoning": self.reasoning or self.output,
        }

    def as_dict(self) -> dict[str, Any]:
        """The row of `prices list --json`."""
        return {**asdict(self), "aliases": list(self.aliases), **self.effective}

    def text(self) -> str:
        """All words of the row, for a substring search."""
        words = (self.table, self.provider, self.model, *self.aliases, self.mode, self.category, self.release_status)
        return " ".join(word for word in (*words, self.source) if word).lower()


def list_rows(
    book: Book,
    *,
    table: Table = "all",
    provider: str | None = None,
    model: str | None = None,
    query: str | None = None,
    category: str | None = None,
    release_status: str | None = None,
    sort: str = "provider",
    at_ms: int | None = None,
) -> list[ListedRow]:
    """The rows that fit every filter, sorted; with `at_ms` only those that hold at that instant."""
    asked = seller(provider.strip().lower()) if provider else None
    rows = [
        row
        for listed in _all(book, table, asked)
        for row in _rows(listed, at_ms)
        if (model is None or _named(row, model))
        and (query is None or query.lower() in row.text())
        and (category is None or (row.category or "").lower() == category.lower())
        and (release_status is None or (row.release_status or "").lower() == release_status.lower())
    ]
    return sorted(rows, key=lambda row: _key(row, sort))


def _all(book: Book, table: Table, provider: str | None) -> Iterator[Listed]:
    for own in book.user_tables():
        if provider in {None, own.provider, seller(own.provider)} and table in {"all", own.kind}:
            yield from (own.listed(model) for model in own.models())
    if table in {"all", "snapshot"}:
        for name in snapshot.providers():
            if provider in {None, name}:
                held = snapshot.provider_table(name)
                if held is not None:
                    yield from (held.listed(model) for model in held)


def _rows(listed: Listed, at_ms: int | None) -> Iterator[ListedRow]:
    for mode, periods in listed.periods.items():
        for period in periods:
            if at_ms is None or _holds(period, at_ms):
                yield from (_row(listed, mode, period, tier) for tier in period.tiers)


def _holds(period: Period, at_ms: int) -> bool:
    return (period.from_ms is None or period.from_ms <= at_ms) and (period.until_ms is None or at_ms < period.until_ms)


def _row(listed: Listed, mode: str, period: Period, tier: Tier) -> ListedRow:
    prices = tier.prices
    return ListedRow(
        table="virtual" if listed.table == "user" else listed.table,
        provider=listed.provider,
        model=listed.model,
        aliases=listed.aliases,
        mode=mode,
        context_above=tier.above if tier.above >= 0 else None,
        context_max=tier.up_to,
        input=_usd(prices.input) or "0",
        output=_usd(prices.output) or "0",
        cached_input=_usd(prices.cache_read),
        cache_write=_usd(prices.write_5m),
        cache_write_1h=_usd(prices.write_1h),
        reasoning=_usd(prices.reasoning),
        web_search_per_1000=usd(period.search, 1_000_000_000) if period.search else None,
        category=listed.category,
        release_status=listed.release_status,
        status="free" if period.free else "priced",
        valid_from=iso(period.from_ms),
        valid_until=iso(period.until_ms),
        valid_basis=period.basis,
        single_source=period.single,
        source=period.source,
    )


def _usd(price: int | None) -> str | None:
    return None if price is None else usd(price, 1_000_000)


def _named(row: ListedRow, model: str) -> bool:
    asked = model.strip().lower()
    return asked == row.model.lower() or asked in {alias.lower() for alias in row.aliases}


def _key(row: ListedRow, sort: str) -> tuple[Any, ...]:
    tail = (row.provider, row.model, row.mode, row.valid_from or "", row.context_above or -1)
    if sort in {"provider", "model"}:
        return (row.provider, *tail) if sort == "provider" else (row.model, *tail)
    if sort in {"category", "release"}:
        word = row.category if sort == "category" else row.release_status
        return (word is None, word or "", *tail)
    amount = {
        "input": row.input,
        "output": row.output,
        "cached": row.effective["effective_cached_input"],
        "cache-write": row.effective["effective_cache_write"],
        "reasoning": row.effective["effective_reasoning"],
    }[sort]
    return (_number(amount), *tail)


def _number(amount: str) -> tuple[int, str]:
    """A decimal string as something that sorts by value."""
    whole, _, rest = amount.partition(".")
    return int(whole), rest

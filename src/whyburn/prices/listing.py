"""`prices list`: the rows of the user's tables and of the snapshot, as plain data.

Each row has the raw amounts of its table and the `effective_*` amounts that a class without a price of its own is
billed at. Nothing is read but the tables that can match.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from whyburn.prices import snapshot
from whyburn.prices.explain import usd
from whyburn.prices.filters import PriceFilters, Traits, fits, sort_key
from whyburn.prices.schedule import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whyburn.prices.book import Book
    from whyburn.prices.table import Listed, Period, Tier


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

    @property
    def traits(self) -> Traits:
        """What filters and orders look at."""
        return Traits(
            self.table, (self.provider,), (self.model, *self.aliases), self.category, self.release_status,
            (self.mode, self.source), {"input": self.input, "output": self.output, **self.effective},
            (self.mode, self.valid_from or "", self.context_above or -1),
        )  # fmt: skip


def list_rows(book: Book, asked: PriceFilters | None = None) -> list[ListedRow]:
    """The rows that fit every filter, sorted (by provider, unless asked).

    The limit is left to the caller, who tells how many there were.
    """
    asked = asked or PriceFilters()
    rows = [row for listed in _all(book, asked) for row in _rows(listed) if fits(row.traits, asked)]
    return sorted(rows, key=lambda row: sort_key(row.traits, asked.sort or "provider"))


def _all(book: Book, asked: PriceFilters) -> Iterator[Listed]:
    """Every model of the tables that can match."""
    for own in book.user_tables():
        yield from (own.listed(model) for model in own.models())
    if asked.table in {"all", "snapshot"}:
        for name in snapshot.providers():
            held = snapshot.provider_table(name) if asked.seller in {None, name} else None
            if held is not None:
                yield from (held.listed(model) for model in held)


def _rows(listed: Listed) -> Iterator[ListedRow]:
    for mode, periods in listed.periods.items():
        for period in periods:
            yield from (_row(listed, mode, period, tier) for tier in period.tiers)


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

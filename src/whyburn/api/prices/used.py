"""What calls were priced with, and what has no price.

The ledger's rate rows say with which price every stored call was priced; joined with the sums of those calls they give
one row for each model in use and each price that applied to it. What has no price is a row too, with its tokens.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from whyburn.api.costing import actual_mode, load_book
from whyburn.prices.filters import PriceFilters, Traits, fits, sort_key
from whyburn.usage.totals import usd as dollars

if TYPE_CHECKING:
    import sqlite3

    from whyburn.api.workspace import Policy, Workspace
    from whyburn.prices.book import Book
    from whyburn.prices.filters import Sort
    from whyburn.prices.tariff import Tariff
    from whyburn.settings.schema import Settings

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class UsedRow:
    """A model in use, with one price that was applied to its calls, or with none."""

    table: str
    """`virtual` or `actual` (the user's), `snapshot`; the table that lacks a row where there is no price."""
    harnesses: tuple[str, ...]
    provider: str
    """As the logs name it."""
    model: str
    """The id of the logs, unchanged."""
    calls: int
    tokens: int
    cost_pico: int | None
    """List price of these calls; with `table` `actual` what was really paid."""
    price: UsedPrice | None

    def as_dict(self) -> dict[str, Any]:
        """The JSON form; the fields of the price are there, as null, also where there is none."""
        used = {
            "table": self.table, "harnesses": list(self.harnesses), "provider": self.provider, "model": self.model,
            "calls": self.calls, "tokens": self.tokens, "cost_usd": dollars(self.cost_pico),
            "cost_pico_usd": self.cost_pico, "status": self.price.status if self.price else "unpriced",
        }  # fmt: skip
        price = self.price.as_dict() if self.price else dict.fromkeys((*UsedPrice.__slots__, *_EFFECTIVE))
        return {**price, **used}

    @property
    def traits(self) -> Traits:
        """What filters and orders look at: the names of the logs, and those of the price."""
        price = self.price
        if price is None:
            return Traits(self.table, (self.provider,), (self.model,), None, None, self.harnesses, None, (-1,))
        return Traits(
            self.table, (self.provider, price.matched_provider), (self.model, price.matched_id, *price.aliases),
            price.category, price.release_status, (*self.harnesses, price.source, price.modifiers), price.as_dict(),
            (price.context_above or -1,),
        )  # fmt: skip


_EFFECTIVE = (
    "effective_cached_input", "effective_cache_write", "effective_cache_write_1h", "effective_reasoning",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class UsedPrice:
    """A row of the ledger's rate table: final prices in US dollars per million tokens, and how they were found."""

    matched_provider: str
    matched_id: str
    match_step: str
    aliases: tuple[str, ...]
    modifiers: str
    """What is in the numbers besides the list price, such as `speed=fast,geo=us`."""
    context_above: int | None
    context_max: int | None
    valid_from: str | None
    valid_until: str | None
    input: str
    output: str
    cached_input: str | None
    cache_write: str | None
    cache_write_1h: str | None
    reasoning: str | None
    category: str | None
    release_status: str | None
    status: str
    basis: str
    source: str
    """A file of the user, or the document behind the row of the snapshot."""

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        write, read = self.cache_write or self.input, self.cached_input or self.input
        effective = (read, write, self.cache_write_1h or write, self.reasoning or self.output)
        return {**asdict(self), "aliases": list(self.aliases), **dict(zip(_EFFECTIVE, effective, strict=True))}


@dataclass(frozen=True, slots=True)
class Used:
    """The price rows that calls in the ledger use. `of` counts them before the limit."""

    rows: list[UsedRow]
    of: int
    filters: PriceFilters
    missing_only: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"filters": self.filters.as_dict(), "of": self.of, "prices": [row.as_dict() for row in self.rows]}


def used_prices(
    workspace: Workspace, filters: PriceFilters | None = None, *, missing_only: bool = False,
    policy: Policy | None = None,
) -> Used:  # fmt: skip
    """Models in use with the price rows that were applied, dearest first; `missing_only` those without a price."""
    asked = filters or PriceFilters()
    db = workspace.reader(policy)
    book = load_book(workspace.settings)
    rows: list[UsedRow] = []
    if workspace.settings.costing.default_virtual_mode == "pricing":
        rows += _virtual(db, book)
    if asked.table in {"all", "actual"}:
        rows += _actual(db, book, workspace.settings)
    rows = [row for row in rows if (row.price is None or not missing_only) and fits(row.traits, asked)]
    rows.sort(key=lambda row: _order(row, asked.sort))
    return Used(rows[: asked.limit], len(rows), asked, missing_only)


def _virtual(db: sqlite3.Connection, book: Book) -> list[UsedRow]:
    """By model and rate row; row 0 of the rates stands for no price."""
    found = db.execute(
        """SELECT group_concat(DISTINCT f.harness), f.provider, f.model_raw, sum(r.calls),
             sum(r.input + r.output + r.cache_read + r.w5 + r.w1 + r.wother), sum(r.virtual_pico), r.rate, p.*
           FROM rollup r JOIN facet f ON f.id = r.facet JOIN rate p ON p.id = r.rate
           GROUP BY f.provider, f.model_raw, r.rate"""
    )
    columns = [one[0] for one in found.description]
    return [_used(dict(zip(columns, row, strict=True)), row, book) for row in found]


def _used(named: dict[str, Any], row: tuple[Any, ...], book: Book) -> UsedRow:
    harnesses, provider, model, calls, tokens, pico, rate = row[:7]
    price = _price(named, book) if rate else None
    table = "virtual" if price is None or named["book"] == "user" else named["book"]
    return UsedRow(table, tuple(sorted(harnesses.split(","))), provider, model, calls, tokens, pico, price)


def _price(rate: dict[str, Any], book: Book) -> UsedPrice:
    from whyburn.prices.explain import usd  # noqa: PLC0415
    from whyburn.prices.schedule import iso  # noqa: PLC0415

    def amount(name: str) -> str | None:
        return None if rate[name] is None else usd(rate[name], _MILLION)

    aliases, category, release = _described(rate, book)
    above = rate["tier_min"] if rate["tier_min"] >= 0 else None
    return UsedPrice(
        matched_provider=rate["provider"],
        matched_id=rate["model"],
        match_step=rate["match_step"],
        aliases=aliases,
        modifiers=rate["mods"],
        context_above=above,
        context_max=rate["tier_max"],
        valid_from=iso(rate["valid_from"]),
        valid_until=iso(rate["valid_until"]),
        input=amount("p_in") or "0",
        output=amount("p_out") or "0",
        cached_input=amount("p_read"),
        cache_write=amount("p_5m"),
        cache_write_1h=amount("p_1h"),
        reasoning=amount("p_reason"),
        category=category,
        release_status=release,
        status=rate["status"],
        basis=rate["basis"],
        source=rate["origin"],
    )


def _described(rate: dict[str, Any], book: Book) -> tuple[tuple[str, ...], str | None, str | None]:
    """Aliases, category and release status of a rate's model: in the tables only, not in the ledger."""
    if rate["book"] == "snapshot":
        from whyburn.prices import snapshot  # noqa: PLC0415  only the providers in use are read

        table = snapshot.provider_table(rate["provider"])
        known = table is not None and rate["model"] in set(table)
        return (table.listed(rate["model"]).aliases if table is not None and known else ()), None, None
    wanted = (rate["provider"].lower(), rate["model"].lower(), rate["origin"])
    for row in book.user_rows:
        if (row.provider.lower(), row.model.lower(), row.file) == wanted:
            return row.aliases, row.category, row.release_status
    return (), None, None


def _actual(db: sqlite3.Connection, book: Book, settings: Settings) -> list[UsedRow]:
    """By model, where a rule says that `[[pricing.actual]]` tells what is paid: the ledger keeps no rate of that."""
    facets = _priced_facets(db, book, settings)
    sums: dict[tuple[str, str, int], UsedRow] = {}
    marks = ", ".join(map(str, facets))
    for facet, at_ms, prompt, output, calls, paid in db.execute(_CALLS.format(marks=marks)) if facets else ():
        harness, provider, model, tariff = facets[facet]
        rate = None if paid is None else tariff.rate_at(at_ms, prompt)
        key = (provider, model, id(rate) if rate else 0)
        row = UsedRow("actual", (harness,), provider, model, calls, prompt + output, paid, None)
        if key in sums:
            row = _summed(sums[key], row)
        elif rate is not None:
            row = replace(row, price=_price(_as_stored(rate), book))
        sums[key] = row
    return list(sums.values())


_CALLS = """SELECT facet, ts_ms, coalesce(input, 0) + coalesce(cache_read, 0) + coalesce(w5, 0) + coalesce(w1, 0)
  + coalesce(wother, 0), coalesce(output, 0), requests, actual_pico FROM call WHERE counted AND facet IN ({marks})"""


def _priced_facets(db: sqlite3.Connection, book: Book, settings: Settings) -> dict[int, tuple[str, str, str, Tariff]]:
    """Harness, provider, model and the user's own prices of the facets that are paid by price."""
    mode = actual_mode(settings)
    found = {}
    for facet, harness, provider, model, speed, tier, geo, via in db.execute(
        "SELECT id, harness, provider, model_raw, speed, tier, geo, via FROM facet"
    ):
        if mode(via or harness, harness, provider, model) == "pricing":
            named = None if provider == "unknown" else provider
            extra = {"speed": speed or None, "service_tier": tier or None, "geo": geo or None}
            found[facet] = (harness, provider, model, book.tariff(named, model, **extra, table="actual"))
    return found


def _summed(one: UsedRow, other: UsedRow) -> UsedRow:
    paid = None if one.cost_pico is None and other.cost_pico is None else (one.cost_pico or 0) + (other.cost_pico or 0)
    harnesses = tuple(sorted({*one.harnesses, *other.harnesses}))
    calls, tokens = one.calls + other.calls, one.tokens + other.tokens
    return replace(one, harnesses=harnesses, calls=calls, tokens=tokens, cost_pico=paid)


def _as_stored(rate: Any) -> dict[str, Any]:
    """A rate of the book under the names of the ledger's table."""
    return {
        "book": rate.table, "provider": rate.provider, "model": rate.model, "tier_min": rate.tier_min,
        "tier_max": rate.tier_max, "valid_from": rate.valid_from_ms, "valid_until": rate.valid_until_ms,
        "mods": rate.mods,
        "p_in": rate.input, "p_out": rate.output, "p_reason": rate.reasoning, "p_read": rate.cache_read,
        "p_5m": rate.write_5m, "p_1h": rate.write_1h, "origin": rate.origin, "match_step": rate.match_step,
        "status": rate.status, "basis": rate.basis,
    }  # fmt: skip


def _order(row: UsedRow, sort: Sort | None) -> tuple[Any, ...]:
    """Unless sorted, the dearest first, then the most tokens."""
    if sort is None:
        return (-(row.cost_pico or 0), -row.tokens, *sort_key(row.traits, "provider"))
    return sort_key(row.traits, sort)

"""`prices explain`: which row applies to a model at a moment, how it was found, and what would apply otherwise.

The answer is the book's own: the same tariff, the same rate as for a call in the ledger. Amounts leave as decimal
strings in US dollars per million tokens. A model without a price is an answer too, with a reason and a few near names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from whyburn.prices.rate import EXTRAPOLATED
from whyburn.prices.schedule import iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.prices.book import Book
    from whyburn.prices.rate import Rate
    from whyburn.prices.table import Period
    from whyburn.prices.tariff import Tariff

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer for one model, provider, moment and prompt size."""

    model: str
    provider: str | None
    at: str
    status: str
    """`priced`, `free` or `unpriced`."""
    matched_provider: str | None
    matched_id: str | None
    match_step: str | None
    removed: tuple[str, ...]
    basis: str | None
    rate: dict[str, str | None] | None
    """US dollars per million tokens; None where a class has no price of its own."""
    threshold: int | None
    """The prompt size above which other prices hold, next to the answer's tier."""
    tier_applied: bool
    factors: tuple[str, ...]
    """What is in the numbers besides the list price."""
    fees: dict[str, str]
    source: str | None
    valid_from: str | None
    valid_until: str | None
    valid_basis: str | None
    near: tuple[str, ...]
    reason: str | None = None
    table: str | None = None
    inferred_provider: bool = False
    single_source: bool = False
    extrapolated: bool = False
    tiers: tuple[dict[str, Any], ...] | None = None
    """The tiers above the base one, when no prompt size was asked for."""
    before: dict[str, Any] | None = field(default=None)
    """The row before this one in time, for people."""
    after: dict[str, Any] | None = field(default=None)

    def as_dict(self) -> dict[str, Any]:
        """The fields of `prices explain --json`; what does not apply is left out only where the format says so."""
        body: dict[str, Any] = {name: getattr(self, name) for name in _ALWAYS}
        body["removed"], body["factors"], body["near"] = list(self.removed), list(self.factors), list(self.near)
        if self.reason is not None:
            body["reason"] = self.reason
        for name in ("inferred_provider", "single_source", "extrapolated"):
            if getattr(self, name):
                body[name] = True
        if self.tiers is not None:
            body["tiers"] = list(self.tiers)
        return body


_ALWAYS = (
    "model", "provider", "at", "status", "matched_provider", "matched_id", "match_step", "removed", "basis", "rate",
    "threshold", "tier_applied", "factors", "fees", "source", "valid_from", "valid_until", "valid_basis", "near",
)  # fmt: skip


def explain(
    book: Book,
    model: str,
    provider: str | None = None,
    *,
    at_ms: int | None = None,
    prompt_tokens: int | None = None,
    speed: str | None = None,
    service_tier: str | None = None,
    geo: str | None = None,
) -> Explanation:
    """Explain the price of a model; without a time the present, without a prompt size the base tier."""
    at_ms = int(datetime.now(UTC).timestamp() * 1000) if at_ms is None else at_ms
    tariff = book.tariff(provider, model, speed=speed, service_tier=service_tier, geo=geo)
    rate = tariff.rate_at(at_ms, prompt_tokens or 0)
    if rate is None:
        return _unpriced(book, model, provider, at_ms, tariff)
    return _priced(model, provider, at_ms, tariff, rate, with_tiers=prompt_tokens is None)


def _unpriced(book: Book, model: str, provider: str | None, at_ms: int, tariff: Tariff) -> Explanation:
    reason = tariff.reason or _no_row(tariff, at_ms)
    return Explanation(
        model=model,
        provider=provider,
        at=str(iso(at_ms)),
        status="unpriced",
        matched_provider=None,
        matched_id=None,
        match_step=None,
        removed=(),
        basis=None,
        rate=None,
        threshold=None,
        tier_applied=False,
        factors=(),
        fees={},
        source=None,
        valid_from=None,
        valid_until=None,
        valid_basis=None,
        near=() if tariff.listed else tuple(book.near(provider, model)),
        reason=reason,
    )


def _no_row(tariff: Tariff, at_ms: int) -> str:
    assert tariff.matched is not None
    mode = f" in mode {tariff.matched.mode}" if tariff.matched.mode else ""
    name = f"{tariff.matched.provider}/{tariff.matched.model}{mode}"
    starts = [rate.valid_from_ms for rate in tariff.rates() if rate.valid_from_ms is not None]
    if starts and at_ms < min(starts):
        return f"no price of {name} is known before {iso(min(starts))}"
    return f"no price of {name} holds at {iso(at_ms)}"


def _priced(
    model: str, provider: str | None, at_ms: int, tariff: Tariff, rate: Rate, *, with_tiers: bool
) -> Explanation:
    matched, listed = next(pair for pair in tariff.listed if pair[1].table == rate.table)
    period, before, after = _around(listed.periods[matched.mode], rate)
    tiers = [one for one in _siblings(tariff, rate) if one.tier_min >= 0]
    factors = tuple(word for word in rate.mods.split(",") if word)
    return Explanation(
        model=model,
        provider=provider,
        at=str(iso(at_ms)),
        status=rate.status,
        matched_provider=rate.provider,
        matched_id=rate.model,
        match_step=rate.match_step,
        removed=matched.removed,
        basis=rate.basis,
        rate=prices_of(rate),
        threshold=rate.tier_min if rate.tier_min >= 0 else rate.tier_max,
        tier_applied=rate.tier_min >= 0,
        factors=factors,
        fees={"web_search_per_1000": usd(rate.search, 1_000_000_000)} if rate.search else {},
        source=rate.origin,
        valid_from=iso(rate.valid_from_ms),
        valid_until=iso(rate.valid_until_ms),
        valid_basis=period.basis if period else None,
        near=(),
        table=rate.table,
        inferred_provider=matched.inferred_provider,
        single_source=bool(period and period.single and rate.table == "snapshot"),
        extrapolated=EXTRAPOLATED in factors,
        tiers=tuple({"above": one.tier_min, "rate": prices_of(one)} for one in tiers) if with_tiers else None,
        before=_row(before),
        after=_row(after),
    )


def _siblings(tariff: Tariff, rate: Rate) -> list[Rate]:
    """The tiers of the same row under the same modifiers, ascending."""
    same = (rate.table, rate.valid_from_ms, rate.valid_until_ms, rate.mods)
    found = [one for one in tariff.rates() if (one.table, one.valid_from_ms, one.valid_until_ms, one.mods) == same]
    return sorted(found, key=lambda one: one.tier_min)


def _around(rows: Sequence[Period], rate: Rate) -> tuple[Period | None, Period | None, Period | None]:
    """The row of a rate, and the rows before and after it in time."""
    if rate.table != "snapshot":
        rows = _of_its_range(rows, rate)
    key = (rate.valid_from_ms, rate.valid_until_ms, rate.origin)
    for index, row in enumerate(rows):
        if (row.from_ms, row.until_ms, row.source) == key:
            return row, rows[index - 1] if index else None, rows[index + 1] if index + 1 < len(rows) else None
    return None, None, None


def _of_its_range(rows: Sequence[Period], rate: Rate) -> list[Period]:
    """The user's rows for the same prompts, by date: their files hold other ranges and any order."""
    same = [row for row in rows if (row.tiers[0].above, row.tiers[0].up_to) == (rate.tier_min, rate.tier_max)]
    return sorted(same, key=lambda row: (row.from_ms is not None, row.from_ms or 0))


def _row(period: Period | None) -> dict[str, Any] | None:
    if period is None:
        return None
    base = period.tiers[0].prices
    return {
        "valid_from": iso(period.from_ms),
        "valid_until": iso(period.until_ms),
        "input": usd(base.input, _MILLION),
        "output": usd(base.output, _MILLION),
    }


def prices_of(rate: Rate) -> dict[str, str | None]:
    """A rate's prices in US dollars per million tokens."""
    made: dict[str, str | None] = {"input": usd(rate.input, _MILLION), "output": usd(rate.output, _MILLION)}
    pairs = (("cache_read", rate.cache_read), ("cache_write_5m", rate.write_5m), ("cache_write_1h", rate.write_1h))
    for name, price in pairs:
        made[name] = None if price is None else usd(price, _MILLION)
    if rate.reasoning is not None:
        made["reasoning"] = usd(rate.reasoning, _MILLION)
    return made


def usd(pico: int, unit: int) -> str:
    """A whole number of pico-dollars over a power of ten as the shortest exact decimal."""
    whole, rest = divmod(pico, unit)
    digits = str(rest).rjust(len(str(unit)) - 1, "0").rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)

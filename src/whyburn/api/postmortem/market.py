"""What the findings ask about prices: another model, another tier, another size of prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.api import costing
from whyburn.postmortem.anatomy import Prices

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from whyburn.postmortem.anatomy import Call
    from whyburn.prices.book import Book
    from whyburn.prices.rate import Rate
    from whyburn.prices.tariff import Tariff
    from whyburn.settings.schema import Settings

_USED_MODELS = "SELECT DISTINCT model_raw FROM facet WHERE provider = ? AND purpose = 'subagent'"
"""What the user has given simple work to; part of a digest's fingerprint, because findings depend on it."""


class LedgerMarket:
    """A `Market` over the price book and the ledger."""

    def __init__(self, db: sqlite3.Connection, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._loaded: Book | None = None
        self._tariffs: dict[tuple[str, str, str, str], Tariff] = {}
        self._cheaper: dict[tuple[str, str, frozenset[str]], str | None] = {}

    def prices(
        self, call: Call, *, model: str | None = None, speed: str | None = None, tier: str | None = None,
        prompt: int | None = None,
    ) -> Prices | None:  # fmt: skip
        """See `Market.prices`."""
        fast, level = call.speed if speed is None else speed, call.tier if tier is None else tier
        tariff = self._tariff(call.provider, model or call.model, fast, level)
        rate = tariff.rate_at(call.at_ms or 0, call.prompt if prompt is None else prompt)
        return None if rate is None else prices_of(rate)

    def cheaper(self, call: Call, used: Iterable[str]) -> str | None:
        """See `Market.cheaper`; the choice does not depend on when the call was made."""
        key = (call.provider, call.model, frozenset(used))
        if key not in self._cheaper:
            stored = {row[0] for row in self._db.execute(_USED_MODELS, (call.provider,))}
            self._cheaper[key] = self._cheapest(call, key[2]) or self._cheapest(call, stored)
        return self._cheaper[key]

    def _cheapest(self, call: Call, models: Iterable[str]) -> str | None:
        own = self.prices(call)
        able = []
        for model in models:
            prices = self.prices(call, model=model) if model != call.model else None
            if prices is not None and own is not None and prices.read < own.read and prices.output < own.output:
                able.append((prices.output, prices.read, model))
        return min(able)[2] if able else None

    def _tariff(self, provider: str, model: str, speed: str, tier: str) -> Tariff:
        key = (provider, model, speed, tier)
        found = self._tariffs.get(key)
        if found is None:
            if self._loaded is None:
                self._loaded = costing.load_book(self._settings)
            named = None if provider == "unknown" else provider
            found = self._loaded.tariff(named, model, speed=speed or None, service_tier=tier or None)
            self._tariffs[key] = found
        return found


def prices_of(rate: Rate) -> Prices:
    """The prices of a rate, as calls are billed by it."""
    return Prices.billed(
        fresh=rate.input, read=rate.cache_read, write_5m=rate.write_5m, write_1h=rate.write_1h, output=rate.output,
        reasoning=rate.reasoning, search=rate.search,
    )  # fmt: skip

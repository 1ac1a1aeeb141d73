"""The dated price table that is shipped with the program.

One JSON file per price provider, made by `scripts/build_prices.py` and read only when a call of that provider is
priced; `index.json` tells which lab lists which id. The fingerprint is a small file of its own, so that asking whether
prices changed costs no parsing.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

from whyburn.prices.fingerprint import DATA
from whyburn.prices.ids import Names
from whyburn.prices.schedule import Schedule, read_rules
from whyburn.prices.table import Listed, Period, Prices, Tier, Uplift

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SINGLE, _FREE = 1, 2


class ProviderTable:
    """All listed models of one price provider; a model's rows are decoded when it is asked for."""

    __slots__ = ("_cache", "_models", "_rules", "_sources", "_uplifts", "mode_names", "names", "provider", "shapes")

    def __init__(self, body: dict[str, Any]) -> None:
        self.provider: str = body["provider"]
        self.shapes: bool = body.get("shapes", False)
        self.mode_names: Mapping[str, str] = body.get("mode_names", {})
        self._models: dict[str, dict[str, Any]] = body["models"]
        self._sources: list[str] = body["sources"]
        self._rules = read_rules(body.get("schedule", []), body.get("holidays", {}))
        self._uplifts: list[dict[str, Any]] = body.get("uplifts", [])
        aliases = {alias: model for model, entry in self._models.items() for alias in entry.get("aliases", ())}
        self.names = Names(self._models, aliases)
        self._cache: dict[str, Listed] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def listed(self, model: str) -> Listed:
        """Everything known of a listed id."""
        if model not in self._cache:
            self._cache[model] = self._decode(model)
        return self._cache[model]

    def _decode(self, model: str) -> Listed:
        entry = self._models[model]
        rules = tuple(rule for rule in self._rules if not rule.models or model in rule.models)
        return Listed(
            table="snapshot",
            provider=self.provider,
            model=model,
            periods={mode: tuple(self._period(row) for row in rows) for mode, rows in entry["rows"].items()},
            aliases=tuple(entry.get("aliases", ())),
            uplifts=tuple(Uplift(one["when"], *one["factor"]) for one in self._uplifts if model in one["models"]),
            schedule=Schedule(rules) if rules else None,
        )

    def _period(self, row: list[Any]) -> Period:
        since, until, basis, source, flags, search, base, *tiers = row
        bounds = [-1, *(tier[0] for tier in tiers)]
        prices = [base, *(tier[1] for tier in tiers)]
        made = [
            Tier(low, high, _prices(six)) for low, high, six in zip(bounds, [*bounds[1:], None], prices, strict=True)
        ]
        return Period(
            from_ms=since,
            until_ms=until,
            basis={"d": "documented", "c": "commit", "o": "observed"}[basis],
            source=self._sources[source],
            tiers=tuple(made),
            search=search,
            free=bool(flags & _FREE),
            single=bool(flags & _SINGLE),
        )


def _prices(six: Sequence[int | None]) -> Prices:
    padded = [*six, *([None] * (6 - len(six)))]
    return Prices(padded[0] or 0, padded[1] or 0, *padded[2:])


def _path(name: str) -> str:
    return os.path.join(DATA, name)


@cache
def index() -> Mapping[str, Any]:
    """The table of contents: providers, and for each id that labs list, the labs that list it."""
    with open(_path("index.json"), encoding="utf-8") as file:
        loaded: Mapping[str, Any] = json.load(file)
    return loaded


@cache
def provider_table(provider: str) -> ProviderTable | None:
    """One provider's table, or None when the snapshot has none."""
    path = _path(f"{provider}.json")
    if "/" in provider or provider == "index" or not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return ProviderTable(json.load(file))


def providers() -> tuple[str, ...]:
    """Every price provider of the snapshot, sorted."""
    return tuple(index()["providers"])


def labs_listing(model: str) -> tuple[str, ...]:
    """The labs that list exactly this id."""
    return tuple(index()["labs"].get(model.strip().lower(), ()))

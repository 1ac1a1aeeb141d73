"""The user's own price rows, in the shape of the other tables.

Rows of one model may differ in prompt range and in dates. At any instant those that hold are tried narrowest range
first, the row without a range last, as `ledger-costing` describes; overlaps are refused where the files are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.prices.ids import Names
from whyburn.prices.table import Listed, Period, Prices, Tier
from whyburn.prices.tariff import Layer, make_rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from whyburn.prices.rate import Rate
    from whyburn.prices.tariff import Match
    from whyburn.settings.price_rows import PriceRow

_FIRST, _LAST = -(1 << 62), 1 << 62


class UserTable:
    """The user's models of one table (`virtual` or `actual`) and one provider."""

    __slots__ = ("_rows", "kind", "names", "provider")

    def __init__(self, kind: str, provider: str, rows: Iterable[PriceRow]) -> None:
        self.kind = kind
        self.provider = provider
        self._rows: dict[str, list[PriceRow]] = {}
        spelled: dict[str, str] = {}
        aliases: dict[str, str] = {}
        for row in rows:
            # The settings take names in other letters for one model; the first spelling stands for all of its rows.
            model = spelled.setdefault(row.model.lower(), row.model)
            self._rows.setdefault(model, []).append(row)
            aliases.update(dict.fromkeys(row.aliases, model))
        self.names = Names(self._rows, aliases)

    def models(self) -> Sequence[str]:
        """The listed ids, in the order of the files."""
        return tuple(self._rows)

    def listed(self, model: str) -> Listed:
        """The model with one period per row."""
        rows = self._rows[model]
        first = rows[0]
        return Listed(
            table="actual" if first.table == "actual" else "user",
            provider=first.provider,
            model=model,
            periods={"": tuple(_period(row) for row in rows)},
            aliases=_once(alias for row in rows for alias in row.aliases),
            category=first.category,
            release_status=first.release_status,
        )


def group(rows: Iterable[PriceRow]) -> Mapping[tuple[str, str], UserTable]:
    """The rows by (table, provider in small letters)."""
    grouped: dict[tuple[str, str], list[PriceRow]] = {}
    for row in rows:
        grouped.setdefault((row.table, row.provider.strip().lower()), []).append(row)
    return {key: UserTable(*key, members) for key, members in grouped.items()}


def _once(names: Iterable[str]) -> tuple[str, ...]:
    """Each name in its first spelling."""
    spelled: dict[str, str] = {}
    for name in names:
        spelled.setdefault(name.lower(), name)
    return tuple(spelled.values())


def user_layer(listed: Listed, match: Match) -> Layer:
    """The slots of rows that may overlap in time: one slot between every two instants at which anything changes."""
    rated: list[tuple[Period, Rate]] = [
        (period, make_rate(listed, period, period.tiers[0], match=match)) for period in listed.periods[""]
    ]
    rated.sort(key=lambda pair: _width(pair[1]))
    edges = {_start(period) for period, _ in rated} | {_end(period) for period, _ in rated}
    starts = sorted(edges - {_LAST})
    slots = [tuple(rate for period, rate in rated if _start(period) <= start < _end(period)) for start in starts]
    return Layer(starts, slots, None, ())


def _start(period: Period) -> int:
    return _FIRST if period.from_ms is None else period.from_ms


def _end(period: Period) -> int:
    return _LAST if period.until_ms is None else period.until_ms


def _width(rate: Rate) -> int:
    return (_LAST if rate.tier_max is None else rate.tier_max) - rate.tier_min


def _period(row: PriceRow) -> Period:
    low = -1 if row.context_min is None else row.context_min - 1
    prices = Prices(
        pico(row.input_usd) or 0,
        pico(row.output_usd) or 0,
        pico(row.cached_input_usd),
        pico(row.cache_write_usd),
        pico(row.cache_write_1h_usd),
        pico(row.reasoning_usd),
    )
    return Period(
        from_ms=row.valid_from_ms,
        until_ms=row.valid_until_ms,
        basis="documented",
        source=row.file,
        tiers=(Tier(low, row.context_max, prices),),
        search=(pico(row.web_search_usd_per_1k) or 0) * 1000,
    )


def pico(usd: Decimal | None) -> int | None:
    """US dollars per million tokens as pico-dollars per token."""
    return None if usd is None else round(usd * 1_000_000)

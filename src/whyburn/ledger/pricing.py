"""What a call costs: the price book applied to one call, at the time of that call, in integers.

`Pricer.price` is the only place where tokens become money: imports, repricing and `verify` call it. A call is priced
when it is stored, with the rate that was used, and again only when the book or the rules have changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from whyburn.prices.book import Book
    from whyburn.prices.rate import Rate
    from whyburn.prices.tariff import Tariff

ENGINE = 1
"""Raised when the same book would give other costs; part of the costing hash."""
UNPRICED = 0
Part = tuple[int, int, int, int, int]
Count = int | None
Usage = tuple[
    int, int, Count, Count, Count, Count, Count, Count, Count, int, int | None, Sequence[Part] | None
]  # fmt: skip
"""The billable side of a call in the order of the ledger's columns: time, facet, input, output, reasoning, cache read,
writes (5 minutes, 1 hour, other), searches, recorded cost, parts. A plain tuple: one is made for every call."""
Costs = tuple[int, int | None, int | None]
"""Rate row, paid and list price in pico-dollars; None where no price or no rule gives a figure."""


class Pricer:
    """The price book behind the ledger's facets and rate rows."""

    def __init__(
        self,
        db: sqlite3.Connection,
        load_book: Callable[[], Book],
        actual_mode: Callable[[str, str, str, str], str],
        *,
        virtual: bool = True,
    ) -> None:
        self._db = db
        self._load_book = load_book
        self._loaded: Book | None = None
        self._actual_mode = actual_mode
        self._virtual = virtual
        self._facets: dict[int, tuple[str, Tariff | None, Tariff | None]] = {}
        self._rates: dict[int, int] = {}
        self._held: list[Rate] = []

    def _book(self) -> Book:
        """The price book, loaded when the first call has to be priced."""
        if self._loaded is None:
            self._loaded = self._load_book()
        return self._loaded

    def forget(self) -> None:
        """Drop the caches: after a rollback they may name rows that are not there."""
        self._facets, self._rates, self._held = {}, {}, []

    def price(self, use: Usage) -> Costs:
        """The costs of one call."""
        mode, virtual, actual = self._facets.get(use[1]) or self._facet(use[1])
        rate, virtual_pico = (None, None) if virtual is None else _cost(virtual, use)
        paid = 0 if mode == "zero" else use[10] if mode == "source" else _cost(actual, use)[1] if actual else None
        return (UNPRICED if rate is None else self._rates.get(id(rate)) or self._rate(rate)), paid, virtual_pico

    def _facet(self, facet: int) -> tuple[str, Tariff | None, Tariff | None]:
        row = self._db.execute(
            "SELECT harness, provider, model_raw, speed, tier, geo, via FROM facet WHERE id = ?", (facet,)
        ).fetchone()
        harness, provider, model, speed, tier, geo, via = row
        mode = self._actual_mode(via or harness, harness, provider, model)
        named = None if provider == "unknown" else provider

        def tariff(table: str) -> Tariff:
            asked = {"speed": speed or None, "service_tier": tier or None, "geo": geo or None}
            return self._book().tariff(named, model, **asked, table=table)

        virtual = tariff("virtual") if self._virtual else None
        actual = tariff("actual") if mode == "pricing" else None
        found = self._facets[facet] = (mode, virtual, actual)
        return found

    def _rate(self, rate: Rate) -> int:
        values = (
            rate.table, rate.provider, rate.model, rate.tier_min, rate.tier_max, rate.valid_from_ms,
            rate.valid_until_ms, rate.mods, rate.input, rate.output, rate.reasoning, rate.cache_read, rate.write_5m,
            rate.write_1h, rate.search,
            rate.origin, rate.match_step, rate.status, rate.basis,
        )  # fmt: skip
        names = (
            "book, provider, model, tier_min, tier_max, valid_from, valid_until, mods, p_in, p_out, p_reason, p_read, "
            "p_5m, p_1h, p_search, origin, match_step, status, basis"
        )
        same = " AND ".join(f"{name.strip()} IS ?" for name in names.split(","))
        row = self._db.execute(f"SELECT id FROM rate WHERE {same}", values).fetchone()
        if row is None:
            cursor = self._db.execute(f"INSERT INTO rate({names}) VALUES({', '.join('?' * len(values))})", values)
            row = (int(cursor.lastrowid or 0),)
        self._held.append(rate)  # its id() must not be given to another object while we remember it
        found = self._rates[id(rate)] = int(row[0])
        return found


def _cost(tariff: Tariff, use: Usage) -> tuple[Rate | None, int | None]:
    ts_ms, _, inp, out, reasoning, read, w5, w1, other, searches, _, parts = use
    if parts:
        return _cost_of_parts(tariff, ts_ms, parts, searches)
    inp, read, w5, w1, other = inp or 0, read or 0, w5 or 0, w1 or 0, other or 0
    rate = tariff.rate_at(ts_ms, inp + read + w5 + w1 + other)
    if rate is None:
        return None, None
    return rate, rate.cost(
        input=inp, output=out or 0, reasoning=reasoning or 0, cache_read=read, write_5m=w5, write_1h=w1,
        write_other=other, searches=searches,
    )  # fmt: skip


def _cost_of_parts(tariff: Tariff, ts_ms: int, parts: Sequence[Part], searches: int) -> tuple[Rate | None, int | None]:
    """Each sampling iteration has its own context tier; the rate row is that of the last one."""
    total, rate = 0, None
    for inp, out, read, w5, w1 in parts:
        rate = tariff.rate_at(ts_ms, inp + read + w5 + w1)
        if rate is None:
            return None, None
        total += rate.cost(input=inp, output=out, reasoning=0, cache_read=read, write_5m=w5, write_1h=w1,
                           write_other=0, searches=searches)  # fmt: skip
        searches = 0
    return rate, total

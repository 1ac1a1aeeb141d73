"""What analysed sessions cost over time and by model, and what the stretch of days before had cost.

All of it is asked of the ledger with the usual engine, so the days of the analysed sessions sum to their bills, and
the comparison counts every session that fits, also those beyond an overview's limit.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from whyburn.api.postmortem.overriding import rebilled
from whyburn.clock import Window, buckets
from whyburn.ledger.bills import bills
from whyburn.postmortem.money import money
from whyburn.usage import engine
from whyburn.usage.selection import Selection
from whyburn.usage.sessions import threads_of
from whyburn.usage.totals import Totals

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from whyburn.clock import Bucket, Unit, Zone
    from whyburn.ledger.bills import Bill
    from whyburn.prices.overrides import PriceConfig

_MOST_BARS = 70
"""More days than this are shown as weeks, more weeks as months."""
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Part:
    """The calls of one model of one harness in one period."""

    period: int
    """Index in `Spend.periods`."""
    harness: str
    model: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class Spend:
    """What sessions cost, cut into days (or weeks, or months) without a gap."""

    unit: Unit = "day"
    periods: list[Bucket] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    """They sum to the bill of the analysed sessions."""
    whole: int | None = None
    """Pico-dollars of every session that fits in these periods, analysed or not; None when nothing is priced."""
    before: int | None = None
    """The same for as many days before; None when nothing was priced then."""
    days: int = 0

    def by(self, key: Callable[[Part], str]) -> list[tuple[str, Totals]]:
        """Sums by any property of parts, dearest first."""
        found: dict[str, Totals] = {}
        for part in self.parts:
            name = key(part)
            found[name] = found.get(name, Totals()) + part.totals
        return sorted(found.items(), key=lambda one: (-(one[1].virtual_pico or 0), -one[1].tokens, one[0]))

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "period": {
                "unit": self.unit, "days": self.days,
                "since_ms": self.periods[0].since_ms if self.periods else None,
                "until_ms": self.periods[-1].until_ms if self.periods else None,
                **money(self.whole, "all_sessions"), **money(self.before, "before"),
            },
            "over_time": [self._period(at, one) for at, one in enumerate(self.periods)],
            "models": [{"model": name, **_sums(sums)} for name, sums in self.by(lambda part: part.model)],
        }  # fmt: skip

    def _period(self, at: int, one: Bucket) -> dict[str, Any]:
        inside = [part for part in self.parts if part.period == at]
        own = Spend(parts=inside)
        return {
            "key": one.key, "since_ms": one.since_ms, "until_ms": one.until_ms,
            **_sums(sum((part.totals for part in inside), Totals())),
            "by_harness": [{"harness": name, **_sums(sums)} for name, sums in own.by(lambda part: part.harness)],
            "by_model": [{"model": name, **_sums(sums)} for name, sums in own.by(lambda part: part.model)],
        }  # fmt: skip


def spend_of(
    db: sqlite3.Connection, sessions: Sequence[int], *, fitting: Sequence[int] | None, zone: Zone,
    prices: PriceConfig | None = None,
) -> Spend:  # fmt: skip
    """What these sessions cost; `fitting` are all that the comparison is about, None for the whole ledger.

    With `prices` of one's own there is no comparison: the ledger's sums are at other prices.
    """
    where = Selection(threads=frozenset(threads_of(db, sessions)))
    reach = engine.span(db, Window(None, None, "all"), where) if sessions else None
    if reach is None:
        return Spend()
    days = buckets("day", *reach, zone=zone)
    unit, periods = _cut(days, reach, zone)
    if prices is not None:
        return Spend(unit, periods, _repriced(db, sessions, periods, prices), days=len(days))
    window = Window(periods[0].since_ms, periods[-1].until_ms, "analysed")
    rows = engine.ask(db, window, (unit, "harness", "model"), where=where, buckets=periods)
    parts = [Part(row.key[0], row.key[1], row.key[2], row.totals) for row in rows]
    whole, before = _compared(db, days, fitting, zone)
    return Spend(unit, periods, sorted(parts, key=_place), whole, before, len(days))


def _compared(
    db: sqlite3.Connection, days: Sequence[Bucket], fitting: Sequence[int] | None, zone: Zone
) -> tuple[int | None, int | None]:
    """What all sessions that fit cost in these days, and in as many before them."""
    where = None if fitting is None else Selection(threads=frozenset(threads_of(db, fitting)))
    since, until = days[0].since_ms, days[-1].until_ms
    earlier = buckets("day", since - len(days) * _DAY_MS, since - 1, zone=zone)[-len(days) :]
    windows = Window(since, until, "now"), Window(earlier[0].since_ms, since, "before")
    whole, before = (engine.total(db, window, where).virtual_pico for window in windows)
    return whole, before


def _repriced(
    db: sqlite3.Connection, sessions: Sequence[int], periods: Sequence[Bucket], prices: PriceConfig
) -> list[Part]:
    """The calls of sessions at other prices, summed like the engine does it."""
    starts = [one.since_ms for one in periods]
    found: dict[tuple[int, str, str], Totals] = {}
    for session in sessions:
        (harness,) = db.execute("SELECT harness FROM session WHERE id = ?", (session,)).fetchone()
        for bill in rebilled(bills(db, session), prices, harness).values():
            key = (bisect_right(starts, bill.at_ms) - 1, harness, bill.model)
            found[key] = found.get(key, Totals()) + _totals(bill)
    return sorted((Part(*key, sums) for key, sums in found.items()), key=_place)


def _totals(bill: Bill) -> Totals:
    tokens = bill.input + bill.output + bill.cache_read + bill.write_5m + bill.write_1h + bill.write_other
    return Totals(
        calls=1, input=bill.input, output=bill.output, reasoning=bill.reasoning or 0, cache_read=bill.cache_read,
        write_5m=bill.write_5m, write_1h=bill.write_1h, write_other=bill.write_other, searches=bill.searches,
        virtual_pico=bill.cost, unpriced_calls=bill.cost is None, unpriced_tokens=tokens if bill.cost is None else 0,
        first_ms=bill.at_ms, last_ms=bill.at_ms,
    )  # fmt: skip


def _place(part: Part) -> tuple[int, str, str]:
    return part.period, part.harness, part.model


def _cut(days: list[Bucket], reach: tuple[int, int], zone: Zone) -> tuple[Unit, list[Bucket]]:
    if len(days) <= _MOST_BARS:
        return "day", days
    unit: Unit = "week" if len(days) <= 7 * _MOST_BARS else "month"
    return unit, buckets(unit, *reach, zone=zone)


def _sums(sums: Totals) -> dict[str, Any]:
    return {"calls": sums.calls, "tokens": sums.tokens, **money(sums.virtual_pico)}

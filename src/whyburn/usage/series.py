"""Usage over time: one row for each period that has any, with gaps filled on request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from whyburn import clock
from whyburn.clock import buckets
from whyburn.usage import engine
from whyburn.usage.aggregate import Group, ranked
from whyburn.usage.totals import Totals

if TYPE_CHECKING:
    import sqlite3

    from whyburn.clock import Bucket, Unit, Window, Zone
    from whyburn.usage.selection import Selection


@dataclass(frozen=True, slots=True)
class Period:
    """One bucket of a series."""

    bucket: Bucket
    totals: Totals
    by_model: list[Group] = field(default_factory=list)

    def as_dict(self, *, breakdown: bool) -> dict[str, Any]:
        """The JSON form."""
        one = self.bucket
        found = {"key": one.key, "label": one.label, "since_ms": one.since_ms, "until_ms": one.until_ms,
                 **self.totals.as_dict(), "models": [row.names["model"] for row in self.by_model]}  # fmt: skip
        if breakdown:
            found["by_model"] = [row.as_dict() for row in self.by_model]
        return found


@dataclass(frozen=True, slots=True)
class Instance:
    """The series of one session."""

    names: dict[str, Any]
    periods: list[Period]
    totals: Totals


@dataclass(frozen=True, slots=True)
class Series:
    """The whole report; `periods` are in the order asked for, `of` counts them (or the instances) before the limit."""

    unit: Unit
    order: Literal["asc", "desc"]
    week_start: str
    periods: list[Period]
    totals: Totals
    of: int
    breakdown: bool = False
    instances: list[Instance] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        head: dict[str, Any] = {"granularity": _WORDS[self.unit], "order": self.order, "start_of_week": self.week_start}
        if self.instances is None:
            head["buckets"] = [one.as_dict(breakdown=self.breakdown) for one in self.periods]
        else:
            head["instances"] = [
                {**one.names, "buckets": [period.as_dict(breakdown=self.breakdown) for period in one.periods],
                 "totals": one.totals.as_dict()}
                for one in self.instances
            ]  # fmt: skip
        return {**head, "of": self.of, "totals": self.totals.as_dict()}


_WORDS = {"hour": "hourly", "day": "daily", "week": "weekly", "month": "monthly"}


def series(
    db: sqlite3.Connection, window: Window, unit: Unit, *, zone: Zone, where: Selection | None = None,
    week_start: str = "monday", order: Literal["asc", "desc"] = "desc", limit: int | None = None, fill: bool = False,
    breakdown: bool = False, instances: bool = False,
) -> Series:  # fmt: skip
    """The report over a window; `limit` keeps the first periods in the order asked for, or the dearest instances.

    `fill` shows the periods without calls too: from the window's start (or the first call) to its end (or now).
    """
    span = engine.span(db, window, where)
    if span is not None and fill:
        span = _filled(span, window)
    cut = [] if span is None else buckets(unit, span[0], span[1], zone=zone, week_start=week_start)
    if instances:
        every = _instances(db, window, unit, cut, where, order=order)
        chosen = every if limit is None else every[:limit]
        sums = sum((one.totals for one in chosen), Totals())
        return Series(unit, order, week_start, [], sums, len(every), breakdown, chosen)
    periods = _periods(db, window, unit, cut, where, fill=fill)
    if order == "desc":
        periods.reverse()
    kept = periods if limit is None else periods[:limit]
    return Series(unit, order, week_start, kept, sum((one.totals for one in kept), Totals()), len(periods), breakdown)


def _filled(span: tuple[int, int], window: Window) -> tuple[int, int]:
    first, last = span
    now = clock.now_ms()
    if window.since_ms is not None:
        first = min(first, window.since_ms)
    return first, max(last, now if window.until_ms is None else min(window.until_ms - 1, now))


def _periods(
    db: sqlite3.Connection, window: Window, unit: Unit, cut: list[Bucket], where: Selection | None, *, fill: bool
) -> list[Period]:
    rows = engine.ask(db, window, (unit, "provider", "model"), where=where, buckets=cut)
    models: dict[int, list[Group]] = {}
    for row in rows:
        models.setdefault(row.key[0], []).append(Group({"provider": row.key[1], "model": row.key[2]}, row.totals))
    return [
        Period(bucket, sum((row.totals for row in models.get(n, [])), Totals()), ranked(models.get(n, [])))
        for n, bucket in enumerate(cut)
        if fill or n in models
    ]


def _instances(
    db: sqlite3.Connection, window: Window, unit: Unit, cut: list[Bucket], where: Selection | None, *, order: str
) -> list[Instance]:
    from whyburn.usage.sessions import session_names  # noqa: PLC0415  only with --instances

    sums: dict[int, dict[int, list[Group]]] = {}
    for row in engine.ask(db, window, ("session", unit, "provider", "model"), where=where, buckets=cut):
        session, n, provider, model = row.key
        group = Group({"provider": provider, "model": model}, row.totals)
        sums.setdefault(session, {}).setdefault(n, []).append(group)
    names = session_names(db, list(sums))
    found = []
    for session, by_bucket in sums.items():
        periods = [
            Period(cut[n], sum((row.totals for row in rows), Totals()), ranked(rows))
            for n, rows in sorted(by_bucket.items())
        ]
        if order == "desc":
            periods.reverse()
        found.append(Instance(names[session], periods, sum((one.totals for one in periods), Totals())))
    return sorted(found, key=lambda one: -(one.totals.virtual_pico or 0))

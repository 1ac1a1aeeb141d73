"""What the ledger holds at all, and the few sums that the bare command shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whyburn.clock import Window, buckets, period
from whyburn.usage import engine
from whyburn.usage.sessions import Sessions, sessions
from whyburn.usage.totals import Totals

if TYPE_CHECKING:
    import sqlite3

    from whyburn.clock import Zone

_TOP = 3


class Known(NamedTuple):
    """What the ledger holds."""

    harnesses: dict[str, int]
    """Sessions with calls, by harness."""
    first_ms: int | None
    last_ms: int | None
    refreshed_ms: int | None
    """When everything was last looked for; None if never."""

    @property
    def sessions(self) -> int:
        """All sessions with calls."""
        return sum(self.harnesses.values())


class Overview(NamedTuple):
    """The bare command's screen."""

    known: Known
    today: Totals
    today_sessions: int
    week: Totals
    days: list[int]
    """Pico-dollars (tokens where nothing is priced) of each day of this week, up to today."""
    last_week: Totals
    month: Totals
    month_window: Window
    top_period: str
    """The shortest of today, this week and all time that has sessions: where `top` is from."""
    top: Sessions


def known(db: sqlite3.Connection) -> Known:
    """What the ledger holds."""
    rows = db.execute(
        "SELECT harness, count(*), min(first_ms), max(last_ms) FROM session WHERE calls > 0 GROUP BY 1"
    ).fetchall()
    refreshed = db.execute("SELECT value FROM meta WHERE key = 'refreshed_ms'").fetchone()
    firsts, lasts = [row[2] for row in rows if row[2] is not None], [row[3] for row in rows if row[3] is not None]
    return Known(
        {row[0]: row[1] for row in sorted(rows, key=lambda row: (-row[1], row[0]))},
        min(firsts, default=None), max(lasts, default=None), int(refreshed[0]) if refreshed else None,
    )  # fmt: skip


def overview(db: sqlite3.Connection, *, zone: Zone, now_ms: int, week_start: str = "monday") -> Overview:
    """The sums of today, this week and this month, and the dearest sessions."""
    spans = {
        name: period(name, now_ms=now_ms, zone=zone, week_start=week_start)
        for name in ("today", "this-week", "last-week", "this-month", "all")
    }
    week = spans["this-week"]
    assert week.since_ms is not None
    days = buckets("day", week.since_ms, now_ms, zone=zone)
    by_day = {row.key[0]: row.totals for row in engine.ask(db, week, ("day",), buckets=days)}
    weekly = engine.total(db, week)
    for top_period in ("today", "this-week", "all"):
        top = sessions(db, spans[top_period], limit=_TOP, dearest=True)
        if top.rows:
            break
    return Overview(
        known=known(db),
        today=engine.total(db, spans["today"]),
        today_sessions=engine.session_count(db, spans["today"]),
        week=weekly,
        days=[_weight(by_day.get(n, Totals()), priced=weekly.virtual_pico is not None) for n in range(len(days))],
        last_week=engine.total(db, spans["last-week"]),
        month=engine.total(db, spans["this-month"]),
        month_window=spans["this-month"],
        top_period=top_period,
        top=top,
    )  # fmt: skip


def _weight(sums: Totals, *, priced: bool) -> int:
    return (sums.virtual_pico or 0) if priced else sums.tokens

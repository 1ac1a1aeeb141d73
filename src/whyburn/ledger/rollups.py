"""Sums that reports read: rebuilt from calls, by one function, for the sessions that a batch touched.

Quarter-hour sums (`rollup`) are rebuilt in the transaction of the calls they sum. Hourly sums (`rollup_hour`) follow
once at the end of a refresh; the hours that are behind are listed in `stale_hour`, and while there are any, reports
read the quarter-hour sums. Supersession, changes of owner, repricing and `verify` all come through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.model import QUARTER_MS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

SLOT_MS = QUARTER_MS
SUMMED = "input, output, reasoning, cache_read, w5, w1, wother, searches, source_pico, actual_pico, virtual_pico"

_TOKENS = ("input", "output", "reasoning", "cache_read", "w5", "w1", "wother")
_COSTS = ("source_pico", "actual_pico", "virtual_pico")
_SUMS = ", ".join(
    [f"coalesce(sum(c.{name}), 0)" for name in _TOKENS]
    + ["sum(c.searches)", *(f"sum(c.{name})" for name in _COSTS), "min(c.ts_ms)", "max(c.ts_ms)"]
)
FROM_CALLS = f"""SELECT c.ts_ms / {SLOT_MS} AS slot, c.thread, c.facet, c.rate, sum(c.requests) AS calls,
  sum(c.input IS NULL OR c.output IS NULL) AS unknown, {_SUMS}
  FROM {{calls}} WHERE c.counted GROUP BY 1, 2, 3, 4"""
"""What `rollup` must hold, as a query over calls: `rebuild` stores it, `verify` compares it."""

_HOUR_SUMS = ", ".join(f"sum(r.{name.strip()})" for name in f"calls, unknown, {SUMMED}".split(","))
FROM_ROLLUP = f"""SELECT r.slot / 4 AS hour, s.machine, f.harness, f.provider, f.model, r.rate, {_HOUR_SUMS},
  min(r.first_ms), max(r.last_ms)
  FROM rollup r JOIN facet f ON f.id = r.facet JOIN thread t ON t.id = r.thread JOIN session s ON s.id = t.session"""


def rebuild(db: sqlite3.Connection, threads: Iterable[int]) -> None:
    """Rebuild the sums of these threads and the first, last and count of their sessions. Inside a transaction."""
    db.execute("CREATE TEMP TABLE IF NOT EXISTS touched(thread INTEGER PRIMARY KEY)")
    db.execute("DELETE FROM touched")
    db.executemany("INSERT OR IGNORE INTO touched VALUES(?)", [(thread,) for thread in threads])
    _mark_stale(db)
    db.execute("DELETE FROM rollup WHERE thread IN (SELECT thread FROM touched)")
    # CROSS JOIN keeps the order: from the few touched threads to their calls by index, never through all calls.
    db.execute(f"INSERT INTO rollup {FROM_CALLS.format(calls='touched x CROSS JOIN call c ON c.thread = x.thread')}")
    _mark_stale(db)
    db.execute(
        """UPDATE session SET (first_ms, last_ms, calls) = (
             SELECT min(r.first_ms), max(r.last_ms), coalesce(sum(r.calls), 0)
             FROM thread t JOIN rollup r ON r.thread = t.id WHERE t.session = session.id)
           WHERE id IN (SELECT session FROM thread WHERE id IN touched)"""
    )


def _mark_stale(db: sqlite3.Connection) -> None:
    db.execute(
        """INSERT OR IGNORE INTO stale_hour
           SELECT DISTINCT r.slot / 4 FROM touched x CROSS JOIN rollup r ON r.thread = x.thread"""
    )


def rebuild_hours(db: sqlite3.Connection) -> None:
    """Bring the hourly sums up to date. Inside a transaction."""
    if db.execute("SELECT 1 FROM stale_hour LIMIT 1").fetchone() is None:
        return
    db.execute("DELETE FROM rollup_hour WHERE hour IN (SELECT hour FROM stale_hour)")
    # CROSS JOIN: from the few stale hours to their quarter hours by key, never through all sums.
    behind = "FROM stale_hour h CROSS JOIN rollup r ON r.slot BETWEEN h.hour * 4 AND h.hour * 4 + 3"
    db.execute(f"INSERT INTO rollup_hour {FROM_ROLLUP.replace('FROM rollup r', behind)} GROUP BY 1, 2, 3, 4, 5, 6")
    db.execute("DELETE FROM stale_hour")

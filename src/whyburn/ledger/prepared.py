"""What the statusline prints, prepared while the ledger is being written anyway.

A prompt cannot wait for settings, prices and a query. So each refresh, and each repricing, leaves one row: the newest
session with its sums, the latest rate limits of its harness, and the settings that decide how the line looks.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

    from whyburn.settings.schema import Settings

_NEWEST = "(SELECT id FROM session WHERE calls > 0 ORDER BY last_ms DESC, id DESC LIMIT 1)"
_ROW = f"""SELECT s.harness, s.native AS session, s.last_ms, s.cwd, sum(r.calls) AS calls,
  sum(r.input + r.output) AS tokens, sum(r.reasoning) AS reasoning, sum(r.cache_read) AS cached,
  sum(r.input + r.cache_read + r.w5 + r.w1 + r.wother) AS prompt,
  sum(r.input + r.output + r.cache_read + r.w5 + r.w1 + r.wother) AS all_tokens, sum(r.virtual_pico) AS virtual_pico,
  sum(r.actual_pico) AS actual_pico, sum(r.source_pico) AS source_pico,
  sum(CASE r.rate WHEN 0 THEN r.calls ELSE 0 END) AS unpriced_calls
  FROM session s JOIN thread t ON t.session = s.id JOIN rollup r ON r.thread = t.id
  WHERE s.id = {_NEWEST} GROUP BY s.id"""
_MODEL = f"""SELECT f.model_raw AS model, f.provider FROM thread t JOIN call c ON c.thread = t.id
  JOIN facet f ON f.id = c.facet WHERE t.session = {_NEWEST} AND c.counted
  ORDER BY t.agent <> '', c.ts_ms DESC LIMIT 1"""
_QUOTA = """SELECT window_min, used_bp, at_ms, resets_ms FROM quota q WHERE harness = ? AND slot = (
  SELECT max(slot) FROM quota o WHERE (o.machine, o.harness, o.limit_id, o.window_min)
    = (q.machine, q.harness, q.limit_id, q.window_min)) ORDER BY window_min"""


def prepare(db: sqlite3.Connection, settings: Settings) -> None:
    """Store the row. Inside a transaction."""
    row = {**_first(db, _ROW), **_first(db, _MODEL)}
    look = settings.statusline
    body = {
        "row": row or None,
        "quota": db.execute(_QUOTA, (row["harness"],)).fetchall() if row else [],
        "basis": look.basis,
        "max_width": look.max_width,
        "elements": look.elements,
        "refresh": settings.reports.refresh,
        "interval": settings.reports.min_refresh_interval_secs,
    }
    db.execute("INSERT OR REPLACE INTO meta VALUES('statusline', ?)", (json.dumps(body),))


def _first(db: sqlite3.Connection, query: str) -> dict[str, Any]:
    cursor = db.execute(query)
    row = cursor.fetchone()
    return {} if row is None else dict(zip((column[0] for column in cursor.description), row, strict=True))

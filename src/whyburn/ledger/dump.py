"""The whole content of a ledger in an order that depends on nothing but the content.

Two ledgers that have seen the same set of source bytes dump equal, whatever the order, pieces, crashes and processes
in between: row numbers, positions and file names stay out, natural keys stand for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_QUERIES = {
    "call": """SELECT hex(k.key), s.harness, s.native, t.agent, c.ts_ms, f.provider, f.model_raw, f.model, f.effort,
      f.speed, f.tier, f.geo, f.purpose, f.granularity, f.flags, f.basis, f.via, p.cwd, c.input, c.output, c.reasoning,
      c.cache_read, c.w5, c.w1, c.wother, c.searches, c.requests, c.duration_ms, c.source_pico, c.actual_pico,
      c.virtual_pico, c.parts, c.parser, c.evidence, c.counted, r.book, r.provider, r.model, r.tier_min, r.mods
      FROM call_key k JOIN call c ON c.id = k.call JOIN thread t ON t.id = c.thread JOIN session s ON s.id = t.session
      JOIN facet f ON f.id = c.facet JOIN rate r ON r.id = c.rate LEFT JOIN place p ON p.id = f.place ORDER BY k.key""",
    "shared": """SELECT hex(k.key), s.harness, s.native FROM shared h JOIN call_key k ON k.call = h.call
      JOIN session s ON s.id = h.session ORDER BY 1, 2, 3""",
    "session": """SELECT harness, native, parent, root, relation, cwd, branch, first_ms, last_ms, first_own_ms, calls
      FROM session WHERE calls > 0 ORDER BY 1, 2""",
    "rollup": """SELECT x.slot, s.harness, s.native, t.agent, f.model_raw, f.effort, f.flags, r.model, r.tier_min,
      r.mods, x.calls, x.unknown, x.input, x.output, x.reasoning, x.cache_read, x.w5, x.w1, x.wother, x.searches,
      x.source_pico,
      x.actual_pico, x.virtual_pico, x.first_ms, x.last_ms
      FROM rollup x JOIN thread t ON t.id = x.thread JOIN session s ON s.id = t.session JOIN facet f ON f.id = x.facet
      JOIN rate r ON r.id = x.rate ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
      13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25""",
    "rollup_hour": """SELECT h.hour, h.harness, h.provider, h.model, h.calls, h.unknown, h.input, h.output, h.reasoning,
      h.cache_read, h.w5, h.w1, h.wother, h.searches, h.source_pico, h.actual_pico, h.virtual_pico
      FROM rollup_hour h JOIN rate r ON r.id = h.rate ORDER BY 1, 2, 3, 4, r.provider, r.model, r.tier_min, r.mods""",
    "quota": "SELECT harness, limit_id, window_min, slot, at_ms, used_bp, resets_ms FROM quota ORDER BY 1, 2, 3, 4",
}


def dump(db: sqlite3.Connection) -> Iterator[str]:
    """One line a row; tables in a fixed order."""
    for table, query in _QUERIES.items():
        for row in db.execute(query):
            yield "\t".join([table, *("" if value is None else str(value) for value in row)])

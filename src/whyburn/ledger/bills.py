"""What the ledger knows of the calls of one session: the bill that a postmortem explains.

Only calls that count and that this session owns are on its bill; a copied history belongs to another session's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3


class Bill(NamedTuple):
    """One billed call. Tokens are disjoint classes; money is pico-dollars, prices pico-dollars per token."""

    call: int
    """Row id."""
    agent: str
    """Native id of the sub-agent, empty for the session's own."""
    agent_name: str | None
    at_ms: int
    provider: str
    model: str
    """As the log names it."""
    effort: str
    speed: str
    tier: str
    purpose: str
    flags: int
    input: int
    output: int
    reasoning: int | None
    cache_read: int
    write_5m: int
    write_1h: int
    write_other: int
    searches: int
    source_pico: int | None
    """What the log itself says it cost."""
    cost: int | None
    """List price; None when unpriced."""
    p_in: int | None
    p_out: int | None
    p_reason: int | None
    p_read: int | None
    p_5m: int | None
    p_1h: int | None
    p_search: int | None
    parts: tuple[tuple[int, int, int, int, int], ...] = ()
    """Samplings (input, output, cache read, 5m and other writes, 1h writes) that sum to the call; empty for one."""


_BILLS = """
SELECT c.id, t.agent, t.name, c.ts_ms, f.provider, f.model_raw, f.effort, f.speed, f.tier, f.purpose, f.flags,
  coalesce(c.input, 0), coalesce(c.output, 0), c.reasoning, coalesce(c.cache_read, 0), coalesce(c.w5, 0),
  coalesce(c.w1, 0), coalesce(c.wother, 0), c.searches, c.source_pico, c.virtual_pico,
  r.p_in, r.p_out, r.p_reason, r.p_read, r.p_5m, r.p_1h, r.p_search, c.parts
FROM thread t JOIN call c ON c.thread = t.id JOIN facet f ON f.id = c.facet JOIN rate r ON r.id = c.rate
WHERE t.session = ? AND c.counted ORDER BY c.ts_ms, c.id"""


def bills(db: sqlite3.Connection, session: int) -> dict[int, Bill]:
    """The billed calls of a session by row id, earliest first."""
    return {row[0]: Bill._make((*row[:-1], _parts(row[-1]))) for row in db.execute(_BILLS, (session,))}


def _parts(text: str | None) -> tuple[tuple[int, int, int, int, int], ...]:
    return tuple((a, b, c, d, e) for a, b, c, d, e in json.loads(text)) if text else ()


def row_of(db: sqlite3.Connection, key: bytes) -> int | None:
    """The row of the call that a key names; None for one that the ledger has never seen."""
    row = db.execute("SELECT call FROM call_key WHERE key = ?", (key,)).fetchone()
    return None if row is None else row[0]

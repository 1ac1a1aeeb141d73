"""A stored call as the record that it was merged from: what comparing, verifying and dumping need."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from whyburn.model import Call, order

if TYPE_CHECKING:
    import sqlite3

_SELECT = """SELECT c.thread, t.session, t.agent, s.native, c.ts_ms, c.input, c.output, c.reasoning, c.cache_read, c.w5,
  c.w1, c.wother, c.evidence, c.pos, f.model_raw, f.provider, p.cwd, f.effort, f.speed, f.tier, f.geo, f.purpose,
  f.granularity, f.flags, f.basis, f.via, c.searches, c.requests, c.duration_ms, c.source_pico, c.parts, c.parser
  FROM call c JOIN thread t ON t.id = c.thread JOIN session s ON s.id = t.session JOIN facet f ON f.id = c.facet
  LEFT JOIN place p ON p.id = f.place WHERE c.id = ?"""


class StoredCall(NamedTuple):
    """A call with its places in the ledger."""

    call: Call
    thread: int
    session: int
    parser: int

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts copies from worse to better."""
        return order(self.call, self.parser)


def load(db: sqlite3.Connection, ident: int) -> StoredCall:
    """The call of a row."""
    return _from_row(db.execute(_SELECT, (ident,)).fetchone())


def _from_row(row: tuple[Any, ...]) -> StoredCall:
    thread, session, agent, native, at_ms, *rest = row
    inp, out, reasoning, read, w5, w1, other = map(_sound, rest[:7])
    (evidence, pos, model, provider, cwd, effort, speed, tier, geo, purpose, granularity, flags, basis, via, searches,
     requests, duration, source_pico, parts, parser) = rest[7:]  # fmt: skip
    call = Call(
        b"", native, agent or None, at_ms, inp, out, reasoning, read, w5, w1, other, evidence, pos, model,
        None if provider == "unknown" else provider, cwd, effort or None, speed or None, tier or None, geo or None,
        purpose, granularity, flags, basis or None, via or None, searches, requests, duration, source_pico,
        tuple(tuple(part) for part in json.loads(parts)) if parts else None,
    )  # fmt: skip
    return StoredCall(call, thread, session, parser)


def _sound(value: Any) -> int | None:
    """A count; a damaged one is as good as unknown."""
    return value if type(value) is int else None

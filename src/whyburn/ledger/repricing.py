"""Pricing stored calls again when the price book or the costing rules have changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from whyburn.ledger import rollups

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from whyburn.ledger.pricing import Pricer

_PAGE = 20_000
_SELECT = """SELECT id, thread, rate, actual_pico, virtual_pico, ts_ms, facet, input, output, reasoning, cache_read, w5,
  w1, wother, searches, source_pico, parts FROM call WHERE id > ? ORDER BY id LIMIT ?"""


def priced(db: sqlite3.Connection, pricer: Pricer) -> Iterator[tuple[int, int, tuple[Any, ...], tuple[Any, ...]]]:
    """(call, thread, stored costs, right costs) of every call; costs are (rate, actual, virtual)."""
    last = 0
    while rows := db.execute(_SELECT, (last, _PAGE)).fetchall():
        for row in rows:
            parts = json.loads(row[16]) if row[16] else None
            try:
                right = pricer.price((*row[5:16], parts))
            except TypeError:  # a damaged row has a text for a number: `verify` names it, here it stays as it is
                right = row[2:5]
            yield row[0], row[1], row[2:5], right
        last = rows[-1][0]


def reprice(db: sqlite3.Connection, pricer: Pricer, report: Callable[[int, int], None] | None = None) -> int:
    """Give every call the costs of today's book and rules; how many changed. Inside a transaction.

    Only calls whose rate or cost differs are written, and only the sums of their sessions are rebuilt.
    """
    whole = db.execute("SELECT count(*) FROM call").fetchone()[0]
    threads: set[int] = set()
    changes: list[tuple[Any, ...]] = []
    done = 0
    for seen, (call, thread, stored, right) in enumerate(priced(db, pricer), start=1):
        if stored != right:
            changes.append((*right, call))
            threads.add(thread)
        if len(changes) >= _PAGE:
            done += _write(db, changes)
        if report and seen % _PAGE == 0:
            report(seen, whole)
    done += _write(db, changes)
    if threads:
        rollups.rebuild(db, threads)
        rollups.rebuild_hours(db)
    return done


def _write(db: sqlite3.Connection, changes: list[tuple[Any, ...]]) -> int:
    db.executemany("UPDATE call SET rate = ?, actual_pico = ?, virtual_pico = ? WHERE id = ?", changes)
    count = len(changes)
    changes.clear()
    return count

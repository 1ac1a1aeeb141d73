"""Merging a batch into the ledger, in one transaction with the checkpoints of its sources.

New copies are compared with stored ones by the same rank as in memory; a better one replaces the whole record. What
counts and who owns it is then settled for the groups and sessions concerned, and their sums are rebuilt.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whyburn.ledger import describe, groups, owners, rollups
from whyburn.ledger.stored import load
from whyburn.model import INHERITED, order

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from whyburn.ledger.batch import Batch
    from whyburn.ledger.interning import Interner
    from whyburn.ledger.pricing import Pricer
    from whyburn.model import Call

_COLUMNS = (
    "thread, ts_ms, facet, rate, input, output, reasoning, cache_read, w5, w1, wother, searches, requests, "
    "duration_ms, source_pico, actual_pico, virtual_pico, parts, source, pos, parser, evidence, counted"
)
_PLACEHOLDERS = ", ".join("?" * (_COLUMNS.count(",") + 1))
_INSERT = f"INSERT INTO call(id, {_COLUMNS}) VALUES(?, {_PLACEHOLDERS})"
_UPDATE = f"UPDATE call SET ({_COLUMNS}) = ({_PLACEHOLDERS}) WHERE id = ?"
_GROUP_END = b"\xff" * 6
_HELD = f"""WITH RECURSIVE incoming(n, head) AS (
    SELECT 1, substr(:heads, 1, {groups.GROUP}) WHERE :count > 0
    UNION ALL SELECT n + 1, substr(:heads, n * {groups.GROUP} + 1, {groups.GROUP}) FROM incoming WHERE n < :count)
  SELECT k.key, k.call FROM incoming i CROSS JOIN call_key k WHERE k.key BETWEEN i.head
  AND CAST(i.head || x'ffffffffffff' AS BLOB)"""
"""Calls of some groups, whose names come as one blob: binding them one by one would cost more than looking them up."""


@dataclass(slots=True)
class Stored:
    """What a batch changed."""

    inserted: int = 0
    updated: int = 0
    removed: int = 0


class Store:
    """The write side of the ledger for one refresh."""

    def __init__(self, db: sqlite3.Connection, interner: Interner, pricer: Pricer) -> None:
        self._db = db
        self._interner = interner
        self._pricer = pricer
        self._homes: dict[tuple[str, str | None], int] = {}
        """Thread rows of one batch, by session and agent."""

    def forget(self) -> None:
        """Drop cached row ids after a rollback."""
        self._interner.forget()
        self._pricer.forget()

    def write(self, batch: Batch) -> Stored:
        """Merge everything but the checkpoints of a batch. Inside a transaction."""
        done = Stored()
        touched: set[int] = set()
        self._homes = {}
        self._merge(batch, done, touched)
        self._remove_outdated(batch, done, touched)
        sessions = self._sessions_of(touched)
        touched |= owners.settle(self._db, self._interner, sessions)
        rollups.rebuild(self._db, touched)
        describe.apply(self._db, self._interner, batch)
        return done

    def _merge(self, batch: Batch, done: Stored, touched: set[int]) -> None:
        held = self._held_groups(batch.calls)
        next_id = (self._db.execute("SELECT max(id) FROM call").fetchone()[0] or 0) + 1
        rows: list[tuple[Any, ...]] = []
        keys: list[tuple[bytes, int]] = []
        unsettled: set[bytes] = set()
        before = b""
        for key, (call, source) in sorted(batch.calls.items()):
            group = key[: groups.GROUP]
            if group == before or group in held:
                unsettled.add(group)
                if key in held.get(group, ()):
                    self._supersede(batch, held[group][key], call, source, done, touched)
                    continue
            before = group
            row = self._row(batch, call, source, call.evidence > INHERITED)
            rows.append((next_id, *row))
            keys.append((key, next_id))
            touched.add(row[0])
            if key in batch.sharing:
                self._share(next_id, [self._interner.session(batch.harness, one) for one in batch.sharing[key]])
            next_id += 1
        self._db.executemany(_INSERT, rows)
        self._db.executemany("INSERT INTO call_key VALUES(?, ?)", keys)
        done.inserted += len(rows)
        for group in unsettled:
            self._settle_group(group, touched)

    def _held_groups(self, calls: Iterable[bytes]) -> dict[bytes, dict[bytes, int]]:
        """Calls that the ledger holds in the groups of these keys."""
        heads = b"".join({key[: groups.GROUP] for key in calls})
        held: dict[bytes, dict[bytes, int]] = {}
        for key, call in self._db.execute(_HELD, {"count": len(heads) // groups.GROUP, "heads": heads}):
            held.setdefault(key[: groups.GROUP], {})[key] = call
        return held

    def _supersede(self, batch: Batch, ident: int, call: Call, source: int, done: Stored, touched: set[int]) -> None:
        """Compare a copy with the stored record; the better one stays, whole."""
        old = load(self._db, ident)
        sessions = {self._interner.session(batch.harness, one) for one in batch.sharing.get(call.key, {call.session})}
        if call.evidence > INHERITED:
            self._share(ident, sessions | {old.session} if old.call.evidence > INHERITED else sessions)
        touched.add(old.thread)
        if order(call, batch.parser) > old.order:
            row = self._row(batch, call, source, call.evidence > INHERITED)
            self._db.execute(_UPDATE, (*row, ident))
            touched.add(row[0])
            done.updated += 1

    def _share(self, call: int, sessions: Iterable[int]) -> None:
        several = set(sessions)
        if len(several) > 1:
            self._db.executemany("INSERT OR IGNORE INTO shared VALUES(?, ?)", [(call, one) for one in several])

    def _row(self, batch: Batch, call: Call, source: int, counted: bool) -> tuple[Any, ...]:
        """The values of a call's row; the order of fields is that of `_COLUMNS`."""
        home = (call.session, call.agent)
        thread = self._homes.get(home)
        if thread is None:
            session = self._interner.session(batch.harness, call.session)
            thread = self._homes[home] = self._interner.thread(session, call.agent)
        facet, counts = self._interner.facet(batch.harness, call), call.counts
        searches, parts = call.searches, call.parts
        rate, actual, virtual = self._pricer.price((call.at_ms, facet, *counts, searches, call.source_pico, parts))
        return (
            thread, call.at_ms, facet, rate, *counts, searches, call.requests, call.duration_ms, call.source_pico,
            actual, virtual, json.dumps(parts) if parts else None, source, call.pos, batch.parser, call.evidence,
            int(counted),
        )  # fmt: skip

    def _settle_group(self, group: bytes, touched: set[int]) -> None:
        rows = self._db.execute(
            "SELECT k.key, c.id, c.evidence, c.thread, c.counted FROM call_key k JOIN call c ON c.id = k.call "
            "WHERE k.key BETWEEN ? AND ?",
            (group, group + _GROUP_END),
        ).fetchall()
        if len(rows) == 1:
            counts = {rows[0][1]} if rows[0][2] > INHERITED else set()
        else:
            counts = groups.counted(
                groups.Variant(key, ident, evidence, load(self._db, ident).order) for key, ident, evidence, _, _ in rows
            )
        for _, ident, _, thread, before in rows:
            if bool(before) != (ident in counts):
                self._db.execute("UPDATE call SET counted = ? WHERE id = ?", (int(ident in counts), ident))
                touched.add(thread)

    def _remove_outdated(self, batch: Batch, done: Stored, touched: set[int]) -> None:
        """After a complete reading with a newer parser: calls that only an older one saw in the same source."""
        sources = [at.row for at in batch.progress if at.outdated and at.ended]
        if not sources:
            return
        marks = ", ".join(map(str, sources))
        rows = self._db.execute(
            f"SELECT id, thread, source, ts_ms FROM call WHERE parser < ? AND source IN ({marks})", (batch.parser,)
        ).fetchall()
        idents = [(row[0],) for row in rows]
        for table, column in (("call_key", "call"), ("shared", "call"), ("raw", "call"), ("call", "id")):
            self._db.executemany(f"DELETE FROM {table} WHERE {column} = ?", idents)
        for source in {row[2] for row in rows}:
            mine = [row for row in rows if row[2] == source]
            self._db.execute(
                "INSERT INTO correction VALUES(?, ?, ?, ?)",
                (max(row[3] for row in mine), source, batch.parser, len(mine)),
            )
        touched.update(row[1] for row in rows)
        done.removed += len(rows)

    def _sessions_of(self, threads: set[int]) -> set[int]:
        found = set()
        for thread in threads:
            found.add(self._db.execute("SELECT session FROM thread WHERE id = ?", (thread,)).fetchone()[0])
        return found

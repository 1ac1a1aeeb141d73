"""Refreshing the ledger from sources: incremental, crash-safe, one process at a time.

For each harness: discover, skip what is unchanged, read the rest through the harness into batches, and store each
batch with the checkpoints of its sources in one transaction. A crash loses the batch at hand and nothing else; the
next refresh reads it again.
"""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whyburn.errors import LedgerError
from whyburn.harnesses import registry
from whyburn.harnesses.readers import open_source
from whyburn.ledger import rollups
from whyburn.ledger.batch import BATCH_BYTES, Batch, Progress
from whyburn.ledger.database import transaction
from whyburn.ledger.raw import keep_raw
from whyburn.ledger.sources import Todo, changed, discover, known_sources, may_resume
from whyburn.ledger.store import Store
from whyburn.model import Checkpoint
from whyburn.names import storable
from whyburn.pausing import without_cycle_collector

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whyburn.harnesses.interface import Harness
    from whyburn.harnesses.readers import SourceReader
    from whyburn.ledger.interning import Interner
    from whyburn.ledger.pricing import Pricer
    from whyburn.model import Item

_ATTEMPTS = 3
_MOST_REPORTED = 100
"""Problems kept per source; the rest is only counted."""


@dataclass(slots=True)
class Outcome:
    """What refreshing one harness did; times in milliseconds."""

    harness: str
    roots: list[str]
    status: str = "ok"
    """ok | missing | skipped"""
    message: str | None = None
    files_seen: int = 0
    files_read: int = 0
    bytes_read: int = 0
    calls_seen: int = 0
    inserted: int = 0
    updated: int = 0
    removed: int = 0
    problems: int = 0
    skipped_files: int = 0
    scan_ms: int = 0
    elapsed_ms: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    errors: list[str] = field(default_factory=list)


class _MovedError(Exception):
    """Another process has read the source since we looked; what we read is dropped and read again."""


class Ingest:
    """One refresh: the write connection and everything that is shared by the harnesses it reads."""

    def __init__(
        self, db: sqlite3.Connection, interner: Interner, pricer: Pricer, *, full: bool = False,
        session: str | None = None, raw: bool = False,
        report: Callable[[int, int], None] | None = None,
    ) -> None:  # fmt: skip
        self._db = db
        self._machine = interner.machine
        self._store = Store(db, interner, pricer)
        self._interner = interner
        self._full = full
        self._session = session
        self._raw = raw
        self._report = report
        self._batch = Batch("", 0)
        self._size = 0
        self._storing = False

    def refresh(self, harness: Harness, roots: Sequence[str]) -> Outcome:
        """Read everything that is new under the roots of one harness."""
        began = time.perf_counter()
        done = Outcome(harness.name, list(roots))
        for _ in range(_ATTEMPTS):
            try:
                self._attempt(harness, done)
                break
            except _MovedError:
                self._storing = False
                self._store.forget()
        else:
            raise LedgerError(f"another program keeps changing what the ledger knows of {harness.name}'s logs")
        done.elapsed_ms = round((time.perf_counter() - began) * 1000)
        return done

    def finish(self, *, whole: bool = False) -> None:
        """Bring the hourly sums up to date; `whole` derives all sums anew, also those of sources long gone."""
        with transaction(self._db):
            if whole:
                rollups.rebuild(self._db, [row[0] for row in self._db.execute("SELECT id FROM thread")])
            rollups.rebuild_hours(self._db)

    def _attempt(self, harness: Harness, done: Outcome) -> None:
        began = time.perf_counter()
        present = [root for root in done.roots if os.path.exists(root)]
        done.status = "ok" if present else "missing"
        known = known_sources(self._db, self._machine, harness.name)
        sources = list(discover(harness, present))
        todo = list(changed(sources, known, harness.parser, full=self._full))
        done.files_seen = len(sources)
        done.scan_ms = round((time.perf_counter() - began) * 1000)
        self._new_batch(harness)
        with without_cycle_collector():
            self._read_all(harness, todo, done)
            self._commit(done)

    def _read_all(self, harness: Harness, todo: Sequence[Todo], done: Outcome) -> None:
        whole, behind = sum(item.source.size for item in todo), 0
        next_row = (self._db.execute("SELECT max(id) FROM source").fetchone()[0] or 0) + 1
        for item in todo:
            self._read(harness, item, item.known.id if item.known else next_row, done)
            next_row += item.known is None
            behind += item.source.size
            if self._report:
                self._report(behind, whole)

    def _new_batch(self, harness: Harness) -> None:
        known = harness.name in registry.BUILT_IN
        self._batch, self._size = Batch(harness.name, harness.parser, checked=not known), 0

    def _read(self, harness: Harness, item: Todo, row: int, done: Outcome) -> None:
        source, known = item
        done.files_read += 1
        start = known.position if known else -1
        at = Progress(row, source, start, Checkpoint(0), outdated=known is not None and known.parser < harness.parser)
        try:
            with open_source(source) as reader:
                self._begin(item, harness, at, reader)
                for found in harness.skim(source, at.checkpoint, reader):
                    if type(found) is Checkpoint:
                        self._size += found.position - at.checkpoint.position
                        done.bytes_read += found.position - at.checkpoint.position
                        self._batch.add(found, at)
                        if self._size >= BATCH_BYTES:
                            at.guard = reader.guard()
                            self._commit_part(harness, at, done)
                            at = at.continued()
                    elif self._wanted(found):
                        self._batch.add(found, at)
                at.ended, at.guard = True, reader.guard()
        except (OSError, sqlite3.Error) as error:
            if self._storing:
                raise
            at.error = str(getattr(error, "strerror", None) or error)
            done.skipped_files += 1
        self._batch.progress.append(at)

    def _begin(self, item: Todo, harness: Harness, at: Progress, reader: SourceReader) -> None:
        """Go on behind the checkpoint if the bytes before it are still the same, else begin at the start."""
        known, resumes = item.known, may_resume(item, harness.parser, full=self._full)
        if known is None or not (resumes or (at.outdated and known.guard)):
            return
        same = reader.guard(known.position) == known.guard
        if not resumes:
            at.outdated = same  # a file that has lost lines proves nothing
        elif same:
            state = self._db.execute("SELECT state FROM source WHERE id = ?", (known.id,)).fetchone()[0]
            at.checkpoint, at.begins = Checkpoint(known.position, state or b""), False
            reader.lines.position = known.position

    def _wanted(self, found: Item) -> bool:
        return self._session is None or getattr(found, "session", self._session) == self._session

    def _commit_part(self, harness: Harness, at: Progress, done: Outcome) -> None:
        self._batch.progress.append(at)
        self._commit(done)
        self._new_batch(harness)

    def _commit(self, done: Outcome) -> None:
        """Store the batch with the checkpoints of its sources: all of it or nothing."""
        batch = self._batch
        if not batch.progress:
            return
        self._storing = True  # what fails from here on is the ledger, not a source
        try:
            with transaction(self._db):
                stored = self._store.write(batch)
                for at in batch.progress:
                    self._save(batch, at, done)
                if self._raw:
                    keep_raw(self._db, batch)
        except BaseException:
            self._store.forget()
            raise
        self._storing = False
        done.calls_seen += batch.copies
        done.inserted += stored.inserted
        done.updated += stored.updated
        done.removed += stored.removed
        for call, _ in batch.calls.values():
            done.first_ms = call.at_ms if done.first_ms is None else min(done.first_ms, call.at_ms)
            done.last_ms = call.at_ms if done.last_ms is None else max(done.last_ms, call.at_ms)

    def _save(self, batch: Batch, at: Progress, done: Outcome) -> None:
        """The checkpoint, problems and sightings of one source."""
        db, source = self._db, at.source
        row = db.execute(
            "SELECT position, id FROM source WHERE machine = ? AND harness = ? AND path = ?",
            (self._machine, batch.harness, storable(source.path)),
        ).fetchone()
        taken = row is None and db.execute("SELECT 1 FROM source WHERE id = ?", (at.row,)).fetchone()
        if taken or (at.start, at.row) != (row or (-1, at.row)):
            raise _MovedError
        restricted = self._session is not None
        size, position = (-1, 0) if restricted and row is None else (source.size, at.checkpoint.position)
        if row is None:
            db.execute(
                "INSERT INTO source(id, machine, harness, path, kind, size, mtime_ns, position, parser) "
                "VALUES(?, ?, ?, ?, ?, -1, 0, 0, 0)",
                (at.row, self._machine, batch.harness, storable(source.path), source.kind),
            )
        if row is None or not restricted:
            finished = at.ended or at.error is not None
            db.execute(
                """UPDATE source SET kind = ?, dev = ?, ino = ?, size = ?, mtime_ns = ?, guard = ?, position = ?,
                   parser = ?, state = ?, error = ? WHERE id = ?""",
                (source.kind, source.dev, source.ino, size if finished else -1, source.mtime_ns, at.guard, position,
                 batch.parser if at.ended or not at.outdated else 0, at.checkpoint.state, at.error, at.row),
            )  # fmt: skip
        self._note(batch, at, done)

    def _note(self, batch: Batch, at: Progress, done: Outcome) -> None:
        db = self._db
        if at.begins:
            db.execute("DELETE FROM problem WHERE source = ?", (at.row,))
            db.execute("UPDATE source SET problems = 0 WHERE id = ?", (at.row,))
        problems = at.problems[: at.settled]
        done.problems += len(problems)
        db.executemany(
            "INSERT OR REPLACE INTO problem VALUES(?, ?, ?)",
            [(at.row, one.pos, one.reason[:300]) for one in problems[:_MOST_REPORTED]],
        )
        db.execute("UPDATE source SET problems = problems + ? WHERE id = ?", (len(problems), at.row))
        db.executemany(
            "INSERT OR IGNORE INTO unknown_record VALUES(?, ?, ?, ?, ?, ?)",
            [(batch.harness, one.version, one.kind, one.field, at.row, one.pos) for one in at.unknown],
        )
        db.executemany(
            "INSERT OR IGNORE INTO sighting VALUES(?, ?)",
            [(at.row, self._interner.session(batch.harness, one)) for one in at.sessions],
        )

"""A workspace: the settings, the places and the ledger that one program run works with.

Reports ask it for a `reader`; before that it refreshes the ledger as far as the settings and the caller want, and
prices stored calls again when prices have changed. A ledger that cannot be written is read as it is, with a note.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self

from whyburn import clock
from whyburn.api import costing
from whyburn.errors import LedgerError, SchemaError, SourceError
from whyburn.ledger import database
from whyburn.settings.loader import load
from whyburn.settings.paths import resolve_paths

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from whyburn.harnesses.interface import Harness
    from whyburn.ledger.ingest import Outcome
    from whyburn.ledger.pricing import Pricer
    from whyburn.settings.paths import Paths
    from whyburn.settings.schema import Settings

Policy = Literal["never", "auto", "always"]
Progress = "Callable[[str, int, int], None]"
_AUTO_WAIT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class RefreshOptions:
    """What a refresh reads. Without a source the configured or usual places of the harnesses are read."""

    harnesses: tuple[str, ...] = ()
    source: str | None = None
    session: str | None = None
    full: bool = False
    dry_run: bool = False
    raw: bool | None = None


@dataclass
class Workspace:
    """See the module's text. Use it as a context manager, or `close` it."""

    paths: Paths
    settings: Settings
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    notes: list[str] = field(default_factory=list)
    """What the user should know and what did not stop anything: one line each, for stderr."""
    progress: Callable[[str, int, int], None] | None = None
    """Called with (what, done, whole) during long work."""
    _reader: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the ledger."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def reader(self, policy: Policy | None = None) -> sqlite3.Connection:
        """A read-only connection to a ledger that is as fresh as the policy asks for; an empty one if there is none."""
        policy = policy or self.settings.reports.refresh
        try:
            if policy == "always" or (policy == "auto" and self._is_due()):
                self.refresh(wait_seconds=_AUTO_WAIT_SECONDS)
            else:
                self._reprice_if_needed()
        except SchemaError:
            raise
        except LedgerError as error:
            self.notes.append(f"{error}; what follows is what was stored before")
        if self._reader is None:
            self._reader = database.open_reader(self.paths.db) or database.open_memory()
        return self._reader

    def refresh(self, options: RefreshOptions | None = None, *, wait_seconds: float = 120.0) -> list[Outcome]:
        """Read what is new in the logs; what each harness gave."""
        options = options or RefreshOptions()
        plan = self._plan(options)
        self.close()
        if options.dry_run:
            return self._dry_run(plan, options)
        with database.translated(self.paths.db):
            db = database.open_writer(self.paths.db)
            try:
                with database.refresh_lock(self.paths.db, wait_seconds=wait_seconds):
                    return self._ingest(db, plan, options)
            finally:
                db.close()

    def describe(self, sessions: Sequence[int]) -> bool:
        """Read titles of these sessions that no billing line carries; whether there was anything to read.

        A ledger that is busy or cannot be written is left as it is: a title is not worth waiting for.
        """
        from whyburn.ledger import facts  # noqa: PLC0415  only lists of sessions need it
        from whyburn.ledger.interning import Interner  # noqa: PLC0415

        db = self._reader
        sources = facts.behind(db, sessions) if db is not None and sessions and os.path.exists(self.paths.db) else []
        if not sources:
            return False
        self.close()
        with contextlib.suppress(LedgerError), database.translated(self.paths.db):
            writer = database.open_writer(self.paths.db)
            try:
                with database.refresh_lock(self.paths.db, wait_seconds=0.0):
                    with database.transaction(writer):
                        machine = database.local_machine(writer, self._machine_name(), clock.now_ms())
                    facts.read(writer, Interner(writer, machine), sources)
            finally:
                writer.close()
        self._reader = database.open_reader(self.paths.db)
        return True

    def purge_raw(self) -> int:
        """Erase all raw records that were kept for debugging; how many there were."""
        from whyburn.ledger import raw  # noqa: PLC0415  rare

        self.close()
        with database.translated(self.paths.db):
            db = database.open_writer(self.paths.db)
            try:
                with database.refresh_lock(self.paths.db):
                    count = raw.purge(db)
                    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    return count
            finally:
                db.close()

    def init(self) -> str:
        """Create the ledger, or bring it up to date, and register this machine; its path."""
        with database.translated(self.paths.db):
            db = database.open_writer(self.paths.db)
            with database.transaction(db):
                database.local_machine(db, self._machine_name(), clock.now_ms())
            db.close()
        return self.paths.db

    def roots(self, harness: Harness, source: str | None = None) -> list[str]:
        """Where the logs of a harness are looked for: a given path, the configured places, or the usual ones."""
        from whyburn.harnesses.interface import Places  # noqa: PLC0415

        if source is not None:
            return [os.path.abspath(os.path.expanduser(source))]
        configured = self.settings.imports.sources.get(harness.name)
        if configured:
            return [os.path.abspath(os.path.expanduser(path)) for path in configured]
        return harness.roots(Places(self.environ, self.environ.get("HOME") or os.path.expanduser("~")))

    def places(self, harnesses: Sequence[str] = ()) -> list[tuple[Harness, list[str]]]:
        """(harness, files or folders) that a refresh reads, there or not: of the given, else the enabled harnesses."""
        from whyburn.harnesses import registry  # noqa: PLC0415

        wanted = harnesses or self.settings.imports.harnesses or tuple(registry.names())
        return [(one, self.roots(one)) for one in map(registry.harness, dict.fromkeys(wanted))]

    def zone(self, name: str | None = None, *, utc: bool = False) -> clock.Zone:
        """The zone that was asked for, else that of the settings, else the local one."""
        return clock.zone(name or (None if utc else self.settings.reports.timezone), utc=utc)

    # --- how -----------------------------------------------------------------------------------------------------

    def _plan(self, options: RefreshOptions) -> list[tuple[Harness, list[str]]]:
        """(harness, roots) of everything to read."""
        from whyburn.harnesses import registry  # noqa: PLC0415  reports that do not refresh never load harnesses

        if options.source is None:
            return self.places(options.harnesses)
        if len(options.harnesses) != 1:
            raise SourceError("--source needs exactly one --harness: it says how the files are to be read")
        if not os.path.exists(os.path.expanduser(options.source)):
            raise SourceError(f"{options.source} does not exist")
        one = registry.harness(options.harnesses[0])
        return [(one, self.roots(one, options.source))]

    def _ingest(
        self, db: sqlite3.Connection, plan: Sequence[tuple[Harness, list[str]]], options: RefreshOptions
    ) -> list[Outcome]:
        from whyburn.ledger.ingest import Ingest  # noqa: PLC0415  brings msgspec and the harnesses
        from whyburn.ledger.interning import Interner  # noqa: PLC0415

        now = clock.now_ms()
        with database.transaction(db):
            machine = database.local_machine(db, self._machine_name(), now)
        pricer = costing.pricer(db, self.settings)
        self._reprice(db, pricer, always=options.full)
        raw = self.settings.imports.include_raw_json if options.raw is None else options.raw
        outcomes = []
        for one, roots in plan:
            report = None if self.progress is None else _named(self.progress, one.name)
            job = Ingest(db, Interner(db, machine), pricer, full=options.full, session=options.session,
                         raw=raw, report=report)  # fmt: skip
            outcome = job.refresh(one, roots)
            self._judge(outcome, options)
            outcomes.append(outcome)
        job.finish(whole=options.full)
        with database.transaction(db):
            db.execute("INSERT OR REPLACE INTO meta VALUES('statusline', ?)", (_statusline(db),))
            if not (options.harnesses or options.source or options.session):
                db.execute("INSERT OR REPLACE INTO meta VALUES('refreshed_ms', ?)", (str(clock.now_ms()),))
            db.execute("UPDATE machine SET last_ms = ? WHERE id = ?", (now, machine))
        return outcomes

    def _dry_run(self, plan: Sequence[tuple[Harness, list[str]]], options: RefreshOptions) -> list[Outcome]:
        """The same work inside a transaction that is taken back; without a ledger, in memory."""
        if not os.path.exists(self.paths.db):
            db = database.open_memory()
            try:
                return self._ingest(db, plan, options)
            finally:
                db.close()
        with database.translated(self.paths.db):
            db = database.open_writer(self.paths.db)
            try:
                with database.refresh_lock(self.paths.db):
                    db.execute("BEGIN IMMEDIATE")
                    try:
                        return self._ingest(db, plan, options)
                    finally:
                        db.execute("ROLLBACK")
            finally:
                db.close()

    def _judge(self, outcome: Outcome, options: RefreshOptions) -> None:
        """Missing places, as the settings want them treated."""
        if outcome.status != "missing":
            return
        outcome.status = "skipped"
        places = ", ".join(outcome.roots)
        outcome.message = f"not found: {places}"
        configured = outcome.harness in self.settings.imports.sources or options.harnesses
        if configured and self.settings.imports.missing_source == "error":
            raise SourceError(f"{outcome.harness}: {places} does not exist (imports.missing_source = error)")
        if self.settings.imports.missing_source == "skip":
            outcome.message = None

    def _is_due(self) -> bool:
        """Whether the last full refresh is long enough ago."""
        if self._reader is not None:
            return False
        db = database.open_reader(self.paths.db)
        if db is None:
            return True
        self._reader = db
        last = _meta(db, "refreshed_ms")
        age = clock.now_ms() - int(last or 0)
        due = not 0 <= age < self.settings.reports.min_refresh_interval_secs * 1000
        return due or _meta(db, "costing") != costing.costing_hash(self.settings)

    def _reprice_if_needed(self) -> None:
        if self._reader is None:
            self._reader = database.open_reader(self.paths.db)
        if self._reader is None or _meta(self._reader, "costing") in (None, costing.costing_hash(self.settings)):
            return
        self.close()
        db = database.open_writer(self.paths.db)
        try:
            with database.translated(self.paths.db), database.refresh_lock(self.paths.db):
                self._reprice(db, costing.pricer(db, self.settings))
        finally:
            db.close()

    def _reprice(self, db: sqlite3.Connection, pricer: Pricer, *, always: bool = False) -> None:
        """Bring stored costs up to date if the book or the rules have changed since they were stored."""
        wanted = costing.costing_hash(self.settings)
        if _meta(db, "costing") == wanted and not always:
            return
        from whyburn.ledger.repricing import reprice  # noqa: PLC0415  rare

        report = None if self.progress is None else _named(self.progress, "prices")
        with database.transaction(db):
            reprice(db, pricer, report)
            db.execute("INSERT OR REPLACE INTO meta VALUES('costing', ?)", (wanted,))

    def _machine_name(self) -> str:
        if self.settings.machine_name:
            return self.settings.machine_name
        from platform import node  # noqa: PLC0415  only when writing

        return node().strip()[:80]


def open_workspace(paths: Paths | None = None, *, environ: Mapping[str, str] = os.environ) -> Workspace:
    """A workspace over the usual places, or over the given ones."""
    places = paths or resolve_paths(environ=environ)
    return Workspace(places, load(places, environ), environ)


def _meta(db: sqlite3.Connection, key: str) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else row[0]


def _named(progress: Callable[[str, int, int], None], what: str) -> Callable[[int, int], None]:
    return lambda done, whole: progress(what, done, whole)


def _statusline(db: sqlite3.Connection) -> str:
    """What the statusline prints, prepared while we are writing anyway: the newest session of each harness."""
    rows = db.execute(
        """SELECT s.harness, s.native, s.last_ms, s.cwd, sum(r.calls), sum(r.input + r.output), sum(r.cache_read),
             sum(r.input + r.output + r.cache_read + r.w5 + r.w1 + r.wother), sum(r.virtual_pico), sum(r.actual_pico),
             sum(r.source_pico), sum(CASE r.rate WHEN 0 THEN r.calls ELSE 0 END),
             (SELECT f.model_raw FROM thread t2 JOIN call c ON c.thread = t2.id JOIN facet f ON f.id = c.facet
              WHERE t2.session = s.id AND c.counted ORDER BY t2.agent <> '', c.ts_ms DESC LIMIT 1),
             (SELECT f.provider FROM thread t2 JOIN call c ON c.thread = t2.id JOIN facet f ON f.id = c.facet
              WHERE t2.session = s.id AND c.counted ORDER BY t2.agent <> '', c.ts_ms DESC LIMIT 1)
           FROM session s JOIN thread t ON t.session = s.id JOIN rollup r ON r.thread = t.id
           WHERE s.id IN (SELECT id FROM session WHERE calls > 0 ORDER BY last_ms DESC LIMIT 1)
           GROUP BY s.id ORDER BY s.last_ms DESC"""
    ).fetchall()
    names = ("harness", "session", "last_ms", "cwd", "calls", "tokens", "cached", "all_tokens", "virtual_pico",
             "actual_pico", "source_pico", "unpriced_calls", "model", "provider")  # fmt: skip
    return json.dumps([dict(zip(names, row, strict=True)) for row in rows])

"""Refreshing a ledger: what is to be read, reading it, and what that leaves for others to find.

One refresh is the same work in three places: in the ledger; in a transaction that is taken back (a dry run); in memory
(a dry run without a ledger). It ends with the statusline's row, prepared while we are writing anyway.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whyburn import clock
from whyburn.api import costing
from whyburn.errors import SourceError
from whyburn.ledger import database
from whyburn.ledger.prepared import prepare

if TYPE_CHECKING:
    import sqlite3

    from whyburn.api.workspace import Workspace
    from whyburn.harnesses.interface import Harness
    from whyburn.ledger.ingest import Outcome
    from whyburn.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class RefreshOptions:
    """What a refresh reads. Without a source the configured or usual places of the harnesses are read."""

    harnesses: tuple[str, ...] = ()
    source: str | None = None
    session: str | None = None
    full: bool = False
    dry_run: bool = False
    raw: bool | None = None


class Refresh:
    """One refresh of one workspace; what cannot be read at all is refused before anything is written."""

    def __init__(self, workspace: Workspace, options: RefreshOptions) -> None:
        self._workspace, self._options = workspace, options
        self._plan = _plan(workspace, options)

    def run(self, *, wait_seconds: float) -> list[Outcome]:
        """Read what is new in the logs; what each harness gave."""
        path = self._workspace.paths.db
        if not self._options.dry_run:
            with database.locked_writer(path, wait_seconds=wait_seconds) as db:
                return self._read(db)
        if not os.path.exists(path):
            with closing(database.open_memory()) as db:
                return self._read(db)
        with database.locked_writer(path) as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                return self._read(db)
            finally:
                db.execute("ROLLBACK")

    def _read(self, db: sqlite3.Connection) -> list[Outcome]:
        from whyburn.ledger.ingest import Ingest  # noqa: PLC0415  brings msgspec and the harnesses
        from whyburn.ledger.interning import Interner  # noqa: PLC0415

        workspace, options = self._workspace, self._options
        settings, now_ms = workspace.settings, clock.now_ms()
        with database.transaction(db):
            machine = database.local_machine(db, workspace.machine_name(), now_ms)
            if options.full:
                _distrust_damaged(db)
        pricer = costing.pricer(db, settings)
        costing.reprice(db, settings, pricer, report=workspace.reporter("prices"))
        raw = settings.imports.include_raw_json if options.raw is None else options.raw
        outcomes = []
        for one, roots in self._plan:
            job = Ingest(db, Interner(db, machine), pricer, full=options.full, session=options.session, raw=raw,
                         report=workspace.reporter(one.name))  # fmt: skip
            outcomes.append(_judged(job.refresh(one, roots), settings, named=bool(options.harnesses)))
        if options.full:
            costing.reprice(db, settings, pricer, always=True, report=workspace.reporter("prices"))
        job.finish(whole=options.full)
        self._leave_word(db, machine, now_ms)
        return outcomes

    def _leave_word(self, db: sqlite3.Connection, machine: int, now_ms: int) -> None:
        """What the statusline prints, and when everything was read last."""
        partial = self._options.harnesses or self._options.source or self._options.session
        with database.transaction(db):
            prepare(db, self._workspace.settings)
            if not partial:
                db.execute("INSERT OR REPLACE INTO meta VALUES('refreshed_ms', ?)", (str(clock.now_ms()),))
            db.execute("UPDATE machine SET last_ms = ? WHERE id = ?", (now_ms, machine))


def _distrust_damaged(db: sqlite3.Connection) -> None:
    from whyburn.ledger.verify import distrust_damaged  # noqa: PLC0415  only when everything is read again

    distrust_damaged(db)


def _plan(workspace: Workspace, options: RefreshOptions) -> list[tuple[Harness, list[str]]]:
    """(harness, roots) of everything to read."""
    from whyburn.harnesses import registry  # noqa: PLC0415  reports that do not refresh never load harnesses

    if options.source is None:
        return workspace.places(options.harnesses)
    if len(options.harnesses) != 1:
        raise SourceError("--source needs exactly one --harness: it says how the files are to be read")
    if not os.path.exists(os.path.expanduser(options.source)):
        raise SourceError(f"{options.source} does not exist")
    one = registry.harness(options.harnesses[0])
    return [(one, workspace.roots(one, options.source))]


def _judged(outcome: Outcome, settings: Settings, *, named: bool) -> Outcome:
    """The outcome with missing places as the settings want them treated."""
    if outcome.status != "missing":
        return outcome
    outcome.status = "skipped"
    places = ", ".join(outcome.roots)
    configured = named or outcome.harness in settings.imports.sources
    if configured and settings.imports.missing_source == "error":
        raise SourceError(f"{outcome.harness}: {places} does not exist (imports.missing_source = error)")
    outcome.message = None if settings.imports.missing_source == "skip" else f"not found: {places}"
    return outcome

"""Finished postmortems in short, kept so that an overview of many sessions costs one read.

A digest holds while its session's fingerprint does: its logs, its bill, the engine and the costing rules are the same.
They stand in the ledger, or, with `--cache-dir`, in a file of their own with the same table. A digest that cannot be
written is no error.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from whyburn import clock
from whyburn.api import costing
from whyburn.errors import LedgerError
from whyburn.ledger import database

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from whyburn.api.workspace import Workspace

Row = tuple[int, str, bytes, bytes]
"""Session, kind, fingerprint, body."""
ENGINE = 1
"""Raised when the same session would be explained otherwise."""
KIND = "postmortem"
FILE = "digests.db"
_TABLE = """CREATE TABLE IF NOT EXISTS digest(
  session INTEGER NOT NULL, kind TEXT NOT NULL, version INTEGER NOT NULL, fingerprint BLOB NOT NULL,
  made_ms INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(session, kind)) WITHOUT ROWID"""
_BILL = """
SELECT s.harness, s.native, s.calls, s.title, s.cwd, s.branch, p.root, p.remote,
  (SELECT sum(c.virtual_pico) || '/' || count(c.virtual_pico) || '/' || max(c.id)
   FROM thread t JOIN call c ON c.thread = t.id WHERE t.session = s.id AND c.counted)
FROM session s LEFT JOIN place p ON p.machine = s.machine AND p.cwd = s.cwd WHERE s.id = ?"""
"""What a report takes from the ledger: its bill, and what it calls the session."""


@dataclass(slots=True)
class Counts:
    """How the cache did."""

    hit: int = 0
    miss: int = 0
    stale: int = 0
    disabled: int = 0
    write_failed: int = 0


class Digests:
    """The cache of one program run; `folder` keeps it in a file there, `enabled=False` bypasses it."""

    def __init__(self, workspace: Workspace, *, folder: str | None = None, enabled: bool = True) -> None:
        self._workspace = workspace
        self._folder = folder
        self._enabled = enabled
        self.counts = Counts()
        self._made: list[Row] = []

    def body(self, db: sqlite3.Connection, session: int, kind: str) -> bytes | None:
        """What is stored of a session, if it still holds."""
        if not self._enabled:
            self.counts.disabled += 1
            return None
        held = self._stored(db, session, kind)
        if held is None:
            self.counts.miss += 1
            return None
        if held[0] != self.mark(db, session):
            self.counts.stale += 1
            return None
        self.counts.hit += 1
        return held[1]

    def mark(self, db: sqlite3.Connection, session: int) -> bytes:
        """The fingerprint of a session; taken before its logs are read, because they may grow meanwhile."""
        return fingerprint(db, session, self._workspace)

    def keep(self, session: int, kind: str, mark: bytes, body: bytes) -> None:
        """Remember something for `save`."""
        if self._enabled:
            self._made.append((session, kind, mark, body))

    def save(self) -> None:
        """Write what was made; the ledger is left alone while somebody else writes to it."""
        made, self._made = self._made, []
        if not made:
            return
        try:
            with self._writer() as db, database.transaction(db):
                store(db, made)
        except (LedgerError, OSError, sqlite3.Error):
            self.counts.write_failed += len(made)

    def _stored(self, db: sqlite3.Connection, session: int, kind: str) -> tuple[bytes, bytes] | None:
        if self._folder is None:
            return _row(db, session, kind)
        path = os.path.join(self._folder, FILE)
        if not os.path.exists(path):
            return None
        try:
            with contextlib.closing(sqlite3.connect(path)) as own:
                return _row(own, session, kind)
        except sqlite3.Error:
            return None

    @contextlib.contextmanager
    def _writer(self) -> Iterator[sqlite3.Connection]:
        if self._folder is None:
            with database.locked_writer(self._workspace.paths.db, wait_seconds=0.0) as db:
                yield db
            return
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        path = os.path.join(self._folder, FILE)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            os.chmod(path, 0o600)
            db.execute(_TABLE)
            yield db


def _row(db: sqlite3.Connection, session: int, kind: str) -> tuple[bytes, bytes] | None:
    row: tuple[bytes, bytes] | None = db.execute(
        "SELECT fingerprint, body FROM digest WHERE session = ? AND kind = ? AND version = ?", (session, kind, ENGINE)
    ).fetchone()
    return row


def store(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Write digests, replacing older ones."""
    now = clock.now_ms()
    db.executemany(
        "INSERT OR REPLACE INTO digest(session, kind, version, fingerprint, made_ms, body) VALUES(?, ?, ?, ?, ?, ?)",
        [(session, kind, ENGINE, mark, now, body) for session, kind, mark, body in rows],
    )


def fingerprint(db: sqlite3.Connection, session: int, workspace: Workspace) -> bytes:
    """Changes when anything that the postmortem of a session depends on changes."""
    logs = []
    for (path,) in db.execute(
        "SELECT s.path FROM sighting g JOIN source s ON s.id = g.source WHERE g.session = ? ORDER BY 1", (session,)
    ):
        try:
            at = os.stat(path)
            logs.append((path, at.st_size, at.st_mtime_ns))
        except OSError:
            logs.append((path, -1, -1))
    bill = db.execute(_BILL, (session,)).fetchone()
    models = db.execute(
        "SELECT DISTINCT provider, model_raw FROM facet WHERE purpose = 'subagent' ORDER BY 1, 2"
    ).fetchall()
    told = repr((ENGINE, logs, bill, models, costing.costing_hash(workspace.settings)))
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def valid(db: sqlite3.Connection, sessions: Iterable[int], workspace: Workspace) -> dict[int, dict[str, Any]]:
    """The stored digests of these sessions that still hold."""
    found = {}
    for session in sessions:
        held = _row(db, session, KIND)
        if held is not None and held[0] == fingerprint(db, session, workspace):
            found[session] = json.loads(held[1])
    return found

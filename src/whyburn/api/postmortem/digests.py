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
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from whyburn.api.workspace import Workspace

ENGINE = 1
"""Raised when the same session would be explained otherwise."""
KIND = "postmortem"
FILE = "digests.db"
_TABLE = """CREATE TABLE IF NOT EXISTS digest(
  session INTEGER NOT NULL, kind TEXT NOT NULL, version INTEGER NOT NULL, fingerprint BLOB NOT NULL,
  made_ms INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(session, kind)) WITHOUT ROWID"""
_BILL = """
SELECT s.harness, s.native, s.calls, (SELECT total(c.virtual_pico) || '/' || count(c.virtual_pico) || '/' || max(c.id)
  FROM thread t JOIN call c ON c.thread = t.id WHERE t.session = s.id AND c.counted) FROM session s WHERE s.id = ?"""


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
        self._fresh: list[tuple[int, bytes, bytes]] = []

    def get(self, db: sqlite3.Connection, session: int, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The digest of a session: as stored if it still holds, else made now and kept for `save`."""
        mark = fingerprint(db, session, self._workspace)
        if not self._enabled:
            self.counts.disabled += 1
            return make()
        held = self._stored(db).get(session)
        if held is not None and held[0] == mark:
            self.counts.hit += 1
            found: dict[str, Any] = json.loads(held[1])
            return found
        self.counts.miss += held is None
        self.counts.stale += held is not None
        made = make()
        self._fresh.append((session, mark, json.dumps(made, ensure_ascii=False).encode("utf-8", "replace")))
        return made

    def save(self) -> None:
        """Write what was made; the ledger is left alone while somebody else writes to it."""
        if not self._fresh:
            return
        try:
            with self._writer() as db, database.transaction(db):
                store(db, self._fresh)
        except (LedgerError, OSError, sqlite3.Error):
            self.counts.write_failed += len(self._fresh)
        self._fresh = []

    def _stored(self, db: sqlite3.Connection) -> Mapping[int, tuple[bytes, bytes]]:
        if self._held is None:
            self._held = self._read(db)
        return self._held

    _held: dict[int, tuple[bytes, bytes]] | None = None

    def _read(self, db: sqlite3.Connection) -> dict[int, tuple[bytes, bytes]]:
        if self._folder is None:
            return _rows(db)
        path = os.path.join(self._folder, FILE)
        if not os.path.exists(path):
            return {}
        try:
            with contextlib.closing(sqlite3.connect(path)) as own:
                return _rows(own)
        except sqlite3.Error:
            return {}

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


def _rows(db: sqlite3.Connection) -> dict[int, tuple[bytes, bytes]]:
    return {
        row[0]: (row[1], row[2])
        for row in db.execute("SELECT session, fingerprint, body FROM digest WHERE kind = ? AND version = ?",
                              (KIND, ENGINE))
    }  # fmt: skip


def store(db: sqlite3.Connection, rows: Iterable[tuple[int, bytes, bytes]]) -> None:
    """Write digests (session, fingerprint, body), replacing older ones."""
    now = clock.now_ms()
    db.executemany(
        "INSERT OR REPLACE INTO digest(session, kind, version, fingerprint, made_ms, body) VALUES(?, ?, ?, ?, ?, ?)",
        [(session, KIND, ENGINE, mark, now, body) for session, mark, body in rows],
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
    told = repr((ENGINE, logs, bill, costing.costing_hash(workspace.settings)))
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def valid(db: sqlite3.Connection, sessions: Iterable[int], workspace: Workspace) -> dict[int, dict[str, Any]]:
    """The stored digests of these sessions that still hold."""
    held = _rows(db)
    return {
        session: json.loads(held[session][1])
        for session in sessions
        if session in held and held[session][0] == fingerprint(db, session, workspace)
    }


def summary_sizes(db: sqlite3.Connection) -> list[int]:
    """Tokens of the compaction summaries that stored digests know of."""
    found: list[int] = []
    for _, body in _rows(db).values():
        found.extend(json.loads(body).get("summary_tokens", []))
    return found

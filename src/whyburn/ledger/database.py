"""Opening the ledger: for writing by one process at a time, for reading by anyone.

The file is private (mode 0600). A newer schema is refused and left untouched. Every SQLite failure becomes one line
that says what to do.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import time
import uuid
from typing import TYPE_CHECKING

from whyburn.errors import BusyError, LedgerError, SchemaError
from whyburn.ledger.schema import MIGRATIONS
from whyburn.settings.paths import sqlite_uri

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY_SECONDS = 10.0

# Python's sqlite3 looks for an adapter whenever None or bytes are bound, and raises two hidden AttributeErrors when
# there is none. With these the search ends at once (3 % fewer instructions of an import); values stay what they are.
sqlite3.register_adapter(type(None), {}.get)  # type: ignore[arg-type]  # what an empty dict has for None is None
sqlite3.register_adapter(bytes, bytes)
_OLDEST_SQLITE = (3, 35, 0)


def open_writer(path: str) -> sqlite3.Connection:
    """A connection that may write; the file and its folder are made when absent, the schema is brought up to date."""
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise LedgerError(f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed")
    with translated(path):
        _create_private(path)
        db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            _check_version(db, path)
            _use_wal(db)
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA cache_size = -16384")
            db.execute("PRAGMA temp_store = MEMORY")
            migrate(db)
        except BaseException:
            db.close()
            raise
    return db


def _use_wal(db: sqlite3.Connection) -> None:
    """Switch to write-ahead logging; the busy handler is not asked when two new connections do it at once."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.01)
        else:
            return


def open_memory() -> sqlite3.Connection:
    """An empty ledger in memory: what a dry run imports into when there is no file yet."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrate(db)
    return db


def open_reader(path: str) -> sqlite3.Connection | None:
    """A connection that cannot write; None when there is no ledger yet. Nothing is created."""
    if not os.path.exists(path):
        return None
    with translated(path):
        folder_writable = os.access(os.path.dirname(os.path.abspath(path)), os.W_OK)
        mode = "mode=ro" if folder_writable or os.path.exists(path + "-shm") else "mode=ro&immutable=1"
        db = sqlite3.connect(sqlite_uri(path, mode), uri=True, timeout=BUSY_SECONDS,
                             isolation_level=None)  # fmt: skip
        try:
            _check_version(db, path)
            db.execute("PRAGMA query_only = 1")
            db.execute("PRAGMA cache_size = -8192")
            db.execute("PRAGMA temp_store = FILE")
        except BaseException:
            db.close()
            raise
    return db


def migrate(db: sqlite3.Connection) -> None:
    """Apply the migrations that are missing, each in a transaction of its own."""
    for number, script in enumerate(MIGRATIONS, start=1):
        if db.execute("PRAGMA user_version").fetchone()[0] >= number:
            continue
        db.execute("BEGIN IMMEDIATE")
        try:
            if db.execute("PRAGMA user_version").fetchone()[0] < number:
                for statement in _statements(script):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {number}")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of the writes inside, or none. Inside another transaction (a dry run) a savepoint stands for it."""
    nested = db.in_transaction
    db.execute("SAVEPOINT batch" if nested else "BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.OperationalError):
            db.execute("ROLLBACK TO batch" if nested else "ROLLBACK")
        raise
    db.execute("RELEASE batch" if nested else "COMMIT")


@contextlib.contextmanager
def translated(path: str) -> Iterator[None]:
    """SQLite's and the system's failures inside as `LedgerError`s of one line."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise LedgerError(_explain(path, str(error))) from error
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror or error}") from error


def _explain(path: str, text: str) -> str:
    if "not a database" in text or "malformed" in text:
        return f"{path} is not a whyburn ledger or is damaged: move it away, then run whyburn refresh ({text})"
    if "locked" in text or "busy" in text:
        return f"{path} is locked by another program; try again when it has finished"
    if "readonly" in text or "unable to open" in text:
        return f"{path} cannot be written: check its permissions, or give another place with --db ({text})"
    if os.path.isdir(path):
        return f"{path} is a folder: --db takes the file of a ledger"
    if "full" in text:
        return f"{path}: the disk is full; nothing of this import was lost or half stored"
    return f"{path}: {text}"


def _check_version(db: sqlite3.Connection, path: str) -> None:
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found > len(MIGRATIONS):
        raise SchemaError(
            f"{path} was written by a newer whyburn (schema {found}, this one knows {len(MIGRATIONS)}): "
            "upgrade whyburn; the file is left as it is"
        )
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    if tables and not {"machine", "source", "call_key"} <= tables:
        raise LedgerError(
            f"{path} is a database of another program: give another place with --db; the file is left as it is"
        )


def _create_private(path: str) -> None:
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _statements(script: str) -> Iterator[str]:
    text = ""
    for line in script.splitlines():
        text += line + "\n"
        if sqlite3.complete_statement(text):
            yield text
            text = ""


def local_machine(db: sqlite3.Connection, name: str, now_ms: int) -> int:
    """The row of this machine, made with a random id the first time; its name follows the settings."""
    known = this_machine(db)
    if known is None:
        uid = uuid.uuid4().hex
        db.execute("INSERT INTO meta VALUES('machine', ?)", (uid,))
        label = name or f"machine:{uid[:8]}"
        cursor = db.execute(
            "INSERT INTO machine(uid, name, first_ms, last_ms) VALUES(?, ?, ?, ?)", (uid, label, now_ms, now_ms)
        )
        return int(cursor.lastrowid or 0)
    if name:
        db.execute("UPDATE machine SET name = ? WHERE id = ? AND name <> ?", (name, known[0], name))
    return known[0]


def this_machine(db: sqlite3.Connection) -> tuple[int, str] | None:
    """Row and id of this machine; None in a ledger that nothing was read into."""
    found: tuple[int, str] | None = db.execute(
        "SELECT m.id, m.uid FROM meta JOIN machine m ON m.uid = meta.value WHERE key = 'machine'"
    ).fetchone()
    return found


def meta(db: sqlite3.Connection, key: str) -> str | None:
    """A word that the ledger keeps about itself; None if it was never written."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


@contextlib.contextmanager
def locked_writer(path: str, *, wait_seconds: float = 60.0) -> Iterator[sqlite3.Connection]:
    """A connection that may write while no other process refreshes; every failure inside is a `LedgerError`."""
    with translated(path), contextlib.closing(open_writer(path)) as db, refresh_lock(path, wait_seconds=wait_seconds):
        yield db


@contextlib.contextmanager
def refresh_lock(path: str, *, wait_seconds: float = 60.0) -> Iterator[None]:
    """Single flight: one refresh at a time over all processes; `BusyError` when the wait was in vain."""
    with translated(path):
        handle = os.open(path + ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _lock(handle, path, time.monotonic() + wait_seconds)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, path: str, deadline: float) -> None:
    while True:
        try:
            if sys.platform == "win32":
                import msvcrt  # noqa: PLC0415  exists on Windows only

                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl  # noqa: PLC0415  exists on POSIX only

                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= deadline:
                raise BusyError(f"another whyburn is refreshing {path}; try again when it has finished") from None
            time.sleep(0.05)
        else:
            return

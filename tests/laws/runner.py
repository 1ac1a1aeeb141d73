"""What the tests run in processes of their own: `python -m laws.runner COMMAND LEDGER [HARNESS ROOT]`."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

from laws.trees import small_pieces
from support import ingest
from whyburn.errors import BusyError
from whyburn.ledger.database import open_reader, refresh_lock

SMALL = 2_000
"""Bytes a transaction: an import of a small tree has many of them, and many moments to be killed in."""


def import_slowly(ledger: Path, harness: str, root: Path, *, full: bool = False) -> None:
    """One import in many transactions, under the lock."""
    with small_pieces(batch=SMALL, chunk=1_024), refresh_lock(str(ledger)):
        print("locked", flush=True)  # noqa: T201  the parent waits for it
        ingest(ledger, harness, root, full=full)


def import_unlocked(ledger: Path, harness: str, root: Path) -> None:
    """The same without the lock: what two versions that do not know of each other would do."""
    with small_pieces(batch=SMALL, chunk=1_024):
        ingest(ledger, harness, root)


def die_writing(ledger: Path, harness: str, root: Path, after: int) -> None:
    """Import until so many statements have been run inside write transactions, then die without any clean-up."""
    left = after
    connect = sqlite3.connect

    def counting(*arguments: Any, **named: Any) -> sqlite3.Connection:
        db = connect(*arguments, **named)

        def seen(statement: str) -> None:
            nonlocal left
            left -= db.in_transaction and not statement.startswith("SELECT")
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        db.set_trace_callback(seen)
        return db

    with mock.patch.object(sqlite3, "connect", counting):
        import_slowly(ledger, harness, root)


def refresh_until_told(ledger: Path, harness: str, root: Path) -> None:
    """Refresh again and again under the lock, as a watch does."""
    while True:
        try:
            with refresh_lock(str(ledger), wait_seconds=5), small_pieces(batch=SMALL):
                ingest(ledger, harness, root, full=True)
        except BusyError:
            continue
        print("refreshed", flush=True)  # noqa: T201  the parent waits for it
        time.sleep(0.01)


def read_until_told(ledger: Path) -> None:
    """Read the whole ledger again and again; stop with an error when a sum disagrees with its calls."""
    while True:
        db = open_reader(str(ledger))
        if db is not None:
            db.execute("BEGIN")
            tables = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'rollup'").fetchone()[0]
            if tables:
                calls = db.execute("SELECT coalesce(sum(requests), 0) FROM call WHERE counted").fetchone()
                sums = db.execute("SELECT coalesce(sum(calls), 0) FROM rollup").fetchone()
                if calls != sums:
                    raise SystemExit(f"read {sums} in sums, {calls} in calls")
            db.close()
        time.sleep(0.005)


def main(command: str, ledger: str, *rest: str) -> None:
    """Do what the command says."""
    path = Path(ledger)
    if command == "import":
        ingest(path, rest[0], Path(rest[1]))
    elif command == "import-slowly":
        import_slowly(path, rest[0], Path(rest[1]), full=len(rest) > 2)
    elif command == "import-unlocked":
        import_unlocked(path, rest[0], Path(rest[1]))
    elif command == "die-writing":
        die_writing(path, rest[0], Path(rest[1]), int(rest[2]))
    elif command == "refresh":
        refresh_until_told(path, rest[0], Path(rest[1]))
    elif command == "read":
        read_until_told(path)


if __name__ == "__main__":
    main(*sys.argv[1:])

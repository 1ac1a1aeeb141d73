"""Which session is meant: an id or a prefix of one, the newest, the dearest of today, or one that fits a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whyburn.errors import SelectionError
from whyburn.usage.selection import session_ids

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user said about the session. Nothing said: the newest."""

    ident: str | None = None
    """A native id, a unique prefix of one, or a key machine/harness/id; `last` is the newest."""
    harness: str | None = None
    """None: any."""
    cwd: str | None = None
    """A folder: sessions in it or below it."""
    project: str | None = None
    """A folder, or a name that is part of one."""


def choose(db: sqlite3.Connection, wanted: Wanted) -> int:
    """The ledger row of the one session that is meant; `SelectionError` when there is none, or several."""
    if wanted.ident and wanted.ident != "last":
        return _named(db, wanted)
    found = fitting(db, wanted, limit=1)
    if not found:
        raise SelectionError(_nothing(wanted))
    return found[0]


def fitting(db: sqlite3.Connection, wanted: Wanted, *, limit: int | None = None) -> list[int]:
    """Rows of all sessions with calls that fit, newest first."""
    tests, values = ["s.calls > 0"], []
    if wanted.harness:
        tests.append("s.harness = ?")
        values.append(wanted.harness)
    rows = db.execute(
        f"SELECT s.id, s.cwd FROM session s WHERE {' AND '.join(tests)} ORDER BY s.last_ms DESC, s.id DESC", values
    )
    found = []
    for ident, cwd in rows:
        if _fits(cwd, wanted):
            found.append(ident)
            if limit is not None and len(found) >= limit:
                break
    return found


def _named(db: sqlite3.Connection, wanted: Wanted) -> int:
    rows = session_ids(db, wanted.ident or "")
    if wanted.harness:
        names = dict(db.execute(f"SELECT id, harness FROM session WHERE id IN ({', '.join(map(str, rows))})"))
        rows = [row for row in rows if names[row] == wanted.harness]
    if not rows:
        raise SelectionError(f"session {wanted.ident!r} is not one of {wanted.harness}")
    if len(rows) > 1:
        raise SelectionError(f"several sessions are called {wanted.ident!r}: {_keys(db, rows)}")
    return rows[0]


def _keys(db: sqlite3.Connection, rows: Sequence[int]) -> str:
    found = db.execute(
        f"""SELECT m.name || '/' || s.harness || '/' || s.native FROM session s JOIN machine m ON m.id = s.machine
            WHERE s.id IN ({", ".join(map(str, rows))}) ORDER BY 1"""
    )
    return ", ".join(row[0] for row in found)


def _fits(cwd: str | None, wanted: Wanted) -> bool:
    if wanted.cwd and not (cwd and _below(cwd, os.path.abspath(os.path.expanduser(wanted.cwd)))):
        return False
    if not wanted.project:
        return True
    if not cwd:
        return False
    parts, asked = cwd.strip("/").split("/"), wanted.project.strip("/").split("/")
    inside = any(parts[at : at + len(asked)] == asked for at in range(len(parts)))
    return inside or _below(cwd, os.path.abspath(os.path.expanduser(wanted.project)))


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _nothing(wanted: Wanted) -> str:
    said = [f"of {wanted.harness}"] if wanted.harness else []
    said += [f"in {wanted.cwd}"] if wanted.cwd else []
    said += [f"of project {wanted.project}"] if wanted.project else []
    return f"no session {' '.join(said)}".rstrip() + " is known: `whyburn doctor` shows where was looked"

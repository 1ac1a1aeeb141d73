"""Lines and files that could not be read: listed with their places, and forgotten on request.

The ledger stores byte positions; the number of a line is counted in the file when somebody looks.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from whyburn.ledger import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from whyburn.api.workspace import Workspace
    from whyburn.harnesses.interface import Kind


@dataclass(frozen=True, slots=True)
class Skipped:
    """One line or one file."""

    harness: str
    path: str
    what: Literal["line", "file"]
    line: int | None
    """Counted from 1; None for a whole file, for sources without lines, and where the file is gone or was rewritten."""
    position: int | None
    """Byte offset of the line; row id in a database."""
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SkippedList:
    """Everything that is listed, and how many lines more were counted and not kept one by one."""

    rows: list[Skipped]
    uncounted: int

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "lines": sum(row.what == "line" for row in self.rows) + self.uncounted,
            "files": sum(row.what == "file" for row in self.rows),
            "not_listed": self.uncounted,
            "skipped": [row.as_dict() for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What `forget_skipped` removed."""

    lines: int
    files: int

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"cleared": {"lines": self.lines, "files": self.files}}


def list_skipped(workspace: Workspace, harnesses: Sequence[str] = ()) -> SkippedList:
    """What could not be read so far, by harness, file and place."""
    db = workspace.reader("never")
    where, names = _where(harnesses)
    rows: list[Skipped] = []
    uncounted = 0
    for ident, harness, path, kind, size, counted, error in db.execute(
        "SELECT id, harness, path, kind, size, problems, error FROM source "
        f"WHERE (problems OR error IS NOT NULL) {where} ORDER BY harness, path",
        names,
    ).fetchall():
        if error is not None:
            rows.append(Skipped(harness, path, "file", None, None, error))
        found = db.execute("SELECT pos, reason FROM problem WHERE source = ? ORDER BY pos", (ident,)).fetchall()
        lines = _line_numbers(path, kind, size, [pos for pos, _ in found])
        rows += [Skipped(harness, path, "line", lines.get(pos), pos, reason) for pos, reason in found]
        uncounted += max(0, counted - len(found))
    return SkippedList(rows, uncounted)


def forget_skipped(workspace: Workspace, harnesses: Sequence[str] = ()) -> Forgotten:
    """Forget them. A file that could not be opened is tried again by the next refresh, and listed again if need be."""
    path = workspace.paths.db
    if not os.path.exists(path):
        _where(harnesses)
        return Forgotten(0, 0)
    workspace.close()
    with database.locked_writer(path) as db, database.transaction(db):
        return _forget(db, *_where(harnesses))


def _forget(db: sqlite3.Connection, where: str, names: tuple[str, ...]) -> Forgotten:
    chosen = f"FROM source WHERE (problems OR error IS NOT NULL) {where}"
    lines, files = db.execute(f"SELECT coalesce(sum(problems), 0), count(error) {chosen}", names).fetchone()
    db.execute(f"DELETE FROM problem WHERE source IN (SELECT id {chosen})", names)
    # Without its error a file of unchanged size counts as read: an impossible size has it looked at again.
    db.execute(
        "UPDATE source SET problems = 0, size = CASE WHEN error IS NULL THEN size ELSE -1 END, error = NULL "
        f"WHERE (problems OR error IS NOT NULL) {where}",
        names,
    )
    return Forgotten(lines, files)


def _where(harnesses: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The restriction to some harnesses, each of which must exist."""
    if not harnesses:
        return "", ()
    from whyburn.harnesses import registry  # noqa: PLC0415

    names = tuple(registry.harness(name).name for name in harnesses)
    return f"AND harness IN ({', '.join('?' * len(names))})", names


def _line_numbers(path: str, kind: str, size: int, positions: Sequence[int]) -> dict[int, int]:
    """Line numbers by byte position, in one pass over the file; empty for sources without lines."""
    if kind not in {"lines", "packed"} or not positions:
        return {}
    from whyburn.harnesses.interface import Source  # noqa: PLC0415
    from whyburn.harnesses.readers import open_source  # noqa: PLC0415

    wanted = sorted(positions)
    found: dict[int, int] = {}
    before = 0
    with contextlib.suppress(OSError), open_source(Source(path, cast("Kind", kind), size, 0, 0, 0)) as reader:
        for chunk in reader.chunks():
            if chunk.problem is not None:
                found[chunk.problem.pos] = before + 1
                before += 1
                continue
            for pos in wanted:
                if chunk.base <= pos < chunk.end:
                    found[pos] = before + chunk.data.count(b"\n", 0, pos - chunk.base) + 1
            before += chunk.data.count(b"\n", 0, chunk.end - chunk.base)
            if chunk.end > wanted[-1]:
                break
    return found

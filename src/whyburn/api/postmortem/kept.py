"""Digests of single sessions: those that are stored, and one made for the occasion."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from whyburn.api.postmortem.digests import Digests, valid
from whyburn.errors import LedgerError, WhyburnError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from whyburn.api.workspace import Workspace

QUICK = 48_000_000
"""Bytes of logs that are read without being asked: about half a second."""


def stored_digests(workspace: Workspace, sessions: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The digests of these sessions (rows of the ledger) that are stored and still hold. No log is opened."""
    return valid(workspace.reader("never"), sessions, workspace)


def keep_digest(workspace: Workspace, session: int) -> dict[str, Any]:
    """Store the digest of a session, in the place of one that no longer holds; `LedgerError` when that fails."""
    found, digests = _digest(workspace, workspace.reader("never"), session)
    if digests.counts.write_failed:
        raise LedgerError("the digest could not be kept: the ledger is busy or cannot be written; try again")
    return found


def quick_digest(workspace: Workspace, session: int) -> dict[str, Any] | None:
    """The digest of a session, made and kept if there is none; None when that would take long, or cannot be done."""
    db = workspace.reader("never")
    held = valid(db, [session], workspace).get(session)
    if held is not None:
        return held
    try:
        return _digest(workspace, db, session)[0] if _size(db, session) <= QUICK else None
    except (WhyburnError, OSError):
        return None  # what cannot be explained is still listed


def _digest(workspace: Workspace, db: sqlite3.Connection, session: int) -> tuple[dict[str, Any], Digests]:
    from whyburn.api.postmortem.stored import digest  # noqa: PLC0415  the engine is for those who need a new one

    digests = Digests(workspace)
    found = digest(workspace, db, session, digests)
    digests.save()
    return found, digests


def _size(db: sqlite3.Connection, session: int) -> int:
    """Bytes of the logs of a session that are still there."""
    paths = db.execute("SELECT s.path FROM sighting g JOIN source s ON s.id = g.source WHERE g.session = ?", (session,))
    return sum(os.path.getsize(path) for (path,) in paths if os.path.exists(path))

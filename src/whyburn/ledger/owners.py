"""Whose a call is when several sessions hold copies of it.

Forks and resumes copy history under a new session id. The owner of a shared call is the session whose earliest
exclusive call (one that no other session has) is earliest; a session without any exclusive call counts as earliest;
ties go to the smaller id. This is a function of the set of records, so neither file order nor file times can matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from whyburn.ledger.interning import Interner


def settle(db: sqlite3.Connection, interner: Interner, sessions: Iterable[int]) -> set[int]:
    """Give the shared calls of these sessions to their owners; the threads whose calls changed."""
    changed: set[int] = set()
    around = _neighbours(db, sessions)
    for session in around:
        db.execute("UPDATE session SET first_own_ms = ? WHERE id = ?", (_first_own(db, session), session))
    for call, thread, agent, owner in _misplaced(db, around):
        home = interner.thread(owner, agent)
        db.execute("UPDATE call SET thread = ? WHERE id = ?", (home, call))
        changed.update((thread, home))
    _name_parents(db, around)
    return changed


def _neighbours(db: sqlite3.Connection, sessions: Iterable[int]) -> list[int]:
    """Those of the sessions that share calls, and the sessions that they share them with."""
    found: set[int] = set()
    for session in sessions:
        rows = db.execute(
            "SELECT DISTINCT b.session FROM shared a JOIN shared b ON b.call = a.call WHERE a.session = ?", (session,)
        )
        found.update(row[0] for row in rows)
    return sorted(found)


def _first_own(db: sqlite3.Connection, session: int) -> int | None:
    row = db.execute(
        """SELECT min(c.ts_ms) FROM thread t JOIN call c ON c.thread = t.id
           WHERE t.session = ? AND c.counted AND NOT EXISTS (SELECT 1 FROM shared s WHERE s.call = c.id)""",
        (session,),
    ).fetchone()
    return None if row is None else row[0]


def _misplaced(db: sqlite3.Connection, sessions: list[int]) -> list[tuple[int, int, str, int]]:
    """(call, thread, agent, rightful owner) of shared calls that stand with another session than their owner."""
    wrong: dict[int, tuple[int, int, str, int]] = {}
    for session in sessions:
        rows = db.execute(
            """SELECT c.id, t.id, t.agent, t.session, o.id FROM shared mine
               JOIN call c ON c.id = mine.call JOIN thread t ON t.id = c.thread
               JOIN shared also ON also.call = c.id JOIN session o ON o.id = also.session
               WHERE mine.session = ?
               ORDER BY c.id, o.first_own_ms IS NOT NULL, o.first_own_ms, o.native""",
            (session,),
        )
        seen = -1
        for call, thread, agent, holder, best in rows:
            if call != seen and holder != best:
                wrong[call] = (call, thread, agent, best)
            seen = call
    return list(wrong.values())


def _name_parents(db: sqlite3.Connection, sessions: list[int]) -> None:
    """A session that holds copies of another one's calls is a fork of it."""
    for session in sessions:
        row = db.execute(
            """SELECT o.native, count(*) AS copies FROM shared s JOIN call c ON c.id = s.call
               JOIN thread t ON t.id = c.thread JOIN session o ON o.id = t.session
               WHERE s.session = ? AND t.session <> ? GROUP BY 1 ORDER BY copies DESC, 1 LIMIT 1""",
            (session, session),
        ).fetchone()
        db.execute(
            "UPDATE session SET parent = ?, relation = ? WHERE id = ? AND (relation IS NULL OR relation = 'copy')",
            (row[0] if row else None, "copy" if row else None, session),
        )

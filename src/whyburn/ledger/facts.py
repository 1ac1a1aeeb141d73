"""The second, lazy pass: titles and the like, read only for sessions that somebody looks at.

No billing line carries them, and looking for them in every log would make each import slower for the sake of the few
sessions that are ever listed. What was read is remembered per source, so that a grown file is read on from there.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from whyburn.errors import SelectionError
from whyburn.harnesses import registry
from whyburn.harnesses.interface import Source
from whyburn.harnesses.readers import open_source
from whyburn.ledger import describe
from whyburn.ledger.database import transaction
from whyburn.model import SessionFact

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from whyburn.ledger.interning import Interner

_MOST_BYTES = 256 << 20
"""Of logs that one look at a list may read; the rest comes with the next look."""


def behind(db: sqlite3.Connection, sessions: Sequence[int]) -> list[tuple[Any, ...]]:
    """The sources of these sessions that hold text that has not been looked through."""
    marks = ", ".join(map(str, sessions))
    return db.execute(
        f"""SELECT o.id, o.harness, o.path, o.kind, o.size, o.mtime_ns, o.dev, o.ino, o.facts_position, o.position
            FROM source o WHERE o.facts_position < o.position AND o.error IS NULL
            AND o.id IN (SELECT source FROM sighting WHERE session IN ({marks})) ORDER BY o.mtime_ns DESC"""
    ).fetchall()


def read(db: sqlite3.Connection, interner: Interner, sources: Sequence[tuple[Any, ...]]) -> None:
    """Look these sources through, in one transaction; one that cannot be read is left for another time."""
    budget = _MOST_BYTES
    with transaction(db):
        for ident, harness, path, kind, size, mtime_ns, dev, ino, start, position in sources:
            budget -= position - start
            if budget < 0:
                return
            with contextlib.suppress(OSError, SelectionError):
                source = Source(path, kind, size, mtime_ns, dev, ino)
                one = registry.harness(harness)
                with open_source(source, start if kind == "lines" else 0) as reader:
                    for found in one.facts(source, reader):
                        if isinstance(found, SessionFact):
                            describe.session_fact(db, interner.session(harness, found.session), found)
                db.execute("UPDATE source SET facts_position = ? WHERE id = ?", (position, ident))

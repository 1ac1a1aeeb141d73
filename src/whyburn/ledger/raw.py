"""Raw records: opt-in debugging data of this machine, never printed and never shared.

Only with `imports.include_raw_json` or `refresh --raw` the record of a call is kept beside it; otherwise no text of a
log ever enters the ledger.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from whyburn.harnesses.readers import open_source

if TYPE_CHECKING:
    import sqlite3

    from whyburn.ledger.batch import Batch

_MOST = 1 << 20


def keep_raw(db: sqlite3.Connection, batch: Batch) -> None:
    """Store the log line of every call of a batch, as far as its source is made of lines."""
    kept: dict[int, list[tuple[int, bytes]]] = {}
    for key, (call, row) in batch.calls.items():
        kept.setdefault(row, []).append((call.pos, key))
    for at in batch.progress:
        if at.source.kind != "lines" or at.row not in kept:
            continue
        with contextlib.suppress(OSError), open_source(at.source) as reader:
            db.executemany(
                "INSERT OR REPLACE INTO raw SELECT call, ? FROM call_key WHERE key = ?",
                ((reader.line_at(pos, _MOST), key) for pos, key in kept[at.row]),
            )


def purge(db: sqlite3.Connection) -> int:
    """Erase all raw records and the pages that held them; how many there were."""
    count = int(db.execute("SELECT count(*) FROM raw").fetchone()[0])
    db.execute("PRAGMA secure_delete = 1")
    db.execute("DELETE FROM raw")
    return count

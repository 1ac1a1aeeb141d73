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
    sources = {at.row: at.source for at in batch.progress if at.source.kind == "lines"}
    for key, (call, row) in batch.calls.items():
        source = sources.get(row)
        if source is None:
            continue
        with contextlib.suppress(OSError), open_source(source) as reader:
            record = reader.line_at(call.pos, _MOST)
            db.execute("INSERT OR REPLACE INTO raw SELECT call, ? FROM call_key WHERE key = ?", (record, key))


def purge(db: sqlite3.Connection) -> int:
    """Erase all raw records and the pages that held them; how many there were."""
    count = int(db.execute("SELECT count(*) FROM raw").fetchone()[0])
    db.execute("PRAGMA secure_delete = 1")
    db.execute("DELETE FROM raw")
    return count

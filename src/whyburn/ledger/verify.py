"""Proving that the ledger still holds what it must: each check recomputes and compares, and names what is wrong.

Sums are recomputed from calls, costs from the price book, checkpoints from the files they speak of. Nothing is mended
here; what is derived comes right again with `refresh --full`.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, NamedTuple

from whyburn.harnesses.interface import Source
from whyburn.harnesses.readers import open_source, source_of
from whyburn.ledger import rollups
from whyburn.ledger.repricing import priced

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from whyburn.ledger.pricing import Pricer

_NUMBERS = (
    "ts_ms", "input", "output", "reasoning", "cache_read", "w5", "w1", "wother", "searches", "source_pico",
    "actual_pico", "virtual_pico",
)  # fmt: skip
_MOST = 20


class Finding(NamedTuple):
    """One thing that is wrong, where it is, and what to do about it."""

    check: str
    path: str
    line: int | None
    message: str


def verify(db: sqlite3.Connection, pricer: Pricer, path: str) -> Iterator[Finding]:
    """Everything that is wrong with the ledger at `path`, at most a few findings of each kind.

    Costs are recomputed only where the calls themselves are sound: half a call has no price.
    """
    sound = True
    for check in (_structure, _types, _counted):
        for finding in _few(check(db, path)):
            sound = False
            yield finding
    for check in (_sums, _hours, _checkpoints):
        yield from _few(check(db, path))
    if sound:
        yield from _few(_costs(db, pricer))


def distrust_damaged(db: sqlite3.Connection) -> None:
    """Let calls whose numbers are no integers give way to what their log says, when it is read again.

    They count as read by an older parser than any: a broken number must not outrank the true one. Inside a transaction.
    """
    broken = " OR ".join(f"typeof({name}) NOT IN ('integer', 'null')" for name in _NUMBERS)
    db.execute(f"UPDATE call SET parser = 0 WHERE {broken}")


def _few(findings: Iterator[Finding]) -> Iterator[Finding]:
    for count, finding in enumerate(findings):
        if count == _MOST:
            yield Finding(finding.check, finding.path, None, "and more of the same")
            return
        yield finding


def _structure(db: sqlite3.Connection, path: str) -> Iterator[Finding]:
    for (text,) in db.execute(f"PRAGMA integrity_check({_MOST})"):
        if text != "ok":
            yield Finding("file", path, None, f"the file is damaged: {text}")
    orphans = (
        ("call", "call c LEFT JOIN thread t ON t.id = c.thread WHERE t.id IS NULL"),
        ("call", "call c LEFT JOIN facet f ON f.id = c.facet WHERE f.id IS NULL"),
        ("key", "call_key k LEFT JOIN call c ON c.id = k.call WHERE c.id IS NULL"),
    )
    for name, source in orphans:
        count = db.execute(f"SELECT count(*) FROM {source}").fetchone()[0]
        if count:
            yield Finding("file", path, None, f"{count} rows ({name}) refer to rows that do not exist")
    calls, keys = (db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("call", "call_key"))
    if calls != keys:
        yield Finding("file", path, None, f"{calls} calls but {keys} identities")


def _types(db: sqlite3.Connection, _path: str) -> Iterator[Finding]:
    """SQLite turns an integer that overflows into a float without a word: none may be there."""
    for name in _NUMBERS:
        rows = db.execute(
            f"SELECT id, typeof({name}) FROM call WHERE typeof({name}) NOT IN ('integer', 'null') LIMIT 3"
        )
        for ident, kind in rows:
            yield Finding("types", *_place(db, ident), f"call {ident}: {name} is stored as {kind}")


def _counted(db: sqlite3.Connection, _path: str) -> Iterator[Finding]:
    negative = " OR ".join(f"{name} < 0" for name in _NUMBERS[1:9])
    for (ident,) in db.execute(f"SELECT id FROM call WHERE {negative}"):
        yield Finding("types", *_place(db, ident), f"call {ident} has a negative count")


def _sums(db: sqlite3.Connection, path: str) -> Iterator[Finding]:
    """Quarter-hour sums against the calls they sum, both ways; the counts of sessions against those sums."""
    calls = rollups.FROM_CALLS.format(calls="call c")
    for one, other, word in (
        (calls, "SELECT * FROM rollup", "is missing or differs"),
        ("SELECT * FROM rollup", calls, "is too much"),
    ):
        for row in db.execute(f"SELECT slot, thread FROM (SELECT * FROM ({one}) EXCEPT SELECT * FROM ({other}))"):
            yield Finding(
                "sums", path, None, f"the sum of {_whose(db, row[1])} at {_when(row[0] * rollups.SLOT_MS)} {word}"
            )
    for harness, native in db.execute(
        """SELECT s.harness, s.native FROM session s LEFT JOIN
             (SELECT t.session, sum(r.calls) AS calls, min(r.first_ms) AS first_ms, max(r.last_ms) AS last_ms
              FROM thread t JOIN rollup r ON r.thread = t.id GROUP BY 1) sums ON sums.session = s.id
           WHERE (s.calls, s.first_ms, s.last_ms) IS NOT (coalesce(sums.calls, 0), sums.first_ms, sums.last_ms)"""
    ):
        yield Finding("sums", path, None, f"what is noted of session {harness}/{native} differs from its sums")


def _hours(db: sqlite3.Connection, path: str) -> Iterator[Finding]:
    if db.execute("SELECT 1 FROM stale_hour LIMIT 1").fetchone():
        return
    right = f"{rollups.FROM_ROLLUP} GROUP BY 1, 2, 3, 4, 5, 6"
    for one, other in ((right, "SELECT * FROM rollup_hour"), ("SELECT * FROM rollup_hour", right)):
        for (hour,) in db.execute(f"SELECT DISTINCT hour FROM (SELECT * FROM ({one}) EXCEPT SELECT * FROM ({other}))"):
            yield Finding("sums", path, None, f"the hourly sum at {_when(hour * 4 * rollups.SLOT_MS)} differs")


def _costs(db: sqlite3.Connection, pricer: Pricer) -> Iterator[Finding]:
    for call, _, stored, right in priced(db, pricer):
        if stored != right:
            yield Finding(
                "costs",
                *_place(db, call),
                f"call {call} is stored with {stored[2]} pico-dollars at list price, right is {right[2]}",
            )


def _checkpoints(db: sqlite3.Connection, _path: str) -> Iterator[Finding]:
    """What was noted of each file against the file, as far as it is still the same one."""
    rows = db.execute(
        "SELECT path, kind, size, mtime_ns, dev, ino, position, guard FROM source "
        "WHERE kind = 'lines' AND error IS NULL"
    ).fetchall()
    for name, kind, size, mtime_ns, dev, ino, position, guard in rows:
        try:
            now = os.stat(name)
        except OSError:
            continue
        if (now.st_size, now.st_mtime_ns, now.st_ino) != (size, mtime_ns, ino):
            continue
        inside = 0 <= position <= size
        try:
            with open_source(Source(name, kind, size, mtime_ns, dev, ino)) as reader:
                fits = inside and reader.guard(position) == guard
        except OSError:
            continue
        if not fits:
            line = line_of(name, position) if inside else None
            yield Finding("checkpoint", name, line, f"the checkpoint at byte {position:,} does not fit the file")


def _place(db: sqlite3.Connection, call: int) -> tuple[str, int | None]:
    """File and line of a call's record; the file alone when it cannot be read any more."""
    row = db.execute(
        "SELECT o.path, c.pos FROM call c JOIN source o ON o.id = c.source WHERE c.id = ?", (call,)
    ).fetchone()
    return (row[0], line_of(row[0], row[1])) if row else ("", None)


def line_of(path: str, position: int) -> int | None:
    """The number of the line that begins at a byte position; None when the file cannot tell."""
    source = source_of(path, "lines")
    try:
        with open_source(source) if source else contextlib.nullcontext() as reader:
            return reader.line_number(position) if reader else None
    except OSError:
        return None


def _whose(db: sqlite3.Connection, thread: int) -> str:
    row = db.execute(
        "SELECT s.harness, s.native FROM thread t JOIN session s ON s.id = t.session WHERE t.id = ?", (thread,)
    ).fetchone()
    return f"session {row[0]}/{row[1]}" if row else f"thread {thread}"


def _when(at_ms: int) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415  only for a finding

    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return f"{at_ms:,} ms"

"""Which files have to be read: what discovery sees against what the ledger has read.

A file whose size, time and identity are unchanged is not opened. One that grew is resumed behind its checkpoint if
the bytes before it are still the same; anything else is read from the start, which the keys of its calls make safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whyburn.names import storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from whyburn.harnesses.interface import Harness, Source


class Known(NamedTuple):
    """What the ledger has stored of a source; see the table `source`."""

    id: int
    dev: int
    ino: int
    size: int
    mtime_ns: int
    guard: bytes | None
    position: int
    parser: int
    error: str | None


class Todo(NamedTuple):
    """A source to be read, with what is known of it."""

    source: Source
    known: Known | None


def known_sources(db: sqlite3.Connection, machine: int, harness: str) -> dict[str, Known]:
    """The stored sources of a harness, by path."""
    rows = db.execute(
        "SELECT path, id, dev, ino, size, mtime_ns, guard, position, parser, error FROM source "
        "WHERE machine = ? AND harness = ?",
        (machine, harness),
    )
    return {row[0]: Known(*row[1:]) for row in rows}


def discover(harness: Harness, roots: Iterable[str]) -> Iterator[Source]:
    """Every source under the roots once, also when two roots or links lead to the same file."""
    seen: set[tuple[int, int]] = set()
    for root in roots:
        for source in harness.sources(root):
            if source.ino:
                identity = (source.dev, source.ino)
                if identity in seen:
                    continue
                seen.add(identity)
            yield source


def changed(sources: Iterable[Source], known: dict[str, Known], parser: int, *, full: bool) -> Iterator[Todo]:
    """The sources that have to be read."""
    for source in sources:
        old = known.get(storable(source.path))
        if (
            old is None
            or full
            or old.size != source.size
            or old.mtime_ns != source.mtime_ns
            or old.ino != source.ino
            or old.parser != parser
            or old.error is not None
        ):
            yield Todo(source, old)


def may_resume(todo: Todo, parser: int, *, full: bool) -> bool:
    """Whether reading can go on behind the checkpoint, given that the guard still fits."""
    old = todo.known
    return (
        old is not None
        and not full
        and todo.source.kind in ("lines", "database")
        and old.parser == parser
        and (old.dev, old.ino) == (todo.source.dev, todo.source.ino)
        and (todo.source.kind == "database" or todo.source.size >= old.position)
        and old.error is None
    )

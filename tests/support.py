"""Builders that the tests share: a ledger over some logs, in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.harnesses.claude import HARNESS as CLAUDE
from whyburn.harnesses.codex import HARNESS as CODEX
from whyburn.ledger.database import local_machine, open_reader, open_writer, transaction
from whyburn.ledger.dump import dump
from whyburn.ledger.ingest import Ingest, Outcome
from whyburn.ledger.interning import Interner
from whyburn.ledger.pricing import Pricer
from whyburn.prices.book import Book

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from whyburn.harnesses.interface import Harness

BUILT_IN: dict[str, Harness] = {"claude": CLAUDE, "codex": CODEX}


def ingest(ledger: Path, harness: Harness | str, roots: Sequence[Path] | Path, *, full: bool = False) -> Outcome:
    """Refresh a ledger file from some roots of one harness, with built-in prices."""
    one = BUILT_IN[harness] if isinstance(harness, str) else harness
    paths = [str(path) for path in (roots if isinstance(roots, (list, tuple)) else [roots])]
    db = open_writer(str(ledger))
    try:
        with transaction(db):
            machine = local_machine(db, "testbox", 0)
        actual = {"zero": "zero", "source": "source"}[one.actual]
        job = Ingest(db, Interner(db, machine), Pricer(db, Book.load, lambda *_: actual), full=full)
        done = job.refresh(one, paths)
        job.finish()
        return done
    finally:
        db.close()


def content(ledger: Path) -> list[str]:
    """The ledger's whole content, independent of how it came about."""
    db = open_reader(str(ledger))
    assert db is not None
    try:
        return list(dump(db))
    finally:
        db.close()


def totals(ledger: Path) -> dict[str, int]:
    """Sums over all calls that count."""
    names = "calls, input, output, reasoning, cache_read, w5, w1, wother, searches, virtual_pico"
    db = open_reader(str(ledger))
    assert db is not None
    try:
        sums = ", ".join(f"coalesce(sum({name.strip()}), 0)" for name in names.split(","))
        row = db.execute(f"SELECT {sums} FROM rollup").fetchone()
        return dict(zip((name.strip() for name in names.split(",")), row, strict=True))
    finally:
        db.close()

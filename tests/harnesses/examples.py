"""Harnesses as somebody else would write them: one of each kind of source, and one with cumulative counters.

They prove that the interface is enough. Each opens nothing itself; each module-level object is what an entry point of
the group `whyburn.harnesses` names.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Literal

from whyburn.harnesses.readers import loads_dirty, skim_lines, walk
from whyburn.model import OWN, Call, Checkpoint, Problem, SessionFact, call_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from whyburn.harnesses.interface import Kind, Places, Source
    from whyburn.harnesses.readers import Chunk, SourceReader
    from whyburn.model import Item


def a_call(harness: str, ident: str, row: dict[str, Any], pos: int, *, granularity: str = "call") -> Call:
    """A call from the fields that all examples record alike."""
    return Call(
        call_key(harness, ident), row["session"], None, row["at"], row["input"], row["output"], None, 0, 0, 0, None,
        OWN, pos, row["model"], granularity=granularity,
    )  # fmt: skip


class Example:
    """What the examples have in common."""

    name = ""
    kind: Kind = "lines"
    ending = ""
    parser = 1
    provider = None
    actual: Literal["source", "zero"] = "zero"
    variables: Sequence[str] = ()

    def roots(self, places: Places) -> list[str]:
        """One folder below the home."""
        return [os.path.join(places.home, f".{self.name}")]

    def sources(self, root: str) -> Iterable[Source]:
        """Every file with the ending of this harness."""
        return walk(root, lambda name: self.kind if name.endswith(self.ending) else None)

    def facts(self, source: Source, reader: SourceReader) -> Iterator[Item]:
        """Nothing more."""
        return iter(())


class Ticker(Example):
    """Kind *lines*: `tick ID SESSION MS MODEL INPUT OUTPUT`, append-only."""

    name, ending = "ticker", ".ticks"

    def skim(self, source: Source, checkpoint: Checkpoint, reader: SourceReader) -> Iterator[Item]:
        """A call a line."""
        return skim_lines(reader.chunks(), _Ticks())


class _Ticks:
    def needles(self, chunk: Chunk) -> Sequence[bytes]:
        return (b"tick ",)

    def read(self, pos: int, line: bytes) -> Iterable[Item]:
        words = line.decode("utf-8", "replace").split()
        if len(words) != 7 or not all(word.isdecimal() for word in (words[3], *words[5:])):
            return (Problem(pos, "not a tick"),)
        _, ident, session, at, model, given, output = words
        row = {"session": session, "at": int(at), "model": model, "input": int(given), "output": int(output)}
        return (a_call("ticker", ident, row, pos),)

    def finish_chunk(self) -> Iterable[Item]:
        return ()

    def state(self) -> bytes:
        return b""


class Notebook(Example):
    """Kind *document*: one JSON text a session, written anew after each call."""

    name, kind, ending = "notebook", "document", ".notebook.json"

    def skim(self, source: Source, checkpoint: Checkpoint, reader: SourceReader) -> Iterator[Item]:
        """All calls of the text; none of a text that is not whole."""
        text = reader.document()
        try:
            book = loads_dirty(text)
        except ValueError:
            yield Problem(0, "not a whole notebook")
            yield Checkpoint(0)
            return
        yield SessionFact(book["session"], book["calls"][-1]["at"], book.get("cwd"))
        for nth, row in enumerate(book["calls"]):
            yield a_call(self.name, f"{book['session']}\0{row['id']}", row | {"session": book["session"]}, nth)
        yield Checkpoint(len(text))


class Shelf(Example):
    """Kind *database*: SQLite in WAL mode, a row a call, its counts updated while the call runs."""

    name, kind, ending = "shelf", "database", ".shelf"
    overlap = 5
    """Rows before the high-water mark that may still change."""

    def skim(self, source: Source, checkpoint: Checkpoint, reader: SourceReader) -> Iterator[Item]:
        """Rows from a little before the mark on."""
        query = "SELECT id, session, at, model, input, output FROM usage WHERE id > ? ORDER BY id"
        last = checkpoint.position
        behind = (last - self.overlap,)
        for ident, *values in reader.database(lambda db: db.execute(query, behind).fetchall()):
            row = dict(zip(("session", "at", "model", "input", "output"), values, strict=True))
            yield a_call(self.name, f"{row['session']}\0{ident}", row, ident)
            last = max(last, ident)
        yield Checkpoint(last)


class Meter(Example):
    """Cumulative counters: each line tells a session's totals so far; a fall begins a new leg."""

    name, ending = "meter", ".meter"

    def skim(self, source: Source, checkpoint: Checkpoint, reader: SourceReader) -> Iterator[Item]:
        """The differences of neighbouring observations."""
        return skim_lines(reader.chunks(), _Legs(checkpoint.state))


class _Legs:
    def __init__(self, state: bytes) -> None:
        self._seen: dict[str, list[int]] = json.loads(state) if state else {}

    def needles(self, chunk: Chunk) -> Sequence[bytes]:
        return (b'"meter"',)

    def read(self, pos: int, line: bytes) -> Iterable[Item]:
        try:
            row = json.loads(line)
        except ValueError:
            return (Problem(pos, "not a whole reading"),)
        leg, nth, given, output = self._seen.get(row["session"], [0, 0, 0, 0])
        if row["input"] < given or row["output"] < output:
            leg, nth, given, output = leg + 1, 0, 0, 0
        delta = row | {"input": row["input"] - given, "output": row["output"] - output}
        if not delta["input"] and not delta["output"]:
            return ()
        self._seen[row["session"]] = [leg, nth + 1, row["input"], row["output"]]
        return (a_call("meter", f"{row['session']}\0{leg}\0{nth}", delta, pos, granularity="delta"),)

    def finish_chunk(self) -> Iterable[Item]:
        return ()

    def state(self) -> bytes:
        return json.dumps(self._seen).encode()


TICKER, NOTEBOOK, SHELF, METER = Ticker(), Notebook(), Shelf(), Meter()
EXAMPLES: dict[str, Example] = {one.name: one for one in (TICKER, NOTEBOOK, SHELF, METER)}


def ticks(first: int, last: int, session: str = "s1") -> bytes:
    """Lines of a ticker: call n has n input tokens and 10n of output."""
    return b"".join(
        f"tick t{n} {session} {1_788_300_000_000 + n * 60_000} gpt-5 {n} {n * 10}\n".encode()
        for n in range(first, last + 1)
    )


def notebook(calls: int, session: str = "s1") -> bytes:
    """The text of a notebook with so many calls."""
    rows = [
        {"id": n, "at": 1_788_300_000_000 + n * 60_000, "model": "gpt-5", "input": n, "output": n * 10}
        for n in range(1, calls + 1)
    ]
    return json.dumps({"session": session, "cwd": "/home/ana/shop", "calls": rows}).encode()


def shelf(path: str, first: int, last: int, *, session: str = "s1") -> sqlite3.Connection:
    """Put rows on a shelf; the connection stays open as that of a running program would."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE IF NOT EXISTS usage(id INTEGER PRIMARY KEY, session, at, model, input, output)")
    db.executemany(
        "INSERT INTO usage VALUES(?, ?, ?, 'gpt-5', ?, ?)",
        [(n, session, 1_788_300_000_000 + n * 60_000, n, n * 10) for n in range(first, last + 1)],
    )
    return db


def closed_shelf(path: str, first: int, last: int) -> None:
    """Rows on a shelf whose program has ended cleanly."""
    with closing(shelf(path, first, last)):
        pass


def readings(*totals: int, session: str = "s1") -> bytes:
    """Lines of a meter."""
    return b"".join(
        json.dumps({"kind": "meter", "session": session, "at": 1_788_300_000_000 + n * 60_000, "model": "gpt-5",
                    "input": total, "output": total * 10}).encode() + b"\n"
        for n, total in enumerate(totals)
    )  # fmt: skip

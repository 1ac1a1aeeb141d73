"""Storing batches: order never matters, a failing ledger is no failing source, a full disk loses nothing."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from itertools import permutations
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from harnesses.examples import TICKER, Example, ticks
from laws import claude_logs, codex_logs
from laws.trees import billing, clean_content, first_difference, rows, small_pieces, workshop
from support import content, ingest
from whyburn.errors import LedgerError
from whyburn.ledger import database
from whyburn.ledger.database import open_writer, translated
from whyburn.ledger.store import Store
from whyburn.model import INHERITED, OWN, Call, Checkpoint, SessionFact, call_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from whyburn.harnesses.interface import Source


class Told(Example):
    """A harness whose files hold nothing: what stands in each is told by the test."""

    name, ending = "told", ".told"

    def __init__(self, items: dict[str, list[Any]], order: tuple[str, ...] = ()) -> None:
        self._items = items
        self._order = order

    def sources(self, root: str) -> list[Source]:
        found = sorted(super().sources(root), key=lambda one: one.path)
        return sorted(found, key=lambda one: self._order.index(_stem(one.path))) if self._order else found

    def skim(self, source: Source, *_: Any) -> Iterator[Any]:
        yield from self._items[_stem(source.path)]
        yield Checkpoint(source.size)

    def write(self, root: Path) -> Path:
        """A file for each list of items."""
        root.mkdir(exist_ok=True)
        for name in self._items:
            (root / f"{name}.told").write_text("x")
        return root


def _stem(path: str) -> str:
    return os.path.basename(path).removesuffix(".told")


def a_call(ident: str, session: str, at: int, *, evidence: int = OWN, output: int = 5) -> Call:
    """A call of the told harness."""
    key = call_key("told", *ident.split("/"))
    return Call(key, session, None, at, 1, output, None, 0, 0, 0, None, evidence, 0, "gpt-5")


STORIES: dict[str, dict[str, list[Any]]] = {
    "copies of an inherited call": {
        "child": [a_call("x", "parent", 10, evidence=INHERITED), a_call("c", "child", 50)],
        "one": [a_call("x", "one", 10), a_call("o", "one", 20)],
        "two": [a_call("x", "two", 10), a_call("t", "two", 15)],
    },
    "a chain of forks": {
        "first": [a_call("x", "first", 10), a_call("a", "first", 11)],
        "second": [a_call("x", "second", 10), a_call("y", "second", 20), a_call("b", "second", 21)],
        "third": [a_call("x", "third", 10), a_call("y", "third", 20), a_call("z", "third", 30)],
    },
    "two forks and nothing of their own": {
        "one": [a_call("x", "s-b", 10)], "two": [a_call("x", "s-a", 10)], "three": [a_call("x", "s-c", 10)],
    },
    "an earlier exclusive call arrives last": {
        "one": [a_call("x", "s1", 10), a_call("own1", "s1", 20)],
        "two": [a_call("x", "s2", 10), a_call("own2", "s2", 30)],
        "three": [a_call("early", "s2", 5)],
    },
    "an exclusive call turns out to be shared": {
        "one": [a_call("x", "s1", 10), a_call("own1", "s1", 5)],
        "two": [a_call("x", "s2", 10), a_call("own2", "s2", 7)],
        "three": [a_call("own1", "s3", 5), a_call("own3", "s3", 40)],
    },
    "request ids that come and go": {
        "one": [a_call("m/r1", "s1", 10, output=5)],
        "two": [a_call("m", "s1", 10, output=9)],
        "three": [a_call("m/r2", "s2", 11, output=7)],
    },
    "descriptions at the same moment": {
        "one": [a_call("x", "s1", 10), SessionFact("s1", 10, "/a", "main")],
        "two": [a_call("y", "s1", 11), SessionFact("s1", 10, "/b", None)],
        "three": [a_call("z", "s1", 12), SessionFact("s1", 9, None, "fix")],
    },
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_the_order_of_files_and_of_refreshes_does_not_matter(story: str, tmp_path: Path) -> None:
    """All orders of three files, in one refresh and in three, give one ledger."""
    items = STORIES[story]
    root = Told(items).write(tmp_path / "logs")
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for nth, order in enumerate(permutations(items)):
        ingest(tmp_path / f"together{nth}.db", Told(items, order), root)
        for name in order:
            ingest(tmp_path / f"apart{nth}.db", Told(items), root / f"{name}.told")
        for ledger in (tmp_path / f"together{nth}.db", tmp_path / f"apart{nth}.db"):
            found.setdefault(tuple(content(ledger)), order)

    assert len(found) == 1, first_difference(*list(found)[:2])


def test_two_ledgers_of_the_same_bytes_dump_in_the_same_order() -> None:
    """Rows that differ only in what is not shown, such as the folder, must not swap places."""
    tree = claude_logs.tree(178)
    with workshop() as folder, small_pieces(batch=1, chunk=500):
        root = tree.write(folder / "logs")
        for path in sorted(tree.files, reverse=True):
            ingest(folder / "ledger.db", "claude", root / path)

        apart = content(folder / "ledger.db")

    assert sorted(clean_content(tree)) == sorted(apart)
    assert [row for row in clean_content(tree) if row.startswith("rollup\t")] == [
        row for row in apart if row.startswith("rollup\t")
    ]


def test_a_failing_ledger_is_not_blamed_on_a_source(tmp_path: Path) -> None:
    """When storing a piece of a long file fails, the refresh fails; it does not skip the file and go on."""
    (tmp_path / "a.ticks").write_bytes(ticks(1, 500))
    failure = sqlite3.OperationalError("database or disk is full")

    with (
        small_pieces(batch=1_000, chunk=500),
        mock.patch.object(Store, "write", side_effect=failure),
        pytest.raises((sqlite3.OperationalError, LedgerError), match="full"),
    ):
        ingest(tmp_path / "ledger.db", TICKER, tmp_path)

    assert rows(tmp_path / "ledger.db", "SELECT * FROM source") == []


def test_a_ledger_that_fails_once_is_completed_by_the_next_refresh(tmp_path: Path) -> None:
    """Nothing is marked as read that was not stored."""
    (tmp_path / "a.ticks").write_bytes(ticks(1, 500))
    (tmp_path / "b.ticks").write_bytes(ticks(501, 600))
    write, asked = Store.write, 0

    def failing(self: Store, batch: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise sqlite3.OperationalError("disk I/O error")
        return write(self, batch)

    with small_pieces(batch=1_000, chunk=500), mock.patch.object(Store, "write", failing), pytest.raises(sqlite3.Error):
        ingest(tmp_path / "ledger.db", TICKER, tmp_path)
    ingest(tmp_path / "ledger.db", TICKER, tmp_path)

    assert rows(tmp_path / "ledger.db", "SELECT count(*), sum(input) FROM call") == [(600, sum(range(601)))]
    assert rows(tmp_path / "ledger.db", "SELECT * FROM source WHERE error IS NOT NULL") == []


@pytest.mark.parametrize("pages", [20, 36, 42, 50])
def test_a_full_disk_loses_nothing_and_is_one_line(pages: int) -> None:
    """The ledger may not grow any further; what was stored stays whole, and with room again the import completes."""
    tree = claude_logs.tree(11, turns=200)
    connect = sqlite3.connect

    def limited(*arguments: Any, **named: Any) -> sqlite3.Connection:
        db = connect(*arguments, **named)
        db.execute(f"PRAGMA max_page_count = {pages}")
        return db

    with workshop() as folder:
        ledger, root = folder / "ledger.db", tree.write(folder / "logs")
        with (
            mock.patch.object(database.sqlite3, "connect", limited),
            small_pieces(batch=20_000, chunk=4_000),
            pytest.raises(LedgerError) as error,
            translated(str(ledger)),
        ):
            ingest(ledger, "claude", root)

        assert "the disk is full" in str(error.value)
        assert "\n" not in str(error.value)
        assert rows(ledger, "PRAGMA integrity_check") == [("ok",)]
        ingest(ledger, "claude", root)
        assert rows(ledger, "SELECT * FROM source WHERE error IS NOT NULL") == []
        assert billing(clean_content(tree)) == billing(content(ledger))


def test_a_disk_that_is_really_full_loses_nothing_and_is_one_line(tmp_path: Path) -> None:
    """On a file system of a few hundred kilobytes; skipped where none can be mounted."""
    tree = claude_logs.tree(11, turns=200)
    disk, root = tmp_path / "disk", tree.write(tmp_path / "logs")
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount")
    try:
        ledger = disk / "ledger.db"
        with small_pieces(batch=20_000, chunk=4_000), pytest.raises(LedgerError) as error, translated(str(ledger)):
            ingest(ledger, "claude", root)
        assert "\n" not in str(error.value)
        assert str(ledger) in str(error.value)
        assert rows(ledger, "PRAGMA integrity_check") == [("ok",)]
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        ingest(ledger, "claude", root)
        assert billing(clean_content(tree)) == billing(content(ledger))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_another_refresh_in_the_middle_of_ours_changes_nothing(tmp_path: Path) -> None:
    """It stores the same files under other numbers while we read; ours notices, drops its batch and reads again."""
    for name in "abc":
        (tmp_path / f"{name}.ticks").write_bytes(ticks(1, 20) + ticks(ord(name), ord(name)))
    ledger = tmp_path / "ledger.db"

    class Overtaken:
        overtaken = False

        def __getattr__(self, name: str) -> Any:
            return getattr(TICKER, name)

        def skim(self, *arguments: Any) -> Iterator[Any]:
            yield from TICKER.skim(*arguments)
            if not self.overtaken:
                self.overtaken = True
                for name in "cba":
                    ingest(ledger, TICKER, tmp_path / f"{name}.ticks")

    ingest(ledger, Overtaken(), tmp_path)  # type: ignore[arg-type]
    ingest(tmp_path / "clean.db", TICKER, tmp_path)

    assert content(tmp_path / "clean.db") == content(ledger)
    sources = "SELECT path, position, size, guard FROM source ORDER BY path"
    assert rows(tmp_path / "clean.db", sources) == rows(ledger, sources)


def test_a_refresh_of_nothing_writes_nothing(tmp_path: Path) -> None:
    """When no source has changed, the file keeps its bytes."""
    (tmp_path / "a.ticks").write_bytes(ticks(1, 20))
    ledger = tmp_path / "ledger.db"
    ingest(ledger, TICKER, tmp_path)
    before = ledger.read_bytes()

    ingest(ledger, TICKER, tmp_path)

    assert before == ledger.read_bytes()


class Plans:
    """The query plans of every statement that a block of code runs on the ledger."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self.statements: set[str] = set()

    def __enter__(self) -> Plans:
        connect = sqlite3.connect

        def listening(*arguments: Any, **named: Any) -> sqlite3.Connection:
            db = connect(*arguments, **named)
            db.set_trace_callback(self.statements.add)
            return db

        self._patch = mock.patch.object(database.sqlite3, "connect", listening)
        self._patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.stop()

    def scans_of(self, *tables: str) -> list[tuple[str, str]]:
        """(statement, step) wherever one of these tables is read from end to end."""
        found = []
        with closing(open_writer(str(self._ledger))) as db:
            for table, column in (("incoming", "low BLOB, high BLOB"), ("touched", "thread INTEGER PRIMARY KEY")):
                db.execute(f"CREATE TEMP TABLE {table}({column})")
            for statement in sorted(self.statements):
                if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
                    for *_, step in db.execute(f"EXPLAIN QUERY PLAN {statement}"):
                        names = {f"SCAN {name}" for name in tables}
                        if any(step == name or step.startswith(f"{name} ") for name in names):
                            found.append((" ".join(statement.split())[:150], step))
        return found


ALIASES = ("call", "c", "call_key", "k", "rollup", "r", "shared", "s", "mine", "a", "thread", "t")
SMALL = ("SELECT max(id) FROM call",)
"""The end of a table is found without reading it, whatever the plan calls that."""


@pytest.mark.parametrize("tree", [claude_logs.tree(5, turns=30), codex_logs.tree(5, turns=10)], ids=["claude", "codex"])
def test_no_statement_of_an_import_reads_all_calls(tree: Any) -> None:
    """Growing sessions, copies, superseded lines, changes of owner: all by index."""
    with workshop() as folder:
        ledger, root = folder / "ledger.db", tree.write(folder / "logs")
        ingest(ledger, tree.harness, root)
        for path in tree.files:
            with (root / path).open("ab") as file:
                file.write(b"\n")
        with Plans(ledger) as plans, small_pieces(batch=5_000):
            ingest(ledger, tree.harness, root, full=True)

        scans = [one for one in plans.scans_of(*ALIASES) if one[0] not in SMALL]

        assert len(plans.statements) > 20
        assert scans == []

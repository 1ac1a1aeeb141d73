"""Each kind of source through the same ingest: lines, documents, foreign databases, cumulative counters."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from harnesses.examples import METER, NOTEBOOK, SHELF, TICKER, closed_shelf, notebook, readings, shelf, ticks
from laws.trees import rows
from support import content, ingest, totals

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Where the ledger will be."""
    return tmp_path / "ledger.db"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder for sources."""
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs"


def outputs(ledger: Path) -> list[int]:
    """The output tokens of all calls in the order of time."""
    return [row[0] for row in rows(ledger, "SELECT output FROM call ORDER BY ts_ms, output")]


def test_lines_are_resumed_behind_the_checkpoint(ledger: Path, logs: Path) -> None:
    """Only what was appended is read."""
    (logs / "a.ticks").write_bytes(ticks(1, 50))
    ingest(ledger, TICKER, logs)
    with (logs / "a.ticks").open("ab") as file:
        file.write(ticks(51, 52))

    done = ingest(ledger, TICKER, logs)

    assert (len(ticks(51, 52)), 2, 2) == (done.bytes_read, done.calls_seen, done.inserted)
    assert totals(ledger)["calls"] == 52


def test_a_torn_last_line_is_completed_by_the_next_refresh(ledger: Path, logs: Path) -> None:
    """Half a line is neither a call nor a problem."""
    (logs / "a.ticks").write_bytes(ticks(1, 2)[:-20])
    first = ingest(ledger, TICKER, logs)
    (logs / "a.ticks").write_bytes(ticks(1, 2))

    second = ingest(ledger, TICKER, logs)

    assert (first.problems, first.inserted, second.inserted) == (0, 1, 1)
    assert outputs(ledger) == [10, 20]


def test_lines_that_were_replaced_are_read_from_the_start(ledger: Path, logs: Path) -> None:
    """Other bytes before the checkpoint: nothing behind it is trusted, and nothing stored is dropped."""
    (logs / "a.ticks").write_bytes(ticks(1, 5))
    ingest(ledger, TICKER, logs)
    (logs / "a.ticks").write_bytes(ticks(6, 20))

    ingest(ledger, TICKER, logs)

    assert totals(ledger)["calls"] == 20


def test_a_document_is_imported_as_it_grows(ledger: Path, logs: Path) -> None:
    """Written anew each time, every call counts once."""
    for calls in (1, 3, 2, 7):
        (logs / "s.notebook.json").write_bytes(notebook(calls))
        ingest(ledger, NOTEBOOK, logs)

    assert outputs(ledger) == [10, 20, 30, 40, 50, 60, 70]


def test_a_document_caught_in_the_middle_is_left_for_next_time(ledger: Path, logs: Path) -> None:
    """Half a text gives no call and one problem; the whole text gives all calls and none."""
    (logs / "s.notebook.json").write_bytes(notebook(3))
    ingest(ledger, NOTEBOOK, logs)
    (logs / "s.notebook.json").write_bytes(notebook(9)[:-30])

    half = ingest(ledger, NOTEBOOK, logs)
    assert (half.problems, half.inserted, outputs(ledger)) == (1, 0, [10, 20, 30])

    (logs / "s.notebook.json").write_bytes(notebook(9))
    whole = ingest(ledger, NOTEBOOK, logs)
    assert (whole.problems, whole.inserted) == (0, 6)
    assert rows(ledger, "SELECT * FROM problem") == []


def test_a_document_that_changed_while_it_was_read_is_read_again(ledger: Path, logs: Path) -> None:
    """The text that is handed out stood still."""
    path = logs / "s.notebook.json"
    path.write_bytes(notebook(2))
    stat, asked = os.stat, 0

    def rewriting(target: Any, *arguments: Any, **named: Any) -> os.stat_result:
        nonlocal asked
        if target == str(path):
            asked += 1
            if asked == 2:
                path.write_bytes(notebook(4))
        return stat(target, *arguments, **named)

    with mock.patch("whyburn.harnesses.readers.opening.os.stat", rewriting):
        ingest(ledger, NOTEBOOK, logs)

    assert outputs(ledger) == [10, 20, 30, 40]


def test_a_document_that_never_stands_still_is_tried_again(ledger: Path, logs: Path) -> None:
    """The source is told as unreadable; the next refresh imports it though nothing changed since."""
    path = logs / "s.notebook.json"
    path.write_bytes(notebook(2))
    stat, asked = os.stat, 0

    def restless(target: Any, *arguments: Any, **named: Any) -> Any:
        nonlocal asked
        at = stat(target, *arguments, **named)
        asked += 1
        if target == str(path):
            return mock.Mock(wraps=at, st_mtime_ns=asked, st_size=at.st_size)
        return at

    with mock.patch("whyburn.harnesses.readers.opening.os.stat", restless):
        first = ingest(ledger, NOTEBOOK, logs)
    second = ingest(ledger, NOTEBOOK, logs)

    assert (first.skipped_files, first.inserted) == (1, 0)
    assert (second.skipped_files, second.inserted) == (0, 2)


def test_documents_rewritten_by_another_process_are_never_half_imported(ledger: Path, logs: Path) -> None:
    """A writer that replaces its file in two writes, again and again; every ledger on the way holds whole notebooks."""
    path = logs / "s.notebook.json"
    path.write_bytes(notebook(1))
    script = (
        "import sys, time\nfrom harnesses.examples import notebook\n"
        "for n in range(1, 41):\n"
        "    text = notebook(n)\n"
        "    with open(sys.argv[1], 'wb', buffering=0) as file:\n"
        "        file.write(text[:len(text) // 2])\n        time.sleep(0.002)\n"
        "        file.write(text[len(text) // 2:])\n"
        "    time.sleep(0.004)\n"
    )
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    with subprocess.Popen([sys.executable, "-c", script, str(path)], env=environ) as writer:
        while writer.poll() is None:
            ingest(ledger, NOTEBOOK, logs)
            assert outputs(ledger) == [10 * n for n in range(1, len(outputs(ledger)) + 1)]
    ingest(ledger, NOTEBOOK, logs)

    assert writer.returncode == 0
    assert len(outputs(ledger)) == 40


def test_nothing_is_made_beside_a_closed_database(ledger: Path, logs: Path) -> None:
    """No `-wal`, no `-shm`, not even for the moment of reading."""
    closed_shelf(str(logs / "a.shelf"), 1, 9)
    listings = []

    class Watching:
        def __getattr__(self, name: str) -> Any:
            return getattr(SHELF, name)

        def skim(self, *arguments: Any) -> Any:
            for item in SHELF.skim(*arguments):
                listings.append(sorted(os.listdir(logs)))
                yield item

    ingest(ledger, Watching(), logs)  # type: ignore[arg-type]

    assert len(outputs(ledger)) == 9
    assert [one for one in [*listings, os.listdir(logs)] if one != ["a.shelf"]] == []


def test_rows_of_a_live_database_are_seen_before_they_are_checkpointed(ledger: Path, logs: Path) -> None:
    """What stands only in the write-ahead log counts; the writer is not disturbed."""
    with closing(shelf(str(logs / "a.shelf"), 1, 3)) as writer:
        first = ingest(ledger, SHELF, logs)
        writer.execute("INSERT INTO usage VALUES(4, 's1', 1788300240000, 'gpt-5', 4, 40)")
        second = ingest(ledger, SHELF, logs)
        writer.execute("UPDATE usage SET output = 45 WHERE id = 4")
        third = ingest(ledger, SHELF, logs)

    assert (first.inserted, second.inserted, third.inserted) == (3, 1, 0)
    assert outputs(ledger) == [10, 20, 30, 45]


def test_only_rows_near_the_mark_are_read_again(ledger: Path, logs: Path) -> None:
    """A database is resumed by row, with a small overlap for rows that may still change."""
    with closing(shelf(str(logs / "a.shelf"), 1, 100)) as writer:
        ingest(ledger, SHELF, logs)
        writer.execute("INSERT INTO usage VALUES(101, 's1', 1788306060000, 'gpt-5', 101, 1010)")

        done = ingest(ledger, SHELF, logs)

    assert (SHELF.overlap + 1, 1) == (done.calls_seen, done.inserted)


def test_rows_numbered_beyond_the_size_of_the_file_are_resumed_too(ledger: Path, logs: Path) -> None:
    """Row ids are not byte offsets: ids made of times are larger than any file."""
    first = 1_788_300_000_000
    with closing(shelf(str(logs / "a.shelf"), first, first)) as writer:
        writer.executemany(
            "INSERT INTO usage VALUES(?, 's1', ?, 'gpt-5', 1, 10)", [(first + n, first + n) for n in range(1, 50)]
        )
        writer.execute("UPDATE usage SET input = 1, output = 10, at = id")
        ingest(ledger, SHELF, logs)
        writer.execute("INSERT INTO usage VALUES(?, 's1', ?, 'gpt-5', 1, 10)", (first + 99, first + 99))

        done = ingest(ledger, SHELF, logs)

    assert (SHELF.overlap + 1, 1) == (done.calls_seen, done.inserted)


def test_a_database_that_was_replaced_is_read_from_the_start(ledger: Path, logs: Path) -> None:
    """Another file under the same name: a high-water mark of the old one means nothing."""
    closed_shelf(str(logs / "a.shelf"), 1, 50)
    ingest(ledger, SHELF, logs)
    (logs / "a.shelf").rename(logs / "gone")
    with closing(shelf(str(logs / "a.shelf"), 1, 3, session="s2")):
        ingest(ledger, SHELF, logs)

    assert totals(ledger)["calls"] == 53


def test_a_database_written_by_another_process_ends_equal_to_one_import(
    ledger: Path, logs: Path, tmp_path: Path
) -> None:
    """Rows inserted, updated and checkpointed by a live program while refreshes run."""
    script = (
        "import sys, time\nfrom harnesses.examples import shelf\n"
        "db = shelf(sys.argv[1], 1, 1)\n"
        "for n in range(2, 60):\n"
        "    row = (n, 's1', 1788300000000 + n * 60000, 'gpt-5', n, 1)\n"
        "    db.execute('INSERT INTO usage VALUES(?, ?, ?, ?, ?, ?)', row)\n"
        "    time.sleep(0.003)\n"
        "    db.execute('UPDATE usage SET output = ? WHERE id = ?', (n * 10, n))\n"
        "    if n % 20 == 0: db.execute('PRAGMA wal_checkpoint(TRUNCATE)')\n"
        "db.close()\n"
    )
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    with subprocess.Popen([sys.executable, "-c", script, str(logs / "a.shelf")], env=environ) as writer:
        while writer.poll() is None:
            ingest(ledger, SHELF, logs)
            time.sleep(0.005)
    ingest(ledger, SHELF, logs)
    ingest(tmp_path / "clean.db", SHELF, logs)

    assert writer.returncode == 0
    assert sorted(os.listdir(logs)) == ["a.shelf"]
    assert content(tmp_path / "clean.db") == content(ledger)


def test_a_file_that_is_no_database_is_skipped_and_told(ledger: Path, logs: Path) -> None:
    """The good one beside it is imported."""
    (logs / "bad.shelf").write_bytes(b"this is no database" * 100)
    closed_shelf(str(logs / "good.shelf"), 1, 3)

    done = ingest(ledger, SHELF, logs)

    assert (done.skipped_files, done.inserted) == (1, 3)
    assert [(str(logs / "bad.shelf"), "file is not a database")] == rows(
        ledger, "SELECT path, error FROM source WHERE error IS NOT NULL"
    )


def test_cumulative_counters_give_their_differences(ledger: Path, logs: Path) -> None:
    """Repeats give nothing, and a fall begins a new leg that counts from zero."""
    (logs / "a.meter").write_bytes(readings(5, 9, 9, 2, 4))

    ingest(ledger, METER, logs)

    assert outputs(ledger) == [50, 40, 20, 20]
    assert rows(ledger, "SELECT DISTINCT f.granularity FROM call c JOIN facet f ON f.id = c.facet") == [("delta",)]


@pytest.mark.parametrize("cut", range(0, len(readings(5, 9, 9, 2, 4)) + 1, 61))
def test_counters_cut_anywhere_give_the_same_legs(ledger: Path, logs: Path, cut: int) -> None:
    """The last totals cross from one refresh to the next with the checkpoint; a reading from zero agrees."""
    text = readings(5, 9, 9, 2, 4)
    (logs / "a.meter").write_bytes(text[:cut])
    ingest(ledger, METER, logs)
    (logs / "a.meter").write_bytes(text)
    ingest(ledger, METER, logs)

    assert outputs(ledger) == [50, 40, 20, 20]

    ingest(ledger, METER, logs, full=True)

    assert outputs(ledger) == [50, 40, 20, 20]

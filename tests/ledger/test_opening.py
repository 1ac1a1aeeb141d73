"""Opening the ledger: private, versioned, refused with one line where it cannot be used, never damaged by trying."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from whyburn.errors import BusyError, LedgerError, SchemaError
from whyburn.ledger import database
from whyburn.ledger.database import (
    local_machine,
    locked_writer,
    meta,
    migrate,
    open_memory,
    open_reader,
    open_writer,
    refresh_lock,
    transaction,
    translated,
)
from whyburn.ledger.schema import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Where a ledger may be."""
    return str(tmp_path / "folder" / "ledger.db")


def one_line(error: pytest.ExceptionInfo[BaseException], path: str) -> str:
    """The message, which must be a single line that names the file."""
    text = str(error.value)
    assert path in text
    assert "\n" not in text
    return text


def test_a_new_ledger_is_private(path: str) -> None:
    """The file may be read by its owner only, and so may the folder that was made for it."""
    open_writer(path).close()

    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700


def test_companions_of_a_ledger_are_private_too(path: str) -> None:
    """The write-ahead log holds the same data; so does nobody else's umask open it."""
    with closing(open_writer(path)) as db, transaction(db):
        local_machine(db, "box", 0)
        modes = {name: stat.S_IMODE(os.stat(path + name).st_mode) for name in ("-wal", "-shm")}

    assert modes == {"-wal": 0o600, "-shm": 0o600}


def test_no_ledger_is_no_error_for_a_reader_and_nothing_is_made(path: str) -> None:
    """Looking does not create."""
    assert open_reader(path) is None
    assert not os.path.exists(os.path.dirname(path))


def test_a_newer_schema_is_refused_and_left_untouched(path: str) -> None:
    """Neither a writer nor a reader of an older version changes a byte of the file."""
    with closing(open_writer(path)) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = Path(path).read_bytes()

    for opening in (open_writer, open_reader):
        with pytest.raises(SchemaError) as error:
            opening(path)
        assert "newer whyburn" in one_line(error, path)
    assert before == Path(path).read_bytes()


@pytest.mark.parametrize("text", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5_000])
def test_a_file_that_is_no_database_is_refused_and_left_untouched(path: str, text: bytes) -> None:
    """One line says what to do, and the file is as it was."""
    os.makedirs(os.path.dirname(path))
    Path(path).write_bytes(text)

    for opening in (open_writer, open_reader):
        with pytest.raises(LedgerError) as error:
            opening(path)
        one_line(error, path)
    assert text == Path(path).read_bytes()


def test_a_database_of_another_program_is_refused_and_left_untouched(path: str) -> None:
    """A mistyped path must not put our tables into somebody's bookmarks."""
    os.makedirs(os.path.dirname(path))
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmarks(url)")
    before = Path(path).read_bytes()

    with pytest.raises(LedgerError) as error:
        open_writer(path)

    one_line(error, path)
    assert before == Path(path).read_bytes()


def test_an_empty_file_becomes_a_ledger(path: str) -> None:
    """What a crash right after creation leaves behind is no damage."""
    os.makedirs(os.path.dirname(path))
    Path(path).touch()

    open_writer(path).close()

    with closing(open_reader(path) or open_memory()) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_a_folder_in_the_place_of_the_ledger_is_refused(path: str) -> None:
    """A path that names a folder gives one line."""
    os.makedirs(path)

    with pytest.raises(LedgerError) as error:
        open_writer(path)
    one_line(error, path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """A file stands where a folder should be."""
    (tmp_path / "file").touch()

    with pytest.raises(LedgerError):
        open_writer(str(tmp_path / "file" / "sub" / "ledger.db"))


def test_a_locked_ledger_is_refused_with_one_line(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program holds a write transaction for longer than we wait."""
    open_writer(path).close()
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerError) as error, translated(path), closing(open_writer(path)) as db, transaction(db):
            pass

    assert "locked" in one_line(error, path)


def test_readers_and_a_writer_do_not_wait_for_each_other(path: str) -> None:
    """A reader sees the last committed state while a transaction is open."""
    with closing(open_writer(path)) as writer:
        with transaction(writer):
            local_machine(writer, "box", 0)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE machine SET name = 'other'")
        with closing(open_reader(path) or open_memory()) as reader:
            assert reader.execute("SELECT name FROM machine").fetchall() == [("box",)]
        writer.execute("COMMIT")


def test_a_reader_cannot_write(path: str) -> None:
    """Not even by mistake."""
    open_writer(path).close()

    with closing(open_reader(path) or open_memory()) as db, pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("DELETE FROM meta")


def test_migrations_are_applied_once(path: str) -> None:
    """A second and a third opening change nothing, and a ledger in memory has the same schema."""
    query = "SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2"
    with closing(open_writer(path)) as db:
        first = db.execute(query).fetchall()
        migrate(db)
        migrate(db)
        second = db.execute(query).fetchall()
    with closing(open_memory()) as memory:
        third = memory.execute(query).fetchall()

    assert first == second == third
    assert len(first) > 20


def test_a_migration_that_fails_leaves_nothing_behind(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a schema is no schema: the version and the tables are those of before."""
    open_writer(path).close()
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE half(x);\nCREATE TABLE machine(x);"))

    with pytest.raises(LedgerError):
        open_writer(path)

    monkeypatch.undo()
    with closing(open_writer(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert db.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchone() is None


def test_many_processes_may_open_a_new_ledger_at_once(path: str) -> None:
    """Ten terminals, each with a status line, on the first day: all of them get the ledger."""
    script = (
        "import sys, time\nfrom whyburn.ledger.database import open_writer\n"
        "time.sleep(max(0, float(sys.argv[2]) - time.time()))\nopen_writer(sys.argv[1]).close()"
    )
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    command = [sys.executable, "-c", script, path, str(time.time() + 0.5)]
    processes = [subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) for _ in range(6)]
    said = [process.communicate(timeout=60)[1].splitlines()[-1:] for process in processes]

    assert said == [[]] * 6
    with closing(open_reader(path) or open_memory()) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_all_or_nothing_of_a_transaction_is_stored(path: str) -> None:
    """An exception takes back what was written before it."""
    with closing(open_writer(path)) as db:
        with pytest.raises(sqlite3.IntegrityError), transaction(db):
            db.executemany("INSERT INTO meta VALUES(?, ?)", [("a", "1"), ("a", "2")])

        assert db.execute("SELECT * FROM meta").fetchall() == []
        assert not db.in_transaction


def test_a_dry_run_takes_back_the_transactions_inside_it(path: str) -> None:
    """Transactions nest: what the inner ones stored is seen inside and gone afterwards."""
    with closing(open_writer(path)) as db:
        db.execute("BEGIN")
        with transaction(db):
            db.execute("INSERT INTO meta VALUES('a', '1')")
        with pytest.raises(sqlite3.IntegrityError), transaction(db):
            db.executemany("INSERT INTO meta VALUES(?, ?)", [("b", "1"), ("b", "2")])
        with transaction(db):
            db.execute("INSERT INTO meta VALUES('c', '3')")
        inside = db.execute("SELECT key FROM meta ORDER BY 1").fetchall()
        db.execute("ROLLBACK")

        assert inside == [("a",), ("c",)]
        assert db.execute("SELECT * FROM meta").fetchall() == []


def test_one_refresh_at_a_time(path: str) -> None:
    """A second one that does not want to wait is told so in one line; afterwards the way is free."""
    os.makedirs(os.path.dirname(path))
    with refresh_lock(path):
        with pytest.raises(BusyError) as error, refresh_lock(path, wait_seconds=0):
            pass
        assert "try again" in one_line(error, path)

    with refresh_lock(path, wait_seconds=0):
        assert os.path.exists(path + ".lock")


def test_a_locked_writer_shuts_others_out_and_leaves_nothing_open(path: str) -> None:
    """It makes the ledger, holds the lock, and gives it back also when the work fails; the failure is one line."""
    with locked_writer(path), pytest.raises(BusyError), locked_writer(path, wait_seconds=0):
        pass
    with pytest.raises(LedgerError) as error, locked_writer(path) as db:
        db.execute("SELECT * FROM nowhere")
    one_line(error, path)

    with locked_writer(path, wait_seconds=0) as db, transaction(db):
        db.execute("INSERT INTO meta VALUES('a', 'b')")
    with closing(open_writer(path)) as db:
        assert (meta(db, "a"), meta(db, "c")) == ("b", None)


def test_the_lock_is_private_and_stays_empty(path: str) -> None:
    """It tells nothing to anybody."""
    os.makedirs(os.path.dirname(path))
    with refresh_lock(path):
        at = os.stat(path + ".lock")

    assert (stat.S_IMODE(at.st_mode), at.st_size) == (0o600, 0)


def test_the_lock_of_a_folder_that_is_not_there_is_one_line(path: str) -> None:
    """No traceback for a mistyped path."""
    with pytest.raises(LedgerError) as error, refresh_lock(path):
        pass
    one_line(error, path)


def test_the_name_of_a_machine_follows_the_settings(path: str) -> None:
    """One row with a random id; a new name replaces the old one, an empty one does not."""
    with closing(open_writer(path)) as db:
        rows = {local_machine(db, name, 0) for name in ("", "laptop", "", "desk")}

        assert len(rows) == 1
        assert db.execute("SELECT name FROM machine").fetchall() == [("desk",)]


AS_NOBODY = """
    import os, sys
    {imports}
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
    path = sys.argv[1]
    {action}
"""


def run_as_nobody(path: str, imports: str, action: str) -> str:
    """What a process without any privilege prints; the test is skipped where we cannot become one."""
    if os.getuid() != 0:
        pytest.skip("needs the right to become another user")
    script = textwrap.dedent(AS_NOBODY).format(imports=imports, action=action)
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path), PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run(
        [sys.executable, "-c", script, path], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


READ = "from whyburn.ledger.database import open_reader, open_writer\nfrom whyburn.errors import LedgerError"


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that others may look into but not write to, with a ledger that they may read."""
    folder = Path(tempfile.mkdtemp())
    with closing(open_writer(str(folder / "ledger.db"))) as db, transaction(db):
        local_machine(db, "box", 0)
    (folder / "ledger.db").chmod(0o644)
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_ledger_in_a_folder_that_cannot_be_written_is_read(shared_folder: Path) -> None:
    """A report on a read-only home works and leaves nothing behind."""
    action = "print(open_reader(path).execute('SELECT name FROM machine').fetchall())"

    assert run_as_nobody(str(shared_folder / "ledger.db"), READ, action) == "[('box',)]"
    assert os.listdir(shared_folder) == ["ledger.db"]


def test_a_ledger_that_cannot_be_written_is_one_line_for_a_writer(shared_folder: Path) -> None:
    """The message says where, and that permissions are the matter."""
    action = "try: open_writer(path)\nexcept LedgerError as error: print(error)"
    path = str(shared_folder / "ledger.db")

    said = run_as_nobody(path, READ, action)

    assert said.startswith(f"{path} cannot be written")
    assert "\n" not in said


def test_a_ledger_that_cannot_be_read_is_one_line_for_a_reader(shared_folder: Path) -> None:
    """Nobody else's ledger is opened, and nothing is said of a traceback."""
    (shared_folder / "ledger.db").chmod(0o600)
    action = "try: open_reader(path)\nexcept LedgerError as error: print(error)"
    path = str(shared_folder / "ledger.db")

    said = run_as_nobody(path, READ, action)

    assert said.startswith(path)
    assert "\n" not in said


def test_no_ledger_can_be_made_where_nothing_may_be_made(shared_folder: Path) -> None:
    """One line again."""
    action = "try: open_writer(path)\nexcept LedgerError as error: print(error)"

    said = run_as_nobody(str(shared_folder / "other.db"), READ, action)

    assert "Permission denied" in said
    assert "\n" not in said

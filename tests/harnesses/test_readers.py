"""The readers: complete lines or none, stable documents, nothing but reading."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING
from unittest import mock

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from harnesses.examples import closed_shelf, shelf
from whyburn.harnesses.readers import LineReader, loads_dirty, open_source, opening, source_of, walk
from whyburn.harnesses.readers import lines as lines_module

if TYPE_CHECKING:
    from pathlib import Path

    from whyburn.harnesses.interface import Kind, Source
    from whyburn.harnesses.readers import Chunk

ALPHABET = st.lists(
    st.sampled_from([b"a", b"\n", b"\r\n", b"{x}", b"\0", b"\xff", b"needle", b"long " * 9]), max_size=40
)
NEEDLE = b"needle"


def reader_of(text: bytes, position: int = 0) -> LineReader:
    """A reader over bytes in memory."""
    return LineReader(lambda offset, size: text[offset : offset + size], position)


def chunks_of(text: bytes, size: int, position: int = 0) -> list[Chunk]:
    """Everything that a reader hands out with chunks of this size."""
    with mock.patch.object(lines_module, "CHUNK", size):
        return list(reader_of(text, position).chunks())


def naive(text: bytes, position: int = 0) -> list[tuple[int, bytes]]:
    """(offset, line) of every line with the needle, the last one also without its newline."""
    found, at = [], position
    for line in text[position:].split(b"\n"):
        if NEEDLE in line:
            found.append((at, line))
        at += len(line) + 1
    return found


@settings(max_examples=300)
@given(ALPHABET, st.integers(1, 80))
def test_lines_found_are_those_of_a_plain_split(parts: list[bytes], size: int) -> None:
    """For all bytes and all sizes of chunks: each line with the needle once, whole, at its offset."""
    text = b"".join(parts)

    assert naive(text) == [line for chunk in chunks_of(text, size) for line in chunk.lines([NEEDLE])]


@settings(max_examples=300)
@given(ALPHABET, st.integers(1, 80))
def test_several_needles_find_each_line_once(parts: list[bytes], size: int) -> None:
    """A line that holds two of them is not found twice, and the order is that of the file."""
    text = b"".join(parts)
    expected = [(at, line) for at, line in naive(text.replace(b"{x}", b"needle{x}"))]
    found = [line for chunk in chunks_of(text, size) for line in chunk.lines([NEEDLE, b"{x}", b"needl"])]

    assert len(expected) == len(found)
    assert sorted(set(found)) == found


@settings(max_examples=200)
@given(ALPHABET, st.integers(1, 80), st.integers(0, 400))
def test_reading_in_two_pieces_is_reading_in_one(parts: list[bytes], size: int, cut: int) -> None:
    """From the end of the last complete chunk of any prefix, reading goes on without a gap and without an overlap."""
    text = b"".join(parts)
    before = [chunk for chunk in chunks_of(text[:cut], size) if not chunk.torn]
    position = before[-1].end if before else 0
    after = chunks_of(text, size, position)

    assert naive(text) == [line for chunk in [*before, *after] for line in chunk.lines([NEEDLE])]


def test_a_checkpoint_stands_behind_a_newline() -> None:
    """What is behind the last newline is handed out as torn, for a record may be whole already."""
    whole, torn = chunks_of(b"one\ntwo", 64)

    assert (whole.end, whole.torn) == (4, False)
    assert torn.torn
    assert torn.lines([b"two"]) == [(4, b"two")]


def test_a_huge_line_is_skipped_and_reported() -> None:
    """Lines around it are found; the problem says where and how long."""
    text = b"needle 1\n" + b"x" * 5_000 + NEEDLE + b"\nneedle 2\n"
    with mock.patch.object(lines_module, "MAX_LINE", 512):
        chunks = chunks_of(text, 64)

    assert [line for chunk in chunks for _, line in chunk.lines([NEEDLE])] == [b"needle 1", b"needle 2"]
    assert [chunk.problem for chunk in chunks if chunk.problem] == [(9, "line of 5,007 bytes skipped")]


def test_a_huge_line_without_an_end_is_left_for_next_time() -> None:
    """It may still be written; nothing behind the line before it is taken as read."""
    text = b"needle\n" + b"x" * 5_000
    with mock.patch.object(lines_module, "MAX_LINE", 512):
        chunks = chunks_of(text, 64)

    assert [chunk.end for chunk in chunks] == [7]


def test_a_line_longer_than_a_chunk_is_found() -> None:
    """The chunk grows until the line fits."""
    text = b"y" * 1_000 + NEEDLE + b"\n"

    assert [(0, text[:-1])] == [line for chunk in chunks_of(text, 16) for line in chunk.lines([NEEDLE])]


@settings(max_examples=100)
@given(st.binary(min_size=1, max_size=5_000), st.data())
def test_the_guard_sees_every_change_at_the_edges(text: bytes, data: st.DataObject) -> None:
    """The first and the last kilobyte before the checkpoint; what comes behind it does not matter."""
    position = data.draw(st.integers(1, len(text)))
    edge = [at for at in range(position) if at < 1024 or at >= position - 1024]
    at = data.draw(st.sampled_from(edge))
    other = text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]

    assert reader_of(text, position).guard() == reader_of(text + b"more", position).guard()
    assert reader_of(text, position).guard() != reader_of(other, position).guard()


def source(path: Path, kind: Kind = "lines") -> Source:
    """The source of a file that is there."""
    found = source_of(str(path), kind)
    assert found is not None
    return found


@pytest.mark.parametrize("frames", [1, 3])
def test_compressed_lines_are_those_of_the_plain_text(tmp_path: Path, frames: int) -> None:
    """Also when the file was written in several frames, and with chunks that end inside lines."""
    part = b"".join(b"needle %d\n" % n for n in range(2_000))
    (tmp_path / "log.zst").write_bytes(zstandard.compress(part) * frames)

    with mock.patch.object(lines_module, "CHUNK", 4_096), open_source(source(tmp_path / "log.zst", "packed")) as reader:
        found = [line for chunk in reader.chunks() for line in chunk.lines([NEEDLE])]

    assert naive(part * frames) == found


def test_compressed_lines_are_unpacked_once(tmp_path: Path) -> None:
    """The work grows with the file, not with its square: a chunk that ends inside a line does not start all over."""
    text = b"".join(b"needle %d\n" % n for n in range(20_000))
    (tmp_path / "log.zst").write_bytes(zstandard.compress(text))
    made = mock.Mock(wraps=zstandard.ZstdDecompressor)

    with (
        mock.patch.object(zstandard, "ZstdDecompressor", made),
        mock.patch.object(lines_module, "CHUNK", 4_096),
        open_source(source(tmp_path / "log.zst", "packed")) as reader,
    ):
        assert sum(len(chunk.lines([NEEDLE])) for chunk in reader.chunks()) == 20_000

    assert made.call_count <= 2


def test_a_compressed_file_that_is_cut_gives_no_half_line(tmp_path: Path) -> None:
    """A file that is still being written is a source that cannot be read, never a crash."""
    packed = zstandard.compress(os.urandom(3_000).hex().encode() + b"\n")
    (tmp_path / "log.zst").write_bytes(packed[: len(packed) // 2])

    lines = []
    with open_source(source(tmp_path / "log.zst", "packed")) as reader, suppress(OSError):
        lines = [line for chunk in reader.chunks() if not chunk.torn for line in chunk.lines([b"0"])]

    assert lines == []


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "sub/secret", "..", ".", "", "no\0thing", "absent"])
def test_a_sibling_is_a_plain_name_in_the_same_folder(tmp_path: Path, name: str) -> None:
    """No path leads out of the folder of the source."""
    (tmp_path / "secret").write_text("x")
    (tmp_path / "logs" / "sub").mkdir(parents=True)
    (tmp_path / "logs" / "sub" / "secret").write_text("x")
    (tmp_path / "logs" / "a.log").write_text("x")

    with open_source(source(tmp_path / "logs" / "a.log")) as reader:
        assert reader.sibling(name) is None


def test_a_sibling_is_small(tmp_path: Path) -> None:
    """What is larger than a sidecar ever is, is not read; a small one is."""
    (tmp_path / "a.log").write_text("x")
    (tmp_path / "big").write_bytes(b"x" * ((1 << 20) + 1))
    (tmp_path / "small").write_bytes(b"{}")

    with open_source(source(tmp_path / "a.log")) as reader:
        assert (reader.sibling("big"), reader.sibling("small")) == (None, b"{}")


def the_books(db: sqlite3.Connection) -> list[int]:
    """The ids on a shelf."""
    return [row[0] for row in db.execute("SELECT id FROM usage ORDER BY id")]


def test_a_foreign_database_cannot_be_written(tmp_path: Path) -> None:
    """The connection that a harness is handed refuses every change."""
    closed_shelf(str(tmp_path / "a.db"), 1, 3)

    with open_source(source(tmp_path / "a.db", "database")) as reader, pytest.raises(sqlite3.OperationalError):
        reader.database(lambda db: db.execute("DELETE FROM usage"))


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_nothing_is_made_beside_a_database_while_it_is_read(tmp_path: Path, mode: str) -> None:
    """Not for a moment: other programs look at these folders too."""
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        db.execute(f"PRAGMA journal_mode = {mode}")
        db.execute("CREATE TABLE usage(id)")

    with open_source(source(tmp_path / "a.db", "database")) as reader:
        during = reader.database(lambda db: (the_books(db), os.listdir(tmp_path))[1])

    assert during == os.listdir(tmp_path) == ["a.db"]


def test_a_database_that_changed_while_it_was_read_is_read_again(tmp_path: Path) -> None:
    """What is handed out is one state of the file, the later one."""
    closed_shelf(str(tmp_path / "a.db"), 1, 3)
    seen: list[list[int]] = []

    def reading(db: sqlite3.Connection) -> list[int]:
        seen.append(the_books(db))
        if len(seen) == 1:
            closed_shelf(str(tmp_path / "a.db"), 4, 5)
        return seen[-1]

    with open_source(source(tmp_path / "a.db", "database")) as reader:
        found = reader.database(reading)

    assert seen == [[1, 2, 3], [1, 2, 3, 4, 5]]
    assert found == seen[-1]


def test_an_error_is_believed_only_of_a_database_that_stood_still(tmp_path: Path) -> None:
    """Pages of two states make nonsense: it is read again, and an error of the file itself is told."""
    closed_shelf(str(tmp_path / "a.db"), 1, 3)
    times = 0

    def stumbling(db: sqlite3.Connection) -> list[int]:
        nonlocal times
        times += 1
        if times == 1:
            closed_shelf(str(tmp_path / "a.db"), 4, 5)
            raise sqlite3.DatabaseError("database disk image is malformed")
        return the_books(db)

    with open_source(source(tmp_path / "a.db", "database")) as reader:
        assert reader.database(stumbling) == [1, 2, 3, 4, 5]
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            reader.database(lambda db: db.execute("SELECT * FROM nowhere").fetchall())


def test_a_database_that_never_stands_still_is_an_error(tmp_path: Path) -> None:
    """The message says why; a refresh then tries again another time."""
    closed_shelf(str(tmp_path / "a.db"), 1, 3)
    times = 0

    def disturbed(db: sqlite3.Connection) -> list[int]:
        nonlocal times
        times += 1
        os.utime(tmp_path / "a.db", ns=(times, times))
        return the_books(db)

    with (
        open_source(source(tmp_path / "a.db", "database")) as reader,
        pytest.raises(OSError, match="keeps changing while it is read"),
    ):
        reader.database(disturbed)
    assert 2 <= times <= 10


def test_all_queries_on_a_live_database_see_one_state(tmp_path: Path) -> None:
    """A row that is written between two queries belongs to the next reading."""
    with closing(shelf(str(tmp_path / "a.db"), 1, 3)) as writer:

        def twice(db: sqlite3.Connection) -> tuple[list[int], list[int]]:
            first = the_books(db)
            writer.execute("INSERT INTO usage(id) VALUES(4)")
            return first, the_books(db)

        with open_source(source(tmp_path / "a.db", "database")) as reader:
            found = reader.database(twice)
            after = reader.database(the_books)

    assert (found, after) == (([1, 2, 3], [1, 2, 3]), [1, 2, 3, 4])


def test_a_half_written_transaction_is_not_read(tmp_path: Path) -> None:
    """With a rollback journal beside it, the file is read under its lock or not at all."""
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("CREATE TABLE usage(id, text)")
        writer.execute("INSERT INTO usage VALUES(1, '')")
        writer.execute("BEGIN")
        writer.executemany("INSERT INTO usage VALUES(?, ?)", [(n, "x" * 3_000) for n in range(2, 200)])
        assert (tmp_path / "a.db-journal").stat().st_size > 0
        with (
            open_source(source(tmp_path / "a.db", "database")) as reader,
            mock.patch.object(opening, "BUSY_SECONDS", 0.01),
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            reader.database(the_books)
        writer.execute("ROLLBACK")

    with open_source(source(tmp_path / "a.db", "database")) as reader:
        assert reader.database(the_books) == [1]


@pytest.mark.parametrize("find", ["source_of", "walk"])
def test_a_log_that_grew_makes_its_database_look_changed(tmp_path: Path, find: str) -> None:
    """The file of a running program may stand still for days, its figures do not; when it ends they are its own."""

    def figures() -> Source:
        if find == "source_of":
            return source(tmp_path / "a.db", "database")
        (found,) = walk(str(tmp_path), lambda name: "database" if name.endswith(".db") else None)
        return found

    with closing(shelf(str(tmp_path / "a.db"), 1, 3)) as writer:
        before, file = figures(), os.stat(tmp_path / "a.db")
        writer.execute("INSERT INTO usage(id) VALUES(4)")
        after, same = figures(), os.stat(tmp_path / "a.db")
    closed = figures()

    assert (file.st_size, file.st_mtime_ns) == (same.st_size, same.st_mtime_ns)
    assert before.size < after.size
    assert before.mtime_ns <= after.mtime_ns
    assert closed.size == os.stat(tmp_path / "a.db").st_size


def test_an_empty_log_is_no_change(tmp_path: Path) -> None:
    """Whoever looks into a database leaves one for a moment."""
    closed_shelf(str(tmp_path / "a.db"), 1, 3)
    before = source(tmp_path / "a.db", "database")
    (tmp_path / "a.db-wal").touch()

    assert before == source(tmp_path / "a.db", "database")


@pytest.mark.parametrize(("line", "value"), [
    (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
    (b'\0\0{"a":1}\r', {"a": 1}),
    (b'{"a":"\xff"}', {"a": "\ufffd"}),
    (b'{"a":1.9,"b":NaN,"c":-Infinity,"d":1e300}', {"a": 1, "b": 0, "c": 0, "d": 0}),
    (b'{"a":1e99999999999999999999}', {"a": 0}),
    (b'{"a":"\\ud800"}', {"a": "?"}),
])  # fmt: skip
def test_dirty_lines_are_read_as_far_as_they_mean_something(line: bytes, value: object) -> None:
    """Byte order marks, NUL runs, bad UTF-8, fractions, infinities, halves of characters."""
    assert value == loads_dirty(line)


@pytest.mark.parametrize("line", [b"", b"{", b"[" * 100_000, b'{"a":' + b"1" * 5_000 + b"}", b"nonsense"])
def test_hopeless_lines_are_value_errors(line: bytes) -> None:
    """One kind of error for whatever cannot be read."""
    with pytest.raises(ValueError, match=r"."):
        loads_dirty(line)


def test_a_walk_follows_links_without_going_round(tmp_path: Path) -> None:
    """A link back to a folder above ends somewhere, and each file is found at least once."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.log").write_text("x")
    (tmp_path / "sub" / "back").symlink_to(tmp_path)

    found = list(walk(str(tmp_path), lambda name: "lines" if name.endswith(".log") else None))

    assert {(one.dev, one.ino) for one in found} == {source(tmp_path / "sub" / "a.log")[4:6]}


def test_a_walk_passes_over_what_is_no_file(tmp_path: Path) -> None:
    """Pipes, folders with a file's name and dangling links are not sources."""
    os.mkfifo(tmp_path / "pipe.log")
    (tmp_path / "folder.log").mkdir()
    (tmp_path / "dangling.log").symlink_to(tmp_path / "nowhere")

    assert list(walk(str(tmp_path), lambda name: "lines" if name.endswith(".log") else None)) == []

"""The reader of one source, by kind, and the rules for opening what other programs are writing to."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO, Self, TypeVar

from whyburn.harnesses.readers.lines import LineReader
from whyburn.settings.paths import sqlite_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from whyburn.harnesses.interface import Source
    from whyburn.harnesses.readers.lines import Chunk

T = TypeVar("T")
MAX_SIBLING = 1 << 20
BUSY_SECONDS = 5.0
"""How long another program's write is waited for before its database is left for the next refresh."""
_RETRIES = 5
_READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class SourceReader:
    """Read-only access to one source; use it as a context manager."""

    def __init__(self, source: Source, position: int = 0) -> None:
        self._source = source
        self._fd = -1
        self._stream: BinaryIO | None = None
        self._held, self._held_at = bytearray(), 0
        self.lines = LineReader(self._read_at, position)

    def __enter__(self) -> Self:
        if self._source.kind != "database":
            self._fd = os.open(self._source.path, _READ_ONLY)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._stream is not None:
            self._stream.close()
        if self._fd >= 0:
            os.close(self._fd)

    def _read_at(self, offset: int, size: int) -> bytes:
        if self._source.kind == "packed":
            return self._unpacked(offset, size)
        if hasattr(os, "pread"):
            return os.pread(self._fd, size, offset)
        os.lseek(self._fd, offset, os.SEEK_SET)
        return os.read(self._fd, size)

    def _unpacked(self, offset: int, size: int) -> bytes:
        """Bytes of the unpacked text. What the reader has not taken yet is held: a chunk mostly ends inside a line, and
        going back to its beginning must not unpack the file once more."""
        import zstandard  # noqa: PLC0415  only compressed logs pay for it

        if self._stream is None or offset < self._held_at:
            if self._stream is not None:
                self._stream.close()
            packed = open(self._source.path, "rb")  # noqa: SIM115  closed with the stream
            self._stream = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True, closefd=True)
            self._held, self._held_at = bytearray(), 0
        try:
            while (lacking := offset + size - self._held_at - len(self._held)) > 0:
                part = self._stream.read(min(lacking, 1 << 20))
                if not part:
                    break
                self._held += part
                if self._held_at + len(self._held) <= offset:
                    self._held_at += len(self._held)
                    self._held.clear()
        except zstandard.ZstdError as error:
            raise OSError(f"{self._source.path} cannot be unpacked: {error}") from error
        done = min(max(offset - self._held_at, 0), len(self._held))
        del self._held[:done]
        self._held_at += done
        return bytes(self._held[:size])

    def guard(self, position: int | None = None) -> bytes:
        """Says later whether the file still begins with what has been read (or stands before a position); empty for
        kinds read whole."""
        return self.lines.guard(position) if self._source.kind == "lines" else b""

    def chunks(self) -> Iterator[Chunk]:
        """The complete lines after the checkpoint."""
        return self.lines.chunks()

    def line_at(self, offset: int, most: int) -> bytes:
        """The line that begins at an offset, up to so many bytes of it."""
        return self._read_at(offset, most).partition(b"\n")[0]

    def line_number(self, offset: int) -> int | None:
        """The number, from 1, of the line that begins at an offset; None when the file is shorter."""
        at, count = 0, 1
        while at < offset and (data := self._read_at(at, min(offset - at, 1 << 20))):
            count += data.count(b"\n")
            at += len(data)
        return count if at >= offset else None

    def document(self) -> bytes:
        """The whole text, read again while its file changes under us."""
        for _ in range(_RETRIES):
            before = self._figures()
            with open(self._source.path, "rb") as file:
                text = file.read()
            if self._figures() == before and len(text) == before[1]:
                return text
        raise self._restless()

    def database(self, read: Callable[[sqlite3.Connection], T]) -> T:
        """What `read` makes of one state of the database, through a connection that cannot write.

        `read` is called again while the file changes under it, so it returns what it has fetched (all of it, or a page)
        and hands nothing on before. Its connection is closed when it returns.

        Nothing is made beside the file. Without a live log the file is opened as immutable, because `mode=ro` would
        leave `-wal` and `-shm` behind; nothing is locked then, hence the second look. With a live log only `mode=ro`
        sees the newest rows, its companions are there already, and a transaction holds one state.
        """
        for _ in range(_RETRIES):
            before, live = self._figures(), self._is_live()
            try:
                found = self._read_database(read, live=live)
            except sqlite3.Error:
                if live or self._figures() == before:
                    raise
                continue
            if live or self._figures() == before:
                return found
        raise self._restless()

    def _read_database(self, read: Callable[[sqlite3.Connection], T], *, live: bool) -> T:
        mode = "mode=ro" if live else "mode=ro&immutable=1"
        uri = sqlite_uri(self._source.path, mode)
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as db:
            db.execute("PRAGMA query_only = 1")
            db.execute("BEGIN")
            return read(db)

    def _is_live(self) -> bool:
        """Whether a transaction stands beside the file and not yet, or no longer, in it."""
        return any(_size(self._source.path + ending) > 0 for ending in ("-wal", "-journal"))

    def _figures(self) -> tuple[int, int]:
        at = os.stat(self._source.path)
        return at.st_mtime_ns, at.st_size

    def _restless(self) -> OSError:
        return OSError(f"{self._source.path} keeps changing while it is read")

    def sibling(self, name: str) -> bytes | None:
        """The text of a small file in the same folder; None if there is none or it is no plain name."""
        path = os.path.join(os.path.dirname(self._source.path), name)
        if "\0" in name or os.path.basename(name) != name or not 0 < _size(path) <= MAX_SIBLING:
            return None
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            return None


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def open_source(source: Source, position: int = 0) -> SourceReader:
    """The reader of a source; OSError when it cannot be opened."""
    return SourceReader(source, position)

"""The reader of one source, by kind, and the rules for opening what other programs are writing to."""

from __future__ import annotations

import os
import sqlite3
import urllib.parse
from typing import TYPE_CHECKING, BinaryIO, Self

from whyburn.harnesses.readers.lines import LineReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from whyburn.harnesses.interface import Source
    from whyburn.harnesses.readers.lines import Chunk

MAX_SIBLING = 1 << 20
_RETRIES = 5
_READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class SourceReader:
    """Read-only access to one source; use it as a context manager."""

    def __init__(self, source: Source, position: int = 0) -> None:
        self._source = source
        self._fd = -1
        self._database: sqlite3.Connection | None = None
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
        if self._database is not None:
            self._database.close()

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

    def guard(self) -> bytes:
        """Says later whether the file still begins with what has been read; empty for kinds read whole."""
        return self.lines.guard() if self._source.kind == "lines" else b""

    def chunks(self) -> Iterator[Chunk]:
        """The complete lines after the checkpoint."""
        return self.lines.chunks()

    def line_at(self, offset: int, most: int) -> bytes:
        """The line that begins at an offset, up to so many bytes of it."""
        return self._read_at(offset, most).partition(b"\n")[0]

    def document(self) -> bytes:
        """The whole text, read again while its file changes under us."""
        for _ in range(_RETRIES):
            before = os.stat(self._source.path)
            with open(self._source.path, "rb") as file:
                text = file.read()
            after = os.stat(self._source.path)
            if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size) and len(
                text
            ) == after.st_size:
                return text
        raise OSError(f"{self._source.path} keeps changing while it is read")

    def database(self) -> sqlite3.Connection:
        """A connection that cannot write; nothing is created beside the file.

        With an empty or absent write-ahead log the file is opened as immutable, because `mode=ro` would leave `-wal`
        and `-shm` behind; with a live log only `mode=ro` sees the newest rows, and its companions are there already.
        """
        if self._database is None:
            live = _size(self._source.path + "-wal") > 0
            mode = "mode=ro" if live else "mode=ro&immutable=1"
            uri = f"file:{urllib.parse.quote(os.path.abspath(self._source.path))}?{mode}"
            self._database = sqlite3.connect(uri, uri=True, timeout=5.0, isolation_level=None)
            self._database.execute("PRAGMA query_only = 1")
        return self._database

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

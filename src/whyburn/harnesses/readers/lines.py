"""Append-only lines: read in chunks, searched for needles as bytes, handed out complete.

A billing line is found by a byte search for a word that every such line holds, whatever the spacing of its JSON; only
that line is sliced out and decoded. Nothing is carried over between chunks: the next read begins at the first
incomplete line, with twice the size as long as not even one line fits.
"""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from whyburn.model import Checkpoint, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from whyburn.model import Item

Needle = bytes | re.Pattern[bytes]
"""What a line must hold: a plain byte string, or several behind a common beginning as one pattern, which the regular
expression engine finds in one pass."""
CHUNK = 512 * 1024
MAX_LINE = 32 * 1024 * 1024
"""A longer line is skipped: holding it would break the memory promise. No harness bills in a line of this size."""
_EDGE = 1024
T = TypeVar("T")
UNDECODABLE = (ValueError, RecursionError)
"""What a strict decoder raises for a line that is not what it should be."""
BAD_LINE = (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError)
"""What a parser may stumble over in a line that nobody has foreseen: it costs that line (Law 6)."""


class UnreadableError(ValueError):
    """A line that is no record, also when it is read with patience; the message holds nothing of the line."""


class Chunk(NamedTuple):
    """Complete lines of a source: bytes [base, end) of it."""

    base: int
    data: bytes
    end: int
    problem: Problem | None = None
    """A line that was too long to hold and was passed over."""
    torn: bool = False
    """The rest of the file after its last newline. A record that is whole is a record already, but nothing after
    the newline is behind a checkpoint: the rest of a half-written line may still come."""

    def lines(self, needles: Sequence[Needle]) -> list[tuple[int, bytes]]:
        """(offset, line) of every line that holds one of the needles, each line once, in order."""
        found: list[tuple[int, bytes]] = []
        for needle in needles:
            self._holding(needle, found)
        if len(needles) > 1:
            found.sort()
            found = [line for n, line in enumerate(found) if not n or line[0] != found[n - 1][0]]
        return found

    def first_line(self) -> bytes:
        """The first complete line of the chunk."""
        return self.data[: max(self.data.find(b"\n"), 0)]

    def _holding(self, needle: Needle, found: list[tuple[int, bytes]]) -> None:
        data, base, stop = self.data, self.base, self.end - self.base
        find, rfind, add = data.find, data.rfind, found.append
        pattern = None if isinstance(needle, bytes) else needle.search
        plain = b"" if pattern else needle
        at = 0
        while True:
            if pattern is None:
                at = find(plain, at, stop)  # type: ignore[arg-type]  # without a pattern the needle is bytes
            else:
                match = pattern(data, at, stop)
                at = match.start() if match else -1
            if at < 0:
                return
            start = rfind(b"\n", 0, at) + 1
            at = find(b"\n", at, stop)
            add((base + start, data[start:at]))


class LineReader:
    """Chunks of complete lines of any byte stream that can be read at an offset."""

    def __init__(self, read_at: Callable[[int, int], bytes], position: int) -> None:
        self._read_at = read_at
        self.position = position

    def chunks(self) -> Iterator[Chunk]:
        """Chunks of complete lines, then the torn tail if there is one."""
        size = CHUNK
        while True:
            data = self._read_at(self.position, size)
            stop = data.rfind(b"\n") + 1
            if stop:
                base, self.position = self.position, self.position + stop
                yield Chunk(base, data, self.position)
                size = CHUNK
            elif len(data) < size:
                if data:
                    yield Chunk(self.position, data + b"\n", self.position + len(data) + 1, torn=True)
                return
            elif size >= MAX_LINE:
                del data
                skipped = self._skip_line()
                if skipped is None:
                    return
                yield skipped
                size = CHUNK
            else:
                size *= 2

    def _skip_line(self) -> Chunk | None:
        start = at = self.position
        while data := self._read_at(at, CHUNK):
            newline = data.find(b"\n")
            if newline >= 0:
                self.position = at + newline + 1
                problem = Problem(start, f"line of {self.position - start:,} bytes skipped")
                return Chunk(self.position, b"", self.position, problem)
            at += len(data)
        return None

    def guard(self, position: int | None = None) -> bytes:
        """A hash of the edges of what has been read: says whether the file still begins with the same bytes."""
        end = self.position if position is None else position
        head = self._read_at(0, min(_EDGE, end))
        tail = self._read_at(max(0, end - _EDGE), min(_EDGE, end))
        return blake2b(head + b"\0" + tail, digest_size=12).digest()


class LineParser(Protocol):
    """What a harness brings to read its lines: see `skim_lines`."""

    def needles(self, chunk: Chunk, /) -> Sequence[Needle]:
        """Of which a line of this chunk must hold at least one to be looked at."""

    def read(self, pos: int, line: bytes) -> Iterable[Item]:
        """The items of one line."""

    def finish_chunk(self) -> Iterable[Item]:
        """What is said once a chunk, not once a line."""

    def state(self) -> bytes:
        """What the parser needs to go on from here in another process."""


def skim_lines(chunks: Iterable[Chunk], parser: LineParser) -> Iterator[Item]:
    """Run a harness' parser over the chunks of a source, with a checkpoint after each complete one."""
    for chunk in chunks:
        if chunk.problem:
            yield chunk.problem
        for pos, line in chunk.lines(parser.needles(chunk)):
            try:
                yield from parser.read(pos, line)
            except UnreadableError as error:
                yield Problem(pos, str(error))
            except BAD_LINE as error:
                # Its message may quote the line, and no text of a log may enter the ledger.
                yield Problem(pos, f"not a readable record ({type(error).__name__})")
        yield from parser.finish_chunk()
        if not chunk.torn:
            yield Checkpoint(chunk.end, parser.state())


def decode_dirty(line: bytes, kind: type[T], refused: Exception) -> T:
    """What strict decoding refused, read with patience: numbers as text, odd bytes.

    `UnreadableError` with the strict decoder's reason when it is no such record.
    """
    import msgspec  # noqa: PLC0415  every harness that comes here has it

    try:
        return msgspec.convert(loads_dirty(line), kind, strict=False)
    except (ValueError, OverflowError):
        raise UnreadableError(f"not a readable record: {refused}") from None


def millis(stamp: datetime) -> int:
    """A recorded time as milliseconds since 1970; one without a zone (seen in no version) is UTC."""
    if stamp.tzinfo is None:
        from datetime import UTC  # noqa: PLC0415  see above

        stamp = stamp.replace(tzinfo=UTC)
    return int(stamp.timestamp() * 1000 + 0.5)


def loads_dirty(line: bytes) -> Any:
    """Decode a line that strict decoding refused: BOM, NUL runs, bad UTF-8, odd numbers. ValueError if hopeless.

    Counts written as floats are truncated, NaN and infinities become 0; a cost keeps its digits as a Decimal.
    """
    text = line.strip(b"\0\r\n\t ").removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    try:
        return _whole(json.loads(text, parse_float=_decimal, parse_constant=lambda _: 0))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _decimal(digits: str) -> Any:
    from decimal import Decimal  # noqa: PLC0415  only dirty lines need it

    try:
        return Decimal(digits)
    except ArithmeticError:  # an exponent that not even Decimal can hold
        return Decimal(0)


def _whole(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {_whole(k): _whole(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_whole(item, key) for item in value]
    if isinstance(value, str):
        # Half of a surrogate pair can be stored nowhere.
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if value is None or isinstance(value, int) or key.lower().endswith(("usd", "cost", "percent")):
        return value
    return int(value) if abs(value) < 10**15 else 0

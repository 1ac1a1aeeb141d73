"""All input of the program: sources are opened here, read-only, and nowhere else.

`open_source` gives the reader for a source of any kind. Lines are handed out complete or not at all; a line that is
too long to hold is skipped and reported; a document is re-read until it was stable; a foreign database is opened so
that nothing is created beside it and its writer is never blocked.
"""

from __future__ import annotations

from whyburn.harnesses.readers.lines import (
    BAD_LINE,
    MAX_LINE,
    UNDECODABLE,
    Chunk,
    LineParser,
    LineReader,
    Needle,
    UnreadableError,
    decode_dirty,
    loads_dirty,
    millis,
    skim_lines,
)
from whyburn.harnesses.readers.opening import SourceReader, open_source
from whyburn.harnesses.readers.walk import source_of, walk

__all__ = [
    "BAD_LINE",
    "MAX_LINE",
    "UNDECODABLE",
    "Chunk",
    "LineParser",
    "LineReader",
    "Needle",
    "SourceReader",
    "UnreadableError",
    "decode_dirty",
    "loads_dirty",
    "millis",
    "open_source",
    "skim_lines",
    "source_of",
    "walk",
]

"""Names that users gave to threads: `session_index.jsonl` of a Codex home, one line for each naming.

Fields seen: `id`, `thread_name`, `updated_at` (RFC 3339). Newer versions keep names in their own database instead.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  msgspec resolves the annotation when it runs
from typing import TYPE_CHECKING

import msgspec

from whyburn.harnesses.readers import UNDECODABLE, decode_dirty, millis
from whyburn.model import SessionFact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whyburn.harnesses.readers import Chunk, Needle
    from whyburn.model import Item

_USER_GAVE_IT = 2
_MOST = 200


class Naming(msgspec.Struct, gc=False):
    id: str | None = None
    thread_name: str | None = None
    updated_at: datetime | None = None


_decode = msgspec.json.Decoder(Naming).decode


class ThreadNames:
    """The parser of the index; lines do not depend on each other."""

    def needles(self, _chunk: Chunk) -> Sequence[Needle]:
        """Every naming says so."""
        return (b'"thread_name"',)

    def read(self, _pos: int, line: bytes) -> Iterable[Item]:
        """The title of one thread; the latest naming wins."""
        try:
            record = _decode(line)
        except UNDECODABLE as error:
            record = decode_dirty(line, Naming, error)
        title = " ".join((record.thread_name or "").split())[:_MOST]
        if not record.id or not title:
            return ()
        at_ms = millis(record.updated_at) if record.updated_at else 0
        return (SessionFact(record.id, at_ms, title=title, title_rank=_USER_GAVE_IT),)

    def finish_chunk(self) -> Iterable[Item]:
        """Nothing more."""
        return ()

    def state(self) -> bytes:
        """Nothing is needed to go on."""
        return b""

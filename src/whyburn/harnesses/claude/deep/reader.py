"""From the files of a session to its lines: its own file first, its sub-agents' files after it.

A file that belongs to the session is told whole; of another one only the lines that name the session. What is done
with a line, `session` knows.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from whyburn.harnesses.claude.deep.records import decode
from whyburn.harnesses.claude.deep.session import NAMELESS, Session
from whyburn.harnesses.claude.spawns import Spawns
from whyburn.harnesses.readers import BAD_LINE, UnreadableError
from whyburn.names import storable
from whyburn.transcript import Skipped, Spot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from whyburn.harnesses.interface import Reader, Source
    from whyburn.harnesses.readers import Chunk
    from whyburn.transcript import TranscriptItem

_BLANK = b" \t\r"


class _File(NamedTuple):
    number: int
    """Among the sources that were given."""
    stem: str
    path: str
    agent: str | None
    whole: bool
    reader: Reader


def transcript(session: str, sources: Sequence[Source], opened: Callable[[Source], Reader]) -> Iterator[TranscriptItem]:
    """All items of a session, grouped by file, in the order of each file."""
    files = sorted(_files(session, sources, opened), key=lambda file: (file.agent or "", not file.whole, file.path))
    told = Session({file.agent for file in files if file.agent})
    for nth, file in enumerate(files):
        if nth and file.stem != files[nth - 1].stem:
            yield from told.close()
        if file.agent:
            told.found(file.agent, _name(file, session))
        yield from _lines(file, session, told)
    yield from told.finish()


def _files(session: str, sources: Sequence[Source], opened: Callable[[Source], Reader]) -> Iterator[_File]:
    for given, source in enumerate(sources):
        try:
            reader = opened(source)
        except OSError:
            continue
        stem = storable(os.path.basename(source.path).split(".jsonl")[0])
        agent = stem.removeprefix("agent-") if stem.startswith("agent-") else None
        folders = os.path.dirname(source.path).replace("\\", "/").split("/")
        whole = session in folders if agent else stem == session
        yield _File(given, stem, source.path, agent, whole, reader)


def _name(file: _File, session: str) -> str:
    fact = Spawns.sidecar(file.reader.sibling(f"{file.stem}.meta.json"), session, file.agent or "")
    return fact.name if fact else ""


def _lines(file: _File, session: str, told: Session) -> Iterator[TranscriptItem]:
    number = 0
    chunks: Iterator[Chunk] = file.reader.chunks()
    for chunk in chunks:
        if chunk.problem:
            number += 1
            yield Skipped(Spot(file.number, number, chunk.problem.pos), chunk.problem.reason)
        pos = chunk.base
        for line in chunk.data[: chunk.end - chunk.base].split(b"\n")[:-1]:
            number += 1
            if line.strip(_BLANK):
                yield from _line(line, Spot(file.number, number, pos), file, session, told, torn=chunk.torn)
            pos += len(line) + 1


def _line(line: bytes, spot: Spot, file: _File, session: str, told: Session, *, torn: bool) -> Sequence[TranscriptItem]:
    """The items that are complete after this line."""
    try:
        record, whole = decode(line)
        if file.whole or record.sessionId == session:
            agent = record.agentId or file.agent or (NAMELESS if record.isSidechain else None)
            told.take(record, line, spot, agent=agent, stem=file.stem)
            if not whole:
                told.skip(spot, "content of an unknown shape")
    except UnreadableError as error:
        told.skip(spot, "the file ends inside a record" if torn else str(error))
    except BAD_LINE as error:
        # Its message may quote the line, and no text of a log leaves it this way.
        told.skip(spot, f"not a readable record ({type(error).__name__})")
    return told.ready()
